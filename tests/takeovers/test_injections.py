"""What the injections are: many, different, harmless, and where they say they are."""

from __future__ import annotations

import ast
import io
import re
import tarfile
import zipfile

import pytest

from tests.takeovers.incident import SHARED, pairs
from tests.takeovers.incidents import INCIDENTS, taken_over
from tests.takeovers.release import Release

_HOST = re.compile(rb"(?:https?|stratum\+tcp)://([^/\s'\":]+)")
_OURS = re.compile(rb"\.(invalid|example)$|^198\.51\.100\.\d+$|\$\(|\{")


def test_there_are_many_and_their_names_differ() -> None:
    assert len(INCIDENTS) >= 30
    assert len({incident.id for incident in INCIDENTS}) == len(INCIDENTS)
    assert len({incident.project for incident in INCIDENTS}) >= 25


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus is not here")
def test_every_injection_is_in_the_archive_that_is_reviewed() -> None:
    for taken in taken_over():
        kept = _members(taken.new)
        assert taken.altered, taken.incident.id
        assert all(any(name.endswith(path) for name in kept) for path in taken.altered)
        assert not any(path in _members(taken.old) for path in taken.altered if path not in kept)


def _members(archive: bytes) -> set[str]:
    if archive[:2] == b"PK":
        return set(zipfile.ZipFile(io.BytesIO(archive)).namelist())
    return set(tarfile.open(fileobj=io.BytesIO(archive)).getnames())


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus is not here")
def test_injected_texts_use_reserved_hosts_only() -> None:
    known = {pair.name: pair for pair in pairs()}
    for incident in INCIDENTS:
        release = Release(known[incident.project].new)
        if incident.source:
            release.as_source()
        incident.inject(release)
        for path, lines in release.altered().items():
            data = release.members[path]
            if path.endswith(".py"):
                ast.parse(data)
            chosen = data.splitlines()
            added = b"\n".join(chosen[n - 1] for n in sorted(lines)) if lines else data
            for host in _HOST.findall(added):
                assert _OURS.search(host), (incident.id, path, host)
