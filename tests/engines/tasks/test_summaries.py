"""Summaries without a model: the author's own first, in the form that a message wishes for."""

import pytest

from engines.events import COVERED, CitationsResolved, Retrieved, Source
from engines.synthesis.extractive import AnswerQuery
from engines.tasks.contents import Chapter, Contents, PageEntry
from engines.tasks.messages import ENGLISH
from engines.tasks.own_summary import is_called_summary, own_summary
from engines.tasks.summaries import SummarySynthesizer
from engines.tasks.wished_form import Form, wished_form
from tests.tables import each_row

TOLD = "A gait repeats two phases again and again."
POINTS = f"{TOLD}\n\n- ✅ **Stance** bears the weight\n- ✅ Swing moves\n  the foot\n- Both alternate"
SECTIONS = (
    ("Hook", "Imagine a robot that falls down the stairs."),
    ("Gait", "What is a gait? A gait is how the feet follow each other."),
    ("Code", "Run it like this:\n\n```sh\ngait --walk\n```"),
    ("Balance", "The robot leans to one side before a step."),
    ("Summary", POINTS),
    ("Exercises", "Walk ten steps and count them all."),
)


def sources(*sections: tuple[str, str]) -> tuple[Source, ...]:
    return tuple(
        Source(number, f"id-{number}", f"/docs/gait#{number}", "Gaits", (heading,), text, 1.0)
        for number, (heading, text) in enumerate(sections, 1)
    )


async def told(message: str, found: tuple[Source, ...]) -> str:
    synthesizer = SummarySynthesizer("Sections:", ENGLISH, "Gaits")
    _, answer = synthesizer.answer(AnswerQuery(message), Retrieved(found, COVERED))
    (text,) = [event.text async for event in answer if isinstance(event, CitationsResolved)]
    return text


FORMS = {
    Form(5): "5 key points of this page|key takeaways max five|die Seite in höchstens fünf Punkten|"
    "résume en 5 points|resumen, máximo 5|is page ke 5 aham nukaat|زیادہ سے زیادہ 5 نکات|max. 5 please",
    Form(3): "tldr, keep it really short|ganz kurz bitte|résumé court|resumen muy breve|bohat mukhtasar|"
    "بہت مختصر خلاصہ|chapter 19 in 3 bullets",
    Form(0, in_prose=True): "one paragraph, no bullets|ein Absatz, ohne Stichpunkte|un seul paragraphe|en un párrafo|"
    "ek paragraph mein|ایک پیراگراف میں",
    Form(2, in_prose=True): "sum it up in two sentences|en dos frases|in zwei Sätzen",
    Form(0, numbered=True): "main points, numbered list|als nummerierte Liste|lista numerada|liste numérotée",
    Form(): "main points of 4.4|chapter 4 key points|summary, one line each|Zusammenfassung von 4.4, nur Stichpunkte",
}


@each_row(("form", "text"), [(form, text) for form, texts in FORMS.items() for text in texts.split("|")])
def test_the_form_of_a_summary_is_read_from_a_message(form: Form, text: str) -> None:
    assert wished_form(text) == form


OWN = (
    "Summary|Chapter Summary|5. Key Takeaways|Conclusion|What You've Learned|TL;DR|In short|Recap|✅ Key points|"
    "Zusammenfassung|Das Wichtigste in Kürze|Fazit|En bref|À retenir|Résumé|Resumen|Conclusiones|Puntos clave|"
    "خلاصہ|اہم نکات"
)
NOT_OWN = (
    "Summary Reporter|Implementation Summary Matrix|Points of contact|Learning objectives|Review checklist|Wrap Up"
)


def test_a_summary_of_its_own_is_known_by_its_heading() -> None:
    assert [each for each in OWN.split("|") if not is_called_summary(each)] == []
    assert [each for each in NOT_OWN.split("|") if is_called_summary(each)] == []


