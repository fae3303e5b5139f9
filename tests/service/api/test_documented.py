"""The page about the API names every route, scope, event and setting it speaks of."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from antivenom.service import webhooks
from antivenom.service.access.principal import SCOPES
from antivenom.service.settings import Settings
from tests.service.site import Site

DOCS = Path(__file__).parents[3] / "docs"


def test_every_route_is_documented(here: Site) -> None:
    text = (DOCS / "api.md").read_text("utf-8")
    paths = here.client.get("/api/openapi.json").json()["paths"]
    for path, item in paths.items():
        said = " ".join(line for line in text.splitlines() if f" {path}`" in line)
        for method in item:
            assert f"{method.upper()} {path}" in said or f"`{method.upper()}` and" in said, path


def test_every_route_that_is_documented_is_there(here: Site) -> None:
    paths = here.client.get("/api/openapi.json").json()["paths"]
    text = (DOCS / "api.md").read_text("utf-8")
    named = re.findall(r"^\| `[^|]*? (/[^ `?]+)`", text, flags=re.MULTILINE)
    assert len(named) > 40
    assert set(named) <= set(paths)


def test_every_scope_and_event_is_explained() -> None:
    text = (DOCS / "api.md").read_text("utf-8")
    for name in (*SCOPES, *webhooks.EVENTS):
        assert f"| `{name}` |" in text, name


def test_every_setting_is_documented() -> None:
    text = (DOCS / "service.md").read_text("utf-8").partition("## Settings")[2]
    named = re.findall(r"^\| `([a-z-]+)` \| `([^`]+)` \| \S", text, flags=re.MULTILINE)
    fields = msgspec.structs.fields(Settings)
    assert [name for name, _ in named] == [field.encode_name for field in fields]
    defaults = {name: value for name, value in named if value.isdigit() or value[0] == '"'}
    plain = Settings()
    for field in fields:
        value = getattr(plain, field.name)
        if field.encode_name in defaults:
            said = f'"{value}"' if isinstance(value, str) else f"{value:g}"
            assert defaults[field.encode_name] in (said, str(value)), field.name


def test_settings_that_are_named_exist() -> None:
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    for page in ("api.md", "service.md"):
        text = (DOCS / page).read_text("utf-8")
        named = re.findall(
            r"(?<![\w/-])((?:oidc|observations|open|webhooks?|session)-[a-z-]+)", text
        )
        assert set(named) <= known | {"webhook-id", "webhook-timestamp", "webhook-signature"}, page
