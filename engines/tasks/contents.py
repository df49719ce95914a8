"""The table of contents of one edition of the book, as a build keeps it; called by `engines.tasks.answering`."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice, takewhile
from typing import Any, Self

from engines.understanding import lexicon
from engines.understanding.task_words import number_in_words
from engines.understanding.words import plain_words
from storage.vectors.bm25 import tokens

_SHORTEST_TELLING = 3  # letters of a word that a title is known by
_SAME_NAME = 0.8  # of difflib's ratio, for a chapter's name as a reader writes it
_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_ROMAN = {numeral: number for number, numeral in enumerate(_NUMERALS.split(), 1)}
_LAST = lexicon.words("last")
_SMALL_WORDS = lexicon.words("small_words_of_titles")
_OWN_NUMBER = lexicon.pattern("contents", r"^(?:(?P<word>{chapter_word})\s*)?(?P<number>\d{1,3})\b")
_KINDS = {  # the first letters of what is called the same in all languages
    kind: lexicon.phrases(f"contents.{kind}") for kind in ("chapter", "module", "unit", "part", "week", "lesson")
}
_OF_TIME = frozenset({"week", "lesson"})  # what a book may number beside its chapters: no "week 2" is its chapter 2
_NO_NAMES = lexicon.words("no_names_of_chapters")
_VERSION = re.compile(r"^v(\d+)$")
_FEWEST_OF_A_GROUP = 3
_KINDS_OF_GROUPS = lexicon.words("kinds_of_groups")
_MOST_BESIDE_A_TITLE = 2  # words of a name that the title has not: "moving"
_MARKS = re.compile("[™®©]")  # that are no letters of a name
_RANGE = lexicon.pattern(
    "contents", r"(?P<word>[^\W\d_]+)\s+(?P<first>\d{1,3})\s*(?:-|–|—|{up_to})\s*(?P<last>\d{1,3})"
)
_APPENDIX = lexicon.pattern("contents", "{appendix}")
_SECTION_NUMBER = re.compile(r"\d{1,2}\.\d{1,2}")
_PAGES = lexicon.pattern("contents", "{page_word}")
_FOLDER_NUMBER = lexicon.pattern("contents", r"/(?P<word>{chapter_word})[-_]?0*(?P<number>\d{1,3})(?!\d)")


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page in the table of contents."""

    title: str
    url: str  # the page's permalink as a path


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter with its pages in order."""

    title: str
    pages: tuple[PageEntry, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """The chapters of one edition in order."""

    chapters: tuple[Chapter, ...]

    @classmethod
    def of(cls, stored: Sequence[Mapping[str, Any]], *, locale: str | None, version: str | None) -> Self:
        """The chapters of a locale and a version; of the latest version by default."""
        return cls(
            tuple(
                Chapter(row["title"], _in_order([PageEntry(page["title"], page["url"]) for page in row["pages"]]))
                for row in stored
                if (locale is None or row["locale"] == locale)
                and (row["latest"] if version is None else row["version"] == version)
            )
        )

    @property
    def pages(self) -> tuple[PageEntry, ...]:
        """All pages in the order in which they are read: those with numbers by them, the others at their places.

        A sidebar may have "Chapter 13" before "Chapter 10"; where each module has a "Chapter 1", its order holds.
        """
        return _in_order([page for chapter in self.chapters for page in chapter.pages])

    def chapter_of(self, url: str) -> Chapter | None:
        """The chapter that has a page."""
        wanted = _bare(url)
        return next(
            (chapter for chapter in self.chapters if any(_bare(page.url) == wanted for page in chapter.pages)), None
        )

    @staticmethod
    def is_same(url: str, other: str) -> bool:
        """Whether two addresses belong to one page."""
        return _bare(url) == _bare(other)

    def is_chapter(self, url: str, word: str) -> bool:
        """Whether a reader who speaks of the open chapter as `word` ("chapter") means a page, and not its chapter.

        A page is one that is numbered as chapters are, by its title or its address, in a chapter that is numbered
        otherwise: "Chapter 21" of "Part 4".
        """
        page = next((page for page in self.pages if _bare(page.url) == _bare(url)), None)
        if page is None:
            return False
        chapter, wanted, own = self.chapter_of(url), _same_word(word or "chapter"), _page_word(page)
        return bool(own) and own == wanted and (chapter is None or _chapter_word(chapter) != own)

    def around(self, url: str) -> tuple[tuple[PageEntry, ...], tuple[PageEntry, ...]]:
        """The pages before and after a page; none if it is not in the table."""
        pages, wanted = self.pages, _bare(url)
        place = next((at for at, page in enumerate(pages) if _bare(page.url) == wanted), None)
        return ((), ()) if place is None else (pages[:place], pages[place + 1 :])

    def beside_in_folder(self, url: str) -> tuple[PageEntry, ...]:
        """The pages that stand in the same folder as one, without the page of the folder itself."""
        bare = _bare(url)
        pages = [page for page in self.pages if _bare(page.url).startswith(f"{bare}/")]
        folder = bare if pages else bare.rpartition("/")[0]
        return tuple(page for page in self.pages if _bare(page.url).rpartition("/")[0] == folder)

    def named(self, name: str, word: str = "") -> Chapter | None:
        """The chapter, or the page as a chapter, that a reader names by its number or its title.

        `word` is what the reader calls it, before its number: "chapter", "module".
        """
        words = plain_words(name)
        if _SECTION_NUMBER.fullmatch(name):
            found = [page for page in self.pages if re.match(rf"{re.escape(name)}(?![\d.]*\d)", page.title)]
            return Chapter(found[0].title, (found[0],)) if len(found) == 1 else None
        number = _number(words)
        if number is not None:
            return self._titled(number, word) or self._in_a_range(number, word) or self._numbered(number, word)
        if words and words[0] in _LAST:
            return self.from_the_end(1, word)
        pages = tuple(Chapter(page.title, (page,)) for page in self.pages)
        candidates = [(_likeness(words, chapter.title), chapter) for chapter in (*self.chapters, *pages)]
        best = max(candidates, key=lambda item: item[0], default=None)
        return best[1] if best is not None and best[0] >= _SAME_NAME else None

    def from_the_end(self, place: int, word: str = "") -> Chapter | None:
        """The last chapter (1), the one before it (2) and so on, by their numbers where they have some."""
        alike = sorted(self.called(word), key=lambda chapter: _own_number(chapter) or 0)
        return alike[-place] if place <= len(alike) else None

    def find(self, name: str, word: str = "", *, titled: bool = False) -> Chapter | None:
        """The chapter or the page that a reader names by number, title, part of a title or subject.

        `titled` says that nothing but a whole title names one.
        """
        found = self.named(name, word)
        if titled:
            return found if found is not None and plain_words(found.title) == plain_words(name) else None
        return found or self.named_in_part(name)

    def has_titles(self, names: Iterable[str], *, least: int = 1) -> bool:
        """Whether so many of the names are whole titles; only those are compared with the titles letter by letter."""
        titles = [*(chapter.title for chapter in self.chapters), *(page.title for page in self.pages)]
        own = {" ".join(plain_words(title)) for title in titles}
        titled = (name for name in names if " ".join(plain_words(name)) in own and self.find(name, titled=True))
        return sum(1 for _ in islice(titled, least)) >= least

    def nearly_titled(self, name: str) -> Chapter | None:
        """The one chapter or page whose title has nearly the words of a name: "From v29 to v30" for "moving 29 to 30".

        The name has all words of the title, or most of them and no other one; a title of one word is named alone.
        """
        words = _words_of_a_title(name)
        pages = [Chapter(page.title, (page,)) for page in self.pages]
        alike = [(_shared(words, entry.title), entry) for entry in (*self._of_several_pages, *pages)]
        best = max((share for share, _ in alike), default=0.0)
        titles = {entry.title for share, entry in alike if share == best}
        return next(entry for share, entry in alike if share == best) if best and len(titles) == 1 else None

    def named_in_part(self, name: str) -> Chapter | None:
        """The chapter that a reader names by words that only its title has: "the Nav2 one"; else such a page."""
        chapters = [chapter for chapter in self.about(name) if chapter in self._of_several_pages]
        pages = [chapter for chapter in self.about(name) if chapter not in chapters]
        return next((found[0] for found in (chapters, pages) if len(found) == 1), None)

    def about(self, name: str) -> list[Chapter]:
        """The chapters of several pages, and the pages, whose titles have all words of a name in whatever form."""
        words = _stems(name) - _stems(" ".join(_SMALL_WORDS))
        if not words - _stems(" ".join(_NO_NAMES)):
            return []
        pages = tuple(Chapter(page.title, (page,)) for page in self.pages)
        return [entry for entry in (*self._of_several_pages, *pages) if words <= _stems(entry.title)]

    def page_in(self, text: str) -> PageEntry | None:
        """The page whose title a text has, word by word; the longest title where it has several."""
        words = f" {' '.join(plain_words(text))} "
        titles = {page: [word for word in plain_words(page.title) if word not in _SMALL_WORDS] for page in self.pages}
        had = [page for page, own in titles.items() if own and f" {' '.join(own)} " in words]
        return max(had, key=lambda page: len(titles[page]), default=None)

    def titled_with(self, words: Iterable[str]) -> tuple[PageEntry, ...]:
        """The pages with one of the words in their titles, without words that many titles have."""
        titles = {page: set(plain_words(page.title)) for page in self.pages}
        telling = {
            word
            for word in words
            if len(word) >= _SHORTEST_TELLING and 0 < sum(word in own for own in titles.values()) * 3 <= len(titles)
        }
        return tuple(page for page, own in titles.items() if own & telling)

    def is_numbered_by(self, word: str) -> bool:
        """Whether a reader's word for a chapter is one by which the book numbers its parts, or means any of them."""
        wanted = _same_word(word or "chapter")
        if wanted == "chapter":
            return True
        pages = (page for chapter in self.chapters for page in chapter.pages)
        return wanted in {*map(_chapter_word, self.chapters), *map(_page_word, pages)}

    @property
    def is_unnumbered(self) -> bool:
        """Whether neither a chapter nor a page has a number by which readers name it."""
        return bool(self.chapters) and not any(
            (*(_own_number(each) is not None for each in self.chapters), *map(_page_word, self.pages))
        )

    def nth_of(self, name: str, number: int) -> Chapter | None:
        """The nth page of the group of pages that has most words of a name: "part 7 of the angular tutorial".

        A group is a chapter or a folder, whose own page is its first one; it has one of the words in its title or its
        address, and half of all in its pages' titles as well. None where no group or several are alike.
        """
        words = _stems(name) - _stems(" ".join(_SMALL_WORDS | _KINDS_OF_GROUPS))
        best: list[tuple[float, tuple[PageEntry, ...]]] = []
        for titles, pages in self._groups:
            begins = self.is_same(_folder_of(pages), pages[0].url.casefold())  # with a page that stands for the folder
            own = _stems(" ".join((*titles, re.sub(r"[^a-z0-9]+", " ", _folder_of(pages)))))
            shared = words & (own | _stems(" ".join(page.title for page in pages)))
            if words & own and len(shared) * 2 >= len(words):
                best.append((len(shared) + begins / 2, pages))
        most = max((share for share, _ in best), default=0)
        # Of a chapter and a folder of it, the smaller one; others that are alike are not told apart.
        found = sorted((pages for share, pages in best if share == most), key=len)
        if not found or any(not set(found[0]) <= set(other) for other in found[1:]) or not 0 < number <= len(found[0]):
            return None
        page = found[0][number - 1]
        return Chapter(page.title, (page,))

    @property
    def _groups(self) -> list[tuple[tuple[str, ...], tuple[PageEntry, ...]]]:
        """The groups of pages with their titles: chapters, and folders with the page that stands for each."""
        folders: dict[str, list[PageEntry]] = {}
        for page in self.pages:
            folders.setdefault(_bare(page.url).rpartition("/")[0], []).append(page)
        groups: list[tuple[tuple[str, ...], tuple[PageEntry, ...]]] = []
        groups += [((chapter.title,), chapter.pages) for chapter in self.chapters]
        for folder, pages in folders.items():
            own = [page for page in self.pages if _bare(page.url) == folder]
            groups.append((tuple(page.title for page in own), (*own, *(page for page in pages if page not in own))))
        return [(titles, pages) for titles, pages in groups if len(pages) >= _FEWEST_OF_A_GROUP]

    def called(self, word: str) -> tuple[Chapter, ...]:
        """The chapters, or the pages, that a reader calls by a word: "chapters", "pages"; else all chapters."""
        wanted = _same_word(word or "chapter")
        pages = tuple(Chapter(page.title, (page,)) for page in self.pages)
        if _PAGES.match(wanted):
            return pages
        named = [chapter for chapter in self.chapters if _chapter_word(chapter) == wanted]
        body = self._body
        chapters = [chapter for chapter in self.chapters if chapter in named or chapter in body]
        numbered = [page for page in pages if _page_word(page.pages[0]) == wanted]
        # Where most are called so, the others are as well: "Module 2" between "Chapter 1" and "Chapter 3".
        return tuple(numbered if len(numbered) > 1 and len(named) * 2 < len(chapters) else chapters)

    @property
    def _of_several_pages(self) -> list[Chapter]:
        """The chapters as a reader counts them: without single pages beside them, as a welcome."""
        return [chapter for chapter in self.chapters if len(chapter.pages) > 1] or list(self.chapters)

    @property
    def _body(self) -> list[Chapter]:
        """The chapters of several pages without an appendix and without what stands beside the book, as its labs."""
        chapters = self._of_several_pages
        roots = _roots([chapter.pages[0].url for chapter in chapters if chapter.pages])
        most, times = Counter(roots).most_common(1)[0] if len(roots) == len(chapters) > 0 else ("", 0)
        beside = [chapter for chapter, root in zip(chapters, roots, strict=False) if times > 1 and root != most]
        return [
            chapter for chapter in chapters if chapter not in beside and not _APPENDIX.match(chapter.title)
        ] or chapters

    def beside(self, chapter: Chapter, step: int) -> Chapter | None:
        """The chapter after one (a step of 1) or before it (-1); by the numbers in the titles, else by the list.

        None at the end of the list, and where the list leads to a chapter whose number is on the other side.
        """
        own = _title_number(chapter.title)
        if own is not None:
            word, number = own
            found = self._titled(number + step, word) or self._titled(number + step, None)
            if found is not None:
                return found
        alike = (
            self.chapters if chapter in self.chapters else tuple(Chapter(page.title, (page,)) for page in self.pages)
        )
        place = alike.index(chapter) + step if chapter in alike else -1
        if not 0 <= place < len(alike):
            return None
        other = _title_number(alike[place].title)
        wrong_side = own is not None and other is not None and (other[1] - own[1]) * step < 0
        return None if wrong_side else alike[place]

    def is_at_the_end(self, chapter: Chapter, step: int) -> bool:
        """Whether no chapter comes after one (a step of 1) or before it (-1), by the list and by the numbers."""
        if chapter not in self.chapters or self.chapters.index(chapter) != (len(self.chapters) - 1 if step > 0 else 0):
            return False
        own = _title_number(chapter.title)
        others = [number for entry in self.chapters if (number := _title_number(entry.title)) is not None]
        return own is None or all((number - own[1]) * step <= 0 for _, number in others)

    def _titled(self, number: int, word: str | None) -> Chapter | None:
        """The one chapter, else the one page, whose title has this word and number; with None whatever the word."""
        wanted = None if word is None else _same_word(word)
        if wanted == "":
            return None
        pages = tuple(Chapter(page.title, (page,)) for page in self.pages)
        for entries in (self.chapters, pages if wanted is not None else ()):
            found = [
                entry
                for entry in entries
                if (own := _title_number(entry.title)) is not None
                and own[1] == number
                and wanted in (None, _same_word(own[0]))
            ]
            if len(found) == 1:
                return found[0]
        return None

    def _in_a_range(self, number: int, word: str) -> Chapter | None:
        """The chapter whose title has a range with this number: "(Weeks 3-5)"."""
        return next((chapter for chapter in self.chapters if word and has_in_range(chapter.title, word, number)), None)

    def _numbered(self, number: int, word: str) -> Chapter | None:
        """The chapter that has this number in its title or its folder, else the one at this place of the table."""
        if is_of_time(word) and not self.is_numbered_by(word):
            return None
        numbers = [_own_number(chapter) for chapter in self.chapters]
        if any(numbers):  # the book numbers its chapters, and may have none of this number
            return next((chapter for chapter, own in zip(self.chapters, numbers, strict=True) if own == number), None)
        of_several_pages = self._of_several_pages
        return of_several_pages[number - 1] if 0 < number <= len(of_several_pages) else None


