"""The terms of a book: its names for what questions name differently; headings and questions that name nothing.

"RL" is searched as "reinforcement learning" in a book that only has the phrase, "ZPM" as "ZMP", "PID controller" also
as "PD", "graphics card" also as "GPU". An abbreviation that the book spells out is searched in both forms if a question
asks what it is, "ZMP" also as "zero moment point"; any other one that it has is unchanged. Technical words of European
languages have one root: "cinemática inversa" is "inverse kinematics".

Headings that name no subject are parts that most pages have, and sections that announce or repeat others. Their
patterns stand in `headings.json`, which the widget reads as well (`frontend/src/panel/answer/headings.ts`). They are
regular expressions that mean the same in Python and JavaScript, in English, Urdu, German, French and Spanish. A
question about something that it does not name ("How do I mock it?") is recognised by its pronoun.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cache, lru_cache
from importlib.resources import files

import regex
from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from engines.understanding import lexicon
from engines.understanding.language_files import named
from engines.understanding.translated_words import load_table
from engines.understanding.words import (
    is_among_urdu,
    is_foreign,
    is_function_word,
    is_stop_word,
    language_of,
    plain_words,
    zipf,
)
from storage.vectors.abbreviations import Phrase, decode_phrases
from storage.vectors.bm25 import Vocabulary, decode_written_words, load_vocabulary, tokens

MOST_TERMS = 3  # of one question
LONGEST = 6  # letters of an abbreviation

MOST_COGNATES = 6
_SHORTEST_ROOT, _ALIKE = 4, 0.86  # letters; of Indel's similarity
_FREQUENT_ZIPF = 4.8  # a word of this frequency is no technical one: "entre"
_SHARED_ZIPF = 3.8  # a word of this frequency in the book's language is one of that language, too
_SPELT_ALIKE = (
    ("ph", "f"),
    ("th", "t"),
    ("k", "c"),
    ("y", "i"),
    ("z", "c"),
    ("tion", "cion"),
    ("ie", "i"),
    ("qu", "c"),
    ("eur", "or"),
)
_ENDINGS = "aeiosn"

# By what readers call things that technical books have a short name for.
_EVERYDAY = {name: short for short, names in named("everyday_names").items() for name in names}
_EVERYDAY_NAME = regex.compile(rf"\b(?:{'|'.join(_EVERYDAY)})(?=s?\b)", regex.IGNORECASE)
_LONG_FORMS = named("long_forms")  # abbreviations of the field, for books that have the words alone
_WITH_DIGITS = regex.compile(
    rf"\b(?:{'|'.join(short for short in _LONG_FORMS if not short.isalpha())})\b", regex.IGNORECASE
)

_RARELY = 3  # times as often is a phrase written out as it is abbreviated, where the abbreviation is no help
_LEAST_OF_TWO_LETTERS = 5  # times that a phrase is in the book which stands for two letters: many would fit
_LONGEST_WITH_MORE = 5  # letters of an abbreviation that one with a letter fewer stands for
_COMMON_ZIPF = 3.4  # a word in small letters of this frequency is no abbreviation
_ABBREVIATION_ZIPF = 4.0  # words of the book that are more frequent in the language are none
_WORD_ZIPF = 4.5  # the same, where the question's one differs by a letter in front or at the end alone
_TOO_COMMON_ZIPF = 5.7  # for a word of a phrase: "between them"
_WORD = regex.compile(r"[\p{L}\p{N}]+")
_TWO_FOR_TO = regex.compile(r"(?<![\p{L}\p{N}_./@-])(\p{L}{2,})2(\p{L}{2,})(?![\p{L}\p{N}_/(=-]|\.\p{L})")
_CANDIDATE = regex.compile(
    r"(?<![\p{L}\p{N}_./@\\$'`-])(?:\p{Lu}{2,6}(?=s\b)|\p{L}{2,6}(?![\p{L}\p{N}_/\\@(=`'-]|\.\p{L}))"
)
_PLURAL = regex.compile(
    r"(?<![\p{L}\p{N}_./@\\$'`-])(\p{L}{2,6})[sS](?![\p{L}\p{N}_/\\@(=`'’-]|\.\p{L})"  # "IMUs", "DoFs", "imus"
)
_POSSESSIVE = regex.compile(r"(?<![\p{L}\p{N}_./@\\$'`-])(\p{L}{2,7})(?:['’]s|(?<=s)['’])(?![\p{L}\p{N}])")  # "ZMP's"
_PARTED = regex.compile(r"(?<![\p{L}\p{N}_./@\\$'`-])\p{Lu}(?:[-.]\p{Lu}){1,4}(?![\p{L}\p{N}_/@(=-])")  # "D-H", "I.K."
_OWN_QUIZ = lexicon.pattern("headings", r"^[\W\d]*(?:{numbered_part} \d+ )?{own_quiz}\s*(?:[:(–—-].*)?$")
_ASKS_FOR_RECAP = lexicon.word_pattern("headings.asks_for_recap")
_OF_DEFINITIONS = lexicon.words("of_definitions")
_NUMBERED_NAME = re.compile(
    r"(?<![\w./@-])(?P<name>[A-Za-z]{3,})(?P<space> ?)(?P<number>\d{1,2})(?![\w/@-]|\.\w)", re.ASCII
)


def _replaced(pattern: regex.Pattern[str], text: str, others: Mapping[str, str]) -> str:
    """A text in which some of what a pattern finds is replaced."""
    return pattern.sub(lambda match: others.get(match[0], match[0]), text)


class BookTerms:
    """Matches abbreviations and cognates in questions to the terms of one book."""

    def __init__(
        self,
        words: Mapping[str, int],
        phrases: Mapping[str, Sequence[Phrase]],
        known: Vocabulary,
        locale: str | None,
        written_out: Mapping[str, Sequence[Phrase]] | None = None,
    ) -> None:
        self._written_out = written_out or {}  # abbreviation → the names that the book has for it itself
        self._words = words  # as they are written, in lower case, of three letters and more
        self._phrases = phrases  # by their initials
        self._known = known  # tokens
        self._locale = locale
        self._language = language_of(locale)
        self._by_first: dict[str, dict[str, str]] = defaultdict(dict)  # first letter → word → its root
        for word, count in words.items():
            if count > 1 and len(root := _root(word)) >= _SHORTEST_ROOT:
                self._by_first[root[0]][word] = root
        short = sorted(word for word in words if len(word) <= LONGEST and self._is_none_of_the_language(word))
        self._by_letters: dict[str, list[str]] = defaultdict(list)  # the book's short words by their sorted letters
        self._by_fewer: dict[str, list[str]] = defaultdict(list)  # the same by what is left without an inner letter
        for word in short:
            self._by_letters["".join(sorted(word))].append(word)
            for fewer in dict.fromkeys(_without_each(word) if len(word) <= _LONGEST_WITH_MORE else ()):
                self._by_fewer[fewer].append(word)
        self._telling = lru_cache(maxsize=64)(self._telling_words)

    def with_numbers_as_written(self, text: str) -> str:
        """A text with a space between a name and its number, or none, as the book has them: "jest29", "nav 2"."""

        def as_written(found: re.Match[str]) -> str:
            name, number = found["name"], found["number"]
            has_both, has_name = self._has(name + number), self._has(name)
            if found["space"]:
                return name + number if has_both and not has_name else found[0]
            return f"{name} {number}" if has_name and not has_both else found[0]

        return _NUMBERED_NAME.sub(as_written, text)

    def correct(self, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The text with names as the book writes them, and the changes.

        Plurals of abbreviations are singular ("IMUs"), possessives as well ("ZMP's"), their letters stand together
        ("D-H"), swapped letters are put right ("ZPM"), and "2" for "to" is written out ("sim2real").
        """
        of_it = {match[0]: match[1] for match in _POSSESSIVE.finditer(text) if _capitals(match[1])}
        text = _replaced(_POSSESSIVE, text, of_it)
        joined = {part: short for part in _PARTED.findall(text) if self._knows(short := regex.sub("[-.]", "", part))}
        text = _replaced(_PARTED, text, joined)
        found = {match[0]: match[1] for match in _PLURAL.finditer(text) if self._is_plural_of(match[0], match[1])}
        plurals = dict(found)
        text = _replaced(_PLURAL, text, plurals)
        for word in self._unknown(text):
            meant = self._swapped(word)
            if meant is not None:
                found[word] = meant
        if len(found) > len(plurals):
            text = _replaced(_CANDIDATE, text, found)
        for match in _TWO_FOR_TO.finditer(text):
            if not self._has(match[0]) and self._has(match[1]) and self._has(match[2]):
                found[match[0]] = f"{match[1]} to {match[2]}"
        text = _replaced(_TWO_FOR_TO, text, found)
        return text, tuple((of_it | joined | found).items())

    def terms(self, text: str) -> tuple[tuple[str, str], ...]:
        """Further terms to search for: each abbreviation with the book's phrase for it, or its most similar one."""
        found: dict[str, str] = {}
        said = f" {' '.join(_WORD.findall(text.casefold()))} "
        for match in _EVERYDAY_NAME.finditer(text):
            short = _EVERYDAY[match[0].casefold()]
            if all(map(self._has, short.split())) and f" {short.casefold()} " not in said:
                found.setdefault(match[0], short)
        for word in (*self._candidates(text), *_WITH_DIGITS.findall(text)):
            other = self._name_of(word) or self._long_form(word) or self._spelt_out(word)
            if other is None and not self._has(word):
                other = self._at_an_end(word) or self._near(word, text)
            if other is not None and f" {other} " not in said:
                found.setdefault(word, other)
        return tuple(found.items())[:MOST_TERMS]

    def has_name_of(self, word: str) -> bool:
        """Whether the book itself has a name for an abbreviation."""
        return self._name_of(word) is not None

    def alone(self, text: str, terms: Iterable[tuple[str, str]]) -> str:
        """The abbreviation that a text is about where it names nothing else: "explain IK", "ZMP"; "" for any other."""
        alone = (typed for typed, _ in terms if typed in text.split() and self._telling(text)[0] <= {typed})
        return next(alone, "")

    def cognates(self, text: str, language: str) -> tuple[tuple[str, str], ...]:
        """Words of another language, each with the book's word of the same root."""
        found: dict[str, str] = {}
        means = load_table(language)
        for word in dict.fromkeys(_WORD.findall(text)):
            root = _root(word)
            frequent = zipf(word, language) >= _FREQUENT_ZIPF
            # "Pizza" is English as well: what the book has is another word.
            shared = zipf(word, self._language) >= _SHARED_ZIPF
            if len(root) < _SHORTEST_ROOT or frequent or shared or word.casefold() in self._words:
                continue
            near = process.extractOne(
                root, self._by_first.get(root[0], {}), scorer=Indel.normalized_similarity, score_cutoff=_ALIKE
            )
            # Where it is known what a word means, that decides: "receta" is a recipe and no request.
            known = tokens(means.of(word.casefold(), language), "en")
            if near is not None and (near[1] == 1.0 or not known or tokens(near[2], "en")[0] in known):
                found[word] = near[2]
        return tuple(found.items())[:MOST_COGNATES]

    def _candidates(self, text: str) -> list[str]:
        """The words that may be abbreviations: written in capitals, or short and of no language."""
        shouted = text.isupper()
        found = (
            match[0]
            for match in _CANDIDATE.finditer(text)
            if match[0].isupper() or not is_among_urdu(text, *match.span())
        )
        return [
            word
            for word in dict.fromkeys(found)
            if (_capitals(word) and not (shouted and " " in text.strip()))
            or self._is_no_word(word.casefold())
            or (self._name_of(word) and self._is_none_of_the_language(word.casefold()))
        ]

    def _unknown(self, text: str) -> list[str]:
        return [word for word in self._candidates(text) if not self._has(word)]

    def _has(self, word: str) -> bool:
        return any(token in self._known for token in tokens(word, self._locale))

    def _is_no_word(self, word: str) -> bool:
        return (
            zipf(word, self._language) < _COMMON_ZIPF
            and not is_foreign(word, self._language)
            and not is_stop_word(word, self._language)
        )

    def _is_plural_of(self, word: str, short: str) -> bool:
        """Whether a word is the plural of an abbreviation that the book has, and rather writes in the singular.

        An index has "IMUs" as an identifier of the parts "IM" and "Us", which no other form of the word has.
        """
        plural, singular = word.casefold(), short.casefold()
        if self._words.get(plural, 0) > self._words.get(singular, 0):
            return False
        if word[-1] == "s" and _capitals(short):
            return self._knows(short) or any(each(short) for each in (self._at_an_end, self._one_letter_fewer))
        return self._is_none_of_the_language(singular) and singular in self._words and not self._has(plural)

    def _is_abbreviation(self, known: str) -> bool:
        return known in self._words and zipf(known, self._language) < _WORD_ZIPF

    def _is_none_of_the_language(self, word: str) -> bool:
        return zipf(word, self._language) < _ABBREVIATION_ZIPF

    def _name_of(self, word: str) -> str | None:
        """The name that the book itself has for an abbreviation."""
        names = self._written_out.get(word.casefold())
        return names[0].text if names else None

    def _spelt_out(self, word: str) -> str | None:
        """The book's phrase with these initials, where the book has no such abbreviation or seldom uses it."""
        short = word.casefold()
        for phrase in self._phrases.get(short, ()):
            if any(zipf(part, self._language) > _TOO_COMMON_ZIPF for part in phrase.content):
                continue
            if len(short) == 2 and (self._has(word) or phrase.count < _LEAST_OF_TWO_LETTERS):
                continue
            if self._has(word) and self._words.get(short, 0) * _RARELY > phrase.count:
                continue
            return phrase.text
        return None

    def _long_form(self, word: str) -> str | None:
        """What an abbreviation of the field stands for, where the book has the words and not the abbreviation."""
        if self._has(word):
            return None
        names = [name for name in _LONG_FORMS.get(word.casefold(), ()) if all(map(self._has, name.split()))]
        return max(names, key=lambda name: min(self._words.get(part, 0) for part in name.split()), default=None)

    def _knows(self, word: str) -> bool:
        """Whether the book has an abbreviation, or the words that it stands for."""
        return self._has(word) or any(each(word) for each in (self._name_of, self._long_form, self._spelt_out))

    def _telling_words(self, text: str) -> tuple[Set[str], Set[str]]:
        """The words of a question that name its subject, and those of them that the book has."""
        words = {each for each in _WORD.findall(text) if each.casefold() not in _OF_DEFINITIONS}
        telling = {each for each in words if not is_stop_word(each, self._language)}
        return telling, set(filter(self._has, telling))

    def _swapped(self, word: str) -> str | None:
        """The book's abbreviation from which this one differs by two swapped letters."""
        short = word.casefold()
        if len(short) < 3 or short in self._phrases:
            return None
        swapped = self._by_letters.get("".join(sorted(short)), ())
        near = [known for known in swapped if OSA.distance(short, known) == 1]
        best = max(near, key=lambda known: self._words[known], default=None)
        return best.upper() if best and word.isupper() else best

    def _at_an_end(self, word: str) -> str | None:
        """The book's abbreviation to which this one adds a letter in front or at the end ("VSLAM")."""
        short = word.casefold() if word.isupper() else ""
        fewer = [known for known in (short[1:], short[:-1]) if len(known) > 3 and self._is_abbreviation(known)]
        return max(fewer, key=lambda known: self._words[known], default=None)

    def _near(self, word: str, text: str) -> str | None:
        """The book's abbreviation that has one letter more or fewer inside.

        None where the book has none of the question's other words: the question is about something else. An
        abbreviation alone is near to many that have one letter more, and to few that have one fewer.
        """
        telling, in_book = self._telling(text)
        is_alone = telling <= {word}
        if not is_alone and in_book <= {word}:
            return None
        fewer = self._one_letter_fewer(word)
        if fewer or is_alone:
            return fewer
        more = filter(self._is_no_word, self._by_fewer.get(word.casefold(), ()))
        return max(more, key=lambda known: self._words[known], default=None)

    def _one_letter_fewer(self, word: str) -> str | None:
        """The book's abbreviation to which this one adds a letter inside ("PID")."""
        fewer = _without_each(word.casefold())
        near = [known for known in fewer if self._has(known) and self._is_none_of_the_language(known)]
        return max(near, key=lambda known: self._words.get(known, 0), default=None)


