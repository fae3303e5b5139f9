"""npm measured: the corpus' units, labelled install scripts, ordinary packages of npm's cache.

    python -m bench npm --write    all of it; writes its section of docs/benchmarks.md
    python -m bench npm --quick    no ordinary packages
    python -m bench npm --peer     run GuardDog again on a share of the ordinary ones (ten minutes)

Ordinary packages are those of `npm-ordinary.lock` that npm's cache on this machine holds: they were
brought there once by ``npm install --ignore-scripts`` of three large applications.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import statistics
import tarfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from antivenom.intake.files import from_bytes
from antivenom.judge import Knowledge, load_knowledge
from antivenom.model.context import Context
from antivenom.pipeline import judge, observe
from antivenom.store.sealed import SealedZip
from bench import corpus, measure, npm_peer, page
from bench.corpus import CORPUS, HERE, rows

SPECIMENS = CORPUS / "malware-npm-dev.zip"
HOOKS = CORPUS / "npm-hooks-dev.jsonl"
LABELS = HERE / "npm_hooks.csv"
ORDINARY = HERE / "npm-ordinary.lock"
EXPLAINED = HERE / "npm_explained.csv"
CACHE = Path(os.environ.get("BENCH_NPM_CACHE") or Path.home() / ".npm")
_PASSWORD = b"infected"
_BEGIN = "<!-- bench npm: begin; written by `python -m bench npm --write`, do not edit -->\n"
_END = "<!-- bench npm: end -->\n"
_REPAIRED = "1.95.8"
_HIJACKED = "1.95.7"
_HELD = ("malicious", "suspicious")
_BUNDLE = 3 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One unit reviewed."""

    name: str
    verdict: str
    cpu_ms: float
    rules: tuple[str, ...] = ()
    label: str = ""
    sha256: str = ""
    size: int = 0
    version: str = ""


def present() -> bool:
    """Whether the npm part of the corpus lies where it is looked for."""
    return SPECIMENS.is_file() and HOOKS.is_file()


def review(data: bytes, filename: str, known: Knowledge, label: str = "") -> Outcome:
    """Review bytes and return what came out."""
    began = time.process_time()
    profile = observe(from_bytes(data, filename))
    found = judge(profile, Context(), known)
    return Outcome(
        name=filename,
        verdict=found.verdict.value,
        cpu_ms=(time.process_time() - began) * 1000,
        rules=tuple(dict.fromkeys(f.rule for f in found.findings)),
        label=label,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )


def tarball(files: Mapping[str, bytes]) -> bytes:
    """Pack files as npm does."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


# --------------------------------------------------------------------------- the corpus


def units() -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of each unit of the corpus: tarballs, files, and one pair of files."""
    sealed = SealedZip(SPECIMENS, _PASSWORD)
    names = sorted(sealed.names())
    pair: dict[str, bytes] = {}
    for name in names:
        base = name.rpartition("/")[2]
        if base == "README.txt":
            continue
        if "depe-tool" in name:
            pair[base] = sealed.read(name)
        else:
            yield (
                base if name.endswith(".tgz") else name.split("/")[1] + "-" + base,
                sealed.read(name),
            )
    yield "depe-tool.tgz", tarball(pair)
    sealed.close()


def specimens(known: Knowledge) -> list[Outcome]:
    """Review every unit; the repaired release is labelled so."""
    found = []
    for name, data in units():
        label = "repaired" if _REPAIRED in name else "hostile"
        found.append(review(data, name, known, label))
    return found


def takeover(known: Knowledge) -> tuple[str, tuple[str, ...]]:
    """Compare the hijacked release with the repaired one: verdict, rules that find what is new."""
    named = {name: data for name, data in units() if _HIJACKED in name or _REPAIRED in name}
    old = next(data for name, data in named.items() if _REPAIRED in name)
    new = next(data for name, data in named.items() if _HIJACKED in name)
    baseline = observe(from_bytes(old, "index.js"))
    found = judge(observe(from_bytes(new, "index.js")), Context(baseline=baseline), known)
    return found.verdict.value, tuple(f.rule for f in found.findings if f.change == "new")


# --------------------------------------------------------------------------- install scripts


def labels() -> dict[str, tuple[str, str]]:
    """Return sha256 of a script -> (label, reason)."""
    return {row["sha256"]: (row["label"], row["reason"]) for row in rows(LABELS)}


