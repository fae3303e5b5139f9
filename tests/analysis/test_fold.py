"""Folding constants: right where it answers, bounded, and never an exception."""

# ruff: noqa: E501 - tables read better in columns
from __future__ import annotations

import base64
import bz2
import codecs
import gzip
import lzma
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antivenom.analysis import decode, fold
from antivenom.analysis.value import UNKNOWN

TEXT = "import os; os.getcwd()"
DATA = TEXT.encode()

# ---------------------------------------------------------------- decoders

DECODED = {
    "base64.b64decode": (base64.b64encode(DATA), "base64"),
    "base64.standard_b64decode": (base64.b64encode(DATA).decode(), "base64"),
    "base64.urlsafe_b64decode": (base64.urlsafe_b64encode(DATA), "base64"),
    "base64.decodebytes": (base64.encodebytes(DATA), "base64"),
    "base64.b32decode": (base64.b32encode(DATA), "base32"),
    "base64.b16decode": (base64.b16encode(DATA), "base16"),
    "base64.b85decode": (base64.b85encode(DATA), "base85"),
    "base64.a85decode": (base64.a85encode(DATA), "ascii85"),
    "binascii.a2b_base64": (base64.b64encode(DATA), "base64"),
    "binascii.unhexlify": (DATA.hex(), "hex"),
    "binascii.a2b_hex": (DATA.hex().encode(), "hex"),
    "builtins.bytes.fromhex": (DATA.hex(" "), "hex"),
    "zlib.decompress": (zlib.compress(DATA), "zlib"),
    "gzip.decompress": (gzip.compress(DATA, mtime=0), "gzip"),
    "bz2.decompress": (bz2.compress(DATA), "bz2"),
    "lzma.decompress": (lzma.compress(DATA), "lzma"),
}


@pytest.mark.parametrize("path", DECODED)
def test_each_decoder(path: str) -> None:
    given_data, name = DECODED[path]
    assert fold.call(path, [given_data], {}) == (DATA, name)


@pytest.mark.parametrize("path", sorted(decode.DECODERS))
def test_a_decoder_answers_unknown_to_nonsense(path: str) -> None:
    values: list[Any] = [None, 5, [1], b"\xff\xfe\xfd", "\u2603" * 9, {}]
    for nonsense in values:
        result, _ = fold.call(path, [nonsense], {})
        assert result is UNKNOWN or isinstance(result, (str, bytes))


def test_codecs_by_name() -> None:
    assert decode.codec(codecs.encode(TEXT, "rot13"), "rot13") == TEXT
    assert decode.codec(DATA.hex(), "hex_codec") == DATA
    assert decode.codec(base64.b64encode(DATA), "base64") == DATA
    assert decode.codec(zlib.compress(DATA), "zlib") == DATA
    with pytest.raises(decode.DecodeError):
        decode.codec(DATA, "nothing-like-it")


def test_base64_as_lenient_as_python() -> None:
    sloppy = base64.b64encode(DATA).decode().rstrip("=")
    assert decode.b64("\n".join(sloppy)) == DATA


def test_a_bomb_gives_its_beginning() -> None:
    bomb = zlib.compress(bytes(64 << 20))
    result, _ = fold.call("zlib.decompress", [bomb], {})
    assert len(result) == decode.MAX_OUTPUT
    for path, packed in (
        ("bz2.decompress", bz2.compress(bytes(16 << 20))),
        ("lzma.decompress", lzma.compress(bytes(16 << 20))),
    ):
        assert len(fold.call(path, [packed], {})[0]) <= decode.MAX_OUTPUT


def test_ciphers_with_their_keys() -> None:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = Fernet.generate_key()
    assert decode.fernet(key, Fernet(key).encrypt(DATA)) == DATA
    padded = DATA.ljust(32)
    secret, start = bytes(range(16)), bytes(16)
    for name, mode in (("CBC", modes.CBC(start)), ("ECB", modes.ECB()), ("CTR", modes.CTR(start))):
        step = Cipher(algorithms.AES(secret), mode).encryptor()
        token = step.update(padded) + step.finalize()
        assert decode.block_cipher("AES", secret, name, start, token) == padded
    with pytest.raises(decode.DecodeError):
        decode.fernet("short", "nonsense")
    with pytest.raises(decode.DecodeError):
        decode.block_cipher("AES", b"short", "CBC", None, DATA)


# ---------------------------------------------------------------- right answers

OPERATIONS = [
    ("+", "a", "b", "ab"), ("+", b"a", b"b", b"ab"), ("*", "ab", 3, "ababab"), ("%", "%s-%d", ("x", 3), "x-3"),
    ("^", 5, 3, 6), ("<<", 1, 8, 256), ("**", 2, 10, 1024), ("in", "a", "abc", True),
    ("//", 7, 2, 3), ("+", [1], [2], [1, 2]), ("==", "a", "a", True), ("isnot", None, 1, True),
]  # fmt: skip