def _roots(urls: Sequence[str]) -> list[str]:
    """The first folder of each address behind those that all of them have: "docs" and "labs" of "/ur/docs/…"."""
    paths = [_bare(url).strip("/").split("/") for url in urls]
    shared = sum(1 for _ in takewhile(lambda folders: len(set(folders)) == 1, zip(*paths, strict=False)))
    return [path[shared] if len(path) > shared else "" for path in paths]


def _in_order(listed: Sequence[PageEntry]) -> tuple[PageEntry, ...]:
    """The pages with those that are called chapters by their numbers, where no number is there twice."""
    numbered = [(number, place) for place, page in enumerate(listed) if (number := _chapter_number(page)) is not None]
    if len({number for number, _ in numbered}) < len(numbered):
        return tuple(listed)
    ordered = list(listed)
    for (_, source), (_, target) in zip(sorted(numbered), numbered, strict=True):
        ordered[target] = listed[source]
    return tuple(ordered)


def _own_number(chapter: Chapter) -> int | None:
    titled = _title_number(chapter.title)
    if titled is not None:
        return titled[1]
    found = next((match for page in chapter.pages if (match := _FOLDER_NUMBER.search(page.url))), None)
    return int(found["number"]) if found else None


def _title_number(title: str) -> tuple[str, int] | None:
    """The word and the number that a title begins with; the word is "" where it begins with the number."""
    found = _OWN_NUMBER.match(title)
    return (found["word"] or "", int(found["number"])) if found else None


