"""Learn from the catalog, measure honestly, prove every rule. Needs the `lab` extra."""

from __future__ import annotations
