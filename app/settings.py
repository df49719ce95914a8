"""Settings of the HTTP shell, read from the environment and `.env`; the only place of `app` that reads them."""

from pydantic import Field, field_validator

from storage.settings import EnvironmentSettings


class AppSettings(EnvironmentSettings):
    """Where the server listens, who may call it from a browser, and how it logs."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    cors_origins: str = ""  # comma-separated origins, or `*`
    allow_guests: bool = True
    log_level: str = "INFO"

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_origins(cls, value: str) -> str:
        for origin in _split(value):
            scheme, separator, host = origin.partition("://")
            if origin != "*" and (scheme not in {"http", "https"} or not separator or not host or "/" in host):
                raise ValueError(f"{origin!r} is not an origin such as https://book.example (no path, no final slash)")
        return value

    @field_validator("log_level")
    @classmethod
    def _level_is_known(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @property
    def origins(self) -> list[str]:
        """The origins that browsers may call from."""
        return _split(self.cors_origins)


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]
