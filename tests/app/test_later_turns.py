"""Messages that go on from the last answer, over HTTP: one of its points, the same task for another chapter."""

from typing import Any

from tests.app.test_tasks import PAGE
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.serving import Served, ask
from tests.tables import each_row

CAPTURE_POINT = "/docs/balance/capture-point"
LIST = "It says:\n\n- The ground only pushes [source 1].\n- The feet stay flat [source 1]."


gemini = gemini_fixture(Reply(chunks=(LIST,)))


def talk(url: str, *messages: str, **more: Any) -> dict[str, Any]:
    """The answer to the last of some messages of one conversation."""
    said: list[dict[str, str]] = []
    answer: dict[str, Any] = {}
    for message in messages:
        answer = ask(url, message, history=said, **more) if said else ask(url, message, **more)
        said = [*said, {"role": "user", "content": message}, {"role": "assistant", "content": answer["answer"]}]
    return answer


@each_row(
    ("message", "said", "url"),
    [
        ("explain the second point", "cannot leave the support polygon", f"{PAGE}#inside"),
        ("what does the first bullet mean?", "tipping moments", f"{PAGE}#what-it-is"),
        ("more on the last one", "cannot leave the support polygon", f"{PAGE}#inside"),
        ("erkläre den zweiten Punkt", "cannot leave the support polygon", f"{PAGE}#inside"),
    ],
)
def test_a_point_of_a_summary_is_its_section(server_url: str, message: str, said: str, url: str) -> None:
    answer = talk(server_url, "summarize this page", message, page_url=PAGE)
    assert said in answer["answer"]
    assert [source["url"] for source in answer["sources"]] == [url]
    assert answer["verdict"] == "covered"


def test_a_point_of_a_list_of_pages_is_that_page(server_url: str) -> None:
    answer = talk(server_url, "what's in the first chapter?", "tell me more about the second one")
    assert "“Capture point”" in answer["answer"]
    assert answer["sources"][0]["url"].startswith(CAPTURE_POINT)


def test_a_point_that_the_answer_has_not_is_asked_back(server_url: str) -> None:
    answer = talk(server_url, "summarize this page", "explain point 40", page_url=PAGE)
    assert answer["answer"] == "The last answer has no point with that number; it has 2 points. Which one do you mean?"
    assert answer["sources"] == []


@each_row(
    ("answered", "message"),
    [
        ("text", "the last point?"),
        ("- \n- \n", "explain the last one"),
        ("1. **A** a\n2. **B** b\n3. c", "explain the last five points"),
        ("1. one\n2. two", "explain the last three points"),
    ],
)
def test_more_points_from_the_end_than_there_are_are_no_fault(server_url: str, answered: str, message: str) -> None:
    history = [{"role": "user", "content": "What keeps it up?"}, {"role": "assistant", "content": answered}]
    assert ask(server_url, message, history=history)["answer"]
    assert ask(server_url, message, history=history[:1])["answer"]


def test_the_model_is_told_which_point_is_meant(with_model: Served, gemini: GeminiServer) -> None:
    talk(with_model.url, "summarize this page", "explain the second point", page_url=PAGE)
    last = gemini.requests[-1].texts[-1][1]
    assert "“The feet stay flat.”" in last
    assert "The ground only pushes" in last


def test_the_model_is_told_what_the_next_page_is_wanted_for(with_model: Served, gemini: GeminiServer) -> None:
    talk(with_model.url, "quiz me on this page", "and the next one?", page_url=PAGE)
    last = gemini.requests[-1].texts[-1][1]
    assert "the same as “quiz me on this page”" in last
    assert "The capture point is the place on the ground" in last


def test_the_next_page_gets_the_task_of_the_last_one(server_url: str) -> None:
    answer = talk(server_url, "summarize this page", "and the next one?", page_url=PAGE)
    assert "“Capture point”" in answer["answer"]
    back = talk(server_url, "summarize this page", "and the next one?", "explain the first point", page_url=PAGE)
    assert "The capture point is the place" in back["answer"]


def test_the_open_page_is_compared_with_the_next_one(server_url: str) -> None:
    answer = ask(server_url, "compare this page with the next one", page_url=PAGE)["answer"]
    assert "**Zero moment point**\n\n- " in answer
    assert "**Capture point**\n\n- " in answer
    last = ask(server_url, "compare this page with the next one", page_url="/docs/")
    assert (last["answer"], last["sources"]) == ("“A Small Book” is the last one; nothing comes after it.", [])
