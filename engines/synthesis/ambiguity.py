"""Questions that may mean several sections: which ones, whether one is quoted at once, and what a line says of each.

It is not asked back which one is meant where one section fits the question clearly better, where the sections say the
same, where one of them explains what it asks for, or where all of them are on one identifier of it.
"""

import re
from collections.abc import Mapping, Sequence, Set
from urllib.parse import unquote, urlsplit

from engines.citations.opening_sentence import gist, lead_in_with_list, opening_sentence, telling_sentences
from engines.coverage.verdict import word_weights
from engines.events import Retrieved, Source
from engines.retrieval.passages import asks_for_corrections, is_of_corrections
from engines.synthesis.passage_parts import best_part_share, share_of
from engines.understanding import lexicon
from engines.understanding.book_terms import names_nothing
from engines.understanding.definitions import DEFINES, definition_in, term_asked, text_blocks
from engines.understanding.understanding import Understanding, words_of_subject
from engines.understanding.words import detected_language, is_function_word, is_roman_urdu, plain_words
from storage.vectors.bm25 import tokens

_OF_DOING = lexicon.words("of_doing")
_FEWEST_CANDIDATES = 2  # one a page
_MOST_CANDIDATES = 6
_CANDIDATES_AMONG = 8  # of the passages, from the best one on
_THE_BOOK = frozenset(tokens(" ".join(lexicon.words("the_book")), None))
_ASKS_FOR_A_VERSION = lexicon.pattern("quotations", r"(?<!\w){version_asked}")
_CLEARLY = 0.3  # of the question, that the best sentence of one section has more than that of each other one
_MOST_OF_IT = 0.6
_ALIKE = 0.6  # of the words of the shorter of two lines, that the longer one has
_ALIKE_BESIDE_CODE = 0.4  # the same where both have one piece of code: "use the `componentOnReady` helper"
_LINE = 200  # characters
_ASKS_TO_EXPLAIN = lexicon.pattern("quotations", r"\b{asks_to_explain}")
_SETTING = re.compile(r"\W*\w+(?: \w+)?:\s*\S+(?: \S+)?")  # "Default: `0`.", "Alias: `-b`."
_CODE = re.compile(r"`([^`]+)`")
_IDENTIFIER = re.compile(r"(?<![\w-])-{1,2}\w[\w-]+|\b[a-z]+[A-Z]\w*|\b\w+_\w+|\b\w+\.\w+\w")


def ambiguous_sections(found: Retrieved) -> list[Source]:
    """The sections that an ambiguous question may mean, one per page, best first; [] if it names or fits one of them.

    A first question with a pronoun without a referent ("How do I mock it?") may mean any of the sections found.
    Reference pages treat the same thing once for each component, version or framework: no single one answers a question
    that names none. They have one heading ("Label placement" of the input, of the checkbox and of the toggle) or one
    place in folders beside each other ("angular/lifecycle", "react/lifecycle").
    """
    asked = found.understanding
    if asked is None or not found.sources or asked.compared or found.parts:
        return []
    among: Sequence[Source] = found.sources[:_CANDIDATES_AMONG]
    if not asks_for_corrections(asked.question):  # these treat nothing apart
        among = [each for each in among if not is_of_corrections(each.title, each.heading_path)]
    if not among:
        return []
    words = " ".join(words_of_subject(asked.in_own_words(asked.search_text), asked.language))
    question = _tokens([words])
    if not asked.in_context and not (asked.term and question) and names_nothing(asked.question):
        return _with_a_word(among, frozenset() if asked.asked_in else question)
    if not question or _ASKS_FOR_A_VERSION.search(asked.question):
        return []
    weights = word_weights(_parted(words), asked.language, None)
    # What something is has one answer, even if several sections do something with it ("Inspect the topic").
    explains = bool(_ASKS_TO_EXPLAIN.search(asked.question)) or _asks_what_one_does(asked.question)
    in_part = not asked.term and not explains
    for alike, named_by in (
        (_with_its_heading(among, question, weights, in_part=in_part), _place),
        (_on_parallel_pages(among, question, weights) if in_part else [], _page),
    ):
        by_page = _by_page(alike)
        names = [named_by(source) for source in by_page.values()]
        telling = frozenset[str]().union(*names) - frozenset.intersection(*names) if names else frozenset()
        if len(by_page) >= _FEWEST_CANDIDATES and telling and not telling & question:
            return list(reversed(by_page.values()))[:_MOST_CANDIDATES]
    return []


