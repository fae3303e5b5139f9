"""`make demo`: real packages by name, then look-alikes of real attacks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from antivenom.cli import main
from demo.build import build

REAL = ("six", "idna", "click")
LOOKALIKES = Path(".venv/look-alikes")
NEXT = """
Try next:
  .venv/bin/antivenom review NAME                     a package you are about to install
  .venv/bin/antivenom review NAME --deps              and what it depends on
  .venv/bin/antivenom review -r requirements.txt      everything a project names
  .venv/bin/antivenom review --environment .venv      what is installed already
  .venv/bin/antivenom review dist/* --fail-on suspicious
  .venv/bin/antivenom review {lookalike} --verbose
  .venv/bin/antivenom review NAME --format html -o review.html
  .venv/bin/antivenom rules; .venv/bin/antivenom explain RULE
"""


def show() -> int:
    """Run the demo; the look-alikes are meant to be found, so finding them is no failure."""
    print("Real packages, fetched by name through the index your pip is configured with:\n")
    named = main(["review", *REAL, "--fail-on", "never"])
    print("\nHarmless look-alikes of real attacks, made by demo/build.py:\n")
    paths = [os.fspath(path) for path in build(LOOKALIKES)]
    made = main(["review", *paths, "--fail-on", "never"])
    print(NEXT.format(lookalike=paths[1]))
    if named == 2:
        print("The index could not be asked; everything on this machine can be reviewed anyway.")
    # 3 is right here: one look-alike is sealed, and what cannot be read is not called clean.
    return 0 if made in (0, 3) else made


if __name__ == "__main__":
    sys.exit(show())