@lru_cache(maxsize=8)
def load_book_terms(
    spelling: str, phrases: str, abbreviations: str, vocabulary: str, locale: str | None
) -> BookTerms | None:
    """The terms of a book, from what its build kept; None if it kept none."""
    known = load_vocabulary(vocabulary)
    if known is None or not spelling:
        return None
    written_out = decode_phrases(abbreviations)
    return BookTerms(decode_written_words(spelling), decode_phrases(phrases), known, locale, written_out)


def _root(word: str) -> str:
    """A word without accents and ending vowels, in a spelling that European languages share."""
    plain = "".join(plain_words(word))
    for ours, theirs in _SPELT_ALIKE:
        plain = plain.replace(ours, theirs)
    return plain.rstrip(_ENDINGS)


def _capitals(word: str) -> bool:
    return sum(letter.isupper() for letter in word) >= 2


def _without_each(word: str) -> list[str]:
    """The words made by leaving out one inner letter of a word."""
    return [word[:at] + word[at + 1 :] for at in range(1, len(word) - 1)]


def asks_for_recap(question: str) -> bool:
    """Whether a question wants what recaps hold: a summary, goals, exercises, further reading."""
    return bool(_ASKS_FOR_RECAP.search(question))


def is_recap(heading: str) -> bool:
    """Whether a section repeats or announces others, or leads away: "Summary", "Next Steps"."""
    return bool(_recap().match(heading))


