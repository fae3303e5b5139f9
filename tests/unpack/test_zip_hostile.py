from __future__ import annotations

import struct

import pytest

from antivenom.model.tree import AnomalyKind, MemberError, MemberKind
from tests.builders import archives as b
from tests.builders.archives import Part
from tests.unpack.reading import content, kinds, opened, paths

GOOD = b"print('good')\n" * 3
EVIL = b"print('evil')\n" * 4


def test_duplicates_are_both_readable_and_numbered() -> None:
    tree = opened(b.make_zip([("a/setup.py", GOOD), ("a/setup.py", EVIL), ("a/setup.py", b"3")]))
    assert paths(tree) == ["a/setup.py", "a/setup#2.py", "a/setup#3.py"]
    assert [m.given for m in tree.members] == ["", "a/setup.py", "a/setup.py"]
    assert content(tree, "a/setup#2.py") == EVIL
    assert kinds(tree) == {"duplicate-name"}


@pytest.mark.parametrize("other", ["Demo.py", "demo.PY"])
def test_names_that_differ_by_case(other: str) -> None:
    assert kinds(opened(b.make_zip({"demo.py": GOOD, other: EVIL}))) == {"case-collision"}


def test_names_that_differ_by_unicode_form() -> None:
    assert "case-collision" in kinds(opened(b.make_zip({"caf\u00e9": "", "cafe\u0301": ""})))


def test_a_local_name_of_its_own_is_a_second_member() -> None:
    tree = opened(b.zip_parts([Part(name=b"readme.txt", local_name=b"setup.py", data=EVIL)]))
    assert paths(tree) == ["readme.txt", "setup.py"]
    assert content(tree, "setup.py") == EVIL
    assert kinds(tree) == {"header-mismatch", "hidden-entry"}


@pytest.mark.parametrize(
    "lie",
    [
        {"local_size": 1}, {"local_packed": 3}, {"local_crc": 7}, {"local_method": 0},
    ],
)  # fmt: skip
def test_headers_that_disagree(lie: dict[str, int]) -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD, **lie)]))  # type: ignore[arg-type]
    assert "header-mismatch" in kinds(tree)
    assert content(tree, "a.py") == GOOD


def test_an_entry_only_a_front_to_back_reader_sees() -> None:
    parts = [Part(name=b"a.py", data=GOOD), Part(name=b"evil.py", data=EVIL, listed=False)]
    tree = opened(b.zip_parts(parts))
    assert kinds(tree) == {"unlisted-bytes", "hidden-entry"}
    assert content(tree, "evil.py") == EVIL


def test_an_entry_inside_the_bytes_of_another() -> None:
    inner = b.zip_parts([Part(name=b"evil.py", data=EVIL)])
    body = b"xx" + inner
    tree = opened(b.zip_parts([Part(name=b"a.bin", data=body, method=0, local_packed=2)]))
    assert "hidden-entry" in kinds(tree)
    assert content(tree, "evil.py") == EVIL


def test_a_hidden_entry_without_sizes_is_measured() -> None:
    hidden = Part(
        name=b"evil.py", data=EVIL, listed=False, flags=8,
        local_packed=0, local_size=0, local_crc=0,
    )  # fmt: skip
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD), hidden]))
    assert content(tree, "evil.py") == EVIL


def test_bytes_between_entries() -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD)], gap=b"stowaway"))
    assert kinds(tree) == {"unlisted-bytes"}


def test_zero_padding_between_entries_is_ordinary() -> None:
    assert kinds(opened(b.zip_parts([Part(name=b"a.py", data=GOOD)], gap=bytes(64)))) == set()


def test_trailing_data() -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD)], trailing=b"more"))
    assert kinds(tree) == {"trailing-data"}
    assert content(tree, "a.py") == GOOD


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        (b"#!/bin/sh\nexit 0\n", "polyglot"),
        (b"\x7fELF" + bytes(100), "polyglot"),
        (bytes(range(1, 200)), "unlisted-bytes"),
    ],
)
def test_something_in_front(prefix: bytes, kind: str) -> None:
    whole = b.zip_parts([Part(name=b"a.py", data=GOOD)], prefix=prefix)
    shifted = prefix + b.zip_parts([Part(name=b"a.py", data=GOOD)])
    for data in (whole, shifted):
        tree = opened(data)
        assert kinds(tree) == {kind}
        assert content(tree, "a.py") == GOOD


