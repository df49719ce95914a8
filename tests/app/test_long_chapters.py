"""Tasks on a chapter and a page that do not fit into one prompt, over HTTP, without a model and with one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer, Reply
from tests.serving import Served, ask, indexed, serving

pytestmark = pytest.mark.usefixtures("kept_model")

PAGES, SECTIONS, BUDGET = 40, 4, 1200
FILLER = "A Vision-Language-Action model has five-billion parameters and reads whole sentences of the book. "

ROS = """# Talking in ROS 2

## Topics and messages

Nodes publish messages to topics, and other nodes subscribe to them.

## List active topics

Run `ros2 topic list` to see all topics that nodes have opened.
"""


def write_book(site: Path) -> Path:
    docs = site / "docs"
    (docs / "01-manipulators").mkdir(parents=True)
    (docs / "intro.md").write_text("---\nslug: /\n---\n# Welcome\n\nThis book is about arms.\n", encoding="utf-8")
    (docs / "ros.md").write_text(ROS, encoding="utf-8")
    for page in range(1, PAGES + 1):
        aims = f"By completing this page, you will be able to:\n\n- Move arm {page}"
        parts = [f"# Arm {page}\n\n## Learning objectives\n\n{aims}"]
        for section in range(1, SECTIONS + 1):
            first = f"Joint {section} of arm {page} turns the tool around. "
            parts.append(f"## Part {page}.{section} of it\n\n**Output**:\n\n{first}{FILLER}")
        (docs / "01-manipulators" / f"arm-{page:02}.md").write_text("\n\n".join(parts), encoding="utf-8")
    return docs


@pytest.fixture(scope="module")
def long_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    return indexed(folder, docs=write_book(folder / "site"))


@pytest.fixture(scope="module")
def quoting(long_book: Path) -> Iterator[Served]:
    with serving(long_book, passage_tokens=BUDGET) as served:
        yield served


def whole(text: str) -> bool:
    return "…" not in text and text.rstrip().endswith((".", ":", f"arm {text.split()[-1]}"))


def test_without_a_model_a_chapter_is_its_pages_with_their_first_real_sentences(quoting: Served) -> None:
    answer = ask(quoting.url, "summarize the manipulators chapter")
    lines = [line for line in answer["answer"].splitlines() if line.startswith("- ")]
    assert len(lines) >= 14
    assert lines[0] == "- **Arm 1** — Joint 1 of arm 1 turns the tool around. [1]"
    assert len({source["url"].partition("#")[0] for source in answer["sources"]}) == len(answer["sources"])
    assert len(answer["sources"]) <= PAGES
    for source in answer["sources"]:
        assert whole(source["text"]), source["text"]
    left_out = re.search(r"and (\d+) more", answer["answer"])
    assert len(lines) + (int(left_out[1]) if left_out else 0) == PAGES


def test_the_model_is_given_whole_sentences_of_as_many_sections_as_fit_and_told_what_is_missing(
    long_book: Path,
) -> None:
    reply = Reply(chunks=("All about arms [source 1].",))
    with GeminiServer(reply) as gemini, serving(long_book, gemini_url=gemini.url, passage_tokens=BUDGET) as served:
        answer = ask(served.url, "summarize the manipulators chapter")
        prompt = gemini.requests[-1].texts[-1][1]
    passages = re.findall(r"<passage number=\"\d+\" from=\"([^\"]*)\">\n(.*?)\n</passage>", prompt, re.DOTALL)
    assert len(passages) == len(answer["sources"]) == BUDGET // 60
    assert all(text.endswith((".", "!", "?")) and "[…]" not in text for _, text in passages)
    assert all("turns the tool around." in text for _, text in passages)  # no section of objectives
    sections = PAGES * (SECTIONS + 1)
    assert f"of {len(passages)} of its {sections} sections" in prompt
    assert "Say in one sentence that the answer is made from these beginnings alone." in prompt


@pytest.mark.parametrize("message", ["list all topics", "how do I list the topics", "which topics are there?"])
def test_topics_that_the_book_is_about_are_searched_for(quoting: Served, message: str) -> None:
    answer = ask(quoting.url, message)
    assert "ros2 topic list" in answer["answer"]
    assert "table of contents" not in answer["answer"]


@pytest.mark.parametrize(
    "message", ["what topics does this book cover?", "list all chapters", "which topics are covered?"]
)
def test_the_topics_of_the_book_are_its_table_of_contents(quoting: Served, message: str) -> None:
    assert "table of contents" in ask(quoting.url, message)["answer"]


@pytest.mark.parametrize("message", ["what topics does this chapter cover?", "which pages are in this chapter?"])
def test_the_topics_of_the_open_chapter_are_its_pages(quoting: Served, message: str) -> None:
    answer = ask(quoting.url, message, page_url="/docs/manipulators/arm-03")
    assert "Manipulators" in answer["answer"]
    assert {source["url"] for source in answer["sources"]} >= {"/docs/manipulators/arm-01", "/docs/manipulators/arm-02"}
    assert "Joint" not in answer["answer"]
