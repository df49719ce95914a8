"""Whether the book covers a question: the signals of one retrieval, and the verdict by a logistic model over them.

The node postprocessor `Coverage` stores the verdict in the nodes, and `retrieved` makes them the sources of an answer.

Each signal is a number from 0 to about 1. The weights and the two thresholds, of "covered" and of "not covered", are in
`weights_and_thresholds.json`; `python -m engines.evaluation.train_coverage` writes it. They are meant for books that
had no part in the training: docs/quality.md has each book's figures with its own questions left out.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Self

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from engines.coverage.answer_kinds import KINDS
from engines.coverage.unmentioned import unmentioned_word
from engines.events import GroundingDecided, Retrieved, Rule, Searched, Source, SparedBy, Verdict
from engines.instrumentation import QuickPostprocessor
from engines.retrieval.compared_sections import has_a_section_on_one
from engines.retrieval.passages import Passage, passage_postprocessors, passages_of, strength_of
from engines.retrieval.rerank import CrossEncoderRerank
from engines.retrieval.retriever import (
    ADDRESS,
    GROUNDING,
    PARTS,
    RELATED,
    SEARCHED,
    UNDERSTOOD,
    UNMENTIONED,
    chunk_nodes,
)
from engines.understanding.language_files import words_of
from engines.understanding.understanding import Understanding, words_of_subject
from engines.understanding.words import (
    STOP_ZIPF,
    is_foreign,
    is_of_language,
    reads,
    reads_nothing,
    zipf,
)
from storage.vectors import payload
from storage.vectors.bm25 import K1, WordWeights, load_vocabulary, tokens
from storage.vectors.build_record import BuildRecord
from storage.vectors.hybrid_search import Ranking

COVERING_PASSAGES = 6  # one of which may have the question's words
AGREEING = 10  # top ranks that are compared between both sides
BEHIND = slice(5, 25)  # ranks 6 to 25, above which the best passage stands
# Among fewer chunks, as in a book of three pages or in one page, both sides find the same for any question, and rank 6
# is about something else: there fewer ranks are compared.
FEW = 100  # candidates
# The score that counts as 1.0 in a book of CHUNKS chunks. A word that only one chunk has weighs their logarithm.
STRONG_BM25 = 20.0
CHUNKS = 1000
FULL_WEIGHT_ZIPF = 4.5  # words of this frequency and rarer count fully; up to STOP_ZIPF less and less
TELLING_ZIPF, SURE_ZIPF = 4.6, 2.6  # a word that the book lacks counts nothing above the first, fully below the second
FORM_WEIGHT = 0.3
_INSIDE = re.compile(r"[^\W_][^.!?:\n]*\Z")  # a sentence that has begun
_BEFORE = 40  # characters that are read for it
_CAPITAL_NOUNS = frozenset({"de"})  # languages in which a capital letter shows no name
RELATED_SIMILARITY, RELATED_SHARE = 0.4, 0.4  # no section reaches this for off-topic English questions

_FORM = words_of("of_form", "en")

# A question is far from the book if the nearest chunk, and the one that matches its words best, are below these
# similarities, and no passage has this share of its words. Of 313 answerable questions of the dev halves none is.
FAR_SIMILARITY, FAR_MATCH_SIMILARITY, FAR_COVERAGE = 0.27, 0.15, 0.6
# The words of a long message match somewhere, which makes its score: they are scattered if no single passage has this
# share of them. Of 166 covered answerable questions of the dev halves two are, of 163 of the test halves none; of
# twelve near misses in chats, forms, letters and behind errors that were covered five.
SCATTERED_COVERAGE = 0.25
_KNOWN_SHARE = 0.5  # share of a question that the model cannot read; if less of it is known, its score says little

FOREIGN_SHARE = 0.4  # of the words; a question in another language is never refused for its words

SAYS_WHAT_IT_IS = 2.2
"""The strength from which a definition answers a question for one: a sentence or an entry, not only a heading. Of the
dev halves' unanswerable questions for definitions none finds one (0 of 12)."""


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals of one retrieval; higher is better for all but the last three."""

    similarity: float  # cosine of the chunk nearest to one of the question's readings
    match_similarity: float  # cosine of the chunk that matches the words best
    coverage: float  # largest share of the words' weight in a single passage
    asked_coverage: float  # the same for the words of the part that asks
    match: float  # BM25 of the best chunk, relative to a chunk with all the words
    match_strength: float  # the same score, scaled to a book of 1,000 chunks
    agreement: float  # share of the ten best chunks that both sides found
    lead: float  # lead of the nearest chunk over those at ranks 6 to 25, in the best reading
    foreign: float  # share of the words that are of another language
    unknown: float  # share of the words' weight that the whole book lacks, by their rarity in the language
    unfound: float  # how telling the most telling word is that none of the passages has

    @property
    def values(self) -> dict[str, float]:
        """The signals by name, in a fixed order."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def far(self) -> bool:
        """Whether nothing in the book is close to the question in meaning, and no passage has most of its words."""
        near = self.similarity >= FAR_SIMILARITY or self.match_similarity >= FAR_MATCH_SIMILARITY
        return not near and self.coverage < FAR_COVERAGE


