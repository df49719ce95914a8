"""The sample book keeps what it promises: size, variety of features, and a sound evaluation set."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from tests.tables import each_row

BOOK = Path(__file__).parents[2] / "book"
DOCS = BOOK / "docs"
URDU = BOOK / "i18n" / "ur" / "docusaurus-plugin-content-docs" / "current"
QUESTIONS = BOOK / "eval" / "questions.jsonl"


def published() -> list[Path]:
    """The pages of the newest version in English, drafts and what the globs leave out excepted."""
    pages = []
    for path in sorted(DOCS.rglob("*.md*")):
        parts = path.relative_to(DOCS).parts
        if any(part.startswith("_") for part in parts) or path.name.endswith(".notes.md"):
            continue
        if not re.search(r"^draft: true$", path.read_text("utf-8"), re.MULTILINE):
            pages.append(path)
    return pages


def prose_words(text: str) -> int:
    """Words outside front matter and code fences."""
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    return len(re.sub(r"^(`{3,})[^\n]*\n.*?^\1$", "", body, flags=re.DOTALL | re.MULTILINE).split())


def whole_text() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md*")))


def test_the_book_has_at_least_24_pages_and_14_000_words() -> None:
    pages = published()
    assert len(pages) >= 24
    assert sum(prose_words(page.read_text("utf-8")) for page in pages) >= 14_000


@each_row(
    "subject",
    [
        "ROS 2",
        "Simulation",
        "Kalman filter",
        "Jacobian",
        "Dynamics",
        "zero moment point",
        "capture point",
        "Grasping",
        "Vision–Language–Action",
        "harmonic drive",
        "watchdog",
    ],
)
def test_each_promised_subject_is_there(subject: str) -> None:
    assert subject.lower() in whole_text().lower()


@each_row(
    ("feature", "pattern"),
    [
        ("an id in the front matter", r"^id: \w"),
        ("an absolute slug", r"^slug: /"),
        ("a relative slug", r"^slug: [^/]"),
        ("a number as a title", r"^title: [\d.]+$"),
        ("a sidebar position", r"^sidebar_position: \d"),
        ("an unlisted page", r"^unlisted: true$"),
        ("a draft", r"^draft: true$"),
        ("plain Markdown", r"^  format: md$"),
        ("an imported component", r"^import \w+ from '@site/src/components/"),
        ("an imported partial", r"^import \w+ from '\./_"),
        ("tabs", r"^<TabItem value="),
        ("an admonition with a title", r"^:::tip \w"),
        ("a nested admonition", r"^::::danger"),
        ("a folded block", r"^<details>"),
        ("Python", r"^```python"),
        ("C++", r"^```cpp"),
        ("XML", r"^```xml"),
        ("YAML", r"^```yaml"),
        ("a shell", r"^```bash"),
        ("a title on a fence", r'^```\w+ title="'),
        ("highlighted lines", r"^```python [^\n]*\{\d"),
        ("a fence in a fence", r"^````md$"),
        ("a live MDX block", r"^```mdx-code-block$"),
        ("a comment that looks like a heading", r"^# A comment, and not a heading\.$"),
        ("display maths", r"^\$\$$"),
        ("inline maths", r"\$\\omega"),
        ("a diagram", r"^```mermaid$"),
        ("a table", r"^\|---\|---\|"),
        ("an image with alt text", r"!\[\w[^\]]+\]\(/img/"),
        ("an emoji in a heading", r"^## .*🤖$"),
        ("an emoji by name in a heading", r"^## .* :\w+:$"),
        ("a heading with a text directive", r"^## .*robot:link$"),
        ("a heading with code", r"^## .*`rclpy\.spin`"),
        ("a heading with an ampersand", r"^## \w+ & \w+"),
        ("a heading with a component", r"^## .*<Badge>"),
        ("an id of its own", r"^## .*\{#whats-new\}$"),
        ("an id in a comment", r"^## .*\{/\* #what-is-a-vla \*/\}$"),
        ("an underlined heading", r"^-{5,}$"),
        ("a footnote", r"^\[\^cot\]: "),
        ("an HTML comment", r"<!-- The editors"),
    ],
)
def test_each_feature_of_real_books_occurs(feature: str, pattern: str) -> None:
    assert re.search(pattern, whole_text(), re.MULTILINE), feature


def test_file_names_meet_every_rule() -> None:
    for name in [
        "02-ros2/index.md",
        "03-simulation/README.md",
        "perception/perception.md",
        "appendix/2025-01-15-errata.md",
        "appendix/_contact.md",
        "appendix/_ideas/hands.md",
        "appendix/review.notes.md",
        "07-manipulation/_category_.yml",
    ]:
        assert (DOCS / name).is_file(), name
    categories = [json.loads(path.read_text("utf-8")) for path in DOCS.rglob("_category_.json")]
    assert any(category.get("link", {}).get("type") == "generated-index" for category in categories)


def test_a_page_repeats_a_heading() -> None:
    headings = re.findall(r"^## (.*)$", (DOCS / "appendix/2025-01-15-errata.md").read_text("utf-8"), re.MULTILINE)
    assert max(Counter(headings).values()) == 2


def test_there_are_an_older_version_labs_and_three_pages_in_urdu() -> None:
    versions = json.loads((BOOK / "versions.json").read_text("utf-8"))
    for version in versions:
        assert 3 <= len(list((BOOK / f"versioned_docs/version-{version}").glob("*.md"))) <= 4
    assert len(list((BOOK / "labs").glob("*.md"))) == 2
    translated = sorted(URDU.rglob("*.md*"))
    assert len(translated) == 3
    for page in translated:
        assert (DOCS / page.relative_to(URDU)).is_file()
        assert len(re.findall(r"[\u0600-\u06ff]+", page.read_text("utf-8"))) > 300


def test_packages_are_pinned_and_the_lock_names_no_registry() -> None:
    package = json.loads((BOOK / "package.json").read_text("utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["dependencies"].values())
    lock = json.loads((BOOK / "package-lock.json").read_text("utf-8"))
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def read_questions() -> list[dict[str, object]]:
    return [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]


def test_the_evaluation_set_has_its_sizes_kinds_and_halves() -> None:
    questions = read_questions()
    tags = Counter(tag for question in questions for tag in question["tags"])  # type: ignore[attr-defined]
    answerable = [question for question in questions if question.get("answerable", True)]
    assert len(answerable) >= 130
    assert len(questions) - len(answerable) >= 150
    assert len({question["id"] for question in questions}) == len(questions)
    assert len({question["question"] for question in questions}) == len(questions)
    for kind in ("fact", "definition", "how-to", "why", "code", "comparison", "follow-up", "paraphrase", "urdu"):
        assert tags[kind] >= 10, kind
    halves: dict[str, list[dict[str, object]]] = {
        half: [question for question in questions if {half, f"half:{half}"} & set(question["tags"])]  # type: ignore[call-overload]
        for half in ("dev", "test")
    }
    for half, here in halves.items():
        assert sum(question.get("answerable", True) is False for question in here) >= 50, half
        assert len(here) >= 0.4 * len(questions), half
    assert len(halves["dev"]) + len(halves["test"]) == len(questions)


def test_every_answerable_question_has_an_answer_and_an_address_and_no_other_has() -> None:
    for question in read_questions():
        relevant = question["relevant"]
        assert isinstance(relevant, list)
        if question.get("answerable", True):
            assert question["answer"]
            assert relevant
            assert all(re.match(r"(/ur)?/(docs|labs)[/#]", address) for address in relevant)
        else:
            assert relevant == []


def test_questions_are_not_headings_of_the_book() -> None:
    headings = {heading.lower() for heading in re.findall(r"^#+ (.*?)\??$", whole_text(), re.MULTILINE)}
    for question in read_questions():
        assert str(question["question"]).rstrip("?").lower() not in headings
