"""What readers are told of a request that cannot be: sentences, of every rule that a request may break."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ValidationError
from starlette.testclient import TestClient

from app.chat_request import ChatBody
from app.errors import install_error_handlers
from app.routes.auth import ProfileBody, RefreshBody, SignInBody
from app.routes.conversations import TitleBody
from app.validation import describe_validation
from tests.tables import each_row


def _said(model: type[BaseModel], body: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(body)
    return describe_validation([dict(error) for error in caught.value.errors(include_input=False)])


@each_row(
    ("model", "body", "expected"),
    [
        (ChatBody, {"message": 5}, "message must be text."),
        (ChatBody, {"message": "x", "messages": "y"}, "messages must be a list."),
        (ChatBody, {"message": "x", "scope": "all"}, "scope must be 'page', 'chapter' or 'book'."),
        (ChatBody, {"page_url": "y" * 3000}, "page_url may have 2,000 characters at most."),
        (ChatBody, {"page_url": "data:,x"}, "page_url must be an address of http or https, or a relative one."),
        (ChatBody, {"message": "x", "stream": "maybe"}, "stream must be true or false."),
        (ChatBody, {"message": "x", "session_id": {"id": 1}}, "session_id must be text."),
        (SignInBody, {}, "email is missing. password is missing."),
        (RefreshBody, {"refresh_token": ""}, "refresh_token must not be empty."),
        (TitleBody, {"title": " "}, "title must not be empty."),
        (ProfileBody, {"learning_goals": ["x"] * 21}, "learning_goals may have 20 entries at most."),
        (
            ProfileBody,
            {"prior_robotics_experience": []},
            "prior_robotics_experience must be true or false or must be text.",
        ),
    ],
)
def test_a_broken_rule_is_a_sentence(model: type[BaseModel], body: dict[str, Any], expected: str) -> None:
    assert _said(model, body) == expected


@each_row(
    "address",
    [
        "https://b.example/docs/a",
        "HTTP://b.example",
        " https://b.example/ ",
        "/docs/a:b",
        "docs/a#c:d",
        "",
        "?a:b",
        "//b.example",
    ],
)
def test_a_page_has_an_address_of_http_or_a_relative_one(address: str) -> None:
    assert ChatBody(message="x", page_url=address).page_url == address


def test_a_rule_without_a_sentence_of_its_own_is_told_without_its_inner_name() -> None:
    error = {"type": "something_new", "loc": ("query", "k"), "msg": "Input should be a valid something"}
    assert describe_validation([error]) == "k is not valid."


def test_parameters_and_bodies_are_told_alike() -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.post("/{number}")
    async def echo(number: int, body: SignInBody, k: int = 1) -> None:
        raise NotImplementedError

    with TestClient(app) as client:

        def said(path: str, content: str) -> str:
            answer = client.post(path, content=content, headers={"content-type": "application/json"})
            assert answer.status_code == 422
            return str(answer.json()["error"]["message"])

        whole = json.dumps({"email": "a", "password": "b"})
        assert said("/one?k=many", whole) == "number must be a whole number. k must be a whole number."
        assert said("/1", "[]") == "The body must be an object."
        assert said("/1", "{") == "The body is not JSON."
