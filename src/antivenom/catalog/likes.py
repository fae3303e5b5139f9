"""What files are like, asked outside of a review: read in killable children, looked up there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom.isolate import Bounds, Killed, Pool
from antivenom.likeness import Index
from antivenom.model.fact import Fact


class Likes(Struct, frozen=True, kw_only=True):
    """What one file is like, or why that is not known."""

    facts: tuple[Fact, ...] = ()
    """``like.*``."""
    unread: str = ""


def likes(paths: Sequence[Path], index: Index, *, jobs: int = 1) -> list[Likes]:
    """Return what each file is like, in order."""
    with Pool(_worker(index), jobs=jobs, bounds=Bounds()) as pool:
        return [
            Likes(unread=f"{result.reason}: {result.detail}")
            if isinstance(result, Killed)
            else msgspec.msgpack.decode(result.data, type=Likes)
            for result in pool.run(os.fsencode(path) for path in paths)
        ]


def _worker(index: Index) -> Callable[[bytes], bytes]:
    from antivenom import pipeline
    from antivenom.errors import AntivenomError
    from antivenom.intake import from_bytes, open_artifact
    from antivenom.likeness import likeness

    likeness(pipeline.observe(from_bytes(b"import os\nos.system('true')\n", "ours.py")), index)

    def work(request: bytes) -> bytes:
        try:
            profile = pipeline.observe(open_artifact(Path(os.fsdecode(request))))
        except (AntivenomError, OSError) as error:
            return msgspec.msgpack.encode(Likes(unread=str(error) or type(error).__name__))
        return msgspec.msgpack.encode(Likes(facts=likeness(profile, index)))

    return work


def of_hash(sha256: str, index: Index) -> tuple[Fact, ...]:
    """Return what an index says of a hash: the archive itself, a file, or a popular file."""
    kin = index.artifact(sha256) or index.file(sha256)
    if kin is not None:
        args = ("by=file", "share=100", f"label={kin.label}")
        return (Fact(id="like.specimen", kind="like", member="", value=kin.specimen, args=args),)
    source = index.good_file(sha256)
    if source is not None:
        name = f"{source.name} {source.version}"
        return (Fact(id="like.known-good", kind="like", member="", value=name, args=("by=file",)),)
    return ()
