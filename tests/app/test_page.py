"""The chat page in a real Chromium, against a real server that says whatever a test wants said."""

import json
import re
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from app.chat_ui.router import STATIC_DIR
from app.ui_message_stream import frame
from app.widget.router import STATIC_DIR as WIDGET_DIR
from tests.browser import OpenPage, Start
from tests.page_server import (
    LONG,
    ORIGIN,
    SOURCES,
    PageServer,
    Script,
    answered,
    ask,
    closing,
    delta,
    opening,
    wait_for_end,
    whole,
)
from tests.serving import build_small_index, serving
from tests.small_book import write_small_book
from tests.tables import each_row

# What is served


def test_the_page_is_served_with_a_policy_that_runs_and_loads_its_own_files_alone() -> None:
    client = TestClient(PageServer().app())
    for path in ("/", "/page/docs.js", "/page/page.css", "/page/icon.svg"):
        response = client.get(path)
        assert response.status_code == 200
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "trusted-types 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-cache"
        again = client.get(path, headers={"if-none-match": response.headers["etag"]})
        assert again.status_code == 304
    assert client.head("/").status_code == 200


def test_the_page_is_a_shell_of_the_widgets_panel() -> None:
    client = TestClient(PageServer().app())
    script = re.findall(r'<script type="module" src="([^"]+)">', client.get("/").text)
    assert script == ["widget/page.js"]
    served = client.get("/widget/page.js")
    assert served.headers["content-type"] == "text/javascript; charset=utf-8"
    manifest = json.loads((WIDGET_DIR / "manifest.json").read_text(encoding="utf-8"))
    assert all(name in served.text for name in (manifest["panel"], *manifest["shared"]))
    assert [file.name for file in STATIC_DIR.glob("**/*.js")] == ["docs.js"]


def test_modules_come_as_javascript() -> None:
    response = TestClient(PageServer().app()).get("/page/docs.js")
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"


@each_row("path", ["router.py", "../router.py", "%2e%2e/router.py", "vendor", "", "nothing.js", "%00"])
def test_nothing_but_the_pages_files_is_served(path: str) -> None:
    assert TestClient(PageServer().app()).get(f"/page/{path}").status_code == 404


@pytest.mark.browser
def test_the_page_names_the_book_and_speaks_its_languages(tmp_path: Path, start: Start, open_page: OpenPage) -> None:
    title = 'Robots & "walking" <script>hacked()</script>'
    docs = write_small_book(tmp_path / "site")
    config = {
        "title": title,
        "url": ORIGIN,
        "baseUrl": "/",
        "i18n": {"defaultLocale": "en", "locales": ["en", "ur"]},
        "presets": [["classic", {}]],
    }
    (docs.parent / "docusaurus.config.js").write_text(f"module.exports = {json.dumps(config)};", encoding="utf-8")
    build_small_index(tmp_path / "data", docs)
    served = start(serving(tmp_path / "data"))
    page = open_page(served.url)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page).to_have_title(title)
    page.get_by_role("combobox", name="Language").select_option("ur")
    expect(page.get_by_role("textbox", name="سوال")).to_be_visible()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ur", "rtl"]
    assert page.url.endswith("/?locale=ur")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("textbox", name="سوال").fill("زیرو مومنٹ پوائنٹ کیا ہے؟")
    with page.expect_request("**/api/chat") as request:
        page.keyboard.press("Enter")
    assert (request.value.post_data_json or {})["locale"] == "ur"
    expect(page.get_by_role("button", name="پوچھیں", exact=True)).to_be_visible(timeout=30_000)


# A conversation


