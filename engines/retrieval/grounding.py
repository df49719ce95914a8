"""What was found as the sources of an answer: whether they cover the question, why that was decided, what may be meant.

Two node postprocessors, `Coverage`, which decides, and `OtherLanguage`, which keeps a question in another language than
the index from being refused for its words. `retrieved` gives the nodes as sources where they leave LlamaIndex.

`explain` says how a question was understood and why its verdict is what it is, for readers, `/api/search` and `bookrag
ask`; nothing is searched or decided there. `candidates` has what a question that names too little may mean: reference
pages treat the same thing once for each component, version or framework, under the same heading ("Label placement" of
the input, of the checkbox and of the toggle), and a question that names none of them is not answered by one alone.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote, urlsplit

from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.coverage.verdict import Signals, gather_signals, is_related, shipped_model
from engines.events import GroundingDecided, Retrieved, Searched, Source, Understood
from engines.retrieval.definition_first import strength_of
from engines.retrieval.passages import passages_of
from engines.retrieval.postprocessor import QuickPostprocessor
from engines.retrieval.retriever import ADDRESS, GROUNDING, RELATED, SEARCHED, UNDERSTOOD, chunk_nodes
from engines.understanding.intents import Intent, intent_of
from engines.understanding.understanding import Understanding, understand, words_of_subject
from engines.understanding.words import is_of_language, reads
from storage.vectors import payload
from storage.vectors.bm25 import tokens

Reason = Literal["score", "definition", "far", "language", "related_term", "nothing_found"]
"""What decided: the score against its thresholds; that a passage defines what is asked; that nothing near was found,
or nothing at all; or what kept a low score from being a refusal."""

SAYS_WHAT_IT_IS = 2.2
"""The strength of a definition that answers a question for one: a sentence or an entry, not a heading alone. Of the dev
halves' questions for definitions none that the book does not answer finds one (0 of 12)."""

_SHOWN_CHARACTERS = 200  # of a corrected question, as readers see it

_MEANINGS: Mapping[str, str] = {
    "similarity": "how near the nearest passage is in meaning",
    "match_similarity": "how near the passage is that matches the words best",
    "coverage": "share of the question's words that one passage has, by their weight",
    "asked_coverage": "the same for the words of the sentence that asks",
    "match": "how well the best passage matches the words, of what would be possible",
    "match_strength": "how strong that match is by itself",
    "agreement": "how many of the ten best passages both meaning and words find",
    "lead": "how far the nearest passage stands above ranks 6 to 25",
    "foreign": "share of the words that are of another language",
    "unknown": "share of the words that the book does not have, by their rarity",
}

_FEWEST_CANDIDATES = 2  # one a page
_MOST_CANDIDATES = 6
_CANDIDATES_AMONG = 8  # of the passages, from the best one on
_THE_BOOK = frozenset(  # what the book calls itself is no term that a question asks for
    tokens("book textbook docs documentation guide manual handbook course buch lehrbuch livre libro kitab کتاب", None)
)


class Coverage(QuickPostprocessor):
    """Decides from what the search found, so it comes before `ExpandContext`, which adds to it."""

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        found, passages = chunk_nodes(nodes), passages_of(nodes)
        if not found:
            return nodes
        decided = shipped_model().decide(signals_of(nodes))
        understood = found[0].metadata[UNDERSTOOD]
        if understood.terms and not decided.grounded:  # what it asks about may be what the book has under another name
            decided = replace(decided, verdict="uncertain", spared_by="related_term")
        if decided.verdict == "uncertain" and strength_of(nodes[0], understood.term_names) >= SAYS_WHAT_IT_IS:
            decided = replace(decided, verdict="covered")  # it asks what something is, and a passage says it
        for node, passage in zip(found, passages, strict=True):
            node.metadata[GROUNDING] = decided
            node.metadata[RELATED] = decided.grounded or is_related(passage, understood, node.ranking.build)
        return nodes


def signals_of(nodes: list[NodeWithScore]) -> Signals | None:
    """The signals of what the retriever found; None where that is nothing."""
    found = chunk_nodes(nodes)
    return gather_signals(found[0].metadata[UNDERSTOOD], found[0].ranking, passages_of(nodes)) if found else None


class OtherLanguage(QuickPostprocessor):
    """Makes a refusal uncertain where the question's words and the searched text are of two languages.

    The same holds for an edition that the embedding model does not read. Comes behind `Coverage`, which decides.
    """

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        found = chunk_nodes(nodes)
        if not found or query_bundle is None:
            return nodes
        ranking, question = found[0].ranking, query_bundle.query_str
        locale = ranking.place.filters.locale or ranking.build.book.get("default_locale")
        if is_of_language(question, locale) and reads(ranking.build.spec.embed_model, question):
            return nodes
        for node in found:
            decided = node.metadata.get(GROUNDING)
            if decided is not None and decided.verdict == "not_covered":
                node.metadata[GROUNDING] = replace(decided, verdict="uncertain", spared_by="language")
                node.metadata[RELATED] = True
        return nodes


