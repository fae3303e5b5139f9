"""What the service writes to its log: text for people, one JSON object a line for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from antivenom.report.escape import visible
from antivenom.service.settings import Settings

_PLAIN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None)))


def begin(settings: Settings) -> None:
    """Write to standard error from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines() if settings.log == "text" else Objects())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for loud in ("httpx", "httpcore", "dbos", "asyncio"):
        logging.getLogger(loud).setLevel(logging.WARNING)


class Lines(logging.Formatter):
    """One line a message; control characters of whoever is quoted become escapes."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, where from and the message, a traceback below."""
        said = visible(record.getMessage())
        line = f"{_time(record)} {record.levelname.lower():7} {record.name}: {said}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Objects(logging.Formatter):
    """One JSON object a message, with the fields that were given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object."""
        found: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": visible(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _PLAIN and name not in ("message", "asctime", "taskName"):
                found[name] = value if isinstance(value, int | float | bool) else str(value)
        if record.exc_info:
            found["exception"] = self.formatException(record.exc_info)
        return json.dumps(found, ensure_ascii=True)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
