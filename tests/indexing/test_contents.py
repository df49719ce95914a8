"""The table of contents: chapters under their names and pages in the order of the generated sidebar."""

import json
from pathlib import Path

import pytest

from indexing.read_book import read_book
from indexing.settings import BookSettings
from tests.indexing.docusaurus.sites import config, read

ROOT = Path(__file__).parents[2]


def chapters(book: object, locale: str = "en") -> list[tuple[str, list[str]]]:
    return [
        (chapter.title, [page.title for page in chapter.pages])
        for chapter in book.contents  # type: ignore[attr-defined]
        if chapter.locale == locale and chapter.latest
    ]


def test_chapters_have_the_names_and_the_order_of_the_sidebar(tmp_path: Path) -> None:
    book = read(
        tmp_path,
        {
            "docs/intro.md": "---\nsidebar_position: 1\n---\n# Welcome\n",
            "docs/02-ros/01-nodes.md": "# Nodes\n",
            "docs/02-ros/03-topics.md": "# Topics\n",
            "docs/02-ros/deep/qos.md": "---\nsidebar_position: 2\n---\n# Quality of service\n",
            "docs/02-ros/_category_.json": json.dumps({"label": "ROS 2 Basics", "position": 3}),
            "docs/sim/_category_.yml": "label: Simulation\nposition: 2\n",
            "docs/sim/z.md": "---\nsidebar_position: 1\n---\n# Z first\n",
            "docs/sim/a.md": "# A later\n",
            "docs/hard_ware/README.md": "# Motors and more\n",
            "docs/hard_ware/motors.md": "# Motors\n",
            "docs/left-over/x.md": "# X\n",
        },
    )
    assert chapters(book) == [
        ("Welcome", ["Welcome"]),
        ("Simulation", ["Z first", "A later"]),
        ("ROS 2 Basics", ["Nodes", "Topics", "Quality of service"]),
        ("Motors and more", ["Motors and more", "Motors"]),
        ("Left over", ["X"]),
    ]


def test_a_book_in_one_folder_has_the_chapters_of_that_folder(tmp_path: Path) -> None:
    book = read(
        tmp_path,
        {
            "docs/intro.md": "---\nslug: /\n---\n# Welcome\n",
            "docs/modules/module-1/nodes.md": "# Nodes\n",
            "docs/modules/module-2/index.md": "# Digital twins\n",
            "docs/modules/module-2/twin.md": "# A twin\n",
        },
    )
    names = [title for title, _ in chapters(book)]
    assert sorted(names) == ["Digital twins", "Module 1", "Welcome"]


def test_category_labels_are_translated(tmp_path: Path) -> None:
    translation = {"sidebar.docsSidebar.category.Walking": {"message": "چلنا"}}
    book = read(
        tmp_path,
        {
            "docusaurus.config.js": config(i18n={"defaultLocale": "en", "locales": ["en", "ur"]}),
            "docs/walk/_category_.json": json.dumps({"label": "Walking"}),
            "docs/walk/gait.md": "# Gait\n",
            "i18n/ur/docusaurus-plugin-content-docs/current/walk/gait.md": "# چال\n",
            "i18n/ur/docusaurus-plugin-content-docs/current.json": json.dumps(translation),
        },
    )
    assert chapters(book) == [("Walking", ["Gait"])]
    assert chapters(book, "ur") == [("چلنا", ["چال"])]


def test_a_category_file_that_cannot_be_read_leaves_the_folders_name(tmp_path: Path) -> None:
    for number, text in enumerate(("{", "[1]", '{"label": 3, "position": true}', '{"label": "  "}')):
        book = read(tmp_path / str(number), {"docs/a-b/_category_.json": text, "docs/a-b/x.md": "# X\n"})
        assert chapters(book) == [("A b", ["X"])]


def test_unlisted_pages_and_drafts_are_in_no_chapter(tmp_path: Path) -> None:
    book = read(
        tmp_path,
        {
            "docs/a.md": "# A\n",
            "docs/b.md": "---\nunlisted: true\n---\n# B\n",
            "docs/c.md": "---\ndraft: true\n---\n# C\n",
        },
    )
    assert chapters(book) == [("A", ["A"])]


def test_the_sample_book_has_its_chapters_in_order() -> None:
    book = read_book(BookSettings(book_dir=ROOT / "book" / "docs", _env_file=None)).book
    names = [title for title, _ in chapters(book)]
    assert names.index("Foundations & First Ideas") < names.index("ROS 2") < names.index("Manipulation")
    assert all(page.url for chapter in book.contents for page in chapter.pages)


def test_the_cards_of_the_sidebar_are_text_of_their_page(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "docs/arm/index.mdx": "import DocCardList from '@theme/DocCardList'\n\n# Arm\n\n<DocCardList />\n",
        "docs/arm/02-reach.md": "# Reach of the arm\n",
        "docs/arm/01-joints.md": "---\ntitle: Its joints\n---\nx\n",
        "docs/arm/hand/_category_.json": '{"label": "The hand"}',
        "docs/arm/hand/a.md": "# A",
        "docs/other.md": "# Other\n\n`<DocCardList />`\n",
    }
    book = read(tmp_path, files, run_site_config=False)
    texts = {p.source: [b.text for s in p.sections for b in s.blocks] for p in book.pages}
    assert texts["docs/arm/index.mdx"] == ["- Its joints\n- Reach of the arm\n- The hand"]
    assert texts["docs/other.md"] == ["`<DocCardList />`"]


