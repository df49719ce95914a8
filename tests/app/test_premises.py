"""Questions that take something for granted that the book contradicts, over HTTP with a model that corrects them."""

import json

import httpx
import pytest

from engines import prompts
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.serving import Served, ask

QUESTION = "Since the ground can also pull at the feet, where outside the support polygon may the zero moment point be?"
CORRECTION = "The book says that the ground only pushes and never pulls [source 1], so it stays inside [source 1]."
PASSAGE = "The ground only pushes and never pulls"


gemini = gemini_fixture()


def test_the_passage_that_contradicts_reaches_the_model_with_the_rule_to_correct(
    with_model: Served, gemini: GeminiServer
) -> None:
    gemini.reply = Reply(chunks=(CORRECTION,))
    before = len(gemini.streams)
    ask(with_model.url, QUESTION)
    (request,) = gemini.streams[before:]
    assert "takes something for granted that the passages contradict, correct that first" in request.system
    assert request.system.startswith(prompts.TUTOR)
    prompt = request.texts[-1][1]
    assert "The ground only pushes and never pulls" in prompt
    assert QUESTION in prompt


UNSURE = (  # the search is uncertain about one of them at least
    "Since magnets pull the feet of my robot to the iron floor, how far outside may its moment point be?",
    "Because feet can pull at the ground, may I leave the polygon in my planner?",
    "My feet have suction cups that pull. Why does the planner still keep the point inside?",
    "My robot hangs from a crane. Does it still have to keep the point inside?",
    "How far may a robot with sticky feet lean out?",
)


def unsure(url: str) -> tuple[str, int]:
    """A question that the search is uncertain about, and the number of the passage that contradicts it.

    The model then says first how far the passages answer it.
    """
    for question in UNSURE:
        found = httpx.get(f"{url}/api/search", params={"q": question}, timeout=60).json()
        numbers = [source["number"] for source in found["results"] if PASSAGE in source["text"]]
        if found["explanation"]["verdict"] == "uncertain" and numbers:
            return question, numbers[0]
    raise AssertionError("the search is certain about all of them")


@pytest.mark.parametrize("verdict", ["", "<verdict>wholly</verdict>\n", "<verdict>partly: where it may be</verdict>\n"])
def test_the_correction_reaches_the_reader_with_its_citation(
    with_model: Served, gemini: GeminiServer, verdict: str
) -> None:
    question, number = unsure(with_model.url) if verdict else (QUESTION, 1)
    correction = CORRECTION.replace("source 1", f"source {number}")
    gemini.reply = Reply(chunks=(verdict, correction) if verdict else (correction,))
    answer = ask(with_model.url, question)
    assert answer["grounded"] is True
    assert answer["complete"] is True
    assert "the ground only pushes and never pulls" in answer["answer"]
    assert "verdict>" not in answer["answer"]
    assert answer["citations"][0]["url"].startswith("/docs/balance/zmp#")
    assert answer["citations"][0]["text"].startswith("The ground only pushes and never pulls")


def test_a_premise_that_the_book_does_not_speak_of_becomes_the_refusal_where_the_model_says_so(
    with_model: Served, gemini: GeminiServer
) -> None:
    gemini.reply = Reply(chunks=("<verdict>not at all</verdict>",))
    answer = ask(
        with_model.url, "Since robots breathe through the zero moment point, how many litres of air do they need?"
    )
    assert (answer["verdict"], answer["grounded"]) == ("not_covered", False)
    assert "verdict>" not in json.dumps(answer)