def test_points_stand_under_a_label_as_well_and_a_paragraph_is_rather_prose() -> None:
    labelled = sources(("Next Steps", "You have built it all now.\n\n**Key Takeaways**:\n- ✅ A foot\n- ✅ A hand"))
    own = own_summary(labelled)
    assert own is not None
    assert own.points == ("A foot", "A hand")
    both = sources(
        ("Key points", "- A foot\n- A hand"), ("Conclusion", "A robot has feet and hands, and a head as well.")
    )
    own = own_summary(both, in_prose=True)
    assert own is not None
    assert own.source.heading_path == ("Conclusion",)
    assert own_summary(sources(("Summary", "Happy testing!"))) is None


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("summarize this page", ["- ✅ **Stance** bears the weight", "- ✅ Swing moves", "- Both alternate"]),
        ("2 key points", ["- **Stance** bears the weight [1]", "- Swing moves the foot [1]"]),
        ("main points, numbered", [f"1. {TOLD} [1]", "2. **Stance** bears the weight [1]"]),
        ("in one paragraph, no bullets", [TOLD]),
    ],
)
async def test_the_summary_of_the_page_itself_is_quoted_in_the_wished_form(message: str, lines: list[str]) -> None:
    text = await told(message, sources(*SECTIONS))
    assert [line for line in lines if line not in text.replace("> ", "")] == []
    assert text.count("\n- ") - text.count("\n- **") <= (4 if "this page" in message else 2)
    links = text.partition(ENGLISH.sections)[2]
    assert ("**Gait**" in links) is ("this page" in message)
    assert "Hook" not in text
    assert "Exercises" not in text


async def test_without_one_the_sections_that_say_something_are_listed_and_a_number_is_a_bound() -> None:
    found = sources(*(each for each in SECTIONS if each[0] != "Summary"))
    lines = ["- **Gait** — A gait is how the feet follow each other. [1]",
             "- **Balance** — The robot leans to one side before a step. [2]"]  # fmt: skip
    assert (await told("summary", found)).splitlines() == ["Sections:", "", *lines]
    assert (await told("summary in 1 bullet", found)).splitlines() == ["Sections:", "", lines[0]]
    prose = await told("one paragraph please", found)
    assert prose.endswith(
        "A gait is how the feet follow each other. [1] The robot leans to one side before a step. [2]"
    )


TITLES = ("From v29 to v30", "Workspace Overview", "Forward Kinematics of an Arm", "Failure", "CORS Errors")


@each_row(
    ("name", "title"),
    [
        ("moving from 29 to 30", "From v29 to v30"),
        ("workspace overview", "Workspace Overview"),
        ("the overview of a workspace", "Workspace Overview"),
        ("forward kinematics", "Forward Kinematics of an Arm"),
        ("failure", "Failure"),
        ("failure modes", None),
        ("errors", None),
        ("kinematics", None),
        ("the workspace overview of every robot in the lab", None),
    ],
)
def test_a_page_is_known_by_nearly_all_words_of_its_title(name: str, title: str | None) -> None:
    pages = tuple(PageEntry(each, f"/docs/{at}") for at, each in enumerate(TITLES))
    found = Contents((Chapter("All of it", pages),)).nearly_titled(name)
    assert (found.title if found else None) == title


TUTORIAL = ("taking-photos", "saving-photos", "loading-photos", "live-reload")
GROUPS = Contents(
    tuple(
        Chapter(
            name,
            (
                PageEntry(f"{name} Overview", f"/docs/{name.lower()}/overview"),
                *(
                    PageEntry(each.replace("-", " ").title(), f"/docs/{name.lower()}/first-app/{each}")
                    for each in TUTORIAL
                ),
                PageEntry(f"Your First App: {name}", f"/docs/{name.lower()}/first-app"),
            ),
        )
        for name in ("Angular", "React")
    )
)


@each_row(
    ("name", "number", "url"),
    [
        ("angular photo tutorial", 1, "/docs/angular/first-app"),
        ("the angular photo gallery tutorial", 5, "/docs/angular/first-app/live-reload"),
        ("tutorial de React", 3, "/docs/react/first-app/saving-photos"),
        ("angular photo tutorial", 6, None),
        ("photo tutorial", 2, None),
        ("vue tutorial", 2, None),
    ],
)
def test_a_part_of_a_tutorial_is_its_nth_page(name: str, number: int, url: str | None) -> None:
    found = GROUPS.nth_of(name, number)
    assert (found.pages[0].url if found else None) == url
    assert GROUPS.is_unnumbered