def hooks(known: Knowledge | None = None) -> list[Outcome]:
    """Review a package for each labelled script, distinct ones once."""
    book = known or load_knowledge()
    named = labels()
    found: dict[str, Outcome] = {}
    for line in HOOKS.read_text("utf-8").splitlines():
        row = json.loads(line)
        key = hashlib.sha256(f"{row['script']}\0{row['command']}".encode()).hexdigest()
        if key not in named or key in found:
            continue
        manifest = {"name": "demo", "version": "1.0.0", "scripts": {row["script"]: row["command"]}}
        data = tarball({"package.json": json.dumps(manifest).encode()})
        outcome = review(data, "demo-1.0.0.tgz", book, named[key][0])
        found[key] = Outcome(
            name=row["script"], verdict=outcome.verdict, cpu_ms=outcome.cpu_ms,
            rules=outcome.rules, label=outcome.label, sha256=key,
        )  # fmt: skip
    return list(found.values())


# --------------------------------------------------------------------------- ordinary packages


def cached() -> Iterator[tuple[str, str, str, Path]]:
    """Yield (name, version, integrity, place) of every tarball in npm's cache."""
    for index in sorted((CACHE / "_cacache" / "index-v5").rglob("*")):
        if not index.is_file():
            continue
        for line in index.read_text("utf-8", "replace").splitlines():
            entry = _entry(line.partition("\t")[2])
            if entry is not None:
                yield entry


def _entry(text: str) -> tuple[str, str, str, Path] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    key, integrity = str(found.get("key", "")), found.get("integrity")
    if not key.endswith(".tgz") or "/-/" not in key or not integrity:
        return None
    address, _, file = key.partition("/-/")
    name = "/".join(address.split("://")[-1].split("/")[1:])
    version = file.removesuffix(".tgz").removeprefix(name.rpartition("/")[2] + "-")
    algorithm, _, digest = str(integrity).split()[0].partition("-")
    plain = base64.b64decode(digest.split("?")[0]).hex()
    place = CACHE / "_cacache" / "content-v2" / algorithm / plain[:2] / plain[2:4] / plain[4:]
    return (name, version, str(integrity), place) if place.is_file() else None


def ordinary(known: Knowledge) -> list[Outcome]:
    """Review the listed packages that the cache holds; list them all when there is no list yet."""
    have = {(name, version): (integrity, place) for name, version, integrity, place in cached()}
    if not ORDINARY.is_file():
        _list(have)
    samples = []
    for row in rows(ORDINARY):
        held = have.get((row["name"], row["version"]))
        if held is not None and held[0] == row["integrity"]:
            samples.append(_sample(row, held[1]))
    return [
        Outcome(
            name=one.sample.filename,
            verdict=one.outcome.verdict,
            cpu_ms=one.outcome.cpu * 1000,
            rules=tuple(dict.fromkeys(hit.rule for hit in one.outcome.hits if hit.weight >= 0.5)),
            label=one.sample.cluster,
            size=Path(one.sample.path).stat().st_size,
            version=one.sample.filename.removesuffix(".tgz")[
                len(one.sample.cluster.rpartition("/")[2]) + 1 :
            ],
        )
        for one in measure.measure(samples, known)
    ]


def _sample(row: Mapping[str, str], place: Path) -> corpus.Sample:
    return corpus.Sample(
        path=str(place),
        sha256=hashlib.sha256(place.read_bytes()).hexdigest(),
        part="",
        stratum="npm",
        cluster=row["name"],
        filename=f"{row['name'].rpartition('/')[2]}-{row['version']}.tgz",
    )


def _list(have: Mapping[tuple[str, str], tuple[str, Path]]) -> None:
    with ORDINARY.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["name", "version", "integrity"])
        writer.writerows([n, v, integrity] for (n, v), (integrity, _) in sorted(have.items()))


def explained() -> dict[str, str]:
    """Return why an ordinary package is flagged: name -> reason."""
    return {row["name"]: row["reason"] for row in rows(EXPLAINED)} if EXPLAINED.is_file() else {}


def record_peer() -> None:
    """Run GuardDog on a share of the ordinary packages and keep its answers."""
    places = {(name, version): place for name, version, _, place in cached()}
    npm_peer.record([(row["name"], row["version"]) for row in rows(ORDINARY)], places)


def _peer_text(found: list[Outcome]) -> str:
    return npm_peer.text({(o.label, o.version): (o.verdict, o.cpu_ms / 1000) for o in found})


