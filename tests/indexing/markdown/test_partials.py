"""Markdown that is imported stands where its component does."""

from indexing.markdown.page import MarkdownOptions
from tests.indexing.markdown.reading import folder, read

OPTIONS = MarkdownOptions()
IMPORT = "import Note from './_note.mdx'\n\n"


def test_a_partial_brings_its_text_and_its_headings_with_ids_of_its_own() -> None:
    files = folder({"./_note.mdx": "# Top\n\n## Same\n\nHello {props.name}.\n"})
    page = read(IMPORT + "## Same\n\na\n\n<Note name='Ada' />\n\n## Same\n", OPTIONS, files)
    assert [(h.text, h.id, h.imported) for h in page.headings] == [
        ("Same", "same", False),
        ("Top", None, True),
        ("Same", "same", True),
        ("Same", "same-1", False),
    ]
    assert [b.text for s in page.sections for b in s.blocks] == ["a", "Hello Ada."]
    assert not page.problems


def test_partials_of_partials_are_resolved() -> None:
    files = folder({"./_note.mdx": "import B from './_b.md'\n\n<B />", "./_b.md": "Deep."})
    page = read(IMPORT + "<Note />", OPTIONS, files)
    assert [b.text for s in page.sections for b in s.blocks] == ["Deep."]


def test_a_circle_is_named_and_left() -> None:
    files = folder({"./_note.mdx": "import B from './_b.md'\n\nA <b>x</b>\n\n<B />", "./_b.md": IMPORT + "<Note />"})
    page = read(IMPORT + "<Note />", OPTIONS, files)
    assert [b.text for s in page.sections for b in s.blocks] == ["A x"]
    assert ["./_note.mdx → ./_b.md → ./_note.mdx" in problem.message for problem in page.problems] == [True]


def test_a_missing_file_is_named() -> None:
    page = read(IMPORT + "a\n\n<Note />", OPTIONS, folder({}))
    assert [(p.line, p.message) for p in page.problems] == [(5, "./_note.mdx is imported, and there is no such file")]


def test_partials_that_multiply_end() -> None:
    files = {f"./_{i}.md": f"import P from './_{i + 1}.md'\n\n" + "<P />\n\n" * 10 for i in range(12)}
    page = read("import P from './_0.md'\n\n<P />", OPTIONS, folder({**files, "./_12.md": "x"}))
    assert any("left out" in problem.message for problem in page.problems)


def test_what_a_partial_exports_is_known_where_it_is_imported() -> None:
    text = "import Note, {limit, unit as u, named} from './_note.mdx'\nimport * as all from './_note.mdx'\n\n"
    note = (
        "import {unit} from './units.js'\n\nexport const limit = 40 + 2, named = `${frontMatterless} x`\n"
        "export {unit}\n\n```js\nexport const limit = 1\n```\n\nLimit {limit}.\n"
    )
    files = folder({"./_note.mdx": note.replace("${frontMatterless}", "at"), "./units.js": "export const unit = 'N·m'"})
    page = read(text + "No more than {limit} {u}, {named}.\n\n<all.default />\n", OPTIONS, files)
    texts = [b.text for s in page.sections for b in s.blocks]
    assert texts[0] == "No more than 42 N·m, at x."
    assert texts[-1] == "Limit 42."
    assert not page.problems


def test_what_a_partial_does_not_export_is_a_gap() -> None:
    files = folder({"./_note.mdx": "export const a = 1\n"})
    page = read("import {b} from './_note.mdx'\n\nUp to {b}.\n", OPTIONS, files)
    assert [b.text for s in page.sections for b in s.blocks] == ["Up to …."]
    assert [(p.line, "exports as b" in p.message) for p in page.problems] == [(3, True)]


def test_literal_cards_are_text() -> None:
    text = (
        "import DocCardList from '@theme/DocCardList'\n\n## Parts\n\n<DocCardList items={[\n"
        "  {type: 'link', href: '/docs/arm', label: 'The arm', description: 'Six joints and a gripper.'},\n"
        "  {type: 'category', label: 'Sensors', href: '/docs/s', items: []},\n]} />\n"
    )
    page = read(text)
    shown = "\n".join(b.text for s in page.sections for b in s.blocks)
    for word in ("The arm", "Six joints and a gripper.", "Sensors"):
        assert word in shown
    assert "/docs/arm" not in shown
    assert not page.problems


def test_a_link_in_braces_is_a_link() -> None:
    text = "import Link from '@docusaurus/Link'\n\nSee <Link to={'/docs/' + `arm`}>the arm</Link>.\n"
    page = read(text)
    assert [(link.target, link.line) for link in page.links] == [("/docs/arm", 3)]
    assert [b.text for s in page.sections for b in s.blocks] == ["See the arm."]


def test_an_emoji_is_shown_for_its_name_unless_the_site_says_otherwise() -> None:
    text = "Go :rocket: now :+1:, at 10:30:45, `:rocket:` or :none:.\n\n## Done :tada:\n"
    shown, plain = read(text), read(text, MarkdownOptions(emoji=False))
    assert [b.text for s in shown.sections for b in s.blocks] == [
        "Go \N{ROCKET} now \N{THUMBS UP SIGN}, at 10:30:45, `:rocket:` or :none:."
    ]
    assert [b.text for s in plain.sections for b in s.blocks] == [text.partition("\n")[0]]
    assert [(h.text, h.id) for h in shown.headings] == [("Done \N{PARTY POPPER}", "done-tada")]
    assert [(h.text, h.id) for h in plain.headings] == [("Done :tada:", "done-tada")]


def test_emphasis_around_children_leaves_no_mark_alone() -> None:
    files = folder({"./_note.mdx": "A **b** and **{props.children}** or *x {props.unit}* after.\n"})
    page = read(IMPORT + "<Note unit='N'>the *kids*</Note>\n", OPTIONS, files)
    assert [b.text for s in page.sections for b in s.blocks] == ["A **b** and", "the *kids*", "or *x N* after."]


def test_children_stand_where_a_sentence_shows_them() -> None:
    files = folder({"./_note.mdx": "Before: **{props.children}** after {props.unit}.\n\nMore.\n"})
    text = (
        IMPORT
        + "<Note unit='N'>the kids</Note>\n\n<Note unit='m'>\n\n## Head\n\nkids\n\n</Note>\n\n<Note unit='s' />\n"
    )
    page = read(text, OPTIONS, files)
    shown = " ".join(b.text for s in page.sections for b in s.blocks).replace("*", "")
    expected = "Before: the kids after N. More. Before: kids after m. More. Before: after s. More."
    assert " ".join(shown.split()) == expected
    assert [h.text for h in page.headings] == ["Head"]
    assert not page.problems