def _same_word(word: str) -> str:
    """One word for those that mean the same kind of chapter; "" for none."""
    plain = word.casefold()
    return next((kind for kind, begins in _KINDS.items() if plain.startswith(begins)), plain)


def is_of_time(word: str) -> bool:
    """Whether a reader counts weeks or lessons, which a book may have beside its chapters."""
    return _same_word(word) in _OF_TIME


def _chapter_number(page: PageEntry) -> int | None:
    """The number of a page that is called a chapter in its title, "Chapter 13: ..."."""
    titled = _title_number(page.title)
    return titled[1] if titled is not None and _same_word(titled[0]) == "chapter" else None


def _page_word(page: PageEntry) -> str:
    """What a page with a number is called: by its title, else by the last part of its address; "" for none."""
    titled = _title_number(page.title)
    if titled is not None and titled[0]:
        return _same_word(titled[0])
    named = _FOLDER_NUMBER.search(f"/{_bare(page.url).rpartition('/')[2]}")
    return _same_word(named["word"]) if named else ""


def _chapter_word(chapter: Chapter) -> str:
    """The same of a chapter: by its title, else by the folder that its pages are in."""
    titled = _title_number(chapter.title)
    if titled is not None and titled[0]:
        return _same_word(titled[0])
    folders = _bare(chapter.pages[0].url).split("/")[:-1] if chapter.pages else []
    named = _FOLDER_NUMBER.search(f"/{folders[-1]}") if folders else None
    return _same_word(named["word"]) if named else ""


