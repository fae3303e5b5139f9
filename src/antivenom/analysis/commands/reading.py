"""Follows a script's pipelines: what each command takes, does and hands on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from antivenom.analysis import environment, hosts, secretpaths
from antivenom.analysis.commands import programs
from antivenom.analysis.commands.script import (
    MOST_DEPTH,
    MOST_TEXT,
    UNKNOWN,
    Command,
    Pipeline,
    Script,
    Sub,
    Var,
    Word,
)
from antivenom.analysis.commands.stream import NOTHING, Chain, Stream, merge
from antivenom.model.fact import Decoded, HostClass, Sighting

MOST_COMMANDS = 20_000
MOST_WORD = 256 << 10
MOST_SIGHTINGS = 400
MOST_DECODED = 40
MOST_SAVED = 40
MOST_MOVED = 16 << 20
"""Bytes of known text that are put into words and through pipes, all together."""
_SLICE = re.compile(r":\s?(-?\d{1,4})(?::(-?\d{1,4}))?$")
_PERCENT = re.compile(r"%([A-Za-z_][\w()]{0,40})%")
_LOOP_VARIABLE = re.compile(r"%{1,2}~?[A-Za-z]\b")
_PLACES = {"HOME": "~", "TMPDIR": "/tmp", "PWD": "."}  # noqa: S108 - text, no file is made


@dataclass(slots=True)
class Arg:
    """One evaluated word of a command."""

    text: str
    chains: tuple[Chain, ...] = ()
    file: Stream | None = None
    """What reading it as a file gives, for ``<(...)``."""
    literal: bool = True
    data: bytes | None = None

    @property
    def stream(self) -> Stream:
        """The argument as bytes."""
        known = UNKNOWN not in self.text
        return Stream(self.chains, self.text.encode("utf-8", "replace") if known else None)


class Reading:
    """One reading of one script, with what it has seen and what it remembers."""

    def __init__(self, *, depth: int = 0) -> None:
        self.depth = depth
        self.seen: dict[tuple[str, str, int], Sighting] = {}
        self.decoded: list[Decoded] = []
        self.files: dict[str, Stream] = {}
        self.saved: dict[str, Stream] = {}
        """Files that came from elsewhere, by the name that was written."""
        self.variables: dict[str, Stream] = {}
        self.unpacked: Stream = NOTHING
        self.socket: tuple[str, str, HostClass] | None = None
        """A socket that a shell opened as a file: (value, host, class)."""
        self.commands = 0
        self.moved = 0
        self.last = NOTHING
        self.cut = False
        """Whether a limit left something unread."""

    # ------------------------------------------------------------------ running

    def run(self, script: Script) -> Stream:
        """Follow all pipelines; return everything they print."""
        return merge(*(self.pipeline(pipeline) for pipeline in script))

    def pipeline(self, pipeline: Pipeline) -> Stream:
        """Follow one pipeline."""
        from antivenom.analysis.commands.actions import act

        stream = NOTHING
        for command in pipeline:
            self.commands += 1
            if self.commands > MOST_COMMANDS:
                self.cut = True
                return NOTHING
            stream = self._counted(act(self, command, stream))
        self.last = stream
        return stream

    def _counted(self, stream: Stream) -> Stream:
        """Forget what the bytes are once too many were moved: variables and pipes can multiply."""
        if stream.data is None:
            return stream
        self.moved += len(stream.data)
        return stream if self.moved <= MOST_MOVED else Stream(stream.chains, None, stream.coded)

    def limit(self, text: str, most: int) -> str:
        """Return the part of a text that is read, and remember that there was more."""
        self.cut = self.cut or len(text) > most
        return text[:most]

    def nested(self, text: str, language: str, line: int) -> Stream:
        """Follow a script that stands inside a command; its lines are that command's line."""
        from antivenom.analysis.commands import cmd, sh

        if not text.strip():
            return NOTHING
        self.limit(text, MOST_TEXT)
        if self.depth >= MOST_DEPTH:
            self.cut = True
            return NOTHING
        self.depth += 1
        try:
            script = (cmd if language == "cmd" else sh).parse(text)
            for command in _all_commands(script):
                command.line = line
            return self.run(script)
        finally:
            self.depth -= 1

    # ------------------------------------------------------------------ telling

    def see(
        self,
        behavior: str,
        line: int,
        *,
        value: str = "",
        address: str = "",
        path_class: str = "",
        args: Iterable[str] = (),
        certainty: str = "high",
    ) -> None:
        """Note a behavior."""
        host, hostclass = hosts.classify(address) if address else ("", "")
        self._note(
            Sighting(
                id=behavior,
                line=line,
                end_line=line,
                value=(value or address)[:256],
                host=host[:256],
                hostclass=hostclass,
                path_class=path_class,
                args=tuple(args)[:3],
                certainty="low" if certainty == "low" else "high",
            )
        )

    def flow(
        self, chain: Chain, sink: str, line: int, *, address: str = "", certainty: str = "high"
    ) -> None:
        """Note that a value travelled to a sink; `address` is where it was sent."""
        via = chain.then(sink).via
        if len(via) < 2:
            return
        host, hostclass = (chain.host, chain.hostclass)
        if address:
            host, hostclass = hosts.classify(address)
        self._note(
            Sighting(
                id="->".join(via),
                kind="flow",
                line=line,
                end_line=line,
                value=(address or chain.value)[:256],
                host=host[:256],
                hostclass=hostclass,
                path_class=chain.path_class,
                args=chain.args,
                via=via,
                certainty="low" if certainty == "low" else "high",
            )
        )

    def _note(self, sighting: Sighting) -> None:
        key = (sighting.id, sighting.value, sighting.line)
        if len(self.seen) < MOST_SIGHTINGS:
            self.seen.setdefault(key, sighting)

    def hide(self, via: tuple[str, ...], data: bytes, line: int, lang: str) -> None:
        """Note a text that deserves a layer of its own."""
        if len(self.decoded) < MOST_DECODED and data.strip():
            self.decoded.append(Decoded(via=via, data=data, line=line, lang=lang))

    # ------------------------------------------------------------------ files

    def wrote(self, name: str, stream: Stream, line: int, *, append: bool = False) -> None:
        """Remember what a file holds now, and note what writing it achieves."""
        if not name or name.lower() in (
            "/dev/null",
            "nul",
            "/dev/stdout",
            "/dev/stderr",
            "&1",
            "1",
            "2",
        ):
            return
        place = secretpaths.classify_write(name)
        if place:
            self.see(place[0], line, value=name, path_class=place[1])
            if stream.text and place[0].startswith("persist."):
                self.nested(stream.text, "sh", line)
        self.keep(name, stream, append=append)

    def keep(self, name: str, stream: Stream, *, append: bool = False) -> None:
        """Remember what a file, or a folder, holds now."""
        chains = tuple(chain.then("file.write") for chain in stream.chains)
        stored = Stream(chains, stream.data, stream.coded)
        key = file_key(name)
        self.files[key] = merge(self.files[key], stored) if append and key in self.files else stored
        if chains and len(self.saved) < MOST_SAVED:
            self.saved[name] = stored

    def enter(self, folder: str) -> None:
        """What was fetched into a folder is started from inside of it."""
        known = self.files.get(file_key(folder))
        if known is not None:
            held = tuple(c for c in known.chains if c.via[0] == "net.fetch")
            self.unpacked = merge(self.unpacked, Stream(held)) if held else self.unpacked

    def read(self, name: str, line: int) -> Stream:
        """Return what reading a file gives, and note secrets."""
        known = self.files.get(file_key(name))
        place = secretpaths.classify(name)
        if place is None:
            return known or Stream()
        self.see(place[0], line, value=name, path_class=place[1])
        chain = Chain((place[0],), value=name, path_class=place[1])
        return merge(known or NOTHING, Stream((chain,)))

    # ------------------------------------------------------------------ words

    def arguments(self, command: Command) -> list[Arg]:
        """Evaluate the words of a command."""
        out: list[Arg] = []
        for word in command.words:
            arg = self.word(word, command.line)
            if not word.quoted and not arg.literal and " " in arg.text.strip():
                out += (Arg(t, arg.chains, literal=False) for t in arg.text.split()[:200])
            else:
                out.append(arg)
        return out

    def word(self, word: Word, line: int) -> Arg:
        """Evaluate one word."""
        texts: list[str] = []
        chains: list[Chain] = []
        file: Stream | None = None
        for part in word.parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            stream = self._counted(self._part(part))
            if isinstance(part, Sub) and part.file:
                file = stream
            said = None if stream.data is None else stream.data.decode("utf-8", "replace")
            texts.append(UNKNOWN if said is None else said.rstrip("\n"))
            chains += stream.chains
            if stream.coded and "data.decode" not in (v for c in stream.chains for v in c.via):
                chains.append(Chain(("data.decode",), value=(said or "")[:120]))
        literal = not any(not isinstance(p, str) for p in word.parts)
        text = self.limit("".join(texts), MOST_WORD)
        arg = Arg(text, tuple(chains[:12]), file, literal)
        return self._percents(arg) if "%" in arg.text else arg

    def _part(self, part: Sub | Var) -> Stream:
        if isinstance(part, Sub):
            self.depth += 1
            try:
                return self.run(part.script) if self.depth <= MOST_DEPTH else Stream()
            finally:
                self.depth -= 1
        known = self.variables.get(part.name)
        if known is not None:
            return _sliced(known, part.modifier)
        if part.name in _PLACES:
            return Stream((), _PLACES[part.name].encode())
        return Stream(_of_environment(part.name))

    def _percents(self, arg: Arg) -> Arg:
        """Take in the variables of cmd.exe, which stand in the text."""
        chains = list(arg.chains)
        for name in _PERCENT.findall(arg.text)[:20]:
            chains += _of_environment(name)
        if _LOOP_VARIABLE.search(arg.text):
            chains += self.last.chains
        arg.chains = tuple(chains[:12])
        return arg