def bundle() -> bytes:
    """Return a minified bundle of three megabytes; one function in twenty reads or fetches."""
    plain = (
        "function a%d(e,t){var n=e.length,r=[];for(var o=0;o<n;o++)r.push(t?e[o].x%d*2:e[o].y);"
        "return r.map(function(i){return i+%d}).join(',')}"
    )
    acts = (
        "function b%d(e,t){var n=require('fs');return t?n.readFileSync(e+'%d'):fetch('/api/'+e)"
        ".then(function(r){return r.json()}).then(function(o){return a%d(o,!1)})}"
    )
    pieces: list[str] = []
    size = number = 0
    while size < _BUNDLE:
        pieces.append((acts if number % 20 == 0 else plain) % (number, number, number))
        size += len(pieces[-1])
        number += 1
    return "".join(pieces).encode()


# --------------------------------------------------------------------------- the page


def whole(*, quick: bool, write: bool) -> str:
    """Measure everything; return the text of the section, written into the page on request."""
    text = _text(load_knowledge(), quick=quick)
    if write:
        _write(text)
    return text


def _text(known: Knowledge, *, quick: bool) -> str:
    parts = [
        "## npm\n",
        _specimen_text(specimens(known)),
        _diff_text(known),
        _hook_text(hooks(known)),
    ]
    if not quick:
        found = ordinary(known)
        parts += [_ordinary_text(found), _peer_text(found)]
    large = review(tarball({"package.json": b'{"name": "demo"}', "index.js": bundle()}),
                   "demo.tgz", known)  # fmt: skip
    parts.append(f"A minified bundle of 3 MB: {large.cpu_ms / 1000:.1f} s of processor time [3].\n")
    return "\n".join(parts)


def _specimen_text(found: list[Outcome]) -> str:
    hostile = [one for one in found if one.label == "hostile"]
    repaired = [one for one in found if one.label == "repaired"]
    counts = Counter(one.verdict for one in hostile)
    held = sum(counts[verdict] for verdict in _HELD)
    state = ", ".join(one.verdict for one in repaired)
    return (
        f"Corpus: {held} of {len(hostile)} hostile units suspicious or worse, "
        f"{counts['malicious']} of them malicious [15]; the repaired release is {state}.\n"
    )


def _diff_text(known: Knowledge) -> str:
    verdict, rules = takeover(known)
    return (
        f"Compared with the repaired release, the hijacked one is {verdict}: {', '.join(rules)}.\n"
    )


def _hook_text(found: list[Outcome]) -> str:
    lines = ["| install scripts | distinct | malicious | suspicious | clean |",
             "| --- | --- | --- | --- | --- |"]  # fmt: skip
    for label in ("attack", "unsafe", "unclear", "ordinary"):
        counts = Counter(one.verdict for one in found if one.label == label)
        lines.append(
            f"| {label} | {counts.total()} | {counts['malicious']} | {counts['suspicious']} "
            f"| {counts['clean']} |"
        )
    return "\n".join(lines) + "\n"


def _ordinary_text(found: list[Outcome]) -> str:
    if not found:
        return "Ordinary packages: none in npm's cache on this machine.\n"
    counts = Counter(one.verdict for one in found)
    times = sorted(one.cpu_ms for one in found)
    reasons = explained()
    lines = [
        f"Ordinary packages: {len(found)}; malicious {counts['malicious']}, suspicious "
        f"{counts['suspicious']} ({counts['suspicious'] / len(found):.2%}) [0.5 %], inconclusive "
        f"{counts['inconclusive']}. CPU median {statistics.median(times):.0f} ms [40], "
        f"p95 {times[int(len(times) * 0.95)]:.0f} ms, worst {times[-1]:.0f} ms.\n",
        "| package | verdict | rules | why |",
        "| --- | --- | --- | --- |",
    ]
    for one in found:
        if one.verdict != "clean":
            why = reasons.get(one.label, "not explained")
            lines.append(f"| {one.label} | {one.verdict} | {', '.join(one.rules[:3])} | {why} |")
    return "\n".join(lines) + "\n"


def _write(text: str) -> None:
    found = page.PAGE.read_text("utf-8")
    if _BEGIN not in found:
        found += f"\n{_BEGIN}{_END}"
    page.PAGE.write_text(page.between(found, text, _BEGIN, _END), encoding="utf-8")
