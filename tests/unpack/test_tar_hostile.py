from __future__ import annotations

import gzip
import tarfile

import pytest

from antivenom.model.tree import MemberError, MemberKind
from tests.builders import archives as b
from tests.unpack.reading import content, kinds, opened, paths

GOOD = b"print('good')\n" * 3
EVIL = b"print('evil')\n" * 4


def tarred(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    return b.make_tar(entries)


def test_links_inside_read_as_their_target() -> None:
    data = tarred(
        b.entry("d/a.py", GOOD),
        b.entry("d/hard.py", kind=tarfile.LNKTYPE, link="d/a.py"),
        b.entry("d/soft.py", kind=tarfile.SYMTYPE, link="hard.py"),
        b.entry("d/loop", kind=tarfile.SYMTYPE, link="loop"),
    )
    tree = opened(data, "d.tar")
    assert kinds(tree) == {"link"}
    assert content(tree, "d/hard.py") == content(tree, "d/soft.py") == GOOD
    with pytest.raises(MemberError):
        content(tree, "d/loop")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "..\\..\\x", "C:\\x"])
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_that_lead_out(target: str, kind: bytes) -> None:
    tree = opened(tarred(b.entry("d/l", kind=kind, link=target)), "d.tar")
    assert kinds(tree) == {"link-escape"}
    assert tree.members[0].target == target


@pytest.mark.parametrize("kind", [b"V", b"D", b"Z"])
def test_types_that_python_does_not_know_are_files(kind: bytes) -> None:
    tree = opened(tarred(b.entry("d/setup.py", EVIL, kind=kind)), "d.tar")
    assert tree.members[0].kind is MemberKind.FILE
    assert content(tree, "d/setup.py") == EVIL
    assert "header-mismatch" in kinds(tree)


def test_an_incremental_backup_lists_its_folders() -> None:
    tree = opened(tarred(b.entry("d/", b"Ya.py\0", kind=b"D"), b.entry("d/a.py", GOOD)), "d.tar")
    assert [member.kind for member in tree.members] == [MemberKind.FOLDER, MemberKind.FILE]


def test_devices_and_pipes() -> None:
    data = tarred(*(b.entry(f"d/{k!r}", kind=k) for k in (tarfile.CHRTYPE, tarfile.FIFOTYPE)))
    tree = opened(data, "d.tar")
    assert kinds(tree) == {"device"}
    assert {m.kind for m in tree.members} == {MemberKind.DEVICE}


def test_sparse_in_both_dialects() -> None:
    pax = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "d/evil.py"}
    tree = opened(tarred(b.entry("d/GNUSparseFile.0/x", EVIL, pax=pax)), "d.tar")
    assert "sparse" in kinds(tree)
    assert paths(tree) == ["d/evil.py"]
    old = opened(b.sparse_gnu("d/big.bin", b"data" * 100, 1 << 32), "d.tar")
    assert kinds(old) == {"sparse"}
    assert content(old, "d/big.bin") == b"data" * 100


def test_traversal_absolute_duplicate_setuid() -> None:
    data = tarred(
        b.entry("../up.py", GOOD),
        b.entry("/abs.py", GOOD),
        b.entry("d/twice.py", GOOD),
        b.entry("d/twice.py", EVIL),
        b.entry("d/root", GOOD, mode=0o4755),
    )
    tree = opened(data, "d.tar")
    assert kinds(tree) == {"traversal", "absolute-path", "duplicate-name", "setuid"}
    assert content(tree, "d/twice#2.py") == EVIL


def test_pax_that_renames_for_no_reason() -> None:
    data = b.pax_block(path="d/evil.py") + b.raw_header("d/readme", len(EVIL)) + b.padded(EVIL)
    tree = opened(data + bytes(1024), "d.tar")
    assert paths(tree) == ["d/evil.py"]
    assert kinds(tree) == {"header-mismatch"}


def test_pax_size_that_hides_an_entry() -> None:
    tree = opened(b.tar_hidden_by_pax(GOOD, EVIL), "demo-1.0.tar")
    assert kinds(tree) == {"header-mismatch", "hidden-entry"}
    assert content(tree, "demo-1.0/secret.py") == EVIL


@pytest.mark.parametrize("zeros", [512, 1024, 10240])
def test_entries_behind_the_end(zeros: int) -> None:
    tree = opened(b.tar_behind_the_end(GOOD, EVIL, zeros), "demo-1.0.tar")
    assert kinds(tree) == {"hidden-entry"}
    assert content(tree, "demo-1.0/secret.py") == EVIL


def test_bytes_behind_the_end() -> None:
    tree = opened(b.make_tar({"d/a.py": GOOD}) + b"stowaway", "d.tar")
    assert kinds(tree) == {"trailing-data"}


def test_a_second_gzip_member_that_some_clients_do_not_read() -> None:
    tar = b.make_tar({"d/a.py": GOOD, "d/b.py": EVIL})
    data = gzip.compress(tar[:1024]) + gzip.compress(tar[1024:])
    tree = opened(data, "d.tar.gz")
    assert paths(tree) == ["d/a.py", "d/b.py"]
    assert kinds(tree) == {"hidden-entry"}


def test_bytes_behind_the_stream() -> None:
    data = b.sdist({"setup.py": GOOD})
    assert kinds(opened(data + b"more", "demo.tar.gz")) == {"trailing-data"}
    assert kinds(opened(data + bytes(512), "demo.tar.gz")) == set()


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "zst"])
def test_what_precedes_the_cut_is_given(how: str) -> None:
    noise = b"".join(str(n * n).encode() for n in range(200_000))
    data = b.sdist({"setup.py": GOOD, "z.bin": noise}, compress=how)
    tree = opened(data[: len(data) // 2], "demo-1.0.tar.gz")
    if how not in ("bz2", "xz"):
        assert content(tree, "demo-1.0/setup.py") == GOOD
    assert "truncated" in kinds(tree)
    assert tree.losses


def test_a_wrong_checksum_of_the_stream() -> None:
    data = bytearray(b.sdist({"setup.py": GOOD}))
    data[-8] ^= 1
    tree = opened(bytes(data), "demo-1.0.tar.gz")
    assert content(tree, "demo-1.0/setup.py") == GOOD
    assert "checksum" in kinds(tree)
    assert tree.losses


def test_damage_between_headers_hides_nothing() -> None:
    first = b.raw_header("d/a.py", len(GOOD)) + b.padded(GOOD)
    second = b.raw_header("d/evil.py", len(EVIL)) + b.padded(EVIL)
    tree = opened(first + b"\x01" * 512 + second + bytes(1024), "d.tar")
    assert paths(tree) == ["d/a.py", "d/evil.py"]
    assert {"unreadable", "hidden-entry"} <= kinds(tree)
    assert tree.losses


def test_a_cut_off_member_gives_what_is_there() -> None:
    tree = opened(b.raw_header("d/a.py", 5000) + GOOD, "d.tar")
    assert "truncated" in kinds(tree)
    with pytest.raises(MemberError) as caught:
        tree.members[0].read()
    assert caught.value.data == GOOD
