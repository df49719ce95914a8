"""Profiles as JSON, which both stores keep and the API speaks."""

from collections.abc import Mapping
from typing import Any

from storage.accounts.reader import Profile
from storage.storable import storable_json


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
    """A profile from such an object; one without fields where there is none."""
    if row is None:
        return Profile()
    return Profile(
        name=row.get("name"),
        programming_knowledge=row.get("programming_knowledge"),
        prior_robotics_experience=row.get("prior_robotics_experience"),
        learning_goals=tuple(row.get("learning_goals") or ()),
        preferred_learning_style=row.get("preferred_learning_style"),
    )
