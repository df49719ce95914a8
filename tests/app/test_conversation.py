"""A signed-in reader's conversation over real HTTP: versions, branches, order, retries, stop and what is stored."""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import AppSettings
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.serving import Served, copied, serving

QUESTION = "Why can the zero moment point not leave the support polygon?"
OTHER = "What is the capture point?"
THIRD = "How does a publisher node use create_publisher?"
SLOW = Reply(chunks=tuple(f"word{number} " for number in range(200)), pace_seconds=0.05)

Part = dict[str, Any]


gemini = gemini_fixture(condense=QUESTION)  # so that the book covers every follow-up


@pytest.fixture(scope="module")
def served(gemini: GeminiServer, small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data_dir = copied(small_index, tmp_path_factory.mktemp("conversation"))
    app = AppSettings(grace_seconds=2, streams_per_reader=3, guests_per_address="off", _env_file=None)
    with serving(data_dir, gemini_url=gemini.url, app=app, gemini_breaker_failures=99) as running:
        yield running


class Reader:
    """A reader with a token of their own and one conversation; sends what `useChat` sends."""

    def __init__(self, url: str) -> None:
        self.url = url
        session = httpx.post(f"{url}/api/auth/guest").json()["session"]
        self.headers = {"authorization": f"Bearer {session['access_token']}"}
        self.refresh_token = session["refresh_token"]
        self.id = str(uuid.uuid4())
        self.messages: list[Part] = []

    def body(self, text: str, message_id: str | None = None, **more: Any) -> Part:
        """A question as the last message."""
        asked = {"id": message_id or uuid.uuid4().hex, "role": "user", "parts": [{"type": "text", "text": text}]}
        return {"id": self.id, "messages": [*self.messages, asked], "trigger": "submit-message", **more}

    def send(self, body: Part, **headers: str) -> httpx.Response:
        """The whole response."""
        return httpx.post(f"{self.url}/api/chat", json=body, headers=self.headers | headers, timeout=60)

    def ask(self, text: str, message_id: str | None = None, **more: Any) -> list[Part]:
        """The parts of an answer."""
        response = self.send(self.body(text, message_id, **more))
        assert response.status_code == 200, response.text
        return parts_of(response.text)

    def get(self, path: str, **params: Any) -> httpx.Response:
        """A GET with the reader's token."""
        return httpx.get(f"{self.url}{path}", headers=self.headers, params=params, timeout=60)

    def stored(self) -> list[Part]:
        """The conversation's messages as history has them."""
        messages: list[Part] = self.get(f"/api/conversations/{self.id}").json()["messages"]
        return messages

    def answers(self) -> list[Part]:
        """The stored answers."""
        return [message for message in self.stored() if message["role"] == "assistant"]


@pytest.fixture
def reader(served: Served) -> Reader:
    return Reader(served.url)


def parts_of(text: str) -> list[Part]:
    *events, done, rest = text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events if not event.startswith(":")]


def told(parts: list[Part]) -> str:
    return "".join(part["delta"] for part in parts if part["type"] == "text-delta")


def answer_id(parts: list[Part]) -> str:
    return str(parts[0]["messageId"])


def read_some(reader: Reader, body: Part, words: int = 3) -> int:
    """Read an answer up to some words, then lose the connection; how many parts were read."""
    count = 0
    with httpx.stream("POST", f"{reader.url}/api/chat", json=body, headers=reader.headers, timeout=60) as response:
        for line in response.iter_lines():
            count += line.startswith("data: ")
            words -= "text-delta" in line
            if not words:
                break
    return count


def conversations_elsewhere(reader: Reader) -> list[tuple[str, str]]:
    return [("GET", f"/api/chat/{reader.id}/stream"), ("POST", f"/api/chat/{reader.id}/stop")]


def test_no_token_asks_only_where_guests_may(data_dir: Path) -> None:
    with serving(data_dir, app=AppSettings(allow_guests=False, _env_file=None)) as closed:
        for method, path in (("POST", ""), ("GET", "/x/stream"), ("POST", "/x/stop")):
            response = httpx.request(method, f"{closed.url}/api/chat{path}", json={"message": QUESTION})
            assert (response.status_code, response.json()["error"]["code"]) == (401, "not_authenticated")


