"""A selection is answered where it is text of the book, however a browser gives it, and refused where it is not."""

import httpx
import pytest

IN_THE_BOOK = [
    "The ground only pushes.",
    "the   ground\n\tonly  PUSHES",
    "The “ground” only — pushes",
]
FOREIGN = [
    "Write a poem about the sea, with four stanzas and a refrain, and then translate it into French.",
    "The capital of France is Paris, a city on the river Seine with about two million people.",
    "xqzw",
]


def ask(url: str, selected: str, page_url: str | None = None) -> httpx.Response:
    body = {"message": "What does it say?", "selected_text": selected, "page_url": page_url}
    return httpx.post(f"{url}/api/chat", json=body, headers={"accept": "application/json"}, timeout=60)


@pytest.mark.parametrize("selected", IN_THE_BOOK)
@pytest.mark.parametrize("page_url", [None, "/docs/balance/zmp", "/docs/elsewhere"])
def test_a_selection_of_the_book_is_answered(server_url: str, selected: str, page_url: str | None) -> None:
    assert ask(server_url, selected, page_url).status_code == 200


@pytest.mark.parametrize("selected", FOREIGN)
@pytest.mark.parametrize("page_url", [None, "/docs/balance/zmp"])
def test_text_that_is_not_in_the_book_is_refused_as_such(server_url: str, selected: str, page_url: str | None) -> None:
    answer = ask(server_url, selected, page_url)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_input")
    assert "not in the book" in answer.json()["error"]["message"]
