"""Headings that name no subject; the widget's copy of the rule is compared in `tests/app/test_widget_modules.py`."""

from engines.understanding.book_terms import is_recap, names_no_subject
from tests.tables import each_row

RECAPS = [
    "Next Steps",
    "## Summary",
    "What You'll Learn",
    "See also:",
    "Übungen",
    "خلاصہ",
    "Chapter recap",
    "What’s next?",
]
GENERIC = [
    "1.2 Overview",
    "Key Concepts",
    "Test 1",
    "Step 2: Quiz",
    "Voraussetzungen",
    "مثالیں",
    "Quickstart",
    "Exercise B",
]
SUBJECTS = [
    "Sensor fusion",
    "Step response",
    "Summary statistics",
    "The exercise of control",
    "Wiring",
    "Test benches",
    "سپورٹ پولیگون",
    "",
]


@each_row("heading", RECAPS)
def test_recaps_name_no_subject(heading: str) -> None:
    assert is_recap(heading)
    assert names_no_subject(heading)


@each_row("heading", GENERIC)
def test_generic_headings_name_no_subject_and_are_no_recaps(heading: str) -> None:
    assert not is_recap(heading)
    assert names_no_subject(heading)


@each_row("heading", SUBJECTS)
def test_headings_of_a_subject_are_neither(heading: str) -> None:
    assert not is_recap(heading)
    assert not names_no_subject(heading)