def is_quiz_heading(heading: str) -> bool:
    """Whether a section is what the book asks its readers: "Quiz", "Review Questions"."""
    return bool(_OWN_QUIZ.search(heading))


def is_list_of_links(heading: str) -> bool:
    """Whether a section lists what else there is to read: "Further Reading", "References"."""
    return bool(_links().match(heading))


def names_no_subject(heading: str) -> bool:
    """Whether a heading names nothing that a reader could ask about: a recap, or "Key Concepts", "Test 1"."""
    return bool(_recap().match(heading) or _generic().match(heading))


@cache
def _recap() -> re.Pattern[str]:
    return re.compile(rf"^\W*{_any_of('recap')}\W*$", re.IGNORECASE)


@cache
def _links() -> re.Pattern[str]:
    return re.compile(rf"^\W*{_any_of('links')}\W*$", re.IGNORECASE)


@cache
def _generic() -> re.Pattern[str]:
    return re.compile(
        rf"^\W*(?:\d+(?:\.\d+)*[.)]?\s+)?(?:(?:{_any_of('adjectives')}\s+)*{_any_of('generic')}|"
        rf"{_any_of('numbered')}s?\s*#?(?:\d+|[a-z]|one|two|three)"
        r"(?:\s*[:.–—-]\s*(?:test|quiz|summary|overview|introduction))?)\W*$",
        re.IGNORECASE,
    )


