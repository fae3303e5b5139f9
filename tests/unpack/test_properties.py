from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antivenom.model.limits import Limits
from antivenom.model.tree import MemberError
from antivenom.unpack.opening import FAULT
from tests.builders import archives as b
from tests.unpack.reading import opened

LIMITS = Limits(
    total_bytes=1 << 20, member_bytes=1 << 18, members=200, depth=3, ratio=20, ratio_floor=1 << 16
)
INNER = b.make_zip({"inner.py": b"print(1)\n" * 9})
SEEDS = [
    b.wheel({"demo.py": "x = 1\n" * 9, "data.zip": INNER}),
    b.sdist({"setup.py": "x = 1\n" * 9, "data.zip": INNER}, compress=""),
    b.sdist({"setup.py": "x = 1\n" * 9, "data.zip": INNER}),
    b.sdist({"setup.py": "x = 1\n" * 9}, compress="bz2"),
    b.sdist({"setup.py": "x = 1\n" * 9}, compress="xz"),
    b.sdist({"setup.py": "x = 1\n" * 9}, compress="zst"),
    b.tar_hidden_by_pax(b"x", b"y" * 600),
    b.sparse_gnu("d/x", b"d" * 600, 1 << 30),
    b.streamed_zip({"a.py": "x" * 200}),
    b.zip_parts([b.Part(name=b"a", data=b"x" * 99, extra=b.zip64_extra(1, 2))], zip64=True),
]
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(data: bytes) -> None:
    tree = opened(data, "demo-1.0.tar.gz", LIMITS)
    assert len(tree.members) <= LIMITS.members
    assert len(tree.anomalies) < 2000
    assert not any(a.detail.startswith(FAULT) for a in tree.anomalies)
    paths = [member.path for member in tree.members]
    assert len(set(paths)) == len(paths)
    for member in tree.members:
        member.path.encode()
        try:
            assert len(member.read()) <= max(LIMITS.member_bytes, len(data))
        except MemberError as error:
            assert str(error)
    again = opened(data, "demo-1.0.tar.gz", LIMITS)
    assert (again.anomalies, again.losses, again.kind) == (tree.anomalies, tree.losses, tree.kind)


@QUIET
@given(st.binary(max_size=3000))
def test_any_bytes(data: bytes) -> None:
    check(data)


@QUIET
@given(st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"BZh9"]), st.binary())
def test_any_bytes_behind_a_signature(start: bytes, data: bytes) -> None:
    check(start + data)


@QUIET
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    st.floats(0.1, 1),
    st.binary(max_size=40),
)
def test_mutated_archives(
    seed: bytes, changes: list[tuple[float, int]], kept: float, tail: bytes
) -> None:
    data = bytearray(seed)
    for where, value in changes:
        data[int(where * len(data))] = value
    check(bytes(data[: int(kept * len(data))]) + tail)


@QUIET
@given(st.sampled_from(SEEDS), st.sampled_from(SEEDS), st.floats(0, 1), st.floats(0, 1))
def test_spliced_archives(one: bytes, other: bytes, first: float, second: float) -> None:
    check(one[: int(first * len(one))] + other[int(second * len(other)) :])


NUMBERS = st.sampled_from([0, 1, 20, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])
MAYBE = st.none() | NUMBERS
PARTS = st.builds(
    b.Part,
    name=st.sampled_from([b"a.py", b"A.py", b"d/", b"../x", b"", b"\xff"]),
    data=st.sampled_from([b"", b"x = 1\n" * 40, INNER]),
    method=st.sampled_from([0, 8, 9, 12, 14, 93]),
    flags=st.sampled_from([0, 1, 8, 0x800, 0x2000]),
    listed=st.booleans(),
    local_name=st.none() | st.just(b"b.py"),
    local_size=MAYBE,
    local_packed=MAYBE,
    size=MAYBE,
    packed=MAYBE,
    header=MAYBE,
    extra=st.sampled_from([b"", b.zip64_extra(1), b.zip64_extra(1 << 63, 1 << 63, 1 << 63)]),
    local_extra=st.sampled_from([b"", b.zip64_extra(5, 1 << 62)]),
    attributes=st.sampled_from([0, 0o120777 << 16, 0o104755 << 16, 0o20666 << 16]),
)


@QUIET
@given(st.lists(PARTS, max_size=5), st.binary(max_size=9), st.binary(max_size=9), MAYBE)
def test_zips_that_lie_anywhere(
    parts: list[b.Part], prefix: bytes, trailing: bytes, count: int | None
) -> None:
    short = None if count is None else count & 0xFFFF
    check(b.zip_parts(parts, prefix=prefix, gap=prefix, trailing=trailing, count=short))