def test_a_bad_token_is_401_and_never_passes_for_nobody(served: Served) -> None:
    bad = {"authorization": "Bearer a.b.c"}
    for method, path in (("POST", ""), ("GET", "/x/stream"), ("POST", "/x/stop")):
        response = httpx.request(method, f"{served.url}/api/chat{path}", json={"message": QUESTION}, headers=bad)
        assert (response.status_code, response.json()["error"]["code"]) == (401, "not_authenticated")


def test_somebody_elses_conversation_is_404(served: Served, reader: Reader) -> None:
    reader.ask(QUESTION)
    other = Reader(served.url)
    other.id = reader.id
    for more in ({}, {"trigger": "regenerate-message"}):
        response = other.send(other.body("What did they say?", **more))
        assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert len(reader.stored()) == 2


def test_somebody_elses_running_answer_is_as_none(served: Served, reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(SLOW)
    read_some(reader, reader.body(QUESTION))
    other = Reader(served.url)
    for headers in (other.headers, {}):
        stream = httpx.get(f"{served.url}/api/chat/{reader.id}/stream", params={"after": 1}, headers=headers)
        stop = httpx.post(f"{served.url}/api/chat/{reader.id}/stop", headers=headers)
        assert (stream.status_code, stop.status_code, stream.content) == (204, 204, b"")
    assert not gemini.streams[-1].closed.is_set()
    httpx.post(f"{served.url}/api/chat/{reader.id}/stop", headers=reader.headers)
    assert gemini.streams[-1].cut_off()


def test_an_answer_is_stored_with_its_sources_in_the_order_of_citation(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=("It is a point [2]. ", "The ground only pushes [1].")))
    parts = reader.ask(QUESTION)
    found = {part["sourceId"]: part["url"] for part in parts if part["type"] == "source-url"}
    question, answer = reader.stored()
    assert answer["content"] == "It is a point [1]. The ground only pushes [2]."
    assert [source["url"] for source in answer["sources"][:2]] == [found["2"], found["1"]]
    assert [source["number"] for source in answer["sources"]] == list(range(1, len(answer["sources"]) + 1))
    assert [source["cited"] for source in answer["sources"]][:2] == [True, True]
    assert not any(source["cited"] for source in answer["sources"][2:])
    assert answer["id"] == answer_id(parts)
    assert answer["complete"] is True
    assert question["content"] == QUESTION


def citations_of(parts: list[Part]) -> Part:
    (found,) = [part["data"] for part in parts if part["type"] == "data-citations"]
    return dict(found)


MARKED = "The axis [1, 0, 0] is x[1] of 🤖 [2]. The ground only pushes [1]."


def test_a_stored_answer_tells_the_places_of_its_marks(small_index: Path, tmp_path: Path, gemini: GeminiServer) -> None:
    data_dir = copied(small_index, tmp_path)
    gemini.script(Reply(chunks=(MARKED,)))
    with serving(data_dir, gemini_url=gemini.url) as first:
        reader = Reader(first.url)
        live = citations_of(reader.ask(QUESTION, "u1"))
        (answer,) = reader.answers()
    assert len(live["marks"]) == len(live["cited"]) == 2
    assert answer["content"] == live["text"]
    places = [{"at": at, "number": source["number"]} for source in answer["sources"] for at in source["marks"]]
    assert sorted(places, key=lambda place: place["at"]) == live["marks"]
    assert [source["sentence"] for source in answer["sources"][:2]] == [cited["sentence"] for cited in live["cited"]]
    (data_dir / "answers.sqlite3").unlink()  # the log has forgotten it, and the history has not
    with serving(data_dir, gemini_url=gemini.url) as second:
        reader.url = second.url
        parts = reader.ask(QUESTION, "u1")
        again = citations_of(parts)
        assert (again["text"], again["marks"]) == (live["text"], live["marks"])
        assert [part["data"]["at"] for part in parts if part["type"] == "data-citation"] == [
            mark["at"] for mark in live["marks"]
        ]
        as_json = reader.send(reader.body(QUESTION, "u1"), accept="application/json").json()
        assert as_json["resolved"]["marks"] == live["marks"]
        assert [citation["text"] for citation in as_json["citations"]] == [cited["sentence"] for cited in live["cited"]]


