"""Every error that leaves `storage`, `engines` or `indexing`; `app` maps each class to a status and an exit code.

    BookragError
    ├── ConfigurationError      a setting is missing or wrong
    ├── InputError              what was given cannot be used: a book folder, an evaluation set
    ├── IndexMissingError       no build is live
    ├── IndexMismatchError      the live build was made with other settings
    ├── BuildLockedError        another build is under way
    ├── NotFoundError           no such thing, or somebody else's
    ├── ModelError              the language model failed (see its code)
    └── StorageUnavailableError a store does not answer
"""

from typing import ClassVar


class BookragError(Exception):
    """An error with a stable code and a message that a reader may see; the cause goes to the log."""

    code: ClassVar[str] = "internal_error"


class ConfigurationError(BookragError):
    """A setting is missing or wrong; the message names its variable."""

    code = "configuration_error"


class InputError(BookragError):
    """What was given cannot be used; the message says what was looked for and where."""

    code = "bad_input"


class IndexMissingError(BookragError):
    """No build is live yet."""

    code = "index_missing"


class IndexMismatchError(BookragError):
    """The live build was made with other settings; the message names those that differ."""

    code = "index_mismatch"


class BuildLockedError(BookragError):
    """Another build is under way; the message says whose and since when."""

    code = "build_locked"


class NotFoundError(BookragError):
    """There is no such thing, or it is somebody else's."""

    code = "not_found"


class StorageUnavailableError(BookragError):
    """A store does not answer."""

    code = "storage_unavailable"
