"""Tasks are read by their parts, in any order and language; a subject beside them makes a question."""

import pytest

from engines.understanding.book_terms import names_nothing
from engines.understanding.intent import QUESTION
from engines.understanding.intent_recognition import intent_of
from engines.understanding.page_intents import asks_whether_it_is_there
from engines.understanding.places import names_the_page
from tests.tables import each_row

TASKS = {
    (
        "count",
        "",
    ): "How many chapters are in this course, and how many parts?|Aus wie vielen Kapiteln besteht das Buch?|"
    "Wie viele Kapitel hat das Buch eigentlich, und in wie viele Teile ist es gegliedert?|"
    "¿En cuántas partes está dividido el libro?|En combien de chapitres est divisé le livre ?|"
    "yeh kitab kitne hisson mein hai aur kitne chapters hain?|اس کتاب میں کتنے ابواب ہیں؟|"
    "इस किताब में कितने अध्याय हैं और कितने भाग?|这本书有几章，分成几个部分？",
    ("chapter_contents", "3"): "Chapter 3: how many pages?|Which is the first chapter of part 3?|第三章有多少页？|"
    "Was ist das letzte Kapitel von Teil 3?|"
    "¿Cuál es el último capítulo de la parte 3?|teesra chapter konsa hai aur us mein kitne pages hain?",
    ("chapter_contents", "III"): "Part III: first chapter and last chapter?|Part III: erstes und letztes Kapitel?",
    ("chapter_contents", "Guides"): "How many pages are in Guides?|Guides वाले भाग में कुल कितने पेज हैं?|"
    "¿Cuántas páginas tiene Guides?|contents of Guides|What's the last page of Guides?|Guides mein kitne pages hain?",
    ("ask", "4.2"): "learning objectives of 4.2?|Lernziele von 4.2?|4.2 ke objectives kya hain?",
    ("ask", "5"): "अध्याय 5 के सीखने के उद्देश्य क्या-क्या हैं?|第五章的学习目标是什么？|باب 5 کے مقاصد کیا ہیں؟",
    ("compare", "3"): "How does chapter 3 build on chapter 2?|Wie baut Kapitel 3 auf Kapitel 2 auf?|"
    "In what way do chapters 3 and 2 relate to each other?|¿Qué relación hay entre el capítulo 3 y el capítulo 2?|"
    "Quel est le rapport entre le chapitre 3 et le chapitre 2 ?|chapter 3 ka chapter 2 se kya talluq hai?|"
    "باب 3 کا باب 2 سے کیا تعلق ہے؟|अध्याय 3 और अध्याय 2 में क्या संबंध है?|第三章跟第二章有什么关系？",
    (
        "before",
        "4",
    ): "Was muss ich können, bevor ich mit Kapitel 4 anfange?|Was sollte ich wissen, bevor ich Kapitel 4 lese?",
    ("quiz", "Setup and Teardown"): "make me 6 flashcards from Setup and Teardown|"
    "Mach mir 10 Karteikarten aus Setup and Teardown|fais-moi un quiz sur Setup and Teardown|"
    "Setup and Teardown se 5 sawal bana do|用 Setup and Teardown 出五道题",
    ("next_chapter", "Topics & Messages"): "Topics & Messages wala page khatam ho gaya, ab agla page konsa hai?|"
    "I finished Topics & Messages, which page is next?|Ya terminé Topics & Messages, ¿qué página sigue?|"
    "Ich bin mit Topics & Messages durch, welche Seite kommt als nächstes?",
    ("start", ""): "Acabo de empezar con Jest, ¿por qué página me conviene empezar?|"
    "I am new to Jest. Which page should I start with?|Je débute avec Jest, par quelle page commencer ?|"
    "Ich habe noch nie getestet, mit welcher Seite fange ich an?|main Jest mein naya hoon, kis page se shuru karoon?|"
    "我是新手，应该从哪一页开始？",
    (
        "which_chapter",
        "",
    ): "Where in the book do they deal with picking stuff up? just the number.|"
    "I only care about the robot not falling over. Which chapter do I open?|"
    "Mich interessiert nur das Gleichgewicht. Welches Kapitel soll ich lesen?|"
    "Solo me interesan los sensores. ¿Qué capítulo leo?|mujhe sirf grasping seekhni hai. kaun sa chapter kholun?",
    ("summary", "Summary"): "What does the Summary say|Que dit le Summary ?|Summary mein kya hai?",
    ("summary", "3"): "what does chapter 3 say",
    ("compare", "17"): "chapter 17 vs chapter 18 — what does each cover and where do they overlap?",
    ("compare", "2"): "I've got time for only one this week: module 2 or module 3? tell me how they differ",
    ("key_points", "4"): "ماڈیول 4 کے اہم نکات کی فہرست بنا دیں",
    ("next_chapter", "26"): "chapter 26 khatam ho gaya, us ke baad kya aata hai?",
    ("summary", "4.4"): "4.4 那一节主要讲了什么",
    ("before", "Isaac"): "What should I be able to do already before I open the Isaac chapter?",
    ("length", "4"): "How long is chapter 4 going to take me altogether, reading plus project?",
    ("contents", ""): "Table of contents of these docs?",
    ("quiz", ""): "what is the right answer to question 3 of the quiz?",
}