@pytest.mark.parametrize(("op", "left", "right", "result"), OPERATIONS)
def test_operators(op: str, left: Any, right: Any, result: Any) -> None:
    assert fold.binary(op, left, right) == result


METHODS = [
    ("abc", "upper", [], "ABC"), ("a-b", "split", ["-"], ["a", "b"]), (",", "join", [["a", "b"]], "a,b"),
    ("{}/{}", "format", ["a", "b"], "a/b"), ("abc", "replace", ["b", "x"], "axc"), ("abc", "encode", [], b"abc"),
    (b"abc", "decode", ["utf-8"], "abc"), ("ABC", "swapcase", [], "abc"), ("7", "zfill", [3], "007"),
    ("abc", "translate", [{97: "x"}], "xbc"), ({"a": 1}, "get", ["a"], 1), ([1, 2], "index", [2], 1),
    (b"ab", "hex", [], "6162"), (258, "to_bytes", [2, "big"], b"\x01\x02"),
]  # fmt: skip


@pytest.mark.parametrize(("receiver", "name", "args", "result"), METHODS)
def test_methods(receiver: Any, name: str, args: list[Any], result: Any) -> None:
    assert fold.method(receiver, name, args, {})[0] == result


FUNCTIONS = [
    ("builtins.chr", [97], "a"), ("builtins.ord", ["a"], 97), ("builtins.int", ["ff", 16], 255),
    ("builtins.bytes", [[97, 98]], b"ab"), ("builtins.reversed", ["ab"], ["b", "a"]), ("builtins.hex", [255], "0xff"),
    ("builtins.zip", [[1], [2]], [(1, 2)]), ("ast.literal_eval", ["[1, 2]"], [1, 2]), ("json.loads", ['{"a": 1}'], {"a": 1}),
    ("urllib.parse.unquote", ["%61"], "a"), ("html.unescape", ["&amp;"], "&"), ("builtins.str.maketrans", ["a", "b"], {97: 98}),
    ("builtins.round", [2.4], 2), ("builtins.sum", [[1, 2]], 3),
]  # fmt: skip


@pytest.mark.parametrize(("path", "args", "result"), FUNCTIONS)
def test_functions(path: str, args: list[Any], result: Any) -> None:
    assert fold.call(path, args, {})[0] == result


# ---------------------------------------------------------------- bounds

BIG = "a" * fold.MAX_TEXT
DEEP: list[Any] = ["x"]
TWICE: tuple[Any, ...] = ("x",)
OTHER: tuple[Any, ...] = ("x",)
for _ in range(60):
    DEEP, TWICE, OTHER = [DEEP], (TWICE, TWICE), (OTHER, OTHER)

ENDLESS = {
    "power": lambda: fold.binary("**", 10, 10**9),
    "power of power": lambda: fold.call("builtins.pow", [10, 10**9], {})[0],
    "shift": lambda: fold.binary("<<", 1, 10**9),
    "repeat": lambda: fold.binary("*", BIG, 10**6),
    "repeat a list": lambda: fold.binary("*", [1], 10**9),
    "join": lambda: fold.method(BIG, "join", [["a"] * 1000], {})[0],
    "join many": lambda: fold.method("", "join", [[BIG] * 1000], {})[0],
    "join by name": lambda: fold.call("builtins.str.join", [BIG, ["a"] * 100], {})[0],
    "replace": lambda: fold.method("a" * 10_000, "replace", ["a", "b" * 10_000], {})[0],
    "translate": lambda: fold.method("a" * 10_000, "translate", [{97: "b" * 10_000}], {})[0],
    "format": lambda: fold.method("{0}" * 1000, "format", [BIG], {})[0],
    "format width": lambda: fold.method("{:>999999999}", "format", ["a"], {})[0],
    "format width by argument": lambda: fold.method("{:{}}", "format", ["a", 10**9], {})[0],
    "percent": lambda: fold.binary("%", "%s" * 1000, (BIG,) * 1000),
    "percent width": lambda: fold.binary("%", "%999999999d", 1),
    "percent star": lambda: fold.binary("%", "%*d", (10**9, 1)),
    "ljust": lambda: fold.method("a", "ljust", [10**9], {})[0],
    "zfill": lambda: fold.method("a", "zfill", [10**9], {})[0],
    "range": lambda: fold.call("builtins.range", [10**12], {})[0],
    "bytes": lambda: fold.call("builtins.bytes", [10**12], {})[0],
    "to_bytes": lambda: fold.method(1, "to_bytes", [], {"length": 10**12, "byteorder": "big"})[0],
    "round": lambda: fold.call("builtins.round", [1, -(10**12)], {})[0],
    "repr": lambda: fold.call("builtins.repr", [[BIG] * 1000], {})[0],
    "str": lambda: fold.call("builtins.str", [[BIG] * 1000], {})[0],
    "repr of what is held twice": lambda: fold.call("builtins.repr", [TWICE], {})[0],
    "compare what is held twice": lambda: fold.binary("==", TWICE, OTHER),
    "look up what is held twice": lambda: fold.index({}, TWICE),
    "split": lambda: fold.method(BIG, "split", ["a"], {})[0],
    "list of a text": lambda: fold.call("builtins.list", [BIG], {})[0],
    "enumerate": lambda: fold.call("builtins.enumerate", [BIG], {})[0],
}  # fmt: skip


