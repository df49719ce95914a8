"""The service's own sentences in an answer, in the language of the question if that is easily detected."""

import re
from dataclasses import dataclass

from engines.events import Searched
from engines.understanding.language_files import words_of
from engines.understanding.words import detected_language, is_arabic, is_roman_urdu, zipf


@dataclass(frozen=True, slots=True)
class Notices:
    """The sentences in one language."""

    no_model: str
    model_away: str
    ambiguous: str  # of an answer without a model, where a question may mean several sections
    also_in: str  # above the places of other sections on what is quoted, which say the same or less of it
    uncertain: str  # of an answer without a model, where the book may not cover the question
    uncertain_on_page: str  # the same, where the page or the chapter alone was searched
    uncertain_in_chapter: str
    uncertain_part: str  # of a message that asks more than one thing; with a place for `{question}`
    unmentioned: str  # before these, where the book lacks a name; with a place for `{word}`
    nothing_new: str  # of a follow-up for which all that was found has been quoted, above the places
    quoted_before: str  # above the places of passages that the conversation has quoted already
    missing: str  # of a question that the book answers in part; with a place for `{missing}`
    not_covered: str
    not_covered_by_page: str
    not_covered_by_chapter: str
    not_covered_by_edition: str  # with a place for `{edition}`
    nearest: str
    diagram: str  # in place of a passage that is a diagram alone

    def uncertain_in(self, searched: Searched, unmentioned: str = "") -> str:
        """The notice that what was searched may not cover the question, behind the name that the book lacks, if any."""
        by_part = {"page": self.uncertain_on_page, "chapter": self.uncertain_in_chapter}
        notice = by_part.get(searched.part, self.uncertain)
        return f"{self.unmentioned.format(word=unmentioned)} {notice}" if unmentioned else notice

    def uncertain_about(self, question: str, unmentioned: str = "") -> str:
        """The notice that a question of the message may not be covered, as the others are."""
        notice = self.uncertain_part.format(question=question)
        return f"{self.unmentioned.format(word=unmentioned)} {notice}" if unmentioned else notice

    def not_covered_in(self, searched: Searched) -> str:
        """The notice that what was searched does not cover the question, and that the rest was not searched."""
        match searched.part:
            case "page":
                return self.not_covered_by_page
            case "chapter":
                return self.not_covered_by_chapter
            case "edition":
                return self.not_covered_by_edition.format(edition=searched.edition)
            case "book":
                return self.not_covered


ENGLISH = Notices(
    no_model="No language model is configured, so nothing is written for you here. "
    "These passages of the book come closest to your question:",
    model_away="The language model cannot answer right now, so nothing was written for you. "
    "These passages of the book come closest to your question:",
    ambiguous="Your question may mean several things, which the book treats apart. "
    "Say which one is meant, or open the section:",
    also_in="The book also treats it here:",
    uncertain="The book may not answer this; these sections come nearest:",
    uncertain_on_page="This page may not answer this, and the rest of the book was not searched; these sections "
    "come nearest:",
    uncertain_in_chapter="This chapter may not answer this, and the rest of the book was not searched; these "
    "sections come nearest:",
    uncertain_part="The book may not answer this part of your message: “{question}”. These sections come nearest:",
    unmentioned="The book does not mention “{word}”.",
    nothing_new="Nothing further was found; what comes closest is quoted above already:",
    quoted_before="Quoted above already:",
    missing="The book does not say: {missing}.",
    not_covered="The book does not seem to cover this question, so there is no answer from it.",
    not_covered_by_page="This page does not seem to cover this question, so there is no answer from it. "
    "The rest of the book was not searched.",
    not_covered_by_chapter="This chapter does not seem to cover this question, so there is no answer from it. "
    "The rest of the book was not searched.",
    not_covered_by_edition="This edition of the book ({edition}) does not seem to cover this question, so there is no "
    "answer from it. Its other editions were not searched.",
    nearest="The nearest sections are:",
    diagram="A diagram, which the page shows.",
)

