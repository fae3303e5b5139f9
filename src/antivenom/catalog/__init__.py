"""Known malware as data: specimens, who calls them what, campaigns, indicators, releases.

Everything here is plain data; bytes of specimens lie sealed in the blob store, if anywhere.
"""

from __future__ import annotations
