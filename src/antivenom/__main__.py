"""`python -m antivenom` is `antivenom`."""

from __future__ import annotations

import sys

from antivenom.cli import main

if __name__ == "__main__":
    sys.exit(main())
