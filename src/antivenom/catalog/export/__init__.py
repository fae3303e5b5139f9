"""The catalog in formats others read. One file per format."""

from __future__ import annotations
