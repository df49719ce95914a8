"""Whether the book has something beside its text: exercises, solutions, videos, a glossary.

Called by `engines.tasks.answering`. A kind of such things is known by the titles of pages and by headings. Without a
model, what no heading is called is said not to be found, with the sections that a search has found to speak of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from engines.events import Retrieved
from engines.synthesis.extractive import AnswerQuery, ExtractiveSynthesizer, Quotation
from engines.synthesis.passage_choice import place
from engines.tasks.link_lists import Line, chapter_lines, linked_list, page_source
from engines.tasks.mentions import mention_lines, mentions_in, not_listed
from engines.tasks.messages import Messages
from engines.tasks.page_pieces import has_piece
from engines.tasks.plans import ReadyAnswer, Task, ready
from engines.understanding import lexicon
from engines.understanding.language_files import entries
from engines.understanding.task_patterns import PIECES

_MOST_PAGES = 14
_MOST_HEADINGS = 6  # of a page
_MOST_SECTIONS = 4
_IN_TEXTS = ("code", "diagram")  # what sections have without a heading that names it
# A kind has the same line in each language, as a reader asks in one language of a book in another.
_KINDS = tuple(
    re.compile(rf"(?<!\w)(?:{'|'.join(lexicon.expression('book', entry) for entry in kind)})(?!\w)", re.IGNORECASE)
    for kind in zip(*entries("patterns.book.parts_to_have").values(), strict=True)
)


def listed_parts(asked: Task, sections: Iterable[tuple[str, str, tuple[str, ...]]]) -> ReadyAnswer | None:
    """The chapters and pages whose titles or headings name what is asked for; None where none does."""
    messages, contents, kinds = asked.messages, asked.contents, _kinds_in(asked.intent.subject)
    chapters = [each for each in contents.chapters if len(each.pages) > 1 and _names_one(each.title, kinds)]
    of_chapters = {page.url for chapter in chapters for page in chapter.pages}
    headings: dict[str, dict[str, None]] = {page.url: {} for page in contents.pages if page.url not in of_chapters}
    for url, _, path in sections:
        if url in headings:
            headings[url].update(dict.fromkeys(each for each in path if _names_one(each, kinds)))
    pages = [
        page
        for page in contents.pages
        if headings.get(page.url) or (page.url in headings and _names_one(page.title, kinds))
    ]
    pages.sort(key=lambda page: not _names_one(page.title, kinds))
    names = [each.title for each in chapters] + [name for page in pages for name in (page.title, *headings[page.url])]
    found = [part for part, kind in kinds.items() if any(map(kind.search, names))]
    if not found:
        return None
    lines = chapter_lines(chapters, asked.site_url)
    for page in pages[:_MOST_PAGES]:
        lines.append(
            Line(
                _with_headings(page.title, list(headings[page.url])), page_source(len(lines) + 1, page, asked.site_url)
            )
        )
    told = linked_list(messages.has_parts.format(subject=", ".join(found)), lines)
    missing = ", ".join(part for part in kinds if part not in found)
    ending = f"\n\n{messages.has_no_parts.format(subject=missing)}" if missing else ""
    return ready(asked, Quotation(told.opening, told.parts, told.sources, ending))


def _with_headings(title: str, headings: Sequence[str]) -> str:
    more = ", …" if len(headings) > _MOST_HEADINGS else ""
    return f"**{title}**: {', '.join(headings[:_MOST_HEADINGS])}{more}" if headings else f"**{title}**"


def _names_one(name: str, kinds: Mapping[str, re.Pattern[str]]) -> bool:
    return any(kind.search(name) for kind in kinds.values())


def _kinds_in(subject: str) -> dict[str, re.Pattern[str]]:
    """What a message asks for, in its order, with the patterns of headings that name it."""
    found = sorted(
        ((match.start(), match[0], kind) for kind in _KINDS if (match := kind.search(subject))),
        key=lambda each: each[:2],
    )
    return {name: kind for _, name, kind in found}


class NoPartsSynthesizer(ExtractiveSynthesizer):
    """Says that no page and no heading of the book names a thing, and lists the sections that speak of it."""

    def __init__(self, messages: Messages, subject: str) -> None:
        super().__init__()
        self._messages, self._subject = messages, subject

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        piece = next((piece for piece in _IN_TEXTS if PIECES[piece].search(self._subject)), "")
        shown = [each for each in found.sources if piece and has_piece(each, piece)]
        if shown:
            opening = self._messages.has_parts.format(subject=self._subject)
            return linked_list(opening, [Line(f"**{place(each)}**", each) for each in shown[:_MOST_SECTIONS]])
        told = self._messages.has_no_parts.format(subject=self._subject)
        mentions = mentions_in(found.sources, tuple(_kinds_in(self._subject))[:1])
        if not mentions:
            return Quotation(told, (), ())
        lines = mention_lines(mentions, _MOST_SECTIONS, whole_place=True)
        return linked_list(f"{told} {self._messages.perhaps_parts}", lines, not_listed(found, lines))
