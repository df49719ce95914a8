"""The errors of a language model, each with a stable code and a message that a reader may see.

ModelError
├── ModelUnavailableError   away, overloaded, or resting after many failures
├── ModelBusyError          too many requests; may say when to come back
├── ModelKeyError           the key was refused
├── ModelRequestError       the request was refused: an unknown model, a bad setting
├── PromptBlockedError      the question was refused before an answer was begun
├── AnswerBlockedError      the answer was stopped by a safety rule
├── AnswerTruncatedError    the answer reached its longest length
├── AnswerInterruptedError  the answer broke off
├── AnswerStalledError      no further word came in time
├── AnswerWithheldError     the answer began to recite its instructions
└── EmptyAnswerError        the answer held no word
"""

from dataclasses import dataclass

from engines.events import Failed, FinishReason
from storage.errors import BookragError


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the model reports them; None where it did not."""

    prompt_tokens: int | None = None
    answer_tokens: int | None = None


class ModelError(BookragError):
    """The language model failed; the message says how."""

    code = "model_error"
    sentence = "The language model could not answer."
    wordless_sentence = "The language model ended without writing a word. Please ask again."
    reason: FinishReason = "error"

    def __init__(self, cause: str = "", *, retry_after_seconds: float | None = None) -> None:
        super().__init__(self.sentence)
        self.cause = cause  # for the log, never for a reader
        self.retry_after_seconds = retry_after_seconds
        self.usage = Usage()
        self.wordless = False  # the model ended without a word; another attempt may bring one
        self.model: str | None = None
        self.model_version: str | None = None  # as the model names itself

    def without_a_word(self) -> "ModelError":
        """This error as one before the first word: nothing was written that could be incomplete."""
        self.wordless = True
        self.args = (self.wordless_sentence,)
        return self


def model_error(failed: Failed) -> ModelError:
    """The error of an answer's failure, by its code, with the message that a reader gets."""
    kind = next((each for each in ModelError.__subclasses__() if each.code == failed.code), ModelError)
    error = kind(retry_after_seconds=failed.retry_after_seconds)
    error.args = (failed.message,)
    return error


class ModelUnavailableError(ModelError):
    """The model cannot be reached, is overloaded, or has failed so often that the circuit breaker is open."""

    code = "model_unavailable"
    sentence = "The language model cannot be reached right now. Please try again in a moment."


class ModelBusyError(ModelError):
    """The model accepts no more requests for now."""

    code = "model_busy"
    sentence = "The language model has too many requests right now. Please try again in a moment."


class ModelKeyError(ModelError):
    """The model's key was refused; only the operator can fix that."""

    code = "model_key_rejected"
    sentence = "The language model refused the service's key. The people who run this service have to look at it."


class ModelRequestError(ModelError):
    """The model refused the request itself: an unknown model's name, a bad setting."""

    code = "model_request_rejected"
    sentence = "The language model refused the request. The people who run this service have to look at it."


class PromptBlockedError(ModelError):
    """The model's safety rules refused the question."""

    code = "prompt_blocked"
    sentence = "The language model's safety rules do not let it answer this question."
    reason = "refused"


class AnswerBlockedError(ModelError):
    """The model's safety rules stopped the answer."""

    code = "answer_blocked"
    sentence = "The language model's safety rules stopped the answer here; it is not complete."
    wordless_sentence = "The language model's safety rules stopped the answer before its first word."
    reason = "safety"


class AnswerTruncatedError(ModelError):
    """The answer reached its longest length before its end."""

    code = "answer_truncated"
    sentence = "The answer reached its longest length and is not complete."
    reason = "length"


class AnswerInterruptedError(ModelError):
    """The answer broke off: an error in the stream, a dropped connection, an end without a finish reason."""

    code = "answer_interrupted"
    sentence = "The answer was interrupted and is not complete. Please ask again."


class AnswerStalledError(ModelError):
    """No further word came within the time limit."""

    code = "answer_stalled"
    sentence = "The language model stopped writing, so the answer is not complete. Please ask again."


class AnswerWithheldError(ModelError):
    """The answer began to recite the rules that it was given."""

    code = "answer_withheld"
    sentence = "The answer was stopped here because it left the subject of the book."
    reason = "refused"


class EmptyAnswerError(ModelError):
    """The model finished without one word."""

    code = "answer_empty"
    sentence = "The language model gave an empty answer. Please ask again."
