"""Files of the artifact that its code opens: what they hold is a value like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.value import Value, text_of

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

OPENED = "builtins.open()"
_CODED = ("bundled-file",)


def open_file(m: Machine, site: Site) -> Value | None:
    """Reading a file that the artifact itself brings gives its text."""
    mode = _mode(site, 1)
    if not site.args or any(c in mode for c in "wax+"):
        return None
    data = m.package.bundled(text_of(site.args[0]))
    return _opened(m, "builtins.open", site, data, mode, (site.args[0],)) if data else None


def open_coded(m: Machine, site: Site) -> Value | None:
    """``codecs.open(path, encoding="rot13")``: what is read is decoded by name."""
    from antivenom.analysis import fold

    opened = open_file(m, site)
    given = site.args[2] if len(site.args) > 2 else site.named.get("encoding")
    if opened is None or opened.table is None or given is None or not given.known:
        return opened
    data = m.package.bundled(text_of(site.args[0])) or b""
    for content in (data, _text(data)):
        plain, decoder = fold.call("codecs.decode", [content, given.const], {})
        if isinstance(plain, (str, bytes)):
            coded = (decoder,) if decoder else ()
            opened.table["content"] = Value(const=plain, coded=coded)
            return opened
    return opened


def run_file(m: Machine, site: Site) -> Value | None:
    """``runpy.run_path``: a file of the artifact is run, whatever it is called."""
    from antivenom.analysis.flow import layers

    path = site.args[0] if site.args else site.named.get("path_name")
    data = m.package.bundled(text_of(path)) if path is not None else None
    if not data:
        return None
    _call(m, "runpy.run_path", site)
    layers.run_text(m, data, site.line, _CODED)
    return Value()


_MODULES = (".py", ".pyw", ".so", ".pyd", ".pyc")


def load_file(m: Machine, site: Site) -> None:
    """A file of the artifact that is loaded as a module although nobody would take it for one."""
    from antivenom.analysis.flow import layers

    path = site.first((1, "path", "location", "pathname"))
    name = text_of(path) if path is not None else ""
    data = m.package.bundled(name) if name and not name.endswith(_MODULES) else None
    if not data or b"\0" in data[:1000]:
        return
    fresh = m.effects.taint(m, "file.read", site.line, value=name)
    m.effects.flow(m, fresh, "code.run", site, value=name)
    layers.run_text(m, data, site.line, _CODED)


def open_path(m: Machine, site: Site) -> Value | None:
    """``Path(...).open()``."""
    mode = _mode(site, 0)
    if site.receiver is None or any(c in mode for c in "wax+"):
        return None
    data = m.package.bundled(text_of(site.receiver))
    made = (site.receiver,)
    return _opened(m, "pathlib.Path().open", site, data, mode, made) if data else None


def open_wave(m: Machine, site: Site) -> Value | None:
    """A sound file is a header and samples; only the samples are handed out."""
    data = m.package.bundled(text_of(site.args[0])) if site.args else None
    if not data:
        return None
    start = data.find(b"data", 12)
    samples = data[start + 8 :] if start > 0 else data
    seen = _call(m, "wave.open", site)
    return Value(path="wave.open()", taints=seen.taints, table={"content": Value(const=samples)})


def read(m: Machine, site: Site) -> Value | None:
    """Everything that an open file holds."""
    receiver = site.receiver
    if receiver is not None and receiver.table and "content" in receiver.table:
        content = receiver.table["content"]
        coded = (*content.coded, *_CODED)
        return Value(const=content.const, taints=receiver.taints, coded=coded)
    return None


def read_text(m: Machine, site: Site) -> Value | None:
    """``Path(...).read_text()``."""
    return _whole(m, "pathlib.Path().read_text", site, site.receiver, text=True)


def read_bytes(m: Machine, site: Site) -> Value | None:
    """``Path(...).read_bytes()``."""
    return _whole(m, "pathlib.Path().read_bytes", site, site.receiver, text=False)


def resource_text(m: Machine, site: Site) -> Value | None:
    """``importlib.resources.read_text(package, name)``."""
    named = site.args[1] if len(site.args) > 1 else site.named.get("resource")
    return _whole(m, "importlib.resources.read_text", site, named, text=True)


def resource_bytes(m: Machine, site: Site) -> Value | None:
    """``pkgutil.get_data(package, name)``."""
    named = site.args[1] if len(site.args) > 1 else site.named.get("resource")
    return _whole(m, "pkgutil.get_data", site, named, text=False)


def load_json(m: Machine, site: Site) -> Value | None:
    """``json.load`` of an opened file that is known."""
    from antivenom.analysis import decode

    opened = site.args[0] if site.args else None
    if opened is None or not opened.table or "content" not in opened.table:
        return None
    try:
        found = decode.json_loads(opened.table["content"].const)
    except decode.DecodeError:
        return None
    return Value(const=found, taints=opened.taints, coded=_CODED)


def _mode(site: Site, place: int) -> str:
    given = site.args[place] if len(site.args) > place else site.named.get("mode")
    return text_of(given) if given is not None else ""


def _call(m: Machine, name: str, site: Site) -> Value:
    """Record the reading itself as the table describes it."""
    row = m.frame.table.pick(name, site.lookup)
    return m.effects.call(m, row, name, site) if row is not None else Value()


def _opened(
    m: Machine, name: str, site: Site, data: bytes, mode: str, made: tuple[Value, ...]
) -> Value:
    seen = _call(m, name, site)
    content = Value(const=data if "b" in mode else _text(data))
    return Value(path=OPENED, taints=seen.taints, made=made, table={"content": content})


def _whole(m: Machine, name: str, site: Site, path: Value | None, *, text: bool) -> Value | None:
    data = m.package.bundled(text_of(path)) if path is not None else None
    if not data:
        return None
    seen = _call(m, name, site)
    return Value(const=_text(data) if text else data, taints=seen.taints, coded=_CODED)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
