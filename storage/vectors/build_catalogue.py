"""The builds of an index with their records, and which of them is live; called by `IndexStore`.

A build is a collection whose name begins with the alias; its record is the collection's metadata. Moving the alias
makes a build live. Its record is written before the move and after it, so that it stays true if the publisher dies
between the two.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from qdrant_client.http import models

from storage.errors import InputError, NotFoundError
from storage.vectors.build_record import BuildRecord, IndexSpec, check_spec, now
from storage.vectors.engine import Engine


class BuildCatalogue:
    """All builds of one alias."""

    def __init__(self, engine: Engine, alias: str) -> None:
        self._client = engine.client
        self._alias = alias

    def live(self) -> BuildRecord | None:
        """The record of the live build, None before the first."""
        name = self.live_name()
        if name is None:
            return None
        record = self.record(name)
        return record if record.published is not None else as_published(record)

    def live_name(self) -> str | None:
        """The name of the live build, None before the first."""
        aliases = {item.alias_name: item.collection_name for item in self._client.get_aliases().aliases}
        return aliases.get(self._alias)

    def record(self, name: str) -> BuildRecord:
        """The record of a build; NotFoundError if there is none."""
        metadata = self._client.get_collection(name).config.metadata if self._is_build(name) else None
        if not metadata:
            raise NotFoundError(f"There is no build {name}. `bookrag index list` shows those there are.")
        return BuildRecord.from_metadata(metadata)

    def list_builds(self) -> list[BuildRecord]:
        """All builds, newest first, left-overs too."""
        names = [item.name for item in self._client.get_collections().collections]
        live = self.live()
        records = [] if live is None else [live]
        for name in names:
            if self._is_build(name) and (live is None or name != live.name):
                with suppress(NotFoundError):  # pruned this very moment
                    records.append(self.record(name))
        return sorted(records, key=lambda record: record.created, reverse=True)

    def note(self, record: BuildRecord) -> None:
        """Write a build's record anew."""
        self._client.update_collection(record.name, metadata=record.to_metadata())

    def _is_build(self, name: str) -> bool:
        return re.fullmatch(rf"{self._alias}-\d{{8}}-\d{{6}}-[0-9a-f]{{6}}", name) is not None


def as_published(record: BuildRecord) -> BuildRecord:
    """The record of a live build whose publisher died between the move and its note of it."""
    return replace(record, state="published", published=record.created)


class Publisher:
    """Moves one alias."""

    def __init__(self, engine: Engine, alias: str, builds: BuildCatalogue) -> None:
        self._client = engine.client
        self._alias = alias
        self._builds = builds

    def publish(self, name: str, *, forced: bool = False) -> BuildRecord:
        """Make a finished build live in one atomic step."""
        record = self._builds.record(name)
        if record.state == "building":
            raise InputError(f"The build {record.name} was never finished.")
        live_name = self._builds.live_name()
        live = self._builds.record(live_name) if live_name else None
        if live is not None and live.published is None:  # its own publisher died right after the move
            self._builds.note(as_published(live))
        if forced and not record.forced:
            record = replace(record, forced=True)
            self._builds.note(record)
        if live is not None and record.published is None:
            record = replace(record, before=live.name)
            self._builds.note(record)  # before the move, as its publisher may die right after it
        self._point_at(record.name, anew=live is None)
        record = replace(record, state="published", published=now())
        self._builds.note(record)
        return record

    def rollback(self, name: str | None, spec: IndexSpec | None) -> BuildRecord:
        """Make an earlier build live: the one that was so before the live one, or the one named; at once.

        With `spec`, a build that was made with other settings raises IndexMismatchError and stays aside.
        """
        live = self._builds.live_name()
        published = [record for record in self._builds.list_builds() if record.published is not None]
        if name is None:
            chosen = _before(live, published)
        else:
            chosen = self._builds.record(name)
            if chosen.published is None:
                raise InputError(f"The build {name} was never live: it is {chosen.state}.")
        if spec is not None:
            check_spec(chosen, spec)
        return self.publish(chosen.name)

    def _point_at(self, name: str, *, anew: bool) -> None:
        moves: list[models.DeleteAliasOperation | models.CreateAliasOperation] = []
        if not anew:
            moves.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=self._alias)))
        target = models.CreateAlias(collection_name=name, alias_name=self._alias)
        moves.append(models.CreateAliasOperation(create_alias=target))
        self._client.update_collection_aliases(moves)


def _before(live: str | None, published: Sequence[BuildRecord]) -> BuildRecord:
    """The build that was live before the live one, or the next older one; `published`: the newest first."""
    by_name = {record.name: record for record in published}
    names = list(by_name)
    if live is None or live not in by_name:
        earlier = names
    else:
        earlier = [by_name[live].before or "", *names[names.index(live) + 1 :]]
    for name in earlier:
        if name in by_name:
            return by_name[name]
    raise NotFoundError("There is no earlier build to go back to.")
