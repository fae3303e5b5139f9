"""Functions whose meaning is not a table row: loading, running text, objects, promises."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from antivenom.analysis import decode, fold
from antivenom.analysis.dialects.javascript import (
    methods,
    modules,
    names,
    operations,
    programs,
    texts,
)
from antivenom.analysis.flow import layers
from antivenom.analysis.flow.callbacks import is_callable
from antivenom.analysis.flow.calls import call_value
from antivenom.analysis.flow.objects import ClassRefValue, Instance, Method, Partial
from antivenom.analysis.value import Taint, Value, join, merge_taints, taints_of, text_of
from antivenom.model.fact import Sighting
from antivenom.model.label import STRENGTH, Activation

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

Special = Callable[["Machine", "Site"], Value | None]
_GIVEN = 3
"""Parameters of a function handed to something unknown."""


def unknown(m: Machine, func: Value, site: Site) -> tuple[Taint, ...]:
    """Run the functions that something unknown is given; return what they bring back."""
    taints = func.taints
    if site.receiver is not None:
        taints = merge_taints(taints, site.receiver.taints)
    answers: list[Value] = []
    before = m.activation
    if func.path.rpartition(".")[2] in _COMMANDS and STRENGTH[before] > STRENGTH[Activation.RUN]:
        m.activation = Activation.RUN
    for value in site.args[:8]:
        if methods.is_function(value) and not isinstance(value.ref, ClassRefValue):
            given = [Value(taints=taints) for _ in range(_GIVEN)]
            answers.append(call_value(m, value, given, {}, site.line, site.end_line))
    m.activation = before
    return taints_of(answers)


_COMMANDS = frozenset(["action", "command", "task"])
"""Methods that libraries for command lines hand what a command does."""


# ---------------------------------------------------------------- text that runs


def _run(m: Machine, site: Site) -> Value | None:
    """``eval`` and its like: the row records it, the text becomes a layer of its own."""
    row = m.frame.table.pick("eval", site.lookup)
    if row is not None:
        m.effects.call(m, row, "eval", site)
    if not site.args:
        return Value()
    result = layers.run(m, site.args[0], site.line)
    return result or Value(taints=site.args[0].taints)


def _function(m: Machine, site: Site) -> Value | None:
    """``Function("a", "b", body)`` makes a text callable; the last argument is the text."""
    if not site.args:
        return Value()
    body = site.args[-1]
    if body.known and not str(body.const).strip():
        return Value()
    if body.known and str(body.const).strip() in _GLOBAL:
        return Value(ref=Partial(Value(path="globalThis.self"), [], {}))
    return Value(ref=Partial(Value(path="eval"), [body], {}), taints=body.taints)


_GLOBAL = frozenset(["return this", "return this;", "return this()", "return global"])


def _global(m: Machine, site: Site) -> Value | None:
    return Value(path="globalThis")


def _script(m: Machine, site: Site) -> Value | None:
    """``new vm.Script(text)``."""
    return Value(path="vm.Script()", made=tuple(site.args[:1]), taints=taints_of(site.args[:1]))


def _run_script(m: Machine, site: Site) -> Value | None:
    made = site.receiver.made if site.receiver is not None else ()
    if not made:
        return None
    site.args[:] = [made[0], *site.args]
    return _run(m, site)


def _later(m: Machine, site: Site) -> Value | None:
    """``setTimeout(f)`` runs a function, or a text."""
    first = site.args[0] if site.args else Value()
    if isinstance(first.const, str) and first.const.strip():
        return _run(m, site)
    if is_callable(first):
        call_value(m, first, list(site.args[2:]), {}, site.line, site.end_line)
    return Value()


# ---------------------------------------------------------------- objects


def _assign(m: Machine, site: Site) -> Value | None:
    """``Object.assign(target, a, b)``."""
    if not site.args:
        return None
    target = site.args[0]
    for source in site.args[1:]:
        entries = source.table
        if entries is None and isinstance(source.const, dict):
            entries = {k: Value(const=c) for k, c in source.const.items()}
        for key, value in list((entries or {}).items()):
            names.store(m, target, Value(const=key), value, site.line)
        target.taints = merge_taints(target.taints, source.taints)
    return target


def _define(m: Machine, site: Site) -> Value | None:
    """``Object.defineProperty(target, key, {value, get})``."""
    if len(site.args) < 3:
        return None
    target, key, described = site.args[:3]
    for name in ("value", "get", "set"):
        held = (described.table or {}).get(name)
        if held is None and isinstance(described.const, dict) and name in described.const:
            held = Value(const=described.const[name])
        if held is None:
            continue
        if name == "get" and is_callable(held):
            held = call_value(m, held, [], {}, site.line, site.end_line)
        if name != "set":
            names.store(m, target, key, held, site.line)
    return target


def _create(m: Machine, site: Site) -> Value | None:
    """``Object.create(prototype)``."""
    return Value(table={"__proto__": site.args[0]} if site.args else {})


def _members(m: Machine, site: Site) -> Value | None:
    """``Object.keys`` and its like of what is no constant."""
    source = site.args[0] if site.args else Value()
    if source.known or source.table is None:
        return Value(taints=source.taints) if source.path == "process.env" else None
    return Value(const=[str(k) for k in source.table if k != "__proto__"], taints=source.taints)


def _values(m: Machine, site: Site) -> Value | None:
    source = site.args[0] if site.args else Value()
    if source.table is None:
        return None
    return Value(items=list(source.table.values())[:500], taints=source.taints)


def _entries(m: Machine, site: Site) -> Value | None:
    source = site.args[0] if site.args else Value()
    if source.table is None:
        return None
    pairs = [Value(items=[Value(const=k), v]) for k, v in list(source.table.items())[:500]]
    return Value(items=pairs, taints=source.taints)


def _get(m: Machine, site: Site) -> Value | None:
    """``Reflect.get(target, key)``."""
    if len(site.args) < 2:
        return None
    return names.element(m, site.args[0], site.args[1], site.line)


def _apply(m: Machine, site: Site) -> Value | None:
    """``Reflect.apply(function, this, arguments)``."""
    if len(site.args) < 3:
        return None
    site.args, function = site.args[1:], site.args[0]
    return methods.of_function(m, function, "apply", site)


def _construct(m: Machine, site: Site) -> Value | None:
    if not site.args:
        return None
    given = methods.spread(site.args[1]) if len(site.args) > 1 else []
    return operations.make(m, site.args[0], given, site.line)


def _super(m: Machine, site: Site) -> Value | None:
    """``super(a)`` runs the parent's constructor on the same object."""
    this = m.frame.env.get("this")
    if this is None or not isinstance(this.ref, Instance):
        return Value()
    for base in this.ref.cls.bases:
        if isinstance(base.ref, ClassRefValue):
            init = base.ref.method("__init__")
            if init is not None:
                m.invoke(init, site.args, {}, this)
    return this


