"""Where to begin with a subject, what the book has beside its text, and a piece of the open page by what it has."""

from engines.chat.condense import in_context, intent_after
from engines.events import Turn
from engines.tasks.parts_of_the_book import _kinds_in
from engines.understanding.conversation_intents import asks_the_other_one
from engines.understanding.intent import Intent
from engines.understanding.intent_recognition import intent_of
from tests.tables import each_row


@each_row(
    ("message", "task", "subject"),
    [
        ("I know nothing about operating systems. Where do I begin in here?", "start", "operating systems"),
        ("where do I start with ROS 2?", "start", "ROS 2"),
        ("I'm new to snapshots, what should I read first?", "start", "snapshots"),
        ("Which chapter should I read first to learn about grasping?", "start", "grasping"),
        ("Ich weiß nichts über Sensoren. Womit soll ich anfangen?", "start", "Sensoren"),
        ("I'm new to this. Which page first?", "start", ""),
        ("are there exercises with solutions in it?", "has", "exercises with solutions"),
        ("does the book have quizzes?", "has", "quizzes"),
        ("does it come with videos?", "has", "videos"),
        ("Gibt es Übungen mit Lösungen?", "has", "Übungen mit Lösungen"),
        ("Est-ce qu'il y a des exercices avec des solutions ?", "has", "exercices avec des solutions"),
        ("¿El libro tiene ejercicios?", "has", "ejercicios"),
        ("kya is kitab mein exercises hain?", "has", "exercises"),
        ("کیا اس کتاب میں مشقیں ہیں؟", "has", "مشقیں"),
        ("Wo fange ich mit Sensoren an?", "start", "Sensoren"),
        ("Par où commencer avec les capteurs ?", "start", "capteurs"),
        ("No sé nada de sensores. ¿Por dónde empiezo?", "start", "sensores"),
    ],
)
def test_what_is_asked_of_the_book_is_told(message: str, task: str, subject: str) -> None:
    intent = intent_of(message)
    assert (intent.task, intent.subject) == (task, subject)


@each_row(
    "message",
    [
        "Where does a walking gait start?",
        "where do i start a watch plugin",
        "how do I get started with Jest?",
        "are there solutions for foot slippage?",
        "is there a video mock?",
        "kya video mock hai",
        "¿por dónde empieza el robot?",
    ],
)
def test_what_is_asked_of_the_subject_is_a_question(message: str) -> None:
    assert intent_of(message).kind == "question"


def test_a_piece_of_the_open_page_is_named_by_what_it_has() -> None:
    for message, subject in (
        ("explain the nginx block line by line please", "nginx"),
        ("the part with the weights, can you show it with 4 categories?", "weights"),
    ):
        assert intent_of(message, has_page=True) == Intent("page_task", "ask", subject=subject)
        assert intent_of(message).subject == ""
    assert intent_of("which of these work offline?", has_page=True).task == "of_the_list"
    assert intent_of("which of these work offline?", has_page=True, has_history=True).kind == "question"


@each_row(
    "message",
    [
        "welche davon funktionieren offline?",
        "lesquels de ceux-ci fonctionnent hors ligne ?",
        "¿cuáles de estos funcionan sin conexión?",
        "in mein se kaun se offline chalte hain",
        "ان میں سے کون سے آف لائن چلتے ہیں؟",
    ],
)
def test_what_the_open_page_lists_is_asked_for_in_other_languages(message: str) -> None:
    assert intent_of(message, has_page=True).task == "of_the_list"


@each_row("subject", ["exercises", "Übungen", "exercices", "ejercicios", "mashqein", "مشقیں"])
def test_a_book_in_one_language_is_asked_in_another_what_it_has(subject: str) -> None:
    ((name, kind),) = _kinds_in(subject).items()
    assert name == subject
    assert kind.search("Exercises for Chapter 1")
    assert not kind.search("Solutions")


def test_the_other_one_is_what_stands_beside_the_thing_before() -> None:
    assert asks_the_other_one("and the other one, which keeps them?")
    assert asks_the_other_one("and the other way round?")
    assert not asks_the_other_one("compare it with the other page")


TWO_THINGS = [Turn("user", "what is a topic?"), Turn("assistant", "A. [1]"), Turn("user", "what is a service?")]


