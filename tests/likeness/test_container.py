from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.errors import ConfigError
from antivenom.likeness import Index, container
from antivenom.likeness.container import Container
from antivenom.likeness.making import make

DATA = container.pack(
    "demo", {"a": container.numbers("Q", [1, 2**63]), "b": b"xyz", "c": container.numbers("I", [])}
)


def test_arrays_come_back(tmp_path: Path) -> None:
    path = tmp_path / "demo.bin"
    container.write(path, DATA)
    held = Container.open(path, "demo")
    assert list(held.numbers("a")) == [1, 2**63]
    assert bytes(held.bytes("b")) == b"xyz"
    assert len(held.numbers("c")) == 0


def test_the_digest_is_that_of_the_content() -> None:
    other = container.pack("demo", {"a": container.numbers("Q", [1, 2]), "b": b"xyz"})
    assert Container.of(memoryview(DATA), "demo").header.digest != (
        Container.of(memoryview(other), "demo").header.digest
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"AVLIKE03", b"other bytes, many of them", DATA[:40], DATA[:-9], DATA[:16] + b"{}" * 200],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match="not a demo file"):
        Container.of(memoryview(data), "demo")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo.bin"
    path.write_bytes(DATA)
    with pytest.raises(ConfigError, match="it is a demo file"):
        Index.open(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be opened"):
        Index.open(tmp_path / "none")


def test_an_empty_index_knows_nothing() -> None:
    found = Index.of(make([], ()))
    assert len(found) == 0
    assert found.artifact("0" * 64) is None
    assert found.file("0" * 64) is None