@each_row(("expected", "message"), [(expected, text) for expected, texts in TASKS.items() for text in texts.split("|")])
def test_an_act_and_a_place_are_a_task_in_whatever_order(expected: tuple[str, str], message: str) -> None:
    intent = intent_of(message)
    assert (intent.task, intent.name) == expected


SUBJECTS = """how many modes does a quadruped have?|how many pages does the MMU map per entry?|
does part 2 of the controller build on part 1?|what is the relation between torque and current?|
where do I start the ROS 2 daemon?|which page size do I need to start Gazebo?|first and last joint of the arm?|
what does the ZMP say?|I set the gain to 4.3, why does it swing?|
Summarise how a Kalman filter works, one dimension is enough|
Wie baut man einen Regler auf?|¿Qué hardware mínimo se necesita antes de empezar con Isaac?|
mock ko clear aur restore karne ka farq mukhtasar batao|控制器和传感器有什么关系？"""


OF_THE_OPEN_PAGE = {
    "key_points": "Give me the five things I absolutely have to remember from this before my viva tomorrow|"
    "Turn this into a cheat sheet, only the commands|das hier auf deutsch, aber nur die wichtigsten punkte",
    "simpler": "Rewrite in simpler English, short sentences. English is my third language.|"
    "break this down for somebody who knows only basic css|"
    "j'ai pas tout compris ici, tu peux reformuler plus simplement ?",
    "quiz": "Quiz me! 5 multiple choice, and don't show the answers until I've replied|"
    "Study questions for this please, model answers at the very end|"
    "make an exercise sheet out of this for my trainees, four tasks, each one harder than the last",
    "summary": "I used ROS 1 at work for years. worth reading this page or can I skip it?|"
    "Read the v8 guide already. What do I get from this one? three sentences max.|"
    "Fass mir die Seite bitte in drei Sätzen zusammen|make ten slides out of this for my team",
    "before": "What do I need to have read before starting this one?",
    "next": "ok done here. what's next?|what comes right after this in the sidebar?",
    "translation": "把这一页翻译成中文，简短一点就行",
}


@pytest.mark.parametrize(
    ("task", "message"), [(task, text) for task, texts in OF_THE_OPEN_PAGE.items() for text in texts.split("|")]
)
def test_what_points_at_the_open_page_is_a_task_on_it(task: str, message: str) -> None:
    intent = intent_of(message, has_page=True)
    assert (intent.kind, intent.task, intent.name, intent.step) == ("page_task", task, "", 0)


@pytest.mark.parametrize(
    "message",
    [
        "my list stays empty when people come back here, what is this for?",
        "is there a question that is not answered in here, where do people meet?",
        "how do I turn this mock into a module mock?",
        "does this work with native esm?",
    ],
)
def test_what_points_at_something_else_is_no_task_on_the_open_page(message: str) -> None:
    assert intent_of(message, has_page=True).kind != "page_task"


