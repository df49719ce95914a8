"""The two stores of the index, for what is built into them."""

from tests.storage.vectors.conftest import server, settings

__all__ = ["server", "settings"]
