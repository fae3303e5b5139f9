"""What a call or an access of a known name means: facts, taints, flows, and the result's value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from antivenom.analysis import environment, hosts, secretpaths
from antivenom.analysis.api.row import ABSENT, Place, Row
from antivenom.analysis.factlog import MAX_VALUE
from antivenom.analysis.flow import handovers, layers, pictures, places, streams, telling, written
from antivenom.analysis.flow.facts import Facts
from antivenom.analysis.flow.objects import FunctionRef
from antivenom.analysis.flow.site import Site
from antivenom.analysis.value import HOLE, Taint, Value, merge_taints, taints_of, text_of

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine

_ENVIRON = ("os.environ", "os.environb", "posix.environ", "nt.environ", "process.env")
_VARIABLE = ("os.environ.", "os.environb", "os.getenv", "std::env::var", "java.lang.System.getenv")
_HOOKED = {
    "sys.excepthook": "tamper.runtime",
    "sys.meta_path": "tamper.runtime",
    "sys.path_hooks": "tamper.runtime",
}
_WIRES = (
    *("http.client.HTTPConnection.", "http.client.HTTPSConnection.", "urllib.request."),
    *("requests.Session.", "requests.sessions.Session.", "requests.api.", "requests.adapters."),
    *("httpx.Client.", "httpx.AsyncClient.", "aiohttp.ClientSession.", "urllib3."),
    *("socket.socket.", "ssl.SSLSocket.", "asyncio.StreamWriter."),
)
"""What everybody's messages pass through."""
_QUIET = frozenset(["file.read", "file.write", "host.search", "code.import"])
"""Behaviors so ordinary that a fact is kept only with a value or a flow."""


_BUILDERS = ("setuptools.", "distutils.", "wheel.", "build.", "hatchling.", "flit_core.")
_STEPS = frozenset(["run", "finalize_options", "initialize_options", "run_command", "execute"])
_FORGETFUL = frozenset(
    ["subprocess.Popen", "os.startfile", "os.spawnl", "os.spawnv", "os.posix_spawn"]
)
"""Calls that start a program and go on."""
_OPENED = frozenset(["builtins.open()", "zipfile.ZipFile()", "fs.createWriteStream()"])


def _named(row: Row, site: Site) -> str:
    """Return the path of the file that a call writes, for flows with nothing else to show."""
    value = site.first(row.writes) if row.writes else None
    return text_of(_file_of(value)) if value is not None else ""


def _is_temporary(path: str) -> bool:
    """Whether a file lies where nobody's settings do."""
    return path.startswith("/tmp/")  # noqa: S108  a path of the upload, not ours


def _file_of(value: Value) -> Value:
    """Return the path of an open file, or the value itself."""
    return value.made[0] if value.path in _OPENED and value.made else value


