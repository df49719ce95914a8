"""Settings that cannot be: refused at the start, by the name of their variable and without their secrets."""

from pathlib import Path

import certifi
import pytest

from app.settings import AppSettings
from engines.settings import EngineSettings
from storage.environment import read_settings
from storage.errors import ConfigurationError
from storage.settings import StorageSettings

RATES = (
    "0/minute",
    "-1/minute",
    "5",
    "minute",
    "5/fortnight",
    "5 per 0 minutes",
    "5/minute;9/hour",
    "1e3/day",
    "∞/day",
)
ORIGINS = (
    "https://book.example:99999",
    "https://book.example:port",
    "https://book.example:0",
    "https://book.example/",
    "https://book.example/docs",
    "https://user@book.example",
    "https://book.example?x",
    "book.example",
    "ftp://book.example",
    "https://",
    "https://[::1",
    "https://*.book.example",
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("GRACE_SECONDS", value) for value in ("inf", "nan", "-1", "soon")),
        *(("BODY_SECONDS", value) for value in ("0", "-1", "inf")),
        *(("SHUTDOWN_SECONDS", value) for value in ("-1", "1.5", "inf")),
        *(("QUESTIONS_PER_READER", value) for value in RATES),
        ("TOKENS_IN_ALL", "0/day"),
        ("SEARCHES_PER_ADDRESS", "0/day"),
        ("STREAMS_PER_READER", "-1"),
        ("PORT", "0"),
        ("WORKERS", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("ALLOW_GUESTS", "perhaps"),
        *(("CORS_ORIGINS", value) for value in ORIGINS),
    ],
)
def test_a_setting_that_cannot_be_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        read_settings(AppSettings)


def test_a_blank_value_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QDRANT_URL", "QDRANT_API_KEY", "SUPABASE_URL", "REDIS_URL", "EMBED_MODEL", "TOP_K", "CORS_ORIGINS"):
        monkeypatch.setenv(name, "  ")
    stores = StorageSettings()
    assert (stores.qdrant_url, stores.qdrant_api_key, stores.supabase_url, stores.redis_url) == (None,) * 4
    assert (EngineSettings().embed_model, EngineSettings().top_k) == (None, 6)
    assert AppSettings().cors_origins == ""


@pytest.mark.parametrize("name", ["GEMINI_STALL_TIMEOUT_SECONDS", "GEMINI_RETRY_BUDGET_SECONDS"])
@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
def test_no_time_limit_is_endless(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        read_settings(EngineSettings)


@pytest.mark.parametrize("name", ["QDRANT_URL", "SUPABASE_URL"])
@pytest.mark.parametrize(
    "value", ["foo", "book.example:6333", "ftp://book.example", "https://", "http://[::1", "http://a:x"]
)
def test_a_server_needs_an_address(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_x")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"^{name}: it must be an address such as https://"):
        read_settings(StorageSettings)


def test_a_certificate_must_be_readable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    for name in ("missing.pem", "none.pem"):
        monkeypatch.setenv("QDRANT_CA_FILE", str(tmp_path / name))
        with pytest.raises(ConfigurationError, match=f"^QDRANT_CA_FILE: no certificate can be read from .*{name}"):
            read_settings(StorageSettings)
    monkeypatch.setenv("QDRANT_CA_FILE", certifi.where())
    assert read_settings(StorageSettings).qdrant_ca_file == Path(certifi.where())


@pytest.mark.parametrize("rate", ["30/minute", "1 per second", "100 per 2 hours", "500/day", "5/10minutes", "1/MINUTE"])
def test_a_rate_is_counted_as_it_reads(monkeypatch: pytest.MonkeyPatch, rate: str) -> None:
    monkeypatch.setenv("QUESTIONS_PER_READER", rate)
    assert read_settings(AppSettings).questions_per_reader == rate


def test_origins_of_browsers_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = ["https://book.example", "http://localhost:3000", "http://[::1]:3000", "https://Book.example", "*"]
    monkeypatch.setenv("CORS_ORIGINS", " , ".join(origins))
    assert read_settings(AppSettings).origins == [origin.lower() for origin in origins]


def test_origins_are_compared_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = ["HTTPS://Book.example:443", "http://book.example:80", "https://[::1]:443", "https://book.example:80"]
    monkeypatch.setenv("CORS_ORIGINS", ",".join(origins))
    known = ["https://book.example", "http://book.example", "https://[::1]", "https://book.example:80"]
    assert read_settings(AppSettings).origins == known
