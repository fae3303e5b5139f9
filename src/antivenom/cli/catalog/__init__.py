"""`antivenom catalog ...`: one file per command, parsing and printing only."""

from __future__ import annotations
