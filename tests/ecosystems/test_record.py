"""RECORD against contents."""

from __future__ import annotations

import hashlib

from antivenom.ecosystems.pypi.label import compare_record
from antivenom.ecosystems.pypi.record import parse_record
from antivenom.model.tree import Member, MemberError, Tree
from tests.ecosystems.trees import member, record, wheel

FOLDER = "demo-1.0.dist-info/"
FILES: dict[str, bytes | str] = {"demo/__init__.py": "f()", "demo/a.py": "g()"}


def found(tree: Tree) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(m, s.id, s.args) for m, _, s in compare_record(tree, lambda one: one.read())}


def plus(tree: Tree, *more: Member) -> Tree:
    return Tree(kind=tree.kind, members=(*tree.members, *more))


def test_true_record_is_silent_and_signatures_are_exempt() -> None:
    signed = plus(wheel(FILES), member(FOLDER + "RECORD.jws"), member(FOLDER + "RECORD.p7s"))
    assert not found(signed)


def test_file_that_record_does_not_list() -> None:
    assert found(plus(wheel(FILES), member("evil.pth", "import x"))) == {
        ("evil.pth", "archive.record-missing", ("what=file not listed",))
    }


def test_listed_file_that_is_absent() -> None:
    lines = record({**FILES, "gone.py": ""}, FOLDER)
    seen = compare_record(wheel(FILES, {"RECORD": lines}), lambda one: one.read())
    absent = [(m, line, s.value) for m, line, s in seen if s.args == ("what=listed file absent",)]
    assert absent == [(FOLDER + "RECORD", 3, "gone.py")]


def test_changed_bytes_of_the_same_size_and_of_another() -> None:
    lines = record({**FILES, "demo/a.py": "h()", "demo/__init__.py": "longer"}, FOLDER)
    members = [
        m for m in wheel(FILES, {"RECORD": lines}).members if not m.path.endswith("METADATA")
    ]
    kinds = {
        (m, i, a[0].partition(" ")[0])
        for m, i, a in found(Tree(kind=wheel({}).kind, members=tuple(members)))
    }
    assert ("demo/a.py", "archive.record-mismatch", "what=hash") in kinds
    assert ("demo/__init__.py", "archive.record-mismatch", "what=size") in kinds


def test_hashes_that_are_known_are_not_computed_again() -> None:
    tree = wheel(FILES)
    known = {m.path: hashlib.sha256(m.read()).hexdigest() for m in tree.members}
    reads: list[str] = []

    def read(one: Member) -> bytes:
        reads.append(one.path)
        return one.read()

    assert not compare_record(tree, read, known)
    assert reads == [FOLDER + "RECORD"]
    assert compare_record(tree, read, {**known, "demo/a.py": "00" * 32})
    assert not compare_record(tree, read, {})


def test_unreadable_members_are_left_to_coverage() -> None:
    tree = wheel(FILES)

    def read(one: Member) -> bytes:
        if one.path.endswith("RECORD"):
            return one.read()
        raise MemberError("encrypted")

    assert not compare_record(tree, read)


def test_weak_hash_and_old_spellings() -> None:
    digest = hashlib.sha256(b"f()").hexdigest()
    lines = f"demo/__init__.py,sha256={digest},3\n"
    lines += "".join(f"{FOLDER}{name},,\n" for name in ("RECORD", "WHEEL", "METADATA"))
    assert not found(wheel({"demo/__init__.py": "f()"}, {"RECORD": lines}))
    weak = lines.replace("sha256=", "md5=")
    assert {i for _, i, _ in found(wheel({"demo/__init__.py": "f()"}, {"RECORD": weak}))} == {
        "archive.record-mismatch"
    }


def test_flood_of_unlisted_files_is_counted_not_listed() -> None:
    tree = plus(wheel(FILES), *(member(f"x{n}.py") for n in range(1000)))
    seen = compare_record(tree, lambda one: one.read())
    assert len(seen) == 201
    assert seen[-1][2].value == "and 800 more"


def test_rows_that_are_none() -> None:
    assert parse_record(b'"open,quote\n\xff,sha256=x,9\n\0\n') is not None
    assert [r.size for r in parse_record(b"a,,99999999999999999999\nb,,\xc2\xb2\n")] == [None, None]
