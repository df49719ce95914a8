"""Who holds the builders' lock."""

import getpass
import os
import socket
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import uuid4

from storage.errors import BuildLockedError


@dataclass(frozen=True, slots=True)
class LockOwner:
    """One builder: a process of somebody on a machine."""

    who: str = field(default_factory=lambda: user_name())
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    token: str = field(default_factory=lambda: uuid4().hex)

    def to_json(self) -> dict[str, Any]:
        """The owner as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(**{name: values[name] for name in cls.__slots__})

    def is_dead(self) -> bool:
        """Whether it is known to have ended: only a process of this machine can be looked up."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

    def held(self) -> BuildLockedError:
        """The error that tells another builder so."""
        since = datetime.fromisoformat(self.since)
        seconds = int((datetime.now(UTC) - since).total_seconds())
        return BuildLockedError(
            f"Another build is under way: {self.who} on {self.host} (process {self.pid}) holds the lock since "
            f"{since:%Y-%m-%d %H:%M:%S} UTC, {timedelta(seconds=max(seconds, 0))} ago."
        )


def user_name() -> str:
    """The login name, or the user's number where a container has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
