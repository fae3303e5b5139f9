"""Host classes: the table, the forms an address can take, and what has no class."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl.contrib.purl2url import get_download_url, get_repo_url

from antivenom.analysis import hosts
from antivenom.analysis.hosts import classify


@pytest.mark.parametrize(
    ("text", "host", "hostclass"),
    [
        ("https://discord.com/api/webhooks/1/x", "discord.com", "webhook"),
        ("https://discord.com/api/v10/webhooks/1/x", "discord.com", "webhook"),
        ("https://discord.com/channels/1", "discord.com", "service"),
        ("https://canary.discord.com/api/webhooks/1/x", "canary.discord.com", "webhook"),
        ("https://api.telegram.org/bot1:AA/sendMessage", "api.telegram.org", "bot-api"),
        ("https://hooks.slack.com/services/T/B/x", "hooks.slack.com", "webhook"),
        ("abc.oast.fun", "abc.oast.fun", "oast"),
        ("x.y.burpcollaborator.net.", "x.y.burpcollaborator.net", "oast"),
        ("https://pastebin.com/raw/x", "pastebin.com", "paste"),
        ("https://a.ngrok-free.app", "a.ngrok-free.app", "tunnel"),
        ("https://u.github.io/x", "u.github.io", "free-hosting"),
        ("https://raw.githubusercontent.com/a/b/c", "raw.githubusercontent.com", "code-host"),
        ("https://cdn.discordapp.com/attachments/1", "cdn.discordapp.com", "chat-cdn"),
        ("me.duckdns.org:4444", "me.duckdns.org", "dyndns"),
        ("http://user:pw@HOST.Invalid:80/x", "host.invalid", "unknown"),
        ("https://bucket.s3.amazonaws.com/k", "bucket.s3.amazonaws.com", "unknown"),
        ("https://b.s3.eu-west-1.amazonaws.com/k", "b.s3.eu-west-1.amazonaws.com", "unknown"),
        ("https://sts.amazonaws.com/", "sts.amazonaws.com", "service"),
        ("https://x.execute-api.us-east-1.amazonaws.com/p", None, "free-hosting"),
        ("http://localhost:8000", "localhost", "local"),
        ("redis://cache:6379", "cache", "local"),
        ("http://host.docker.internal", "host.docker.internal", "local"),
        ("evil.example", "evil.example", "unknown"),
        ("a.webhook.example", "a.webhook.example", "webhook"),
        ("http://notdiscord.com/api/webhooks", "notdiscord.com", "unknown"),
        ("http://discord.com.evil.invalid/", "discord.com.evil.invalid", "unknown"),
    ],
)
def test_names(text: str, host: str | None, hostclass: str) -> None:
    found = classify(text)
    assert found[1] == hostclass
    assert host is None or found[0] == host


@pytest.mark.parametrize(
    ("text", "host", "hostclass"),
    [
        ("http://203.0.113.9/x", "203.0.113.9", "raw-ip"),
        ("198.51.100.7:4444", "198.51.100.7", "raw-ip"),
        ("http://3405803785/", "203.0.113.9", "raw-ip"),
        ("http://0xcb007109/", "203.0.113.9", "raw-ip"),
        ("http://0313.0.0161.011/", "203.0.113.9", "raw-ip"),
        ("http://203.0.28937/", "203.0.113.9", "raw-ip"),
        ("http://[2001:db8::1]:80/", "2001:db8::1", "raw-ip"),
        ("http://[::ffff:203.0.113.9]/", "203.0.113.9", "raw-ip"),
        ("http://127.1/", "127.0.0.1", "local"),
        ("10.1.2.3", "10.1.2.3", "local"),
        ("0.0.0.0", "0.0.0.0", "local"),
        ("[::1]", "::1", "local"),
        ("8.8.8.8", "8.8.8.8", "service"),
    ],
)
def test_addresses(text: str, host: str, hostclass: str) -> None:
    assert classify(text) == (host, hostclass)


@pytest.mark.parametrize("text", ["", "http://", "http://\ufffd/x", "\ufffd", "https://\ufffd:80"])
def test_no_host_has_no_class(text: str) -> None:
    assert classify(text) == ("", "")


def test_partly_known_names() -> None:
    assert classify("https://\ufffd.ngrok.io/x")[1] == "tunnel"
    assert classify("https://api.\ufffd/x")[1] == ""
    assert classify("https://\ufffd.evil.invalid/x")[1] == "unknown"


def test_questions_hosts_answer() -> None:
    assert hosts.tells_address("https://api.ipify.org?format=json")
    assert hosts.gives_credentials("http://169.254.169.254/latest/meta-data")
    assert hosts.gives_credentials("http://2852039166/latest")
    assert not hosts.gives_credentials("http://169.254.169.25.invalid/")


@given(st.text(max_size=300))
def test_never_raises(text: str) -> None:
    host, hostclass = classify(text)
    assert (host == "") <= (hostclass == "")
    hosts.tells_address(text)


def test_files_of_a_registry_are_releases_wherever_they_are_redirected_from() -> None:
    from packageurl.contrib.purl2url import get_download_url

    address = str(get_download_url("pkg:npm/demo@1.0.0"))  # type: ignore[no-untyped-call]
    host = hosts.split(address)[0]
    assert hosts.is_release(address)
    assert hosts.classify(address) == (host, "service")
    assert not hosts.is_release(f"https://{host}/demo")
    assert not hosts.is_release("https://registry.files.invalid/demo/-/demo-1.0.0.tgz")
    assert not hosts.is_release(address.replace(host, f"{host}.files.invalid"))


@pytest.mark.parametrize("purl", ["pkg:pypi/x@1", "pkg:npm/x@1", "pkg:cargo/x@1"])
def test_what_registries_say_is_a_service(purl: str) -> None:
    place = get_download_url(purl) or get_repo_url(purl)  # type: ignore[no-untyped-call]
    assert classify(str(place))[1] == "service"
    assert classify("https://pypi.demo.invalid/simple/")[1] == "unknown"