@pytest.mark.browser
@pytest.mark.smoke
def test_an_answer_streams_and_its_numbers_lead_to_the_sources(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    server.scripts.append(Script([opening(), delta("The **foot** would tip [2], "), LONG]))
    ask(page)
    expect(page.locator(".text strong")).to_have_text("foot")
    link = page.get_by_role("link", name="Source 2: The support polygon (opens in a new tab)").first
    # The browser marks the passage where it knows text fragments.
    expect(link).to_have_attribute("href", re.compile(f"^{ORIGIN}/docs/balance#polygon:~:text="))
    expect(link).to_have_attribute("rel", "noopener")
    expect(page.get_by_role("region", name="Passages found").get_by_role("listitem")).to_have_count(3)


# Every timer and frame of the page comes half a second late, as on a slow phone.
LATE = """const timeout = window.setTimeout;
window.setTimeout = (work, after = 0, ...values) => timeout(work, after + 500, ...values);
window.requestAnimationFrame = (work) => timeout(() => work(performance.now()), 500);"""


@pytest.mark.browser
def test_what_comes_before_a_slow_page_draws_again_is_shown(server: PageServer, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    page.add_init_script(LATE)
    page.goto(server.address)
    answered(page, server, whole("Because."))
    understood = {"spelling": [["kinematic", "kinematics"]], "searched_for": "inverse kinematics"}
    server.scripts.append(Script([opening(understood=understood), delta("The **foot** would tip [2], "), LONG]))
    ask(page, "And why?")
    expect(page.get_by_text("Searched for: inverse kinematics")).to_be_visible()
    expect(page.get_by_role("region", name="Passages found").get_by_role("listitem")).to_have_count(3)


@pytest.mark.browser
def test_sentences_of_sources_and_of_doubts_are_shown_as_the_book_shows_them(
    server: PageServer, open_page: OpenPage
) -> None:
    page = open_page(server.address)
    citations = {
        "text": "It stays inside [1].",
        "cited": [{"number": 1, "source": 1, "sentence": "- One foot.\n- [ ] **Two** feet.", "supported": True}],
        "also_read": [],
        "dropped": 0,
        "unsupported": [
            "2. It **would** tip.",
            "### The `hull`",
            "| a | *b* |",
            "<img src=x onerror=hacked()> [x](//y.z)",
        ],
    }
    answered(page, server, Script([opening(), delta("It stays inside [1]."), closing(citations)]))
    expect(page.locator(".sentence")).to_have_text("One foot.\nTwo feet.", use_inner_text=False)
    expect(page.locator(".sentence strong")).to_have_text("Two")
    doubts = page.locator(".notice li")
    expect(doubts).to_have_text(["It would tip.", "The hull", "a – b", "<img src=x onerror=hacked()> x"])
    expect(doubts.locator("strong, code, em")).to_have_text(["would", "hull", "b"])
    expect(doubts.locator("img, a")).to_have_count(0)


@pytest.mark.browser
def test_a_title_in_urdu_and_its_trail_stand_on_one_side(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    urdu = SOURCES[0] | {"title": "Balance", "heading_path": ["Standing", "زیرو مومنٹ پوائنٹ کیا ہے؟"]}
    answered(page, server, Script([opening(sources=[urdu, *SOURCES[1:]]), delta("Yes."), closing()]))
    sides = "([place, trail]) => [place, trail].map((each) => getComputedStyle(each).direction)"
    items = page.get_by_role("region", name="Sources").get_by_role("listitem")
    shown = [[item.locator(name).element_handle() for name in (".place", ".trail")] for item in items.all()]
    assert [page.evaluate(sides, pair) for pair in shown] == [["rtl", "rtl"], ["ltr", "ltr"], ["ltr", "ltr"]]
    edge = """(each) => {
      const text = document.createRange();
      text.selectNodeContents(each);
      return text.getBoundingClientRect().right;
    }"""
    place, trail = (each.evaluate(edge) for each in shown[0] if each)
    assert abs(place - trail) < 2


@pytest.mark.browser
def test_an_ended_answer_shows_its_citations_in_their_final_numbers(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    citations = {
        "text": "It would tip [1]. It is linear [2].",
        "cited": [
            {"number": 1, "source": 3, "sentence": "- With a **constant height** it is linear.", "supported": True},
            {"number": 2, "source": 1, "sentence": "The ZMP stays inside.", "supported": False},
        ],
        "also_read": [2],
        "dropped": 0,
        "unsupported": ["It would tip."],
    }
    answered(page, server, Script([opening(), delta("It would tip [3]. It is linear [1]."), closing(citations)]))
    markers = page.locator(".text a.cite")
    expect(markers).to_have_text(["[1]", "[2]"])
    assert [(marker.get_attribute("href") or "").partition(":~:")[0] for marker in markers.all()] == [
        SOURCES[2]["url"],
        SOURCES[0]["url"],
    ]
    sources = page.get_by_role("region", name="Sources").get_by_role("listitem")
    expect(sources).to_have_count(2)
    expect(sources.nth(0)).to_contain_text("With a constant height it is linear.")
    expect(sources.nth(1)).to_contain_text("Does not clearly support")
    expect(page.get_by_text("Also read (1)")).to_be_visible()
    expect(page.get_by_text("No passage clearly supports them")).to_be_visible()
    sources.nth(0).get_by_text("Passage", exact=True).click()
    expect(sources.nth(0).locator(".quoted math")).to_be_visible()


@pytest.mark.browser
def test_a_follow_up_sends_what_use_chat_would(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    answered(page, server, whole("Because [1].", conversation="c-1"), "Why?")
    answered(page, server, whole("Not so."), "And if not?")
    first, second = server.asked
    assert [message["parts"] for message in first["messages"]] == [[{"type": "text", "text": "Why?"}]]
    assert first["trigger"] == "submit-message"
    assert second["id"] == "c-1"
    assert [(m["role"], m["parts"][0]["text"]) for m in second["messages"]] == [
        ("user", "Why?"),
        ("assistant", "Because [1]."),
        ("user", "And if not?"),
    ]
    assert len({message["id"] for message in second["messages"]}) == 3


@pytest.mark.browser
def test_a_long_conversation_stays_within_what_the_server_takes(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    for _ in range(3):
        answered(page, server, whole("یہ ہے۔\n\n" * 6_000))
    assert max(len(json.dumps(body, ensure_ascii=False).encode()) for body in server.asked) < 256 * 1024
    assert server.asked[-1]["messages"][-1]["role"] == "user"


@pytest.mark.browser
@pytest.mark.smoke
def test_a_reload_keeps_the_conversation_and_a_new_one_forgets_it(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    answered(page, server, whole("Because [1].", conversation="c-1"))
    page.reload()
    expect(page.get_by_role("heading", name="You asked: Why?")).to_be_visible()
    expect(page.locator(".text a.cite")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    expect(page.locator(".turn")).to_have_count(0)
    answered(page, server, whole("Yes."), "Again?")
    assert server.asked[-1]["id"] != "c-1"
    assert len(server.asked[-1]["messages"]) == 1


@pytest.mark.browser
def test_what_the_book_does_not_cover_is_said_once(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    answered(page, server, whole("The book does not cover it.", verdict="not_covered"))
    expect(page.locator("article").get_by_text("not cover")).to_have_count(1)
    expect(page.locator(".notice")).to_have_count(0)
    expect(page.get_by_role("region", name="Nearest sections")).to_be_visible()


@pytest.mark.browser
def test_corrected_words_are_shown_to_the_reader(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    understood = {
        "searched_for": "what is <b>inverse</b> kinematics",
        "corrections": [{"typed": "invers", "searched": "inverse"}],
    }
    answered(page, server, whole("It is a map [1].", understood=understood))
    expect(page.locator(".searched")).to_have_text(["Searched for: what is <b>inverse</b> kinematics"])
    answered(page, server, whole("Another one [1]."))
    expect(page.locator("article").last.locator(".searched, .notice")).to_have_count(0)


@pytest.mark.browser
def test_an_uncertain_answer_is_labelled(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    answered(page, server, whole("It may be so [1].", verdict="uncertain"))
    expect(page.get_by_text("The book may not answer this", exact=True)).to_be_visible()


@pytest.mark.browser
def test_quoted_passages_that_say_that_the_book_may_not_answer_are_not_labelled_again(
    server: PageServer, open_page: OpenPage
) -> None:
    page = open_page(server.address)
    quoted = [delta("The book may not answer this; these sections come nearest:\n\n> Walk.")]
    finish = closing().replace(b'"model":"m"', b'"model":null')
    assert finish != closing()
    answered(page, server, Script([opening(verdict="uncertain"), *quoted, finish]))
    expect(page.locator("article").get_by_text("The book may not answer this")).to_have_count(1)


@pytest.mark.browser
def test_sources_of_a_book_without_an_address_are_no_links(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    sources = [source | {"url": source["url"].removeprefix(ORIGIN)} for source in SOURCES]
    assert sources[0]["url"].startswith("/docs/")
    answered(page, server, whole("It stays [1]. See [the page](/docs/balance#zmp).", sources=sources))
    expect(page.locator(".text .cite")).to_have_text(["[1]"])
    expect(page.locator(".sources .place").first).to_have_text("The zero moment point")
    expect(page.locator("article a")).to_have_count(0)


@pytest.mark.browser
def test_tasks_have_boxes(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    text = "- [ ] open\n- [x] done [1]\n\n1. [X] **too**\n\n- [ ]no task\n- x [ ] y\n\nA [x] b"
    answered(page, server, whole(text))
    items = page.locator(".text li")
    expect(items).to_have_text(["☐ open", "☑ done [1]", "☑ too", "[ ]no task", "x [ ] y"])
    expect(page.locator(".text li.task")).to_have_count(3)
    expect(page.locator(".text p").last).to_have_text("A [x] b")
    expect(items.nth(1).locator("a.cite")).to_have_count(1)


# The wire


@pytest.mark.browser
def test_a_stream_in_single_bytes_with_carriage_returns_and_comments(server: PageServer, open_page: OpenPage) -> None:
    wire = opening() + b": keepalive\n\n" + delta("پاؤں [1] ہموار") + closing()
    pieces: list[bytes | float] = [bytes([byte]) for byte in wire.replace(b"\n", b"\r\n")]
    page = open_page(server.address)
    answered(page, server, Script(pieces))
    expect(page.locator(".text")).to_have_text("پاؤں [1] ہموار")


@pytest.mark.browser
def test_an_error_part_keeps_the_text_and_offers_another_try(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    failed = frame({"type": "data-error", "data": {"code": "answer_interrupted", "message": "Broken."}})
    failed += frame({"type": "error", "errorText": "The answer was interrupted."})
    answered(page, server, Script([opening(), delta("So far"), failed, closing()]))
    expect(page.locator(".text")).to_have_text("So far")
    expect(page.locator(".notice")).to_contain_text("Not complete")
    expect(page.locator(".notice")).to_contain_text("The answer was interrupted.")
    server.scripts.append(whole("All of it."))
    page.get_by_role("button", name="Try again").click()
    wait_for_end(page)
    expect(page.locator(".text")).to_have_text("All of it.")
    assert server.asked[1]["trigger"] == "regenerate-message"
    assert server.asked[1]["messageId"] == "m-1"
    assert server.asked[1]["messages"] == server.asked[0]["messages"]


@pytest.mark.browser
@pytest.mark.parametrize("broken", [False, True])
def test_a_stream_without_its_finish_is_said_to_be_incomplete(
    server: PageServer, open_page: OpenPage, broken: bool
) -> None:
    page = open_page(server.address, expect=("ERR_INCOMPLETE_CHUNKED_ENCODING",))
    seen = Event()
    server.scripts.append(Script([opening(), delta("Half a sen"), seen], cut=broken))
    ask(page)
    expect(page.locator(".text")).to_have_text("Half a sen")
    seen.set()
    wait_for_end(page)
    expect(page.locator(".text")).to_have_text("Half a sen")
    expect(page.locator(".notice")).to_contain_text("The connection was lost before the answer was finished.")
    expect(page.get_by_role("status")).to_contain_text("Not complete")
    assert not page.evaluate("() => document.querySelector('.text').classList.contains('writing')")


@pytest.mark.browser
@pytest.mark.parametrize("broken", [False, pytest.param(True, marks=pytest.mark.smoke)])
def test_a_lost_connection_is_taken_up_where_it_was_lost(server: PageServer, open_page: OpenPage, broken: bool) -> None:
    page = open_page(server.address, expect=("ERR_INCOMPLETE_CHUNKED_ENCODING",))
    begun = [opening("c-7"), delta("One, "), delta("two, ")]
    two, three = Event(), Event()
    server.rests += [
        Script([delta("three, "), b'data: {"type":"text-del', three], cut=broken),
        Script([delta("four [1]."), closing()]),
    ]
    server.scripts.append(Script([*begun, two], cut=broken))
    ask(page)
    for shown, seen in (("One, two,", two), ("One, two, three,", three)):
        expect(page.locator(".text")).to_have_text(shown)
        seen.set()
    wait_for_end(page)
    expect(page.locator(".text")).to_have_text("One, two, three, four [1].")
    expect(page.locator(".notice")).to_have_count(0)
    read = b"".join(begun).count(b"data: ")
    assert server.resumed == [("c-7", read), ("c-7", read + 1)]


@pytest.mark.browser
def test_a_part_that_is_no_json_is_said_to_be_damage(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    answered(page, server, Script([opening(), delta("Half"), b"data: {oops\n\n", closing()]))
    expect(page.locator(".notice")).to_contain_text("damaged")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            Script(status=429, body=b'{"error":{"code":"too_many_requests","message":"Please wait a minute."}}'),
            "Please wait a minute.",
        ),
        (Script(status=502, body=b"<html>Bad <b>gateway</b>", content_type="text/html"), "(502)"),
        (Script(status=500, body=b'{"error":"odd"}'), "(500)"),
    ],
)
def test_a_refusal_is_shown_as_its_message(server: PageServer, open_page: OpenPage, script: Script, said: str) -> None:
    page = open_page(server.address, expect=("Failed to load resource",))
    answered(page, server, script)
    expect(page.locator(".notice")).to_contain_text("No answer")
    expect(page.locator(".notice")).to_contain_text(said)
    server.scripts.append(whole("Now."))
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".text")).to_have_text("Now.")
    assert server.asked[1]["trigger"] == "submit-message"  # the first try never began


@pytest.mark.browser
def test_a_server_that_is_away_is_said_to_be(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address, expect=("ERR_",))
    page.route("**/api/chat", lambda route: route.abort("connectionrefused"))
    ask(page)
    expect(page.locator(".notice")).to_contain_text("The service cannot be reached.")


# Stopping


@pytest.mark.browser
@pytest.mark.smoke
def test_stop_stops_tells_the_server_and_keeps_what_was_written(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    server.scripts.append(Script([opening("c-9"), delta("Only this [1]"), LONG]))
    ask(page)
    expect(page.locator(".text")).to_contain_text("Only this")
    with page.expect_response("**/stop"):
        page.get_by_role("button", name="Stop the answer").click()
    wait_for_end(page)
    expect(page.locator(".notice")).to_contain_text("You stopped this answer")
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    answered(page, server, whole("More."), "Go on")
    assert server.stopped == ["c-9"]
    assert server.asked[-1]["messages"][1]["parts"][0]["text"] == "Only this [1]"


@pytest.mark.browser
def test_a_new_conversation_ends_the_answer_that_is_being_written(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    server.scripts.append(Script([opening("c-9"), delta("Old"), LONG]))
    ask(page)
    expect(page.locator(".text")).to_contain_text("Old")
    page.get_by_role("button", name="New conversation").click()
    answered(page, server, whole("New."))
    expect(page.locator(".text")).to_have_text(["New."])
    page.reload()
    expect(page.locator(".text")).to_have_text(["New."])


# What docs/frontend.md shows


@pytest.mark.browser
def test_the_documented_fetch_reads_the_stream(server: PageServer, open_page: OpenPage) -> None:
    document = (Path(__file__).parents[2] / "docs" / "frontend.md").read_text(encoding="utf-8")
    function = document.split("```js\n", 1)[1].split("```", 1)[0].replace("https://chat.book.example", "")
    call = f"""async () => {{
      {function}
      const heard = {{ text: "", sources: 0, failed: null }};
      await ask("Why?", {{ onText: (text) => (heard.text += text), onSources: (s) => (heard.sources = s.length) }})
        .catch((error) => (heard.failed = error.message));
      return heard;
    }}"""
    page = open_page(server.address, expect=("Failed to load resource",))
    error = frame({"type": "error", "errorText": "Broken."})
    server.scripts += [
        Script([opening(), b": keepalive\n\n", *(bytes([byte]) for byte in delta("پاؤں [1]")), closing()]),
        Script([opening(), delta("Half")]),
        Script([opening(), error, closing()]),
        Script(status=429, body=b'{"error":{"code":"too_many_requests","message":"Please wait."}}'),
    ]
    assert page.evaluate(call) == {"text": "پاؤں [1]", "sources": 3, "failed": None}
    assert page.evaluate(call)["failed"] == "The answer is not complete."
    assert page.evaluate(call)["failed"] == "Broken."
    assert page.evaluate(call)["failed"] == "Please wait."
    assert server.asked[0]["message"] == "Why?"


@pytest.mark.browser
def test_brackets_that_are_no_marks_are_no_links_and_safe_tags_are_shown(
    open_page: OpenPage, server: PageServer
) -> None:
    text = "A vector [1, 2] and q[1] move [1].\n\n| a |\n|---|\n| x<sub>1</sub><br>y |\n\nSet $HOME/$USER."
    at = text.index("[1].")
    cited = [{"number": 1, "source": 1, "url": SOURCES[0]["url"], "sentence": "s", "supported": True}]
    resolved = {"text": text, "cited": cited, "also_read": [2, 3], "marks": [{"at": at, "number": 1}]}
    mark = frame({"type": "data-citation", "data": {"number": 1, "at": at}})
    server.scripts.append(Script([opening(), delta(text), mark, closing(resolved)]))
    page = open_page(server.address)
    ask(page, "Why?")
    wait_for_end(page)
    expect(page.locator(".text a.cite")).to_have_count(1)
    expect(page.locator(".text td sub")).to_have_text("1")
    expect(page.locator(".text td br")).to_have_count(1)
    expect(page.locator(".text math")).to_have_count(0)
    expect(page.locator(".text")).to_contain_text("A vector [1, 2] and q[1] move [1].")
