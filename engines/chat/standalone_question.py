"""A later message as one standalone question: a model writes it, and it is checked before it is searched for."""

import logging
import re
from collections.abc import Sequence

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms import LLM

from engines import prompts
from engines.errors import ModelError
from engines.events import Turn, says_something
from engines.understanding import lexicon

logger = logging.getLogger(__name__)

_LONGEST = 600  # characters; a longer "question" is an answer, or the model followed an instruction
_QUOTES = "\"'“”„«» "
_QUESTION_MARKS = ("?", "？", "؟", ";")  # the last is the Greek one
_LABEL = lexicon.pattern("condensing", r"^(?:{here_is}[^:]{0,60}|[\w ]{0,30}{called_a_question}[\w ]{0,20}):\s*")
_NO_QUESTION = lexicon.word_pattern("condensing.no_question")
_NOT_TRANSLATED = lexicon.pattern("condensing", r"^\W*{no_translation}?\W*$")  # a whole reply
_SMALL_WORDS = lexicon.words("of_any_question")
_DENSE_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


async def condensed(
    model: LLM, message: str, turns: Sequence[Turn], summary: str | None, language: str | None
) -> str | None:
    """A message as a standalone question by the model; None if the model gives none.

    The same step translates a question into the index's `language`.
    """
    content = prompts.condense_message(message, turns, summary, language)
    request = ChatMessage(role=MessageRole.USER, content=content)
    try:
        # One attempt: if the model is unavailable, the answer itself waits for it, not this step.
        response = await model.achat([request], retry_budget_seconds=0.0)
    except ModelError as exc:
        logger.warning("the question was not condensed: %s (%s)", exc.code, exc.cause)
        return None
    except Exception:  # whatever a library raises, the question is answered without this step
        logger.exception("the question was not condensed")
        return None
    return usable(response.message.content or "", message, turns, summary, translated=language is not None)


def usable(
    condensed: str, question: str, turns: Sequence[Turn], summary: str | None = None, *, translated: bool = False
) -> str | None:
    """A model's condensed question on one line; None if the reply is not a question about the conversation.

    A reply is a question if it ends like one, or shares a word with the conversation; a refusal is not, unless the
    reader's own message has the same words ("I cannot install it"). A translated question shares no words.
    """
    text = _LABEL.sub("", " ".join(condensed.split()).strip(_QUOTES)).strip(_QUOTES)
    if not says_something(text) or len(text) > _LONGEST:
        return None
    if _NO_QUESTION.search(text) and not _NO_QUESTION.search(question):
        return None
    if translated and _NOT_TRANSLATED.match(text):
        return None
    if translated or text.rstrip("\"'”’»)").endswith(_QUESTION_MARKS):
        return text
    said = " ".join((question, summary or "", *(turn.content for turn in turns)))
    return text if _words(text) & _words(said) else None


def _words(text: str) -> set[str]:
    """The words that may name a subject; in scripts without spaces, each pair of characters."""
    words = set(re.findall(r"[^\W_]{4,}|[^\W_]*\d[^\W_]*", text.casefold())) - _SMALL_WORDS
    dense = "".join(_DENSE_SCRIPT.findall(text))
    return words | {dense[at : at + 2] for at in range(len(dense) - 1)}
