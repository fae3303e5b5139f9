"""Times as a registry of npm writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: str) -> datetime | None:
    """Return a time in UTC, None for a text that is none."""
    try:
        found = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def written(time: datetime) -> str:
    """Return a time as reviews write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
