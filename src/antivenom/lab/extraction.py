"""Facts of every archive, observed once in killable children and kept in Parquet.

What is kept are profiles without any line of an upload. The file is keyed by the engine: another
engine observes anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from antivenom.catalog.batches import batched
from antivenom.catalog.samples import Item, artifact
from antivenom.compiled import cache_folder
from antivenom.intake import Locator, from_bytes, open_located
from antivenom.isolate import Bounds, Done, Pool, Result
from antivenom.lab.sample import Kept, Sample
from antivenom.model.artifact import Artifact
from antivenom.model.profile import Profile
from antivenom.store.blobs import Blobs
from antivenom.store.packing import pack, unpack

_BOUNDS = Bounds(recycle_after=5000)
_OURS = b"import os, base64\nexec(base64.b64decode(os.environ['A']))\n"
"""A program of our own that makes the pipeline load everything it imports late."""


_COLUMNS = ("key", "profile", "seconds", "peak")
_BATCH = 300
"""Archives between two writes: what a kill costs at most."""


class Request(Struct, frozen=True, kw_only=True):
    """What a child opens."""

    item: Item | None = None
    locator: Locator | None = None
    kept: Kept | None = None


class Observed(Struct, frozen=True, kw_only=True):
    """What became of one archive."""

    profile: Profile | None = None
    error: str = ""
    seconds: float = 0.0
    """Of a processor."""
    peak: int = 0
    """Bytes resident in the child at most, where the system says it of one archive."""


def profiles(
    samples: Sequence[Sample],
    *,
    given: Mapping[str, Observed] | None = None,
    jobs: int = 0,
    tell: Callable[[int, int], None] | None = None,
) -> list[Observed]:
    """Return the profile of each sample, as given, from the cache or from children, in order."""
    place = kept_at()
    have = load(place) | dict(given or {})
    missing = [one for one in samples if one.key not in have]
    for part in batched(missing, _BATCH):
        requests = map(_request, part)
        found = observe(requests, len(missing), jobs=jobs, tell=tell)
        have |= dict(zip((one.key for one in part), found, strict=True))
        save(place, {key: one for key, one in have.items() if one.profile is not None})
    return [have[one.key] for one in samples]


def observe(
    requests: Iterator[Request],
    total: int,
    *,
    jobs: int = 0,
    tell: Callable[[int, int], None] | None = None,
) -> list[Observed]:
    """Observe in children; nothing is written to disk."""
    jobs = jobs or len(os.sched_getaffinity(0))
    encoded = (msgspec.msgpack.encode(one) for one in requests)
    found = []
    with Pool(worker(), jobs=jobs, bounds=_BOUNDS) as pool:
        for result in pool.run(encoded):
            found.append(_answer(result))
            if tell:
                tell(len(found), total)
    return found


def _request(one: Sample) -> Request:
    return Request(item=one.item, locator=one.locator, kept=one.kept)


def worker() -> Callable[[bytes], bytes]:
    """Return the work of a child; what it needs late is loaded here, before it is forked."""
    import time

    from antivenom import pipeline
    from antivenom.judge import load_knowledge
    from antivenom.model.context import NOTHING

    pipeline.judge(pipeline.observe(from_bytes(_OURS, "ours.py")), NOTHING, load_knowledge())
    decode = msgspec.msgpack.Decoder(Request).decode

    def work(encoded: bytes) -> bytes:
        request = decode(encoded)
        forget_peak()
        started = time.process_time()
        profile = bare(pipeline.observe(opened(request)))
        seconds = time.process_time() - started
        return msgspec.msgpack.encode(Observed(profile=profile, seconds=seconds, peak=peak()))

    return work


def opened(request: Request) -> Artifact:
    """Return what a request names, in memory. Raises `KeyError` for bytes that are not kept."""
    if request.locator is not None:
        return open_located(request.locator)
    if request.item is not None:
        return artifact(request.item)
    assert request.kept is not None
    data = Blobs(request.kept.blobs).get(request.kept.sha256)
    return from_bytes(data, request.kept.filename, coordinate=request.kept.coordinate)


def forget_peak() -> None:
    """Let the peak of resident memory start anew, so that it is of one archive."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        # Another system, or not allowed: the peak is then that of the child's life.
        return


def peak() -> int:
    """Return the peak of resident memory in bytes, 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "")
    return int(line.split()[1]) << 10 if line else 0


def bare(profile: Profile) -> Profile:
    """Leave out the lines of the upload."""
    layers = tuple(structs.replace(layer, excerpt="") for layer in profile.layers)
    return structs.replace(profile, excerpts=(), layers=layers)


def kept_at() -> Path:
    """Return the Parquet file of this engine's profiles, in the cache folder."""
    from antivenom.analysis import engine

    return cache_folder() / "lab" / f"observed-{engine.digest()[:24]}.parquet"


def load(place: Path) -> dict[str, Observed]:
    """Return what was kept: key -> profile."""
    import pyarrow.parquet as pq

    if not place.is_file():
        return {}
    table = pq.read_table(place).to_pydict()
    if not set(_COLUMNS) <= table.keys():
        return {}
    return {
        key: Observed(profile=unpack(data, Profile), seconds=seconds, peak=peak)
        for key, data, seconds, peak in zip(*(table[name] for name in _COLUMNS), strict=True)
    }


def save(place: Path, have: dict[str, Observed]) -> None:
    """Keep profiles; written beside and renamed, so that a kill leaves the old file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    place.parent.mkdir(parents=True, exist_ok=True)
    keys = sorted(have)
    columns = {
        "key": keys,
        "sha256": [p.sha256 if (p := have[k].profile) else "" for k in keys],
        "profile": [pack(have[k].profile) for k in keys],
        "seconds": [have[k].seconds for k in keys],
        "peak": [have[k].peak for k in keys],
    }
    partial = place.with_suffix(f".{os.getpid()}")
    pq.write_table(pa.table(columns), partial, compression="none")
    partial.replace(place)


def _answer(result: Result) -> Observed:
    if isinstance(result, Done):
        return msgspec.msgpack.decode(result.data, type=Observed)
    return Observed(error=f"{result.reason}: {result.detail}")
