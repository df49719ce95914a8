"""Settings of retrieval and of the language model; the only place of `engines` that reads the environment."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from storage.environment import Address, EnvironmentSettings, comma_separated


class EngineSettings(EnvironmentSettings):
    """Which models answer, how much they are given, and how long anyone waits for them."""

    gemini_api_key: SecretStr | None = None
    gemini_model: str = Field(default="gemini-flash-latest", min_length=1)  # Google's own name for the newest one
    gemini_base_url: Address | None = None
    gemini_fallback_model: str | None = None
    gemini_max_tokens: int = Field(default=8192, ge=64)  # a thinking model's thoughts count as well
    gemini_context_window: int = Field(default=1_000_000, ge=4096)
    gemini_first_token_timeout_seconds: float = Field(default=60.0, gt=0)  # thinking comes before the first word
    gemini_stall_timeout_seconds: float = Field(default=20.0, gt=0)
    gemini_answer_timeout_seconds: float = Field(default=600.0, gt=0)  # for a whole answer, however steadily it comes
    gemini_retry_budget_seconds: float = Field(default=8.0, ge=0)  # for opening a stream, before the first word
    gemini_breaker_failures: int = Field(default=5, ge=1)
    gemini_breaker_seconds: float = Field(default=30.0, gt=0)

    embed_model: str | None = None  # None is all-MiniLM-L6-v2 from its package
    embed_runtime: Literal["auto", "onnx", "torch"] = "auto"  # auto: ONNX Runtime where there is an export, else torch
    embed_device: str = Field(default="cpu", min_length=1)  # of the torch runtime: cpu, cuda, mps
    data_dir: Path = Path("data")
    models_dir: Path | None = None  # of exported models; None is DATA_DIR/models
    rerank_model: str | None = None
    top_k: int = Field(default=6, ge=1, le=50)
    candidates: int = Field(default=100, ge=1, le=1000)  # per side, before fusion; at least 100

    passage_tokens: int = Field(default=6000, ge=256)  # of all passages in one prompt
    history_tokens: int = Field(default=3000, ge=0)  # of the earlier turns in one prompt
    selected_text_max_chars: int = Field(default=12_000, ge=100)
    answer_link_hosts: str = ""  # comma-separated; links in answers lead to the book's own site and to these

    @field_validator("gemini_base_url")
    @classmethod
    def _without_version(cls, value: str | None) -> str | None:
        return value and value.rstrip("/").removesuffix("/v1beta").rstrip("/")  # the version is part of each request

    @model_validator(mode="after")
    def _prompt_fits_the_window(self) -> Self:
        if self.passage_tokens + self.history_tokens + self.gemini_max_tokens > self.gemini_context_window:
            raise ValueError("PASSAGE_TOKENS, HISTORY_TOKENS and GEMINI_MAX_TOKENS must fit GEMINI_CONTEXT_WINDOW")
        return self

    @property
    def exports_dir(self) -> Path:
        """The folder with one exported model a subfolder."""
        return self.models_dir or self.data_dir / "models"

    @property
    def link_hosts(self) -> frozenset[str]:
        """The foreign hosts that links in answers may lead to, in lower case."""
        return frozenset(comma_separated(self.answer_link_hosts.lower()))