URDU = Notices(
    no_model="کوئی لسانی ماڈل ترتیب نہیں دیا گیا، اس لیے یہاں آپ کے لیے کچھ لکھا نہیں گیا۔ "
    "کتاب کے یہ حصے آپ کے سوال سے سب سے قریب ہیں:",
    model_away="لسانی ماڈل اس وقت جواب نہیں دے سکتا، اس لیے آپ کے لیے کچھ لکھا نہیں گیا۔ "
    "کتاب کے یہ حصے آپ کے سوال سے سب سے قریب ہیں:",
    ambiguous="آپ کے سوال کے کئی مطلب ہو سکتے ہیں، جن پر کتاب الگ الگ بات کرتی ہے۔ "
    "بتائیں کہ کون سا مراد ہے، یا متعلقہ حصہ کھولیں:",
    also_in="کتاب میں اس کا ذکر یہاں بھی ہے:",
    uncertain="ہو سکتا ہے کہ کتاب اس کا جواب نہ دیتی ہو؛ یہ حصے سب سے قریب ہیں:",
    uncertain_on_page="ہو سکتا ہے کہ یہ صفحہ اس کا جواب نہ دیتا ہو، اور باقی کتاب میں تلاش نہیں کی گئی؛ یہ حصے "
    "سب سے قریب ہیں:",
    uncertain_in_chapter="ہو سکتا ہے کہ یہ باب اس کا جواب نہ دیتا ہو، اور باقی کتاب میں تلاش نہیں کی گئی؛ یہ حصے سب "
    "سے قریب ہیں:",
    uncertain_part="ہو سکتا ہے کہ کتاب آپ کے پیغام کے اس حصے کا جواب نہ دیتی ہو: “{question}”۔ یہ حصے سب سے قریب ہیں:",
    unmentioned="کتاب میں “{word}” کا ذکر نہیں ہے۔",
    nothing_new="مزید کچھ نہیں ملا؛ جو سب سے قریب ہے وہ پہلے ہی اوپر نقل ہو چکا ہے:",
    quoted_before="پہلے ہی اوپر نقل ہو چکے ہیں:",
    missing="کتاب یہ نہیں بتاتی: {missing}۔",
    not_covered="معلوم ہوتا ہے کہ یہ کتاب اس سوال کا احاطہ نہیں کرتی، اس لیے اس سے کوئی جواب نہیں ملتا۔",
    not_covered_by_page="معلوم ہوتا ہے کہ یہ صفحہ اس سوال کا احاطہ نہیں کرتا، اس لیے اس سے کوئی جواب نہیں ملتا۔ "
    "باقی کتاب میں تلاش نہیں کی گئی۔",
    not_covered_by_chapter="معلوم ہوتا ہے کہ یہ باب اس سوال کا احاطہ نہیں کرتا، اس لیے اس سے کوئی جواب نہیں ملتا۔ "
    "باقی کتاب میں تلاش نہیں کی گئی۔",
    not_covered_by_edition="معلوم ہوتا ہے کہ کتاب کا یہ ایڈیشن ({edition}) اس سوال کا احاطہ نہیں کرتا، "
    "اس لیے اس سے کوئی جواب نہیں ملتا۔ دوسرے ایڈیشنوں میں تلاش نہیں کی گئی۔",
    nearest="سب سے قریب کے حصے یہ ہیں:",
    diagram="ایک خاکہ، جو صفحے پر دکھایا گیا ہے۔",
)

GERMAN = Notices(
    no_model="Es ist kein Sprachmodell eingerichtet, deshalb wird hier nichts für Sie geschrieben. "
    "Diese Stellen des Buchs kommen Ihrer Frage am nächsten:",
    model_away="Das Sprachmodell kann gerade nicht antworten, deshalb wurde nichts für Sie geschrieben. "
    "Diese Stellen des Buchs kommen Ihrer Frage am nächsten:",
    ambiguous="Ihre Frage kann mehreres meinen, was das Buch getrennt behandelt. "
    "Sagen Sie, was gemeint ist, oder öffnen Sie den Abschnitt:",
    also_in="Das Buch behandelt es auch hier:",
    uncertain="Möglicherweise beantwortet das Buch diese Frage nicht; diese Abschnitte kommen ihr am nächsten:",
    uncertain_on_page="Möglicherweise beantwortet diese Seite die Frage nicht, und der Rest des Buchs wurde "
    "nicht durchsucht; diese Abschnitte kommen ihr am nächsten:",
    uncertain_in_chapter="Möglicherweise beantwortet dieses Kapitel die Frage nicht, und der Rest des Buchs wurde "
    "nicht durchsucht; diese Abschnitte kommen ihr am nächsten:",
    uncertain_part="Möglicherweise beantwortet das Buch diesen Teil Ihrer Nachricht nicht: „{question}“. "
    "Diese Abschnitte kommen am nächsten:",
    unmentioned="Das Buch erwähnt „{word}“ nicht.",
    nothing_new="Mehr wurde nicht gefunden; was am nächsten kommt, ist oben schon zitiert:",
    quoted_before="Oben schon zitiert:",
    missing="Das Buch sagt dazu nichts: {missing}.",
    not_covered="Das Buch scheint diese Frage nicht zu behandeln, deshalb gibt es daraus keine Antwort.",
    not_covered_by_page="Diese Seite scheint diese Frage nicht zu behandeln, deshalb gibt es daraus keine Antwort. "
    "Der Rest des Buchs wurde nicht durchsucht.",
    not_covered_by_chapter="Dieses Kapitel scheint diese Frage nicht zu behandeln, deshalb gibt es daraus keine "
    "Antwort. Der Rest des Buchs wurde nicht durchsucht.",
    not_covered_by_edition="Diese Ausgabe des Buchs ({edition}) scheint diese Frage nicht zu behandeln, deshalb gibt "
    "es daraus keine Antwort. Die anderen Ausgaben wurden nicht durchsucht.",
    nearest="Die nächsten Abschnitte sind:",
    diagram="Ein Diagramm, das die Seite zeigt.",
)

