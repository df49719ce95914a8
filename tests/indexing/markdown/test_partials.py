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
