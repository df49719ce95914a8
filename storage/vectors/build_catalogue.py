"""The builds of an index with their records, and which of them its alias points at; asked by `IndexStore`.

A build is a collection whose name begins with the alias; its record is the collection's metadata.
"""

import re
from contextlib import suppress
from dataclasses import replace

from storage.errors import NotFoundError
from storage.vectors.build_record import BuildRecord
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