def _of_environment(name: str) -> tuple[Chain, ...]:
    behavior, meaning = environment.classify(name)
    if behavior.startswith(("secrets.", "host.")):
        return (Chain((behavior,), value=name, path_class=meaning),)
    return ()


def _sliced(stream: Stream, modifier: str) -> Stream:
    found = _SLICE.match(modifier) if modifier else None
    if found is None or stream.data is None:
        return stream
    text = stream.data.decode("utf-8", "replace")[int(found.group(1)) :]
    if found.group(2):
        text = text[: int(found.group(2))]
    return Stream(stream.chains, text.encode(), stream.coded)


def _all_commands(script: Script) -> Iterable[Command]:
    """Yield the commands of a script, those in substitutions too."""
    pending = [command for pipeline in script for command in pipeline]
    while pending:
        command = pending.pop()
        yield command
        targets = [w for _, w in (*command.assigns, *command.redirects)]
        for word in (*command.words, *targets):
            for part in word.parts:
                if isinstance(part, Sub):
                    pending += (c for pipeline in part.script for c in pipeline)


def file_key(name: str) -> str:
    """Return by what name a file is known: mostly its last part."""
    text = name.strip("'\" ").replace("\\", "/").rstrip("/")
    last = text.rpartition("/")[2].lower()
    return last if last.strip(UNKNOWN) else text


def program_of(arg: Arg) -> str:
    """Return the plain name of the program a word names."""
    return programs.plain_name(arg.text)
