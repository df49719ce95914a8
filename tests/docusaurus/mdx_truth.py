"""What the real Docusaurus made of the pages in `mdx_site`, and how it is compared with what the index says of them.

`mdx_site.truth.json` holds it, so that no Node is needed to compare. To write it anew, build the site and run
`python -m tests.docusaurus.mdx_truth path/to/build`; `make test-docusaurus` tells where it is out of date.
"""

import html
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from indexing.pages import Page
from indexing.read_book import Reading, read_book
from indexing.settings import BookSettings

SITE = Path(__file__).parent / "mdx_site"
TRUTH = Path(__file__).parent / "mdx_site.truth.json"
# Names that differ in case alone, or that other systems refuse, cannot be files of a repository.
ROUTER_PAGES = (
    *(
        "API.md",
        "api/index.md",
        "Guide.md",
        "guide.md",
        "faq/l:x.md",
        "faq/:param.md",
        "c++.md",
        "p + q.md",
        "star*.md",
    ),
    *("a(b).md", "UPPER.md", "Ünïcode.md", "d.o.t.md", "tilde~.md"),
)
# Pages of which the index has less than is shown: labels of panels and descriptions on cards stand elsewhere.
PARTLY = ("/attributes", "/more/attributes", "/find", "/find/parts/overview", "/manual/start", "/manual/limbs")
HIDDEN = "Hidden words"  # in panels that are not on the published page until they are chosen


def write_site(folder: Path) -> Path:
    """The whole site in `folder`."""
    shutil.copytree(SITE, folder, dirs_exist_ok=True)
    for name in ROUTER_PAGES:
        path = folder / "docs/router" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Page {name}\n\nText of {name}.\n", encoding="utf-8")
    return folder


def read_site(folder: Path) -> Reading:
    """What the index is made of."""
    return read_book(BookSettings(_env_file=None, book_dir=folder / "docs", site_dir=folder))


def published(build: Path) -> dict[str, Any]:
    """Address → the doc that its page shows, its headings and its words, for every page of a build."""
    pages = {}
    for file in sorted(path for path in build.rglob("*.html") if path.is_file()):
        page = file.read_text("utf-8")
        root = re.search(r"<html\b[^>]*>", page)
        shown = re.search(r"docs-doc-id-([^\"]*?)(?=\"| [a-z-]*$|>)", root[0]) if root else None
        if root is None or shown is None:
            continue
        article = page[page.index("theme-doc-markdown") : page.rindex("</article>")].partition(">")[2]
        article = re.split(r"<footer class=\"?theme-doc-footer", article)[0]
        address = "/" + file.relative_to(build).as_posix().removesuffix("index.html")
        pages[address] = {"doc": shown[1], "headings": _headings(article), "words": " ".join(_shown(article))}
    return pages


def _headings(article: str) -> list[list[Any]]:
    found = re.findall(r"<h([1-6])\b([^>]*)>(.*?)(?:<a [^>]*class=\"?hash-link.*?)?</h\1>", article, re.DOTALL)
    found = [heading for heading in found if "cardTitle" not in heading[1]]
    found = [(level, attributes, _without_notes(inner)) for level, attributes, inner in found]
    ids = (re.search(r"\sid=(?:\"([^\"]*)\"|([^\s>]+))", attributes) for _, attributes, _ in found)
    return [
        [
            int(level),
            squeezed(html.unescape(re.sub(r"<[^>]*>", "", inner))),
            (match and html.unescape(match[1] or match[2] or "")) or None,
        ]
        for (level, _, inner), match in zip(found, ids, strict=True)
    ]


def _shown(article: str) -> list[str]:
    """The words of a page; those of its images are their texts, admonitions without a title have none."""
    article = re.sub(r"<(script|style|button)\b.*?</\1>", "", article, flags=re.DOTALL)
    article = re.sub(r"<div class=\"?tableOfContentsInline.*?</div>", "", article, flags=re.DOTALL)
    heading = r"<div class=\"?admonitionHeading[^>]*>(?:(?!</div>).)*?</svg></span>(\w+)</div>"
    article = re.sub(heading, _without_kind, article, flags=re.DOTALL)
    article = _without_notes(article).replace("<!-- -->", "")
    article = re.sub(r"</?(?:a|b|code|em|i|kbd|mark|span|strong|sub|u)\b[^>]*>", "", article)
    return words(html.unescape(re.sub(r"<[^>]*>", " ", article)))


def _without_notes(text: str) -> str:
    """The text without the numbers of footnotes, and with its images as their texts."""
    text = re.sub(r"<sup\b.*?</sup>", "", text, flags=re.DOTALL)
    return re.sub(r"<img\b[^>]*>", _image, text)


def _without_kind(match: re.Match[str]) -> str:
    return "" if match[1] in ("note", "tip", "tipp", "hinweis", "info", "warning", "danger") else match[1]


def _image(match: re.Match[str]) -> str:
    texts = re.finditer(r"\b(?:alt|title)=(?:\"([^\"]*)\"|([^\s>]+))", match[0])
    return " ".join(text[1] if text[1] is not None else text[2] for text in texts)


def read_words(page: Page, *, without_markers: bool = False) -> list[str]:
    """The words that the index has of a page, in order; `without_markers` without the numbers of list items."""
    found = words(page.title)
    for section in page.sections:
        if section.heading_path:
            found += words(section.heading_path[-1])
        for block in section.blocks:
            found += block_words(without_list_markers(block.text) if without_markers else block.text)
    return found


def without_list_markers(text: str) -> str:
    """A block without the numbers and boxes of its list items, which published HTML does not hold as text."""
    return re.sub(r"(?m)^([> ]*)(?:\d+[.)]|[-*+]) (?:\[[ x]\] )?", r"\1", text)


def block_words(text: str) -> list[str]:
    """The words of one block; of a fence its title and its code."""
    fence = re.match(r"`{3,}(?:.*?title=([\"'])(.*?)\1)?.*\n", text)
    if fence is not None:
        return words(f"{fence[2] or ''} {text[fence.end() :]}")
    return words(re.sub(r"(?<=\w)\*+(?=\w)", "", text))  # emphasis within a word


def words(text: str) -> list[str]:
    """Words and numbers alone: markup of either side is gone."""
    return re.findall(r"\w+", text)


def squeezed(text: str) -> str:
    """The words without what is between them."""
    return "".join(words(text))


if __name__ == "__main__":
    TRUTH.write_text(json.dumps(published(Path(sys.argv[1])), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