def test_a_stopped_answer_is_stored_with_the_places_of_its_marks(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(
        Reply(chunks=("The axis [1, 0, 0] is x[1] [2]. ", *("It goes on. " for _ in range(40))), pace_seconds=0.1)
    )
    body = reader.body(QUESTION, "u1")
    read_some(reader, body, words=3)
    httpx.post(f"{reader.url}/api/chat/{reader.id}/stop", headers=reader.headers)
    (answer,) = reader.answers()
    assert answer["status"] == "incomplete"
    marks = {source["number"]: source["marks"] for source in answer["sources"] if source["marks"]}
    assert marks == {2: [answer["content"].index("[2]")]}


def test_regenerating_keeps_the_earlier_answer_as_a_version(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=("First.",)), Reply(chunks=("Second.",)), Reply(chunks=("Third.",)))
    first = reader.ask(QUESTION, "u1")
    again = [reader.ask(QUESTION, "u1", trigger="regenerate-message", messageId=answer_id(first))]
    again.append(reader.ask(QUESTION, "u1", trigger="regenerate-message"))
    assert [told(parts) for parts in again] == ["Second.", "Third."]
    assert [(answer["content"], answer["version"]) for answer in reader.answers()] == [
        ("First.", 1),
        ("Second.", 2),
        ("Third.", 3),
    ]
    assert len({answer["parent_id"] for answer in reader.answers()}) == 1
    assert "First." not in gemini.streams[-1].everything


def test_again_means_the_question_shown_last_even_if_it_was_never_stored(reader: Reader, gemini: GeminiServer) -> None:
    reader.ask(QUESTION, "u1")
    for message_id in (None, "an-id-of-the-client"):
        reader.ask(f"{OTHER} {message_id}", f"u2{message_id}", trigger="regenerate-message", messageId=message_id)
        assert OTHER in gemini.condensations[-1].everything
    questions = [message["content"] for message in reader.stored() if message["role"] == "user"]
    assert questions == [QUESTION, f"{OTHER} None", f"{OTHER} an-id-of-the-client"]


def test_editing_an_earlier_question_branches(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=("About points.",)), Reply(chunks=("Old branch.",)), Reply(chunks=("New branch.",)))
    reader.ask(QUESTION, "u1")
    reader.ask(OTHER, "u2")
    reader.ask(THIRD, "u2", messageId="u2")
    reader.ask("And why is that so?", "u3")
    asked = gemini.streams[-1].everything
    assert "New branch." in asked
    assert "About points." in asked
    assert "Old branch." not in asked
    stored = {message["content"]: message for message in reader.stored()}
    assert stored[OTHER]["parent_id"] == stored[THIRD]["parent_id"]
    assert [stored[text]["version"] for text in (OTHER, THIRD)] == [1, 2]
    assert stored["Old branch."]["complete"] is True


def test_what_the_client_sends_is_the_history_only_where_the_server_has_none(
    reader: Reader, gemini: GeminiServer
) -> None:
    def said(role: str, text: str) -> Part:
        return {"id": uuid.uuid4().hex, "role": role, "parts": [{"type": "text", "text": text}]}

    earlier = [said("user", "What is the capture point?"), said("assistant", "A place.")]
    before = len(gemini.condensations)
    body = reader.body("And why is it useful?")
    reader.send({**body, "messages": [*earlier, *body["messages"]]}).raise_for_status()
    body = reader.body("And for a robot that runs?")
    made_up = [said("user", "What is a made-up thing?"), said("assistant", "No thing.")]
    reader.send({**body, "messages": [*made_up, *body["messages"]]}).raise_for_status()
    first, second = gemini.condensations[before:]
    assert "What is the capture point?" in first.everything
    assert "And why is it useful?" in second.everything
    assert "made-up" not in second.everything


