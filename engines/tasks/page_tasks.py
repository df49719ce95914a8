"""Plans tasks on the text of a page, a chapter or several, and of pages from all over the book: a quiz, a summary.

Called by `engines.tasks.answering`. None instead of a plan means: search, as for a question.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from llama_index.core.schema import QueryBundle

from engines.coverage.verdict import retrieved
from engines.events import Searched, Source
from engines.retrieval.retriever import GivenRetriever, understand_for
from engines.synthesis.extractive import Quotation, quote_passages
from engines.synthesis.passage_choice import place
from engines.tasks.book_tasks import no_such_chapter, place_of_the_page
from engines.tasks.contents import Chapter, has_in_range, number_of
from engines.tasks.link_lists import Line, OutlineSynthesizer, both, chapter_lines, linked_list, page_lines
from engines.tasks.mentions import (
    ElsewhereSynthesizer,
    is_clause,
    listed_mentions,
    listed_nearest,
    mentions_in,
    names_of,
    nearest_in,
)
from engines.tasks.own_summary import is_called_summary
from engines.tasks.page_parts import part_asked
from engines.tasks.page_pieces import has_piece, is_own_quiz, requires_something, shows_example
from engines.tasks.page_text import ALL_TOKENS, PageText, page_text
from engines.tasks.passage_order import ListsFirst
from engines.tasks.plans import NO_VERDICT, AnswerFrom, AtLeastUncertain, Plan, ReadyAnswer, Task, ready
from engines.tasks.stated import needed, stated_time
from engines.tasks.summaries import SummarySynthesizer
from engines.understanding.book_terms import names_no_subject
from engines.understanding.intent import STEPS, Intent
from engines.understanding.later_turns import numbered_part, point_asked
from engines.understanding.lexicon import pattern
from engines.understanding.page_intents import names_a_tutorial
from engines.understanding.task_patterns import BEFORE, IS_MENTIONED, NEEDED_HERE
from storage.vectors import payload
from storage.vectors.hybrid_search import ChunkFilter

_QUIZ_CHAPTERS = 8  # from which questions on the whole book are made
_PAGES_AROUND = 3
_WORDS_A_MINUTE = 200  # of a technical text, of which adults read 200 to 250
_LONG_PAGE = 1_000  # words, from which a length is given in hundreds
_MOST_PREREQUISITES = 2  # sections
_ON_MENTIONS = (
    "The reader asks whether, where or how often the text speaks of “{subject}”. By its words it does so {count} "
    "times, in these sections: {sections}. Say so first, and then what each of them says of it."
)
_ON_NO_MENTION = (
    "The reader asks whether “{title}” speaks of “{subject}”; it has no such words, and these passages are what a "
    "search of the book has found. Say that first, unless one of them is of “{title}” and treats the same in other "
    "words. Then say where else the book speaks of it."
)
_SUMMARIES = frozenset({"summary", "key_points"})
_A_SECTION = pattern("places", r"\b{section}\b")
# Tasks that may be on a piece of the page: "explain the code on this page".
_ON_A_PIECE = frozenset({"ask", "simpler", "key_points", "summary"})


@dataclass(frozen=True)
class PageTasks:
    """Plans tasks on texts of the book."""

    budget: int  # tokens of a page's or a chapter's text in one prompt
    count: Callable[[str], int]
    has_model: bool

    async def plan(self, asked: Task) -> Plan | None:
        """The plan for a task on a page or on chapters; None if it is a question to search for."""
        intent = asked.intent
        if asked.page is not None and number_of(intent.name) is not None and _A_SECTION.search(asked.question.text):
            intent = replace(intent, name="", part="page")  # "explain the second section" is of the open page
            asked = replace(asked, intent=intent)
        if intent.task == "summary" and intent.subject:  # "part 7 of the angular tutorial"
            page = asked.contents.nth_of(intent.subject, number_of(intent.name) or 0)
            return await self._from_text(asked, page) if page is not None else None
        chapter = asked.place(intent.name, titled=intent.titled) if intent.name else None
        if intent.titled and chapter is None and intent.task in _SUMMARIES:
            chapter = asked.contents.nearly_titled(intent.name)
        if intent.name and chapter is None:
            return await self._on_no_place(asked)
        if intent.others:
            return await self._several_chapters(asked, chapter)
        if asked.page is None and _says_nothing_of_a_page(asked):
            return None  # the reader's page is none of the book's
        if chapter is None and asked.page is None:
            lines = chapter_lines(asked.contents.chapters, asked.site_url)
            return ready(asked, linked_list(asked.messages.which_page, lines), NO_VERDICT)
        if intent.task == "place":
            return place_of_the_page(asked)
        if intent.step:
            at = chapter or (asked.text_chapter if intent.part == "chapter" else None) or asked.open_page
            assert at is not None  # noqa: S101 - there is a page where there is no chapter
            chapter = asked.beside(at, intent.step)
            if chapter is None:
                return _nothing_beside(asked, at, intent.step)
        return await self._on_place(asked, chapter)

    async def _on_no_place(self, asked: Task) -> Plan | None:
        """The plan where the book has no place of the name: "the chapter on sensor fusion" asks about sensor fusion."""
        intent, number = asked.intent, number_of(asked.intent.name)
        if number is not None:
            return await _not_in_the_book(asked, number)
        if intent.task == "quiz" and intent.titled and asked.page is not None:
            return await self._from_text(asked, None)  # "quiz me, and hide the answers": that is no title
        if intent.others:
            return await self._several_chapters(asked, None)
        return _of_each_page(asked) if intent.titled else _which_of_several(asked, intent.name)

    async def _on_place(self, asked: Task, chapter: Chapter | None) -> Plan | None:
        """The plan for a task on a chapter, or on the open page where there is none."""
        intent = asked.intent
        if intent.task == "of_the_list" and not self.has_model:
            return _found_on_the_page(asked)
        if intent.task == "ask" and intent.subject:
            return await self._named_piece(asked)
        if intent.task == "length":
            return await self._length(asked, chapter)
        if intent.task == "mentions":
            return await self._mentions(asked, chapter)
        text = asked.question.text
        if intent.task == "before" and NEEDED_HERE.search(text) and not BEFORE.search(text):
            of_it = await self._needed(asked, chapter)
            if of_it is not None:
                return of_it
        if chapter is not None and intent.task == "before":
            return await self._before_the_chapter(asked, chapter)
        if chapter is None and intent.task in ("before", "next"):
            return await self._around_the_page(asked)
        named = numbered_part(asked.question.text) if intent.task == "ask" and chapter is None else None
        if named is not None and named.kind != "section" and not intent.piece:
            # A page without steps is not what "what is step 1?" is about: those of a tutorial may be its pages.
            return await self.part_of_the_page(asked) or await self._page_of_the_tutorial(asked, named.number)
        return await self._from_text(asked, chapter)

    async def book_quiz(self, asked: Task) -> AnswerFrom | None:
        """A quiz on the whole book, from the first pages of chapters spread over it."""
        chapters = _spread(asked.contents.chapters, _QUIZ_CHAPTERS)
        if not chapters:
            return None
        pages = [replace(asked.filters, url=chapter.pages[0].url) for chapter in chapters]
        title = asked.book_name.strip("“”")
        return await self._given(asked, pages, [title], "book")

    async def _from_text(self, asked: Task, chapter: Chapter | None) -> AnswerFrom | None:
        """A task on the text of a page or a chapter."""
        pages, title = _pages_of(asked, chapter)
        return await self._given(asked, pages, [title], "chapter" if len(pages) > 1 else "page")

    async def _named_piece(self, asked: Task) -> AnswerFrom | None:
        """What the open page has of something, "the nginx block"; None where it does not speak of it."""
        pages, _ = _pages_of(asked, None)
        sections = retrieved((await self._whole_text(asked, pages)).nodes).sources
        for piece in dict.fromkeys((asked.intent.piece, "")):  # code that has it, if code was asked for
            intent = replace(asked.intent, piece=piece)
            if any(map(partial(_is_named, intent=intent), sections)):
                return await self._from_text(replace(asked, intent=intent), None)
        return None

    async def part_of_the_page(self, asked: Task) -> AnswerFrom | None:
        """A section, a step or a point of the open page that a message names by its number; None if it has no such."""
        pages, _ = _pages_of(asked, None)
        found = await self._whole_text(asked, pages)
        if not part_asked(asked.question.text, retrieved(found.nodes).sources):
            return None
        return await self._from_text(replace(asked, intent=Intent("page_task", "ask")), None)

    async def sections(self, asked: Task, url: str) -> PageText:
        """All sections of a page of the book."""
        return await self._whole_text(asked, [replace(asked.filters, url=url)])

    async def _page_of_the_tutorial(self, asked: Task, number: int) -> AnswerFrom | None:
        """The page that is a step of the open page's tutorial, whose first page may only introduce the steps."""
        chapter = asked.open_chapter
        if chapter is None or not names_a_tutorial(asked.question.text):
            return None
        url = str(asked.page.metadata[payload.URL]) if asked.page is not None else ""
        steps = asked.contents.beside_in_folder(url)
        if not 1 <= abs(number) <= len(steps):
            return None
        page = steps[number - 1 if number > 0 else number]
        pages = [replace(asked.filters, url=page.url)]
        return await self._given(
            replace(asked, intent=replace(asked.intent, name=page.title)), pages, [page.title], "page"
        )

    async def _several_chapters(self, asked: Task, first: Chapter | None) -> Plan | None:
        """A task on several chapters: "compare chapter 2 and 5", "how does this one relate to the one on gait?"."""
        names = (asked.intent.name, *asked.intent.others)
        here = asked.text_chapter if asked.intent.part == "chapter" else None
        found = [first or here or asked.open_page]
        for name in names[1:]:
            at, step = found[-1], STEPS.get(name)
            beside = asked.beside(at, step) if at is not None and step else None
            if at is not None and step and beside is None:
                return _nothing_beside(asked, at, step)
            found.append(beside if step else asked.place(name))
        chapters = list(dict.fromkeys(chapter for chapter in found if chapter is not None))
        if None in found:
            missing = names[found.index(None)].lstrip("-")
            if number_of(missing) is None:
                return _which_of_several(asked, missing)
            return no_such_chapter(asked, missing, by_any_word=True)
        pages = [replace(asked.filters, url=page.url) for chapter in chapters for page in chapter.pages]
        titles = [chapter.title for chapter in chapters]
        if asked.intent.task != "compare":
            return await self._given(asked, pages, titles, "chapter")
        of_pages = all(len(chapter.pages) == 1 for chapter in chapters)
        return await self._given(asked, pages, titles, "page" if of_pages else "chapter", sides=chapters)

    async def _given(
        self,
        asked: Task,
        pages: list[ChunkFilter],
        titles: Sequence[str],
        kind: Literal["page", "chapter", "book"],
        sides: Sequence[Chapter] = (),
    ) -> AnswerFrom | None:
        """A task on the text of these pages; None if the index has none of them."""
        wanted, by_page = _wanted(asked.intent), kind != "page"
        found = await page_text(
            asked.build,
            pages,
            Searched(kind),
            budget=self.budget if self.has_model or by_page else ALL_TOKENS,
            count=self.count,
            one_a_page=by_page and wanted is None and not self.has_model,
        )
        if not found.nodes:
            return None
        opening = asked.messages.no_quiz if asked.intent.task == "quiz" else asked.messages.no_model
        title = asked.messages.titles(titles)
        # A page that is the second point of an answer is told as a whole, and not its own second point.
        text = asked.question.text
        is_a_point = bool(asked.intent.name) and (point_asked(text) is not None or names_a_tutorial(text))
        outline = OutlineSynthesizer(
            opening,
            asked.messages,
            title,
            wanted=wanted,
            piece=asked.intent.piece,
            by_page=by_page,
            sides=sides,
            numbered=not is_a_point,
        )
        if asked.intent.task in _SUMMARIES and not (self.has_model or wanted or sides):
            own = await self._overview(asked, pages, title) if kind == "chapter" and len(titles) == 1 else []
            outline = SummarySynthesizer(
                opening, asked.messages, title, by_page=by_page, own=own, numbered=not is_a_point
            )
        named = ", ".join(f"“{each}”" for each in titles)
        text = f"the {kind} {named}, in order" if kind != "book" else f"pages from all over the book {named}"
        if sides:
            text = f"both texts, {' and '.join(f'“{side.title}”' for side in sides)}, in this order"
        return AnswerFrom(
            asked.question.text,
            GivenRetriever(found.nodes),
            None if self.has_model else outline,
            note=_note_on(text, found),
        )

    async def _overview(self, asked: Task, pages: Sequence[ChunkFilter], title: str) -> list[Source]:
        """The sections in which a chapter's own summary may stand: of its overview, and of a page that is a summary."""
        entries = {page.url: page.title for page in asked.contents.pages}
        titles = [entries.get(each.url or "", "") for each in pages]
        wanted = [each for each, own in zip(pages, titles, strict=True) if own == title or is_called_summary(own)]
        found = await self._whole_text(asked, wanted) if wanted else None
        return list(retrieved(found.nodes).sources) if found is not None and found.nodes else []

    async def _whole_text(self, asked: Task, pages: Sequence[ChunkFilter]) -> PageText:
        """All sections of pages, for what is counted or looked for in them."""
        return await page_text(asked.build, pages, Searched("page"), budget=ALL_TOKENS, count=self.count)

    async def _length(self, asked: Task, chapter: Chapter | None) -> ReadyAnswer:
        """The length of a page or a chapter, in words and in minutes of reading."""
        pages, title = _pages_of(asked, chapter)
        found = await self._whole_text(asked, pages)
        words = sum(len(each.node.get_content().split()) for each in found.nodes)
        rounded = max(10, round(words, -1 if words < _LONG_PAGE else -2))
        minutes = max(1, round(words / _WORDS_A_MINUTE))
        text = asked.messages.length.format(title=title, words=rounded, minutes=minutes)
        stated = stated_time(retrieved(found.nodes).sources, title)
        if stated is None:
            return ready(asked, Quotation(text, (), ()))
        said = quote_passages(asked.messages.states_time.format(title=title), [replace(stated, number=1)])
        return ready(asked, replace(said, ending=f"\n\n{text}"))

    async def _mentions(self, asked: Task, chapter: Chapter | None) -> Plan | None:
        """Whether and where a page or a chapter speaks of something; else where the book does.

        A clause that no sentence has may be said in other words: then its sections with most of its words are named.
        """
        pages, title = _pages_of(asked, chapter)
        subject = asked.intent.subject
        names = names_of(subject, understand_for(subject, asked.filters.locale, asked.build.record))
        found = await self._whole_text(asked, pages)
        sections = retrieved(found.nodes).sources
        mentions = mentions_in(sections, names)
        nearest = nearest_in(sections, names) if not mentions and is_clause(subject) else []
        if nearest and self.has_model:
            return await self._from_text(asked, chapter)
        if nearest:
            return ready(asked, listed_nearest(asked.messages, title, nearest))
        if not mentions:
            note = _ON_NO_MENTION.format(title=title, subject=subject)
            elsewhere = None if self.has_model else ElsewhereSynthesizer(asked.messages, title, subject, names)
            postprocessors, about = (AtLeastUncertain(),), QueryBundle(subject)
            return AnswerFrom(
                asked.question.text, synthesizer=elsewhere, postprocessors=postprocessors, note=note, about=about
            )
        if not self.has_model:
            return ready(asked, listed_mentions(asked.messages, title, subject, mentions))
        plan = await self._from_text(asked, chapter)
        places = "; ".join(dict.fromkeys(place(each.source) for each in mentions))
        note = _ON_MENTIONS.format(subject=subject, count=sum(each.times for each in mentions), sections=places)
        return replace(plan, note=f"{plan.note} {note}") if plan else None

    async def _around_the_page(self, asked: Task) -> Plan:
        """What comes before or after the open page, and, before it, what the page itself requires."""
        page = asked.page
        assert page is not None  # noqa: S101 - `plan` has seen to it
        url, title = str(page.metadata[payload.URL]), str(page.metadata[payload.TITLE])
        before, after = asked.contents.around(url)
        messages = asked.messages
        if asked.intent.task == "next":
            lines = page_lines(after[:_PAGES_AROUND], asked.site_url)
            opening = messages.after if lines else messages.nothing_after
            return ready(asked, linked_list(opening.format(title=title), lines))
        if NEEDED_HERE.search(asked.question.text) and not await self._prerequisites(asked, [url]):
            of_it = await self._from_text(asked, None) if self.has_model else None
            return of_it or _found_on_the_page(asked)
        own = asked.contents.chapter_of(url)
        if own is not None and own.title == title and own.pages[0].url != url:
            # A chapter's overview that the sidebar has behind other pages of it: these are not read before it.
            return await self._before_the_chapter(asked, own)
        lines = page_lines(before[-_PAGES_AROUND:], asked.site_url)
        return await self._required(asked, title, [url], lines)

    async def _needed(self, asked: Task, chapter: Chapter | None) -> ReadyAnswer | None:
        """What a page or a chapter needs by its own words; for a page without such a section, what its chapter does."""
        around = [chapter] if chapter is not None else [asked.open_page, asked.text_chapter]
        for text in filter(None, around):
            pages = [replace(asked.filters, url=page.url) for page in text.pages]
            found = await self._whole_text(asked, pages)
            sections = needed(retrieved(found.nodes).sources, asked.question.text, text.title)
            if sections:
                opening = asked.messages.requires.format(title=text.title)
                quoted = [replace(each, number=number) for number, each in enumerate(sections, 1)]
                return ready(asked, quote_passages(opening, quoted))
        return None

    async def _before_the_chapter(self, asked: Task, chapter: Chapter) -> ReadyAnswer:
        """What comes before a named chapter or page, and what that requires itself."""
        chapters, url = asked.contents.chapters, chapter.pages[0].url
        if chapter in chapters:
            lines = chapter_lines(chapters[: chapters.index(chapter)][-_PAGES_AROUND:], asked.site_url)
        else:
            lines = page_lines(asked.contents.around(url)[0][-_PAGES_AROUND:], asked.site_url)
        return await self._required(asked, chapter.title, [page.url for page in chapter.pages], lines)

    async def _required(self, asked: Task, title: str, urls: Sequence[str], lines: Sequence[Line]) -> ReadyAnswer:
        """What pages themselves require, and the list of what comes before them."""
        required = await self._prerequisites(asked, urls)
        opening = (asked.messages.before if lines else asked.messages.nothing_before).format(title=title)
        listed = linked_list(opening, lines)
        if not required:
            return ready(asked, listed)
        return ready(asked, both(quote_passages(asked.messages.requires.format(title=title), required), listed))

    async def audience(self, asked: Task) -> ReadyAnswer | None:
        """What a reader should know according to the book's first page, and the contents; None if it does not say."""
        first = next(iter(asked.contents.pages), None)
        required = await self._prerequisites(asked, [first.url]) if first is not None else []
        if first is None or not required:
            return None
        lines = chapter_lines(asked.contents.chapters, asked.site_url)
        quoted = quote_passages(asked.messages.requires.format(title=first.title), required)
        return ready(asked, both(quoted, linked_list(asked.messages.contents, lines)))

    async def _prerequisites(self, asked: Task, urls: Sequence[str]) -> list[Source]:
        """The sections in which pages say what they require."""
        pages = [replace(asked.filters, url=url) for url in urls]
        found = await self._whole_text(asked, pages)
        required = [each for each in retrieved(found.nodes).sources if requires_something(each)]
        overview = asked.contents.chapter_of(urls[0])  # whose own page says it for all of them
        required.sort(key=lambda each: (overview is None or each.title != overview.title, len(each.heading_path)))
        return [replace(each, number=number) for number, each in enumerate(required[:_MOST_PREREQUISITES], 1)]