def has_in_range(text: str, word: str, number: int) -> bool:
    """Whether a text has a range of what a reader calls by a word, with the number in it: "Weeks 9-10"."""
    return any(
        _same_word(found["word"]) == _same_word(word) and int(found["first"]) <= number <= int(found["last"])
        for found in _RANGE.finditer(text)
    )


def number_of(text: str) -> int | None:
    """The number that a word is, in figures, letters or Roman numerals; None for other texts."""
    return _number(plain_words(text))


def _number(words: Sequence[str]) -> int | None:
    if len(words) != 1:
        return None
    digits = re.match(r"\d{1,40}", words[0])
    return int(digits[0]) if digits else number_in_words(words[0]) or _ROMAN.get(words[0])


@lru_cache(maxsize=2_000)
def _stems(text: str) -> frozenset[str]:
    return frozenset(tokens(" ".join(plain_words(_MARKS.sub(" ", text))), "en"))


def _likeness(words: Sequence[str], title: str) -> float:
    """The similarity of a name and a title: the share of the name's words in the title, or of common letters."""
    if words and list(words) == plain_words(title):
        return 2.0
    named = [word for word in plain_words(title) if word not in _SMALL_WORDS and not word.isdigit()]
    asked = [word for word in words if word not in _SMALL_WORDS and not word.isdigit()]
    if not asked or not named:
        return 0.0
    letters = _ratio(" ".join(asked), " ".join(named), _SAME_NAME)
    own = set(asked)  # a name may be a long point of an answer
    exact = own <= set(named)  # "tabs" is rather "ion-tabs" than "ion-tab"
    whole = len(asked) * 2 >= len(named) and all(any(_ratio(word, other, 0.85) for other in named) for word in own)
    return max(letters, (0.95 if exact else 0.9) if whole else 0.0)


