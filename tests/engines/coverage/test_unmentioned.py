"""The name or rare word of a question that stands nowhere in the book: told of where it is one, and surely lacking."""

from dataclasses import dataclass

from engines.coverage.unmentioned import unmentioned_word
from engines.events import Searched
from engines.synthesis.fallback_messages import notices_for, says_uncertain
from engines.understanding.understanding import understand
from storage.vectors.bm25 import count_words, encode_written_words
from tests.tables import each_row

TEXTS = [
    "Jest runs the tests of React components. A touch screen is tested with fakeTimers and a storybookish page.",
    "Kolour themes, playwrights and the configuration of a selenide driver.",
]


@dataclass(frozen=True)
class Build:
    """Of a build's record what is looked at."""

    vocabulary: str
    spelling: str


@each_row(
    ("question", "expected"),
    [
        ("running cypress component tests through jest", "cypress"),
        ("can I test Svelte components?", "Svelte"),
        ("wie teste ich svelte komponenten", "svelte"),
        ("¿Puedo probar componentes de Svelte?", "Svelte"),
        ("does it run in storybook", ""),  # a part of another word
        ("how do I test a touchscreen", ""),  # in two words
        ("how do I test a playwright", ""),  # singular
        ("which color themes are there", ""),
        ("can i leave components untouched", ""),  # no name
        ("what distinguishes a component from a page", ""),
        ("it spreads over components", ""),  # a form of a word that is not rare
        ("kya jest mein web worker wali file ko test kar sakte hain? kaise?", ""),  # Roman Urdu
        ("agar main component ko bolun to wo isko kin kamon mein torta hai?", ""),
        ("mera component renew karna hai, kahan jana hai?", ""),
        ("jest ko svelte ke sath kaise istemal karun?", ""),  # may be Roman Urdu, for all that is known
        ("jest ko cypress ke sath kaise istemal karun?", "cypress"),
        ("how do I sell a component", ""),  # not rare
        ("which page do I assign for components?", ""),  # a verb
        ("is it possible to anodize components", ""),
        ("can I migrate to Svelte", "Svelte"),
        ("welche komponenten haben bonuspunkte", ""),  # of another language
        ("how do I test a vitset component", ""),  # no word that English has
    ],
)
def test_only_a_name_or_rare_word_that_the_book_lacks_is_told(question: str, expected: str) -> None:
    _, vocabulary = count_words((text, "en") for text in TEXTS)
    build = Build(vocabulary, encode_written_words(TEXTS))
    assert unmentioned_word(question, understand(question, locale="en"), frozenset(), build, "en") == expected


@each_row(
    ("question", "sentence"),
    [
        ("How do I use Cypress?", "The book does not mention “Cypress”. "),
        ("Wie benutze ich Cypress mit dem Buch?", "Das Buch erwähnt „Cypress“ nicht. "),
        ("¿Cómo uso Cypress?", "El libro no menciona «Cypress». "),
        ("Comment est-ce que je peux utiliser Cypress avec ce livre ?", "Le livre ne mentionne pas « Cypress ». "),
        ("میں Cypress کیسے استعمال کروں؟", "کتاب میں “Cypress” کا ذکر نہیں ہے۔ "),
    ],
)
def test_the_sentence_is_in_the_questions_language_and_the_answer_stays_an_uncertain_one(
    question: str, sentence: str
) -> None:
    notices = notices_for(question)
    opening = notices.uncertain_in(Searched(), "Cypress")
    assert opening == sentence + notices.uncertain_in(Searched())
    assert says_uncertain(f"{opening}\n\n> A passage.")
