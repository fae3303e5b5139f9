from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antivenom.analysis import secretpaths
from antivenom.analysis.secretpaths import classify, classify_write
from antivenom.model.vocabulary import BEHAVIORS

U = secretpaths.UNKNOWN_PIECE


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("~/.aws/credentials", ("secrets.file", "aws")),
        (f"{U}/.npmrc", ("secrets.file", "npmrc")),
        ("~/.pypirc", ("secrets.file", "pypirc")),
        (".env", ("secrets.file", "dotenv")),
        (f"{U}/.env.production", ("secrets.file", "dotenv")),
        ("/root/.kube/config", ("secrets.file", "kube")),
        ("~/.config/gcloud/credentials.db", ("secrets.file", "gcloud")),
        ("~/.docker/config.json", ("secrets.file", "docker")),
        ("~/.config/gh/hosts.yml", ("secrets.file", "gh")),
        ("/etc/passwd", ("secrets.file", "passwd")),
        ("../../../etc/passwd", ("secrets.file", "passwd")),
        ("/etc/shadow", ("secrets.file", "shadow")),
        (f"{U}/.ssh/id_rsa", ("secrets.key", "ssh")),
        (f"{U}.ssh/id_{U}", ("secrets.key", "ssh")),
        ("C:\\Users\\me\\.ssh", ("secrets.key", "ssh")),
        ("~/.gnupg/pubring.kbx", ("secrets.key", "gpg")),
        ("**/*.pem", ("secrets.key", "pem")),
        (f"{U}\\Google\\Chrome\\User Data\\Default\\Login Data", ("secrets.browser", "passwords")),
        (f"{U}/Network/Cookies", ("secrets.browser", "cookies")),
        (f"{U}/Local State", ("secrets.browser", "data")),
        ("~/.mozilla/firefox", ("secrets.browser", "profile")),
        (f"{U}/logins.json", ("secrets.browser", "passwords")),
        ("file:/tmp/Login Data?mode=ro", ("secrets.browser", "passwords")),
        ("%APPDATA%\\Exodus\\exodus.wallet", ("secrets.wallet", "app")),
        (f"{U}/wallet.dat", ("secrets.wallet", "core")),
        ("~/.config/solana/id.json", ("secrets.wallet", "chain-key")),
        (
            f"{U}/Local Extension Settings/nkbihfbeogaeaoehlefnkodbefgpgknn",
            ("secrets.wallet", "extension"),
        ),
        (
            f"{U}/Extensions/abcdefghijklmnopabcdefghijklmnop",
            ("secrets.browser", "extension"),
        ),
        (f"{U}\\discord\\Local Storage\\leveldb", ("secrets.app", "discord")),
        (f"{U}\\Telegram Desktop\\tdata", ("secrets.app", "telegram")),
        (f"{U}/.minecraft/launcher_accounts.json", ("secrets.app", "game")),
        ("~/Library/Keychains/login.keychain-db", ("secrets.store", "keychain")),
        ("**/*.kdbx", ("secrets.store", "manager")),
        ("http://169.254.169.254/latest/meta-data/", ("secrets.cloud", "metadata")),
        ("169.254.169.254", ("secrets.cloud", "metadata")),
        ("http://metadata.google.internal/computeMetadata/v1/", ("secrets.cloud", "metadata")),
        (f"/proc/{U}/mem", ("secrets.memory", "process")),
        ("/proc/self/environ", ("secrets.env", "process")),
        ("~/.bash_history", ("secrets.file", "history")),
    ],
)
def test_secrets(text: str, place: tuple[str, str]) -> None:
    assert classify(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cookies.py",
        "Cookies",
        "http/cookies",
        "src/cookies",
        "see the .env file for settings",
        ".env.example",
        ".env/lib/python3.12",
        f"{U}.env",
        "docs/environment.md",
        "certs/cacert.pem",
        "model.pth",
        "history",
        "https://host.example/.env",
        "https://host.example/.ssh/id_rsa",
        "http://169.254.169.254.example/",
        "tdata",
        "src/discord",
        "local_state.py",
        "etc/passwd_reader.py",
        "wallet.py",
        "ssh.py",
        "aws",
        "discord.py",
        "keystore",
        "a" * 100_000,
        "/" * 100_000,
        U * 5_000,
    ],
)
def test_ordinary(text: str) -> None:
    assert classify(text) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("~/.bashrc", ("persist.shell", "rc")),
        (f"{U}\\Start Menu\\Programs\\Startup\\x.bat", ("persist.autostart", "startup-folder")),
        ("~/Library/LaunchAgents/com.x.plist", ("persist.autostart", "launch-agent")),
        ("/etc/systemd/system/x.service", ("persist.autostart", "systemd")),
        ("/etc/cron.d/x", ("persist.autostart", "cron")),
        ("~/.ssh/authorized_keys", ("persist.access", "ssh")),
        ("site-packages/x.pth", ("persist.interpreter", "site")),
        (f"{U}/sitecustomize.py", ("persist.interpreter", "site")),
        ("/etc/ld.so.preload", ("persist.interpreter", "preload")),
        (".vscode/tasks.json", ("persist.agent", "editor")),
        ("~/.claude/settings.json", ("persist.agent", "agent")),
        ("CLAUDE.md", ("persist.agent", "agent")),
        (".cursorrules", ("persist.agent", "agent")),
        (".github/workflows/x.yml", ("supply.ci", "ci")),
        ("/usr/lib/python3/site-packages/y/z.py", ("tamper.package", "site-packages")),
        (f"{U}/discord_desktop_core/index.js", ("tamper.package", "application")),
        ("C:\\Windows\\System32\\drivers\\etc\\hosts", ("defense.disable", "hosts")),
    ],
)
def test_writes(text: str, place: tuple[str, str]) -> None:
    assert classify_write(text) == place


@pytest.mark.parametrize(
    "text",
    ["", "out.txt", "model.pth", f"{U}.pth", "profile", "hosts", "https://x.example/.bashrc"],
)
def test_ordinary_writes(text: str) -> None:
    assert classify_write(text) is None


def test_every_behavior_is_in_the_vocabulary() -> None:
    for pattern in (*secretpaths._patterns().read, *secretpaths._patterns().write):
        assert not pattern.behavior or pattern.behavior in BEHAVIORS


def test_every_pattern_matches_its_own_text() -> None:
    """A path as written in the table leads to a secret, if not always to its own class."""
    for table, find in ((0, classify), (1, classify_write)):
        patterns = (secretpaths._patterns().read, secretpaths._patterns().write)[table]
        for pattern in patterns:
            parts = [
                p if p in ("*", U) or pattern.literal else p.replace("*", "q")
                for p in pattern.parts
            ]
            text = ("/" if pattern.rooted else "") + "/".join(parts)
            if pattern.case:
                text = text[: -len(pattern.case)] + pattern.case
            if pattern.behavior:
                assert find(text) is not None, text


def test_needles_are_telling() -> None:
    words = secretpaths.needles()
    assert {"id_rsa", ".aws", "Login Data", "key4.db", "wallet.dat"} <= set(words)
    assert not {"config.json", "config", "default", "settings.json"} & set(words)


@given(st.text(alphabet=st.sampled_from("/\\.?*~abLogin Data\ufffd:%$"), max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    for find in (classify, classify_write):
        place = find(text)
        assert place is None or place[0] in BEHAVIORS
