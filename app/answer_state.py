"""One answer in typed form: its identity, the events that it is streamed as, and its state so far.

`app.answer_streams` fills the state; `app.ui_message_stream` and `app.json_answer` are the formats that it is sent in.
"""

from dataclasses import dataclass, field

from engines.events import (
    CitationsResolved,
    Cited,
    Event,
    Failed,
    Finished,
    GroundingDecided,
    Source,
    SourcesFound,
    TextDelta,
)
from storage.conversations.turns import ANSWER_LOST_CODE


@dataclass(frozen=True, slots=True)
class AnswerIdentity:
    """What a client needs to come back to an answer."""

    conversation_id: str
    message_id: str
    build: str | None

    def metadata(self) -> dict[str, str | None]:
        """As the `start` part's `messageMetadata` carries it."""
        return {"conversation_id": self.conversation_id, "message_id": self.message_id, "build": self.build}


@dataclass(frozen=True, slots=True)
class NotSaved:
    """The turn could not be saved in the reader's history; comes just before the end."""

    waits: bool = True  # whether it is kept, and saved as soon as the history is back


StreamEvent = Event | NotSaved

ANSWER_LOST = Failed(ANSWER_LOST_CODE, "The answer broke off. Please ask again.")
"""The end of an answer whose writer has died."""


@dataclass(slots=True)
class AnswerState:
    """The answer so far, folded from its events; it can be stored and sent as JSON at any time."""

    text: list[str] = field(default_factory=list)
    sources: tuple[Source, ...] = ()
    build: str | None = None  # that was searched
    resolved: CitationsResolved | None = None
    grounding: GroundingDecided | None = None
    end: Finished | Failed | None = None

    def take(self, event: StreamEvent) -> None:
        """Fold one event into the state."""
        match event:
            case TextDelta():
                self.text.append(event.text)
            case SourcesFound():
                self.sources, self.build = event.sources, event.build
            case GroundingDecided():
                self.grounding = event
            case CitationsResolved():
                self.resolved = event
            case Finished() | Failed():
                self.end = event
            case Cited() | NotSaved():
                pass  # CitationsResolved repeats every citation under its final number

    @property
    def answer(self) -> str:
        """The text as it was written."""
        return "".join(self.text)

    @property
    def final(self) -> str:
        """The text under its final numbers, or as far as it was written."""
        return self.resolved.text if self.resolved else self.answer

    @property
    def complete(self) -> bool:
        """Whether the answer came to its own end."""
        return isinstance(self.end, Finished)
