"""Pages of expressions, components and imports: what the index says of them against the real Docusaurus build.

`MDX_BUILD` names a folder that holds the build already; otherwise the site is built, which takes minutes.
"""

import html
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from indexing.book import Reading, read_whole_book
from indexing.settings import BookSettings

SITE = Path(__file__).parent / "mdx_site"
BOOK = Path(__file__).parents[2] / "book"
BUILD_SECONDS = 3000
PAGES = ("attributes", "expressions", "partials", "components", "code")

pytestmark = [
    pytest.mark.docusaurus,
    pytest.mark.conformance,
    pytest.mark.timeout(BUILD_SECONDS + 600),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the site's HTML."""
    given = os.environ.get("MDX_BUILD")
    if given:
        return Path(given)
    site = tmp_path_factory.mktemp("mdx") / "site"
    shutil.copytree(SITE, site)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(BOOK / name, site / name)
    if (BOOK / "node_modules").is_dir():
        (site / "node_modules").symlink_to(BOOK / "node_modules")
    for command in (["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
        if command[1] == "ci" and (site / "node_modules").exists():
            continue
        done = subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return site / "build"


@pytest.fixture(scope="module")
def reading() -> Reading:
    """What the index is made of; the config is plain enough to be read without the site's packages."""
    return read_whole_book(BookSettings(_env_file=None, book_dir=SITE / "docs", site_dir=SITE))


def _article(build: Path, name: str) -> str:
    file = build / ("index.html" if name == "code" else f"{name}/index.html")
    page = file.read_text("utf-8")
    start = page.index("theme-doc-markdown")
    return page[start : page.index("</article>", start)]


def _words(text: str) -> str:
    """Letters and digits alone: markup of either side is gone."""
    return "".join(re.findall(r"\w+", text))


def _shown(article: str) -> str:
    article = re.sub(r"<(script|style|button)\b.*?</\1>", "", article, flags=re.DOTALL)
    return _words(html.unescape(re.sub(r"<[^>]*>", "", article)))


@pytest.mark.parametrize("name", PAGES)
def test_every_heading_has_the_published_id_and_text(build: Path, reading: Reading, name: str) -> None:
    article = _article(build, name)
    published = [
        (int(level), _words(html.unescape(re.sub(r"<[^>]*>", "", inner))), _id(attributes))
        for level, attributes, inner in re.findall(
            r"<h([1-6])\b([^>]*)>(.*?)(?:<a [^>]*class=\"?hash-link.*?)?</h\1>", article, re.DOTALL
        )
    ]
    page = next(page for page in reading.book.pages if page.source == f"docs/{name}.mdx")
    read = [(h.level, _words(h.text), h.id) for h in page.headings if h.rendered]
    # The first is the page's title, which Docusaurus adds.
    assert read == [heading for heading in published if heading != (1, _words(page.title), None)]


def _id(attributes: str) -> str | None:
    match = re.search(r"\sid=(?:\"([^\"]*)\"|([^\s>]+))", attributes)
    return match and (match[1] or match[2])


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_on_the_published_page(build: Path, reading: Reading, name: str) -> None:
    shown = _shown(_article(build, name))
    page = next(page for page in reading.book.pages if page.source == f"docs/{name}.mdx")
    blocks = [block for section in page.sections for block in section.blocks]
    assert blocks
    for block in blocks:
        text = re.sub(r"\A```.*\n", "", block.text)
        if "Hidden words" not in text and "Pinout of J4" not in text:  # in a lazy panel; an image's title
            assert _words(text) in shown, block.text


def test_nothing_is_unknown_and_nothing_is_wrong(reading: Reading) -> None:
    assert [p.message for p in reading.book.problems] == []
    assert not any("…" in block.text for page in reading.book.pages for s in page.sections for block in s.blocks)
