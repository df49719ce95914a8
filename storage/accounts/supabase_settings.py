"""What a Supabase project may need beside its address and key; read from the environment."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from storage.environment import EnvironmentSettings

NEWEST_MIGRATION = 6  # of supabase/migrations: what `newest_migration()` says at least


class SupabaseSettings(EnvironmentSettings):
    """How tokens are checked where the defaults do not fit, and how the project counts and answers."""

    # An empty SUPABASE_JWT_ISSUER says something, so that an empty value must not pass for none.
    model_config = SettingsConfigDict(env_ignore_empty=False)

    # The legacy HS256 secret. Without it the tokens of a project that signs by it are checked by asking the project.
    supabase_jwt_secret: SecretStr | None = Field(default=None, min_length=32)
    # Where it is not SUPABASE_URL and /auth/v1, as behind a custom domain. Empty: tokens may name no issuer.
    supabase_jwt_issuer: str | None = None
    supabase_timeout_seconds: float = Field(default=8.0, gt=0)
    # Sign-ins and refreshes that the project takes from one address in five minutes, as its settings say.
    supabase_token_limit: int = Field(default=150, ge=2)
    # The pause between two letters to one reader, as the project's settings say; 0 where there is none.
    supabase_letter_seconds: float = Field(default=60.0, ge=0, le=900)
    # Whether the project counts by the X-Forwarded-For of its callers (GOTRUE_RATE_LIMIT_HEADER), hence by reader.
    supabase_counts_readers: bool = False
    # Refuses sessions by password alone of readers who have a second factor.
    supabase_require_aal2: bool = False

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_the_default(cls, value: object, info: ValidationInfo) -> object:
        if value == "" and info.field_name and info.field_name != "supabase_jwt_issuer":
            return cls.model_fields[info.field_name].default
        return value
