"""One streamed answer of Gemini's: pieces of text until a whole end, or a ModelError that says why there is none."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import cast

from google.genai import types

from engines.errors import AnswerStalledError, EmptyAnswerError, ModelError, ModelUnavailableError, Usage
from engines.gemini_errors import raise_for_block, raise_for_finish, translated


class GeminiStream:
    """Reads google-genai's stream; thoughts never leave it, and each wait has its limit."""

    def __init__(
        self,
        responses: AsyncIterator[types.GenerateContentResponse],
        *,
        first_word_seconds: float,
        stall_seconds: float,
    ) -> None:
        self._responses = cast("AsyncGenerator[types.GenerateContentResponse, None]", responses)
        self._first_word_seconds = first_word_seconds
        self._stall_seconds = stall_seconds
        self._finish: types.FinishReason | None = None
        self.begun = False  # whether a word has come
        self.first_text: str | None = None
        self.usage = Usage()

    async def read_first(self) -> None:
        """Wait for the first word and keep it as `first_text`; raises ModelError where none comes."""
        self.first_text = await self.next_text()

    async def next_text(self) -> str | None:
        """The next piece of text, None after the last of a whole answer; raises ModelError."""
        try:
            while (response := await self._next_response()) is not None:
                text = self._read(response)
                if text:
                    return text
            if self._finish is None and not self.begun:
                raise ModelUnavailableError("the stream ended before its first word")
            raise_for_finish(self._finish)
            if not self.begun:
                raise EmptyAnswerError("no text")
        except ModelError as exc:
            exc.usage = self.usage
            raise
        return None

    async def aclose(self) -> None:
        """Close the request to Gemini, whatever is still to come."""
        await self._responses.aclose()

    async def _next_response(self) -> types.GenerateContentResponse | None:
        seconds = self._stall_seconds if self.begun else self._first_word_seconds
        with translated(begun=self.begun):
            try:
                async with asyncio.timeout(seconds):
                    return await anext(self._responses, None)
            except TimeoutError as exc:
                raise AnswerStalledError(f"nothing for {seconds:g} s") from exc

    def _read(self, response: types.GenerateContentResponse) -> str:
        """The text of one response, without thoughts and without white space before the first word."""
        counts = response.usage_metadata
        if counts is not None:
            thoughts = counts.thoughts_token_count or 0
            answer = counts.candidates_token_count
            self.usage = Usage(counts.prompt_token_count, None if answer is None else answer + thoughts)
        raise_for_block(response)
        if not response.candidates:
            return ""
        candidate = response.candidates[0]
        if candidate.finish_reason is not None:
            self._finish = candidate.finish_reason
        parts = candidate.content.parts if candidate.content else None
        text = "".join([part.text for part in parts or () if part.text and not part.thought])
        if not self.begun:
            text = text.lstrip()
            self.begun = bool(text)
        return text