WRITTEN: dict[str, str | bytes] = {
    "docs/intro.md": "# Welcome\n",
    "docs/nodes.md": "# Nodes\n",
    "docs/topics.md": "# Topics\n",
    "docs/sim/gazebo.md": "# Gazebo\n",
    "docs/sim/01-physics.md": "# Physics\n",
    "docs/hands.md": "# Hands\n",
    "docs/forgotten.md": "# Forgotten\n",
}
SIDEBAR = """
    'intro', // the first page
    {
      type: 'category',
      label: "The robot's nerves",
      link: {type: 'doc', id: 'topics'},
      items: ['nodes', 'topics', {type: 'link', label: 'Elsewhere', href: 'https://a.example/x'}],
    },
    /* generated */
    {type:'category', label:'Simulation', items:[{type: 'autogenerated', dirName: 'sim'}]},
    {Manipulation: [{type: 'doc', id: 'hands', label: 'With hands'}, 'not-there']},
"""


def with_sidebar(name: str) -> dict[str, str | bytes]:
    """A config that names the file of the sidebars."""
    return {"docusaurus.config.js": config(presets=[["classic", {"docs": {"sidebarPath": f"./{name}"}}]])}


TYPED = (
    "import type {SidebarsConfig} from '@docusaurus/plugin-content-docs';\n\n"
    "const sidebars: SidebarsConfig = {\n\tbook: [ITEMS],\n};\n\nexport default sidebars;\n"
)
COMMENTED = "// @ts-check\n/** @type {X} */\nconst sidebars = {\n  book: [ITEMS]\n};\nexport default sidebars;"
EXPECTED = [
    ("Welcome", ["Welcome"]),
    ("The robot's nerves", ["Topics", "Nodes"]),
    ("Simulation", ["Physics", "Gazebo"]),
    ("Manipulation", ["Hands"]),
    ("Forgotten", ["Forgotten"]),
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sidebars.js", f"module.exports = {{\n  book: [{SIDEBAR}],\n}};\n"),
        (
            "sidebars.js",
            COMMENTED.replace("ITEMS", SIDEBAR),
        ),
        (
            "sidebars.ts",
            TYPED.replace("ITEMS", SIDEBAR),
        ),
        ("sidebars.mjs", f"export default {{'book': [{SIDEBAR}]}}"),
        (
            "sidebars.json",
            json.dumps(
                {
                    "book": [
                        "intro",
                        {
                            "type": "category",
                            "label": "The robot's nerves",
                            "link": {"type": "doc", "id": "topics"},
                            "items": ["nodes"],
                        },
                        {"Simulation": [{"type": "autogenerated", "dirName": "sim"}]},
                    ],
                    "second": {"Manipulation": ["hands"]},
                }
            ),
        ),
    ],
)
def test_a_sidebar_that_was_written_by_hand_names_and_orders_the_chapters(tmp_path: Path, name: str, text: str) -> None:
    assert chapters(read(tmp_path, {**WRITTEN, name: text, **with_sidebar(name)})) == EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        "module.exports = {book: pages.map((page) => page.id)};",
        "module.exports = {book: [...first, 'intro']};",
        "module.exports = require('./other');",
        "module.exports = {book: ['intro'",
        "module.exports = {};",
        "module.exports = {book: [{type: 'category', label: 'X'}]};",
        "module.exports = {book: ['gone', 'nowhere']};",
        "",
    ],
)
def test_a_sidebar_that_cannot_be_read_leaves_the_generated_order(tmp_path: Path, text: str) -> None:
    generated = chapters(read(tmp_path / "a", WRITTEN))
    assert chapters(read(tmp_path / "b", {**WRITTEN, "sidebars.js": text, **with_sidebar("sidebars.js")})) == generated


def test_a_sidebar_of_all_pages_generated_is_the_generated_one(tmp_path: Path) -> None:
    text = "export default {book: [{type: 'autogenerated', dirName: '.'}]};"
    assert chapters(read(tmp_path / "b", {**WRITTEN, "sidebars.js": text, **with_sidebar("sidebars.js")})) == chapters(
        read(tmp_path / "a", WRITTEN)
    )


def test_an_older_version_has_its_own_sidebar(tmp_path: Path) -> None:
    book = read(
        tmp_path,
        {
            "docs/intro.md": "# Welcome\n",
            "versions.json": '["1.0"]',
            "versioned_docs/version-1.0/b.md": "# B\n",
            "versioned_docs/version-1.0/a.md": "# A\n",
            "versioned_sidebars/version-1.0-sidebars.json": json.dumps({"book": [{"Old": ["b", "a"]}]}),
        },
    )
    old = [chapter for chapter in book.contents if chapter.version == "1.0"]
    assert [(chapter.title, [page.title for page in chapter.pages]) for chapter in old] == [("Old", ["B", "A"])]