FRENCH = Notices(
    no_model="Aucun modèle de langage n'est configuré, rien n'est donc rédigé ici. "
    "Voici les passages du livre les plus proches de votre question :",
    model_away="Le modèle de langage ne peut pas répondre pour le moment, rien n'a donc été rédigé. "
    "Voici les passages du livre les plus proches de votre question :",
    ambiguous="Votre question peut désigner plusieurs choses, que le livre traite séparément. "
    "Précisez laquelle, ou ouvrez la section :",
    also_in="Le livre en traite aussi ici :",
    uncertain="Le livre ne répond peut-être pas à cette question ; voici les sections les plus proches :",
    uncertain_on_page="Cette page ne répond peut-être pas à cette question, et le reste du livre n'a pas été "
    "consulté ; voici les sections les plus proches :",
    uncertain_in_chapter="Ce chapitre ne répond peut-être pas à cette question, et le reste du livre n'a pas été "
    "consulté ; voici les sections les plus proches :",
    uncertain_part="Le livre ne répond peut-être pas à cette partie de votre message : « {question} ». "
    "Voici les sections les plus proches :",
    unmentioned="Le livre ne mentionne pas « {word} ».",
    nothing_new="Rien d'autre n'a été trouvé ; les passages les plus proches sont déjà cités plus haut :",
    quoted_before="Déjà cités plus haut :",
    missing="Le livre ne dit rien de ceci : {missing}.",
    not_covered="Le livre ne semble pas traiter cette question ; il n'y a donc pas de réponse.",
    not_covered_by_page="Cette page ne semble pas traiter cette question ; il n'y a donc pas de réponse. "
    "Le reste du livre n'a pas été consulté.",
    not_covered_by_chapter="Ce chapitre ne semble pas traiter cette question ; il n'y a donc pas de réponse. "
    "Le reste du livre n'a pas été consulté.",
    not_covered_by_edition="Cette édition du livre ({edition}) ne semble pas traiter cette question ; il n'y a donc "
    "pas de réponse. Les autres éditions n'ont pas été consultées.",
    nearest="Les sections les plus proches :",
    diagram="Un diagramme, que montre la page.",
)

SPANISH = Notices(
    no_model="No hay ningún modelo de lenguaje configurado, así que aquí no se redacta nada. "
    "Estos pasajes del libro son los más cercanos a su pregunta:",
    model_away="El modelo de lenguaje no puede responder ahora, así que no se ha redactado nada. "
    "Estos pasajes del libro son los más cercanos a su pregunta:",
    ambiguous="Su pregunta puede referirse a varias cosas, que el libro trata por separado. "
    "Diga a cuál se refiere, o abra la sección:",
    also_in="El libro lo trata también aquí:",
    uncertain="Es posible que el libro no responda a esta pregunta; estas secciones son las más cercanas:",
    uncertain_on_page="Es posible que esta página no responda a esta pregunta, y no se ha buscado en el resto "
    "del libro; estas secciones son las más cercanas:",
    uncertain_in_chapter="Es posible que este capítulo no responda a esta pregunta, y no se ha buscado en el resto "
    "del libro; estas secciones son las más cercanas:",
    uncertain_part="Es posible que el libro no responda a esta parte de su mensaje: «{question}». Estas "
    "secciones son las más cercanas:",
    unmentioned="El libro no menciona «{word}».",
    nothing_new="No se ha encontrado nada más; lo más cercano ya está citado más arriba:",
    quoted_before="Ya citados más arriba:",
    missing="El libro no dice nada de esto: {missing}.",
    not_covered="Parece que el libro no trata esta pregunta, así que no hay respuesta.",
    not_covered_by_page="Parece que esta página no trata esta pregunta, así que no hay respuesta. "
    "No se ha buscado en el resto del libro.",
    not_covered_by_chapter="Parece que este capítulo no trata esta pregunta, así que no hay respuesta. "
    "No se ha buscado en el resto del libro.",
    not_covered_by_edition="Parece que esta edición del libro ({edition}) no trata esta pregunta, así que no hay "
    "respuesta. No se ha buscado en las demás ediciones.",
    nearest="Las secciones más cercanas son:",
    diagram="Un diagrama, que la página muestra.",
)