class Effects(Facts):
    """The meaning of known names in one artifact."""

    # ------------------------------------------------------------------ access

    def access(self, m: Machine, value: Value, line: int) -> Value:
        """A name that means something by being read: ``os.environ``, ``sys.argv``."""
        row = m.frame.table.pick(value.path, lambda place: ABSENT)
        if row is None or not row.access:
            return value
        for behavior in row.behavior:
            args = ("all=yes",) if value.path in _ENVIRON else row.details(lambda place: ABSENT)
            self.emit(m, behavior, line, value=value.path, args=args)
        fresh: tuple[Taint, ...] = ()
        if row.source and row.gives:
            every = ("all=yes",)
            args = every if value.path in _ENVIRON else row.details(lambda place: ABSENT)[:2]
            fresh = (self.taint(m, row.gives, line, value=value.path, args=args),)
        return Value(
            const=value.const,
            path=row.returns or value.path,
            base=value.base,
            taints=merge_taints(value.taints, fresh),
            made=value.made,
            hint=value.hint or row.stands_for,
        )

    def indexed(self, m: Machine, base: Value, key: Value, line: int) -> Value | None:
        """``os.environ["X"]`` and the like."""
        if base.path in _ENVIRON:
            return self.variable(m, key, line)
        if base.path in m.frame.table.attributes:
            seen = self.access(m, base, line)
            return Value(taints=seen.taints)
        made_by = m.frame.table.row(base.path.removesuffix("()"))
        if made_by is not None and made_by.stands_for:
            return Value(hint=base.hint, taints=base.taints)
        return None

    def variable(self, m: Machine, key: Value, line: int) -> Value:
        """Return the value of one environment variable, judged by its name."""
        name = text_of(key)
        if not name or HOLE in name:
            self.emit(m, "secrets.env", line, value=name, certainty="low")
            return Value(taints=(self.taint(m, "secrets.env", line, value=name),))
        behavior, kind = environment.classify(name)
        hint = "~" if name in {"HOME", "USERPROFILE"} else f"%{name}%"
        if not behavior:
            return Value(hint=hint)
        self.emit(m, behavior, line, value=name, path_class=kind)
        taint = self.taint(m, behavior, line, value=name, path_class=kind)
        return Value(hint=hint, taints=(taint,))

    def hook(self, m: Machine, path: str, name: str, value: Value, line: int) -> None:
        """Something of another module is replaced: ``builtins.print = f``."""
        target = f"{path}.{name}"
        if (
            target in _HOOKED
            or target in m.frame.dialect.hooked
            or path in {"builtins", "builtins.__dict__"}
        ):
            self.emit(m, "tamper.runtime", line, value=target)
        elif target.startswith(_WIRES) and value.ref is not None:
            self.emit(m, "tamper.runtime", line, value=target, args=("what=messages",))
        if isinstance(value.ref, FunctionRef) and (
            telling.handles_secrets(target) or target in m.frame.dialect.hooked
        ):
            self.emit(m, "tamper.runtime", line, value=target, args=("what=secrets",))
            taint = self.taint(m, "secrets.given", line, value=target, path_class="hooked")
            self._hooked(m, value.ref, taint)
        elif isinstance(value.ref, FunctionRef) and path.startswith(_BUILDERS) and name in _STEPS:
            # A command of the installer itself now runs what the package wrote.
            m.invoke(value.ref, [Value()], {}, None)

    def _hooked(self, m: Machine, ref: FunctionRef, taint: Taint) -> None:
        """Run a replacement with the secrets of its callers as arguments, named ones too."""
        params = ref.function.params
        given = [Value(taints=(taint,)) for p in params if p[:1] != "*"]
        named = {"given": Value(taints=(taint,))} if any(p[:2] == "**" for p in params) else {}
        outer, self.replaced = self.replaced, (taint.value, taint)
        try:
            m.invoke(ref, given, named, None)
        finally:
            self.replaced = outer

    # ------------------------------------------------------------------ calls

    def call(self, m: Machine, row: Row, path: str, site: Site) -> Value:
        """Apply a row: record what the call does and return what its result carries."""
        if path.startswith(_VARIABLE) and row.value:
            key = site.first(row.value)
            if key is not None:
                return self.variable(m, key, site.line)
        shown = site.first(row.value)
        text = text_of(shown) if shown is not None else ""
        if row.command and not text:
            text = layers.shown(row, site)
        if not row.value and "code.inject" in row.behavior:
            # Only several steps together are an injection: each is told apart by its name.
            text = path.rpartition(".")[2]
        target = site.first(row.host) if row.host else shown
        args = row.details(site.lookup)
        if path in _FORGETFUL:
            args = (*args, "wait=no")
        if path.rpartition(".")[0] in _ENVIRON and not row.value:
            args = ("all=yes",)
        if shown is not None and shown.known and telling.was_decoded(shown):
            args = ("encoded=yes", *args, *telling.cipher(shown))
        if "file.delete" in row.behavior and text.endswith(f"{HOLE}/{m.frame.home.source.member}"):
            args = (*args, "what=self")
        behaviors, path_class = self._named(row, site)
        told = telling.worse(behaviors, text, site)
        if told:
            behaviors = (*behaviors, told)
        if row.gives == "secrets.given":
            path_class = telling.asked(row, path, text or telling.prompted(shown))
            behaviors = behaviors if path_class else ()
        answers = telling.answers(row, text) or telling.redirected(row, shown)
        behaviors = (*behaviors, *answers)
        host = ("", "")
        if any(b.startswith("net.") for b in (*behaviors, row.feeds)):
            host = self.host_of(m, target)
            host = host if host[1] else (host[0], "unknown")
        path_class = path_class or written.started(m, site, row, layers.started(row, site))
        heard = ("answer=unread",) if "net.send" in behaviors and m.frame.unread else ()
        for behavior in behaviors:
            if behavior not in _QUIET or (text and HOLE not in text) or path_class:
                self.emit(
                    m,
                    behavior,
                    site.line,
                    end_line=site.end_line,
                    value=text,
                    host=host,
                    path_class=path_class,
                    args=(*args, *heard),
                )
        if "net.connect" in behaviors and host[0] and target is not None:
            # What is sent over it later goes there.
            if site.receiver is not None and "()" in site.receiver.path:
                site.receiver.made = (target,)
        arriving = self._arrive(m, row, site, text, host, args, path_class)
        if row.feeds == "net.send" and row.reads:
            self._handed_over(m, site, behaviors, text, host, path_class)
        fresh = self._fresh(m, row, site, behaviors, text, host, path_class, args)
        if answers:
            fresh = (self.taint(m, answers[0], site.line, value=text[:MAX_VALUE]),)
        if row.reads and (not row.behavior or "returns" in row.source):
            fresh = merge_taints(fresh, written.arriving(m, row, site))
        self._files(m, row, site, arriving, fresh)
        layers.commands(m, row, site)
        if row.command and "input" in site.named:
            for command in site.all(row.command)[:1]:
                streams.given(m, site, command, site.named["input"])
        if m.frame.module.lang == "python" and ("net.connect" in behaviors or m.handlers):
            handovers.listening(m, path, site, host)
        if any(b.startswith("persist.") for b in behaviors):
            for taint in list(m.contents):
                if taint.line == site.line and taint.member == m.frame.module.member:
                    self._run_written(m, taint, site)
        return self._result(m, row, path, site, fresh, behaviors)

    def observed(self, m: Machine, row: Row, site: Site) -> tuple[Taint, ...]:
        """Return the taints of what a callback is given: a key pressed, a file's text."""
        gives, path_class, text = row.gives, "", ""
        if row.reads and (found := self._classify(site, row.reads, secretpaths.classify)):
            gives, path_class = found
            text = text_of(site.first(row.reads) or Value())
        shown = site.first(row.value) if row.value else None
        if gives == "secrets.given" and shown is not None:
            path_class = telling.asked(row, "", telling.prompted(shown))
            if not path_class:
                return ()
        elif shown is not None:
            answers = telling.answers(row, text_of(shown)) or telling.redirected(row, shown)
            gives = answers[0] if answers else gives
        taint = self.taint(m, gives, site.line, value=text[:MAX_VALUE], path_class=path_class)
        return (taint,)

    def host_of(self, m: Machine, value: Value | None) -> tuple[str, Any]:
        """Return host and class of a URL or address value, also of what it was made from."""
        seen = 0
        while value is not None and seen < 4:
            text = text_of(value)
            if not text and value.items:
                text = text_of(value.items[0])
            if isinstance(value.const, tuple) and value.const:
                text = str(value.const[0])
            if text:
                found = hosts.classify(text)
                # A bare word is an address only to who knows it is one; here it may be the data.
                return (
                    found if found[1] != "local" or telling.LOCAL.match(text) else ("", "unknown")
                )
            value = value.made[0] if value.made else value.base
            seen += 1
        return ("", "")

    def _named(self, row: Row, site: Site) -> tuple[tuple[str, ...], str]:
        """Return the behaviors of a call once the file it touches is known."""
        behaviors = row.behavior
        path_class = ""
        if row.reads:
            found = self._classify(site, row.reads, secretpaths.classify)
            if found:
                behaviors = tuple(found[0] if b == "file.read" else b for b in behaviors)
                if found[0].startswith("secrets.") and found[0] not in behaviors:
                    # Copied, packed or walked: looked into all the same.
                    behaviors = (*behaviors, found[0])
                path_class = found[1]
        if row.writes:
            found = self._classify(site, row.writes, secretpaths.classify_write)
            if found and not (found[1] == "client-config" and _is_temporary(_named(row, site))):
                behaviors = (*behaviors, found[0])
                path_class = found[1]
        return behaviors, path_class

    def _classify(self, site: Site, places: tuple[Place, ...], how: Any) -> Any:
        for value in site.all(places):
            for option in (value, *value.alts, *telling.origins(value)):
                text = text_of(option)
                if text and len(text) < 2000 and (found := how(text)):
                    return found
        return None

    def _arrive(
        self,
        m: Machine,
        row: Row,
        site: Site,
        text: str,
        host: tuple[str, Any],
        args: tuple[str, ...],
        path_class: str,
    ) -> tuple[Taint, ...]:
        """Record the flows into this call and return the taints that arrived."""
        values = site.all(row.sink)
        if row.runs_file or row.command:
            values = [*values, *site.all(row.runs_file), *site.all(row.command)]
        taints = merge_taints(taints_of(values), written.arriving(m, row, site))
        weak = taints_of(site.all(row.weak_sink))
        feeds = row.feeds
        if row.command or row.runs_file:
            for taint in taints:
                self._run_written(m, taint, site)
        decoded = [v for v in values if v.known and telling.was_decoded(v)]
        if decoded and args[:1] != ("encoded=yes",):
            # We decoded it ourselves: the layer shows what it says.
            args = ("encoded=yes", *args, *telling.cipher(decoded[0]))
        if feeds:
            named = taints_of(site.all(row.value)) if feeds == "net.send" else ()
            for taint in taints:
                if pictures.only(m, row, site, taint) or places.only(row, site, taint):
                    continue
                # A version in an address is asked for; what lies in the body is handed over.
                body = ("where=body",) if feeds == "net.send" and taint not in named else ()
                self.flow(
                    m,
                    taint,
                    feeds,
                    site,
                    value=telling.sink_value(taint, text, feeds) or _named(row, site),
                    host=host,
                    args=(*body, *args),
                    path_class=path_class,
                )
            for taint in weak:
                if taint not in taints:
                    self.flow(m, taint, feeds, site, value=text, host=host, certainty="low")
        return taints

    def _handed_over(
        self,
        m: Machine,
        site: Site,
        behaviors: tuple[str, ...],
        text: str,
        host: tuple[str, Any],
        path_class: str,
    ) -> None:
        """A call that is given a path and sends the file: reading and sending are one step."""
        for behavior in behaviors:
            if behavior.startswith("secrets."):
                taint = self.taint(m, behavior, site.line, value=text, path_class=path_class)
                self.flow(m, taint, "net.send", site, value=text, host=host, args=("where=body",))

    def _fresh(
        self,
        m: Machine,
        row: Row,
        site: Site,
        behaviors: tuple[str, ...],
        text: str,
        host: tuple[str, Any],
        path_class: str,
        args: tuple[str, ...],
    ) -> tuple[Taint, ...]:
        gives = row.gives
        if not (row.source or row.joined) or not gives:
            return ()
        if gives == "secrets.given" and not path_class:
            return ()
        if row.reads and gives == "file.read":
            found = self._classify(site, row.reads, secretpaths.classify)
            gives, path_class = found or (gives, path_class)
        taint = self.taint(
            m,
            gives,
            site.line,
            value=text[:MAX_VALUE],
            host=host[0],
            hostclass=host[1],
            path_class=path_class,
            args=args[:2],
        )
        if row.joined:
            for behavior in behaviors[1:]:
                self.flow(m, taint, behavior, site, value=text, host=host)
                taint = taint.through(behavior)
        for place in row.source:
            if place != "returns":
                for value in site.at(place):
                    value.taints = merge_taints(value.taints, (taint,))
        return (taint,)

    def _files(
        self,
        m: Machine,
        row: Row,
        site: Site,
        arriving: tuple[Taint, ...],
        fresh: tuple[Taint, ...],
    ) -> None:
        """Remember what was written where, so that starting the file later completes the chain."""
        if not row.writes:
            return
        moved = (*arriving, *fresh) if row.reads else arriving
        stored = [t.through("file.write") for t in (fresh if row.joined else moved)]
        content = self._content(row, site)
        if content is not None and not stored:
            named = text_of(_file_of(site.first(row.writes) or Value()))
            taint = self.taint(m, "file.write", site.line, value=named)
            m.contents[taint] = content
            stored = [taint]
        if not stored:
            return
        for value in site.all(row.writes):
            path = _file_of(value)
            path.taints = merge_taints(path.taints, tuple(stored))
            for text in telling.texts(path):
                written.keep(m, text, tuple(stored))

    def _content(self, row: Row, site: Site) -> Value | None:
        """Return a constant text that is written, when it could be a program."""
        for value in site.all(row.sink):
            if value.known and isinstance(value.const, (str, bytes)) and len(value.const) >= 20:
                return value
        return None

    def _run_written(self, m: Machine, taint: Taint, site: Site) -> None:
        """A text that the program wrote and now starts is a layer of it."""
        content = m.contents.pop(taint, None)
        if content is not None:
            data = content.const if isinstance(content.const, bytes) else content.const.encode()
            coded = (*content.coded, "written-file")
            layers.run_text(m, data, site.line, coded, layers.language_of(taint.value, data))

    def _result(
        self,
        m: Machine,
        row: Row,
        path: str,
        site: Site,
        fresh: tuple[Taint, ...],
        behaviors: tuple[str, ...],
    ) -> Value:
        if row.carries is True:
            values = [*site.args, *site.named.values()]
            values += [site.receiver] if site.receiver is not None else []
        elif row.carries is False:
            values = []
        else:
            values = site.all(row.carries)
        carried = taints_of(values)
        if row.absorbs and site.receiver is not None:
            site.receiver.taints = merge_taints(site.receiver.taints, carried)
        step = next((b for b in behaviors if b.startswith("data.")), "")
        if step:
            carried = tuple(t.through(step) for t in carried)
        kept = fresh if not row.behavior or "returns" in row.source else ()
        made = (
            tuple(site.args[:2])
            or tuple(v for p in row.host if p != "self" for v in site.at(p))[:1]
        )
        if not made and site.receiver is not None and "()" in site.receiver.path:
            made = (site.receiver,)
        if path.endswith(("().text", "().json")) or not made:
            made = site.receiver.made if site.receiver is not None else made
        shown = row.returns or f"{path}()"
        if row.returns == "self" and site.receiver is not None:
            shown, made = site.receiver.path, site.receiver.made
        if path == self.replaced[0] and self.replaced[1] is not None:
            kept = merge_taints(kept, (self.replaced[1],))  # what the original asked for
        carried = telling.in_a_path(path, carried)
        value = Value(path=shown, taints=merge_taints(kept, carried), made=made)
        if value.path == "pathlib.Path()":
            value.hint = telling.path_text(path, site)
        return self._standing(row, site, value)

    def _standing(self, row: Row, site: Site, value: Value) -> Value:
        """Give a result the text that its row says it stands for."""
        if row.stands_for:
            value.hint = row.standing(site.lookup) or value.hint
        return value
