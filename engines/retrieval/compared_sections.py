"""Finds the best section on each of the things that a question compares, so that an answer can quote both sides.

"topic vs service" is nearer to every section on services that names topics than to the one on topics. Called by the
postprocessor `BothCompared` and by the verdict, for such questions alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import regex
from llama_index.core.schema import NodeWithScore

from engines.understanding import lexicon
from engines.understanding.definitions import DEFINES, definition_in, is_prose, text_blocks
from engines.understanding.understanding import Understanding
from engines.understanding.words import is_function_word
from storage.vectors import payload
from storage.vectors.bm25 import distinct_tokens, tokens

Names = Sequence[tuple[str, ...]]  # the words of each name of one thing
_FEWEST_THINGS = 2
_FIRST = 3  # sections, one of which may compare the things
_HALF = 2
_SIGNS = regex.compile(r"\s*(?:[(\[:]|\s[–—-]\s)|(?<=^)[.#]+")
_OF_VERSIONS = lexicon.pattern("headings", r"^[\W\d]*{of_versions}(?!\w)")
_OFTEN = 2  # times that a text names a thing which no heading names


def with_each_thing_ahead(nodes: list[NodeWithScore], understood: Understanding) -> list[NodeWithScore]:
    """The sections with the best one on each thing ahead, and one that names all things before those.

    Behind them come the others on one of the things, then those in which its name means something else. Unless there
    are sections on two of the things, nothing is moved.
    """
    things = _things_of(understood)
    best = [_best_on(nodes, thing, [other for other in things if other is not thing]) for thing in things]
    on_them = sorted({place for place in best if place is not None})
    if len(best) - best.count(None) < _FEWEST_THINGS:
        return nodes
    ahead = dict.fromkeys((*_on_all(nodes, things), *on_them))
    return [nodes[place] for place in (*ahead, *_rest(nodes, things, ahead))]


def has_a_section_on_one(nodes: Sequence[NodeWithScore], understood: Understanding) -> bool:
    """Whether a section's own heading names one of the things that a question compares."""
    things = _things_of(understood)
    return any(_has(frozenset(_words_of_heading(each)), thing) for each in nodes for thing in things)


def _things_of(understood: Understanding) -> list[Names]:
    return [[tuple(tokens(name, understood.language)) for name in names] for names in understood.compared]


def _has(words: frozenset[str], thing: Names) -> bool:
    return any(name and words.issuperset(name) for name in thing)


def _on_all(nodes: Sequence[NodeWithScore], things: Sequence[Names]) -> tuple[int, ...]:
    """The place of a section among the first ones that names all things; of two things, else the first that has one.

    What changed between two versions is no such section.
    """
    for place, each in enumerate(nodes[:_FIRST]):
        words = _words_of_text(each) | frozenset(_words_of_heading(each))
        if all(_has(words, thing) for thing in things) and not _is_of_versions(each):
            return (place,)
    words = _words_of_text(nodes[0]) | frozenset(_words_above(nodes[0]))
    has_one = not _is_of_versions(nodes[0]) and any(_has(words, thing) for thing in things)
    return (0,) if len(things) == _FEWEST_THINGS and has_one else ()


def _rest(nodes: Sequence[NodeWithScore], things: Sequence[Names], ahead: Iterable[int]) -> list[int]:
    """The places of the other sections, those first whose page or heading names one of the things."""
    others = [place for place in range(len(nodes)) if place not in set(ahead)]

    def is_beside(place: int) -> bool:
        own = frozenset(_words_above(nodes[place]))
        return _is_of_versions(nodes[place]) or not any(_has(own, thing) for thing in things)

    return sorted(others, key=is_beside)


def _best_on(nodes: Sequence[NodeWithScore], thing: Names, others: Sequence[Names]) -> int | None:
    """The place of the best section on one of the things compared; None where no section is on it.

    The first one that defines it on a page on it, the beginning of such a page, then one whose own heading begins with
    its name or has it, then whose page has it in its title or its address; where no heading has it, the one whose text
    names it most often. None of them has another one's name there.
    """

    def on_it(words: Iterable[str]) -> bool:
        found = frozenset(words)
        return _has(found, thing) and not any(_has(found, other) for other in others)

    of_its_page = _of_its_page(nodes, thing, on_it)
    if of_its_page is not None:
        return of_its_page
    headings = [_words_of_heading(each) for each in nodes]
    own = [place for place, words in enumerate(headings) if on_it(words)]
    first = own[:1] if own[:1] == [0] else [place for place in own if _begins(headings[place], thing)]
    for found in (first, own):  # a section of code alone, or on another version, does not tell what it is
        found.sort(key=lambda place: (_is_of_versions(nodes[place]), not _has_prose(nodes[place])))
    first = [place for place in first if _is_most_of(_heading_of(nodes[place]), thing, whole=True)] or first
    if first or own:
        return (first or own)[0]
    if (above := next((place for place, each in enumerate(nodes) if on_it(_words_above(each))), None)) is not None:
        return above
    often = [_times(each, thing) if on_it(_words_of_text(each)) else 0 for each in nodes]
    best = max(range(len(nodes)), key=often.__getitem__)
    return best if often[best] >= _OFTEN else None


def _of_its_page(nodes: Sequence[NodeWithScore], thing: Names, on_it: Callable[[Iterable[str]], bool]) -> int | None:
    """The place of the section that tells what a thing is on a page on it: that defines it, or the page's beginning."""
    names = [" ".join(name) for name in thing]
    found: dict[int, int] = {}
    for place, each in enumerate(nodes):
        metadata = each.node.metadata
        path, title = metadata.get(payload.HEADING_PATH) or (), str(metadata.get(payload.TITLE, ""))
        is_page = on_it(tokens(title, metadata.get(payload.LOCALE))) and _is_most_of(title, thing)
        text = each.node.get_content()
        heading = str(path[-1]) if path else ""
        if is_page and definition_in(text_blocks(text), names, heading, title).strength >= DEFINES:
            found.setdefault(0, place)
        elif is_page and not path and _has_prose(each) and not text.rstrip().endswith(("?", "؟")):
            found.setdefault(1, place)
    return found[min(found)] if found else None


def _heading_of(found: NodeWithScore) -> str:
    """A section's own heading without what explains it: "Topics" of "Topics: asynchronous communication"."""
    path = found.node.metadata.get(payload.HEADING_PATH)
    return next(filter(None, _SIGNS.split(str(path[-1]))), "") if path else ""


def _has_prose(found: NodeWithScore) -> bool:
    return any(map(is_prose, text_blocks(found.node.get_content())))


def _is_most_of(title: str, thing: Names, *, whole: bool = False) -> bool:
    """Whether a name is half of what a title names, "ion-alert" and "Topics & Messages", or the whole of it."""
    telling = [word for word in tokens(_SIGNS.sub(" ", title), "en") if not is_function_word(word, "en")]
    most = 1 if whole else _HALF
    return any(len(name) * most >= len(telling) for name in thing if name and set(name) <= set(telling))


def _is_of_versions(found: NodeWithScore) -> bool:
    """Whether a section says what changed between versions: of "Updating to v7", "Release notes"."""
    metadata = found.node.metadata
    return any(
        map(_OF_VERSIONS.search, (str(metadata.get(payload.TITLE, "")), *(metadata.get(payload.HEADING_PATH) or ())))
    )


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
