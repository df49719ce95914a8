"""`bookrag index …` as a maintainer runs it: what it prints, and its exit codes."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from uuid import uuid4

import pytest

from indexing.book_identity import COMMIT_UNKNOWN
from storage.conversations.turns import Answer, TurnRequest
from storage.reader_stores import open_reader_stores
from storage.settings import StorageSettings
from storage.vectors.index_store import open_store
from tests.commands import run_command
from tests.indexing.docusaurus.sites import needs_node
from tests.reader_stores import sign_up
from tests.small_book import write_small_book

CITED = "/docs/balance/capture-point#definition"
GONE = ("01-balance/02-capture-point.md", "02-ros.mdx")


class Maintainer:
    """Runs commands on the small book, with the settings that a test wants."""

    def __init__(self, docs: Path, data_dir: Path) -> None:
        self.docs = docs
        self.data_dir = data_dir

    def run(self, *arguments: str, **settings: str) -> "CompletedProcess[str]":
        """`bookrag index` with these arguments."""
        environment = {key: os.environ[key] for key in ("PATH", "HOME", "PYTHONPATH") if key in os.environ}
        environment |= {"BOOK_DIR": str(self.docs), "DATA_DIR": str(self.data_dir)} | settings
        return run_command("index", *arguments, environment=environment, folder=self.docs.parent)

    def plan(self, **settings: str) -> dict[str, object]:
        """What `bookrag index plan --json` tells."""
        done = self.run("plan", "--json", **settings)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


@pytest.fixture
def maintainer(tmp_path: Path, data_dir: Path) -> Maintainer:
    return Maintainer(write_small_book(tmp_path / "site"), data_dir)


async def _answer(data_dir: Path, *sources: Mapping[str, object]) -> None:
    async with open_reader_stores(StorageSettings(_env_file=None, data_dir=data_dir)) as stores:
        reader = await sign_up(stores, f"{uuid4().hex}@book.example")
        turn = await stores.conversations.begin_turn(reader, TurnRequest(uuid4(), "Where?"))
        answer = Answer("There.", complete=True, finish_reason="stop", sources=sources)
        await stores.conversations.finish_turn(reader, turn, answer)


class TestPlan:
    """What a rebuild would change."""

    def test_counts_the_citations_of_addresses_that_disappear(self, maintainer: Maintainer) -> None:
        stays = {"url": "https://book.example/docs/balance/zmp", "cited": True}
        for cited in (True, True, False):
            lost = {"url": f"https://book.example{CITED}", "cited": cited}
            asyncio.run(_answer(maintainer.data_dir, lost, stays))
        for name in GONE:
            (maintainer.docs / name).unlink()

        plan = maintainer.plan()

        assert plan["citations"] == {CITED: 2}
        table, markdown = maintainer.run("plan").stdout, maintainer.run("plan", "--markdown").stdout
        for shown in (table, markdown):
            assert "Citations of 1 of them in stored answers: 2." in shown
            assert f"{CITED} (cited in stored answers: 2)" in shown

    def test_without_a_history_nothing_is_cited(self, maintainer: Maintainer) -> None:
        (maintainer.docs / GONE[0]).unlink()

        assert maintainer.plan()["citations"] == {}
        assert not list(maintainer.data_dir.glob("*.sqlite3"))

    def test_in_supabase_it_is_not_known(self, maintainer: Maintainer) -> None:
        (maintainer.docs / GONE[0]).unlink()
        supabase = {"SUPABASE_URL": "http://127.0.0.1:9", "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x"}

        assert maintainer.plan(**supabase)["citations"] is None
        assert "is not known" in maintainer.run("plan", "--markdown", **supabase).stdout

    def test_tells_a_setting_of_the_site_that_differs_as_the_build_does(self, maintainer: Maintainer) -> None:
        assert maintainer.run("build", SITE_URL="https://book.example").returncode == 0
        same = maintainer.plan(SITE_URL="https://book.example")
        other = maintainer.plan(SITE_URL="https://other.example")

        assert (same["current"], same["different_settings"]) == (True, {})
        assert other["different_settings"] == {"site_url": ["https://book.example", "https://other.example"]}
        assert other["current"] is False
        assert "Published" in maintainer.run("build", "--if-needed", SITE_URL="https://other.example").stderr

    def test_before_the_first_build_nothing_is_reused_and_the_time_is_estimated(
        self, maintainer: Maintainer, tmp_path: Path
    ) -> None:
        same = "# The same\n\nTwo pages have this very text, which is embedded once.\n"
        for name in ("05-same.md", "06-same-again.md"):
            (maintainer.docs / name).write_text(same, encoding="utf-8")
        nothing = {"DATA_DIR": str(tmp_path / "nothing")}

        plan = maintainer.plan(**nothing)

        assert (plan["live"], plan["reused"]) == (None, 0)
        assert plan["to_embed"] == int(str(plan["chunks"])) - 1
        assert float(str(plan["seconds"])) > 0
        shown = " ".join(maintainer.run("plan", **nothing).stdout.split())
        assert "on a machine with two cores" in shown
        assert "1 with the text of another one, 0 reused." in shown

    def test_the_record_counts_sections_as_the_plan_does(self, maintainer: Maintainer) -> None:
        plan, listed = maintainer.plan(), json.loads(maintainer.run("list", "--json").stdout)

        assert isinstance(plan["sections"], dict)
        assert isinstance(plan["pages"], dict)
        assert listed[0]["counts"]["sections"] == plan["sections"]["unchanged"]
        assert listed[0]["counts"]["pages"] == plan["pages"]["unchanged"]


class TestErrors:
    """A page that cannot be read."""

    def test_the_plan_says_why_a_page_goes_and_ends_with_one(self, maintainer: Maintainer) -> None:
        (maintainer.docs / GONE[1]).write_text("---\ntitle: [\n---\n# ROS\n", encoding="utf-8")

        for form in ((), ("--markdown",), ("--json",)):
            done = maintainer.run("plan", *form)
            assert done.returncode == 1, form
            assert "02-ros.mdx" in done.stdout, form
            assert "not valid YAML" in done.stdout, form
        assert "because of an error, not because of a deletion" in maintainer.run("plan", "--markdown").stdout

    def test_a_new_page_that_cannot_be_read_is_told_of_as_well(self, maintainer: Maintainer) -> None:
        (maintainer.docs / "09-new.md").write_text("---\nid: new\ntitle: a: b\n---\n# New\n", encoding="utf-8")

        for form in ((), ("--markdown",)):
            done = maintainer.run("plan", *form)
            assert done.returncode == 1, form
            assert "1 file cannot be read" in done.stdout, form
            assert "09-new.md:3: " in done.stdout, form

    def test_a_page_that_mdx_refuses_is_left_out_and_every_command_ends_with_one(self, maintainer: Maintainer) -> None:
        (maintainer.docs / "09-new.md").write_text("# New\n\nSet {{ .Values.image }} in it.\n", encoding="utf-8")

        for form in ((), ("--json",)):
            pages = maintainer.run("pages", *form)
            assert pages.returncode == 1, form
            assert "left out: docs/09-new.md:3: " in pages.stderr, form
            assert "/docs/new" not in pages.stdout, form
            assert "/docs/balance/zmp" in pages.stdout, form
        plan = maintainer.run("plan")
        assert plan.returncode == 1
        assert "09-new.md:3: " in plan.stdout
        told = json.loads(maintainer.run("check-links", "--json").stdout)["problems"]
        assert [(each["source"], each["line"], each["error"]) for each in told if each["error"]] == [
            ("docs/09-new.md", 3, True)
        ]

        strict = maintainer.run("build", "--strict")
        assert strict.returncode == 1
        assert "09-new.md:3: " in strict.stderr
        (maintainer.docs / "10-good.md").write_text("# Good\n\nThe others are published.\n", encoding="utf-8")
        built = maintainer.run("build", "--json")
        assert built.returncode == 1
        facts = json.loads(built.stdout)
        assert facts["changed"] is True
        assert [(each["source"], each["line"]) for each in facts["problems"]] == [("docs/09-new.md", 3)]
        assert maintainer.run("build", "--if-needed").returncode == 0

    @pytest.mark.parametrize(
        ("name", "reason"), [("02-new.md", "its id"), ("new.md", "not a file"), ("new!.md", "webpack")]
    )
    def test_an_error_without_a_line_ends_with_one_as_well(
        self, maintainer: Maintainer, name: str, reason: str
    ) -> None:
        if reason == "not a file":
            (maintainer.docs / name).symlink_to(maintainer.docs / "nowhere.md")
        else:
            (maintainer.docs / "new.md").write_text("# New\n\nText.\n", encoding="utf-8")
            (maintainer.docs / name).write_text("# New\n\nOther text.\n", encoding="utf-8")

        for command in (("plan",), ("pages",), ("build",)):
            done = maintainer.run(*command)
            assert done.returncode == 1, command
            assert reason in done.stdout + done.stderr, command

    def test_a_page_that_another_hides_at_its_address_is_no_error(self, maintainer: Maintainer) -> None:
        for name in ("index.md", "README.md"):
            (maintainer.docs / "both").mkdir(exist_ok=True)
            (maintainer.docs / "both" / name).write_text(f"# {name}\n\nText of {name}.\n", encoding="utf-8")

        for command in (("plan",), ("pages",), ("build",)):
            done = maintainer.run(*command)
            assert done.returncode == 0, command
        assert "both/README.md" in maintainer.run("pages").stderr


class TestPages:
    """The published pages."""

    def test_headings_that_a_lazy_tab_hides_are_marked(self, maintainer: Maintainer) -> None:
        tabs = "".join(f'<TabItem value="{v}">\n\n## Panel {v}\n\n</TabItem>\n' for v in "ab")
        text = f"import Tabs from '@theme/Tabs'\nimport TabItem from '@theme/TabItem'\n\n<Tabs lazy>\n{tabs}</Tabs>\n"
        (maintainer.docs / "05-lazy.mdx").write_text(text, encoding="utf-8")

        pages = map(json.loads, maintainer.run("pages", "--json").stdout.splitlines())

        [headings] = [page["headings"] for page in pages if page["source"] == "docs/05-lazy.mdx"]
        assert headings == [
            {"level": 2, "text": "Panel a", "id": "panel-a"},
            {"level": 2, "text": "Panel b", "id": "panel-b", "rendered": False},
        ]


class TestKeptBuilds:
    """Old builds are deleted after a publish; the one that a rollback leads to stays."""

    def test_as_many_stay_as_the_setting_says(self, maintainer: Maintainer) -> None:
        for _ in range(3):
            assert maintainer.run("build", "--rebuild", KEEP_BUILDS="1").returncode == 0
        builds = json.loads(maintainer.run("list", "--json").stdout)
        assert [build["live"] for build in builds] == [True, False]
        assert maintainer.run("rollback").returncode == 0
        assert maintainer.run("build", KEEP_BUILDS="0").returncode == 2
        assert builds[0]["book"][COMMIT_UNKNOWN] == "the book is not in a git checkout"
        assert "unknown:" in maintainer.run("list").stdout


class TestUnknownAddresses:
    """A config that cannot be run: nothing is published with addresses that are guesses."""

    CONFIG = "if (!process.env.DOCS_STAGE) throw new Error('DOCS_STAGE is not set'); module.exports = %s;"

    @needs_node
    def test_nothing_is_published_and_every_command_says_so(self, maintainer: Maintainer) -> None:
        site = {"url": "https://book.example", "baseUrl": "/deep/", "presets": [["classic", {}]]}
        config = self.CONFIG % json.dumps(site)
        (maintainer.docs.parent / "docusaurus.config.js").write_text(config, encoding="utf-8")
        before = maintainer.run("list", "--json").stdout

        for command in (("build",), ("build", "--force"), ("plan",), ("check-links",), ("pages",), ("pages", "--json")):
            done = maintainer.run(*command)
            assert done.returncode != 0, command
            assert "DOCS_STAGE is not set" in done.stderr, command
        assert maintainer.run("pages").returncode == 1
        assert maintainer.run("list", "--json").stdout == before

        assert "/deep/docs/" in maintainer.run("pages", DOCS_STAGE="live").stdout
        by_hand = {"BASE_URL": "/deep/", "ROUTE_BASE_PATH": "docs"}
        assert maintainer.run("pages", **by_hand).returncode == 0


class TestTwoBooks:
    """One index holds one book."""

    def test_a_build_tells_that_it_replaces_another_book(self, maintainer: Maintainer, tmp_path: Path) -> None:
        maintainer.docs = write_small_book(tmp_path / "cooking")
        site = {"title": "Cooking", "url": "https://cooking.example", "presets": [["classic", {}]]}
        (maintainer.docs.parent / "bookrag.site.json").write_text(json.dumps(site))

        planned, first = maintainer.run("plan").stderr, maintainer.run("build").stderr
        second = maintainer.run("build", "--rebuild").stderr

        assert "another book is live" in planned
        assert "another book is live" in first
        assert first.index("another book is live") < first.index("Published")
        assert "Cooking, https://cooking.example" in first
        assert "another book" not in second
        assert "Cooking" in maintainer.run("list").stdout


BROKEN_PAGE = "---\ntitle: [\n---\n"


class TestTwoBuilders:
    """One builds at a time, from the reading of the book to its publication."""

    def test_the_book_is_not_read_before_the_lock_is_held(self, maintainer: Maintainer) -> None:
        (maintainer.docs / "broken.md").write_text(BROKEN_PAGE, encoding="utf-8")

        with open_store(StorageSettings(_env_file=None, data_dir=maintainer.data_dir)) as store, store.lock():
            refused = maintainer.run("build")
        built = maintainer.run("build")

        assert refused.returncode == 1
        assert f"(process {os.getpid()}) has held the lock since" in refused.stderr
        assert "broken.md" not in refused.stderr
        assert "broken.md" in built.stderr


class TestBadInput:
    """What cannot be used is named, with exit code 2."""

    @pytest.mark.parametrize("command", ["pages", "check-links", "plan", "build"])
    def test_an_empty_book_is_refused(self, maintainer: Maintainer, tmp_path: Path, command: str) -> None:
        maintainer.docs = tmp_path / "empty"
        maintainer.docs.mkdir()

        done = maintainer.run(command)

        assert done.returncode == 2
        assert "The book is empty" in done.stderr

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("SITE_URL", "nourl"),
            ("SITE_DIR", "missing"),
            ("EVAL_TOLERANCE", "-1"),
            ("EVAL_SET", "missing.jsonl"),
            ("SUPABASE_URL", "foo"),
            ("QDRANT_CA_FILE", "missing.pem"),
            ("QDRANT_URL", "http://a..b:6333"),
            ("QDRANT_URL", "https://ex%00ample"),
            ("QDRANT_URL", "http://qdrant:6333?api_key=k"),
            ("NODE_TIMEOUT_SECONDS", "-1"),
        ],
    )
    def test_a_wrong_setting_is_named_before_the_book_is_read(
        self, maintainer: Maintainer, name: str, value: str
    ) -> None:
        done = maintainer.run("build", **{name: value})

        assert done.returncode == 2
        assert f"error (configuration_error): {name}: " in done.stderr
        assert "Reading the book" not in done.stderr


def test_the_help_names_every_reason_for_exit_code_1(tmp_path: Path) -> None:
    reasons = {
        "pages": ("addresses are uncertain", "error that stops Docusaurus' build"),
        "plan": ("live page would disappear", "new page cannot be published"),
        "check-links": ("one of them is dead", "addresses are uncertain"),
    }
    for command, parts in reasons.items():
        done = run_command("index", command, "--help", environment={}, folder=tmp_path)
        shown = " ".join(done.stdout.split())
        assert all(part in shown for part in parts), shown