def quoted_at_once(asked: Understanding, meant: Sequence[Source]) -> tuple[Source, ...]:
    """The sections to be quoted instead of asking back which one is meant, best first; () where it has to be asked."""
    question = asked.question
    if names_nothing(question):
        return ()
    if asked.term or _ASKS_TO_EXPLAIN.search(question):
        strengths = [_explanation(source, asked) for source in meant]
        if max(strengths) >= DEFINES:
            return (meant[strengths.index(max(strengths))],)
    shares = [best_part_share(question, source, 1.0) for source in meant]
    best = shares.index(max(shares))
    others = max((share for place, share in enumerate(shares) if place != best), default=0.0)
    if shares[best] >= _MOST_OF_IT and shares[best] >= others + _CLEARLY:
        return (meant[best],)
    fitting = [source for source, share in zip(meant, shares, strict=True) if share > shares[best] - _CLEARLY]
    same = [source for source in fitting[1:] if _say_the_same(fitting[0], source, question)]
    if same and len(same) * 2 >= len(fitting) - 1:
        return (fitting[0],)
    return tuple(meant) if _are_on_one_identifier(question, meant) else ()


def line_of(source: Source, text: str, question: str) -> str:
    """What a section says to a question, in one line: the sentence that has most of it, or its list; "" for none.

    `text` is the section's without links.
    """
    told = [sentence for sentence in telling_sentences(text) if not _SETTING.fullmatch(sentence)]
    best = max(told, key=lambda sentence: share_of(question, sentence), default="")
    if best and (best == told[0] or share_of(question, best) > share_of(question, told[0])):
        return best
    return lead_in_with_list(text, _LINE) or gist(text, _LINE, _LINE) or opening_sentence(text)


def _asks_what_one_does(text: str) -> bool:
    """Whether a question is what one thing does or is for: "What does Xacro do?"."""
    words, language = plain_words(text), detected_language(text) or "en"
    if _OF_DOING.isdisjoint(words):
        return False
    own = (word for word in words if word not in _OF_DOING and not is_function_word(word, language))
    return len([word for word in own if not is_function_word(word, "en") and not is_roman_urdu(word)]) == 1


def _by_page(alike: Sequence[Source]) -> dict[str, Source]:
    """The best one of a page, and of those with one title, worst first: a reader cannot choose between two of these."""
    by_title = {(source.title, source.heading_path): source for source in reversed(alike)}
    return {source.url.partition("#")[0]: source for source in by_title.values()}


def _with_a_word(among: Sequence[Source], question: frozenset[str]) -> list[Source]:
    """The sections, one a page, that have a word of the question, if it has any; [] where there is but one."""
    alike = [source for source in among if not question or question & (_place(source) | _tokens([source.text]))]
    pages = _by_page(alike)
    return list(reversed(pages.values()))[:_MOST_CANDIDATES] if len(pages) >= _FEWEST_CANDIDATES else []


def _with_its_heading(
    among: Sequence[Source], question: frozenset[str], weights: Mapping[str, float], *, in_part: bool
) -> list[Source]:
    """The sections whose innermost heading is the first one's, or has the same words of the question, most of them."""
    heading = _heading(among[0])
    shared = (heading & question) - _THE_BOOK
    if not shared:
        return []
    # Other headings with a word more than the question has are not meant where the first one says just what is asked.
    in_part = in_part and bool(heading - question) and _are_most(shared, weights)
    alike = [
        source
        for source in among
        if _heading(source) == heading
        or (in_part and not heading < _heading(source) and (_heading(source) & question) - _THE_BOOK == shared)
    ]
    # A page on what is asked for treats it whole; sections of other pages do in part.
    pages = [source for source in alike if not source.heading_path and _heading(source) == heading]
    return pages or alike


