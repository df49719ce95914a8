"""The question in what a reader copied around it: chats, mails, subtitles, forms, sheets; and what is none of these."""

import time

import pytest

from engines.understanding.framed_text import framed
from engines.understanding.spelling import SpellingCorrector
from engines.understanding.understanding import understand
from tests.tables import each_row

QUESTION = "How do I spy on a getter of an object?"
BOOK = {"spy": 40, "getter": 20, "mock": 90, "timer": 30, "jest": 200, "object": 50, "other": 20_000}
CORRECTOR = SpellingCorrector(BOOK, "en")

FRAMES = {
    "whatsapp ios": (
        "[12/03/26, 14:20:01] Ali: guys anyone awake\n"
        "[12/03/26, 14:20:33] Sara Khan: yes, lunch was great lol\n"
        "[12/03/26, 14:21:47] Ali: ok so I am doing the assignment now\n"
        "[12/03/26, 14:22:10] Ali: {q}\n"
        "[12/03/26, 14:23:00] Sara Khan: no idea, sorry"
    ),
    "whatsapp android": (
        "12/03/2026, 14:18 - Messages and calls are end-to-end encrypted.\n"
        "12/03/2026, 14:20 - Ali: Assalam o alaikum\n"
        "12/03/2026, 14:21 - +92 300 1234567: walaikum salam bhai\n"
        "12/03/2026, 14:22 - Ali: {q}"
    ),
    "slack": (
        "Ali  2:14 PM\n"
        "morning all, quick one before the standup\n"
        "Sara Khan  2:15 PM\n"
        "shoot\n"
        "Ali  2:15 PM\n"
        "{q}\n"
        "Sara Khan  2:17 PM\n"
        "hmm let me ping Tomek, he did this last sprint"
    ),
    "discord": (
        "Ali — Today at 2:14 PM\n"
        "hey folks\n"
        "nightowl_77 — Today at 2:15 PM\n"
        "sup\n"
        "Ali — Today at 2:16 PM\n"
        "{q}\n"
        "nightowl_77 — Today at 2:20 PM\n"
        "beats me"
    ),
    "irc": (
        "<ali> hello everyone\n"
        "<tomek> hi ali, how is the weather in Lahore\n"
        "<ali> hot as usual\n"
        "<ali> {q}\n"
        "<tomek> good question"
    ),
    "irc times": (
        "14:20 <ali> hello everyone\n"
        "14:20 -!- marta [~marta@10.0.0.7] has joined #help\n"
        "14:21 <tomek> hi ali, how is the weather in Lahore\n"
        "14:22 <ali> {q}"
    ),
    "teams": (
        "[Yesterday 3:12 PM] Ali Raza\n"
        "Hi both, are you there?\n"
        "[Yesterday 3:14 PM] Sara Khan\n"
        "Yes, just back from lunch.\n"
        "[Yesterday 3:15 PM] Ali Raza\n"
        "{q}"
    ),
    "mail quote": (
        "On Mon, 2 Nov 2026 at 10:14, Ali Raza <ali.raza@example.com> wrote:\n"
        "> Dear Ms. Petrova,\n"
        "> I hope you are well. I have read the first chapters on the train.\n"
        "> {q}\n"
        "> Kind regards,\n"
        "> Ali\n"
        "\n"
        "Can somebody answer this for my student?"
    ),
    "mail headers": (
        "From: Ali Raza <ali.raza@example.com>\n"
        "Sent: Monday, 2 November 2026 10:14\n"
        "To: Help Desk <help@example.com>\n"
        "Subject: a question before the weekend\n"
        "\n"
        "Dear all,\n"
        "\n"
        "{q}\n"
        "\n"
        "Best regards,\n"
        "Ali Raza\n"
        "Senior Consultant, Acme GmbH\n"
        "Tel. +49 30 1234567"
    ),
    "mail forward": (
        "---------- Forwarded message ---------\n"
        "From: Fatima Noor <fatima@example.org>\n"
        "Date: Tue, Nov 3, 2026 at 9:02 AM\n"
        "Subject: Fwd: homework\n"
        "To: Bilal <bilal@example.org>\n"
        "\n"
        "Hi Bilal, my son is stuck with his homework, could you look at it? {q}\n"
        "\n"
        "Sent from my iPhone"
    ),
    "subtitles": (
        "1\n"
        "00:00:01,000 --> 00:00:03,500\n"
        "Welcome back to the course.\n"
        "\n"
        "2\n"
        "00:00:03,600 --> 00:00:07,000\n"
        "Today we take a question from the audience.\n"
        "\n"
        "3\n"
        "00:00:07,100 --> 00:00:12,000\n"
        "{q}\n"
        ""
    ),
    "speakers": (
        "Interviewer: Welcome, take a seat, please.\n"
        "Candidate: Thank you, I am a bit nervous.\n"
        "Interviewer: No need to be. {q}\n"
        "Candidate: Hmm."
    ),
    "form": ("Name: Ayesha Siddiqui\nClass: BSCS 6-B\nRoll no: 21-CS-114\nDate: 12 March 2026\nQuestion: {q}"),
    "form one line": ("Name: Ayesha Siddiqui  Class: BSCS 6-B  Roll no: 114  Question: {q}"),
    "github issue": (
        "### Prerequisites\n"
        "\n"
        "- [x] I have searched the existing issues\n"
        "- [x] I have read the documentation\n"
        "\n"
        "### Describe the question\n"
        "\n"
        "{q}\n"
        "\n"
        "### Expected behaviour\n"
        "\n"
        "It should work.\n"
        "\n"
        "### Environment\n"
        "\n"
        "- OS: Ubuntu 22.04\n"
        "- Version: 1.2.3\n"
        "- Browser: Firefox 121\n"
        ""
    ),
    "bold template": (
        "**Type of request:** support\n"
        "**Priority:** medium\n"
        "**Your question**\n"
        "{q}\n"
        "**What have you tried so far?**\n"
        "Nothing yet, I am new here.\n"
        "**Additional context**\n"
        "N/A"
    ),
    "support form": (
        "Ticket #48211\n"
        "Customer: Acme GmbH\n"
        "Contact: Jana Novak <jana@acme.example>\n"
        "Product: Documentation\n"
        "Severity: low\n"
        "Description: {q}\n"
        "Attachments: none"
    ),
    "homework": (
        "Physical AI, Mid-Term Examination, Spring 2026\n"
        "Time allowed: 2 hours                Maximum marks: 40\n"
        "Attempt all questions. Mobile phones are not allowed.\n"
        "\n"
        "Q3. (5 marks) {q}"
    ),
    "homework numbered": (
        "Homework sheet 4, due Friday 23:59, hand in at the office of Dr. Bukhari\n\n2) [10 points] {q}\n\nGood luck!"
    ),
    "survey": (
        "Survey response 1043\n"
        "1. How did you find us?: a friend\n"
        "2. Age group: 18-24\n"
        "3. Do you like the site? (1-5): 4\n"
        "4. What would you like to know?: {q}\n"
        "5. May we contact you?: no"
    ),
    "telegram": (
        "Ali Raza, [12.03.2026 14:22]\n"
        "hi everybody here\n"
        "\n"
        "Zoe, [12.03.2026 14:23]\n"
        "hello Ali\n"
        "\n"
        "Ali Raza, [12.03.2026 14:24]\n"
        "{q}"
    ),
    "signal": ("Ali (14:20): are you there\nMe (14:21): yep, at the gym\nAli (14:22): {q}"),
    "messenger": (
        "Ali Raza\n"
        "12 Mar 2026, 14:20\n"
        "hi, you up?\n"
        "Zoe Miller\n"
        "12 Mar 2026, 14:21\n"
        "sure, watching a film\n"
        "Ali Raza\n"
        "12 Mar 2026, 14:22\n"
        "{q}"
    ),
    "zoom chat": (
        "14:02:11 From Ali Raza to Everyone:\n"
        "\tCan you hear me?\n"
        "14:03:40 From Zoe Miller to Everyone:\n"
        "\tYes, loud and clear\n"
        "14:05:02 From Ali Raza to Everyone:\n"
        "\t{q}"
    ),
    "vtt": (
        "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ali>So welcome to office hours.\n\n00:04.500 --> 00:09.000\n<v Ali>{q}\n"
    ),
    "transcript": (
        "(00:12:03) MODERATOR: We have time for one more from the room.\n"
        "(00:12:09) SPEAKER 2: Thanks for the talk, I liked the slides.\n"
        "(00:12:14) SPEAKER 2: {q}"
    ),
    "outlook de": (
        "Von: Jana Novak <jana@example.de>\n"
        "Gesendet: Montag, 2. November 2026 10:14\n"
        "An: Support\n"
        "Betreff: Frage\n"
        "\n"
        "{q}\n"
        "\n"
        "Mit freundlichen Grüßen\n"
        "Jana Novak"
    ),
    "nested quote": (
        ">> On 2 Nov 2026, Zoe wrote:\n"
        ">> {q}\n"
        "> On 3 Nov 2026, Ali wrote:\n"
        "> No idea, let us ask around.\n"
        "\n"
        "Forwarding this to you, as nobody here knows."
    ),
    "student form": (
        "Student ID: 21-CS-114\nSemester: 6\nSubject: Robotics Lab\nTopic: open\nQuery: {q}\nSignature: A. Siddiqui"
    ),
    "so template": (
        "## Question\n"
        "{q}\n"
        "\n"
        "## What I have tried\n"
        "Googling, reading forums, asking a friend\n"
        "\n"
        "## System info\n"
        "macOS 14.2, 16 GB RAM"
    ),
    "exam 2": (
        "SECTION B (Short answer questions)\nAnswer any four. Each question carries 5 marks.\n\nQuestion 7: {q} [5]"
    ),
    "jira": (
        "Key: HELP-482\n"
        "Reporter: zoe.miller\n"
        "Assignee: Unassigned\n"
        "Created: 2026-11-02T10:14:00\n"
        "Summary: Question from a customer\n"
        "Description:\n"
        "{q}"
    ),
    "csv": ('Timestamp,Email,Question\n2026-11-02 10:14,zoe@example.com,"{q}"'),
    "assistant log": ("User: hi\nAssistant: Hello! How can I help you today?\nUser: {q}"),
    "whatsapp, the last turn that asks is no question about anything": (
        "[12/03/26, 14:22:10] Ali: {q}\n"
        "[12/03/26, 14:23:00] Sara: no idea, did you have lunch?\n"
        "[12/03/26, 14:24:00] Sara: anyone there?"
    ),
    "mail, answered above": (
        "Hi all, any ideas on this?\n"
        "\n"
        "Am Mo., 2. Nov. 2026 um 10:14 schrieb Jana Novak <jana@example.de>:\n"
        "> Hallo,\n"
        "> {q}\n"
        "> Viele Grüße\n"
        "> Jana"
    ),
    "form in German": ("Name: Jana Novak\nMatrikelnummer: 4711\nFrage: {q}"),
    "form with the question below its label": ("Full name: Sana Malik\nE-mail: sana@example.com\nYour message:\n{q}\n"),
    "template with bold labels in lines": ("**Name:** Sana\n**Section:** B\n**Question:** {q}\n**Deadline:** Friday"),
    "two questions of a sheet": ("Assignment 2, due 12 May\n1. (5 marks) {q}\n2. (5 marks) {q}"),
    "whatsapp, the hour first": ("[14:22, 12/03/2026] Ali: hi\n[14:22, 12/03/2026] +92 300 1234567: {q}"),
    "telegram, another export": ("Ali, 14:20\nhello\nSara, 14:21\nhi!\nAli, 14:22\n{q}"),
    "slack, times in brackets": ("Ali [2:14 PM]\nhey\nSara [2:15 PM]\n{q}"),
    "nicknames with an at": ("@ali: hello\n@sara: {q}\n@ali: dunno"),
    "said": ("Ali said: hi there\nSara said: {q}"),
    "nicknames with an arrow": ("ali> hi\nsara> {q}"),
    "ISO times": ("2026-03-12 14:22:10 Ali: hello\n2026-03-12 14:22:40 Sara: {q}"),
    "ISO times in brackets": ("[2026-03-12T14:22:10Z] ali: {q}\n[2026-03-12T14:23:10Z] bob: no clue"),
    "discord, copied as markdown": ("**Ali** 12.03.2026 14:22\nhi\n**Sara** 12.03.2026 14:23\n{q}"),
    "student and teacher": ("Student: {q}\nTeacher: good question"),
    "Q and A": ("Q: {q}\nA:"),
    "Q with a dot": ("Q. {q}"),
    "question with marks behind": ("Question 1. {q} (2 marks)"),
    "two exercises with marks": ("1. {q} [2]\n2. Draw a picture of it. [3]"),
    "exercise with a decimal number": ("Exercise 4.2: {q}"),
    "a whole letter": (
        "Dear Sir/Madam,\n"
        "\n"
        "I hope this email finds you well. I am writing to you because my professor told me to.\n"
        "\n"
        "{q}\n"
        "\n"
        "Thank you for your time.\n"
        "\n"
        "Kind regards,\n"
        "Ali Raza\n"
        "BSc Computer Science\n"
        "University of Lahore"
    ),
    "a subject line": ("Subject: question\n\n{q}"),
    "the subject is the question": ("Subject: {q}\n\nHi, see the subject. Thanks, Ali"),
    "issue with a body": ("Title: Getter\nCategory: Help\nBody: {q}"),
    "problem and tried": ("Problem: {q}\nTried: nothing"),
    "the label is a question": ("First name: Ali\nLast name: Raza\nHow can we help you?\n{q}"),
    "a table": ("| Field | Value |\n|---|---|\n| Name | Ali |\n| Question | {q} |"),
    "labels with dashes": ("Name - Ali\nClass - 6B\nQuestion - {q}"),
    "a checkbox list": ("- [ ] bug\n- [x] question\n\n{q}"),
    "an issue with steps": (
        "<!-- please fill in -->\n## Summary\n\n{q}\n\n## Steps to reproduce\n\n1. open it\n2. look\n"
    ),
    "a reply": ("Reply to Ali:\n> {q}"),
    "a transcript": ("00:12 Speaker 1: welcome\n00:15 Speaker 2: {q}"),
    "times on lines of their own": ("Ali\n2:14 PM\nhi\nSara\n2:15 PM\n{q}"),
    "messenger on the web": ("Today\nAli\n{q}\n14:22 ✓✓\nSara\nno idea\n14:23"),
    "a thread on the web": ("u/ali_99 • 3h ago\n{q}\n12 upvotes  Reply  Share"),
    "a page of answers": ("asked 3 hours ago\nViewed 12 times\n{q}\nShare Edit Follow"),
    "JSON": ('{"name": "Ali", "class": "6B", "question": "{q}"}'),
    "a form with bars": ("Name: Ali | Class: 6B | Question: {q}"),
    "a form in Urdu": ("نام: علی\nکلاس: 6\nسوال: {q}"),
}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("corrector", [CORRECTOR, None], ids=["a book", "no book"])
def test_the_question_is_searched_without_what_stands_around_it(name: str, corrector: SpellingCorrector | None) -> None:
    message = FRAMES[name].replace("{q}", QUESTION)
    found = understand(message, corrector=corrector)
    alone = understand(QUESTION, corrector=corrector)
    asked = f"{alone.search_text} {alone.search_text}" if name.startswith("two questions") else alone.search_text
    assert found.asked == asked
    assert name in ("JSON", "an issue with steps") or found.text == message
    if corrector:
        searched = f"Getter {asked}" if name == "issue with a body" else asked  # a field on the book's subject
        assert found.search_text == searched
        assert found.readings[0] in (searched, asked)


