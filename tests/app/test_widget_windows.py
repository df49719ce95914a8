"""The panel in a window that changes while somebody writes: keyboards on the screen, a tablet that is turned."""

import pytest
from playwright.sync_api import expect

from tests.browser import OpenPage
from tests.widget_page import open_panel

pytestmark = [pytest.mark.browser, pytest.mark.conformance]


@pytest.mark.parametrize(("width", "height"), [(820, 400), (600, 900)])
def test_what_is_being_written_keeps_the_focus_and_the_caret_where_the_window_changes(
    width: int, height: int, site: str, open_page: OpenPage
) -> None:
    page = open_page(site, width=820, height=900)
    open_panel(page)
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Account").click()
    address = page.get_by_role("textbox", name="E-mail")
    address.click()
    page.keyboard.type("ann@")
    page.keyboard.press("ArrowLeft")
    page.set_viewport_size({"width": width, "height": height})
    expect(dialog).to_have_js_property("clientWidth", width)
    page.keyboard.type("x")
    expect(address).to_have_value("annx@")
    page.set_viewport_size({"width": 820, "height": 900})
    expect(dialog).not_to_have_js_property("clientWidth", 820)
    page.keyboard.type("y")
    expect(address).to_have_value("annxy@")


# What a phone's browser says while its keyboard covers 300 of 800 pixels: it has told so before the panel is opened.
KEYBOARD = """const view = new EventTarget();
  Object.assign(view, { height: 500, scale: 1, offsetTop: 0, width: 390, pageTop: 0 });
  Object.defineProperty(window, 'visualViewport', { value: view })"""


def test_a_panel_that_is_opened_while_the_keyboard_is_up_stands_above_it(site: str, open_page: OpenPage) -> None:
    page = open_page("about:blank", width=390, height=800)
    page.add_init_script(KEYBOARD)
    page.goto(site)
    open_panel(page)
    expect(page.get_by_role("dialog")).to_have_js_property("offsetHeight", 500)