def gather_signals(asked: Understanding, ranking: Ranking, found: Sequence[Passage]) -> Signals | None:
    """The signals of one retrieval; None if nothing was found."""
    if not found or not ranking.candidates.dense:
        return None
    locale = ranking.place.filters.locale
    chunks = chunks_in(ranking.build, locale, ranking.place.filters.version)
    cosines = dict(ranking.candidates.dense)
    readings = [[cosine for _, cosine in found] for found in (ranking.candidates.dense, *ranking.candidates.readings)]
    size = min(1.0, len(ranking.candidates.dense) / FEW)
    places = max(1, round(AGREEING * size))
    dense = [item for item, _ in ranking.candidates.dense[:places]]
    sparse = [item for item, _ in ranking.candidates.sparse[:places]]
    rarity = _idf(ranking.build)
    best = ranking.candidates.sparse[0][1] if ranking.candidates.sparse else 0.0
    whole = word_weights(asked.words_compared, asked.language, locale)
    coverage = asked_coverage = _best_share(found, whole, rarity)
    if asked.asked != asked.search_text and not asked.gloss_is_compared:
        own = asked.in_own_words(asked.asked)
        asked_coverage = _best_share(found, word_weights(own, asked.language, locale), rarity)
    return Signals(
        similarity=max(0.0, *map(max, readings)),
        match_similarity=max(0.0, cosines.get(sparse[0], min(cosines.values()))) if sparse else 0.0,
        coverage=coverage,
        asked_coverage=asked_coverage,
        match=_share_of_most(best, set(tokens(asked.search_words, locale)), rarity),
        match_strength=min(1.5, best / STRONG_BM25 * _rarest(CHUNKS) / _rarest(chunks)),
        agreement=len(set(dense) & set(sparse)) / len(dense),
        lead=max(_lead(found, size) for found in readings),
        foreign=0.0 if asked.gloss_is_compared else asked.foreign,
        unknown=_unknown(asked, whole, ranking.build, locale),
        unfound=_unfound(asked, found, locale),
    )


def chunks_in(build: BuildRecord, locale: str | None, version: str | None) -> int:
    """About how many chunks an edition has (None: any locale, the latest version), by its share of the pages."""
    chunks, pages, own = build.counts.get("chunks", 0), 0, 0
    for chapter in build.contents:
        pages += len(chapter["pages"])
        if locale in (None, chapter["locale"]) and (chapter["version"] == version if version else chapter["latest"]):
            own += len(chapter["pages"])
    return round(chunks * own / pages) if own else chunks


def is_related(passage: Passage, asked: Understanding, build: BuildRecord) -> bool:
    """Whether a passage may be offered to a reader whose question the book does not answer."""
    if (passage.evidence.dense_score or 0.0) >= RELATED_SIMILARITY:
        return True
    locale = passage.metadata.get("locale")
    weights = word_weights(asked.search_text, asked.language, str(locale) if locale else None)
    return _best_share([passage], weights, _idf(build), empty=0.0) >= RELATED_SHARE


