"""Where the widget's citations lead, on a page of plain HTML whose own script shows its pages, in Chromium."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, Start
from tests.docusaurus.widget_pages import until
from tests.host_site import BODY, host_site
from tests.page_server import SOURCES, PageServer, Script, closing, delta, opening, whole
from tests.widget_page import STYLED, answered, open_panel

pytestmark = [pytest.mark.browser, pytest.mark.conformance]

PASSAGE = "The knee bends when the robot sits down, and stretches when it stands up again."
MARKED = "[...(CSS.highlights.get('bookrag-passage') ?? [])].join('')"
IS_MARKED = f"{MARKED} === {json.dumps(PASSAGE.rstrip('.'))}"
# A router whose page comes with its heading at once and with its text `delay` milliseconds later.
ROUTER = """([passage, delay]) => addEventListener('popstate', () => {
  const heading = Object.assign(document.createElement('h1'), {id: 'knees', textContent: 'Knees'});
  const text = Object.assign(document.createElement('p'), {textContent: 'Loading'});
  document.querySelector('article').replaceChildren(heading, text);
  setTimeout(() => { text.textContent = `Legs have joints. ${passage} So do arms.` }, delay);
})"""


@pytest.fixture
def site(server: PageServer, start: Start) -> str:
    return start(host_site(server.address, options='data-router="history"'))


def cite(page: Page, server: PageServer, url: str) -> None:
    """Have an answer cite the passage, and click the citation."""
    source = {**SOURCES[0], "url": url, "text": PASSAGE}
    answered(page, server, whole("It bends [1].", sources=[source]))
    page.evaluate("window.same = true")
    page.locator(".cards a.place").click()


@pytest.mark.parametrize("delay", [0, 150, 500])
def test_a_passage_that_the_page_renders_after_its_heading_is_marked(
    delay: int, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(ROUTER, [PASSAGE, delay])
    open_panel(page)
    cite(page, server, f"{site}/legs#knees")
    expect(page.get_by_role("heading", name="Knees")).to_be_visible()
    page.wait_for_timeout(delay + 500)  # the marking is repeated every 200 ms
    assert until(page, IS_MARKED)
    assert page.url == f"{site}/legs#knees"
    assert page.evaluate("window.same")


def test_a_passage_that_the_page_does_not_have_marks_nothing_and_is_not_looked_for_for_ever(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(ROUTER, [PASSAGE, 3_000])
    open_panel(page)
    cite(page, server, f"{site}/legs#knees")
    expect(page.get_by_role("heading", name="Knees")).to_be_visible()
    expect(page.get_by_text("So do arms.")).to_be_visible(timeout=6_000)
    page.wait_for_timeout(500)
    assert page.evaluate(MARKED) == ""
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_second_citation_takes_the_first_ones_mark_away(server: PageServer, site: str, open_page: OpenPage) -> None:
    page = open_page(site)
    page.evaluate(ROUTER, [PASSAGE, 0])
    open_panel(page)
    cite(page, server, f"{site}/legs#knees")
    assert until(page, IS_MARKED)
    other = {**SOURCES[0], "url": f"{site}/arms#knees", "text": "Words that no page of this site has."}
    answered(page, server, whole("It does not [1].", sources=[other]), "And arms?")
    page.locator(".cards a.place").last.click()
    assert until(page, f"{MARKED} === ''")
    page.wait_for_timeout(400)
    assert page.evaluate(MARKED) == ""


DIAGRAM = "It goes on.\n\n```mermaid\nflowchart LR\n  S[Sensors] --> P[Perception and planning]\n```\n\nAnd ends."
DRAWN = """<svg id="mermaid-svg-7" viewBox="0 0 90 30"><g class="node"><rect width="40" height="20"></rect>
<text>Sensors</text></g><g class="node"><foreignObject><div>Perception and planning</div></foreignObject></g></svg>
<svg id="mermaid-svg-8"><text>Another diagram</text></svg>"""


@pytest.mark.parametrize("path", ["/", "/elsewhere"])
def test_a_diagram_of_the_open_page_stands_below_its_passage(
    path: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    pages = {"/": f"{BODY}{DRAWN}", "/elsewhere": BODY}
    site = start(host_site(server.address, pages=pages, connects="'self'"))
    page = open_page(f"{site}{path}")
    open_panel(page)
    source = {**SOURCES[0], "url": f"{site}/", "text": DIAGRAM}
    answered(page, server, whole("See [1].", sources=[source]))
    page.get_by_text("Passage", exact=True).click()
    passage = page.locator(".quoted")
    expect(passage).to_contain_text("And ends.")
    drawing = page.get_by_role("img", name="Diagram: Sensors, Perception and planning")
    if path == "/":
        expect(drawing).to_be_visible()
        expect(drawing.locator("svg")).to_have_count(1)
        expect(passage).not_to_contain_text("flowchart LR")
    else:  # it is not drawn here: the passage has its source
        expect(drawing).to_have_count(0)
        expect(passage).to_contain_text("flowchart LR")


def scroll(page: Page) -> None:
    """Turn the wheel, and return when the page has heard of it."""
    page.evaluate("addEventListener('wheel', () => { window.turned = true }, {once: true})")
    page.mouse.move(100, 600)
    page.mouse.wheel(0, 1)
    assert until(page, "window.turned")


LATE_PICTURE = """(delay) => setTimeout(() => {
  const picture = Object.assign(document.createElement('div'), {id: 'late'});
  picture.style.height = '3000px';
  document.querySelector('#knees').after(picture);
}, delay)"""


@pytest.mark.parametrize("scrolled", [False, True])
def test_a_picture_that_comes_late_does_not_move_the_passage_out_of_view(
    scrolled: bool, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(ROUTER, [PASSAGE, 0])
    page.evaluate(STYLED, "html { overflow-anchor: none }")
    open_panel(page)
    cite(page, server, f"{site}/legs#knees")
    assert until(page, IS_MARKED)
    if scrolled:  # then the reader has gone on
        scroll(page)
    page.evaluate(LATE_PICTURE, 100)
    assert until(page, "document.getElementById('late') !== null")
    page.wait_for_timeout(500)
    box = "[...CSS.highlights.get('bookrag-passage')][0].getBoundingClientRect()"
    assert until(page, f"({box}.top < innerHeight && {box}.bottom > 0) === {json.dumps(not scrolled)}")


# A site that shows the pages of `pages` (path -> HTML), at once or when `come` is called, with their canonical link.
PAGES = """([pages, atOnce]) => {
  const canonical = Object.assign(document.createElement('link'), {rel: 'canonical'});
  window.show = () => {
    const path = location.pathname;
    if (!(path in pages)) return;
    window.come = () => {
      const parts = pages[path].map(([name, text]) => Object.assign(document.createElement(name), {textContent: text}));
      document.querySelector('article').replaceChildren(...parts);
      canonical.href = location.origin + path;
      document.head.append(canonical);
    };
    if (atOnce) setTimeout(window.come);
  };
  addEventListener('popstate', window.show);
  window.same = true;
}"""
UNANSWERED = 6_500  # milliseconds, after which the panel takes a page for one that the site does not show


@pytest.mark.parametrize("way", ["another citation", "back", "a link of the site"])
def test_a_page_that_does_not_come_does_not_take_the_reader_from_what_was_opened_since(
    way: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(PAGES, [{"/arms": [["h1", "Arms"], ["p", PASSAGE]], "/": [["h1", "Balance"]]}, True])
    open_panel(page)
    sources = [{**SOURCES[at], "url": f"{site}/{name}", "text": PASSAGE} for at, name in enumerate(("legs", "arms"))]
    answered(page, server, whole("It bends [1][2].", sources=sources))
    page.locator(".cards a.place").first.click()
    page.wait_for_timeout(60)
    if way == "another citation":
        page.locator(".cards a.place").last.click()
    elif way == "back":
        page.evaluate("history.back()")
    else:
        page.evaluate("() => { history.pushState(null, '', '/arms'); window.show(); }")
    page.wait_for_timeout(UNANSWERED)
    assert page.url == (f"{site}/" if way == "back" else f"{site}/arms")
    assert page.evaluate("window.same")
    assert page.evaluate(MARKED) == (PASSAGE.rstrip(".") if way == "another citation" else "")


FAR = [["h1", "Knees"], *([["p", "Legs have joints."]] * 200), ["p", PASSAGE], *([["p", "So do arms."]] * 200)]


@pytest.mark.parametrize("scrolled", [False, True])
def test_a_heading_that_was_renamed_does_not_keep_the_passage_from_being_found_at_once(
    scrolled: bool, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(PAGES, [{"/legs": FAR}, False])
    open_panel(page)
    cite(page, server, f"{site}/legs#ankles")
    assert until(page, "window.come !== undefined")
    if scrolled:  # while the page is awaited
        scroll(page)
    page.evaluate("come()")
    page.wait_for_function(
        f"passage => {MARKED} === passage",
        arg=PASSAGE.rstrip("."),
        timeout=5_500,  # the panel gives a page up after six seconds
    )
    assert page.evaluate("window.same")
    assert until(page, f"(scrollY > 1_000) === {json.dumps(not scrolled)}")


# As Docusaurus does it: the address and the canonical link come first, the page's article `delay` milliseconds later.
DOCUSAURUS = '<div id="__docusaurus"><main><h1>Page Not Found</h1></main></div>'
LATE_ARTICLE = """([passage, delay]) => {
  const canonical = Object.assign(document.createElement('link'), {rel: 'canonical'});
  window.same = true;
  addEventListener('popstate', () => {
    document.querySelector('main').replaceChildren();
    canonical.href = location.href.replace(/#.*/, '');
    document.head.append(canonical);
    const article = document.createElement('article');
    article.append(...[['h1', 'Legs'], ['p', passage]].map(
      ([name, textContent]) => Object.assign(document.createElement(name), {textContent})));
    if (delay !== null) setTimeout(() => document.querySelector('main').append(article), delay);
  });
}"""
GONE = "This page is no longer in the book."


@pytest.mark.parametrize("delay", [0, 100, 700])
def test_a_citation_on_a_page_that_was_not_found_leads_to_one_that_comes_late(
    delay: int, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, options='data-router="history"', pages={"/lost": DOCUSAURUS}))
    page = open_page(f"{site}/lost")
    page.evaluate(LATE_ARTICLE, [PASSAGE, delay])
    open_panel(page)
    cite(page, server, f"{site}/legs")
    expect(page.get_by_role("heading", name="Legs")).to_be_visible()
    assert until(page, IS_MARKED)
    expect(page.get_by_text(GONE)).to_have_count(0)
    assert page.evaluate("window.same")


def test_a_page_that_stays_without_a_text_is_said_to_be_gone(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address, options='data-router="history"', pages={"/lost": DOCUSAURUS}))
    page = open_page(f"{site}/lost")
    page.evaluate(LATE_ARTICLE, [PASSAGE, None])
    open_panel(page)
    cite(page, server, f"{site}/legs")
    expect(page.get_by_role("alert")).to_have_text(GONE)
    assert page.evaluate("window.same")


COUNT_LISTENERS = """() => {
  window.listening = 0;
  for (const [name, step] of [['addEventListener', 1], ['removeEventListener', -1]]) {
    const own = window[name];
    window[name] = (event, ...more) => {
      if (event === 'wheel') window.listening += step;
      own.call(window, event, ...more);
    };
  }
}"""


@pytest.mark.parametrize("fails", [False, True])
def test_what_listens_for_the_reader_while_a_page_is_opened_goes_with_it(
    fails: bool, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, expect=("broken by the page",))
    page.evaluate(ROUTER, [PASSAGE, 0])
    page.evaluate(COUNT_LISTENERS)
    if fails:
        page.evaluate("Element.prototype.scrollIntoView = () => { throw new Error('broken by the page') }; null")
        with page.expect_event("pageerror"):
            cite_at(page, server, f"{site}/legs#knees")
    else:
        cite_at(page, server, f"{site}/legs#knees")
        assert until(page, f"{MARKED} !== ''")
    assert until(page, "window.listening === 0", seconds=15)  # what holds the passage in view listens on


def cite_at(page: Page, server: PageServer, url: str) -> None:
    """Cite the passage on a page whose panel is closed."""
    open_panel(page)
    cite(page, server, url)


LOADING = """(passage) => addEventListener('popstate', () => {
  const {classList} = document.documentElement;
  classList.add('nprogress-busy');
  setTimeout(() => {
    const heading = Object.assign(document.createElement('h1'), {id: 'knees', textContent: 'Knees'});
    const text = Object.assign(document.createElement('p'), {textContent: passage});
    document.querySelector('article').replaceChildren(heading, text);
    classList.remove('nprogress-busy');
  }, 7000);
})"""


def test_a_page_that_the_site_is_still_loading_is_waited_for(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(LOADING, PASSAGE)
    open_panel(page)
    cite(page, server, f"{site}/legs#knees")
    assert until(page, IS_MARKED, seconds=15)
    assert page.evaluate("window.same")


# As Docusaurus does it: the canonical link is soon that of the next page, which comes much later than its progress bar.
EARLY_CANONICAL = """([passage, delay]) => {
  const canonical = Object.assign(document.createElement('link'), {rel: 'canonical', href: location.href});
  document.head.append(canonical);
  const {classList} = document.documentElement;
  window.same = true;
  window.moved = 0;
  addEventListener('popstate', () => {
    const left = document.querySelector('main');
    addEventListener('scroll', () => { if (left.isConnected) window.moved += 1 });
    setTimeout(() => { canonical.href = location.href.replace(/#.*/, '') }, 50);
    setTimeout(() => classList.add('nprogress-busy'), 200);
    setTimeout(() => {
      const main = document.createElement('main');
      const article = document.createElement('article');
      article.append(...[['h1', 'Legs'], ['h2', 'Knees'], ['p', passage]].map(
        ([name, textContent]) => Object.assign(document.createElement(name), {textContent})));
      article.children[1].id = 'knees';
      main.append(article);
      left.replaceWith(main);
      classList.remove('nprogress-busy');
    }, delay);
  });
}"""
LEFT = {
    "a page of the book": '<article><h1>Arms</h1><h2>Elbows</h2>{filler}<h2 id="knees">Knees</h2>{filler}</article>',
    "the front page": "<h1>The book</h1>{filler}",
}


@pytest.mark.parametrize("place", ["/legs", "/legs#knees"])
@pytest.mark.parametrize("left", LEFT)
def test_a_page_that_comes_long_after_its_canonical_link_is_waited_for(
    left: str, place: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    body = LEFT[left].format(filler="<p>Arms have joints.</p>" * 100)
    pages = {"/": f'<div id="__docusaurus"><main>{body}</main></div>'}
    site = start(host_site(server.address, options='data-router="history"', pages=pages))
    page = open_page(site)
    page.evaluate(EARLY_CANONICAL, [PASSAGE, 3_000])
    open_panel(page)
    cite(page, server, f"{site}{place}")
    page.wait_for_timeout(2_500)
    assert page.evaluate("window.moved") == 0
    assert until(page, IS_MARKED)
    expect(page.get_by_text(GONE)).to_have_count(0)
    assert page.evaluate("window.same")


@pytest.mark.parametrize("heading", ["Balance", "Legs"])
def test_a_site_that_keeps_the_heading_s_element_gets_its_passage_marked(
    heading: str, server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(
        """([heading, passage]) => addEventListener('popstate', () => {
          document.querySelector('h1').textContent = heading;
          document.querySelector('#first').textContent = passage;
          document.head.append(Object.assign(document.createElement('link'), {rel: 'canonical', href: location.href}));
        })""",
        [heading, PASSAGE],
    )
    open_panel(page)
    cite(page, server, f"{site}/legs")
    assert until(page, IS_MARKED, seconds=5)
    assert page.evaluate("window.same")


def test_a_page_that_the_router_does_not_show_is_loaded(server: PageServer, start: Start, open_page: OpenPage) -> None:
    pages = {"/": BODY, "/legs": f'<main><article><h1 id="knees">Knees</h1><p>{PASSAGE}</p></article></main>'}
    site = start(host_site(server.address, options='data-router="history"', pages=pages))
    page = open_page(site)
    open_panel(page)
    cite(page, server, f"{site}/legs#knees")
    expect(page.get_by_role("heading", name="Knees")).to_be_visible(timeout=2 * UNANSWERED)


def test_an_id_that_the_page_has_twice_is_that_of_its_text(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    body = f'<nav><p id="end">In the menu</p></nav>{BODY}'.replace("<p>The end", '<p id="end">The end')
    site = start(host_site(server.address, options='data-router="history"', pages={"/": body}))
    page = open_page(site)
    page.evaluate(STYLED, "#first { block-size: 300vh } article { padding-block-end: 100vh }")
    open_panel(page)
    source = {**SOURCES[0], "url": f"{site}/#end", "text": ""}
    answered(page, server, whole("It ends [1].", sources=[source]))
    page.locator(".cards a.place").click()
    expect(page.get_by_text("The end of the page.")).to_be_in_viewport()


def test_what_a_browser_is_to_mark_is_no_part_of_a_cited_place(
    server: PageServer, site: str, open_page: OpenPage
) -> None:
    page = open_page(site)
    page.evaluate(STYLED, "#first { block-size: 300vh } article { padding-block-end: 100vh }")
    open_panel(page)
    source = {**SOURCES[0], "url": f"{site}/#zmp:~:text=elsewhere", "text": ""}
    answered(page, server, whole("It stays inside [1].", sources=[source]))
    expect(page.locator(".cards a.place")).to_have_attribute("href", f"{site}/#zmp")
    page.locator(".cards a.place").click()
    expect(page.get_by_role("heading", name="The zero moment point")).to_be_in_viewport()


@pytest.mark.parametrize("refusal", ["() => { throw new DOMException('Too often.', 'SecurityError') }", "() => {}"])
def test_a_page_that_the_history_refuses_is_loaded(
    refusal: str, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    pages = {"/": BODY, "/legs": f'<main><article><h1 id="knees">Knees</h1><p>{PASSAGE}</p></article></main>'}
    site = start(host_site(server.address, options='data-router="history"', pages=pages))
    page = open_page(site)
    page.evaluate(f"void (history.pushState = {refusal})")
    open_panel(page)
    cite(page, server, f"{site}/legs#knees")
    page.wait_for_url("**/legs#knees")
    expect(page.get_by_role("heading", name="Knees")).to_be_visible()


def test_a_passage_of_a_page_with_ten_thousand_like_sections_is_marked_where_it_was_cited(
    server: PageServer, start: Start, open_page: OpenPage
) -> None:
    sections = "".join(f'<h2 id="part-{number}">Part</h2><p>{PASSAGE}</p>' for number in range(10_000))
    body = f"<main><article><h1>Knees</h1>{sections}</article></main>"
    site = start(host_site(server.address, options='data-router="history"', pages={"/": body}))
    page = open_page(site)
    open_panel(page)
    cite(page, server, f"{site}/#part-9000")
    marked = "[...CSS.highlights.get('bookrag-passage') ?? []][0]?.startContainer.parentElement.previousSibling.id"
    assert until(page, f"{marked} === 'part-9000'")
    assert page.evaluate(MARKED) == PASSAGE.rstrip(".")


FORMULA = "With a constant height $z_0$ the robot behaves as a pendulum that stands on its head: $\\ddot{x}$."


@pytest.mark.parametrize(
    ("sentence", "fragment"),
    [
        ("A loaf is baked when its core is hot.", "A%20loaf%20is%20baked%20when%20its%20core%20is%20hot."),
        (FORMULA, "With%20a%20constant%20height,stands%20on%20its%20head%3A"),
        ("It is $x$ and $y$.", None),
    ],
)
def test_where_a_document_is_loaded_the_whole_sentence_is_marked(
    sentence: str, fragment: str | None, server: PageServer, start: Start, open_page: OpenPage
) -> None:
    site = start(host_site(server.address))
    page = open_page(site)
    open_panel(page)
    source = {**SOURCES[0], "url": f"{site}/#zmp", "text": f"First.\n\n{sentence}"}
    cited = {
        "number": 1,
        "source": 1,
        "id": "chunk-1",
        "url": source["url"],
        "sentence": sentence,
        "supported": True,
    }
    citations = {"text": "So [1].", "cited": [cited], "also_read": [], "dropped": 0, "unsupported": []}
    answered(page, server, Script([opening(sources=[source]), delta("So [1]."), closing(citations)]))
    href = f"{site}/#zmp" + (f":~:text={fragment}" if fragment else "")
    expect(page.locator("a.place")).to_have_attribute("href", href)