def retrieved(nodes: Sequence[NodeWithScore]) -> Retrieved:
    """The nodes as sources, numbered from 1, with the decision that the coverage postprocessor made.

    No node, or nodes without a decision, are not covered: an answer stands on what was decided, or on nothing.
    """
    sources = tuple(source(number, found) for number, found in enumerate(nodes, 1))
    metadata = nodes[0].node.metadata if nodes else {}
    decided = metadata.get(GROUNDING) or shipped_model().decide(None)
    searched = metadata.get(SEARCHED) or Searched()
    return Retrieved(sources, decided, searched, metadata.get("build"), metadata.get(UNDERSTOOD))


def source(number: int, found: NodeWithScore) -> Source:
    """A node as a source of an answer."""
    metadata = found.node.metadata
    return Source(
        number=number,
        chunk_id=found.node.node_id,
        url=str(metadata.get(ADDRESS, "")),
        title=str(metadata.get(payload.TITLE, "")),
        heading_path=tuple(metadata.get(payload.HEADING_PATH) or ()),
        text=found.node.get_content(),
        score=found.score or 0.0,
        dense_rank=metadata.get("dense_rank"),
        sparse_rank=metadata.get("sparse_rank"),
        related=metadata.get(RELATED, True),
    )


@dataclass(frozen=True, slots=True)
class SignalEffect:
    """One signal of the decision."""

    name: str
    meaning: str
    value: float
    effect: float  # by which it moves the log-odds of "covered" from those of an average question


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one question was understood, and why it was decided so."""

    intent: Intent  # what a chat would take it for; a search searches for it whatever it is
    understood: Understanding
    searched: Searched
    grounding: GroundingDecided
    reason: Reason
    signals: tuple[SignalEffect, ...]  # the strongest first; none where nothing was found


def explain(question: str, found: Retrieved, *, has_page: bool = False) -> Explanation:
    """The explanation of what a search for `question` found; `has_page` says that the reader's page is known."""
    decided = found.grounding
    return Explanation(
        intent=intent_of(question, has_page=has_page),
        understood=found.understanding or understand(question),
        searched=found.searched,
        grounding=decided,
        reason=_reason(decided),
        signals=_effects(decided.signals),
    )


def corrected(message: str, found: Retrieved) -> Understood | None:
    """What was searched for instead of a message with misspelt words; None where none of its words was corrected."""
    understood = found.understanding
    if understood is None:
        return None
    replaced = (*understood.corrections, *understood.terms)
    corrections = tuple((typed, searched) for typed, searched in replaced if typed in message)
    if not corrections:
        return None
    text = " ".join(understood.asked.partition("\n")[0].split())
    if len(text) > _SHOWN_CHARACTERS or not any(searched in text for _, searched in corrections):
        text = ", ".join(dict.fromkeys(searched for _, searched in corrections))
    return Understood(text, corrections)


def _reason(decided: GroundingDecided) -> Reason:
    if decided.verdict == "not_covered" and not decided.signals:
        return "nothing_found"
    if decided.verdict == "covered" and decided.score < decided.covered_from:
        return "definition"
    if decided.verdict == "not_covered" and decided.score >= decided.not_covered_below:
        return "far"
    if decided.verdict == "uncertain" and decided.score < decided.not_covered_below:
        return "related_term" if decided.spared_by == "related_term" else "language"
    return "score"


def _effects(signals: Mapping[str, float]) -> tuple[SignalEffect, ...]:
    if not signals:
        return ()
    moves = shipped_model().contributions(dict(signals))
    effects = (
        SignalEffect(name, _MEANINGS.get(name, name.replace("_", " ")), signals[name], move)
        for name, move in moves.items()
    )
    return tuple(sorted(effects, key=lambda each: -abs(each.effect)))


def candidates(found: Retrieved) -> list[Source]:
    """The sections that may be meant, one a page, best first; none where the question tells them apart or fits one.

    They are those whose innermost heading is that of the best passage, or has the same words of the question, most of
    them; on pages that the question's words do not distinguish.
    """
    asked = found.understanding
    if asked is None or not found.sources:
        return []
    question = _tokens(words_of_subject(asked.search_text, asked.language))
    best = found.sources[0]
    heading = _heading(best)
    shared = (heading & question) - _THE_BOOK
    if not shared:
        return []
    most = len(shared) * 2 >= len(question)
    alike: dict[str, Source] = {}
    for source in found.sources[:_CANDIDATES_AMONG]:
        if _heading(source) == heading or (most and (_heading(source) & question) - _THE_BOOK == shared):
            alike.setdefault(source.url.partition("#")[0], source)
    if len(alike) < _FEWEST_CANDIDATES:
        return []
    names = [_place(source) for source in alike.values()]
    telling = frozenset[str]().union(*names) - frozenset.intersection(*names)
    return list(alike.values())[:_MOST_CANDIDATES] if telling and not telling & question else []


def _heading(source: Source) -> frozenset[str]:
    """The words of the innermost heading, whatever their order."""
    return _tokens([source.heading_path[-1] if source.heading_path else source.title])


def _place(source: Source) -> frozenset[str]:
    """The words of the page's address, its title and the headings."""
    return _tokens([source.title, *source.heading_path, *unquote(urlsplit(source.url).path).split("/")])


def _tokens(texts: Sequence[str] | Set[str]) -> frozenset[str]:
    return frozenset(token for text in texts for token in tokens(text.replace("-", " ").replace("_", " "), None))