def _on_parallel_pages(among: Sequence[Source], question: frozenset[str], weights: Mapping[str, float]) -> list[Source]:
    """The sections of the first one's page and of those parallel to it, if their name is most of the question."""
    names = [(source, (_name_of_both(among[0], source) & question) - _THE_BOOK) for source in among]
    return [source for source, shared in names if shared and _are_most(shared, weights)]


def _are_most(words: Set[str], weights: Mapping[str, float]) -> bool:
    return sum(weights.get(word, 0.0) for word in words) * 2 >= sum(weights.values())


def _name_of_both(one: Source, other: Source) -> frozenset[str]:
    """The common name of two pages at one place in sibling folders, or a page's own; none for other pages."""
    first, second = (unquote(urlsplit(source.url).path).strip("/").split("/") for source in (one, other))
    apart = sum(mine != others for mine, others in zip(first, second, strict=False))
    if len(first) != len(second) or first[-1] != second[-1] or apart > 1:
        return frozenset()
    return _tokens([first[-1]]) | (_tokens([one.title]) & _tokens([other.title]))


def _heading(source: Source) -> frozenset[str]:
    """The words of the innermost heading, in any order."""
    return _tokens([source.heading or source.title])


def _place(source: Source) -> frozenset[str]:
    """The words of the page's address, its title and the headings."""
    return _tokens([source.title, *source.heading_path, *unquote(urlsplit(source.url).path).split("/")])


def _page(source: Source) -> frozenset[str]:
    """The words of the page's address and its title."""
    return _tokens([source.title, *unquote(urlsplit(source.url).path).split("/")])


def _tokens(texts: Sequence[str] | Set[str]) -> frozenset[str]:
    return frozenset(token for text in texts for token in tokens(_parted(text), None))


def _parted(text: str) -> str:
    """A text with the words of an address separated."""
    return text.replace("-", " ").replace("_", " ")


def _explanation(source: Source, asked: Understanding) -> float:
    """How clearly a section defines what is asked for, or what its own heading names with the words of that."""
    heading = source.heading or source.title
    names = tuple(filter(None, (*asked.term_names, asked.search_text, term_asked(heading) or heading)))
    return definition_in(text_blocks(source.text), names, heading, source.title).strength


def _say_the_same(one: Source, other: Source, question: str) -> bool:
    """Whether the lines of two sections, or their first sentences, share most words."""
    first, second = (telling_sentences(each.text)[:1] for each in (one, other))
    lines = (line_of(one, one.text, question), line_of(other, other.text, question))
    return _alike(lines, (one, other)) or bool(first and second and _alike((first[0], second[0]), (one, other)))


def _alike(lines: tuple[str, str], sections: tuple[Source, Source]) -> bool:
    """Whether two lines share most words, and neither names what only its own page is about."""
    first, second = (frozenset(tokens(line, None)) for line in lines)
    ours, theirs = (frozenset(tokens(" ".join((each.title, *each.heading_path)), None)) for each in sections)
    of_its_own = (first - second) & (ours - theirs) or (second - first) & (theirs - ours)
    alike = _ALIKE_BESIDE_CODE if set.intersection(*(set(_CODE.findall(line)) for line in lines)) else _ALIKE
    return not of_its_own and len(first & second) >= alike * max(1, min(len(first), len(second)))


def _are_on_one_identifier(question: str, meant: Sequence[Source]) -> bool:
    """Whether the innermost heading of all sections has one identifier that the question names."""
    named = [name.strip("-").casefold() for name in _IDENTIFIER.findall(question)]
    headings = [(source.heading or source.title).casefold() for source in meant]
    return any(all(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", each) for each in headings) for name in named if name)
