"""Lists of sections with their first sentences."""

from functools import partial

from engines.events import COVERED, CitationsResolved, Retrieved, Source
from engines.synthesis.extractive import AnswerQuery
from engines.tasks.link_lists import AgainSynthesizer, OutlineSynthesizer, PageListSynthesizer
from engines.tasks.messages import ENGLISH
from engines.tasks.page_pieces import has_piece, is_own_quiz
from engines.tasks.summaries import SummarySynthesizer


async def test_a_summary_keeps_the_markup_of_first_sentences_and_drops_their_links() -> None:
    texts = ["**Inverse dynamics** asks which torques act. More.", "- See [the **arm**](./arm.md). More."]
    sources = tuple(
        Source(number, f"id-{number}", f"/docs/p#{number}", "Dynamics", (f"Part {number}",), text, 1.0)
        for number, text in enumerate(texts, 1)
    )
    outline = OutlineSynthesizer(ENGLISH.no_model, ENGLISH, "Dynamics")
    _, answer = outline.answer(AnswerQuery("summarize this page"), Retrieved(sources, COVERED))
    events = [event async for event in answer]
    text = next(event.text for event in events if isinstance(event, CitationsResolved))
    assert "- **Part 1** — **Inverse dynamics** asks which torques act. [1]" in text
    assert "- **Part 2** — See the **arm**. [2]" in text


async def test_pages_for_a_subject_are_named_once_those_first_that_name_it_or_have_most_on_it() -> None:
    places = [
        ("hardware", "Sensors"),
        ("sensors", "Noise"),
        ("sensors", "LiDAR simulation"),
        ("arm", "Code"),
        ("walk", "A"),
        ("walk", "B"),
    ]
    sources = tuple(
        Source(number, f"id-{number}", f"/docs/{page}#{heading}", page.title(), (heading,), "Text.", 1.0)
        for number, (page, heading) in enumerate(places, 1)
    )
    _, answer = PageListSynthesizer(ENGLISH, "lidar").answer(AnswerQuery("lidar"), Retrieved(sources, COVERED))
    (text,) = [event.text async for event in answer if isinstance(event, CitationsResolved)]
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert lines == [
        "- **Sensors**: Noise, LiDAR simulation [1]",
        "- **Walk**: A, B [2]",
        "- **Hardware**: Sensors [3]",
        "- **Arm**: Code [4]",
    ]


async def test_key_points_are_none_that_lead_on_or_ask_the_reader() -> None:
    points = ["How a topic works", "Quality of service", "Practice makes a gait", "The next step of a gait"]
    others = [
        *("Next steps", "Preview of the next chapter", "Further Reading", "Exercises", "🔗 References", "Hands-on Lab"),
        *(
            "What's next?",
            "Quiz: Topics",
            "5. Practice Exercises",
            "Ausblick auf Kapitel 4",
            "Weiterführende Literatur",
        ),
        *("Übungsaufgaben", "Pour aller plus loin", "Prochaines étapes", "Próximos pasos", "Ejercicios prácticos"),
        *("اگلے اقدامات", "مزید مطالعہ"),
    ]
    sources = tuple(
        Source(number, f"id-{number}", f"/docs/p#{number}", "Topics", (heading,), "It is told here.", 1.0)
        for number, heading in enumerate((*points, *others), 1)
    )
    outline = SummarySynthesizer(ENGLISH.no_model, ENGLISH, "Topics")
    _, answer = outline.answer(AnswerQuery("key points of this page"), Retrieved(sources, COVERED))
    (text,) = [event.text async for event in answer if isinstance(event, CitationsResolved)]
    assert [line.split("**")[1] for line in text.splitlines() if line.startswith("- ")] == points


LIST = "1. Tune the controller on ice.\n2. Let the robot climb stairs.\n3. Measure both."
TERMS = "- **ZMP**: The point of no tipping moment at all.\n- **Gait** – How the feet follow each other in time."


QUIZ = "Which joint bends the knee?\n\nHip\n\nKnee\n\n1\n\nThe knee joint does."


async def test_a_quiz_that_a_page_has_is_shown_where_no_model_makes_one() -> None:
    headings = (("Walking",), ("Questions of balance",), ("5. Check your understanding",))
    sources = tuple(
        Source(number, f"id-{number}", f"/docs/p#{number}", "Walking", path, text, 1.0)
        for number, (path, text) in enumerate(zip(headings, ("Text.", "Text.", QUIZ), strict=True), 1)
    )
    assert [is_own_quiz(source) for source in sources] == [False, False, True]
    for found, opening in ((sources, "This is what you asked for"), (sources[:2], "no questions or cards")):
        outline = OutlineSynthesizer(ENGLISH.no_quiz, ENGLISH, "Walking", wanted=is_own_quiz)
        _, answer = outline.answer(AnswerQuery("quiz me"), Retrieved(found, COVERED))
        (text,) = [event.text async for event in answer if isinstance(event, CitationsResolved)]
        assert opening in text
        assert ("Which joint bends the knee?" in text) == (found is sources)


async def test_an_exercise_that_is_named_by_its_number_comes_alone() -> None:
    exercises = Source(1, "id-1", "/docs/p#exercises", "Walking", ("Exercises",), LIST, 1.0)
    outline = OutlineSynthesizer(
        ENGLISH.no_model, ENGLISH, "Walking", wanted=partial(has_piece, piece="exercises"), piece="exercises"
    )
    _, answer = outline.answer(AnswerQuery("solution of exercise 2 pls"), Retrieved((exercises,), COVERED))
    (text,) = [event.text async for event in answer if isinstance(event, CitationsResolved)]
    assert "climb stairs" in text
    assert "on ice" not in text
    assert "Measure" not in text


async def test_a_glossary_of_a_page_without_one_is_what_it_says_of_its_terms_in_bold() -> None:
    section = Source(1, "id-1", "/docs/p#gait", "Walking", ("Gait",), TERMS, 1.0)
    outline = OutlineSynthesizer(
        ENGLISH.no_model, ENGLISH, "Walking", wanted=partial(has_piece, piece="terms"), piece="terms"
    )
    _, answer = outline.answer(AnswerQuery("define the difficult words"), Retrieved((section,), COVERED))
    (text,) = [event.text async for event in answer if isinstance(event, CitationsResolved)]
    assert "- **ZMP**: The point of no tipping moment at all. [1]" in text
    assert "- **Gait**: How the feet follow each other in time. [1]" in text


async def test_what_is_told_shorter_is_what_the_newest_answer_with_sections_shows() -> None:
    sources = tuple(Source(at, f"id-{at}", f"/docs/p#{at}", "P", (f"S{at}",), f"Text {at}.", 1.0) for at in (1, 2, 3))
    old, new, listed = "> Text 1.\n>\n> — P › S1 [1]", "> Text 2.\n>\n> — P › S2 [1]", "\n- **P › S3**: Text 3. [1]"
    for earlier, shown in (((old, new), {2}), ((new, old, "Thanks."), {1}), ((old, listed), {3}), ((), {1, 2, 3})):
        _, answer = AgainSynthesizer("").answer(AnswerQuery("shorter", earlier=earlier), Retrieved(sources, COVERED))
        (text,) = [event.text async for event in answer if isinstance(event, CitationsResolved)]
        assert {at for at in (1, 2, 3) if f"**S{at}**" in text} == shown
