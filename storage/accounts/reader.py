"""Who is asking: what a checked access token says, and the profile that answers are pitched to."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

ProgrammingKnowledge = Literal["beginner", "intermediate", "advanced"]
LearningStyle = Literal["hands-on", "theory-first", "mixed"]


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in reader or a guest; who holds no token is None, and nothing of theirs is stored."""

    id: UUID
    is_guest: bool
    access_token: str = field(repr=False)  # row-level security reads it; it must not reach a log
    expires_at: int  # seconds since 1970
    session_id: str | None = None
    has_second_factor: bool = False  # of this session, not of the account
    signed_in_at: int | None = None  # seconds since 1970; None where the token does not say


@dataclass(frozen=True, slots=True)
class Profile:
    """What readers say of themselves; every field may be missing."""

    name: str | None = None
    programming_knowledge: ProgrammingKnowledge | None = None
    prior_robotics_experience: str | bool | None = None
    learning_goals: tuple[str, ...] = ()
    preferred_learning_style: LearningStyle | None = None
