"""Front ends that authors have written ask `bookrag serve`, a process of its own with nothing but its environment.

The requests and the fields that are read are those of the sites as they stand; an author's page asks in a real Chromium
from another origin.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.app.test_author_page import FETCH, QUESTION, REQUESTS, ask_and_wait, author_site, field
from tests.browser import OpenPage
from tests.gemini_server import GeminiServer, Reply
from tests.server_processes import served_process
from tests.serving import copied

ANSWER = "The ground only pushes [1]."


@dataclass(frozen=True)
class Site:
    """An author's site, and the server that it asks."""

    origin: str
    api: str
    log: Path


@pytest.fixture(scope="module")
def site(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("served")
    with author_site() as origin, GeminiServer(Reply(chunks=("The ground only ", "pushes [source 1]."))) as gemini:
        gemini.condense = Reply(chunks=(QUESTION,))
        model = {"GEMINI_API_KEY": "test-key-that-must-not-leak", "GEMINI_BASE_URL": gemini.url}
        settings = {"CHAT_FORMAT": "json", "CORS_ORIGINS": origin}
        with served_process(copied(small_index, folder), **model, **settings) as served:
            yield Site(origin, served.url, served.log)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_front_ends_request_gets_the_fields_that_it_reads(site: Site, name: str) -> None:
    path, headers, body, fields = REQUESTS[name]
    answer = httpx.post(site.api + path, json=body, headers={"origin": site.origin, **headers}, timeout=60)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == site.origin
    content = answer.json()
    assert all(field(content, each) is not None for each in fields)
    assert content["response"] == content["answer"] == ANSWER


def test_the_founding_books_readers_sign_up_in_and_change_their_profile(site: Site) -> None:
    profile: dict[str, Any] = {
        "programming_knowledge": "advanced",
        "prior_robotics_experience": True,
        "learning_goals": ["ros2"],
        "preferred_learning_style": "hands-on",
    }
    account = {"email": "reader@site-a.example", "password": "correct horse battery"}
    with httpx.Client(base_url=site.api, headers={"origin": site.origin}, timeout=60) as http:
        signed_up = http.post("/api/auth/signup", json={**account, "name": "Ada", "profile": profile}).json()
        assert signed_up["session"]["access_token"]
        wrong = http.post("/api/auth/signin", json={**account, "password": "wrong horse battery"})
        assert (wrong.status_code, type(wrong.json()["detail"])) == (401, str)
        signed_in = http.post("/api/auth/signin", json=account).json()
        assert signed_in["user"]["email"] == account["email"]
        assert signed_in["profile"]["learning_goals"] == ["ros2"]
        in_the_address = {"token": signed_in["access_token"]}
        refused = http.get("/api/auth/user", params=in_the_address)
        assert (refused.status_code, "Authorization: Bearer" in refused.json()["detail"]) == (401, True)
        http.headers["authorization"] = f"Bearer {signed_in['access_token']}"
        assert http.get("/api/auth/user").json()["user"]["user_metadata"]["display_name"] == "Ada"
        changed = http.put("/api/auth/profile", json=profile | {"learning_goals": ["zmp"]}).json()
        assert changed["profile"]["learning_goals"] == ["zmp"]
    assert in_the_address["token"] not in site.log.read_text()


def test_what_fails_says_why_to_the_reader_and_in_one_line_of_the_log(site: Site) -> None:
    with httpx.Client(base_url=site.api, headers={"origin": site.origin}, timeout=60) as http:
        missing = http.post("/api/chat", json={"prompt": "a secret"})
        elsewhere = http.post("/api/v1/chat/stream", json={"query": "a secret", "session_id": "d", "max_context": 5})
        foreign = httpx.post(f"{site.api}/api/chat", json={"message": "?"}, headers={"origin": "http://x.example"})
    assert missing.json()["detail"] == "`message` is missing; the body has `prompt`."
    assert (elsewhere.status_code, "POST /api/chat" in elsewhere.json()["detail"]) == (404, True)
    assert "access-control-allow-origin" not in foreign.headers
    for answer in (missing, elsewhere):
        assert answer.headers["access-control-allow-origin"] == site.origin
    lines = site.log.read_text().splitlines()
    for said in ("`message` is missing; the body has `prompt`.", "/api/v1/chat/stream", "'http://x.example'"):
        assert len([line for line in lines if said in line]) == 1
    assert not any("a secret" in line for line in lines)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/plain;charset=UTF-8", '{"message": "Why?"}'),  # fetch with a string and no header
        ("application/x-www-form-urlencoded", "message=Why%3F"),
        (
            "multipart/form-data; boundary=x",
            '--x\r\ncontent-disposition: form-data; name="message"\r\n\r\nWhy?\r\n--x--',
        ),
        (None, '{"message": "Why?"}'),
        ("application/json", "message=Why%3F"),
        ("application/json", '["Why?"]'),
        ("application/json", "null"),
        ("application/json", "[" * 100_000),
        ("application/json", '{"message": "' + "x" * 300_000 + '"}'),
    ],
)
def test_a_body_that_is_not_what_is_expected_is_an_error_that_the_site_can_read(
    site: Site, kind: str | None, content: str
) -> None:
    headers = {"origin": site.origin} | ({"content-type": kind} if kind else {})
    answer = httpx.post(f"{site.api}/api/chat", content=content.encode(), headers=headers, timeout=60)
    assert answer.status_code in {400, 413, 415, 422}
    assert answer.headers["access-control-allow-origin"] == site.origin
    assert answer.json()["error"]["message"] == answer.json()["detail"]
    assert answer.json()["error"]["code"]


@pytest.mark.browser
def test_a_page_of_twenty_lines_asks_from_another_origin(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.origin}/author_page.html?api={site.api}", expect=("Failed to load resource",))
    answer = page.get_by_role("status")
    ask_and_wait(page, QUESTION)
    expect(answer).to_have_text(ANSWER)
    answer.evaluate("shown => shown.textContent = ''")  # the next answer is the same
    ask_and_wait(page, "And why is that?")
    expect(answer).to_have_text(ANSWER)
    ask_and_wait(page, " ")
    expect(answer).to_have_text("Error: The message is empty.")


@pytest.mark.browser
def test_every_front_end_reads_its_fields_in_a_browser(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.origin}/author_page.html")
    for path, headers, body, fields in REQUESTS.values():
        answer = page.evaluate(FETCH, [site.api + path, headers, body, "same-origin"])
        assert all(field(answer, name) is not None for name in fields), answer
