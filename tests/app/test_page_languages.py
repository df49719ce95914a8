"""Bold beside the punctuation of scripts without spaces, and input methods, on the chat page in a real Chromium."""

import pytest
from playwright.sync_api import expect

from tests.browser import OpenPage
from tests.page_server import PageServer, answered, ask, whole

pytestmark = pytest.mark.browser

# The Markdown and what is bold in it.
BOLD = {
    "chinese parentheses": ("**零力矩点（ZMP）**是一个点。", ["零力矩点（ZMP）"]),
    "japanese full stop": ("**結論。**したがって倒れない。", ["結論。"]),
    "korean parentheses": ("**영 모멘트 점(ZMP)**을 계산한다.", ["영 모멘트 점(ZMP)"]),
    "urdu full stop": ("**صفر لمحے کا پوائنٹ۔**اور یہ", ["صفر لمحے کا پوائنٹ۔"]),
    "urdu comma": ("یہ**، اور**وہ", ["، اور"]),
    "arabic question mark": ("**لماذا؟**لأن الأرض تدفع", ["لماذا؟"]),
    "chinese quotation at the start": ("这是**“支撑多边形”**的定义。", ["“支撑多边形”"]),
    "japanese corner brackets": ("次は**「支持多角形」**です。", ["「支持多角形」"]),
    "chinese title marks": ("见**《机器人学》**一书。", ["《机器人学》"]),
    "chinese colon": ("**注意：**不要移动。", ["注意："]),
    "korean percent": ("**50%**를 넘으면", ["50%"]),
    "latin parentheses before chinese": ("**ZMP (Zero Moment Point)**是", ["ZMP (Zero Moment Point)"]),
    "two in a line": ("**甲（A）**和**乙（B）**都稳定。", ["甲（A）", "乙（B）"]),
    "a code span at the end": ("使用**`ros2 run`**命令。", ["ros2 run"]),
    "devanagari": ("**शून्य आघूर्ण (ZMP)**का", ["शून्य आघूर्ण (ZMP)"]),
}
NOT_BOLD = {
    "powers": "2 ** 3 ** 4",
    "powers of a call": "a**(b)**c and f(x)**2",
    "latin as CommonMark has it": 'foo**"bar"**baz',
    "spaces inside": "零 ** 力 ** 矩",
    "underscores": "变量__（甲）__名",
}


@pytest.mark.parametrize("name", BOLD)
def test_bold_beside_punctuation_of_other_scripts(server: PageServer, open_page: OpenPage, name: str) -> None:
    text, bold = BOLD[name]
    page = open_page(server.address)
    answered(page, server, whole(*text))
    expect(page.locator(".text strong")).to_have_text(bold)
    expect(page.locator(".text")).not_to_contain_text("**")


def test_bold_is_told_in_one_page(server: PageServer, open_page: OpenPage) -> None:
    page = open_page(server.address)
    answered(page, server, whole("\n\n".join(NOT_BOLD.values())))
    expect(page.locator(".text strong")).to_have_count(0)
    answered(page, server, whole("*結論。*したがって"))
    expect(page.locator(".text em")).to_have_text("結論。")


@pytest.mark.parametrize("composing", [{"keyCode": 229}, {"isComposing": True}, {"isComposing": True, "keyCode": 229}])
def test_the_enter_that_ends_a_composition_sends_nothing(
    server: PageServer, open_page: OpenPage, composing: dict[str, object]
) -> None:
    page = open_page(server.address)
    question = page.get_by_role("textbox", name="Question")
    question.fill("にほん")
    prevented = question.evaluate(
        """(field, how) => !field.dispatchEvent(
          new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...how }))""",
        composing,
    )
    assert not prevented
    assert server.asked == []
    expect(question).to_have_value("にほん")
    server.scripts.append(whole("はい。"))
    ask(page, "日本")
    expect(page.locator(".text")).to_have_text("はい。")
    assert [body["messages"][-1]["parts"][0]["text"] for body in server.asked] == ["日本"]
