"""Values of standard names that obfuscators build their alphabets from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONSTANTS: Mapping[str, Any] = {
    "string.ascii_letters": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "string.ascii_lowercase": "abcdefghijklmnopqrstuvwxyz",
    "string.ascii_uppercase": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "string.digits": "0123456789",
    "string.hexdigits": "0123456789abcdefABCDEF",
    "string.punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "string.printable": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\x0b\x0c",
    "os.sep": "/",
    "os.linesep": "\n",
}

CODECS = frozenset(
    [
        "utf-8",
        "utf8",
        "utf-16",
        "utf-16le",
        "utf-16-le",
        "utf-32",
        "latin-1",
        "latin1",
        "iso-8859-1",
        "ascii",
        "cp1252",
        "unicode_escape",
        "unicode-escape",
        "raw_unicode_escape",
        "utf-7",
        "cp437",
        "punycode",
    ]
)
"""Text encodings that only map bytes to characters."""
