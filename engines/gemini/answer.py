"""What Gemini's responses say: pieces of text until a whole end, or a ModelError that says why there is none.

Called by `engines.gemini.llm`.
"""

import time

from engines.errors import (
    AnswerInterruptedError,
    AnswerStalledError,
    EmptyAnswerError,
    ModelError,
    ModelUnavailableError,
    Usage,
)
from engines.gemini.transport import Json, WireStream, raise_for_block, raise_for_error, raise_for_finish
from engines.settings import EngineSettings


class GeminiAnswer:
    """What Gemini's responses add up to; thoughts never leave it, nor white space before the first word."""

    def __init__(self) -> None:
        self.begun = False  # whether a word has come
        self._counts: Json = {}  # of the newest response that has some
        self.version: str | None = None  # of the model, as it names itself
        self._finish: str | None = None
        self._half = ""  # the first half of a surrogate pair, whose second half begins the next piece

    def read(self, response: Json) -> str:
        """The text of one response; raises ModelError where it is an error, a refusal, or nothing of Gemini's."""
        try:
            return self._read(response)
        except (AttributeError, IndexError, KeyError, TypeError) as exc:
            kind = AnswerInterruptedError if self.begun else ModelUnavailableError
            raise kind(f"a response of another shape: {type(exc).__name__}") from exc

    def _read(self, response: Json) -> str:
        raise_for_error(response, begun=self.begun)
        self.version = self.version or response.get("modelVersion")
        counts = response.get("usageMetadata")
        if isinstance(counts, dict):
            self._counts = counts
        candidates = response.get("candidates")
        if not candidates:
            raise_for_block(response)
            return ""
        candidate = next((each for each in candidates if not each.get("index")), None)
        if candidate is None:  # a piece of another answer than the first one
            return ""
        self._finish = candidate.get("finishReason") or self._finish
        parts = (candidate.get("content") or {}).get("parts") or ()
        text = "".join([part.get("text") or "" for part in parts if not part.get("thought")])
        if self._half or not text.isascii():
            text = self._repaired(text)
        if not self.begun:
            text = text.lstrip()
            self.begun = bool(text)
        return text

    @property
    def usage(self) -> Usage:
        """The tokens so far."""
        return _usage(self._counts)

    def _repaired(self, text: str) -> str:
        """The text with surrogate pairs joined, over two pieces as well; a half alone becomes U+FFFD."""
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def rest(self) -> str:
        """What a piece held back that was cut in a character, U+FFFD; the text is complete with it."""
        half, self._half = self._half, ""
        return "\ufffd" if half else ""

    def end(self) -> None:
        """Raise ModelError unless what was read is a whole answer; one rule for every end without a word."""
        try:
            if self._finish is None and not self.begun:
                raise ModelUnavailableError("the stream ended before its first word")
            raise_for_finish(self._finish)
            if not self.begun:
                raise EmptyAnswerError("no text")
        except ModelError as exc:
            raise exc if self.begun else exc.without_a_word() from None


class GeminiStream:
    """An answer that is being read; each wait has its limit."""

    def __init__(self, wire: WireStream, settings: EngineSettings) -> None:
        self._wire = wire
        self._first_word_seconds = settings.gemini_first_token_timeout_seconds
        self._stall_seconds = settings.gemini_stall_timeout_seconds
        self._deadline = time.monotonic() + settings.gemini_answer_timeout_seconds
        self._answer = GeminiAnswer()
        self.first_text: str | None = None

    @property
    def usage(self) -> Usage:
        """The counts of the newest response."""
        return self._answer.usage

    @property
    def version(self) -> str | None:
        """What the model calls itself: `gemini-flash-latest` is another one every few months."""
        return self._answer.version

    async def read_first(self) -> None:
        """Wait for the first word and keep it as `first_text`; raises ModelError where none comes."""
        self.first_text = await self.next_text()

    async def next_text(self) -> str | None:
        """The next piece of text, None after the last of a whole answer; raises ModelError."""
        answer = self._answer
        try:
            while True:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    raise AnswerStalledError("the whole answer took too long")
                seconds = self._stall_seconds if answer.begun else self._first_word_seconds
                response = await self._wire.next(seconds=min(seconds, left), begun=answer.begun)
                if response is None:
                    answer.end()
                    return answer.rest() or None
                text = answer.read(response)
                if text:
                    return text
        except ModelError as exc:
            exc.usage = answer.usage
            exc.model_version = answer.version
            raise

    def close(self) -> None:
        """Close the request to Gemini now, whatever is still to come."""
        self._wire.close()


def _usage(counts: Json) -> Usage:
    prompt, answer, thoughts = (_count(counts, kind) for kind in ("prompt", "candidates", "thoughts"))
    return Usage(prompt, None if answer is None else answer + (thoughts or 0))


def _count(counts: Json, kind: str) -> int | None:
    """A count of tokens; None for what is no count, which must not end an answer that is there."""
    count = counts.get(f"{kind}TokenCount")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
