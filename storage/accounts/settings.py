"""What a Supabase project may need beside its address and key; read from the environment."""

from pydantic import Field, SecretStr

from storage.settings import EnvironmentSettings


class SupabaseSettings(EnvironmentSettings):
    """How tokens are checked where the defaults do not fit, and how long the project may take."""

    # The legacy HS256 secret. Without it the tokens of a project that signs by it are checked by asking the project.
    supabase_jwt_secret: SecretStr | None = Field(default=None, min_length=32)
    # Where it is not SUPABASE_URL and /auth/v1, as behind a custom domain.
    supabase_jwt_issuer: str | None = None
    supabase_timeout_seconds: float = Field(default=8.0, gt=0)
