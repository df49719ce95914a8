"""The model's key reaches no log and no error, whatever answers in Gemini's place."""

import asyncio
import logging

import pytest
from llama_index.core.base.llms.types import ChatMessage
from pydantic import SecretStr

from engines.errors import ModelError
from engines.gemini.llm import build_llm
from engines.settings import EngineSettings

KEY = "secret-key-that-must-not-leak"
ECHO = b'{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "key %s is bad"}}' % KEY.encode()
REPLIES = {
    "no HTTP": b"\x00\xff\xfe garbage\r\n\r\n",
    "an echo of the key": b"HTTP/1.1 400 X\r\ncontent-length: %d\r\n\r\n%s" % (len(ECHO), ECHO),
    "JSON of another shape": b'HTTP/1.1 200 X\r\ncontent-length: 26\r\n\r\ndata: {"candidates": "x"}\r\n',
    "nothing": b"",
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
async def test_the_key_is_in_no_log_and_no_error(reply: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        writer.close()

    caplog.set_level(logging.DEBUG)
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = EngineSettings(
        gemini_api_key=SecretStr(KEY), gemini_base_url=f"http://127.0.0.1:{port}", gemini_retry_budget_seconds=0
    )
    llm = build_llm(settings)
    assert llm is not None
    with pytest.raises(ModelError) as raised:
        async for _ in await llm.astream_chat([ChatMessage("Why?")]):
            pass
    await llm.aclose()
    server.close()
    assert raised.value.code
    assert KEY not in caplog.text
    assert KEY not in f"{raised.value!r} {raised.value.cause}"
