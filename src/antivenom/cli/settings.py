"""Settings: flags, then ``ANTIVENOM_*``, then ``antivenom.toml`` here, then the user's.

They are never read from inside what is reviewed: a package could bring a file that excuses it.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from antivenom.errors import ConfigError
from antivenom.report import Format
from antivenom.session.suppressions import Suppression

NAME = "antivenom.toml"
PREFIX = "ANTIVENOM_"
FailOn = Literal["suspicious", "malicious", "never"]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What a settings file may hold."""

    format: Format | None = None
    fail_on: FailOn | None = None
    jobs: Annotated[int, Meta(ge=1, le=1024)] | None = None
    offline: bool | None = None
    baseline: str | None = None
    store: str | None = None
    """Database of the catalog: a URL, or the path of an SQLite file."""
    blobs: str | None = None
    """Where sealed bytes of specimens are kept: a folder, or any URL that fsspec knows."""
    lake: str | None = None
    """Where facts of reviews are kept for `hunt`: a folder, or any URL that fsspec knows."""
    service: dict[str, Any] | None = None
    """Of the review service, which reads and checks it itself (`service.settings`)."""
    suppress: tuple[Suppression, ...] = ()


def read(
    reviewed: Sequence[Path],
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> tuple[Settings, list[str]]:
    """Return the settings in force and sentences about files that were not read.

    `reviewed` are the folders under review; a settings file inside one of them is ignored.
    """
    environ = os.environ if environ is None else environ
    layers = [_from_environment(environ)]
    notes: list[str] = []
    for path in ((folder or Path.cwd()) / NAME, user_folder(environ) / NAME):
        if not path.is_file():
            continue
        if _inside(path, reviewed):
            notes.append(f"{path} was ignored: it lies inside what is reviewed")
            continue
        layers.append(_from_file(path))
    return _merged(layers), notes


def user_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the user's own settings."""
    if sys.platform == "win32" and environ.get("APPDATA"):
        return Path(environ["APPDATA"]) / "antivenom"
    base = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "antivenom"


def _inside(path: Path, reviewed: Sequence[Path]) -> bool:
    """Whether a file lies in a reviewed folder, by its path or by what it links to."""
    places = {path.absolute(), path.resolve()}
    folders = {one for folder in reviewed for one in (folder.absolute(), folder.resolve())}
    return any(place.is_relative_to(folder) for place in places for folder in folders)


def _from_file(path: Path) -> Settings:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Settings)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> Settings:
    known = {
        f"{PREFIX}{field.name.upper()}": field.encode_name
        for field in msgspec.structs.fields(Settings)
        if field.name not in {"suppress", "service"}
    }
    values: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name.startswith(f"{PREFIX}SERVICE_"):
            continue
        if name not in known:
            raise ConfigError(f"{name} is not a setting", hint=f"known: {', '.join(known)}")
        values[known[name]] = _boolean(value) if name.endswith("OFFLINE") else value
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{PREFIX}*: {error}") from None


def _boolean(text: str) -> object:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    return words.get(text.strip().lower(), text)


def _merged(layers: Sequence[Settings]) -> Settings:
    """Take each value from the first layer that has it; suppressions add up."""
    values: dict[str, Any] = {}
    for name in (name for name in Settings.__struct_fields__ if name != "suppress"):
        found = (getattr(layer, name) for layer in layers)
        values[name] = next((value for value in found if value is not None), None)
    return Settings(**values, suppress=tuple(s for layer in layers for s in layer.suppress))