def test_two_tabs_are_answered_one_after_the_other(reader: Reader, gemini: GeminiServer) -> None:
    before = len(gemini.streams)
    gemini.script(*(Reply(chunks=(f"answer {number} ", "end."), pace_seconds=0.2) for number in range(3)))

    async def all_at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=reader.url, headers=reader.headers, timeout=60) as client:
            texts = (QUESTION, OTHER, THIRD)
            return await asyncio.gather(*(client.post("/api/chat", json=reader.body(text)) for text in texts))

    responses = asyncio.run(all_at_once())
    assert [response.status_code for response in responses] == [200] * 3
    streams = gemini.streams[before:]
    ends = [received.closed_at or float("inf") for received in streams]
    assert all(end <= later.at for end, later in zip(ends, streams[1:], strict=False))
    assert [message["role"] for message in reader.stored()] == ["user", "assistant"] * 3
    assert "answer 0" in streams[1].everything
    assert "answer 1" in streams[2].everything


def test_the_same_message_id_is_one_answer_while_it_runs_and_after(reader: Reader, gemini: GeminiServer) -> None:
    before = len(gemini.streams)
    gemini.script(Reply(chunks=("Once ", "only."), pace_seconds=0.3))
    body = reader.body(QUESTION, "u1")

    async def twice() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=reader.url, headers=reader.headers, timeout=60) as client:
            return await asyncio.gather(*(client.post("/api/chat", json=body) for _ in range(2)))

    texts = {response.text for response in asyncio.run(twice())} | {reader.send(body).text}
    assert len(texts) == 1
    assert len(gemini.streams) == before + 1
    assert len(reader.stored()) == 2


