"""Who is asking: the claims of a verified access token, and the profile that answers are adapted to.

The stores and the API use the same JSON for a profile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from uuid import UUID

from storage.storable import storable_json

ProgrammingKnowledge = Literal["beginner", "intermediate", "advanced"]
LearningStyle = Literal["hands-on", "theory-first", "mixed"]
NAME_CHARACTERS, EXPERIENCE_CHARACTERS, GOAL_CHARACTERS, GOALS = 200, 1_000, 200, 20


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in reader or a guest. None stands for somebody without a token, of whom nothing is stored."""

    id: UUID
    is_guest: bool
    access_token: str = field(repr=False)  # row-level security reads it; it must not reach a log
    expires_at: int  # seconds since 1970
    session_id: str | None = None
    has_second_factor: bool = False  # of this session, not of the account
    signed_in_at: int | None = None  # seconds since 1970; None if the token does not say


@dataclass(frozen=True, slots=True)
class Profile:
    """What readers say of themselves; every field may be missing."""

    name: str | None = None
    programming_knowledge: ProgrammingKnowledge | None = None
    prior_robotics_experience: str | bool | None = None
    learning_goals: tuple[str, ...] = ()
    preferred_learning_style: LearningStyle | None = None


def profile_to_json(profile: Profile) -> dict[str, Any]:
    """A profile's fields as a JSON object, without what PostgreSQL cannot store."""
    fields: dict[str, Any] = {
        "name": profile.name,
        "programming_knowledge": profile.programming_knowledge,
        "prior_robotics_experience": profile.prior_robotics_experience,
        "learning_goals": list(profile.learning_goals),
        "preferred_learning_style": profile.preferred_learning_style,
    }
    storable: dict[str, Any] = storable_json(fields)
    return storable


def profile_from_json(row: Mapping[str, Any] | None) -> Profile:
    """A profile from such an object; an empty profile for None.

    Readers of a Supabase project can write their row without this server: invalid fields are left out, long ones are
    cut.
    """
    if row is None:
        return Profile()
    knowledge, style = row.get("programming_knowledge"), row.get("preferred_learning_style")
    experience, goals = row.get("prior_robotics_experience"), row.get("learning_goals")
    return Profile(
        name=_text(row.get("name"), NAME_CHARACTERS),
        programming_knowledge=knowledge if knowledge in get_args(ProgrammingKnowledge) else None,
        prior_robotics_experience=(
            experience if isinstance(experience, bool) else _text(experience, EXPERIENCE_CHARACTERS)
        ),
        learning_goals=tuple(
            goal[:GOAL_CHARACTERS] for goal in (goals if isinstance(goals, list) else []) if isinstance(goal, str)
        )[:GOALS],
        preferred_learning_style=style if style in get_args(LearningStyle) else None,
    )


def _text(value: Any, characters: int) -> str | None:
    return value[:characters] if isinstance(value, str) else None