@pytest.mark.parametrize("what", ENDLESS)
def test_what_would_grow_without_end_is_not_computed(what: str) -> None:
    assert ENDLESS[what]() is UNKNOWN


def test_a_list_never_comes_to_hold_itself() -> None:
    held: list[Any] = []
    assert fold.mutate(held, "append", [held]) is UNKNOWN
    assert held == []


# ---------------------------------------------------------------- any input

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=40)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=4)
    ),
    max_leaves=6,
)
FAST = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = sorted(fold._TEXT_METHODS | fold._MAPPING_METHODS | fold._LIST_METHODS | fold._INT_METHODS)


def bounded(result: object) -> bool:
    return result is UNKNOWN or fold.fits(result)


@FAST
@given(
    op=st.sampled_from(sorted([*fold._OPERATORS, "*", "**", "<<", "%", "@"])), a=values, b=values
)
def test_any_operator(op: str, a: object, b: object) -> None:
    assert bounded(fold.binary(op, a, b))


@FAST
@given(op=st.sampled_from(["neg", "pos", "inv", "not", "?"]), a=values)
def test_any_unary_operator(op: str, a: object) -> None:
    assert bounded(fold.unary(op, a))


@FAST
@given(
    path=st.sampled_from(sorted([*fold.PURE, *decode.DECODERS])),
    args=st.lists(values, max_size=3),
    named=st.dictionaries(
        st.sampled_from(["key", "base", "s", "wbits", "default"]), values, max_size=1
    ),
)
def test_any_call(path: str, args: list[Any], named: dict[str, Any]) -> None:
    assert bounded(fold.call(path, args, named)[0])


@FAST
@given(
    receiver=values,
    name=st.sampled_from([*NAMES, "encode", "decode", "fromhex", "format", "zfill", "ljust"]),
    args=st.lists(values, max_size=3),
    named=st.dictionaries(
        st.sampled_from(["encoding", "errors", "sep", "length"]), values, max_size=1
    ),
)
def test_any_method(receiver: object, name: str, args: list[Any], named: dict[str, Any]) -> None:
    assert bounded(fold.method(receiver, name, args, named)[0])


@FAST
@given(base=values, key=values | st.builds(slice, values, values, values))
def test_any_index(base: object, key: object) -> None:
    assert bounded(fold.index(base, key))


@FAST
@given(
    receiver=values, name=st.sampled_from(sorted(fold.MUTATING)), args=st.lists(values, max_size=2)
)
def test_any_change_in_place(receiver: object, name: str, args: list[Any]) -> None:
    fold.mutate(receiver, name, args)
    assert bounded(receiver)


@FAST
@given(data=values, name=st.text(max_size=12) | st.sampled_from(["rot13", "hex", "utf_16", "idna"]))
def test_any_codec(data: object, name: str) -> None:
    result, _ = fold.method(data, "decode", [name], {})
    assert bounded(result)


def test_sets_have_one_order_whatever_the_hash_seed() -> None:
    words = {"wallet", "cookie", "token", "seed", b"key", 7}
    texts = {word for word in words if isinstance(word, str)}
    assert fold.call("builtins.repr", [texts], {})[0] == "['cookie', 'seed', 'token', 'wallet']"
    assert fold.call("builtins.list", [words], {})[0] == [
        b"key", 7, "cookie", "seed", "token", "wallet"
    ]  # fmt: skip
    assert fold.method("-", "join", [texts], {})[0] == "cookie-seed-token-wallet"
    assert fold.binary("%", "%s", texts) == "['cookie', 'seed', 'token', 'wallet']"
    assert fold.mutate(texts, "pop", []) == "cookie"
    assert texts == {"seed", "token", "wallet"}
    many = set(range(5000))
    assert fold.call("builtins.list", [many], {})[0] is UNKNOWN
    assert fold.call("builtins.len", [many], {})[0] == 5000