def test_an_idempotency_key_finds_its_answer_without_a_conversation(reader: Reader, gemini: GeminiServer) -> None:
    before = len(gemini.streams)
    key = {"idempotency-key": uuid.uuid4().hex}
    answers = [reader.send({"message": QUESTION}, **key).text for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(gemini.streams) == before + 1
    refused = reader.send({"message": OTHER}, **key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_key_reused")
    unsigned = [httpx.post(f"{reader.url}/api/chat", json={"message": QUESTION}, headers=key) for _ in range(2)]
    assert unsigned[0].text == unsigned[1].text
    assert unsigned[0].text != answers[0]
    other = httpx.post(f"{reader.url}/api/chat", json={"message": OTHER}, headers=key)
    assert parts_of(other.text)[0] != parts_of(unsigned[0].text)[0]


def test_a_retry_after_a_restart_gets_the_stored_answer(
    small_index: Path, tmp_path: Path, gemini: GeminiServer
) -> None:
    data_dir = copied(small_index, tmp_path)
    before = len(gemini.streams)
    with serving(data_dir, gemini_url=gemini.url) as first:
        reader = Reader(first.url)
        body = reader.body(QUESTION, "u1")
        whole = reader.send(body).text
    with serving(data_dir, gemini_url=gemini.url) as second:
        reader.url = second.url
        assert reader.send(body).text == whole
    (data_dir / "answers.sqlite3").unlink()  # a quarter of an hour later the log has forgotten it
    with serving(data_dir, gemini_url=gemini.url) as third:
        reader.url = third.url
        parts = reader.ask(QUESTION, "u1")
        assert told(parts) == told(parts_of(whole))
        assert {"data-sources", "data-grounding", "data-finish", "finish"} <= {part["type"] for part in parts}
        assert len(reader.stored()) == 2
    assert len(gemini.streams) == before + 1


def test_stop_stores_what_was_written_and_the_next_turn_knows_it(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(SLOW)
    body = reader.body(QUESTION, "u1")
    read_some(reader, body)
    assert httpx.post(f"{reader.url}/api/chat/{reader.id}/stop", headers=reader.headers).status_code == 204
    assert gemini.streams[-1].cut_off()
    (answer,) = reader.answers()
    assert (answer["status"], answer["finish_reason"]) == ("incomplete", "stopped")
    assert answer["content"].startswith("word0 word1 ")
    assert answer["sources"]
    reader.ask("And why is that so?", "u2")
    assert "word0 word1" in gemini.streams[-1].everything
    again = parts_of(reader.send(body).text)
    assert again[-1]["type"] == "abort"
    assert "finish" not in {part["type"] for part in again}
    assert httpx.post(f"{reader.url}/api/chat/{reader.id}/stop", headers=reader.headers).status_code == 204


def test_a_stored_answer_that_was_cut_never_passes_for_complete(
    small_index: Path, tmp_path: Path, gemini: GeminiServer
) -> None:
    data_dir = copied(small_index, tmp_path)
    with serving(data_dir, gemini_url=gemini.url) as first:
        reader = Reader(first.url)
        stopped, broken = reader.body(QUESTION, "u1"), reader.body(OTHER, "u2")
        gemini.script(SLOW, Reply(chunks=("Half an ", "answer"), ending="drop"))
        read_some(reader, stopped)
        httpx.post(f"{reader.url}/api/chat/{reader.id}/stop", headers=reader.headers)
        assert "error" in {part["type"] for part in parts_of(reader.send(broken).text)}
    (data_dir / "answers.sqlite3").unlink()
    with serving(data_dir, gemini_url=gemini.url) as second:
        reader.url = second.url
        types = [part["type"] for part in parts_of(reader.send(stopped).text)]
        assert types[-1] == "abort"
        assert "finish" not in types
        types = [part["type"] for part in parts_of(reader.send(broken).text)]
        assert types[-4:] == ["data-error", "error", "finish-step", "finish"]
        assert "data-finish" not in types
        kept = {answer["content"]: answer for answer in reader.answers()}
        assert kept["Half an answer"]["error_code"]


def test_what_is_missing_of_an_answer_that_has_just_ended_can_be_read(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(Reply(chunks=tuple(f"{number} " for number in range(30)), pace_seconds=0.1))
    read = read_some(reader, reader.body(QUESTION))
    whole = parts_of(httpx.get(f"{reader.url}/api/chat/{reader.id}/stream", headers=reader.headers, timeout=60).text)
    path = f"/api/chat/{reader.id}/stream"
    for _ in range(2):
        assert parts_of(reader.get(path, after=read).text) == whole[read:]
        time.sleep(0.3)  # from memory first, then from the log
    assert reader.get(path).status_code == 204
    assert reader.get(path, after=len(whole) + 1).status_code == 204
    assert reader.get(path, after=read, message_id=answer_id(whole)).status_code == 200
    assert reader.get(path, after=read, message_id=str(uuid.uuid4())).status_code == 204
    assert reader.get(path, after=-1).status_code == 422


def test_a_stopped_answer_is_resumed_to_its_abort(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(SLOW)
    read = read_some(reader, reader.body(QUESTION))
    httpx.post(f"{reader.url}/api/chat/{reader.id}/stop", headers=reader.headers)
    rest = parts_of(reader.get(f"/api/chat/{reader.id}/stream", after=read).text)
    assert [part["type"] for part in rest][-2:] == ["text-end", "abort"]


def test_an_answer_of_a_deleted_conversation_is_not_resumed(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(SLOW)
    read = read_some(reader, reader.body(QUESTION))
    httpx.post(f"{reader.url}/api/chat/{reader.id}/stop", headers=reader.headers)
    assert reader.get(f"/api/chat/{reader.id}/stream", after=read).status_code == 200
    assert httpx.delete(f"{reader.url}/api/conversations/{reader.id}", headers=reader.headers).status_code == 204
    assert reader.get(f"/api/chat/{reader.id}/stream", after=read).status_code == 204


@pytest.mark.parametrize("path", ["/api/conversations", "/api/conversations/{id}"])
def test_deleting_a_conversation_stops_its_answer(reader: Reader, gemini: GeminiServer, path: str) -> None:
    gemini.script(SLOW)
    read_some(reader, reader.body(QUESTION))
    asked = gemini.requests[-1]
    assert not asked.closed.is_set()
    deleted = httpx.delete(f"{reader.url}{path.format(id=reader.id)}", headers=reader.headers)
    assert deleted.is_success
    assert asked.cut_off()
    assert reader.get(f"/api/chat/{reader.id}/stream").status_code == 204


def test_a_question_is_answered_again_for_the_page_where_the_reader_is_now(reader: Reader) -> None:
    reader.ask(QUESTION, "u1")
    page = "/docs/balance/zmp"
    again = reader.ask(QUESTION, "u1", trigger="regenerate-message", scope="page", page_url=page)
    sources = [part["url"] for part in again if part["type"] == "source-url"]
    assert sources
    assert all(page in url for url in sources)


def test_more_parts_than_any_answer_has(reader: Reader) -> None:
    reader.ask(QUESTION)
    assert reader.get(f"/api/chat/{reader.id}/stream", after=2**63).status_code == 422


def test_a_reader_who_stays_away_leaves_an_incomplete_answer(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(SLOW)
    read_some(reader, reader.body(QUESTION))
    assert gemini.streams[-1].cut_off()
    until = time.monotonic() + 20
    while reader.answers()[0]["status"] == "pending" and time.monotonic() < until:
        time.sleep(0.05)
    assert reader.answers()[0]["status"] == "incomplete"


def test_leaving_a_json_answer_stops_it_after_the_grace_time(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(SLOW)
    before = len(gemini.streams)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{reader.url}/api/chat",
            json=reader.body(QUESTION),
            headers=reader.headers | {"accept": "application/json"},
            timeout=1.5,
        )
    assert gemini.streams[before].cut_off()


def test_streams_of_one_reader_are_capped(reader: Reader, gemini: GeminiServer) -> None:
    gemini.script(SLOW, SLOW, SLOW)
    ids = [str(uuid.uuid4()) for _ in range(4)]
    for conversation in ids[:3]:
        reader.id = conversation
        read_some(reader, reader.body(QUESTION), 1)
    reader.id = ids[3]
    refused = reader.send(reader.body(QUESTION))
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0
    for conversation in ids[:3]:
        httpx.post(f"{reader.url}/api/chat/{conversation}/stop", headers=reader.headers)
    assert reader.send(reader.body(QUESTION)).status_code == 200


def test_limits_carry_their_headers_and_count_the_models_tokens(data_dir: Path, gemini: GeminiServer) -> None:
    limits = AppSettings(
        questions_per_reader="5/minute",
        questions_per_address="off",
        questions_in_all="9/minute",
        tokens_per_reader="150/minute",
        _env_file=None,
    )
    with serving(data_dir, gemini_url=gemini.url, app=limits) as limited:
        reader, other = Reader(limited.url), Reader(limited.url)
        responses = [reader.send(reader.body(QUESTION)) for _ in range(3)]
        assert [response.status_code for response in responses] == [200, 200, 429]
        policy = '"questions-per-reader";q=5;w=60, "questions-in-all";q=9;w=60'
        assert responses[0].headers["ratelimit-policy"] == policy
        assert responses[0].headers["ratelimit"].startswith('"questions-per-reader";r=4;t=')
        assert 0 < int(responses[2].headers["retry-after"]) <= 60
        assert other.send(other.body(QUESTION)).status_code == 200


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_end_of_the_server_stores_what_runs_as_incomplete(
    small_index: Path, tmp_path: Path, gemini: GeminiServer
) -> None:
    data_dir = copied(small_index, tmp_path)
    gemini.script(SLOW)
    with serving(data_dir, gemini_url=gemini.url) as first:
        reader = Reader(first.url)
        read = read_some(reader, reader.body(QUESTION))
    assert gemini.streams[-1].cut_off()
    with serving(data_dir, gemini_url=gemini.url) as second:
        reader.url = second.url
        assert [answer["status"] for answer in reader.answers()] == ["incomplete"]
        rest = parts_of(reader.get(f"/api/chat/{reader.id}/stream", after=read).text)
        assert rest[-1]["type"] == "abort"
