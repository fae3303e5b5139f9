"""Likeness to known malware and to known-good code: pure look-ups in read-only files.

`making` makes an index, `good` a file of known-good code, `index` answers, `facts` turns answers
into facts. Binaries are recognised by exact hash alone: the library for TLSH comes as source only
and would compile C++ wherever Antivenom is installed.
"""

from __future__ import annotations

from antivenom.likeness.facts import likeness
from antivenom.likeness.index import Index, Kin

__all__ = ["Index", "Kin", "likeness"]
