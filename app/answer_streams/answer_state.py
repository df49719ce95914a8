"""What is known of one answer: what names it to its client, and what was said so far; filled by `AnswerTask`."""

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


@dataclass(frozen=True, slots=True)
class AnswerIdentity:
    """What a client needs to come back to an answer."""

    conversation_id: str
    message_id: str
    build: str | None

    def metadata(self) -> dict[str, str | None]:
        """As the `start` part's `messageMetadata` carries it."""
        return {"conversation_id": self.conversation_id, "message_id": self.message_id, "build": self.build}


@dataclass(slots=True)
class AnswerRecord:
    """What was said so far; kept beside the stream so that it can be stored whatever happens."""

    text: list[str] = field(default_factory=list)
    sources: tuple[Source, ...] = ()
    build: str | None = None  # that was searched
    resolved: CitationsResolved | None = None
    grounding: GroundingDecided | None = None
    end: Finished | Failed | None = None

    def take(self, event: Event) -> None:
        """Remember one event."""
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
            case Cited():
                pass  # CitationsResolved says it again, with the final numbers

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
