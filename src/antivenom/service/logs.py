"""The log: one line an event, as text for people or as JSON for machines.

A message reads alone and carries its details as fields besides. Contents of uploads, secrets and
query strings are never written.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from antivenom.report.escape import visible
from antivenom.service.settings import Settings

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
_MOST = 4000
_LOUD = (
    "asyncio",
    "dbos",
    "httpx",
    "httpcore",
    "litestar",
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "sqlalchemy",
)


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": visible(record.getMessage(), _MOST),
        }
        line |= {key: _plain(value) for key, value in _details(record).items()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)[-_MOST:]
        return json.dumps(line, ensure_ascii=True)


class TextLines(logging.Formatter):
    """Writes a record for people: time, level, message, then the details."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what was raised follows indented."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        said = visible(record.getMessage(), _MOST)
        details = "".join(f" {k}={visible(str(v), 300)}" for k, v in _details(record).items())
        line = f"{at} {record.levelname.lower():7} {said}{details}"
        if record.exc_info:
            raised = visible(self.formatException(record.exc_info)[-_MOST:], lines=True)
            line += "\n    " + raised.replace("\n", "\n    ")
        return line


def begin(settings: Settings, stream: TextIO | None = None) -> None:
    """Send the log of this process to a stream, standard error when none is named."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if settings.log == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def _details(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in record.__dict__.items() if key not in _OWN}


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | bool) else visible(str(value), 1000)
