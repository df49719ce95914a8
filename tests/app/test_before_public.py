"""What a server leaves open to strangers is said by `bookrag doctor` and in the log at the start."""

import logging
from pathlib import Path
from typing import Any

import pytest

from app.before_public import left_open, reachable_by_others
from app.cli.doctor import _public
from app.settings import AppSettings
from engines.settings import EngineSettings
from tests.gemini_server import GeminiServer, Reply
from tests.serving import indexed, serving
from tests.tables import each_row

EVERYWHERE = "0.0.0.0"


def settings(**values: Any) -> AppSettings:
    return AppSettings(_env_file=None, **values)


@each_row(
    ("values", "reachable"),
    [
        ({}, False),
        ({"host": "127.0.0.1"}, False),
        ({"host": "::1"}, False),
        ({"host": "localhost", "cors_origins": "http://localhost:3000,http://127.0.0.1:3000"}, False),
        ({"host": EVERYWHERE}, True),
        ({"host": "::"}, True),
        ({"host": "192.168.1.4"}, True),
        ({"cors_origins": "http://localhost:3000,https://book.example"}, True),  # by a proxy on this machine
        ({"cors_origins": "*"}, True),
    ],
)
def test_others_reach_a_server_that_listens_further_or_is_called_by_a_site(
    values: dict[str, str], reachable: bool
) -> None:
    assert reachable_by_others(settings(**values)) == reachable


@each_row(
    ("values", "has_model", "site", "named"),
    [
        ({}, True, "", ["TOKENS_IN_ALL", "METRICS_TOKEN"]),
        ({"questions_in_all": "off"}, True, "", ["TOKENS_IN_ALL", "METRICS_TOKEN"]),
        ({"questions_in_all": "5000/day", "metrics_token": "secret"}, True, "", []),
        ({"tokens_in_all": "2000000/day", "metrics": False}, True, "https://book.org", []),
        ({}, False, "", ["METRICS_TOKEN"]),  # quoted passages cost nothing
        ({"metrics": False}, False, "https://physical-ai.example", ["BOOK_DIR"]),
    ],
)
def test_each_thing_left_open_names_the_setting_that_decides_it(
    values: dict[str, Any], has_model: bool, site: str, named: list[str]
) -> None:
    found = list(left_open(settings(**values), has_model=has_model, site=site))
    assert len(found) == len(named)
    for each, name in zip(found, named, strict=True):
        assert name in each.mend


def test_whoever_may_ask_is_named() -> None:
    (open_to_all, _), (for_accounts, _) = (
        list(left_open(settings(allow_guests=guests), has_model=True)) for guests in (True, False)
    )
    assert open_to_all.message.startswith("anybody, without an account,")
    assert for_accounts.message.startswith("anybody who signs up")


def test_the_doctor_warns_of_a_public_server_and_tells_what_a_proxy_would_open() -> None:
    engines = EngineSettings(gemini_api_key="k", _env_file=None)
    public = list(_public(settings(host=EVERYWHERE), engines))
    assert [verdict.state for verdict in public] == ["warning", "warning"]
    (closed,) = _public(settings(host=EVERYWHERE, tokens_in_all="2000000/day", metrics_token="secret"), engines)
    assert closed.state == "ok"
    (alone,) = _public(settings(), engines)
    assert alone.state == "off"
    assert "TOKENS_IN_ALL" in alone.mend
    assert "METRICS_TOKEN" in alone.mend


def logged_at_start(data_dir: Path, caplog: pytest.LogCaptureFixture, **values: Any) -> list[str]:
    caplog.clear()
    with (
        caplog.at_level(logging.WARNING),
        GeminiServer(Reply()) as gemini,
        serving(data_dir, gemini_url=gemini.url, app=settings(**values)),
    ):
        return [each.getMessage() for each in caplog.records if each.getMessage().startswith("Open to the public")]


def test_the_log_at_the_start_says_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_URL", "https://book.example")
    data_dir = indexed(tmp_path)
    lines = logged_at_start(data_dir, caplog, host=EVERYWHERE)
    assert len(lines) == 3
    assert "TOKENS_IN_ALL" in lines[0]
    assert "METRICS_TOKEN" in lines[1]
    assert "https://book.example" in lines[2]
    assert logged_at_start(data_dir, caplog) == []