@pytest.mark.parametrize("how", ["", "gz", "xz"])
def test_a_tar_that_is_also_a_zip(how: str) -> None:
    data = b.sdist({"setup.py": GOOD}, compress=how) + b.make_zip({"evil.py": EVIL})
    tree = opened(data, "demo-1.0.tar.gz")
    assert "polyglot" in kinds(tree)
    assert content(tree, "demo-1.0/setup.py") == GOOD
    assert content(tree, "evil.py") == EVIL


def test_a_second_archive_behind_the_first() -> None:
    tree = opened(b.make_zip({"a.py": GOOD}) + b.make_zip({"evil.py": EVIL}))
    assert {"hidden-entry"} <= kinds(tree)
    assert sorted(paths(tree))[:2] == ["a.py", "evil.py"]


def test_a_second_archive_in_the_comment() -> None:
    data = b.zip_parts([Part(name=b"a.py", data=GOOD)], comment=b.make_zip({"evil.py": EVIL}))
    tree = opened(data)
    assert {"a.py", "evil.py"} <= set(paths(tree))
    assert content(tree, "a.py") == GOOD
    assert content(tree, "evil.py") == EVIL
    assert kinds(tree) & {"comment", "polyglot"}


def test_comments() -> None:
    assert kinds(opened(b.zip_parts([Part(name=b"a", comment=b"hi")]))) == {"comment"}
    assert kinds(opened(b.zip_parts([Part(name=b"a")], comment=b"hello"))) == {"comment"}


def test_a_descriptor_that_disagrees() -> None:
    wrong = struct.pack("<4s3L", b"PK\x07\x08", 1, 2, 3)
    part = Part(name=b"a.py", data=GOOD, flags=8, descriptor=wrong)
    assert "header-mismatch" in kinds(opened(b.zip_parts([part])))


def test_encrypted_entries_are_a_loss() -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD, flags=1)]))
    assert kinds(tree) == {"encrypted"}
    assert [loss.member for loss in tree.losses] == ["a.py"]
    with pytest.raises(MemberError) as caught:
        tree.members[0].read()
    assert caught.value.kind is AnomalyKind.ENCRYPTED


@pytest.mark.parametrize("method", [12, 14, 93])
def test_unusual_methods_are_read(method: int) -> None:
    import bz2
    import lzma

    import zstandard

    if method == 14:
        chosen = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}
        raw = lzma.compress(GOOD, format=lzma.FORMAT_RAW, filters=[chosen])
        body = b"\x09\x04\x05\x00" + bytes([93]) + (1 << 16).to_bytes(4, "little") + raw
    else:
        body = bz2.compress(GOOD) if method == 12 else zstandard.compress(GOOD)
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD, method=method, body=body)]))
    assert kinds(tree) == {"compression-method"}
    assert content(tree, "a.py") == GOOD


def test_unknown_methods_are_a_loss() -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD, method=9)]))
    assert kinds(tree) == {"compression-method"}
    assert tree.losses
    with pytest.raises(MemberError):
        tree.members[0].read()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"../up.py", "traversal"),
        (b"a/../../up.py", "traversal"),
        (b"a\\..\\..\\up.py", "traversal"),
        (b"/etc/x", "absolute-path"),
        (b"C:\\x.py", "absolute-path"),
        (b"a\x1b[2J.py", "control-in-name"),
        (b"setup.py\0.txt", "control-in-name"),
        ("a\u202eyp.txt".encode(), "control-in-name"),
        (b"a\xff.py", "name-encoding"),
        ("caf\u00e9".encode("latin-1"), "name-encoding"),
    ],
)
def test_names(name: bytes, kind: str) -> None:
    tree = opened(b.zip_parts([Part(name=name, data=GOOD, flags=0x800)]))
    assert kinds(tree) == {kind}
    assert tree.members[0].read() == GOOD
    tree.members[0].path.encode()


def test_a_name_ends_at_nul_as_clients_cut_it() -> None:
    assert paths(opened(b.zip_parts([Part(name=b"setup.py\0.txt")]))) == ["setup.py"]