def word_weights(text: str, language: str, locale: str | None) -> dict[str, float]:
    """Token → how much it says about a subject, 0 to 1, by its word's rarity in the language in general."""
    weights: dict[str, float] = {}
    for word in words_of_subject(text, language):
        plain = word.casefold()
        if is_foreign(plain, language):
            continue
        weight = min(1.0, (STOP_ZIPF - zipf(plain, language)) / (STOP_ZIPF - FULL_WEIGHT_ZIPF))
        weight *= FORM_WEIGHT if plain in _FORM else 1.0
        for token in tokens(word, locale):
            weights[token] = max(weight, weights.get(token, 0.0))
    return weights


def _unknown(asked: Understanding, weights: Mapping[str, float], build: BuildRecord, locale: str | None) -> float:
    """The weight of the words that the book lacks, as a share of the weight of all words."""
    known = load_vocabulary(build.vocabulary)
    if known is None:
        return 0.0
    missing: dict[str, float] = {}
    for word in words_of_subject(_asking(asked), asked.language):
        telling = _telling(word, asked.language)
        if telling <= 0:
            continue
        for token in tokens(word, locale):
            if token not in known and not token.isnumeric():
                missing[token] = max(missing.get(token, 0.0), telling)
    lacking = sum(missing.values())
    having = sum(weight for token, weight in weights.items() if token in known)
    return lacking / (lacking + having) if lacking + having else 0.0


def _unfound(asked: Understanding, found: Sequence[Passage], locale: str | None) -> float:
    """How telling the most telling word of the question is that none of the passages has, 0 to 1.

    "How do I write a node in Rust?" has most of its words in a passage on nodes, and asks for what that does not say.
    A name counts fully, however frequent it is.
    """
    text = _asking(asked)
    words = words_of_subject(text, asked.language)
    renamed = {word.casefold() for typed, _ in asked.terms for word in words_of_subject(typed, asked.language)}
    names = names_in(text, words, asked.language)
    telling: dict[frozenset[str], float] = {}  # by the tokens of a word
    for word in words:
        weight = 1.0 if word in names else _telling(word, asked.language)
        if weight > 0 and word.casefold() not in _FORM | renamed and not word.isnumeric():
            telling[frozenset(tokens(word, locale))] = weight
    wanted = frozenset[str]().union(*telling)
    had = set[str]().union(*(passage.words_among(wanted) for passage in found[:COVERING_PASSAGES]))
    return max((weight for word, weight in telling.items() if not word <= had), default=0.0)


def names_in(text: str, words: Sequence[str], language: str) -> Set[str]:
    """The words with a capital letter inside a sentence; none where all words, or all nouns, have one."""
    capital = [word for word in words if word[0].isupper()]
    if language in _CAPITAL_NOUNS or len(capital) * 2 > len(words):
        return frozenset()
    places = ((word, text.find(word)) for word in capital)
    return {word for word, place in places if _INSIDE.search(text[max(0, place - _BEFORE) : place])}


def _asking(asked: Understanding) -> str:
    """What of a question has to be in the book: a name in the scene or in a log says nothing about the question."""
    if (asked.scene or asked.asks_by_itself) and not asked.gloss_is_compared:
        return asked.in_own_words(asked.asked)
    return asked.words_compared


def _telling(word: str, language: str) -> float:
    """How much it says that a text lacks a word, 0 to 1, by its rarity in the language."""
    plain = word.casefold()
    telling = (TELLING_ZIPF - zipf(plain, language)) / (TELLING_ZIPF - SURE_ZIPF)
    return 0.0 if telling <= 0 or is_foreign(plain, language) else min(1.0, telling)


def _best_share(
    found: Sequence[Passage], weights: Mapping[str, float], rarity: Callable[[str], float], *, empty: float = 0.5
) -> float:
    """The largest share of the words' weight in one passage; `empty` for a question without such words."""
    total = sum(rarity(token) * weight for token, weight in weights.items())
    if total <= 0:
        return empty
    wanted: Set[str] = set(weights)
    return max(
        sum(rarity(token) * weights[token] for token in passage.words_among(wanted)) / total
        for passage in found[:COVERING_PASSAGES]
    )


