"""Settings of the stores, read from the environment and `.env`; this is the only place of `storage` that reads them."""

from pathlib import Path
from typing import Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.errors import ConfigurationError

SettingsT = TypeVar("SettingsT", bound="EnvironmentSettings")


class EnvironmentSettings(BaseSettings):
    """What every settings class shares: `.env` is read, an empty value counts as not set, a change at run time is an error."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)


class StorageSettings(EnvironmentSettings):
    """Where the index, the accounts and the conversations are kept."""

    data_dir: Path = Path("data")
    qdrant_url: str | None = None
    qdrant_api_key: SecretStr | None = None
    qdrant_timeout_seconds: float = Field(default=10.0, gt=0)
    collection: str = Field(default="book", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    redis_url: SecretStr | None = None  # it may hold a password
    supabase_url: str | None = None
    supabase_publishable_key: SecretStr | None = None
    supabase_anon_key: SecretStr | None = None

    @model_validator(mode="after")
    def _supabase_needs_its_key(self) -> Self:
        if self.supabase_url and not self.supabase_key:
            raise ValueError("SUPABASE_URL is set, so SUPABASE_PUBLISHABLE_KEY must be set as well")
        return self

    @property
    def supabase_key(self) -> SecretStr | None:
        """The key that a browser may hold: the publishable one, or its older form, the anon key."""
        return self.supabase_publishable_key or self.supabase_anon_key


def read_settings(settings_class: type[SettingsT]) -> SettingsT:
    """The settings of one package from the environment; raises ConfigurationError that names each wrong variable."""
    try:
        return settings_class()
    except ValidationError as exc:
        problems = (
            f"{'_'.join(str(part) for part in error['loc']).upper() or 'settings'}: {error['msg']}"
            for error in exc.errors(include_input=False, include_url=False)
        )
        # `from None`: the original error quotes the values, and one of them may be a key.
        raise ConfigurationError("; ".join(problems)) from None
