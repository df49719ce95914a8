"""`/healthz` says that the process is alive, `/readyz` whether it can answer, with the state of each dependency.

`/metrics` has counts and times for Prometheus.
"""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from app.api_schemas import AliveOut, ReadyOut
from app.dependencies import CurrentServices
from app.service_metrics import CONTENT_TYPE
from storage.errors import AuthenticationError, NotFoundError

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", responses={200: {"model": AliveOut}})
async def healthz() -> dict[str, str]:
    """Alive."""
    return {"status": "ok"}


@router.get("/metrics", include_in_schema=False)
async def metrics(services: CurrentServices, authorization: Annotated[str, Header()] = "") -> Response:
    """Counts and times for Prometheus; 404 if METRICS is off, 401 without the METRICS_TOKEN if one is set."""
    settings = services.settings
    if not settings.metrics or services.state is None:
        raise NotFoundError("There is nothing at this address.")
    if settings.metrics_token:
        wanted = f"Bearer {settings.metrics_token.get_secret_value()}"
        if not secrets.compare_digest(authorization.encode(), wanted.encode()):
            raise AuthenticationError("The metrics need METRICS_TOKEN as the bearer token.")
    return Response(services.metrics.text(*await services.state()), media_type=CONTENT_TYPE)


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={200: {"model": ReadyOut}, 503: {"model": ReadyOut, "description": "Not ready."}})
async def readyz(services: CurrentServices, response: Response) -> dict[str, Any]:
    """Each dependency by name with its state, and the live build; 503 if the server cannot answer."""
    dependencies = await services.dependencies()
    ready = all(dependency["state"] != "failed" for dependency in dependencies.values())
    response.status_code = 200 if ready else 503
    return {"status": "ready" if ready else "not_ready", "dependencies": dependencies}