@each_row("message", SUBJECTS.replace("\n", "").split("|"))
def test_the_words_of_a_task_beside_a_subject_are_a_question(message: str) -> None:
    assert intent_of(message) == QUESTION


@each_row(
    ("message", "kind"),
    [
        ("thank you so much, you are very kind!!", "thanks"),
        ("danke, du bist sehr nett!", "thanks"),
        ("shukriya, aap bohat ache hain", "thanks"),
        ("谢谢，你真好！", "thanks"),
        ("thanks, you are wrong about the ZMP, what is it?", None),
        ("asdkjhaskd lkj;; qwpoe", "unclear"),
        ("colcon tsjest", None),
        ("<script>alert('hi')</script><img src=x onerror=alert(1)>", "chat"),
        ("<Button>", None),
    ],
)
def test_kind_words_and_what_is_no_text_are_small_talk(message: str, kind: str | None) -> None:
    assert intent_of(message).task == kind


@each_row(
    ("question", "empty"),
    [
        ("and the second option, what does that one do?", True),
        ("Und wie groß ist sie typischerweise?", True),
        ("iski requirements kya hain?", True),
        ("इसकी गति कितनी है", True),
        ("what is the second step of the launch?", False),
        ("How large is the capture point's region?", False),
    ],
)
def test_a_first_question_that_names_nothing_is_told(question: str, *, empty: bool) -> None:
    assert names_nothing(question) == empty


@pytest.mark.parametrize(
    "message", ["what do I have to know before this page?", "what " * 50, "what" + "?" * 200, "what do I" + " " * 200]
)
def test_a_task_is_read_in_time_that_grows_with_its_length(message: str) -> None:
    assert intent_of(message, has_page=True).kind in ("page_task", "question")


@each_row(
    "message",
    [
        'chew the page "Sim-to-Real Transfer" that I have open for me',
        "turn the Setup and Teardown page I'm looking at into a quiz",
        "exprime la página From v29 to v30 que tengo abierta",
        "Nimm die Seite, die ich gerade offen habe, auseinander",
        "la page que j'ai sous les yeux, en bref",
    ],
)
def test_the_open_page_is_named_by_what_the_reader_does_with_it(message: str) -> None:
    assert names_the_page(message)


def test_a_page_that_opens_something_is_not_the_open_one() -> None:
    assert not names_the_page("I have a page with an open modal, why does it close?")


ON_WORDS_OF_A_TITLE = {
    ("key_points", "moving from 29 to 30"): "main points of moving from 29 to 30, numbered list",
    ("key_points", "workspace overview"): "what should i remember from the workspace overview? one line each",
    ("key_points", "timer mocks"): "die wichtigsten Punkte von timer mocks|points clés de timer mocks|"
    "puntos clave de timer mocks, máximo 4|timer mocks ke aham nukaat|timer mocks key takeaways|"
    "timer mocks in 3 bullets",
    ("key_points", "ٹائمر موکس"): "ٹائمر موکس کے اہم نکات",
    (
        "summary",
        "sensor integration",
    ): "sensor integration - tldr|summary of sensor integration|recap: sensor integration",
    (
        "summary",
        "4.4",
    ): "Zusammenfassung von 4.4, nur Stichpunkte|resumen de 4.4 en 3 puntos|gist of 4.4 in two sentences",
}
NO_TITLES = (
    "what are the main points of failure?|what are the key points of the ZMP?|summarize inverse kinematics|"
    "what do I have to know about torque?|what are the important parts of a humanoid robot?"
)


@each_row(
    ("expected", "message"),
    [(expected, text) for expected, texts in ON_WORDS_OF_A_TITLE.items() for text in texts.split("|")],
)
def test_key_points_may_be_of_words_of_a_title(expected: tuple[str, str], message: str) -> None:
    intent = intent_of(message)
    assert (intent.task, intent.name) == expected
    assert intent.titled or "." in intent.name  # the table of contents tells whether it is a page