async def _not_in_the_book(asked: Task, number: int) -> Plan | None:
    """That the book has no chapter of a number, unless a heading has a range with it; None for a number of weeks."""
    name = asked.intent.name
    in_a_range = no_such_chapter(asked, name) or await _in_a_heading(asked, number)
    return in_a_range or no_such_chapter(asked, name, by_any_word=True)


async def _in_a_heading(asked: Task, number: int) -> AnswerFrom | None:
    """A search for a unit that is in the range of a heading: "Weeks 9-10" for "week 9"; None without such a heading."""
    word = asked.intent.word
    heading = next((each for each in await asked.build.headings() if has_in_range(each, word, number)), None)
    return AnswerFrom(asked.question.text, about=QueryBundle(f"{heading}\n{asked.question.text}")) if heading else None


def _says_nothing_of_a_page(asked: Task) -> bool:
    """Whether a message is a task on the open page only because there is one: "which of these work offline?"."""
    intent = asked.intent
    of_a_piece = intent.task == "of_the_list" or (intent.task == "ask" and bool(intent.subject))
    return of_a_piece or bool(intent.task == "mentions" and IS_MENTIONED.match(asked.question.text))


def _found_on_the_page(asked: Task) -> AnswerFrom:
    """What a search of the open page alone finds."""
    postprocessors = (ListsFirst(), AtLeastUncertain()) if asked.intent.task == "of_the_list" else (AtLeastUncertain(),)
    return AnswerFrom(asked.question.text, postprocessors=postprocessors, page=asked.question.scope.page_url)


