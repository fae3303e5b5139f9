"""What other code calls by itself once it was handed over: import hooks, handlers of messages.

A loader runs when something is imported, a handler when a message arrives; neither is called by
the package. Both run as soon as the package put them where they are asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.flow import protocols
from antivenom.analysis.flow.names import by_path
from antivenom.analysis.flow.objects import ClassRefValue, FunctionRef, Instance, Method
from antivenom.analysis.value import Value

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

_FINDS = ("find_spec", "find_module", "find_loader")
_LOADS = ("load_module", "create_module", "exec_module")
_TEXTS = ("get_source", "get_code", "get_data")
"""What of a loader is run as a program: the standard loaders ask for it."""
_HOOKS = frozenset(
    [
        *("sys.meta_path.insert", "sys.meta_path.append", "sys.meta_path.extend"),
        *("sys.path_hooks.insert", "sys.path_hooks.append"),
    ]
)
_SPECS = frozenset(
    [
        *("importlib.util.spec_from_loader", "importlib.util.spec_from_file_location"),
        *("importlib.machinery.ModuleSpec", "importlib._bootstrap.ModuleSpec"),
    ]
)
IMPORTERS = _HOOKS | _SPECS
_MOST_HANDLERS = 20
_LISTENS = frozenset(
    [
        *("run", "polling", "infinity_polling", "run_polling", "start_polling", "start"),
        *("run_until_disconnected", "connect", "connect_async", "loop_forever", "run_forever"),
    ]
)


def imports(m: Machine, path: str, site: Site) -> None:
    """Run an import hook of the package as the next import does."""
    names = (*_FINDS, *_LOADS) if path in _HOOKS else _LOADS
    for given in (*site.args, *site.named.values()):
        # A class serves as well as an object where its methods are class methods.
        own = isinstance(given.ref, ClassRefValue)
        value = Value(ref=Instance(given.ref)) if own else given
        if not isinstance(value.ref, Instance):
            continue
        for name in names:
            protocols.ask(m, value, name, [Value(), Value(), Value()])
        for name in _TEXTS:
            text = protocols.ask(m, value, name, [Value()])
            if text is not None and (text.known or text.taints or text.alts):
                _run(m, text, site)


def _run(m: Machine, text: Value, site: Site) -> None:
    from antivenom.analysis.flow.calls import call_value

    call_value(m, by_path(m, "builtins.exec"), [text], {}, site.line, site.end_line)


# ---------------------------------------------------------------- handlers


def registered(m: Machine, path: str, value: Value) -> None:
    """Remember a function that a library's object was told to call: ``@bot.event``."""
    if "()." not in path or not isinstance(value.ref, (FunctionRef, Method)):
        return
    kept = m.handlers.setdefault(path.partition(".")[0], [])
    if len(kept) < _MOST_HANDLERS:
        kept.append(value)


def listening(m: Machine, path: str, site: Site, host: tuple[str, str]) -> None:
    """Run the handlers of a connection: what arrives is what they are given."""
    handlers = [v for k, v in site.named.items() if k.startswith("on_")]
    if path.rpartition(".")[2] in _LISTENS or handlers:
        handlers += m.handlers.pop(path.partition(".")[0], [])
    own = [v for v in handlers if isinstance(v.ref, (FunctionRef, Method))]
    if not own:
        return
    from antivenom.analysis.flow.calls import call_value

    taint = m.effects.taint(m, "net.fetch", site.line, host=host[0], hostclass=host[1])
    for value in own:
        function = value.ref.function if isinstance(value.ref, FunctionRef) else None
        count = len(function.params) if function is not None else 4
        call_value(m, value, [Value(taints=(taint,))] * count, {}, site.line, site.end_line)


def configured(m: Machine, site: Site) -> None:
    """``logging.config.dictConfig``: the entry ``()`` names a factory, which is called."""
    from antivenom.analysis.flow.calls import call_value

    waiting = list(site.args[:1])
    for _ in range(200):
        if not waiting:
            return
        table = _entries(waiting.pop())
        factory = table.get("()")
        if factory is not None and (factory.path or isinstance(factory.const, str)):
            named = {str(k): v for k, v in table.items() if k != "()"}
            target = factory if factory.path else by_path(m, str(factory.const))
            call_value(m, target, [], named, site.line, site.end_line)
        waiting += [v for v in table.values() if v.table or isinstance(v.const, dict)]


def _entries(value: Value) -> dict[object, Value]:
    if value.table is not None:
        return dict(value.table)
    if isinstance(value.const, dict):
        return {k: Value(const=v) for k, v in value.const.items()}
    return {}