def _lead(cosines: Sequence[float], size: float) -> float:
    """The lead of the best score over the ranks behind it; `size` is 1 unless few chunks are searched."""
    order = sorted(cosines, reverse=True)
    first = max(1, round(BEHIND.start * size))
    behind = order[first : max(first + 2, round(BEHIND.stop * size))] or order[1:] or order
    return order[0] - sum(behind) / len(behind)


def _rarest(chunks: int) -> float:
    """The approximate weight of a word in only one of so many chunks; at least that for ten chunks."""
    return math.log(max(10, chunks))


def _share_of_most(best: float, words: Set[str], rarity: Callable[[str], float]) -> float:
    most = (K1 + 1) * sum(map(rarity, words))
    return min(1.5, best / most) if most else 0.0


def _idf(build: BuildRecord) -> WordWeights:
    return WordWeights(build.words, build.counts.get("chunks", 0))


@dataclass(frozen=True, slots=True)
class CoverageModel:
    """Weights of the signals and the thresholds of the verdicts."""

    intercept: float
    weights: dict[str, float]  # by the names of `Signals`
    means: dict[str, float]  # of the questions that it was trained on
    covered_from: float
    not_covered_below: float

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The model of a weights file."""
        return cls(
            values["intercept"],
            values["weights"],
            values["means"],
            values["covered_from"],
            values["not_covered_below"],
        )

    def score(self, signals: dict[str, float]) -> float:
        """The probability that the book covers the question."""
        total = self.intercept + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))

    def contributions(self, signals: dict[str, float]) -> dict[str, float]:
        """By how much each signal moves the log-odds from an average question's."""
        return {name: weight * (signals[name] - self.means[name]) for name, weight in self.weights.items()}

    def decide(self, signals: Signals | None, rules: Set[Rule] = frozenset()) -> GroundingDecided:
        """The decision; no signals, if nothing was found, mean that the book does not cover the question."""
        if signals is None:
            return GroundingDecided("not_covered", 0.0, self.covered_from, self.not_covered_below)
        score = self.score(signals.values)
        verdict, spared_by = self.verdict(score, rules)
        thresholds = (self.covered_from, self.not_covered_below)
        return GroundingDecided(verdict, score, *thresholds, signals.values, frozenset(rules), spared_by)

    def verdict(self, score: float, rules: Set[Rule] = frozenset()) -> tuple[Verdict, SparedBy | None]:
        """The verdict of a score, and what prevents a refusal.

        A question that is `far` is uncertain or refused. One in another language is never refused for its words, nor is
        one whose abbreviation may stand for something in the book. One that asks what something is, and is not refused,
        is covered by a passage that says it. An `unread` one is uncertain: its score is not based on its content. A
        question for a price, a date or another figure that no passage has is not covered by its words, nor is one whose
        words are `scattered`.
        """
        if "unread" in rules:
            return "uncertain", "language"
        if score >= self.covered_from:
            doubtful = rules & {"far", "scattered"} and "definition" not in rules
            return "uncertain" if doubtful or "no_figure" in rules else "covered", None
        refused = "far" in rules or score < self.not_covered_below
        spared_by = _spared_by(rules) if refused else None
        if "definition" in rules and (not refused or rules & {"foreign_words", "related_term"}):
            return "covered", None
        return "uncertain" if not refused or spared_by else "not_covered", spared_by


def _spared_by(rules: Set[Rule]) -> SparedBy | None:
    if "related_term" in rules:
        return "related_term"
    return "language" if rules & {"foreign_words", "other_language"} else None


@lru_cache(maxsize=1)
def shipped_model() -> CoverageModel:
    """The model in the package."""
    text = files("engines.coverage").joinpath("weights_and_thresholds.json").read_text(encoding="utf-8")
    return CoverageModel.from_json(json.loads(text))


class Coverage(QuickPostprocessor):
    """Decides from what the search found, so it comes before `ExpandContext`, which adds to it.

    With `decided` it passes on that decision, which was made from other passages of the same search.
    """

    decided: GroundingDecided | None = None

    def _process(self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None) -> list[NodeWithScore]:
        found, passages = chunk_nodes(nodes), passages_of(nodes)
        if not found:
            return nodes
        understood, decided = found[0].metadata[UNDERSTOOD], self.decided or _decided(nodes)
        for node, passage in zip(found, passages, strict=True):
            node.metadata[GROUNDING] = decided
            node.metadata[RELATED] = decided.grounded or is_related(passage, understood, node.ranking.build)
        if decided.verdict == "uncertain":
            found[0].metadata[UNMENTIONED] = unmentioned(understood, found[0].ranking)
        return nodes