def _nothing_beside(asked: Task, chapter: Chapter, step: int) -> ReadyAnswer:
    """Says that nothing comes after a chapter or a page, or before it."""
    opening = asked.messages.nothing_after if step > 0 else asked.messages.nothing_before
    return ready(asked, linked_list(opening.format(title=chapter.title), []))


def _of_each_page(asked: Task) -> ReadyAnswer | None:
    """Asks which page is meant if many have what a message names: "what does the Summary say?"; otherwise None."""
    if asked.page is not None or not names_no_subject(asked.intent.name):
        return None
    lines = chapter_lines(asked.contents.chapters, asked.site_url)
    return ready(asked, linked_list(asked.messages.which_page, lines), NO_VERDICT)


def _which_of_several(asked: Task, name: str) -> ReadyAnswer | None:
    """Asks which page is meant if several have the name in their titles; None if none has."""
    pages = list(dict.fromkeys(chapter.pages[0] for chapter in asked.contents.about(name)))
    listed = linked_list(asked.messages.which_page, page_lines(pages, asked.site_url))
    return ready(asked, listed, NO_VERDICT) if len(pages) > 1 else None


def _pages_of(asked: Task, chapter: Chapter | None) -> tuple[list[ChunkFilter], str]:
    """The pages that a task is about, and their common name."""
    page = asked.page
    if chapter is None and asked.intent.part == "chapter":
        chapter = asked.text_chapter
    if chapter is not None:
        return [replace(asked.filters, url=entry.url) for entry in chapter.pages], chapter.title
    assert page is not None  # noqa: S101 - a task without a page is answered before
    url, title = str(page.metadata[payload.URL]), str(page.metadata[payload.TITLE])
    return [replace(asked.filters, url=url)], title