def _array_from(m: Machine, site: Site) -> Value | None:
    """``Array.from(list, f)`` of what is no constant."""
    if len(site.args) > 1 and is_callable(site.args[1]):
        source = site.args[0]
        made, _ = _pure_list(source)
        receiver = Value(const=made, taints=source.taints, coded=source.coded) if made else source
        site.args = site.args[1:]
        site.receiver = receiver
        return methods.method(m, Value(path="Array().map", base=receiver), site)
    source = site.args[0] if site.args else Value()
    return source if source.items is not None else None


def _prototype(m: Machine, site: Site) -> Value | None:
    """``Object.getPrototypeOf(f)``: what a function is made by makes functions of texts."""
    first = site.args[0] if site.args else Value()
    return first if methods.is_function(first) else None


def _pure_list(source: Value) -> tuple[list[object], bool]:
    from antivenom.analysis.dialects.javascript import pure

    held = (source.table or {}).get("length")
    size = held.const if held is not None else None
    size = source.const.get("length") if isinstance(source.const, dict) else size
    if isinstance(size, int) and 0 <= size <= methods.MOST_SPREAD:
        return [None] * size, True
    found, _ = pure.call("Array.from", [source.const], {}) if source.known else ([], "")
    return (found, True) if isinstance(found, list) else ([], False)


# ---------------------------------------------------------------- promises


