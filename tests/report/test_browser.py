"""What a real browser does with the page: it shows it, runs nothing and asks for nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from antivenom.report import render
from tests.report.builders import HOSTILE, hostile, thief, typical

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--enable-logging=stderr",
    "--dump-dom",
)
ATTACKS = (
    "<script>document.title='owned'</script>",
    "</title></style><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=document.title='owned'>",
    "'><iframe srcdoc=\"<script>parent.document.title='owned'</script>\">",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine"),
]


def look(page: str, tmp_path: Path) -> tuple[str, str]:
    """Return the page after the browser ran what it would run, and its console."""
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    assert BROWSER is not None
    command = [BROWSER, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    return done.stdout, done.stderr


def test_hostile_text_runs_nothing(tmp_path: Path) -> None:
    reviews = [hostile(text) for text in (*ATTACKS, *HOSTILE)]
    page, console = look(render(reviews, "html"), tmp_path)
    assert f"<title>{len(reviews)} artifacts reviewed - Antivenom</title>" in page
    assert "<script" not in page
    assert "<iframe" not in page
    assert "<img" not in page
    assert "Content Security Policy" not in console


def test_the_policy_lets_the_style_in(tmp_path: Path) -> None:
    page, console = look(render([thief()], "html"), tmp_path)
    assert "colorterm-plus" in page
    assert "Content Security Policy" not in console


def test_the_policy_stops_what_escaping_would_miss(tmp_path: Path) -> None:
    """Break our own page on purpose: the second wall must hold alone."""
    page = render(typical(), "html")
    broken = page.replace("</main>", "".join(ATTACKS) + "</main>")
    shown, console = look(broken, tmp_path)
    assert "<title>5 artifacts reviewed - Antivenom</title>" in shown
    assert "Content Security Policy" in console