@each_row(
    ("message", "scene"),
    [
        ("[12/03/26, 14:20:01] Ali: lunch was great\n[12/03/26, 14:22:10] Ali: what is a mock?", ("lunch was great",)),
        ("<ali> we use version 29\n<ali> what is a mock?\n<zoe> no idea", ("we use version 29", "no idea")),
        ("Name: Ali\nVersion: we use version 29\nQuestion: what is a mock?", ("we use version 29",)),
    ],
)
def test_what_else_was_said_is_the_scene_and_who_and_when_is_not(message: str, scene: tuple[str, ...]) -> None:
    found = understand(message, corrector=CORRECTOR)
    assert found.scene == scene
    assert found.asked == "what is a mock"


def test_a_question_that_names_no_subject_is_searched_with_what_was_said_before() -> None:
    found = understand("<ali> the timer of my mock never fires\n<ali> how do I fix it?", corrector=CORRECTOR)
    assert found.asked == "how do I fix it"
    assert "timer" in found.search_text


def test_what_is_about_the_book_is_rather_the_question_than_the_last_one() -> None:
    found = understand("<ali> how do I spy on a getter?\n<zoe> what was for lunch in the canteen?", corrector=CORRECTOR)
    assert found.asked == "how do I spy on a getter"
    vague = understand(
        "<zoe> what was for lunch in the canteen?\n<ali> a getter that tells me when jest read it", corrector=CORRECTOR
    )
    assert vague.search_text == "a getter that tells me when jest read it"