_BY_LOCALE = {"en": ENGLISH, "ur": URDU, "de": GERMAN, "fr": FRENCH, "es": SPANISH}
_UNCERTAIN = tuple(
    notice
    for notices in _BY_LOCALE.values()
    for notice in (notices.uncertain, notices.uncertain_on_page, notices.uncertain_in_chapter)
)
_ARABIC_SCRIPT = re.compile(r"[؀-ۿ]")
_WORDS_LOOKED_AT = 60
_CLEAR_LEAD = 1.5  # of the sum of the words' frequencies: one word that is 30 times as frequent in the language
# Languages that are like those above. Of 1,500 messages in German, French and Spanish two are rather of these, and of
# 98 in Portuguese one is still told as Spanish (`benchmarks/reader_questions/`, 30 November 2026).
_OTHERS = ("pt", "it", "nl")
_LEAD_OF_ANOTHER = 0.3
# Where two languages have as many of a question's words, as "was" is of two, the words' frequency decides.
_TYPICAL = {language: words_of("of_a_question", language) for language in ("en", "de", "fr", "es")}


def notices_for(question: str, locale: str | None = None) -> Notices:
    """The notices in the question's language."""
    return _BY_LOCALE[language_of(question, locale)]


def says_uncertain(answer: str) -> bool:
    """Whether an answer without a model begins with the notice that the book may not cover its question."""
    return answer.partition("\n")[0].endswith(_UNCERTAIN)


def language_of(question: str, locale: str | None = None) -> str:
    """The interface language that is closest to a question's.

    Told by its script, by how frequent its words are in each language, by its small words, by the locale; else English.
    A question in any other language is answered in the locale's: Portuguese is not taken for Spanish. Words alone make
    no question English: technical ones are used in every language.
    """
    letters = sum(character.isalpha() for character in question)
    if letters and len(_ARABIC_SCRIPT.findall(question)) > letters / 2 and not is_arabic(question):
        return "ur"
    if "¿" in question or "¡" in question:
        return "es"
    # "mein", "se" and "na" of Roman Urdu, which has no notices of its own, are words of German and Spanish as well.
    told = None if _is_roman_urdu(question) else _by_words(question)
    if told and _is_of_another_language(question, told):
        told = None
    language = told or (locale or "en").split("-")[0]
    return language if language in _BY_LOCALE else "en"


def _is_roman_urdu(question: str) -> bool:
    """Whether a text is detected as Roman Urdu, or is so short that a third of its words show it: "mera test lo"."""
    detected = detected_language(question)
    words = re.findall(r"\w+", question.casefold())
    own = sum(is_roman_urdu(word) and word != "mein" for word in words)  # "mein" is a German word as well
    return detected == "ur-Latn" or (detected is None and own * 3 >= len(words) > 0)


def _is_of_another_language(question: str, told: str) -> bool:
    """Whether the words are rather those of a language that is like one of the interface's, and that it has not."""
    words = re.findall(r"\w+", question.casefold())[:_WORDS_LOOKED_AT]
    own = sum(zipf(word, told) for word in words)
    return any(sum(zipf(word, other) for word in words) > own + _LEAD_OF_ANOTHER for other in _OTHERS)


def _by_words(question: str) -> str | None:
    words = re.findall(r"\w+", question.casefold())
    spoken = {language: sum(zipf(word, language) for word in words[:_WORDS_LOOKED_AT]) for language in _TYPICAL}
    first, second = sorted(spoken, key=lambda language: -spoken[language])[:2]
    if first != "en" and spoken[first] >= spoken[second] + _CLEAR_LEAD:
        return first
    counts = {language: len(typical.intersection(words)) for language, typical in _TYPICAL.items()}
    best = max(counts, key=lambda language: (counts[language], spoken[language]))
    return best if counts[best] else None
