"""Questions that name too little get the sections that may be meant; questions that name enough do not."""

from dataclasses import replace

import pytest

from engines.events import Retrieved, Source
from engines.synthesis.ambiguity import ambiguous_sections
from engines.understanding.understanding import understand
from tests.engines.chat.chat_world import COVERED, a_world, resolved_of, text_of
from tests.tables import each_row


def section(number: int, page: str, title: str, *headings: str) -> Source:
    url = f"https://book.example/docs/{page}#{headings[-1].lower().replace(' ', '-') if headings else ''}"
    text = f"{title}: the first sentence. And a [link](./other.md)."
    return Source(number, f"id-{number}", url, title, headings, text, 1 / number)


INPUT = section(1, "api/input", "ion-input", "Label Placement")
TOGGLE = section(2, "api/toggle", "ion-toggle", "Label placement")
RADIO = section(3, "api/radio", "ion-radio", "Label Placement")
OTHER = section(4, "layout", "Layout", "Columns")
ANGULAR = section(1, "angular/pwa", "Progressive Web Apps", "Making your Angular app a PWA")
REACT = section(2, "react/pwa", "Progressive Web Apps", "Making your React app a PWA")

VUE_SLIDES = section(1, "vue/slides", "Migrating to Swiper.js", "Methods")
ANGULAR_SLIDES = section(2, "angular/slides", "Migrating to Swiper.js", "Properties")


def meant(question: str, *sources: Source) -> list[str]:
    return [
        source.chunk_id
        for source in ambiguous_sections(Retrieved(sources, COVERED, understanding=understand(question)))
    ]


@each_row(
    "question",
    [
        "How do I move the label to the other side?",
        "label placement",
        "hi! where is the label? thanks",
        "My form is in German. The label is above. How can I place the label elsewhere?",
        "can the label be hidden",
    ],
)
def test_the_same_heading_on_several_pages_may_be_meant(question: str) -> None:
    assert meant(question, INPUT, TOGGLE, OTHER, RADIO) == ["id-1", "id-2", "id-3"]


@pytest.mark.parametrize("question", ["make my app a pwa", "How do I make my app a PWA?", "pwa"])
def test_headings_that_differ_in_what_the_question_does_not_say_may_be_meant(question: str) -> None:
    assert meant(question, ANGULAR, REACT) == ["id-1", "id-2"]


@pytest.mark.parametrize(
    "question",
    [
        "How do I move the label of a toggle?",
        "label placement of ion-input",
        "where does the radio have its label?",
    ],
)
def test_a_question_that_names_one_of_the_pages_means_it(question: str) -> None:
    assert meant(question, INPUT, TOGGLE, OTHER, RADIO) == []


def test_a_question_that_names_the_framework_means_it() -> None:
    assert meant("make my Angular app a pwa", ANGULAR, REACT) == []


@pytest.mark.parametrize("question", ["how do I use slides in my app", "slides", "migrating the slides"])
def test_one_page_in_folders_beside_each_other_may_be_meant(question: str) -> None:
    assert meant(question, VUE_SLIDES, OTHER, ANGULAR_SLIDES) == ["id-1", "id-2"]


@pytest.mark.parametrize("question", ["slides in Vue", "which events has the carousel?", "what are slides?"])
def test_pages_beside_each_other_are_not_meant_by_a_question_for_one_of_them_or_for_something_else(
    question: str,
) -> None:
    assert meant(question, VUE_SLIDES, OTHER, ANGULAR_SLIDES) == []


def test_chapters_that_have_pages_of_one_name_are_told_by_their_titles() -> None:
    first = section(1, "module-1/intro", "Introduction to ROS 2", "Nodes")
    second = section(2, "module-2/intro", "Introduction to simulation", "Physics")
    assert meant("introduction to simulation", first, second) == []
    assert meant("intro", first, second) == ["id-1", "id-2"]


@pytest.mark.parametrize("question", ["What is a column?", "Why does it blink?", "?!", ""])
def test_other_questions_are_not_ambiguous(question: str) -> None:
    assert meant(question, INPUT, TOGGLE, RADIO) == []


@pytest.mark.parametrize("question", ["who wrote this book?", "how long is the book?", "what is the book about?"])
def test_headings_that_share_the_book_s_own_name_alone_are_not_meant(question: str) -> None:
    readers = section(1, "intro", "Introduction", "Who this book is for")
    style = section(2, "style", "Conventions", "How this book has its examples")
    assert meant(question, readers, style) == []
    assert meant(question, style, readers) == []


def test_sections_of_one_page_are_not_candidates() -> None:
    twice = section(2, "api/input", "ion-input", "Usage", "Label placement")
    assert meant("where is the label?", INPUT, twice) == []


