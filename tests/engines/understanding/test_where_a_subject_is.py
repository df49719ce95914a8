"""Where the book treats a subject, and in which chapter the last answer stands."""

from engines.understanding.intent_recognition import intent_of
from tests.tables import each_row

ON_LIDAR = (
    "Where is LIDAR explained?|Where is LIDAR described in this book?|Where does the book talk about LIDAR?|"
    "Wo wird LIDAR erklärt?|Où LIDAR est-il expliqué ?|¿Dónde se explica LIDAR?|"
    "LIDAR kahan explain kiya gaya hai?|LIDAR کہاں سمجھایا گیا ہے؟|"
    "is there anything about LIDAR in here|"
    "Gibt es hier etwas über LIDAR?|Y a-t-il quelque chose sur LIDAR ici ?|¿Hay algo sobre LIDAR aquí?"
)
OF_THE_ANSWER = (
    "In which chapter do I find this?|Which chapter is that in?|In welchem Kapitel finde ich das?|"
    "Dans quel chapitre puis-je trouver ça ?|¿En qué capítulo encuentro esto?|"
    "yeh kis chapter mein hai?|یہ کس باب میں ہے؟"
)
AS_CARDS = "now as flashcards|make flashcards of that|quiz me on that|jetzt als Karteikarten|Mach Karteikarten daraus"


@each_row("message", ON_LIDAR.split("|"))
def test_where_a_subject_is_explained_is_a_place_in_the_book(message: str) -> None:
    intent = intent_of(message)
    assert (intent.task, intent.subject) == ("which_chapter", "LIDAR")


@each_row("message", ["Where is the config file stored?", "Where is the emergency stop located?"])
def test_where_a_thing_is_stays_a_question(message: str) -> None:
    assert intent_of(message).kind == "question"


@each_row("message", OF_THE_ANSWER.split("|"))
def test_the_chapter_of_the_last_answer_is_asked_for(message: str) -> None:
    assert intent_of(message, has_history=True).task == "sources"


@each_row("message", AS_CARDS.split("|"))
def test_the_last_answer_is_wanted_as_cards(message: str) -> None:
    intent = intent_of(message, has_history=True)
    assert (intent.task, intent.name) == ("quiz", "")
