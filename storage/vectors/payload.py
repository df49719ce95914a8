"""The names of a stored chunk's payload fields and of its vectors; they are defined only here.

Used by the builder and the retriever.
"""

URL = "url"
"""The page's permalink as a path, `/docs/intro`; str."""

ANCHOR = "anchor"
"""The id of the heading above the chunk, or "" if the published page has none; str."""

TITLE = "title"
"""The page's title; str."""

HEADING_PATH = "heading_path"
"""The headings that lead to the chunk, outermost first, without the page's title; list[str]."""

ANCHORS_ABOVE = "anchors_above"
"""The ids of the headings above the chunk's own, outermost first; builds before December 2026 lack it; list[str]."""

SOURCE = "source"
"""The page's file relative to the site's folder; str."""

LOCALE = "locale"
"""The locale that the page is published in; str."""

VERSION = "version"
"""The version's name, `current` if the book has no versions; str."""

LATEST = "latest"
"""Whether the version is the one that readers get by default; bool."""

POSITION = "position"
"""The chunk's place on its page, from 0; int."""

SECTION = "section"
"""The place on the page of the section that the chunk was cut from, from 0; int."""

BREADCRUMB = "breadcrumb"
"""Title and heading path in one line: it is embedded with the text and never quoted; str."""

CONTENT_HASH = "content_hash"
"""SHA-256 of what was embedded; str."""

DENSE = "text-dense"
SPARSE = "text-sparse-new"
"""The two vectors of a chunk, by LlamaIndex's names."""