async def test_without_a_model_the_candidates_come_with_their_links() -> None:
    question = "How do I move the label to the other side?"
    found = Retrieved((INPUT, TOGGLE, OTHER), COVERED, understanding=understand(question))
    async with a_world(found, with_model=False) as world:
        events = await world.ask(question)
    text = text_of(events)
    assert text.startswith("Your question may mean several things")
    assert "- **ion-input › Label Placement**: ion-input: the first sentence. [1]" in text
    cited = resolved_of(events).cited
    assert [citation.source.url for citation in cited] == [INPUT.url, TOGGLE.url]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("¿Dónde está el label de una aplicación?", "Su pregunta"),
        ("Wie ist das mit dem label?", "Ihre Frage"),
        ("Où est le label dans les pages ?", "Votre question"),
    ],
)
async def test_candidates_are_offered_in_the_question_s_language(question: str, said: str) -> None:
    found = Retrieved((INPUT, TOGGLE), COVERED, understanding=understand(question))
    async with a_world(found, with_model=False) as world:
        assert text_of(await world.ask(question)).startswith(said)


async def test_a_model_is_told_which_passages_may_be_meant() -> None:
    question = "How do I move the label to the other side?"
    found = Retrieved((INPUT, TOGGLE, OTHER), COVERED, understanding=understand(question))
    async with a_world(found) as world:
        await world.ask(question)
        (stream,) = world.server.streams
    note = stream.texts[-1][1].partition("<note>")[2].partition("</note>")[0]
    assert "ion-input › Label Placement [source 1]; ion-toggle › Label placement [source 2]" in note


@pytest.mark.parametrize("question", ["What is a topic?", "define topic", "what does topic mean", "topic kya hai"])
def test_a_question_for_a_definition_is_not_asked_back_for_what_is_done_with_the_term(question: str) -> None:
    topics = section(1, "overview", "What is ROS 2?", "Topics: asynchronous communication")
    inspect = section(2, "first-node", "Your first node", "Inspect the topic")
    assert meant(question, topics, inspect, OTHER) == []
    assert meant("topic", topics, inspect, OTHER) == ["id-1", "id-2"]


@each_row(
    "question",
    [
        "What does Xacro do?",
        "what is Xacro used for",
        "Was macht Xacro?",
        "Que fait Xacro ?",
        "¿Qué hace Xacro?",
        "xacro kya karta hai?",
    ],
)
def test_what_one_thing_does_is_told_from_the_best_of_its_sections(question: str) -> None:
    first = section(1, "formats", "Formats", "Xacro Integration: simplifying both")
    second = section(2, "humanoids", "Humanoids", "Xacro: a powerful extension")
    assert meant(question, first, second, OTHER) == []
    assert meant("xacro", first, second, OTHER) == ["id-1", "id-2"]


def test_a_question_for_a_definition_is_asked_back_where_several_sections_have_the_same_heading() -> None:
    assert meant("What is label placement?", INPUT, TOGGLE, OTHER, RADIO) == ["id-1", "id-2", "id-3"]


@each_row(
    "question",
    [
        "How do I mock it?",
        "At which rate should it run?",
        "How long does it take?",
        "Wie installiere ich es?",
        "¿Cómo lo instalo?",
        "اسے کیسے انسٹال کروں؟",
        "isko kaise install karun?",
        "它怎么安装？",
    ],
)
def test_a_pronoun_that_stands_for_nothing_may_mean_each_page_that_was_found(question: str) -> None:
    found = [replace(each, text="To mock, install and run it takes long.") for each in (INPUT, OTHER, RADIO)]
    assert meant(question, *found) == ["id-1", "id-4", "id-3"]
    follow_up = replace(understand(question), in_context=("How does the toggle work?",))
    assert not ambiguous_sections(Retrieved((INPUT, OTHER), COVERED, understanding=follow_up))


@each_row(
    "question",
    [
        "How long does it take to train a policy?",
        "Is it possible to walk?",
        "How does the robot know that it falls?",
        "How do I mock a module?",
        "Why does the ZMP leave the foot when it turns?",
    ],
)
def test_a_pronoun_of_something_named_is_not_asked_back(question: str) -> None:
    assert not meant(question, INPUT, OTHER)


BUTTON = section(1, "developing/back-button", "Hardware Back Button")
UTILITY = section(2, "vue/utility", "Utility Functions", "Hardware Back Button")
SCROLL = section(1, "api/infinite-scroll", "Scrolling", "Infinite Scroll")
CONTENT = section(2, "api/infinite-scroll-content", "Content", "Infinite Scroll Spinner")
DEFINED = section(1, "data", "Data", "Step 2: Define Randomization Domains")
USED = section(2, "cases", "Cases", "2. Use Domain Randomization")


@each_row(
    ("question", "sections"),
    [
        ("back button on android", (BUTTON, UTILITY)),
        ("hardware back button", (UTILITY, BUTTON)),
        (
            "infinite scroll stop",
            (
                replace(SCROLL, heading_path=("ion-infinite-scroll",)),
                replace(CONTENT, heading_path=("ion-infinite-scroll-content",)),
            ),
        ),
        ("infinite scroll stop when there is no more data", (SCROLL, CONTENT)),
        ("explain domain randomization in simple words", (DEFINED, USED)),
    ],
)
def test_a_question_is_not_asked_back_where_one_section_is_meant(question: str, sections: tuple[Source, ...]) -> None:
    assert meant(question, *sections) == []