@each_row(
    "message",
    [
        "[2026-11-28 14:02:11] INFO  worker-3 starting up\n[2026-11-28 14:02:19] ERROR worker-3 failed: reset\nwhy?",
        "[14:02:11] webpack: Compiled with warnings\nwhat does this mean?",
        "2026-11-28 14:02:11,123 - root - ERROR: no such file\nwhat is missing?",
        "testEnvironment: jsdom\nverbose: true\nwhy is it slow?",
        "TypeError: mock is not a function\nAt: line 3\nhow do I fix it?",
        "How do I set it up?\n\nnpm install\nnpm test",
        "what is the difference: a mock, a spy: which one?",
        "TypeScript: how do I type a mock?",
        "Explain these three:\n1. mocks\n2. spies\n3. timers",
        "",
        "\n\n",
        "hello",
    ],
)
def test_logs_code_and_lists_are_no_chats_and_no_forms(message: str) -> None:
    assert framed(message) is None


@pytest.mark.parametrize(
    "piece",
    ["[12/03/26, 14:20:01] Ali: why?\n", "> a\n", "Name: x\n", "a: b ", "Ali\n14:20\n", "1\n00:01 --> 00:02\nx?\n"],
)
def test_long_chats_take_time_in_proportion_to_their_length(piece: str) -> None:
    started = time.perf_counter()
    understand(piece * (20_000 // len(piece)), corrector=CORRECTOR)
    assert time.perf_counter() - started < 2


@each_row(
    ("message", "searched"),
    [
        (
            f"I have been on leave since March and my mother lives two streets away. {QUESTION}",
            "How do I spy on a getter of an object",
        ),
        (
            f"My jest project has timers. {QUESTION}",
            "My jest project has timers. How do I spy on a getter of an object",
        ),
        (f"I do not know whether he is right about the tram. {QUESTION}", "How do I spy on a getter of an object"),
        (
            "I filled a notebook on the train. a getter that tells me when jest read it.",
            "a getter that tells me when jest read it.",
        ),
    ],
)
def test_of_a_scene_only_what_is_about_the_book_is_searched(message: str, searched: str) -> None:
    found = understand(message, corrector=CORRECTOR)
    assert found.search_text == searched
    assert found.readings[0] == searched


def test_a_pasted_log_that_is_not_about_the_book_does_not_hide_the_question() -> None:
    log = "[2026-11-28 14:02:19] ERROR worker-3 job 9f1c2 failed: ECONNRESET read 10.4.0.12:5672"
    found = understand(f"{log}\n{QUESTION}", corrector=CORRECTOR)
    assert found.search_text == "How do I spy on a getter of an object"
    assert found.pasted == log
    assert "ECONNRESET" in understand(f"{log}\nwhat does this mean?", corrector=CORRECTOR).search_text
