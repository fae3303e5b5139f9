"""HTML that cannot be broken out of: what is not markup of ours is text, and text is escaped."""

from __future__ import annotations

import html

from antivenom.report.escape import defang, visible

TEXT_LIMIT = 4_000


class Markup(str):
    """HTML made by `tag`; every other string is hostile text."""

    __slots__ = ()


Child = str | Markup | None


def text(value: str, limit: int = TEXT_LIMIT, *, lines: bool = False) -> Markup:
    """Return hostile text as HTML: visible, without live links, escaped."""
    return Markup(html.escape(defang(visible(value, limit, lines=lines)), quote=True))


def tag(name: str, *children: Child, **attributes: str | bool | None) -> Markup:
    """Return an element. A trailing underscore of an attribute's name is dropped (``class_``)."""
    inside = "".join(c if isinstance(c, Markup) else text(c) for c in children if c is not None)
    return Markup(f"<{name}{_attributes(attributes)}>{inside}</{name}>")


def join(*children: Child) -> Markup:
    """Return the children side by side."""
    return Markup("".join(c if isinstance(c, Markup) else text(c) for c in children if c))


def _attributes(attributes: dict[str, str | bool | None]) -> str:
    parts: list[str] = []
    for name, value in attributes.items():
        spelled = name.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(f" {spelled}")
        elif value:
            parts.append(f' {spelled}="{html.escape(visible(value), quote=True)}"')
    return "".join(parts)
