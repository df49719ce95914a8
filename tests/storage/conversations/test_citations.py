"""Stored citations are counted by address; languages with an origin of their own keep it."""

from pathlib import Path
from uuid import uuid4

from storage.conversations.citations import count_citations
from storage.conversations.turns import Answer, TurnRequest
from storage.reader_stores import open_reader_stores
from storage.settings import StorageSettings
from tests.reader_stores import sign_up


async def test_one_path_at_two_origins_is_two_pages(tmp_path: Path) -> None:
    settings = StorageSettings(_env_file=None, data_dir=tmp_path)
    urls = ("https://book.example/docs/a#x%20y", "https://UR.book.example/docs/a", "https://ur.book.example/docs/a")
    async with open_reader_stores(settings) as stores:
        reader = await sign_up(stores, "reader@book.example")
        turn = await stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "Where?"))
        sources = tuple({"url": url, "cited": True} for url in urls)
        answer = Answer("There.", complete=True, finish_reason="stop", sources=sources)
        await stores.conversations.finish_turn(reader, turn, answer)
    assert count_citations(settings) == {"/docs/a#x y": 1, "/docs/a": 2}
    assert count_citations(settings, ["https://ur.book.example/"]) == {
        "/docs/a#x y": 1,
        "https://ur.book.example/docs/a": 2,
    }
