"""Reads settings from the environment and `.env`; each package declares its own in its `settings.py`."""

import re
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.errors import ConfigurationError

SettingsT = TypeVar("SettingsT", bound="EnvironmentSettings")


class EnvironmentSettings(BaseSettings):
    """The base of every settings class: reads `.env`, takes a blank value as unset, is immutable at run time."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _white_space_is_nothing(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if not (isinstance(value, str) and value.isspace())}


# A name in ASCII or in letters of any script, its labels 1 to 63 characters long; or an address of IPv4 or IPv6.
_HOST = re.compile(r"(?!-)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.-]+)?")
_NO_ADDRESS = "it must be an address such as https://name.example or http://127.0.0.1:6333"


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port  # raises ValueError if it is not an address
    except ValueError:
        raise ValueError(_NO_ADDRESS) from None
    plain = not (parts.query or parts.fragment) and _HOST.fullmatch(parts.hostname or "") is not None
    if parts.scheme not in {"http", "https"} or not plain or port == 0:
        raise ValueError(_NO_ADDRESS)
    return value


Address = Annotated[str, AfterValidator(_address)]
"""The address of a server over HTTP."""


def comma_separated(value: str | None) -> list[str]:
    """The parts of a value, without blank ones; none if it is not set."""
    return [part.strip() for part in (value or "").split(",") if part.strip()]


def read_settings(settings_class: type[SettingsT]) -> SettingsT:
    """The settings of one package from the environment; raises ConfigurationError that names each wrong variable."""
    try:
        return settings_class()
    except ValidationError as exc:
        problems = (
            f"{'_'.join(map(str, error['loc'])).upper() or 'settings'}: {error['msg'].removeprefix('Value error, ')}"
            for error in exc.errors(include_input=False, include_url=False)
        )
        # `from None`: the original error quotes the values, and one of them may be a key.
        raise ConfigurationError("; ".join(problems)) from None
