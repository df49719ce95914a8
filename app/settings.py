"""Settings of the HTTP shell, read from the environment and `.env`; nothing else in `app` reads them."""

import re
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator

from storage.environment import EnvironmentSettings, comma_separated

OFF = "off"  # a limit that is on by default, turned off

_DEFAULT_PORT = re.compile(r"(https://.*):443|(http://.*):80")  # the default ports, which browsers leave out
# The syntax of the `limits` library, without lists and "per 0 minutes".
_RATE = re.compile(
    r"(?P<amount>\d{1,12})\s*(?:/|per)\s*(?P<multiples>\d{1,6})?\s*(?:second|minute|hour|day|month|year)s?",
    re.IGNORECASE,
)


def _rate(value: str) -> str:
    found = _RATE.fullmatch(value.strip())
    if value not in ("", OFF) and (found is None or not int(found["amount"]) or not int(found["multiples"] or 1)):
        raise ValueError(f"{value!r} is not a rate such as 30/minute or 100 per 2 hours, at least 1")
    return value


Rate = Annotated[str, AfterValidator(_rate)]


class AppSettings(EnvironmentSettings):
    """Where the server listens, who may call it from a browser, and how it logs."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    cors_origins: str = ""  # comma-separated origins, or `*`
    allow_guests: bool = True
    chat_format: Literal["stream", "json"] = "stream"  # for requests that do not say what they accept
    guest_memory_hours: float = Field(default=24.0, ge=0)  # of conversations without an account; 0: none
    log_level: str = "INFO"
    log_format: Literal["text", "json"] = "text"
    trace_questions: bool = False  # whether traces hold the text of questions, passages and answers
    metrics: bool = True  # `GET /metrics`
    metrics_token: SecretStr | None = None  # the bearer token for them; None: anybody may read them
    # The price of a million tokens, in any currency, for `bookrag_model_cost_total`.
    model_prompt_price: float = Field(default=0.0, ge=0)
    model_answer_price: float = Field(default=0.0, ge=0)
    grace_seconds: float = Field(default=30.0, ge=0)  # how long an answer goes on after its reader has disconnected
    body_seconds: float = Field(default=30.0, gt=0)  # for a request's body to arrive; the limit for its head is 15
    shutdown_seconds: int = Field(default=20, ge=0)  # for streams that are being written when the server stops

    # Rates such as `30/minute`, `500/day`; `off` for none. Readers without a token are counted by address. The defaults
    # are above what people do, even a class behind one address, and below what a script would do.
    questions_per_reader: Rate | None = "60/minute"
    questions_per_address: Rate | None = "240/minute"
    questions_in_all: Rate | None = None
    tokens_per_reader: Rate | None = None
    tokens_per_address: Rate | None = None
    tokens_in_all: Rate | None = None
    searches_per_reader: Rate | None = "240/minute"
    searches_per_address: Rate | None = "960/minute"
    searches_in_all: Rate | None = None
    streams_per_reader: int = Field(default=10, ge=0)  # 0: no limit
    # New accounts from one address; `off` for no limit. A class behind one address needs more.
    guests_per_address: Rate = "20/hour"
    sign_ups_per_address: Rate = "20/hour"
    # Proxies whose X-Forwarded-For is trusted for the reader's address, as addresses or networks, comma-separated.
    trusted_proxies: str = "127.0.0.1,::1"

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_origins(cls, value: str) -> str:
        for origin in comma_separated(value):
            if origin != "*" and not _is_origin(origin):
                raise ValueError(f"{origin!r} is not an origin such as https://book.example (no path, no final slash)")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_addresses(cls, value: str) -> str:
        for proxy in comma_separated(value):
            try:
                ip_network(proxy, strict=False)
            except ValueError as exc:
                raise ValueError(f"{proxy!r} is not an IP address or a network such as 10.0.0.0/8") from exc
        return value

    @field_validator("log_level")
    @classmethod
    def _level_is_known(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @property
    def proxies(self) -> list[str]:
        """The addresses and networks of trusted proxies."""
        return comma_separated(self.trusted_proxies)

    @property
    def origins(self) -> list[str]:
        """The origins that browsers may call from, as browsers write them: in lower case, without a default port."""
        return [_without_default_port(origin) for origin in comma_separated(self.cors_origins.lower())]

    @property
    def local_address(self) -> str:
        """Where this machine reaches the server."""
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def _is_origin(value: str) -> bool:
    """Whether a browser could send this as its `Origin`: a scheme, a host and optionally a port, nothing else."""
    try:
        parts = urlsplit(value)
        port = parts.port  # raises ValueError for an invalid one
    except ValueError:
        return False
    named = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    whole = f"{parts.scheme}://{named}" + (f":{port}" if port is not None else "")
    if "*" in value:  # browsers never send a pattern, and patterns are not matched
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and value.lower() == whole and port != 0


def _without_default_port(origin: str) -> str:
    found = _DEFAULT_PORT.fullmatch(origin)
    return (found[1] or found[2]) if found else origin
