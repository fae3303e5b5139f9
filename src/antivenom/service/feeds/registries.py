"""The registries that can be followed, by name."""

from __future__ import annotations

from collections.abc import Mapping

from antivenom.errors import ConfigError
from antivenom.service.clock import Clock
from antivenom.service.feeds.adapter import Adapter
from antivenom.service.feeds.npm import Npm
from antivenom.service.feeds.pypi import PyPI
from antivenom.service.settings import Settings

NAMES = ("pypi", "npm")


def adapter(
    name: str, settings: Settings, clock: Clock, environ: Mapping[str, str] | None = None
) -> Adapter:
    """Return what follows a registry. Raises `ConfigError` for one nobody can follow."""
    if name == "pypi":
        return PyPI(settings, clock, environ)
    if name == "npm":
        return Npm(settings, clock, environ)
    raise ConfigError(f"{name!a} cannot be followed", hint=f"known: {', '.join(NAMES)}")