def _wanted(intent: Intent) -> Callable[[Source], bool] | None:
    """Which sections of a page a task is about, if not all of them."""
    if intent.task == "example":
        return shows_example
    if intent.task == "quiz":
        return is_own_quiz
    if intent.task == "ask" and intent.subject:
        return partial(_is_named, intent=intent)
    piece = intent.piece if intent.task in _ON_A_PIECE else ""
    return partial(has_piece, piece=piece) if piece else None


def _is_named(source: Source, intent: Intent) -> bool:
    """Whether a section has the piece of the page that a message names by what it has: "the nginx block"."""
    has_it = not intent.piece or has_piece(source, intent.piece)
    return has_it and bool(mentions_in([source], (intent.subject,)))


def _note_on(text: str, found: PageText) -> str:
    """A note for the model: what the passages are, and what of the text is missing."""
    if not found.in_part and not found.left_out:
        return f"The passages are the text of {text}; the question is a task on this text."
    given = len(found.nodes)
    left_out = f", of {given} of its {given + found.left_out} sections" if found.left_out else ""
    return (
        f"The passages are the beginnings of the sections of {text}{left_out}: the whole text is too long. "
        "The question is a task on this text. Say in one sentence that the answer is made from these beginnings alone."
    )


def _spread(chapters: Sequence[Chapter], most: int) -> list[Chapter]:
    """At most so many chapters, evenly spaced from the first one to the last."""
    if len(chapters) <= most:
        return list(chapters)
    return [chapters[place * (len(chapters) - 1) // (most - 1)] for place in range(most)]
