"""`GET /api/search`: retrieval without an answer, with what each side found and how the verdict came about."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from app.answer_json import explanation_json, source_json
from app.api_schemas import SearchOut
from app.chat_request import MAX_MESSAGE_CHARACTERS
from app.dependencies import ClientAddress, CurrentServices, OptionalReader, may_ask
from app.errors import RequestError
from app.openapi import answers, errors
from app.rate_limits import Asker
from app.validation import PageAddress
from engines.coverage.explanation import explain
from engines.events import Scope, says_something

router = APIRouter(tags=["search"])


@router.get("/api/search", responses=answers(SearchOut, "Passages, best first.") | errors(400, 401, 429))
async def search(
    services: CurrentServices,
    reader: OptionalReader,
    address: ClientAddress,
    response: Response,
    q: Annotated[str, Query(max_length=MAX_MESSAGE_CHARACTERS, description="What to look for.")],
    k: Annotated[int, Query(ge=1, le=50, description="How many passages at most.")] = 10,
    locale: str | None = None,
    version: str | None = None,
    page_url: PageAddress | None = None,
    scope: Literal["page", "chapter", "book"] = "book",
) -> dict[str, Any]:
    """Passages for a query, best first, how the query was understood, and the verdict."""
    may_ask(services, reader)
    if not says_something(q):
        raise RequestError(422, "empty_message", "The query is empty.")
    response.headers.update(await services.limits.search(Asker(reader, address)))
    found = await services.book.search(
        q.strip(), Scope(locale=locale or None, version=version or None, page_url=page_url, limit=scope), k
    )
    explanation = explain(q.strip(), found, has_page=bool(page_url))
    return {
        "results": [source_json(source) for source in found.sources],
        "explanation": explanation_json(explanation),
    }