def unmentioned(asked: Understanding, ranking: Ranking) -> str:
    """The name or rare word of a question that the build lacks; "" where there is none."""
    text = asked.question if asked.asked_in else _asking(asked)
    names = names_in(text, words_of_subject(text, asked.language), asked.asked_in or asked.language)
    return unmentioned_word(text, asked, names, ranking.build, ranking.place.filters.locale)


def _decided(nodes: list[NodeWithScore]) -> GroundingDecided:
    signals = signals_of(nodes)
    return shipped_model().decide(signals, rules_of(nodes, signals) if signals else frozenset())


def deciding_postprocessors(passages: int, reranker: CrossEncoderRerank | None = None) -> list[BaseNodePostprocessor]:
    """The postprocessors that make passages of chunks and decide on coverage: for readers and for evaluations."""
    return [*passage_postprocessors(passages, reranker), Coverage()]


def signals_of(nodes: list[NodeWithScore]) -> Signals | None:
    """The signals of what the retriever found; None if it found nothing."""
    found = chunk_nodes(nodes)
    return gather_signals(found[0].metadata[UNDERSTOOD], found[0].ranking, passages_of(nodes)) if found else None


def rules_of(nodes: list[NodeWithScore], signals: Signals) -> set[Rule]:
    """The rules that apply to what the retriever found, besides the score; it must have found something."""
    first = chunk_nodes(nodes)[0]
    understood: Understanding = first.metadata[UNDERSTOOD]
    ranking = first.ranking
    locale = ranking.place.filters.locale or ranking.build.book.get("default_locale")
    model = ranking.build.spec.embed_model
    readable = reads(model, understood.question)
    other_language = not is_of_language(understood.question, locale)
    names = understood.term_names
    holding: dict[Rule, bool] = {
        "far": signals.far,
        "scattered": max(signals.coverage, signals.asked_coverage) < SCATTERED_COVERAGE,
        "definition": bool(names) and strength_of(nodes[0], names) >= SAYS_WHAT_IT_IS,
        # What it asks about may have only another name in the book, or be an abbreviation that the book writes out; of
        # things that it compares the book may have one.
        "related_term": bool(understood.terms)
        or (bool(understood.compared) and has_a_section_on_one(nodes[:COVERING_PASSAGES], understood)),
        "foreign_words": signals.foreign >= FOREIGN_SHARE,
        "other_language": other_language or not readable,
        "unread": other_language
        and reads_nothing(model, understood.question, locale or "en")
        and (signals.coverage < FAR_COVERAGE or understood.share_known < _KNOWN_SHARE),
        "no_figure": lacks_a_figure(understood.question, nodes[:COVERING_PASSAGES]),
    }
    return {rule for rule, holds in holding.items() if holds}


def lacks_a_figure(question: str, found: Sequence[NodeWithScore]) -> bool:
    """Whether a question is for a price, a date or another figure, and no passage has one."""
    return any(
        asks.search(question) and not any(has.search(node.node.get_content()) for node in found) for asks, has in KINDS
    )


def retrieved(nodes: Sequence[NodeWithScore]) -> Retrieved:
    """The nodes as sources, numbered from 1, with the decision that the coverage postprocessor made.

    Without a node, or without a decision on the nodes, the question counts as not covered.
    """
    sources = tuple(source(number, found) for number, found in enumerate(nodes, 1))
    metadata = nodes[0].node.metadata if nodes else {}
    decided = metadata.get(GROUNDING) or shipped_model().decide(None)
    searched = metadata.get(SEARCHED) or Searched()
    build, asked = metadata.get("build"), metadata.get(UNDERSTOOD)
    return Retrieved(sources, decided, searched, build, asked, metadata.get(UNMENTIONED, ""), metadata.get(PARTS, ()))


def source(number: int, found: NodeWithScore) -> Source:
    """The source of an answer for a node."""
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
