"""Functions whose meaning is not a table row: look-ups by name, imports, running text."""

from __future__ import annotations

from collections.abc import Callable

from antivenom.analysis import decode
from antivenom.analysis.flow import (
    builders,
    bundled,
    handovers,
    layers,
    lookups,
    streams,
    tables,
    written,
)
from antivenom.analysis.flow.expressions import attribute, by_path
from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.flow.objects import (
    ClassRefValue,
    Getter,
    Instance,
    ModuleRef,
    Namespace,
    Partial,
)
from antivenom.analysis.flow.site import Site
from antivenom.analysis.flow.statements import elements
from antivenom.analysis.value import UNKNOWN, Value, join, merge_taints, taints_of, text_of

Special = Callable[[Machine, Site], Value | None]
"""Returns the result, or None to go on as with any other name."""


def _getattr(m: Machine, site: Site) -> Value | None:
    if len(site.args) < 2:
        return None
    base, key = site.args[0], site.args[1]
    if key.known and isinstance(key.const, str):
        found = attribute(m, base, key.const)
        if key.coded and (found.path or base.path):
            m.effects.emit(m, "data.assemble", site.line, value=found.path or key.const)
        if len(site.args) > 2 and not found.path and found.ref is None and not found.known:
            return join(found, site.args[2])
        return found
    if base.path or isinstance(base.ref, ModuleRef):
        computed = Value(path=f"{base.path}.*" if base.path else "", taints=key.taints)
        if base.path in {"builtins", "os", "subprocess", "sys", "importlib"}:
            m.effects.emit(m, "code.import", site.line, value=f"{base.path}.?", certainty="low")
        return computed
    return Value(taints=merge_taints(base.taints, key.taints))


def _import(m: Machine, site: Site) -> Value | None:
    if not site.args:
        return None
    key = site.args[0]
    if not key.known or not isinstance(key.const, str):
        options = [a for a in key.alts if isinstance(a.const, str)]
        if options:
            result: Value | None = None
            for option in options:
                found = _module(m, option.const)
                result = join(result, found) if result is not None else found
            return result
        return None
    if key.coded:
        m.effects.emit(m, "data.assemble", site.line, value=key.const)
    written.imported(m, key.const, site.line)
    return _module(m, key.const)


def _import_plain(m: Machine, site: Site) -> Value | None:
    """``__import__("a.b")`` returns ``a``; ``fromlist`` makes it ``a.b``."""
    found = _import(m, site)
    key = site.args[0] if site.args else None
    if found is not None and key is not None and key.known and "." in str(key.const):
        if len(site.args) < 4 and "fromlist" not in site.named:
            return _module(m, str(key.const).partition(".")[0])
    return found


def _module(m: Machine, path: str) -> Value:
    ref = m.load(path.lstrip("."), m.frame.home.source)
    return Value(ref=ref) if ref is not None else Value(path=path)


def _globals(m: Machine, site: Site) -> Value:
    return Value(ref=Namespace(m.frame.home.env))


def _vars(m: Machine, site: Site) -> Value:
    if not site.args:
        return Value(ref=Namespace(m.frame.env))
    base = site.args[0]
    if isinstance(base.ref, ModuleRef):
        return Value(ref=Namespace(base.ref.env))
    return Value(ref=Namespace(None, base.path)) if base.path else Value(taints=base.taints)


def _namespace_get(m: Machine, site: Site) -> Value | None:
    base = site.receiver
    ref = base.ref if base is not None else None
    if isinstance(ref, Namespace) and site.args and site.args[0].known:
        from antivenom.analysis.flow.expressions import element

        holder = Value(ref=ref)
        return element(m, holder, site.args[0], site.line)
    return None


def _setattr(m: Machine, site: Site) -> Value | None:
    if len(site.args) == 3 and site.args[1].known:
        base, key, value = site.args
        if isinstance(base.ref, Instance):
            base.ref.attrs[str(key.const)] = value
        elif isinstance(base.ref, (ModuleRef, ClassRefValue)):
            base.ref.env.set(str(key.const), value)
        elif base.path:
            m.effects.hook(m, base.path, str(key.const), value, site.line)
        return Value(const=None)
    return None


