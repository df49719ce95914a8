"""Finds the best section on each of the things that a question compares, so that an answer can quote both sides.

"topic vs service" is nearer to every section on services that names topics than to the one on topics. Called by the
postprocessor `BothCompared` and by the verdict, for such questions alone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import regex
from llama_index.core.schema import NodeWithScore

from engines.understanding.understanding import Understanding
from engines.understanding.words import is_function_word
from storage.vectors import payload
from storage.vectors.bm25 import distinct_tokens, tokens

Names = Sequence[tuple[str, ...]]  # the words of each name of one thing
_FEWEST_THINGS = 2
_FIRST = 3  # sections, one of which may compare the things
_OFTEN = 2  # times that a text names a thing which no heading names


def with_each_thing_ahead(nodes: list[NodeWithScore], understood: Understanding) -> list[NodeWithScore]:
    """The sections with the best one on each thing ahead, and one that names all things before those.

    Unless there are sections on two of the things, nothing is moved.
    """
    things = _things_of(understood)
    best = [_best_on(nodes, thing, [other for other in things if other is not thing]) for thing in things]
    on_them = sorted({place for place in best if place is not None})
    if len(best) - best.count(None) < _FEWEST_THINGS:
        return nodes
    ahead = dict.fromkeys((*_on_all(nodes, things), *on_them))
    return [nodes[place] for place in (*ahead, *(each for each in range(len(nodes)) if each not in ahead))]


def has_a_section_on_one(nodes: Sequence[NodeWithScore], understood: Understanding) -> bool:
    """Whether a section's own heading names one of the things that a question compares."""
    things = _things_of(understood)
    return any(_has(frozenset(_words_of_heading(each)), thing) for each in nodes for thing in things)


def _things_of(understood: Understanding) -> list[Names]:
    return [[tuple(tokens(name, understood.language)) for name in names] for names in understood.compared]


def _has(words: frozenset[str], thing: Names) -> bool:
    return any(name and words.issuperset(name) for name in thing)


def _on_all(nodes: Sequence[NodeWithScore], things: Sequence[Names]) -> tuple[int, ...]:
    """The place of a section among the first ones that names all things; of two things, else the very first place."""
    for place, each in enumerate(nodes[:_FIRST]):
        words = _words_of_text(each) | frozenset(_words_of_heading(each))
        if all(_has(words, thing) for thing in things):
            return (place,)
    return (0,) if len(things) == _FEWEST_THINGS else ()


def _best_on(nodes: Sequence[NodeWithScore], thing: Names, others: Sequence[Names]) -> int | None:
    """The place of the best section on one of the things compared; None where no section is on it.

    The first one whose own heading begins with its name or has it, then whose page has it in its title or its address;
    where no heading has it, the one whose text names it most often. None of them has another one's name there.
    """

    def on_it(words: Iterable[str]) -> bool:
        found = frozenset(words)
        return _has(found, thing) and not any(_has(found, other) for other in others)

    headings = [_words_of_heading(each) for each in nodes]
    own = [place for place, words in enumerate(headings) if on_it(words)]
    first = own[:1] if own[:1] == [0] else [place for place in own if _begins(headings[place], thing)]
    if first or own:
        return (first or own)[0]
    if (above := next((place for place, each in enumerate(nodes) if on_it(_words_above(each))), None)) is not None:
        return above
    often = [_times(each, thing) if on_it(_words_of_text(each)) else 0 for each in nodes]
    best = max(range(len(nodes)), key=often.__getitem__)
    return best if often[best] >= _OFTEN else None


def _begins(heading: Sequence[str], thing: Names) -> bool:
    """Whether a heading begins with a name: "Services: a question with one answer"."""
    telling = [word for word in heading if not word.isnumeric() and not is_function_word(word, "en")]
    return any(set(telling[: len(name)]) == set(name) for name in thing)


def _times(found: NodeWithScore, thing: Names) -> int:
    """How often a section names a thing."""
    counts = Counter(tokens(found.node.get_content(), found.node.metadata.get(payload.LOCALE)))
    return max((min(map(counts.__getitem__, name)) for name in thing if name), default=0)


def _words_above(found: NodeWithScore) -> list[str]:
    """The words of a section's page, of its address and of its headings."""
    metadata = found.node.metadata
    address = regex.sub(r"[-_/]", " ", str(metadata.get(payload.URL, "")))
    return tokens(f"{metadata.get(payload.BREADCRUMB, '')} {address}", metadata.get(payload.LOCALE))


def _words_of_text(found: NodeWithScore) -> frozenset[str]:
    return distinct_tokens(found.node.get_content(), found.node.metadata.get(payload.LOCALE))


def _words_of_heading(found: NodeWithScore) -> list[str]:
    path = found.node.metadata.get(payload.HEADING_PATH)
    heading = path[-1] if path else str(found.node.metadata.get(payload.TITLE, ""))
    return tokens(heading, found.node.metadata.get(payload.LOCALE))
