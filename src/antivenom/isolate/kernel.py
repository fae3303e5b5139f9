"""What the kernel takes from a child: sockets, other programs, changes to any file.

Each layer is best effort and independent: a kernel that lacks one leaves the others, and `confine`
says which are in force. Written against the kernel's own interface (seccomp(2), landlock(7),
unshare(2)): the libraries for it are young, or need another library on the machine.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Callable

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _RETURN = 0x20, 0x15, 0x35, 0x06
_X32 = 0x40000000
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION = 1

# Number of the architecture in seccomp's data, and of each call that is refused.
_X86_64 = (
    0xC000003E,
    {
        **{"socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50, "accept4": 288},
        **{"execve": 59, "execveat": 322, "fork": 57, "vfork": 58, "kill": 62, "pidfd": 424},
        **{"ptrace": 101, "readv": 310, "writev": 311, "mount": 165, "umount": 166, "pivot": 155},
        **{"chroot": 161, "unshare": 272, "setns": 308, "bpf": 321, "perf": 298, "uffd": 323},
        **{"uring": 425, "keyctl": 250, "add_key": 248, "request_key": 249, "kexec": 246},
        **{"module": 175, "fmodule": 313, "unmodule": 176, "open_tree": 428, "move_mount": 429},
    },
)
_AARCH64 = (
    0xC00000B7,
    {
        **{"socket": 198, "connect": 203, "accept": 202, "bind": 200, "listen": 201},
        **{"accept4": 242, "execve": 221, "execveat": 281, "kill": 129, "pidfd": 424},
        **{"ptrace": 117, "readv": 270, "writev": 271, "mount": 40, "umount": 39, "pivot": 41},
        **{"chroot": 51, "unshare": 97, "setns": 268, "bpf": 280, "perf": 241, "uffd": 282},
        **{"uring": 425, "keyctl": 219, "add_key": 217, "request_key": 218, "kexec": 104},
        **{"module": 105, "fmodule": 273, "unmodule": 106, "open_tree": 428, "move_mount": 429},
    },
)
_MACHINES = {"x86_64": _X86_64, "aarch64": _AARCH64}

# Rights on files by the version of Landlock that knows them; reading stays free.
_CHANGES = 0b1_1111_1111_0010 | 0b1
"""Execute, write, remove, make: every right of version 1 but reading files and folders."""
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_BIND_TCP, _CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT, _SCOPE_SIGNAL = 1, 2


def confine(*, namespaces: bool = False) -> tuple[str, ...]:
    """Give up what a child never needs; return the names of the layers that are in force.

    `namespaces` also leaves the network for an empty one; it needs a process without threads, and
    costs a little time. Call `prctl(PR_SET_NO_NEW_PRIVS)` before. There is no way back.
    """
    if sys.platform != "linux":
        return ()
    layers: list[tuple[str, Callable[[], bool]]] = [("landlock", _landlock), ("seccomp", _seccomp)]
    if namespaces:
        layers.insert(0, ("network", _leave_network))
    return tuple(name for name, apply in layers if _tried(apply))


def _tried(apply: Callable[[], bool]) -> bool:
    try:
        return apply()
    except (OSError, AttributeError, ValueError):
        return False


def _leave_network() -> bool:
    """Move to a network with nothing in it: as root directly, else through a user namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    return bool(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def _landlock() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    if version < 1:
        return False
    files = _CHANGES | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    files |= _IOCTL if version >= 5 else 0
    network = _BIND_TCP | _CONNECT_TCP if version >= 4 else 0
    scopes = _SCOPE_ABSTRACT | _SCOPE_SIGNAL if version >= 6 else 0
    attributes = struct.pack("QQQ", files, network, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        return bool(libc.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0)
    finally:
        os.close(ruleset)


def _seccomp() -> bool:
    known = _MACHINES.get(platform.machine())
    if known is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    program = _program(known[0], sorted(known[1].values()), x32=known is _X86_64)
    filters = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(filters))
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(header)
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, buffer, 0, 0) == 0)


def _program(machine: int, refused: list[int], *, x32: bool) -> bytes:
    """Return the filter: wrong architecture, death; a refused call, "not permitted"."""

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    denied = _ERRNO | errno.EPERM
    steps = [step(_LOAD, 4), step(_JUMP_EQUAL, machine, 1, 0), step(_RETURN, _KILL), step(_LOAD, 0)]
    if x32:
        steps += [step(_JUMP_ABOVE, _X32, 0, 1), step(_RETURN, denied)]
    for number in refused:
        steps += [step(_JUMP_EQUAL, number, 0, 1), step(_RETURN, denied)]
    return b"".join([*steps, step(_RETURN, _ALLOW)])
