"""Where one of several sections answers, or all say the same, nothing is asked back; a line has what answers."""

from engines.events import Source
from engines.synthesis.ambiguity import line_of, quoted_at_once
from engines.understanding.understanding import understand
from tests.tables import each_row


def section(number: int, title: str, heading: str, text: str) -> Source:
    url = f"https://book.example/docs/page-{number}"
    return Source(number, f"id-{number}", url, title, (heading,), text, 1 / number)


BAIL = section(1, "Configuration", "bail [number | boolean]", "Default: `0`\n\nStops the run after `n` failures.")
BAIL_FLAG = section(2, "CLI", "--bail[=<n>]", "Alias: `-b`. Ends the suite at once upon `n` failing suites.")
CORS = section(1, "Web View", "CORS", "Web views enforce CORS, so servers have to answer with headers.")
GLOSSARY = section(2, "Glossary", "CORS", "**CORS** is a mechanism for servers to control access to their assets.")
ANGULAR = section(1, "Angular", "Installation", "Before you begin, make sure that Node.js is installed.")
REACT = section(2, "React", "Installation", "Before you begin, make sure that Node.js is installed.")
VUE = section(3, "Vue", "Installation", "The plugin of the editor is optional.")
LIGHT = section(1, "Light", "Sensors", "Cameras see light.")
TOUCH = section(2, "Touch", "Sensors", "Sensors of touch tell the direction of the push.")
LABEL = section(1, "ion-input", "Label placement", "The label of an input stands before its value.")
TOGGLE = section(2, "ion-toggle", "Label placement", "The label of a toggle stands before its value.")


@each_row(
    ("question", "meant", "expected"),
    [
        ("what does --bail do", (BAIL, BAIL_FLAG), (BAIL, BAIL_FLAG)),
        ("explain cors", (CORS, GLOSSARY), (GLOSSARY,)),
        ("describe cors", (CORS, GLOSSARY), (GLOSSARY,)),
        ("erkläre CORS", (CORS, GLOSSARY), (GLOSSARY,)),
        ("what has to be installed before I begin", (ANGULAR, REACT), (ANGULAR,)),
        ("what has to be installed before I begin", (ANGULAR, REACT, VUE), (ANGULAR,)),
        ("do sensors tell the direction of the push", (LIGHT, TOUCH), (TOUCH,)),
        ("label placement", (LABEL, TOGGLE), ()),  # each page is about its own
        ("cors", (CORS, GLOSSARY), ()),
        ("How do I install it?", (ANGULAR, REACT), ()),  # it is not known what "it" is
    ],
)
def test_it_is_asked_back_only_where_the_sections_answer_differently(
    question: str, meant: tuple[Source, ...], expected: tuple[Source, ...]
) -> None:
    assert quoted_at_once(understand(question), meant) == expected


@each_row(
    ("text", "expected"),
    [
        (BAIL.text, "Stops the run after `n` failures."),
        (BAIL_FLAG.text, "Ends the suite at once upon `n` failing suites."),
        (
            "Tactile sensors measure:\n\n- Contact\n- Direction of the force",
            "Tactile sensors measure: Contact; Direction of the force",
        ),
        ("It is fast. The direction of the push is told, too.", "The direction of the push is told, too."),
    ],
)
def test_a_line_is_the_sentence_that_answers_or_a_list_with_what_leads_to_it(text: str, expected: str) -> None:
    assert line_of(section(1, "Page", "Section", text), text, "is the direction of the push told") == expected
