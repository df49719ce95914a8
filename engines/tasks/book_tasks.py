"""Answers about the book itself from its table of contents: what it has, where, and in which order."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from llama_index.core.schema import QueryBundle

from engines.synthesis.extractive import Quotation
from engines.tasks.contents import Chapter, PageEntry, is_of_time, number_of
from engines.tasks.link_lists import (
    Line,
    PageListSynthesizer,
    both,
    chapter_lines,
    linked_list,
    page_lines,
    page_source,
    plan_lines,
)
from engines.tasks.passage_order import NeedsFirst
from engines.tasks.plans import NO_VERDICT, AnswerFrom, AtLeastUncertain, Plan, ReadyAnswer, Task, ready
from engines.understanding import lexicon
from engines.understanding.page_intents import asks_whether_it_is_there
from engines.understanding.places import SECOND_QUESTION
from engines.understanding.words import detected_language, plain_words

_BEFORE_A_BOOK = "Who this book is for, and what you should know before you read it: prerequisites"
_FIRST_PAGES = 3
_BEGINNINGS = lexicon.words("titles_of_beginnings")
_MOST_PAGES = 60  # of a chapter


def plan_book_task(asked: Task) -> Plan | None:
    """The plan for a task on the book; None if what it names is not in the table of contents."""
    intent, messages = asked.intent, asked.messages
    match intent.task:
        case "contents" | "count" | "start" | "plan" | "advice" if not asked.contents.chapters:
            return AnswerFrom(asked.question.text, postprocessors=(AtLeastUncertain(),))
        case "contents":
            return ready(asked, linked_list(messages.contents, chapter_lines(asked.contents.chapters, asked.site_url)))
        case "count":
            return _count(asked)
        case "start" if intent.subject and not _is_the_book(asked):
            return _start_with(asked)
        case "start":
            first = _first_pages(asked.contents.pages)
            return ready(asked, linked_list(messages.start, page_lines(first, asked.site_url)))
        case "plan":
            return ready(asked, linked_list(messages.plan, plan_lines(asked.contents, intent.subject, asked.site_url)))
        case "advice":
            return _advice(asked)
        case "author" | "licence":
            return _of_the_site(asked)
        case "before":
            about = QueryBundle(f"{_BEFORE_A_BOOK}\n{asked.question.text}")
            needs = (NeedsFirst(),) if intent.subject else ()
            return AnswerFrom(asked.question.text, postprocessors=(AtLeastUncertain(), *needs), about=about)
        case "next_chapter" | "previous_chapter":
            return _beside_the_chapter(asked)
        case "which_chapter":
            return _which_chapter(asked)
        case _:
            return AnswerFrom(asked.question.text, postprocessors=(AtLeastUncertain(),))


def _advice(asked: Task) -> ReadyAnswer:
    """Advice from the table of contents: what comes after a chapter, pages on a subject.

    Only the book's order and titles are known: it does not say what is hard, or what may be skipped.
    """
    contents, messages = asked.contents, asked.messages
    chapter = contents.named(asked.intent.name, asked.intent.word) if asked.intent.name else None
    beside = contents.around(chapter.pages[-1].url)[1] if chapter is not None else ()
    about = contents.titled_with(plain_words(asked.intent.subject))
    answer = linked_list(messages.no_advice, ())
    found: list[tuple[str, Sequence[Line]]] = []
    if chapter is not None and beside:
        found.append((messages.after.format(title=chapter.title), page_lines(beside[:_FIRST_PAGES], asked.site_url)))
    if about:
        found.append((messages.titled, page_lines(about, asked.site_url)))
    if not beside:
        found.append((messages.contents, chapter_lines(contents.chapters, asked.site_url)))
    for opening, lines in found:
        answer = both(answer, linked_list(opening, lines))
    return ready(asked, answer)


def _count(asked: Task) -> ReadyAnswer:
    """How many chapters, parts or pages there are, of each kind that is asked for, and which of the fewest."""
    counted = [(word, asked.contents.called(word)) for word in (asked.intent.word, *asked.intent.others)]
    (first, found), *others = counted
    words = ", ".join((first, *(f"{len(of_it)} {word}" for word, of_it in others)))
    opening = asked.messages.count.format(count=len(found), word=words)
    fewest = min((of_it for _, of_it in counted), key=len)
    return ready(asked, linked_list(opening, chapter_lines(fewest, asked.site_url)))


def _of_the_site(asked: Task) -> ReadyAnswer:
    """What the site's footer says about author and licence, or that nothing is known about them."""
    said, messages = asked.build.record.book.get("copyright"), asked.messages
    unknown = messages.no_author if asked.intent.task == "author" else messages.no_licence
    return ready(asked, Quotation(messages.site_says.format(text=said) if said else unknown, (), ()), NO_VERDICT)


def no_such_chapter(asked: Task, number: str, *, by_any_word: bool = False) -> ReadyAnswer | None:
    """Says that the book has no chapter of this number, and which ones it has.

    None for a book without chapters, or one that does not number them by the reader's word: "week 9" is searched for.
    `by_any_word` has "part 9" stand for a chapter where the book has no parts; a week never does.
    """
    no = f"{asked.messages.no} " if asks_whether_it_is_there(asked.question.text) else ""
    if asked.is_unnumbered:
        parts = chapter_lines(asked.contents.chapters, asked.site_url)
        return ready(asked, linked_list(f"{no}{asked.messages.unnumbered}", parts), NO_VERDICT)
    chapters, word = asked.contents.called(asked.intent.word), asked.intent.word
    stands_for_one = by_any_word and not is_of_time(word)
    if not chapters or not (stands_for_one or asked.contents.is_numbered_by(word)):
        return None
    word = word.removesuffix("s")  # of "chapters 2 to 30"
    opening = asked.messages.no_chapter.format(name=f"{word} {number}".strip(), count=len(chapters))
    return ready(asked, linked_list(f"{no}{opening}", chapter_lines(chapters, asked.site_url)), NO_VERDICT)


