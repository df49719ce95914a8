"""History that cannot be written: the reader is answered all the same, is told, and nothing is lost."""

import sqlite3
import time
from pathlib import Path

import httpx

from storage.sqlite import DATABASE_NAME
from tests.serving import serving

QUESTION = "Why can the zero moment point not leave the support polygon?"


def test_the_answer_comes_the_reader_is_told_and_the_turn_is_stored_later(data_dir: Path) -> None:
    with serving(data_dir) as served:
        session = httpx.post(f"{served.url}/api/auth/guest").json()["session"]
        headers = {"authorization": f"Bearer {session['access_token']}"}
        away = sqlite3.connect(data_dir / DATABASE_NAME, isolation_level=None)
        away.execute("begin exclusive")
        answer = httpx.post(f"{served.url}/api/chat", json={"message": QUESTION}, headers=headers, timeout=60)
        whole = httpx.post(
            f"{served.url}/api/chat",
            json={"message": QUESTION},
            headers={**headers, "accept": "application/json"},
            timeout=60,
        ).json()
        away.execute("rollback")
        away.close()
        assert answer.status_code == 200
        assert '"type":"data-history","data":{"saved":false' in answer.text
        assert "never pulls" in answer.text
        assert whole["complete"] is True
        assert whole["history"]["saved"] is False
        deadline = time.monotonic() + 30
        kept: list[dict[str, object]] = []
        while len(kept) < 2 and time.monotonic() < deadline:
            kept = httpx.get(f"{served.url}/api/conversations", headers=headers, timeout=30).json()["conversations"]
            time.sleep(0.2)
        assert len(kept) == 2
        assert kept[0]["title"] == QUESTION
