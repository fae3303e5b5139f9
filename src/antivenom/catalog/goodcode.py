"""Known-good code from folders of ordinary packages: every function, file and pair of lines.

Children read the packages; whoever names a folder vouches for what lies in it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from antivenom.errors import TargetError
from antivenom.isolate import Bounds, Killed, Pool
from antivenom.likeness import keys
from antivenom.likeness.good import GoodCode, Source
from antivenom.model.artifact import Artifact
from antivenom.model.label import Label
from antivenom.model.tree import Member, MemberError, MemberKind

if TYPE_CHECKING:
    from antivenom.analysis.package import Source as Text

_BOUNDS = Bounds(recycle_after=500)
_ENDINGS = (".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".crate", ".jar", ".egg")
_MOST_GRAMS = 200_000
"""Pairs of lines of one release."""


class Answer(Struct, frozen=True, kw_only=True):
    """What one package consists of, or why it could not be read."""

    source: Source | None = None
    files: list[int] = []
    functions: list[int] = []
    grams: list[int] = []
    broken: str = ""


def gather(
    folders: Sequence[Path], *, jobs: int = 0, tell: Callable[[int, int], None] | None = None
) -> tuple[list[GoodCode], list[tuple[str, str]]]:
    """Read every archive of the folders; return their code, and (file, reason) of broken ones.

    Raises `TargetError` for a folder that is none.
    """
    paths = sorted({path for folder in folders for path in _archives(folder)})
    jobs = jobs or len(os.sched_getaffinity(0))
    found: list[GoodCode] = []
    broken: list[tuple[str, str]] = []
    with Pool(worker(), jobs=jobs, bounds=_BOUNDS) as pool:
        results = pool.run(os.fsencode(path) for path in paths)
        for done, (path, result) in enumerate(zip(paths, results, strict=True), 1):
            answer = (
                Answer(broken=f"{result.reason}: {result.detail}")
                if isinstance(result, Killed)
                else msgspec.msgpack.decode(result.data, type=Answer)
            )
            if answer.source is None:
                broken.append((path.name, answer.broken))
            else:
                found.append(_code(answer, answer.source))
            if tell:
                tell(done, len(paths))
    return found, broken


def _archives(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        yield folder
        return
    if not folder.is_dir():
        raise TargetError(f"{folder}: no such file or folder")
    yield from (p for p in folder.rglob("*") if p.name.endswith(_ENDINGS) and p.is_file())


def _code(answer: Answer, source: Source) -> GoodCode:
    return GoodCode(
        source=source,
        files=frozenset(answer.files),
        functions=frozenset(answer.functions),
        grams=frozenset(answer.grams),
    )


def worker() -> Callable[[bytes], bytes]:
    """Return the work of a child: the path of an archive in, its code out."""
    from antivenom.errors import AntivenomError
    from antivenom.intake import from_bytes, open_artifact

    read(from_bytes(b"def f(): pass\n", "ours.py"))

    def work(request: bytes) -> bytes:
        try:
            answer = read(open_artifact(Path(os.fsdecode(request))))
        except (AntivenomError, OSError) as error:
            answer = Answer(broken=str(error) or type(error).__name__)
        return msgspec.msgpack.encode(answer)

    return work


def read(artifact: Artifact) -> Answer:
    """Return all the code of an artifact, whether anything would look at it in a review or not."""
    from antivenom import ecosystems
    from antivenom.model.limits import DEFAULT_LIMITS
    from antivenom.unpack import unpack

    tree = unpack(artifact, DEFAULT_LIMITS)
    metadata = ecosystems.of(artifact, tree).label(tree, artifact.filename).metadata
    code = _Code()
    for member in tree.members:
        if member.kind is MemberKind.FILE:
            code.add(member, DEFAULT_LIMITS.code_bytes)
    name = metadata.name or artifact.filename
    return Answer(
        source=Source(name, metadata.version, artifact.sha256),
        files=sorted(code.files - {0}),
        functions=sorted(code.functions - {0}),
        grams=sorted(code.grams),
    )


class _Code:
    """The code of one release, growing member by member."""

    def __init__(self) -> None:
        self.files: set[int] = set()
        self.functions: set[int] = set()
        self.grams: set[int] = set()

    def add(self, member: Member, most: int) -> None:
        """Add a member, if it holds code and can be read."""
        from antivenom.analysis import languages_of

        try:
            data = member.read()
        except MemberError:
            return
        lang = languages_of.identify(member.path, data)
        if lang not in _LANGUAGES or len(data) > most:
            return
        self.files.add(keys.of_sha256(hashlib.sha256(data).hexdigest()))
        for text in languages_of.sources(member.path, data, lang, Label()):
            self._text(text)

    def _text(self, text: Text) -> None:
        from antivenom import languages
        from antivenom.analysis import prints
        from antivenom.analysis.normal import normalise

        module = text.module or languages.parse(text.lang, text.data, member=text.member)
        module.functions[0].body  # noqa: B018  registers the functions of the module
        normal = normalise(module.text, module.lang)
        taken = prints.hashes(normal, module.functions[1:])
        self.functions.update(map(keys.of_code, taken.values()))
        if len(self.grams) < _MOST_GRAMS:
            self.grams |= normal.hashes()


_LANGUAGES = frozenset(
    [
        *("python", "pyc", "pth", "notebook", "native"),
        *("shell", "batch", "powershell", "vbs", "javascript", "typescript"),
    ]
)