def _beside_the_chapter(asked: Task) -> ReadyAnswer | None:
    contents, messages, intent = asked.contents, asked.messages, asked.intent
    chapter = asked.place(intent.name, titled=intent.titled)
    if chapter is None:
        return no_such_chapter(asked, intent.name) if number_of(intent.name) is not None else None
    step = 1 if intent.task == "next_chapter" else -1
    for _ in range(intent.step):  # "and after that?"
        chapter = contents.beside(chapter, step) or chapter
    beside = contents.beside(chapter, step)
    if beside is None:
        if not contents.is_at_the_end(chapter, step):
            return None  # a list that is not in the order of its numbers does not tell
        opening = messages.nothing_after if step > 0 else messages.nothing_before
        return ready(asked, linked_list(opening.format(title=chapter.title), []))
    opening = messages.after if step > 0 else messages.before
    lines = chapter_lines([beside], asked.site_url)
    return ready(asked, linked_list(opening.format(title=chapter.title), lines))


def chapter_contents(asked: Task, chapter: Chapter, *, also: Quotation | None = None) -> ReadyAnswer:
    """A chapter with its pages, from the table of contents, and what is said after them."""
    lines = page_lines(chapter.pages, asked.site_url, most=_MOST_PAGES)
    count = len(chapter.pages)
    opening = asked.messages.pages if count > 1 else asked.messages.named
    answer = linked_list(opening.format(title=chapter.title, count=count), lines)
    left_out = len(chapter.pages) - len(lines)
    if left_out:
        answer = replace(answer, ending=f"\n\n{asked.messages.and_more.format(count=left_out)}")
    return ready(asked, both(answer, also) if also else answer)


def place_of_the_page(asked: Task) -> ReadyAnswer | None:
    """Which page is open: its chapter, and the pages before and after it; None if it is not in the contents."""
    contents, messages, open_page = asked.contents, asked.messages, asked.open_page
    chapter = asked.open_chapter
    if open_page is None or chapter is None:
        return None
    (entry,) = open_page.pages
    before, after = contents.around(entry.url)
    lines = [(f"**{entry.title}**", entry)]
    if len(chapter.pages) > 1:
        number = next(at for at, page in enumerate(chapter.pages, 1) if contents.is_same(page.url, entry.url))
        text = messages.in_chapter.format(title=chapter.title, number=number, count=len(chapter.pages))
        lines.append((text, chapter.pages[0]))
    lines += [(messages.page_before.format(title=page.title), page) for page in before[-1:]]
    lines += [(messages.page_after.format(title=page.title), page) for page in after[:1]]
    listed = [Line(text, page_source(number, page, asked.site_url)) for number, (text, page) in enumerate(lines, 1)]
    return ready(asked, linked_list(messages.here, listed))


def _is_the_book(asked: Task) -> bool:
    """Whether a reader who asks where to begin with a subject names the book: "with Jest" in the book on Jest."""
    words = set(plain_words(asked.intent.subject))
    return words <= set(plain_words(str(asked.build.record.book.get("title") or "")))


def _start_with(asked: Task) -> ReadyAnswer | AnswerFrom:
    """The first pages of the chapter on a subject; without such a chapter, the pages that come closest to it."""
    about = asked.contents.about(asked.intent.subject)
    chapters = [each for each in about if len(each.pages) > 1]
    found = chapters if len(chapters) == 1 else about
    chapter = found[0] if len(found) == 1 else None if found else asked.place(asked.intent.subject)
    if chapter is None:
        return _which_chapter(asked)
    first = sorted(chapter.pages, key=lambda page: _BEGINNINGS.isdisjoint(plain_words(page.title)))[:_FIRST_PAGES]
    opening = asked.messages.start_of if len(chapter.pages) > 1 else asked.messages.named
    return ready(asked, linked_list(opening.format(title=chapter.title), page_lines(first, asked.site_url)))


def _which_chapter(asked: Task) -> ReadyAnswer | AnswerFrom:
    """The chapter or the page that has the subject as its name, else those that it is in the titles of, and what a
    search finds for it."""
    subject, step, contents = asked.intent.subject, asked.intent.step, asked.contents

    def beside(url: str) -> Quotation | None:
        before, after = contents.around(url)
        entry = next(iter(after if step > 0 else before[-1:]), None) if step else None
        opening = asked.messages.after if step > 0 else asked.messages.before
        title = next((page.title for page in contents.pages if page.url == url), "")
        return linked_list(opening.format(title=title), page_lines([entry], asked.site_url)) if entry else None

    named = contents.named(subject.partition(",")[0])
    if named is not None:
        return chapter_contents(asked, named, also=beside(named.pages[-1 if step > 0 else 0].url))
    meant = asked.in_english(subject)
    about = contents.about(subject) or contents.about(meant)
    titled = page_lines(list(dict.fromkeys(chapter.pages[0] for chapter in about)), asked.site_url)
    question = SECOND_QUESTION.sub("", asked.question.text)
    searched = subject if detected_language(question) is None else question  # a few words do not show their language
    synthesizer = PageListSynthesizer(asked.messages, subject, titled, beside, meant)
    return AnswerFrom(subject, synthesizer=synthesizer, about=QueryBundle(searched))


def _first_pages(pages: Iterable[PageEntry]) -> list[PageEntry]:
    return list(pages)[:_FIRST_PAGES]
