"""Times as registries write them and as everything of ours does: ISO 8601, UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: str) -> datetime | None:
    """Return the moment a registry, a review or a table writes, in UTC; None when it is none."""
    try:
        found = datetime.fromisoformat(text.strip()[:40])
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """Return a moment as reviews and tables have it: ``2026-11-21T10:03:00Z``, sorting as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
