"""The two stores of the index, for what is built into them."""

from tests.storage.vectors.conftest import engine, server, settings

__all__ = ["engine", "server", "settings"]