def _resolved(m: Machine, site: Site) -> Value | None:
    """The value a promise is resolved with becomes the promise's."""
    made, value = site.receiver, site.args[0] if site.args else None
    if made is None or value is None:
        return Value()
    if _leads_to(value, made):
        made.taints = merge_taints(made.taints, value.taints)
        return Value()  # resolved with itself, on some way: a value is no part of itself
    before = replace(made)
    merged = join(before, value) if (made.known or made.path or made.taints) else value
    made.const, made.path, made.hint = merged.const, merged.path, merged.hint
    made.items, made.table, made.ref = merged.items, merged.table, merged.ref
    made.alts, made.made, made.coded = merged.alts, merged.made, merged.coded
    made.taints = merge_taints(made.taints, value.taints)
    return Value()


def _leads_to(value: Value, made: Value) -> bool:
    """Return whether one of the things a value may be is this one, or cannot be told."""
    waiting = [value]
    for _ in range(_MOST_OPTIONS):
        if not waiting:
            return False
        one = waiting.pop()
        if one is made:
            return True
        waiting += one.alts
    return True


_MOST_OPTIONS = 300


def _first(m: Machine, site: Site) -> Value | None:
    """What stands for its argument: ``Promise.resolve(x)``, ``util.promisify(f)``."""
    return site.args[0] if site.args else Value()


def _mapping(m: Machine, site: Site) -> Value | None:
    """``new Map()`` and ``new Set()``."""
    first = site.args[0] if site.args else Value()
    return Value(items=list(first.items or []), taints=first.taints, table=first.table)


# ---------------------------------------------------------------- files and ciphers


def _read_own(m: Machine, site: Site) -> Value | None:
    """Reading a file that the package itself brings gives its text."""
    if not site.args:
        return None
    data = m.package.bundled(text_of(site.args[0]))
    if not data:
        return None
    row = m.frame.table.pick("fs.readFileSync", site.lookup)
    seen = m.effects.call(m, row, "fs.readFileSync", site) if row is not None else Value()
    how = _option(site, 1, "encoding")
    const = texts.encoded(data, how) if how else data
    return Value(const=const, taints=seen.taints, coded=("bundled-file",))


def _option(site: Site, place: int, name: str) -> str:
    given = site.args[place] if len(site.args) > place else Value()
    if isinstance(given.const, str):
        return given.const
    if isinstance(given.const, dict):
        return str(given.const.get(name) or "")
    return text_of((given.table or {}).get(name) or Value())


def _decipher(m: Machine, site: Site) -> Value | None:
    taints = taints_of(site.args)
    return Value(path="crypto.createDecipheriv()", made=tuple(site.args[:3]), taints=taints)


_MODES = {"cbc": "CBC", "ecb": "ECB", "ctr": "CTR", "gcm": "GCM", "cfb": "CFB"}


def _decrypt(m: Machine, site: Site) -> Value | None:
    """``decipher.update(text, from, to)`` with key and text in the code."""
    made = site.receiver.made if site.receiver is not None else ()
    m.effects.emit(m, "data.decrypt", site.line)
    taints = merge_taints((m.effects.taint(m, "data.decrypt", site.line),), taints_of(site.args))
    if len(made) < 3 or not site.args or not all(v.known for v in (*made, *site.args)):
        return Value(taints=taints)
    name = str(made[0].const).lower()
    raw = [_raw(v.const) for v in (made[1], made[2])]
    how = site.args[1].const if len(site.args) > 1 else None
    data = _raw(site.args[0].const, str(how) if how else None)
    try:
        plain = decode.block_cipher("AES", raw[0], _MODES.get(name[-3:], ""), raw[1], data)
    except (decode.DecodeError, TypeError, ValueError):
        return Value(taints=taints)
    if name.endswith(("cbc", "ecb")) and plain and 0 < plain[-1] <= 16:
        plain = plain[: -plain[-1]]
    to = site.args[2].const if len(site.args) > 2 else None
    shown = texts.encoded(plain, str(to)) if to else plain
    coded = (*site.args[0].coded, f"aes-{name[-3:]}")
    return Value(const=shown, taints=taints, coded=coded)


def _raw(value: object, encoding: str | None = None) -> bytes:
    if isinstance(value, str):
        return bytes(texts.decoded(value, encoding))
    return bytes(value) if isinstance(value, (bytes, bytearray)) else b""


_HOOK_ID = re.compile(r"\d{16,20}")
_HOOK_KEY = re.compile(r"[\w-]{60,80}")


