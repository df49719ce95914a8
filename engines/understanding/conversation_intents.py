"""Tasks on what was said before: to translate the answer or tell it otherwise, to give a quiz's answers.

Called by `engines.understanding.intents`. Pure functions.
"""

from engines.understanding.form_words import is_wish, without_lead
from engines.understanding.intent import Intent
from engines.understanding.page_intents import beside_translate, part_named, word_for_chapter
from engines.understanding.phrases import (
    ALL_OF_THEM,
    ANSWERS,
    ASKED_BEFORE,
    BESIDE_ANSWERS,
    BESIDE_LANGUAGES,
    BESIDE_TASKS,
    FIRST,
    LANGUAGES,
    PAGE_TASKS,
    THE_ANSWER,
    THIS_CHAPTER,
    THIS_PAGE,
    TRANSLATE,
)
from engines.understanding.words import plain_words


def conversation_task(text: str, *, has_page: bool, has_history: bool) -> Intent | None:
    """To translate the answer before or the open page, or to say what the reader has asked."""
    asked = ASKED_BEFORE.search(text)
    around = ALL_OF_THEM.sub(" ", FIRST.sub(" ", f"{text[: asked.start()]} {text[asked.end() :]}")) if asked else ""
    if asked and all(word in BESIDE_TASKS for word in plain_words(around)):
        task = "asked_all" if ALL_OF_THEM.search(text) else "asked_first" if FIRST.search(text) else "asked_last"
        return Intent("conversation_task", task)
    if has_history and _names_only_a_language(text):
        return Intent("conversation_task", "translation")
    if has_history and (is_wish(text) or is_wish(without_lead(text))):
        return Intent("conversation_task", "rewording")
    if not TRANSLATE.search(text):
        if not ANSWERS.search(text) or part_named(text) or _beside_answers(text):
            return None
        of_a_quiz = Intent("page_task", "quiz") if PAGE_TASKS["quiz"].search(text) else None
        return Intent("conversation_task", "answers") if has_history else of_a_quiz
    part = part_named(text)
    if beside_translate(THIS_CHAPTER.sub(" ", THIS_PAGE.sub(" ", text))):
        return None
    if part is not None:
        return Intent("page_task", "translation", part, word=word_for_chapter(text))
    if not THE_ANSWER.search(TRANSLATE.sub(" ", text)) or not (has_history or has_page):
        return None
    return Intent("conversation_task", "translation") if has_history else Intent("page_task", "translation")


def _names_only_a_language(text: str) -> bool:
    """ "In Urdu please": the answer before is wanted in that language."""
    words = plain_words(text)
    return any(word in LANGUAGES for word in words) and all(word in LANGUAGES | BESIDE_LANGUAGES for word in words)


def _beside_answers(text: str) -> list[str]:
    """The words of a message that name a subject beside the answers to a quiz."""
    rest = ANSWERS.sub(" ", PAGE_TASKS["quiz"].sub(" ", text))
    return [word for word in plain_words(rest) if word not in BESIDE_TASKS | BESIDE_ANSWERS and not word.isdigit()]
