"""Retrieval as the engines and the server use it: a question in, numbered sources and the grounding decision out."""

from dataclasses import dataclass
from urllib.parse import quote

from engines.events import Retrieved, Scope, Source
from engines.grounding import content_words, decide, gather_evidence, is_related
from engines.retrieval.context_expansion import Growing
from engines.retrieval.ranking import Embedder, Index, Ranker, Ranking
from engines.retrieval.rerank import Reranker, load_reranker
from engines.retrieval.scope import searched
from engines.retrieval.sections import Passage, passages
from engines.settings import EngineSettings
from storage.vectors import payload
from storage.vectors.build_record import BuildRecord

GROWN_TOKENS = 800  # of one passage: a section's rest beyond that is rarely what was asked
_PLAIN = "/:@!$&'()*+,;=~-._%"  # what an address may hold as it is
OWN_CANDIDATES = 2  # chunks fetched for each passage asked for: some are of one section, some say the same


@dataclass(frozen=True, slots=True)
class Found:
    """Passages with all that led to them."""

    passages: list[Passage]
    ranking: Ranking


class PassageRetrieval:
    """Finds passages; one for a process, for any number of questions at once."""

    def __init__(
        self, index: Index, embedder: Embedder, settings: EngineSettings, *, reranker: Reranker | None = None
    ) -> None:
        self._index = index
        self._settings = settings
        self._ranker = Ranker(index, embedder, depth=settings.candidates)
        self._growing = Growing(index)
        self._reranker = reranker or load_reranker(settings)

    async def __call__(self, text: str, scope: Scope, *, k: int | None = None) -> Retrieved:
        """At most `k` sources for a standalone question, numbered from 1, and whether they cover it.

        Raises IndexMissingError, IndexMismatchError or StorageUnavailableError.
        """
        found = await self.find(text, scope, k=k or self._settings.top_k)
        grounding = decide(
            gather_evidence(text, found.ranking, found.passages),
            threshold=found.ranking.build.grounding_threshold,
        )
        texts = await self._growing.grow(
            found.passages,
            build=found.ranking.candidates.build,
            budget_tokens=self._settings.passage_tokens,
            passage_tokens=GROWN_TOKENS,
        )
        wanted, build = content_words(text, found.ranking.place.filters.locale), found.ranking.build
        sources = tuple(
            to_source(
                number,
                passage,
                passage_text,
                build,
                related=grounding.grounded or is_related(passage, wanted, build),
            )
            for number, (passage, passage_text) in enumerate(zip(found.passages, texts, strict=True), 1)
        )
        return Retrieved(sources, grounding, searched(scope, found.ranking.place, build))

    async def find(self, text: str, scope: Scope, *, k: int) -> Found:
        """The first `k` passages with the ranking they come from."""
        ranking = await self._ranker.rank(text, scope, depth=max(self._settings.candidates, OWN_CANDIDATES * k))
        return Found(await self.passages(text, ranking, k=k), ranking)

    async def passages(self, text: str, ranking: Ranking, *, k: int) -> list[Passage]:
        """The first `k` passages of a ranking, reranked where a reranker is set."""
        ranked = ranking.fused
        wanted = max(OWN_CANDIDATES * k + 4, self._reranker.depth if self._reranker else 0)
        stored = await self._index.chunks([item.id for item in ranked[:wanted]], build=ranking.candidates.build)
        if self._reranker is not None:
            ranked = await self._reranker.rerank(text, ranked[:wanted], stored)
        page = ranking.place.page
        return passages(ranked, stored, own_page=page.url if page else None, limit=k)


def to_source(number: int, passage: Passage, text: str, build: BuildRecord, *, related: bool = True) -> Source:
    """A passage as a source of an answer."""
    found = passage.metadata
    return Source(
        number=number,
        chunk_id=passage.evidence.id,
        url=address(passage, build.book.get("site_url")),
        title=str(found.get(payload.TITLE, "")),
        heading_path=tuple(found.get(payload.HEADING_PATH) or ()),  # type: ignore[arg-type]
        text=text,
        score=passage.evidence.score,
        dense_rank=passage.evidence.dense_rank,
        sparse_rank=passage.evidence.sparse_rank,
        related=related,
    )


def address(passage: Passage, site_url: str | None) -> str:
    """Where a reader opens a passage, with its anchor; absolute where the site's origin is known."""
    found = passage.metadata
    path = quote(str(found.get(payload.URL, "")), safe=_PLAIN)
    anchor = str(found.get(payload.ANCHOR) or "")
    link = f"{path}#{quote(anchor, safe=_PLAIN)}" if anchor else path
    return f"{site_url.rstrip('/')}{link}" if site_url else link
