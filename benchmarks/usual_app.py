"""The usual application, as LlamaIndex's documentation leads to it, so that figures can be compared on one machine.

One FastAPI route over LlamaIndex's condense-plus-context engine, its Gemini class, its HuggingFace embedding and
Qdrant's local mode, with the chunks of the build that bookrag serves. `python -m benchmarks.usual_app` serves on PORT.
"""

import asyncio
import os
from collections.abc import AsyncIterator

import orjson
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.llms.google_genai import GoogleGenAI
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import AsyncQdrantClient, QdrantClient

from engines.embedding.embedding_model import describe_model
from engines.settings import EngineSettings
from storage.environment import read_settings
from storage.settings import StorageSettings
from storage.vectors.index_store import open_store

TOP_K = 6
MOST_CHUNKS = 5_000


async def chunks() -> list[TextNode]:
    """What bookrag's live build holds, as plain nodes."""
    with open_store(read_settings(StorageSettings)) as store:
        found = await (await store.pin()).matching([], limit=MOST_CHUNKS)
    return [TextNode(id_=chunk.id, text=chunk.text, metadata={"url": str(chunk.metadata["url"])}) for chunk in found]


def create_app() -> FastAPI:
    """The application with its index filled."""
    settings = read_settings(EngineSettings)
    embedding = HuggingFaceEmbedding(model_name=str(describe_model(settings).path), device="cpu")
    store = QdrantVectorStore(
        "book", client=QdrantClient(location=":memory:"), aclient=AsyncQdrantClient(location=":memory:")
    )
    index = VectorStoreIndex.from_vector_store(store, embed_model=embedding, use_async=True)
    nodes = asyncio.run(chunks())
    vectors = embedding.get_text_embedding_batch([node.text for node in nodes])
    for node, vector in zip(nodes, vectors, strict=True):
        node.embedding = vector
    asyncio.run(store.async_add(list(nodes)))
    key = settings.gemini_api_key.get_secret_value() if settings.gemini_api_key else ""
    llm = GoogleGenAI(
        model=settings.gemini_model,
        api_key=key,
        max_tokens=1024,
        context_window=100_000,
        http_options={"base_url": settings.gemini_base_url},  # type: ignore[arg-type]  # a dict is taken as well
    )
    app = FastAPI()

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/api/chat")
    async def chat(request: Request) -> StreamingResponse:
        message = orjson.loads(await request.body())["message"]
        engine = CondensePlusContextChatEngine.from_defaults(
            retriever=index.as_retriever(similarity_top_k=TOP_K),
            llm=llm,
            memory=ChatMemoryBuffer.from_defaults(token_limit=3000),
        )
        response = await engine.astream_chat(message)

        async def parts() -> AsyncIterator[bytes]:
            async for piece in response.async_response_gen():
                yield b"data: " + orjson.dumps({"type": "text-delta", "id": "answer", "delta": piece}) + b"\n\n"
            yield b"data: [DONE]\n\n"

        return StreamingResponse(parts(), media_type="text/event-stream")

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(), port=int(os.environ["PORT"]), log_level="warning")
