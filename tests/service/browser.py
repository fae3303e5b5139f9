"""A real Chromium, driven over two pipes: no driver and no library between the test and it."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
_PATIENCE = 90.0
"""Seconds for anything at all: the machine may be busy."""
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)

_MOVE = """
import os, sys
read, write = (os.dup(int(number)) for number in sys.argv[1:3])
# Above 4 first, so that neither is closed by the other's move.
while read < 5: read = os.dup(read)
while write < 5: write = os.dup(write)
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One page."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read, self._rest = write, read, b""
        self._ids = itertools.count(1)
        self._session = ""
        self.console: list[str] = []
        """What the page wrote there, and what the browser refused it."""
        self.asked: list[str] = []
        """Addresses the page asked for."""
        self.dialogs = 0
        """How often a script of an upload managed to ask something."""

    def start(self) -> None:
        """Open an empty page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = found["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.size(1280, 900)

    def call(self, method: str, **params: Any) -> Any:
        """Ask the browser and return its answer."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            said = self._message()
            if said.get("id") == number:
                assert "error" not in said, said
                return said["result"]

    def open(self, url: str) -> None:
        """Go to an address and wait until it is there."""
        self.call("Page.navigate", url=url)
        self.wait("document.readyState == 'complete' && location.href != 'about:blank'")

    def run(self, script: str) -> Any:
        """Return the value of an expression on the page."""
        found = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true; the page may be another meanwhile."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            found = self.call("Runtime.evaluate", expression=condition, returnByValue=True)
            if found["result"].get("value"):
                return
            time.sleep(0.02)
        raise AssertionError(f"never true: {condition}; page says {self.text()[:500]}")

    def press(self, key: str, *, control: bool = False) -> None:
        """Press a key."""
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        codes = {"Enter": 13, "Escape": 27}
        code = codes.get(key, ord(key.upper()) if len(key) == 1 else 0)
        shared = {"key": key, "modifiers": 2 if control else 0, "windowsVirtualKeyCode": code}
        given = {"text": text} if text and not control else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **shared, **given)
        self.call("Input.dispatchKeyEvent", type="keyUp", **shared)

    def type(self, text: str) -> None:
        """Write where the cursor is."""
        self.call("Input.insertText", text=text)

    def text(self) -> str:
        """Return what a person reads."""
        return str(self.run("document.body.innerText"))

    def picture(self, place: Path, width: int = 1400, height: int = 900) -> None:
        """Keep a picture of what is on the screen."""
        self.size(width, height)
        found = self.call("Page.captureScreenshot", format="png")
        place.write_bytes(base64.b64decode(found["data"]))

    def size(self, width: int, height: int) -> None:
        """Make the window another size."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], _PATIENCE)
            assert ready, "the browser says nothing"
            some = os.read(self._read, 1 << 16)
            assert some, "the browser is gone"
            self._rest += some
        first, _, self._rest = self._rest.partition(b"\0")
        said: dict[str, Any] = json.loads(first)
        self._note(said)
        return said

    def _note(self, said: dict[str, Any]) -> None:
        method, params = said.get("method", ""), said.get("params", {})
        if method == "Log.entryAdded":
            self.console.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.console.append(params["exceptionDetails"]["text"])
        elif method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif method == "Page.javascriptDialogOpening":
            self.dialogs += 1


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start a Chromium of our own with nothing in it, and end it."""
    assert CHROMIUM is not None
    theirs_read, ours_write = os.pipe()
    ours_read, theirs_write = os.pipe()

    # The browser reads from 3 and writes to 4; a Python of its own moves them there and becomes it.
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", _MOVE, str(theirs_read), str(theirs_write)),
            *(CHROMIUM, *_QUIET, f"--user-data-dir={folder / 'profile'}", "about:blank"),
        ],
        pass_fds=(theirs_read, theirs_write),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_read)
    os.close(theirs_write)
    try:
        page = Browser(ours_write, ours_read)
        page.start()
        yield page
    finally:
        os.close(ours_write)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(ours_read)