def _any_of(kind: str) -> str:
    return f"(?:{'|'.join(_patterns()[kind])})"


@cache
def _patterns() -> dict[str, list[str]]:
    text = files("engines.understanding").joinpath("headings.json").read_text(encoding="utf-8")
    patterns: dict[str, list[str]] = json.loads(text)
    return patterns


_MOST_WORDS = 9  # of such a question
_MOST_TELLING = 2  # of them, beside the pronoun
_PRONOUN = lexicon.pattern("pronouns", r"\b{whole:pronoun}\b|(?<!\w){pronoun_alone}(?!\w)|{anywhere:pronoun}")
_STANDS_FOR = lexicon.pattern("pronouns", r"\b{stands_for_a_clause}\b")
_BESIDE = lexicon.words("beside_a_pronoun")  # small words of the other languages


def has_a_pronoun(question: str) -> bool:
    """Whether a question speaks of something by a pronoun: "how do I mock it?"."""
    return bool(_PRONOUN.search(question)) and not _STANDS_FOR.search(question)


def names_nothing(question: str) -> bool:
    """Whether a question has a pronoun and so few other words that nothing in it says what is meant."""
    words = plain_words(question)
    if len(words) > _MOST_WORDS or not has_a_pronoun(question):
        return False
    bare = plain_words(_PRONOUN.sub(" ", question))
    telling = [word for word in bare if not is_function_word(word, "en") and word not in _BESIDE]
    return len(telling) <= _MOST_TELLING and not re.search(r"\b[A-Z]{2,}|\w[._]\w|[a-z][A-Z]|\d", question)
