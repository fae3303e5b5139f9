"""Native members: imports, packing, place. Every image is built here."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.analysis import native
from antivenom.analysis.native import native_format, observe_native
from antivenom.model.fact import Sighting
from antivenom.model.vocabulary import ALL_IDS, BEHAVIORS
from tests.builders.executables import elf, macho, pe

NOISE = random.Random(7).randbytes(8192)


def ids(found: list[Sighting]) -> set[str]:
    return {sighting.id for sighting in found}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (elf(), "elf"),
        (pe(), "pe"),
        (macho(), "macho"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x02" + bytes(60), "macho"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x41" + bytes(60), ""),
        (b"MZ" + b"is how this text begins " * 9, ""),
        (b"MZ", ""),
        (b"", ""),
        (b"\x7fEL", ""),
    ],
)
def test_format_is_told_by_the_header(data: bytes, kind: str) -> None:
    assert native_format(data) == kind


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (elf(["execve", "printf"]), {"native.imports-process.spawn"}),
        (elf(["system@GLIBC_2.2.5"]), {"native.imports-process.shell"}),
        (
            elf(["memfd_create", "fexecve"]),
            {"native.imports-code.inject", "native.imports-process.spawn"},
        ),
        (
            elf(["connect", "listen", "getenv", "open"]),
            {"native.imports-net.connect", "native.imports-net.listen"},
        ),
        (elf(["PyModule_Create2", "malloc", "memcpy"]), set()),
        (pe({"KERNEL32.dll": ["WinExec", "IsDebuggerPresent"]}), {"native.imports-process.spawn"}),
        (pe({"urlmon.dll": ["URLDownloadToFileW"]}), {"native.imports-net.fetch"}),
        (pe({"WS2_32.dll": [4, 115]}), {"native.imports-net.connect"}),
        (pe({"USER32.dll": ["SetWindowsHookExA"]}), {"native.imports-user.keys"}),
        (pe({"CRYPT32.dll": ["CryptUnprotectData"]}), {"native.imports-secrets.browser"}),
        (
            pe({"KERNEL32.dll": ["VirtualAllocEx", "WriteProcessMemory", "CreateRemoteThread"]}),
            {"native.imports-code.inject"},
        ),
        (pe({"KERNEL32.dll": ["VirtualAllocEx", "WriteProcessMemory"]}), set()),
        (
            macho(["SecItemCopyMatching", "ptrace"]),
            {"native.imports-secrets.store", "native.imports-guard.sandbox"},
        ),
    ],
)
def test_imports_are_what_a_file_can_do(data: bytes, expected: set[str]) -> None:
    assert ids(observe_native(data, "demo/_native.so")) == expected


def test_fact_names_the_functions_the_format_and_the_form() -> None:
    data = pe({"KERNEL32.dll": ["CreateProcessW", "WinExec"]})
    (found,) = observe_native(data, "a.exe")
    assert found.value == "CreateProcess, WinExec"
    assert found.args == ("format=pe", "form=program or library")
    assert found.kind == "native"
    (extension,) = observe_native(elf(["system"], tail=b"PyInit_demo\0"), "a.so")
    assert extension.args == ("format=elf", "form=extension")


@pytest.mark.parametrize("name", ["logo.png", "notes.txt", "tone.wav", "mod.py", "x.tar.gz"])
def test_machine_code_under_the_name_of_something_else(name: str) -> None:
    for data in (pe(), elf(), macho()):
        (found,) = observe_native(data, f"demo/{name}")
        assert (found.id, found.certainty) == ("native.disguised", "high")


@pytest.mark.parametrize(
    "name", ["tool", "lib.so.1", "a.exe", "b.dll", "c.pyd", "d.dylib", "e.bin"]
)
def test_names_machine_code_may_have(name: str) -> None:
    assert not observe_native(elf(), f"demo/{name}")


def test_vague_names_are_a_weak_sign() -> None:
    (found,) = observe_native(pe(), "demo/model.dat")
    assert (found.id, found.certainty) == ("native.disguised", "low")


@pytest.mark.parametrize(
    ("data", "tag", "wrong"),
    [
        (pe(), "manylinux_2_17_x86_64.manylinux2014_x86_64", True),
        (pe(), "musllinux_1_2_x86_64", True),
        (pe(), "any", True),
        (elf(), "any", True),
        (elf(), "win_amd64", True),
        (elf(), "win32", True),
        (elf(), "macosx_11_0_arm64", True),
        (pe(), "win_amd64", False),
        (pe(), "win32", False),
        (elf(), "linux_x86_64", False),
        (elf(), "manylinux2014_x86_64", False),
        (macho(), "macosx_10_9_universal2", False),
        (elf(), "android_21_arm64_v8a", False),
        (pe(), "", False),
    ],
)
def test_platform_of_the_wheel(data: bytes, tag: str, wrong: bool) -> None:
    assert ("native.wrong-platform" in ids(observe_native(data, "demo/tool", tag))) is wrong


def test_openly_named_launchers_weigh_less() -> None:
    assert observe_native(pe(), "demo/launcher.exe", "any")[0].certainty == "low"
    assert observe_native(pe(), "demo/launcher", "any")[0].certainty == "high"


def test_packers_are_known_by_their_sections_and_magic() -> None:
    (found,) = observe_native(pe(section="UPX1"), "a.exe")
    assert (found.id, found.value, found.certainty) == ("native.packed", "UPX", "high")
    (found,) = observe_native(elf(text=b"UPX!" + bytes(12)), "a")
    assert found.value == "UPX"


def test_unknown_packer_shows_as_noise_with_few_imports() -> None:
    (found,) = observe_native(pe({"K.dll": ["LoadLibraryA"]}, text=NOISE), "a.exe")
    assert (found.id, found.certainty) == ("native.packed", "low")
    many = [f"function{n}" for n in range(100)]
    assert not observe_native(pe({"K.dll": many}, text=NOISE), "a.exe")
    assert not observe_native(pe({"K.dll": ["f"]}, text=bytes(8192)), "a.exe")


def test_instructions_of_two_lengths_look_random_without_being_packed() -> None:
    dense = b"".join(bytes([n % 160 + n // 160 % 7]) for n in range(16 << 10))
    assert native.PACKED_ENTROPY < native.entropy(dense) < 7.8
    riscv = 0xF3
    assert not observe_native(elf(text=dense, machine=riscv), "demo/core.so")
    assert observe_native(elf(text=dense), "demo/core.so")
    assert observe_native(elf(text=NOISE, machine=riscv), "demo/core.so")


def test_entropy() -> None:
    assert native.entropy(b"") == 0
    assert native.entropy(bytes(100)) == 0
    assert native.entropy(bytes(range(256))) == 8


def test_large_file_is_judged_by_its_header_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "PARSED_BYTES", 100)
    assert ids(observe_native(elf(["system"]), "a.png")) == {"native.disguised"}


def test_headers_nobody_can_read_are_said() -> None:
    broken = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0"
    assert ids(observe_native(broken, "a.exe")) == {"archive.unreadable"}


def test_table_speaks_the_vocabulary() -> None:
    behaviors = {row.behavior for row in native.table().row}
    assert behaviors <= set(BEHAVIORS)
    assert {f"native.imports-{b}" for b in behaviors} <= ALL_IDS


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([elf(["system"]), pe({"A.dll": ["WinExec", 4]}), macho(["system"])]),
    st.lists(st.tuples(st.integers(0, 1100), st.integers(0, 255)), max_size=12),
    st.integers(0, 1100),
)
def test_damaged_images_never_raise(
    image: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    damaged = bytearray(image)
    for at, value in changes:
        damaged[at % len(damaged)] = value
    for sighting in observe_native(bytes(damaged[: length or None]), "a.so", "any"):
        assert sighting.id in ALL_IDS
