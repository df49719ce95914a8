"""What `bookrag index build` tells a maintainer while it runs."""

import pytest

from app.cli.notices import PrintedNotices


def test_a_multilingual_model_is_suggested_once(capsys: pytest.CaptureFixture[str]) -> None:
    notices = PrintedNotices()
    for _ in range(2):
        notices.editions_not_read(["ur", "de"], "sentence-transformers/all-MiniLM-L6-v2")
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("EMBED_MODEL=intfloat/multilingual-e5-small") == 1
    assert "(ur, de)" in said
