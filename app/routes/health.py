"""`/healthz` says that the process is alive, `/readyz` whether it can answer, dependency by dependency."""

from typing import Any

from fastapi import APIRouter, Response

from app.api_schemas import AliveOut, ReadyOut
from app.dependencies import CurrentServices

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", responses={200: {"model": AliveOut}})
async def healthz() -> dict[str, str]:
    """Alive."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={200: {"model": ReadyOut}, 503: {"model": ReadyOut, "description": "Not ready."}})
async def readyz(services: CurrentServices, response: Response) -> dict[str, Any]:
    """Ready: each dependency by name with its state, and the live build; 503 where the server cannot answer."""
    dependencies = await services.dependencies()
    ready = all(dependency["state"] != "failed" for dependency in dependencies.values())
    response.status_code = 200 if ready else 503
    return {"status": "ready" if ready else "not_ready", "dependencies": dependencies}
