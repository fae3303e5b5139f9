"""Recall before and after changes that leave what a program does alone, at the same threshold.

Archives are opened, rewritten and packed again in the memory of killable children; nothing is
written to disk. *Before* is the archive packed again unchanged, so that packing changes nothing.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from antivenom.isolate import Bounds, Done, Pool
from antivenom.lab import metrics
from antivenom.lab.dataset import Row
from antivenom.lab.metrics import Figure, figure
from antivenom.lab.rewriting import CHANGES, Files, rewritten
from antivenom.model.artifact import Artifact, ArtifactKind
from antivenom.model.review import SUSPICIOUS_AT

BEFORE = "as it is"
_BOUNDS = Bounds(recycle_after=2000)


class Request(Struct, frozen=True, kw_only=True):
    """One archive and one change of `CHANGES`, or `BEFORE`."""

    row: Row
    change: str


def robustness(rows: Sequence[Row], *, jobs: int = 2) -> dict[str, Figure]:
    """Return the recall per cluster of specimens at `suspicious`, by change."""
    hostile = [row for row in rows if row.sample.hostile and row.sample.item is not None]
    names = [BEFORE, *CHANGES]
    wanted = [Request(row=row, change=name) for row in hostile for name in names]
    scores: list[float] = []
    with Pool(worker(), jobs=jobs, bounds=_BOUNDS) as pool:
        for result in pool.run(msgspec.msgpack.encode(one) for one in wanted):
            # Whatever was lost has found nothing.
            data = result.data if isinstance(result, Done) else b"\0"
            scores.append(float(msgspec.msgpack.decode(data)))
    return {
        name: figure(metrics.recall(hostile, scores[at :: len(names)], SUSPICIOUS_AT - 1e-9))
        for at, name in enumerate(names)
    }


def robust(rows: Sequence[Row], part: str, most: int) -> dict[str, Figure]:
    """Return `robustness` of one specimen of each of at most so many clusters of a part."""
    return robustness(chosen(rows, part, most))


def chosen(rows: Sequence[Row], part: str, most: int) -> list[Row]:
    """Return one readable specimen of each cluster, of at most so many clusters of a part."""
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda one: one.sha256):
        if row.sample.hostile and row.sample.part == part and not row.error:
            found.setdefault(row.sample.cluster, row)
    return list(found.values())[:most]


def worker() -> Callable[[bytes], bytes]:
    """Return the work of a child: a request in, a score out."""
    from antivenom import pipeline
    from antivenom.catalog.samples import artifact
    from antivenom.intake import from_bytes
    from antivenom.judge import load_knowledge
    from antivenom.model.context import NOTHING

    known = load_knowledge()
    pipeline.judge(pipeline.observe(from_bytes(b"import os\n", "ours.py")), NOTHING, known)
    decode = msgspec.msgpack.Decoder(Request).decode

    def work(encoded: bytes) -> bytes:
        request = decode(encoded)
        assert request.row.sample.item is not None
        found = changed(artifact(request.row.sample.item), request.change)
        review = pipeline.judge(pipeline.observe(found), NOTHING, known)
        return msgspec.msgpack.encode(review.score)

    return work


def changed(found: Artifact, change: str) -> Artifact:
    """Return an artifact with its members changed and packed again, in memory."""
    from antivenom.intake import from_bytes
    from antivenom.model.limits import DEFAULT_LIMITS
    from antivenom.model.tree import MemberError, MemberKind
    from antivenom.unpack import unpack

    tree = unpack(found, DEFAULT_LIMITS)
    files: Files = {}
    for member in tree.members:
        if member.kind is MemberKind.FILE and member.depth == 0:
            try:
                files[member.path] = member.read()
            except MemberError as error:
                files[member.path] = error.data
    if change != BEFORE:
        files = rewritten(files, change)
    as_zip = tree.kind in {ArtifactKind.WHEEL, ArtifactKind.EGG}
    return from_bytes(zipped(files) if as_zip else tarred(files), found.filename)


def zipped(files: Files) -> bytes:
    """Return a wheel of these members, its RECORD true again."""
    records = [path for path in files if path.endswith(".dist-info/RECORD")]
    for record in records:
        files = {**files, record: _record(files, record)}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return written.getvalue()


def tarred(files: Files) -> bytes:
    """Return a gzipped tar of these members."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(written.getvalue(), mtime=0)


def _record(files: Files, record: str) -> bytes:
    lines = [f"{record},,\n"]
    for path, data in files.items():
        if path != record:
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{path},sha256={digest},{len(data)}\n")
    return "".join(lines).encode()