def _run_text(m: Machine, site: Site) -> Value | None:
    """``exec`` and ``eval``: the row records it, the text becomes a layer of its own."""
    row = m.frame.table.pick("builtins.exec", site.lookup)
    table = tables.evaluated(site.args[0]) if site.args else None
    if table is not None:
        m.step(len(site.args[0].const) >> 3)
        return table
    if row is not None:
        m.effects.call(m, row, "builtins.exec", site)
    if not site.args:
        return Value()
    result = layers.run(m, site.args[0], site.line)
    return result or Value(taints=site.args[0].taints)


def _compile(m: Machine, site: Site) -> Value | None:
    if not site.args:
        return None
    first = site.args[0]
    return Value(
        const=first.const,
        taints=first.taints,
        coded=first.coded,
        ref=first.ref,
        hint=first.hint,
        alts=first.alts,
    )


def _function_type(m: Machine, site: Site) -> Value | None:
    """``types.FunctionType(code, globals)`` makes code callable: calling it runs the code."""
    if not site.args:
        return None
    return Value(ref=Partial(Value(path="builtins.exec"), [site.args[0]], {}))


def _partial(m: Machine, site: Site) -> Value | None:
    if not site.args:
        return None
    return Value(ref=Partial(site.args[0], site.args[1:], dict(site.named)))


def _same(m: Machine, site: Site) -> Value | None:
    """``staticmethod(f)`` outside a class body is for whoever looks f up there."""
    first = site.args[0] if site.args else None
    return first if first is not None and first.ref is not None else None


def _attrgetter(m: Machine, site: Site) -> Value | None:
    key = site.args[0] if site.args else Value()
    return Value(ref=Getter(str(key.const), False)) if key.known else None


def _methodcaller(m: Machine, site: Site) -> Value | None:
    key = site.args[0] if site.args else Value()
    return Value(ref=Getter(str(key.const), True, site.args[1:])) if key.known else None


def _map(m: Machine, site: Site) -> Value | None:
    """``map(f, xs)`` and ``filter(f, xs)``, element by element where the elements are known."""
    from antivenom.analysis.flow.calls import call_value

    if len(site.args) != 2:
        return None
    function, source = site.args
    parts = elements(source)
    if parts is None or len(parts) > 100_000:
        got = call_value(m, function, [Value(taints=source.taints)], {}, site.line, site.end_line)
        return Value(taints=merge_taints(source.taints, got.taints))
    out: list[Value] = []
    for part in parts:
        if m.coarse:
            return Value(taints=source.taints)
        out.append(call_value(m, function, [part], {}, site.line, site.end_line))
    if all(v.known for v in out):
        coded = next((v.coded for v in out[:1]), ())
        return Value(const=[v.const for v in out], taints=source.taints, coded=coded)
    return Value(items=out[:500], taints=taints_of(out[:500]))


def _filter(m: Machine, site: Site) -> Value | None:
    mapped = _map(m, site)
    source = site.args[1] if len(site.args) == 2 else Value()
    return Value(taints=merge_taints(source.taints, mapped.taints if mapped else ()))


def _super(m: Machine, site: Site) -> Value:
    receiver = m.frame.receiver
    if receiver is not None and isinstance(receiver.ref, Instance):
        bases = receiver.ref.cls.bases
        owned = next((b for b in bases if isinstance(b.ref, ClassRefValue)), None)
        if owned is not None:
            proxy = Instance(owned.ref, receiver.ref.attrs)
            return Value(ref=proxy)
        external = receiver.ref.cls.external()
        return Value(path=f"{external[0]}()" if external else "", base=receiver)
    return Value()


def _type(m: Machine, site: Site) -> Value | None:
    """``type("X", (), {...})`` makes a class from a mapping of functions."""
    if len(site.args) == 1 and isinstance(site.args[0].ref, Instance):
        return Value(ref=site.args[0].ref.cls)
    return Value(taints=taints_of(site.args))


def _dict(m: Machine, site: Site) -> Value | None:
    """``dict(install=Custom)``: a mapping of what is no constant."""
    given = [*site.args[:1], *site.named.values()]
    if not site.named or "**" in site.named or all(v.known for v in given):
        return None
    table = dict(site.args[0].table or {}) if site.args else {}
    return Value(table={**table, **site.named}, taints=taints_of(given))


def _fernet(m: Machine, site: Site) -> Value | None:
    key = site.receiver.made[0] if site.receiver is not None and site.receiver.made else Value()
    token = site.args[0] if site.args else Value()
    return _decrypted(m, site, "fernet", key, token, lambda: decode.fernet(key.const, token.const))