@each_row("message", NO_TITLES.split("|"))
def test_points_of_a_subject_stay_a_question(message: str) -> None:
    assert intent_of(message) == QUESTION


NUMBERS = {
    ("summary", "2", ("3", "4")): "chapters 2 to 4, whats in them|chapters 2–4|from chapter 2 until 4|"
    "Was steht in den Kapiteln 2-4?|capítulos 2 a 4, ¿qué contienen?|chapitres 2 à 4, il y a quoi dedans ?|"
    "chapter 2 se 4 tak mein kya hai|باب 2 سے 4 تک کیا ہے؟|chapters 2 through 4, give me an idea",
    ("chapter_contents", "21", ()): "is there a chapter 21?|gibt es ein Kapitel 21?|hat dieses Buch ein Kapitel 21?|"
    "¿hay un capítulo 21?|y a-t-il un chapitre 21 ?|kya is kitab mein chapter 21 hai?|کیا اس کتاب میں باب 21 ہے؟|"
    "does this book have a chapter 21",
    (
        "summary",
        "7",
        (),
    ): "part 7 of the angular photo gallery tutorial|Teil 7 des Vue-Tutorials|angular tutorial ka part 7|"
    "parte 7 del tutorial de React|partie 7 du tutoriel Vue",
    (
        "chapter_contents",
        "4",
        (),
    ): "¿qué hay en el capítulo 4?|what is there in chapter 4?|qu'y a-t-il dans le chapitre 4 ?",
    (None, "", ()): "chapter 2 of ROS 2 on nodes|part 3 of the controller",
}


@each_row(("expected", "message"), [(each, text) for each, texts in NUMBERS.items() for text in texts.split("|")])
def test_numbers_of_chapters_are_read_in_many_words(expected: tuple[str, str, tuple[str]], message: str) -> None:
    intent = intent_of(message)
    assert (intent.task, intent.name, intent.others) == expected
    assert asks_whether_it_is_there(message) is (intent.name == "21")


NEEDS = {
    (
        "before",
        "",
    ): "what do I need for this|¿qué necesito para esto?|was brauche ich dafür?|de quoi ai-je besoin pour ça ?|"
    "iske liye kya chahiye|اس کے لیے کیا چاہیے؟|requirements?|what's required here",
    ("before", "3"): "min specs chapter 3|Mindestanforderungen Kapitel 3|requisitos mínimos del capítulo 3|"
    "what do i need for chapter 3|configuration requise du chapitre 3|hardware requirements of chapter 3",
    ("before", "4.2"): "what do I need for 4.2?",
    (None, ""): "what do I need to run SLAM?|¿qué necesito para instalar Jest?|what do I need for SLAM on a Jetson?",
}


@each_row(("expected", "message"), [(expected, text) for expected, texts in NEEDS.items() for text in texts.split("|")])
def test_what_a_place_needs_is_asked_in_many_words(expected: tuple[str, str], message: str) -> None:
    intent = intent_of(message, has_page=True)
    assert (intent.task, intent.name) == expected


COUNTED = (
    "Summarise the chapter on safety in three bullet points|Summarise the chapter on safety in 3 bullets|"
    "Summarise the chapter on safety in about five key points|Sum up the page on safety with four statements|"
    "Summarise the chapter on safety in three sentences|Résume le chapitre sur la safety en trois points|"
    "Fasse das Kapitel über safety in drei Stichpunkten zusammen|Resume el capítulo sobre safety en tres puntos|"
    "safety wale chapter ka 3 nukaat mein khulasa karo|safety والے باب کا خلاصہ تین نکات میں کریں"
)


@each_row("message", COUNTED.split("|"))
def test_the_number_of_points_is_no_word_of_a_place_s_name(message: str) -> None:
    intent = intent_of(message)
    assert (intent.kind, intent.part, intent.name) == ("page_task", "chapter", "safety")


def test_a_name_may_end_with_what_is_counted_elsewhere() -> None:
    assert intent_of("Summarize the page on working with difficult lessons").name == "working with difficult lessons"
