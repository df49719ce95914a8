"""Whether, where and how often a page speaks of something, over HTTP, without a model and with one."""

from tests.app.test_tasks import PAGE
from tests.gemini_server import GeminiServer, Reply, gemini_fixture
from tests.serving import Served, ask
from tests.tables import each_row

INSIDE = f"{PAGE}#inside"


gemini = gemini_fixture(Reply(chunks=("It does ", "[source 1].")))


@each_row(
    ("message", "said", "urls"),
    [
        ("does this page mention the support polygon?", "mentions “support polygon” (1×):", [INSIDE]),
        ("where on this page is the support polygons?", "(1×):", [INSIDE]),
        ("is gravity mentioned here?", "(1×):", [f"{PAGE}#what-it-is"]),
        ("does this page mention is_stable?", "`def is_stable(zmp, polygon):`", [INSIDE]),
        (
            "is the capture point explained in this chapter?",
            "“Balance”",
            ["/docs/balance/capture-point#definition"],
        ),
        ("does the first chapter mention the support polygon?", "(1×):", [INSIDE]),
    ],
)
def test_a_page_that_mentions_it_shows_where(server_url: str, message: str, said: str, urls: list[str]) -> None:
    answer = ask(server_url, message, page_url=PAGE)
    assert answer["answer"].startswith("Yes, “")
    assert said in answer["answer"]
    assert [source["url"] for source in answer["sources"]] == urls
    assert "[1]" in answer["answer"]
    assert answer["verdict"] == "covered"


def test_how_often_is_counted_over_all_sections(server_url: str) -> None:
    answer = ask(server_url, "how many times does this page mention the zero moment point?", page_url=PAGE)["answer"]
    assert "(2×)" in answer.splitlines()[0]
    assert answer.count("\n- **") == 2


def test_a_page_that_does_not_mention_it_says_so_and_where_the_book_does(server_url: str) -> None:
    answer = ask(server_url, "does this page mention the capture point?", page_url=PAGE)
    assert answer["answer"].startswith("No, “Zero moment point” does not mention “capture point”. ")
    assert answer["sources"][0]["url"] == "/docs/balance/capture-point#definition"
    nowhere = ask(server_url, "does this page mention Kubernetes?", page_url=PAGE)
    assert nowhere["answer"].startswith("No, “Zero moment point” does not mention “Kubernetes”. Nor do ")


def test_what_the_page_says_in_other_words_is_not_denied(server_url: str) -> None:
    answer = ask(server_url, "does this page explain how a gripper keeps the polygon closed?", page_url=PAGE)
    assert answer["answer"].startswith("“Zero moment point” does not say it in these words. ")
    assert [source["url"] for source in answer["sources"]] == [INSIDE]


@each_row(
    ("message", "said"),
    [
        ("wird der capture point auf dieser Seite erwähnt?", "Nein, „Zero moment point“"),
        ("est-ce que cette page parle du capture point ?", "Non, « Zero moment point »"),
        ("¿esta página menciona el capture point?", "No, «Zero moment point»"),
        ("کیا اس صفحے پر capture point کا ذکر ہے؟", "نہیں، “Zero moment point”"),
    ],
)
def test_it_is_said_in_the_reader_s_language(server_url: str, message: str, said: str) -> None:
    assert ask(server_url, message, page_url=PAGE)["answer"].startswith(said)


def test_without_an_open_page_the_page_is_asked_for(server_url: str) -> None:
    assert ask(server_url, "does this page mention gravity?")["verdict"] is None


def test_the_model_is_told_how_often_the_text_has_it(with_model: Served, gemini: GeminiServer) -> None:
    before = len(gemini.requests)
    ask(with_model.url, "does this page mention the support polygon?", page_url=PAGE)
    ask(with_model.url, "does this page mention the capture point?", page_url=PAGE)
    has_it, has_it_not = (request.texts[-1][1] for request in gemini.requests[before:])
    assert "it does so 1 times" in has_it
    assert "The ground only pushes" in has_it
    assert "it has no such words" in has_it_not
    assert "The capture point is the place on the ground" in has_it_not