def test_extra_fields_that_parsers_read_differently() -> None:
    twice = b.unicode_path(b"a.py", b"a.py") * 2
    other = b.unicode_path(b"a.py", b"evil.py")
    stale = b.unicode_path(b"b.py", b"evil.py")
    short = struct.pack("<HHL", 1, 4, 0)
    for extra in (twice, other, b.zip64_extra(1, 2) * 2, b"\x75\x70\xff\xff"):
        assert "header-mismatch" in kinds(opened(b.zip_parts([Part(name=b"a.py", extra=extra)])))
    assert kinds(opened(b.zip_parts([Part(name=b"a.py", extra=stale)]))) == {"name-encoding"}
    bad = Part(name=b"a.py", data=GOOD, size=0xFFFFFFFF, extra=short)
    assert "header-mismatch" in kinds(opened(b.zip_parts([bad])))


def test_sizes_that_cannot_be() -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD, size=1 << 31)]))
    assert "oversize" in kinds(tree)
    assert tree.losses


@pytest.mark.parametrize("lie", [-3, 3])
def test_a_size_that_is_wrong_shows_when_read(lie: int) -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD, size=len(GOOD) + lie)]))
    with pytest.raises(MemberError) as caught:
        tree.members[0].read()
    assert caught.value.kind is AnomalyKind.HEADER_MISMATCH
    assert caught.value.data.startswith(GOOD[: len(GOOD) - 3])


def test_a_wrong_checksum_shows_when_read() -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD, crc=5)]))
    with pytest.raises(MemberError) as caught:
        tree.members[0].read()
    assert (caught.value.kind, caught.value.data) == (AnomalyKind.CHECKSUM, GOOD)


def test_damaged_deflate_shows_when_read() -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD, body=b"\xff" * 20)]))
    with pytest.raises(MemberError):
        tree.members[0].read()


def test_a_count_that_is_wrong() -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD)], count=2))
    assert kinds(tree) == {"header-mismatch"}
    assert content(tree, "a.py") == GOOD


def test_entries_that_share_bytes() -> None:
    parts = [Part(name=b"a.py", data=GOOD), Part(name=b"b.py", data=GOOD, header=0)]
    assert "header-mismatch" in kinds(opened(b.zip_parts(parts)))


def test_symlinks_and_modes() -> None:
    link = Part(name=b"a/l", data=b"../../etc/passwd", attributes=0o120777 << 16)
    near = Part(name=b"a/near", data=b"x.py", attributes=0o120777 << 16)
    suid = Part(name=b"a/x.py", data=GOOD, attributes=0o104755 << 16)
    tree = opened(b.zip_parts([link, near, suid]))
    assert {m.kind for m in tree.members} == {MemberKind.FILE}
    assert kinds(tree) == {"link-escape", "link", "setuid"}
    assert content(tree, "a/near") == b"x.py", "installers of zips write what is there"


@pytest.mark.parametrize("mode", [0o120777, 0o020644, 0o060644, 0o010644])
def test_no_mode_hides_the_contents_of_a_file(mode: int) -> None:
    tree = opened(b.zip_parts([Part(name=b"a.py", data=EVIL, attributes=mode << 16)]))
    assert content(tree, "a.py") == EVIL
    assert tree.members[0].kind is MemberKind.FILE
    assert kinds(tree) & {"link", "link-escape", "device"}


def test_without_its_directory_a_zip_is_read_and_said() -> None:
    data = b.make_zip({"a.py": GOOD, "b.py": EVIL})
    tree = opened(data[: data.index(b"PK\x01\x02")])
    assert paths(tree) == ["a.py", "b.py"]
    assert kinds(tree) == {"truncated"}
    assert tree.losses


def test_hidden_entries_that_unpack_to_much_are_measured_one_by_one() -> None:
    parts = [
        Part(
            name=b"h%d" % n,
            data=bytes(3 << 20),
            listed=False,
            flags=8,
            local_packed=0,
            local_size=0,
        )
        for n in range(3)
    ]
    tree = opened(b.zip_parts([Part(name=b"a.py", data=GOOD), *parts]))
    assert [(m.path, m.size) for m in tree.members[1:]] == [(f"h{n}", 3 << 20) for n in range(3)]
    assert tree.members[3].read() == bytes(3 << 20)