def _ratio(text: str, other: str, least: float) -> float:
    """The share of common letters of two texts; 0 if it is below `least`, which their lengths mostly say already."""
    if 2 * min(len(text), len(other)) < least * (len(text) + len(other)):
        return 0.0
    matcher = SequenceMatcher(None, text, other)
    ratio = matcher.ratio() if matcher.quick_ratio() >= least else 0.0
    return ratio if ratio >= least else 0.0


def _words_of_a_title(text: str) -> frozenset[str]:
    """The words of a title without small ones; a version is its number, "v30" is "30"."""
    bare = " ".join(word for word in plain_words(_MARKS.sub(" ", text)) if word not in _SMALL_WORDS)
    return frozenset(_VERSION.sub(r"\1", word) for word in _stems(bare))


def _shared(name: frozenset[str], title: str) -> float:
    """The share of the words of a name and a title that both have; 0 where the name may be something else."""
    words = _words_of_a_title(title)
    both = len(name & words)
    if not both:
        return 0.0
    has_title = words <= name and (len(words) > 1 or name == words) and len(name) <= len(words) + _MOST_BESIDE_A_TITLE
    has_name = name <= words and len(name) > 1 and len(name) * 2 > len(words)
    return both / len(name | words) if has_title or has_name else 0.0


def _folder_of(pages: Sequence[PageEntry]) -> str:
    """The folder of the last page of a group, without what all addresses begin with."""
    return _bare(pages[-1].url).rpartition("/")[0].casefold()


def _bare(url: str) -> str:
    return url.rstrip("/")
