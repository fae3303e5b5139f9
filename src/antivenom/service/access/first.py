"""The first account: whoever started the service may make it, with a link it printed."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from antivenom.service.settings import Settings

_NAME = "first-account"


def invitation(settings: Settings) -> str:
    """Return the secret part of the link, made once; it lies in the data folder until used."""
    place = _place(settings)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return place.read_text("ascii")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        made = secrets.token_urlsafe(24)
        file.write(made)
    return made


def invited(settings: Settings, sent: str) -> bool:
    """Whether somebody has the link."""
    try:
        kept = _place(settings).read_text("ascii")
    except OSError:
        return False
    return bool(kept) and hmac.compare_digest(kept.encode(), sent.encode())


def done(settings: Settings) -> None:
    """Forget the link."""
    _place(settings).unlink(missing_ok=True)


def _place(settings: Settings) -> Path:
    return settings.folder / _NAME