def _drop(m: Machine, site: Site) -> Value | None:
    """``new WebhookClient(id, key)``: the two parts of an address that anybody may write to."""
    described = site.args[0].const if site.args and isinstance(site.args[0].const, dict) else {}
    parts = [v.const for v in site.args[:2]]
    if described:
        parts = [described.get("id"), described.get("token")]
    if len(parts) == 2 and all(isinstance(part, str) for part in parts):
        number, key = map(str, parts)
        if _HOOK_ID.fullmatch(number) and _HOOK_KEY.fullmatch(key):
            m.effects.sighting(
                m,
                Sighting(
                    id="text.secret-literal", kind="text", value=f"{number}/{key}"[:200],
                    args=("name=discord-webhook",),
                ),
                site.line,
            )  # fmt: skip
            return Value(
                path="messenger.Client()", hint=f"https://discord.com/api/webhooks/{number}/"
            )
    return None


def _nothing(m: Machine, site: Site) -> Value | None:
    return Value(const="")


def _url(m: Machine, site: Site) -> Value | None:
    """``new URL(address)`` is its address."""
    first = site.args[0] if site.args else Value()
    if not first.known and not first.hint:
        return None
    return Value(const=first.const, hint=first.hint, taints=first.taints, coded=first.coded)


def _joined_path(m: Machine, site: Site) -> Value | None:
    """``path.join`` of what is partly known."""
    if all(v.known for v in site.args) or fold.bulk(*(v.const for v in site.args)) > 1 << 16:
        return None
    from antivenom.analysis.flow.expressions import shorten
    from antivenom.analysis.value import HOLE

    parts = [text_of(v) or HOLE for v in site.args]
    taints = taints_of(site.args)
    hint = shorten("/".join(parts))
    return Value(hint=hint, taints=taints) if hint.strip("/" + HOLE) else Value(taints=taints)


def _bound_method(m: Machine, site: Site) -> Value | None:
    return site.receiver if site.receiver is not None else None


SPECIALS: dict[str, Special] = {
    **programs.PROGRAMS,
    "require": modules.require,
    "module.require": modules.require,
    "process.mainModule.require": modules.require,
    "require.main.require": modules.require,
    "import": modules.require,
    "importScripts": modules.require,
    "module.createRequire": lambda m, site: Value(path="require"),
    "eval": _run,
    "execScript": _run,
    "vm.runInThisContext": _run,
    "vm.runInNewContext": _run,
    "vm.runInContext": _run,
    "vm.compileFunction": _function,
    "vm.Script": _script,
    "vm.Script().runInThisContext": _run_script,
    "vm.Script().runInNewContext": _run_script,
    "vm.Script().runInContext": _run_script,
    "Function": _function,
    "globalThis.self": _global,
    "setTimeout": _later,
    "setInterval": _later,
    "setImmediate": _later,
    "queueMicrotask": _later,
    "process.nextTick": _later,
    "Object.assign": _assign,
    "Object.defineProperty": _define,
    "Object.create": _create,
    "Object.getPrototypeOf": _prototype,
    "Reflect.getPrototypeOf": _prototype,
    "Object.keys": _members,
    "Object.getOwnPropertyNames": _members,
    "Reflect.ownKeys": _members,
    "Object.values": _values,
    "Object.entries": _entries,
    "Reflect.get": _get,
    "Reflect.apply": _apply,
    "Reflect.construct": _construct,
    "super": _super,
    "Array.from": _array_from,
    "Promise().resolve": _resolved,
    "Promise.resolve": _first,
    "Promise.all": _first,
    "Promise.allSettled": _first,
    "Promise.race": _first,
    "Promise.any": _first,
    "util.promisify": _first,
    "util.callbackify": _first,
    "Object": _first,
    "Object.freeze": _first,
    "Object.seal": _first,
    "structuredClone": _first,
    "Map": _mapping,
    "Set": _mapping,
    "fs.readFileSync": _read_own,
    "fs.promises.readFile": _read_own,
    "crypto.createDecipheriv": _decipher,
    "crypto.createDecipheriv().update": _decrypt,
    "crypto.createDecipheriv().final": _nothing,
    "discord.js.WebhookClient": _drop,
    "URL": _url,
    "url.fileURLToPath": _first,
    "path.join": _joined_path,
    "path.resolve": _joined_path,
}
for _setting in ("setAutoPadding", "setAuthTag", "setEncoding"):
    SPECIALS[f"crypto.createDecipheriv().{_setting}"] = _bound_method

__all__ = ["SPECIALS", "Method", "unknown"]
