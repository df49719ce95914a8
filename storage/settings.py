"""Settings of the stores: the index, the accounts, the conversations, the running answers."""

import base64
import json
import re
import ssl
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from storage.environment import Address, EnvironmentSettings

# The files of supabase/migrations, in order, each with the number from which it is known to be applied: that of
# `newest_migration()`, or of `bookrag_schema()` for the migrations before it.
MIGRATIONS = {
    "20261121000000_accounts_and_history.sql": 1,
    "20261128000000_verdict.sql": 2,
    "20261128120000_profiles_and_idle_guests.sql": 2,
    "20261128150000_lost_answers.sql": 3,
    "20261128160000_model_version.sql": 3,
    "20261129000000_account_deletion_and_retention.sql": 3,
    "20261129120000_profiles_of_identities.sql": 4,
    "20261129180000_understood.sql": 5,
    "20261129200000_sizes_of_rows.sql": 6,
    "20261130000000_row_level_security_state.sql": 7,
    "20261130180000_owner_rights_functions.sql": 8,
}
FIRST_NUMBERED = 4  # from here on each migration notes its own number in the database
NEWEST_MIGRATION = max(MIGRATIONS.values())


class StorageSettings(EnvironmentSettings):
    """Where the index, the accounts and the conversations are kept."""

    data_dir: Path = Path("data")
    qdrant_url: Address | None = None
    qdrant_api_key: SecretStr | None = None
    qdrant_timeout_seconds: float = Field(default=10.0, gt=0)
    qdrant_ca_file: Path | None = None  # for a server whose certificate no public authority signed
    qdrant_retries: int = Field(default=6, ge=0)  # of a builder's calls: 0.2 s to 6.4 s apart, 13 s in all
    qdrant_replication_factor: int | None = Field(default=None, ge=1)
    qdrant_write_consistency_factor: int | None = Field(default=None, ge=1)
    qdrant_shard_number: int | None = Field(default=None, ge=1)
    qdrant_on_disk: bool = False  # vectors, graph and payload on the server's disk: for books beyond its memory
    qdrant_quantization: Literal["none", "scalar", "binary"] = "none"
    collection: str = Field(default="book", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    # Old builds that are kept beside the live one after a publish; a rollback leads to the newest.
    keep_builds: int = Field(default=3, ge=1)
    conversations_kept_days: int | None = Field(default=None, ge=1)  # since their last turn; None: until deleted
    redis_url: SecretStr | None = None  # it may hold a password
    supabase_url: Address | None = None
    supabase_publishable_key: SecretStr | None = None
    supabase_anon_key: SecretStr | None = None

    @field_validator("qdrant_ca_file")
    @classmethod
    def _certificate_can_be_read(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.create_default_context(cafile=value)
            except OSError as exc:  # raised for a file without a certificate as well
                raise ValueError(f"no certificate can be read from {value}: {exc.strerror or exc.args[0]}") from exc
        return value

    @field_validator("supabase_url")
    @classmethod
    def _supabase_is_a_project(cls, value: str | None) -> str | None:
        found = re.search(r"/(?:auth|rest|storage|realtime|functions)/v1(?=/|$).*", value or "", re.IGNORECASE)
        if found:
            raise ValueError(f"it must be the project's address, without {found[0]}")
        return value

    @field_validator("supabase_publishable_key", "supabase_anon_key")
    @classmethod
    def _key_is_no_secret(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value() if value else ""
        role = legacy_key_role(key)
        if key.startswith("sb_secret_") or role not in (None, "anon"):
            raise ValueError("it must be the publishable key (sb_publishable_…); this one bypasses row-level security")
        if key.startswith("sbp_"):
            raise ValueError("it must be the publishable key (sb_publishable_…); this one is an account's access token")
        if not re.fullmatch(r"[\w.+/=-]*", key, re.ASCII):
            raise ValueError("it has a space or a character that no key has: copy it anew")
        return value

    @model_validator(mode="after")
    def _supabase_needs_its_key(self) -> Self:
        if self.supabase_url and not self.supabase_key:
            raise ValueError("SUPABASE_URL is set, so SUPABASE_PUBLISHABLE_KEY must be set as well")
        return self

    @model_validator(mode="after")
    def _redis_is_an_address(self) -> Self:
        if self.redis_url and not self.redis_url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("REDIS_URL must be an address such as redis://redis.example:6379/0")
        return self

    @property
    def supabase_key(self) -> SecretStr | None:
        """The key that browsers may have: the publishable key, or its older form, the anon key."""
        return self.supabase_publishable_key or self.supabase_anon_key


class SupabaseSettings(EnvironmentSettings):
    """A Supabase project's settings beside its address and key: how it signs tokens, and its limits."""

    # An empty SUPABASE_JWT_ISSUER has a meaning, so an empty value must not count as unset.
    model_config = SettingsConfigDict(env_ignore_empty=False)

    # The legacy HS256 secret. Without it, tokens that are signed with it are checked by asking the project.
    supabase_jwt_secret: SecretStr | None = Field(default=None, min_length=32)
    # If it is not SUPABASE_URL with /auth/v1, as behind a custom domain. Empty: tokens without an issuer are accepted.
    supabase_jwt_issuer: str | None = None
    supabase_timeout_seconds: float = Field(default=8.0, gt=0)
    # Sign-ins and refreshes that the project allows one address in five minutes, as in its settings.
    supabase_token_limit: int = Field(default=150, ge=2)
    # The pause between two e-mails to one reader, as in the project's settings; 0 for none.
    supabase_letter_seconds: float = Field(default=60.0, ge=0, le=900)
    # Whether the project limits by X-Forwarded-For (GOTRUE_RATE_LIMIT_HEADER), and so by reader.
    supabase_counts_readers: bool = False
    # Refuse sessions started by password alone if the reader has a second factor.
    supabase_require_aal2: bool = False

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_the_default(cls, value: object, info: ValidationInfo) -> object:
        if value == "" and info.field_name and info.field_name != "supabase_jwt_issuer":
            return cls.model_fields[info.field_name].default
        return value


def legacy_key_role(key: str) -> str | None:
    """The role in a key of the older kind, a JWT: `anon` or `service_role`; None for other keys."""
    parts = key.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    return str(claims.get("role")) if isinstance(claims, dict) else None