def _aes(m: Machine, site: Site) -> Value | None:
    made = site.receiver.made if site.receiver is not None else ()
    if len(made) < 2 or not site.args:
        return None
    key, mode = made[0], made[1]
    nonce = made[2] if len(made) > 2 else Value(const=None)
    name = mode.path.rpartition("_")[2] or "CBC"
    token = site.args[0]
    return _decrypted(
        m,
        site,
        f"aes-{name.lower()}",
        key,
        token,
        lambda: decode.block_cipher("AES", key.const, name, nonce.const, token.const),
    )


def _decrypted(
    m: Machine, site: Site, name: str, key: Value, token: Value, how: Callable[[], bytes]
) -> Value | None:
    m.effects.emit(m, "data.decrypt", site.line, args=(f"encoding={name}",))
    fresh = m.effects.taint(m, "data.decrypt", site.line)
    # A key that was fetched decides what runs as much as a text that was.
    arriving = (*token.taints, *(t for t in key.taints if t.via[0].startswith("net.")))
    taints = merge_taints((fresh,), tuple(t.through("data.decrypt") for t in arriving))
    if not (key.known and token.known):
        return Value(taints=taints)
    try:
        plain = how()
    except decode.DecodeError:
        return Value(taints=taints)
    return Value(const=plain, taints=taints, coded=(*token.coded, name)[:8])


def _marshal(m: Machine, site: Site) -> Value | None:
    from antivenom.analysis.flow.bytecode import code_value

    return code_value(m, site)


def _pickle(m: Machine, site: Site) -> Value | None:
    from antivenom.analysis.flow.bytecode import pickle_value

    return pickle_value(m, site)


def _pickle_file(m: Machine, site: Site) -> Value | None:
    """``pickle.load`` of a file that the package brings."""
    opened = site.args[0] if site.args else Value()
    if not opened.table or "content" not in opened.table:
        return None
    content = opened.table["content"]
    inner = Value(const=content.const, taints=opened.taints, coded=content.coded)
    row = m.frame.table.pick("pickle.loads", site.lookup)
    if row is not None:
        m.effects.call(m, row, "pickle.load", site)
    return _pickle(m, Site(site.line, site.end_line, [inner], {}, None))


def _bytes_io(m: Machine, site: Site) -> Value | None:
    if site.args and site.args[0].known:
        return Value(
            path="builtins.open()", table={"content": site.args[0]}, taints=site.args[0].taints
        )
    return None


def _chdir(m: Machine, site: Site) -> Value | None:
    if site.args:
        written.enter(m, site.args[0])
    return None


def _mkstemp(m: Machine, site: Site) -> Value | None:
    """An open file and its path: what is written to the one is in the other."""
    suffix = site.named.get("suffix") or (site.args[0] if site.args else Value())
    path = Value(hint=f"/tmp/mkstemp-{site.line}{text_of(suffix)}")  # noqa: S108 - a name, no file
    return Value(items=[Value(path="builtins.open()", made=(path,)), path])


def _fdopen(m: Machine, site: Site) -> Value | None:
    opened = site.args[0] if site.args else None
    return opened if opened is not None and opened.path == "builtins.open()" else None


def _getattribute(m: Machine, site: Site) -> Value | None:
    if site.receiver is not None and site.args:
        inner = Site(site.line, site.end_line, [site.receiver, *site.args], {}, None)
        return _getattr(m, inner)
    return None


def _search(m: Machine, site: Site) -> Value | None:
    for value in site.args[-1:]:
        written.searched(m, value)
    return None


def _communicate(m: Machine, site: Site) -> Value | None:
    streams.communicate(m, site)
    return None


def _configure(m: Machine, site: Site) -> Value | None:
    handovers.configured(m, site)
    return None


def _reduce(m: Machine, site: Site) -> Value | None:
    from antivenom.analysis.flow.calls import call_value

    if len(site.args) < 2:
        return None
    parts = elements(site.args[1])
    if parts is None or not parts or len(parts) > 100_000:
        return Value(taints=taints_of(site.args))
    result = site.args[2] if len(site.args) > 2 else parts[0]
    for part in parts if len(site.args) > 2 else parts[1:]:
        if m.coarse:
            return Value(taints=taints_of(site.args))
        result = call_value(m, site.args[0], [result, part], {}, site.line, site.end_line)
    return result


