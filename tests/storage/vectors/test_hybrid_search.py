"""Filters: what every chunk of a book passes is not asked of the engine."""

from storage.vectors.hybrid_search import ChunkFilter
from tests.tables import each_row

ONE_EDITION = {"locales": "en", "versions": "current"}
SEVERAL = {"locales": "en,ur", "versions": "1.0,2.0"}


@each_row(
    ("asked", "book", "left"),
    [
        (ChunkFilter(locale="en", latest=True), ONE_EDITION, ChunkFilter()),
        (ChunkFilter(locale="en", version="current"), ONE_EDITION, ChunkFilter()),
        (ChunkFilter(locale="ur", latest=True), ONE_EDITION, ChunkFilter(locale="ur")),
        (ChunkFilter(version="1.0"), ONE_EDITION, ChunkFilter(version="1.0")),
        (ChunkFilter(latest=False), ONE_EDITION, ChunkFilter(latest=False)),
        (ChunkFilter(locale="en", url="/docs/arm"), ONE_EDITION, ChunkFilter(url="/docs/arm")),
        (ChunkFilter(locale="en", latest=True), SEVERAL, ChunkFilter(locale="en", latest=True)),
        (ChunkFilter(locale="en", version="1.0"), SEVERAL, ChunkFilter(locale="en", version="1.0")),
        (ChunkFilter(locale="en", latest=True), {}, ChunkFilter(locale="en", latest=True)),
        (ChunkFilter(), {}, ChunkFilter()),
    ],
)
def test_what_every_chunk_passes_is_left_out(asked: ChunkFilter, book: dict[str, str], left: ChunkFilter) -> None:
    assert asked.within(book) == left
