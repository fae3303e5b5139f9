from __future__ import annotations

from antivenom.model.limits import Limits
from antivenom.model.tree import MemberError, Tree
from antivenom.unpack import source
from tests.builders import archives as b
from tests.unpack.reading import content, kinds, opened, paths

CODE = b"x = 1\n"


def total_read(tree: Tree) -> int:
    size = 0
    for member in tree.members:
        try:
            size += len(member.read())
        except MemberError as error:
            size += len(error.data)
    return size


def test_a_zip_bomb_is_cut_and_said() -> None:
    tree = opened(b.make_zip({"a.py": CODE, "bomb.bin": bytes(80 << 20), "z.py": CODE}))
    assert kinds(tree) == {"bomb"}
    assert content(tree, "a.py") == CODE
    assert "" in {loss.member for loss in tree.losses}
    assert total_read(tree) < 65 << 20


def test_a_gzip_bomb_gives_what_came_before() -> None:
    tree = opened(b.gzip_bomb(), "demo-1.0.tar.gz")
    assert "bomb" in kinds(tree)
    assert content(tree, "demo-1.0/setup.py") == CODE
    assert tree.losses


def test_nested_bombs_share_one_budget() -> None:
    inner = b.make_zip({"zeros": bytes(30 << 20)})
    tree = opened(b.make_zip({f"{n}.zip": inner for n in range(4)}))
    assert kinds(tree) == {"bomb"}
    assert total_read(tree) < 70 << 20


def test_many_zeros_below_the_floor_are_ordinary() -> None:
    assert kinds(opened(b.make_zip({"zeros.bin": bytes(8 << 20)}))) == set()


def test_a_flood() -> None:
    limits = Limits(members=50)
    files = {f"{n}.py": CODE for n in range(80)}
    for data in (b.make_zip(files), b.make_tar(files)):
        tree = opened(data, "flood", limits)
        assert "flood" in kinds(tree)
        assert len(tree.members) == 50
        assert tree.losses


def test_a_flood_of_headers() -> None:
    data = b.pax_block(a="b") * 1000 + b.raw_header("d/a.py", 0) + bytes(1024)
    assert "flood" in kinds(opened(data, "d.tar", Limits(members=50)))


def test_a_large_member_is_named() -> None:
    limits = Limits(member_bytes=1000)
    for data in (b.make_zip({"big": bytes(2000), "a.py": CODE}), b.make_tar({"big": bytes(2000)})):
        tree = opened(data, "x", limits)
        assert kinds(tree) == {"oversize"}
        assert [loss.member for loss in tree.losses] == ["big"]


def test_depth() -> None:
    tree = opened(b.matryoshka(8, CODE), limits=Limits(depth=3))
    assert kinds(tree) == {"depth"}
    assert [m.depth for m in tree.members] == [0, 1, 2, 3]
    assert tree.losses[0].member == paths(tree)[-1]
    assert content(opened(b.matryoshka(5, CODE)), paths(opened(b.matryoshka(5, CODE)))[-1]) == CODE


def test_a_stream_too_large_to_keep_is_replayed(monkeypatch) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    monkeypatch.setattr(source, "KEPT", 1 << 20)
    noise = b"".join(str(n * n).encode() for n in range(90_000))
    files = {f"{n}.py": noise + str(n).encode() for n in range(6)}
    inner = b.make_zip({"x.py": CODE})
    tree = opened(b.sdist({**files, "in.zip": inner}), "demo-1.0.tar.gz")
    assert kinds(tree) == set()
    for n in (5, 0, 3):
        assert content(tree, f"demo-1.0/{n}.py") == noise + str(n).encode()
    assert content(tree, "demo-1.0/in.zip!/x.py") == CODE


def test_anomalies_of_one_kind_are_counted_not_listed() -> None:
    tree = opened(b.make_zip([("a.py", CODE)] * 300))
    assert len(tree.members) == 300
    assert len(tree.anomalies) == 51
    assert "249" in tree.anomalies[-1].detail
