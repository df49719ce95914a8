"""Where a page or a chapter speaks of something, by its words; called by `engines.tasks.page_tasks`.

A section mentions a subject where it has its words in a row, in whatever case, number and spelling ("fakeTimers");
where none has, the sections with all of its words in one sentence do. Without a model the sections are listed with the
sentence; where the page has none, those of the book that a search finds.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from engines.citations.opening_sentence import gist, sentence_with
from engines.events import Retrieved, Source
from engines.synthesis.extractive import AnswerQuery, ExtractiveSynthesizer, Quotation, without_links
from engines.synthesis.passage_choice import place
from engines.tasks.link_lists import Line, linked_list
from engines.tasks.messages import Messages
from engines.understanding import lexicon
from engines.understanding.task_patterns import ASKS_SOMETHING
from engines.understanding.understanding import Understanding
from engines.understanding.words import content_words

_MOST_LINES = 14
_MOST_ELSEWHERE = 6
_NEAREST = 3  # sections that are named where the book has no such words at all
_MOST_LETTERS = 240  # of a sentence
_ENDING = r"(?:['’]?s|es)?"
_PLURAL = re.compile(r"(?<=\w{3})(?<!s)s$")
_BETWEEN = r"[\s_–-]*"
_WORD = re.compile(r"[^\W_]+|[^\w\s]+")
_KINDS = lexicon.words("kinds_of_thing")  # "the rqt_graph tool"
_BEFORE_A_NAME = lexicon.words("beside_mentions")


@dataclass(frozen=True, slots=True)
class Mention:
    """A section that speaks of the subject: how often, and in which sentence first; "" for none."""

    source: Source
    times: int
    sentence: str


def names_of(subject: str, understood: Understanding) -> tuple[str, ...]:
    """What a subject may be called in the book: as asked, rightly spelt, by its abbreviation or its full name."""
    spelt = subject
    for typed, meant in understood.corrections:
        spelt = spelt.replace(typed, meant)
    others = [searched for typed, searched in understood.terms if typed.casefold() == subject.casefold()]
    words = list(dropwhile(lambda word: word.casefold() in _BEFORE_A_NAME, subject.split()))
    bare = " ".join(words[:-1] if len(words) > 1 and words[-1].casefold() in _KINDS else words)
    return tuple(dict.fromkeys(filter(None, (subject, spelt, bare, *others))))


def is_clause(subject: str) -> bool:
    """Whether a subject is said in a clause, "how timers are mocked", whose words a page may not have."""
    return bool(ASKS_SOMETHING.match(subject)) or len(content_words(subject)) > 3


def mentions_in(sources: Iterable[Source], names: Sequence[str]) -> list[Mention]:
    """The sections that mention one of the names, in their order."""
    sources = list(sources)
    phrases = re.compile("|".join(filter(None, map(_phrase, names))) or "(?!)", re.IGNORECASE)
    found = [mention for each in sources if (mention := _mention(each, phrases))]
    return found or [mention for each in sources if (mention := _in_one_sentence(each, names))]


def nearest_in(sources: Iterable[Source], names: Sequence[str]) -> list[Mention]:
    """The sections with most words of a clause, best first, and their first sentence with one of them."""
    patterns = [re.compile(_phrase(word), re.IGNORECASE) for word in content_words(names[0])]
    found: list[Mention] = []
    for source in sources:
        text = f"{place(source)} {without_links(source.text)}"
        has = [pattern for pattern in patterns if pattern.search(text)]
        if has:
            said = _sentence(source, has) or _sentence(source, has[:1]) or _line(source, has[0])
            found.append(Mention(source, len(has), said))
    return sorted(found, key=lambda each: -each.times)[:_NEAREST]


def mention_lines(mentions: Sequence[Mention], most: int, *, whole_place: bool, counted: bool = False) -> list[Line]:
    """A line for each section: its name, how often it mentions the subject where that is wanted, and the sentence."""
    lines = []
    for each in mentions[:most]:
        path = each.source.heading_path
        name = place(each.source) if whole_place or not path else path[-1]
        name = f"**{name}** ({each.times}×)" if counted and each.times > 1 else f"**{name}**"
        lines.append(Line(f"{name} — {each.sentence}" if each.sentence else name, each.source))
    return lines


def listed_mentions(messages: Messages, title: str, subject: str, mentions: Sequence[Mention]) -> Quotation:
    """The answer where the page has the subject."""
    times = sum(each.times for each in mentions)
    several = len({each.source.title for each in mentions}) > 1
    opening = messages.mentions.format(title=title, subject=subject, count=times)
    listed = linked_list(opening, mention_lines(mentions, _MOST_LINES, whole_place=several, counted=True))
    left_out = len(mentions) - _MOST_LINES
    ending = f"\n\n{messages.and_more.format(count=left_out)}" if left_out > 0 else ""
    return Quotation(listed.opening, listed.parts, listed.sources, ending).numbered()


def listed_nearest(messages: Messages, title: str, nearest: Sequence[Mention]) -> Quotation:
    """The answer where the page has only words of what a clause asks for."""
    several = len({each.source.title for each in nearest}) > 1
    lines = mention_lines(nearest, _NEAREST, whole_place=several)
    return linked_list(messages.not_in_these_words.format(title=title), lines).numbered()


class ElsewhereSynthesizer(ExtractiveSynthesizer):
    """Says that a page does not mention a subject, and lists the sections of the book that do."""

    def __init__(self, messages: Messages, title: str, subject: str, names: Sequence[str]) -> None:
        super().__init__()
        self._messages, self._title, self._subject, self._names = messages, title, subject, names

    def _quotation(self, query: AnswerQuery, found: Retrieved) -> Quotation:
        told = self._messages.not_mentioned.format(title=self._title, subject=self._subject)
        mentions = mentions_in(found.sources, self._names)
        if mentions:
            lines = mention_lines(mentions, _MOST_ELSEWHERE, whole_place=True)
            return linked_list(f"{told} {self._messages.mentioned_elsewhere}", lines, not_listed(found, lines))
        lines = [Line(place(each), each) for each in found.sources[:_NEAREST]]
        return linked_list(f"{told} {self._messages.mentioned_nowhere}", lines)


def not_listed(found: Retrieved, lines: Sequence[Line]) -> tuple[Source, ...]:
    """The sections that were found and have no line in a list."""
    shown = {line.source.number for line in lines}
    return tuple(each for each in found.sources if each.number not in shown)


def _phrase(name: str) -> str:
    """A pattern of a name's words in a row; "" for a name without words."""
    words = [re.escape(_PLURAL.sub("", word)) + (_ENDING if word.isalpha() else "") for word in _WORD.findall(name)]
    return rf"(?<![^\W_]){_BETWEEN.join(words)}(?![^\W_])" if any(map(str.isalnum, name)) else ""


