"""The checks that a build must pass before it goes live; each reports what it found, passed or not."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from indexing.chunking import Chunk, ChunkedBook
from indexing.site_check import check_site
from storage.vectors.build import Build
from storage.vectors.build_record import CheckResult
from storage.vectors.caches import VectorCache

ALL_LOOKED_AT = 2_000  # chunks; looking one up reads all vectors, so that all of 10,000 would take 6 s and more
OTHERS_LOOKED_AT = 500  # of a larger book's chunks that an earlier build held as well; new ones are all looked at
ASKED_AT_ONCE = 100
NEAR = 10  # chunks with the same words may come first; the own one must be among so many


@dataclass(frozen=True, slots=True)
class Built:
    """A complete build that is not live yet, with its input."""

    chunked: ChunkedBook
    build: Build
    cache: VectorCache
    new: frozenset[str]  # content hashes that were embedded for this build


Check = Callable[[Built], CheckResult]


def count_agrees(built: Built) -> CheckResult:
    """Whether the chunks that the book was cut into are stored, each of them, and no other."""
    planned = {chunk.id for chunk in built.chunked.chunks}
    stored = {chunk_id for chunk_id, _ in built.build.stored([])}
    detail = f"{len(planned & stored)} of {len(planned)} chunks are stored"
    if strange := len(stored - planned):
        detail += f", and {strange} that are not in the book"
    return CheckResult("count", planned == stored, detail)


def chunks_are_found(built: Built) -> CheckResult:
    """Whether chunks are found by their own text: all of them, or in a large book all new ones and a sample."""
    chunks = built.chunked.chunks
    chosen = chunks if len(chunks) <= ALL_LOOKED_AT else _new_and_others(built)
    contents = {chunk.id: chunk.content_hash for chunk in chunks}
    lost = [chunk for part in _parts(chosen) for chunk in _not_found(built, part, contents)]
    detail = f"{len(chosen) - len(lost)} of {len(chosen)} chunks are found by their own text"
    if lost:
        detail += f"; the first that is not is {lost[0].address}"
    return CheckResult("found", not lost, detail)


def _new_and_others(built: Built) -> list[Chunk]:
    """Every chunk that was embedded for this build, and a sample of the others that differs from build to build."""
    new = [chunk for chunk in built.chunked.chunks if chunk.content_hash in built.new]
    rest = [chunk for chunk in built.chunked.chunks if chunk.content_hash not in built.new]
    return new + random.Random(built.chunked.digest).sample(rest, min(len(rest), OTHERS_LOOKED_AT))  # noqa: S311


def addresses_exist(site: str, base_url: str) -> Check:
    """The check whether every address of the build exists on a built site, given as a folder or a URL."""

    def check(built: Built) -> CheckResult:
        book = built.chunked.book
        found = check_site(book.pages, site, base_url=base_url, site_url=book.site_url, locale_urls=book.locale_urls)
        detail = f"{found.pages} pages and {found.headings} headings were looked up in {site}"
        if found.dead:
            first = found.dead[0]
            detail += f"; {len(found.dead)} are dead, the first is {first.url}: {first.reason}"
        return CheckResult("addresses", not found.dead, detail)

    return check


def _not_found(built: Built, chunks: Sequence[Chunk], contents: Mapping[str, str]) -> list[Chunk]:
    vectors = built.cache.get([chunk.content_hash for chunk in chunks])
    unknown = {chunk.id: chunk.content_hash for chunk in chunks if chunk.content_hash not in vectors}
    if unknown:  # the cache was lost in the meantime
        vectors |= {unknown[chunk_id]: vector for chunk_id, vector in built.build.vectors(list(unknown)).items()}
    known = [chunk for chunk in chunks if chunk.content_hash in vectors]
    found = built.build.nearest([vectors[chunk.content_hash] for chunk in known], limit=NEAR)
    missing = [
        chunk
        for chunk, ids in zip(known, found, strict=True)
        if chunk.content_hash not in {contents.get(chunk_id) for chunk_id in ids}
    ]
    return missing + [chunk for chunk in chunks if chunk.content_hash not in vectors]


def _parts(chunks: Sequence[Chunk]) -> list[Sequence[Chunk]]:
    return [chunks[start : start + ASKED_AT_ONCE] for start in range(0, len(chunks), ASKED_AT_ONCE)]
