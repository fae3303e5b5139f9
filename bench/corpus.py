"""The development corpus, read in memory only: specimens never touch the disk in the clear."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent.parent.parent / "shared" / "corpus"
_PASSWORD = b"infected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One archive of the corpus: what its csv says of it, and how to get its bytes."""

    path: str
    sha256: str
    part: str
    """``study`` or ``check``."""
    stratum: str
    """``malware`` or a stratum of ordinary packages."""
    cluster: str = ""
    family: str = ""
    tags: tuple[str, ...] = ()


def malware() -> list[Sample]:
    """Return the malicious uploads."""
    with (CORPUS / "malware-dev.csv").open(newline="") as file:
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
            for row in csv.DictReader(file)
        ]


def benign() -> list[Sample]:
    """Return the ordinary packages."""
    with (CORPUS / "benign-dev.csv").open(newline="") as file:
        return [
            Sample(
                path=row["filename"],
                sha256=row["sha256"],
                part=row["part"],
                stratum=row["stratum"],
            )
            for row in csv.DictReader(file)
        ]


def read_malware(samples: list[Sample]) -> Iterator[tuple[Sample, bytes]]:
    """Yield specimens with their bytes, decrypted in memory."""
    import pyzipper

    with pyzipper.AESZipFile(CORPUS / "malware-dev.zip") as archive:
        archive.setpassword(_PASSWORD)
        for sample in samples:
            yield sample, archive.read(sample.path)


def read_benign(samples: list[Sample]) -> Iterator[tuple[Sample, bytes]]:
    """Yield ordinary packages with their bytes."""
    for sample in samples:
        yield sample, (CORPUS / "benign-dev" / sample.path).read_bytes()


def data_hash() -> str:
    """Return a hash over the corpus' indexes: which data a measurement was made on."""
    total = hashlib.sha256()
    for name in ("malware-dev.csv", "benign-dev.csv"):
        total.update((CORPUS / name).read_bytes())
    return total.hexdigest()[:12]