def _mention(source: Source, phrases: re.Pattern[str]) -> Mention | None:
    text = without_links(source.text)
    heading = source.heading_path[-1] if source.heading_path else source.title
    times = len(phrases.findall(text)) + bool(phrases.search(heading))
    if not times:
        return None
    return Mention(source, times, _sentence(source, (phrases,)) or _line(source, phrases))


def _in_one_sentence(source: Source, names: Sequence[str]) -> Mention | None:
    """A section with all words of a name in one sentence."""
    for name in names:
        patterns = [re.compile(_phrase(word), re.IGNORECASE) for word in content_words(name)]
        found = _sentence(source, patterns) if len(patterns) > 1 else ""
        if found:
            return Mention(source, 1, found)
    return None


def _sentence(source: Source, patterns: Sequence[re.Pattern[str]]) -> str:
    """The first sentence that has all patterns; "" for none."""

    def has_all(sentence: str) -> bool:
        return all(pattern.search(sentence) for pattern in patterns)

    return sentence_with(without_links(source.text), has_all, _MOST_LETTERS)


def _line(source: Source, phrases: re.Pattern[str]) -> str:
    """The first line of code or row of a table that has a phrase, as code; else what the section begins with."""
    lines = (line.strip() for line in source.text.splitlines() if phrases.search(line))
    bare = (
        " · ".join(filter(None, map(str.strip, line.split("|")))) if line.startswith("|") else line for line in lines
    )
    found = next((line for line in bare if len(line) <= _MOST_LETTERS and not line.startswith(("#", "```"))), "")
    if found and "`" not in found:
        return f"`{found}`"
    return found or gist(without_links(source.text), _MOST_LETTERS, _MOST_LETTERS)