def _unpad(m: Machine, site: Site) -> Value | None:
    """PKCS7 padding taken off a decrypted text."""
    first = site.args[0] if site.args else Value()
    if first.known and isinstance(first.const, bytes) and first.const:
        count = first.const[-1]
        if 0 < count <= 16:
            return Value(const=first.const[:-count], taints=first.taints, coded=first.coded)
    return None


SPECIALS: dict[str, Special] = {
    "builtins.getattr": _getattr,
    "builtins.__import__": _import_plain,
    "importlib.import_module": _import,
    "importlib.__import__": _import_plain,
    "builtins.globals": _globals,
    "builtins.locals": _vars,
    "builtins.vars": _vars,
    "builtins.setattr": _setattr,
    "builtins.exec": _run_text,
    "builtins.eval": _run_text,
    "builtins.compile": _compile,
    "builtins.dict": _dict,
    "builtins.dir": lookups.names,
    "builtins.next": lookups.first,
    "namespace.items": lookups.items,
    "namespace.values": lookups.values,
    "namespace.keys": lookups.names,
    "builtins.__dict__.items": lookups.items,
    "builtins.__dict__.values": lookups.values,
    "builtins.__dict__.keys": lookups.names,
    "builtins.staticmethod": _same,
    "builtins.classmethod": _same,
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.super": _super,
    "builtins.type": _type,
    "builtins.open": bundled.open_file,
    "io.open": bundled.open_file,
    "codecs.open": bundled.open_coded,
    "runpy.run_path": bundled.run_file,
    "builtins.open().read": bundled.read,
    "pathlib.Path().open": bundled.open_path,
    "pathlib.Path().read_text": bundled.read_text,
    "pathlib.Path().read_bytes": bundled.read_bytes,
    "pkgutil.get_data": bundled.resource_bytes,
    "importlib.resources.read_text": bundled.resource_text,
    "importlib.resources.read_binary": bundled.resource_bytes,
    "json.load": bundled.load_json,
    "wave.open": bundled.open_wave,
    "wave.open().readframes": bundled.read,
    "io.BytesIO": _bytes_io,
    "io.StringIO": _bytes_io,
    "os.chdir": _chdir,
    "sys.path.insert": _search,
    "sys.path.append": _search,
    "tempfile.mkstemp": _mkstemp,
    "subprocess.Popen().communicate": _communicate,
    "subprocess.Popen().stdin.write": _communicate,
    "asyncio.open_connection": streams.connection,
    "logging.config.dictConfig": _configure,
    "os.fdopen": _fdopen,
    "types.FunctionType": _function_type,
    "types.LambdaType": _function_type,
    "functools.partial": _partial,
    "functools.reduce": _reduce,
    "builtins.reduce": _reduce,
    "operator.attrgetter": _attrgetter,
    "operator.methodcaller": _methodcaller,
    "namespace.get": _namespace_get,
    "namespace.__getitem__": _namespace_get,
    "cryptography.fernet.Fernet().decrypt": _fernet,
    "fernet.Fernet().decrypt": _fernet,
    "Crypto.Cipher.AES.new().decrypt": _aes,
    "Cryptodome.Cipher.AES.new().decrypt": _aes,
    "Crypto.Util.Padding.unpad": _unpad,
    "Cryptodome.Util.Padding.unpad": _unpad,
    "marshal.loads": _marshal,
    "pickle.loads": _pickle,
    "cPickle.loads": _pickle,
    "_pickle.loads": _pickle,
    "pickle.load": _pickle_file,
    "_pickle.load": _pickle_file,
    "importlib.machinery.SourceFileLoader": bundled.load_file,
    "importlib.util.spec_from_file_location": bundled.load_file,
    "imp.load_source": bundled.load_file,
    "std::process::Command::new": builders.command,
    "std::process::Command().arg": builders.argument,
    "std::process::Command().args": builders.argument,
}
for _setting in ("stdin", "stdout", "stderr", "current_dir", "env", "envs", "env_clear"):
    SPECIALS[f"std::process::Command().{_setting}"] = builders.same
for _module_path in ("os", "builtins", "subprocess", "sys", "importlib", "socket", "shutil"):
    SPECIALS[f"{_module_path}.__getattribute__"] = _getattribute

__all__ = ["SPECIALS", "UNKNOWN", "by_path"]
