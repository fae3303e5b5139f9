"""Every exception Antivenom raises on purpose.

Hostile input is data (an anomaly, a coverage problem), never an exception; these are for our own
faults, for the people who call us, and for the network.

    AntivenomError
    ├── UsageError            the command line or the API was called wrongly
    │   ├── TargetError       a target does not exist or is not reviewable
    │   └── ConfigError       a settings file is wrong
    ├── NetworkError          something could not be fetched
    │   ├── NotFoundError     the index does not know the name or version
    │   └── IntegrityError    what arrived is not what the index announced
    ├── ConflictError         somebody else changed it first
    ├── RuleError             a rule page cannot be used
    └── MissingDependencyError  the machine lacks something we need
"""

from __future__ import annotations


class AntivenomError(Exception):
    """Antivenom cannot go on."""

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        self.hint = hint
        """What the reader can do about it, one sentence, or None."""


class UsageError(AntivenomError):
    """The request cannot be understood."""


class TargetError(UsageError):
    """The target does not exist or cannot be reviewed."""


class ConfigError(UsageError):
    """The settings are not valid."""


class NetworkError(AntivenomError):
    """The index could not be reached."""

    retry_after: float | None = None
    """Seconds the server asked us to stay away, where it did."""


class NotFoundError(NetworkError):
    """The index does not know this project or version."""


class IntegrityError(NetworkError):
    """The bytes received are not the bytes the index announced."""


class ConflictError(AntivenomError):
    """Somebody else changed it first."""


class RuleError(AntivenomError):
    """A rule page cannot be used."""


class MissingDependencyError(AntivenomError):
    """The machine lacks something Antivenom needs."""
