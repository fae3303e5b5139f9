"""Pictures of the console for the guide: `antivenom serve --demo`, an account, then this.

python -m demo.pictures http://127.0.0.1:8470 NAME PASSWORD docs/images
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.service.browser import Browser, browser

SHOTS = (
    ("queue", "/", 1280, 860),
    ("case", "/cases/{case}", 1280, 860),
    ("overview", "/overview", 1280, 900),
)


def main(base: str, name: str, password: str, folder: str) -> None:
    """Sign in and keep a picture of each page."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as room, browser(Path(room)) as page:
        _sign_in(page, base, name, password)
        page.open(f"{base}/?text=quickforms")
        case = page.run("document.querySelector('[data-entry]')?.dataset.entry") or "1"
        page.run("sessionStorage.clear()")
        for shot, path, width, height in SHOTS:
            page.size(width, height)
            page.open(base + path.format(case=case))
            page.wait("document.documentElement.classList.contains('js')")
            page.picture(place / f"{shot}.png", width, height)


def _sign_in(page: Browser, base: str, name: str, password: str) -> None:
    page.open(f"{base}/sign-in")
    for field, text in (("name", name), ("password", password)):
        page.run(f"document.querySelector('form.door [name={field}]').focus()")
        page.type(text)
    page.press("Enter")
    page.wait("document.querySelector('.who') !== null")


if __name__ == "__main__":
    main(*sys.argv[1:5])
