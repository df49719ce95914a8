"""Whether a page speaks of something is told from other questions, with what is asked for."""

import pytest

from engines.understanding.intent_recognition import intent_of
from tests.tables import each_row


@each_row(
    ("message", "subject", "part"),
    [
        ("does this page mention QoS?", "QoS", "page"),
        ("is quality of service explained in this chapter?", "quality of service", "chapter"),
        ("where on this page is the rqt_graph tool?", "rqt_graph tool", "page"),
        ("how many times does this page mention publisher?", "publisher", "page"),
        ("can you check if this page mentions requestAnimationFrame", "requestAnimationFrame", "page"),
        ("is there anything about custom messages on this page?", "custom messages", "page"),
        ('find "transient local" on this page', "transient local", "page"),
        ("Is Gazebo mentioned anywhere here?", "Gazebo", "page"),
        ("any mention of process.nextTick on this page?", "process.nextTick", "page"),
        ("does this page say how to close a modal?", "how to close a modal", "page"),
        ("hey is canDismiss anywhere on this page", "canDismiss", "page"),
        ("how many mentions of backdrop does this page have?", "backdrop", "page"),
        ("point me to the part of this page that deals with keyboard", "keyboard", "page"),
        ("does this page cover ES modules", "ES modules", "page"),
        ("wird QoS auf dieser Seite erwähnt?", "QoS", "page"),
        ("est-ce que cette page parle de QoS ?", "QoS", "page"),
        ("¿esta página menciona QoS?", "QoS", "page"),
        ("kya is page par QoS ka zikr hai?", "QoS", "page"),
        ("کیا اس صفحے پر QoS کا ذکر ہے؟", "QoS", "page"),
    ],
)
def test_what_a_page_is_asked_to_mention_is_told(message: str, subject: str, part: str) -> None:
    intent = intent_of(message, has_page=True)
    assert (intent.task, intent.subject, intent.part) == ("mentions", subject, part)


@each_row(
    ("message", "number", "subject"),
    [
        ("does chapter 3 mention the ZMP?", "3", "ZMP"),
        ("Is chapter 30 about drones?", "30", "drones"),
        ("is module 7 mainly about cameras?", "7", "cameras"),
        ("Geht es in Kapitel 30 um Drohnen?", "30", "Drohnen"),
        ("Handelt Kapitel 12 von Greifern?", "12", "Greifern"),
        ("Est-ce que le chapitre 30 porte sur les drones ?", "30", "drones"),
        ("¿El capítulo 30 es sobre drones?", "30", "drones"),
        ("kya chapter 30 drones ke bare mein hai?", "30", "drones"),
        ("کیا باب 30 ڈرون کے بارے میں ہے؟", "30", "ڈرون"),
    ],
)
def test_a_chapter_may_be_named_by_its_number(message: str, number: str, subject: str) -> None:
    intent = intent_of(message)
    assert (intent.task, intent.name, intent.subject) == ("mentions", number, subject)


@pytest.mark.parametrize(
    "message",
    [
        "what does this page say about QoS?",
        "why does this page mention QoS?",
        "does this page have exercises?",
        "does this page have a summary?",
        "where is the code on this page?",
        "is this page important?",
        "what is covered on this page?",
        "summarize what this page says about QoS",
        "does the module use QoS?",
        "how often does the topic use best effort?",
        "does this book mention QoS?",
        "where does a node find its parameters?",
        "Was muss ich vor diesem Kapitel gelesen haben?",
        "Which part of this chapter page is the hardest bit and why",
    ],
)
def test_other_questions_about_a_page_are_none(message: str) -> None:
    assert intent_of(message, has_page=True).task != "mentions"


def test_what_is_mentioned_without_a_word_for_the_page_is_asked_of_the_open_one() -> None:
    assert intent_of("is history mentioned?", has_page=True).subject == "history"
    assert intent_of("Wird QoS irgendwo erwähnt?", has_page=True).subject == "QoS"
    assert intent_of("Wird das erklärt?", has_page=True).task != "mentions"
    assert intent_of("is history mentioned?").kind == "question"