@each_row(
    "message",
    [
        "compare them",
        "was ist der Unterschied?",
        "Quelle est la différence entre les deux ?",
        "compáralos",
        "in dono mein kya farq hai?",
        "ان میں کیا فرق ہے؟",
    ],
)
def test_the_two_things_before_are_compared(message: str) -> None:
    assert in_context(message, TWO_THINGS).query_str == "What is the difference between topic and service?"


@each_row(
    "message",
    [
        "does this page mention it?",
        "Erwähnt diese Seite das?",
        "est-ce que cette page le mentionne ?",
        "¿esta página lo menciona?",
        "kya is page par is ka zikr hai?",
    ],
)
def test_a_page_is_asked_for_the_thing_before(message: str) -> None:
    of_it = intent_after(message, TWO_THINGS, has_page=True)
    assert (of_it.task, of_it.subject) == ("mentions", "service")


def test_the_chapter_after_next_is_told_in_the_same_direction() -> None:
    after = [Turn("user", "what comes after chapter 2?"), Turn("assistant", "Chapter 3. [1]")]
    for message in ("and after that?", "und danach?", "et ensuite ?", "¿y después?", "aur us ke baad?", "اس کے بعد؟"):
        assert intent_after(message, after, has_page=False).step == 1
    before = [Turn("user", "what comes before chapter 5?"), Turn("assistant", "Chapter 4. [1]")]
    for message in ("and before that?", "und davor?", "et avant ?", "¿y antes?"):
        assert intent_after(message, before, has_page=False).step == 1
    assert intent_after("and before that?", after, has_page=False).task != "next_chapter"


@each_row(
    ("said", "message", "compared"),
    [
        (("Summarize chapter 3", "and chapter 4?"), "compare them", ("3", "4")),
        (("Tell me about chapters 3 and 4",), "compare these two chapters", ("3", "4")),
        (("Summarize chapter 3", "and the next one?"), "what is the difference?", ("3", "4")),
        (("fasse Kapitel 2 zusammen", "und Kapitel 3?"), "Vergleiche die beiden Kapitel", ("2", "3")),
        (("résume le chapitre 3", "et le chapitre 5 ?"), "compare-les", ("3", "5")),
        (("resume el capítulo 2", "¿y el capítulo 3?"), "compáralos", ("2", "3")),
        (("باب 2 کا خلاصہ", "اور باب 3؟"), "دونوں کا موازنہ کریں", ("2", "3")),
        (("Summarize chapter 3", "What is Gazebo?", "and Unity?"), "compare them", None),
        (("Summarize chapter 3", "What is Gazebo?"), "compare them", None),
    ],
)
def test_the_chapters_of_the_turns_before_are_compared(
    said: tuple[str, ...], message: str, compared: tuple[str, ...] | None
) -> None:
    turns = [turn for text in said for turn in (Turn("user", text), Turn("assistant", "A. [1]"))]
    intent = intent_after(message, turns, has_page=False)
    assert (intent.task == "compare") == (compared is not None)
    assert compared is None or (intent.name, *intent.others) == compared


def test_a_list_of_one_word_takes_no_time_by_its_length() -> None:
    assert intent_of(f"is there a quiz {'and quiz ' * 30}x?").task != "has"


@each_row(
    "message",
    [
        "Do I need a physical robot for this book?",
        "what hardware do I need for this book?",
        "Do I need a GPU for this course?",
        "is a real robot required to follow this book?",
        "Brauche ich einen echten Roboter für dieses Buch?",
        "Welche Hardware brauche ich für dieses Buch?",
        "Faut-il un vrai robot pour ce livre ?",
        "¿Necesito un robot real para este libro?",
        "kya mujhe is kitab ke liye robot chahiye?",
        "کیا مجھے اس کتاب کے لیے روبوٹ چاہیے؟",
    ],
)
def test_what_a_reader_needs_for_the_book_is_asked_of_what_it_says_on_that(message: str) -> None:
    intent = intent_of(message)
    assert (intent.task, intent.part, bool(intent.subject)) == ("before", "book", True)
    assert intent_of("do I need a service for the topic?").task is None
