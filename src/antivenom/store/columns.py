"""The kinds of columns that all tables are made of; their conventions stand in `schema`."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, Text

metadata = MetaData()


def text(name: str, comment: str = "", *, index: bool = False) -> Column[str]:
    """Return a column of text, "" where nothing is known."""
    return Column(name, Text, nullable=False, default="", index=index, comment=comment or None)


def number(name: str, comment: str = "", *, index: bool = False) -> Column[int]:
    """Return a column of whole numbers, 0 where nothing is known."""
    return Column(name, Integer, nullable=False, default=0, index=index, comment=comment or None)
