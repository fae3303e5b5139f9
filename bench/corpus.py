"""The development corpus, read in memory only: specimens never touch the disk in the clear."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from antivenom.store.sealed import SealedZip

HERE = Path(__file__).parent
CORPUS = Path(os.environ.get("BENCH_CORPUS") or HERE.parent.parent / "shared" / "corpus")
SPECIMENS = "malware-dev.zip"
ORDINARY = "benign-dev"
PARTS = ("study", "check")
"""What is opened and tuned on; what is only measured, and never listed."""
_INDEXES = ("malware-dev.csv", "benign-dev.csv")
_PASSWORD = b"infected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One archive of the corpus: what its csv says of it."""

    path: str
    sha256: str
    part: str
    """``study`` or ``check``."""
    stratum: str
    """``malware`` or a stratum of ordinary packages."""
    cluster: str = ""
    family: str = ""
    tags: tuple[str, ...] = ()
    filename: str = ""
    """Under which it is reviewed, where the file on disk is called otherwise."""

    @property
    def hostile(self) -> bool:
        """Whether it is a specimen."""
        return self.stratum == "malware"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerVerdict:
    """What the peers said of an archive; an archive they failed on has no verdict."""

    guarddog: float | None
    hexora: float | None
    hexora_high: bool


def present() -> bool:
    """Whether the corpus lies where it is looked for."""
    return all((CORPUS / name).is_file() for name in (*_INDEXES, SPECIMENS))


def malware() -> list[Sample]:
    """Return the malicious uploads."""
    return [
        Sample(
            path=row["path"],
            sha256=row["sha256"],
            part=row["part"],
            stratum="malware",
            cluster=row["cluster_id"],
            family=row["family_id"],
            tags=tuple(row["behaviour_tags"].split()),
        )
        for row in rows(CORPUS / "malware-dev.csv")
    ]


def benign() -> list[Sample]:
    """Return the ordinary packages."""
    return [
        Sample(path=row["filename"], sha256=row["sha256"], part=row["part"], stratum=row["stratum"])
        for row in rows(CORPUS / "benign-dev.csv")
    ]


def harmless(samples: list[Sample]) -> set[str]:
    """Return the clusters in which nothing hostile was seen: tagged so, or in noise.csv."""
    noise = {row["sha256"] for row in rows(HERE / "noise.csv")}
    return {s.cluster for s in samples if s.cluster and ("N" in s.tags or s.sha256 in noise)}


def explained() -> dict[tuple[str, str], str]:
    """Return why an ordinary hit is right: (rule, sha256) -> reason; ``*`` is every archive."""
    return {(row["rule"], row["sha256"]): row["reason"] for row in rows(HERE / "explained.csv")}


def peers() -> dict[str, PeerVerdict]:
    """Return the peers' verdicts on every archive, by sha256, as they were measured once."""
    return {
        row["sha256"]: PeerVerdict(
            guarddog=float(row["gd"]) if row["gd"] else None,
            hexora=float(row["hx"]) if row["hx"] else None,
            hexora_high=row["hx_high"] not in {"", "0"},
        )
        for row in rows(CORPUS / "peers-dev.csv")
    }


def open_specimens() -> SealedZip:
    """Open the archive of specimens."""
    return SealedZip(CORPUS / SPECIMENS, _PASSWORD)


def ordinary_path(sample: Sample) -> Path:
    """Return where an ordinary package lies; an absolute path stays what it is."""
    assert not sample.hostile
    return CORPUS / ORDINARY / sample.path


def read_malware(samples: list[Sample]) -> Iterator[tuple[Sample, bytes]]:
    """Yield specimens with their bytes, decrypted in memory."""
    archive = open_specimens()
    try:
        for sample in samples:
            yield sample, archive.read(sample.path)
    finally:
        archive.close()


def read_benign(samples: list[Sample]) -> Iterator[tuple[Sample, bytes]]:
    """Yield ordinary packages with their bytes."""
    for sample in samples:
        yield sample, ordinary_path(sample).read_bytes()


def data_hash() -> str:
    """Return a hash over the corpus' indexes: which data a measurement was made on."""
    total = hashlib.sha256()
    for name in _INDEXES:
        total.update((CORPUS / name).read_bytes())
    return total.hexdigest()[:12]


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a csv file."""
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
