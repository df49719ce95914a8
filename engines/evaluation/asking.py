"""A set of questions asked of one index; called by `bookrag eval` and by the check of a build before it goes live."""

from collections.abc import Sequence

from engines.evaluation.labels import Addresses
from engines.evaluation.questions import EvalQuestion
from engines.evaluation.runner import Advance, Embed, QuestionRecord, run_book
from engines.retrieval.passages import PassageRetrieval
from engines.retrieval.ranking import Index, Ranker, Side
from engines.settings import EngineSettings
from storage.vectors import payload

ADDRESS_KEYS = (payload.URL, payload.ANCHOR, payload.HEADING_PATH)
"""What `Addresses` needs of each chunk."""


async def ask_book(
    questions: Sequence[EvalQuestion],
    index: Index,
    addresses: Addresses,
    embed: Embed,
    settings: EngineSettings,
    *,
    cutoffs: Sequence[int],
    side: Side = "hybrid",
    advance: Advance = lambda steps: None,
) -> list[QuestionRecord]:
    """What retrieval finds for each question; raises InputError that lists labels which the book does not have."""
    embedder = NoEmbedder()
    ranker = Ranker(index, embedder, depth=settings.candidates, side=side)
    retrieval = PassageRetrieval(index, embedder, settings)
    return await run_book(questions, retrieval, ranker, embed, addresses, cutoffs=cutoffs, advance=advance)


class NoEmbedder:
    """Stands where an evaluation embeds all questions beforehand."""

    async def embed(self, question: str) -> list[float]:
        """Not asked: the vectors are given with the questions."""
        raise NotImplementedError(question)
