"""The widget's files as pages of other origins get them."""

import gzip
import json

import httpx
import pytest

from app.widget.router import STATIC_DIR

MANIFEST = json.loads((STATIC_DIR / "manifest.json").read_text())
ORIGIN = {"origin": "https://book.example"}


@pytest.mark.parametrize("path", ["/widget.js", *(f"/widget/{name}" for name in MANIFEST["files"])])
def test_any_origin_may_load_a_file(server_url: str, path: str) -> None:
    answer = httpx.get(server_url + path, headers=ORIGIN)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.content == (STATIC_DIR / path.rsplit("/", 1)[1]).read_bytes()


def test_a_file_with_its_hash_in_its_name_is_kept_and_the_loader_is_asked_for_again(server_url: str) -> None:
    panel = httpx.get(f"{server_url}/widget/{MANIFEST['panel']}")
    assert panel.headers["cache-control"] == "public, max-age=31536000, immutable"
    loader = httpx.get(f"{server_url}/widget.js")
    assert loader.headers["cache-control"] == "no-cache"
    again = httpx.get(f"{server_url}/widget.js", headers={"if-none-match": loader.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_files_are_compressed_for_those_who_can_read_it(server_url: str) -> None:
    with httpx.stream("GET", f"{server_url}/widget.js", headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == (STATIC_DIR / "widget.js").read_bytes()
    plain = httpx.get(f"{server_url}/widget.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("name", ["nothing.js", "..%2f__init__.py", "%2e%2e/router.py", "panel.js"])
def test_nothing_else_is_served(server_url: str, name: str) -> None:
    assert httpx.get(f"{server_url}/widget/{name}").status_code == 404


def test_the_loader_has_a_name_with_its_hash_for_pages_that_name_its_integrity(server_url: str) -> None:
    loader = httpx.get(f"{server_url}/widget/{MANIFEST['loader']}")
    assert loader.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert loader.content == (STATIC_DIR / "widget.js").read_bytes()
    assert MANIFEST["files"][MANIFEST["loader"]]["integrity"] == MANIFEST["files"]["widget.js"]["integrity"]


def test_a_page_that_was_opened_before_an_update_finds_the_modules_of_now(server_url: str) -> None:
    older = httpx.get(f"{server_url}/widget/panel-00000000.js")
    assert older.content == (STATIC_DIR / MANIFEST["panel"]).read_bytes()
    assert older.headers["cache-control"] == "no-cache"
    assert httpx.get(f"{server_url}/widget/widget-00000000.js").status_code == 404  # its integrity would not be met
    assert httpx.get(f"{server_url}/widget/chunk-00000000.js").status_code == 404
