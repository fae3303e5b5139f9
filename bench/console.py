"""How long the console's pages take when there is much to show, on a database of our own making.

100,000 reviews, one in twenty of them not clean, three in five of those decided; a million rows of
uploads beside them; registries that quarantined some. Time is that of the server, from the request
to the last byte, signed in, one request after another.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from litestar.testing import TestClient
from sqlalchemy import Table as Rows
from sqlalchemy import insert, select, text
from tests.builders.archives import sdist
from tests.report.builders import thief

from antivenom.model.moments import stamp
from antivenom.service import reviews as verdicts
from antivenom.service.access import tokens, users
from antivenom.service.app import make_app
from antivenom.service.casework.opening import glance
from antivenom.service.casework.ranking import rank
from antivenom.service.clock import SystemClock
from antivenom.service.console import overview_page
from antivenom.service.settings import Settings
from antivenom.session import Reviewed
from antivenom.store import Store, open_store, packing, tallying
from antivenom.store.blobs import Blobs
from antivenom.store.schema_cases import audit, case_keys, case_reviews, cases, decisions
from antivenom.store.schema_uploads import findings, registry_events, reviews, uploads
from bench.tables import Table

PROMISED_MS = 200
_EVERY, _BATCH = 20, 5_000
_PATHS = (
    ("queue", "/"),
    ("queue, another page", "/?after={after}"),
    ("queue, the last page", "/?after={last}"),
    (
        "queue, filtered by all",
        "/?verdict=suspicious&activation=import&kind=malware&ecosystem=pypi",
    ),
    ("queue, part of a name", "/?activation=import&text=mal"),
    ("queue, a name nobody has", "/?text=nobody-has-this"),
    ("queue, held by somebody", "/?holder=bench"),
    ("queue, one rule", "/?rule=exfiltration%2Fsends-credentials"),
    ("queue, one campaign", "/?campaign=host%3Awave.invalid"),
    ("queue, second opinion", "/?view=second"),
    ("queue, not read", "/?view=unread"),
    ("queue, decided", "/?view=decided"),
    ("queue, decided, deep", "/?view=decided&after={ruled}"),
    ("queue, decided, one rule", "/?view=decided&rule=family%2Frule-3&decision=not-malicious"),
    ("what changed (polled)", "/live?cases=1,2,3"),
    ("case", "/cases/{case}"),
    ("case of a campaign", "/cases/{together}"),
    ("whole file", "/reviews/{kept}/file?place=1"),
    ("whole file, its last page", "/reviews/{kept}/file?place=1&line=90000"),
    ("files of an upload", "/reviews/{kept}/file"),
    ("reviews", "/reviews"),
    ("reviews, deep", "/reviews?before={deep}"),
    ("reviews, by project", "/reviews?q=mal5000"),
    ("reviews, by the beginning of a name", "/reviews?q=fine1*"),
    ("reviews, by a name nobody has", "/reviews?q=nobody-has-this"),
    ("reviews, by the beginning of a hash", "/reviews?q=abcdef12"),
    ("reviews, by verdict", "/reviews?verdict=suspicious"),
    ("reviews, by verdict and name", "/reviews?verdict=malicious&q=mal*"),
    ("review without a case", "/reviews/{clean}"),
    ("overview", "/overview"),
    ("silenced", "/suppressions"),
    ("silenced, all", "/suppressions?all=1"),
    ("record", "/audit"),
    ("record, deep", "/audit?before=200"),
    ("record of one case", "/audit?object=case%3A6"),
)


def pages(*, count: int = 100_000, rows: int = 1_000_000, times: int = 9) -> Table:
    """Return how long each page takes: asked for the first time, and again."""
    with tempfile.TemporaryDirectory() as folder, open_store(str(Path(folder) / "s.db")) as store:
        fill(store, count, rows)
        found = list(measured(store, folder, times))
    worst = max(found, key=lambda one: one[1][0])
    note = (
        f"{count:,} reviews, {count // _EVERY:,} of them not clean, {rows:,} uploads, SQLite. "
        f"Milliseconds of the server; promised are {PROMISED_MS}. The first hit of each page is "
        "in a process that has shown no page of its kind. "
        f"Worst: {worst[0]}, {worst[1][0]:,.0f} at first."
    )
    return Table(
        title="Pages of the console",
        header=("page", "first", "median after", "slowest after"),
        rows=[(name, *_shown(taken)) for name, taken in found],
        notes=(note,),
    )


def measured(store: Store, folder: str, times: int) -> Iterator[tuple[str, list[float]]]:
    """Yield the milliseconds of each page."""
    settings = msgspec.convert({"data": folder, "requests-per-minute": 1_000_000}, Settings)
    now, key_of_bench = SystemClock().now(), os.urandom(12).hex()
    with store.writing() as connection:
        user = users.add(connection, "bench", "admin", now=now, password=key_of_bench)
        key = tokens.make(connection, user, "bench", ("read",), now=now, days=1)[1]
    given = _given(store) | {"kept": _kept(store, settings, now)}
    headers = {"authorization": f"Bearer {key}", "accept": "text/html"}
    app = make_app(store, settings)
    with TestClient(app, base_url="http://127.0.0.1:8470") as client:
        client.headers.update(headers)
        # As the service does when it starts.
        overview_page.prepare(store, now)
        app.state.viewer.prepare(wait=True)
        for name, path in _PATHS:
            taken = []
            for n in range(times + 1):
                # The figures that are kept for a while are counted anew each time.
                if n:
                    app.state.pop("overview_figures", None)
                begun = time.perf_counter()
                answer = client.get(path.format(**given))
                taken.append((time.perf_counter() - begun) * 1000)
                assert answer.status_code == 200, (path, answer.status_code)
            yield name, taken


def fill(store: Store, count: int, rows: int) -> None:
    """Put reviews, cases, decisions and uploads into an empty database."""
    now = SystemClock().now()
    bad = packing.pack(thief())
    plain = packing.pack(msgspec.structs.replace(thief(), findings=(), reasons=()))
    evidence = msgspec.json.encode(glance(thief())).decode()
    _put(store, reviews, count, lambda n: _review(n, now, bad if _is_bad(n) else plain))
    flagged = [n for n in range(count) if _is_bad(n)]
    some = len(flagged)
    _put(store, cases, some, lambda i: _case(i, flagged[i], now, evidence))
    _put(store, case_reviews, some, lambda i: _case_review(i, flagged[i], now, evidence))
    _put(store, case_keys, some, lambda i: {"case": i + 1, "kind": "host", "value": _campaign(i)})
    _put(store, findings, some * 3, lambda i: _finding(i, flagged[i // 3]))
    ruled = [i for i in range(some) if i % 5 < 3]
    _put(store, decisions, len(ruled), lambda i: _decision(ruled[i], now))
    _put(store, audit, len(ruled), lambda i: _act(ruled[i], now))
    _put(store, registry_events, some, lambda i: _event(i, flagged[i], now))
    _put(store, uploads, rows, lambda n: _upload(n, count, now))
    with store.writing() as connection:
        tallying.recount(connection)
        connection.execute(text("analyze"))


def _put(store: Store, table: Rows, count: int, row: Callable[[int], dict[str, Any]]) -> None:
    for first in range(0, count, _BATCH):
        made = [row(n) for n in range(first, min(first + _BATCH, count))]
        with store.writing() as connection:
            connection.execute(insert(table), made)


def _is_bad(n: int) -> bool:
    return n % _EVERY == 0


def _sha(n: int) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()


def _at(n: int, now: datetime.datetime) -> str:
    """Return a moment of the last two weeks."""
    return stamp(now - datetime.timedelta(seconds=(n * 7919) % (14 * 86_400)))


def _name(n: int) -> str:
    return f"mal{n}" if _is_bad(n) else f"fine{n % 40_000}"


def _verdict(n: int) -> str:
    return ("malicious", "suspicious", "suspicious", "inconclusive")[n // _EVERY % 4]


def _review(n: int, now: datetime.datetime, document: bytes) -> dict[str, Any]:
    return {
        "id": _sha(n),
        "sha256": _sha(n),
        "purl": f"pkg:pypi/{_name(n)}@1.{n}",
        "ecosystem": "pypi",
        "project": _name(n),
        "version": f"1.{n}",
        "filename": f"{_name(n)}-1.{n}.tar.gz",
        "size": 9_000,
        "verdict": _verdict(n) if _is_bad(n) else "clean",
        "score": 0.95 if _is_bad(n) else 0.01,
        "reason": "reads credential files and sends them" if _is_bad(n) else "",
        "made_at": _at(n, now),
        "document": document,
        "members": _MEMBERS,
    }


_MEMBERS = packing.pack({"setup.py": "0" * 64})


def _campaign(i: int) -> str:
    return "wave.invalid" if i % 50 == 3 else f"h{i}.invalid"


def _case(i: int, n: int, now: datetime.datetime, evidence: str) -> dict[str, Any]:
    ruled = i % 5 < 3
    score, popular = 0.5 + (i % 50) / 100, i if i % 97 == 0 else 0
    runs = ("startup", "install", "build", "import", "call")[i % 5]
    return {
        "id": i + 1,
        "ecosystem": "pypi",
        "project": _name(n),
        "version": f"1.{n}",
        "state": "decided" if ruled else "open",
        "verdict": _verdict(n),
        "score": score,
        "reason": "reads credential files and sends them",
        "activation": runs,
        "kind": "malware",
        "rule": "exfiltration/sends-credentials",
        "evidence": evidence,
        "review": _sha(n),
        "publisher": f"who{i % 500}",
        "campaign": f"host:{_campaign(i)}" if i % 50 == 3 else "",
        "files": 1,
        "popular": popular,
        "rank": rank(verdict=_verdict(n), popular=popular, activation=runs, score=score),
        "opened_at": _at(n, now),
        "updated_at": _at(n, now),
        "decision": ("malicious" if i % 5 else "not-malicious") if ruled else "",
        "decided_at": _at(n + 1, now) if ruled else "",
        "decided_by": "ada" if ruled else "",
    }


def _case_review(i: int, n: int, now: datetime.datetime, evidence: str) -> dict[str, Any]:
    return {
        "case": i + 1,
        "review": _sha(n),
        "added_at": _at(n, now),
        "sha256": _sha(n),
        "filename": f"{_name(n)}-1.{n}.tar.gz",
        "current": 1,
        "verdict": _verdict(n),
        "score": 0.9,
        "evidence": evidence,
    }


def _finding(i: int, n: int) -> dict[str, Any]:
    return {
        "review": _sha(n),
        "n": i % 3,
        "rule": f"family/rule-{(i * 7) % 90}",
        "severity": "critical",
        "state": "enabled",
        "activation": "import",
        "weight": 0.9,
        "member": "setup.py",
        "line": 3,
        "member_sha256": _sha(n),
    }


def _decision(i: int, now: datetime.datetime) -> dict[str, Any]:
    said = "malicious" if i % 5 else "not-malicious"
    return {"case": i + 1, "decision": said, "author": "ada", "at": _at(i, now), "key": f"k{i}"}


def _act(i: int, now: datetime.datetime) -> dict[str, Any]:
    return {"at": _at(i, now), "actor": "ada", "act": "case.decide", "object": f"case:{i + 1}"}


def _event(i: int, n: int, now: datetime.datetime) -> dict[str, Any]:
    what = ("quarantined", "removed", "created", "owner-added")[i % 4]
    name = _name(n) if i % 3 else f"fine{i}"
    at = stamp(now)
    return {
        "ecosystem": "pypi",
        "serial": i,
        "project": name,
        "what": what,
        "action": what,
        "at": at,
        "seen_at": at,
    }


def _upload(n: int, count: int, now: datetime.datetime) -> dict[str, Any]:
    at = _at(n, now)
    return {
        "ecosystem": "pypi",
        "project": _name(n),
        "version": f"1.{n}",
        "filename": f"{_name(n)}-1.{n}.tar.gz",
        "serial": n + 1,
        "source": "feed",
        "sha256": _sha(n) if n < count else "",
        "publisher": f"who{n % 500}",
        "seen_at": at,
        "state": "done",
        "review": _sha(n) if n < count else "",
        "reviewed_at": at,
        "latency": 3.0 + n % 17,
    }


def _kept(store: Store, settings: Settings, now: datetime.datetime) -> str:
    """Keep the bytes of one more upload, with a file of 90,000 lines; return its review."""
    text = "".join(f"value_{n} = {n}\n" for n in range(90_000))
    data = sdist({"big/__init__.py": text}, name="big")
    Blobs(settings.blobs_url).put(data)
    made = thief()
    spans = tuple(
        msgspec.structs.replace(one, member="big-1.0/big/__init__.py", layer=0)
        for one in made.findings[0].spans
    )
    made = msgspec.structs.replace(
        made,
        artifact=msgspec.structs.replace(
            made.artifact, sha256=hashlib.sha256(data).hexdigest(), filename="big-1.0.tar.gz"
        ),
        findings=(msgspec.structs.replace(made.findings[0], spans=spans),),
    )
    with store.writing() as connection:
        return verdicts.record(connection, None, Reviewed(review=made, members={}), stamp(now))


def _given(store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        one = cases.c.state == "open"
        first = select(cases.c.id).where(one).order_by(cases.c.rank.desc())
        middle = connection.execute(
            select(cases.c.rank, cases.c.id).where(one).order_by(cases.c.rank.desc()).limit(400)
        ).all()
        together = select(cases.c.id).where(one, cases.c.campaign != "").limit(1)
        return {
            "after": f"{middle[-1].rank}~{middle[-1].id}",
            "case": connection.scalar(first.limit(1)),
            "together": connection.scalar(together),
            "last": f"0.0~{middle[-1].id}",
            "ruled": f"{stamp(_days_ago(7))}~1",
            "deep": f"{stamp(_days_ago(10))}~{_sha(1)}",
            "clean": _sha(1),
        }


def _days_ago(days: int) -> datetime.datetime:
    return SystemClock().now() - datetime.timedelta(days=days)


def _shown(taken: list[float]) -> tuple[str, str, str]:
    after = taken[1:]
    return f"{taken[0]:,.0f}", f"{statistics.median(after):,.0f}", f"{max(after):,.0f}"
