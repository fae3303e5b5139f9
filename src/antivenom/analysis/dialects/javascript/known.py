"""Names that JavaScript runtimes and well-known modules bring along."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text: a table that a person can read and add to."""
    return frozenset(text.split())


GLOBALS = frozenset(["globalThis", "global", "window", "self", "root", "top", "parent", "frames"])
"""Ways to name the object that holds all the others."""
CORE = words(
    """
    eval Function Object Array String Number Boolean Symbol BigInt Math JSON Reflect Proxy
    Promise Date RegExp Error Map Set WeakMap WeakSet Buffer process require import module
    console parseInt parseFloat isNaN isFinite atob btoa escape unescape encodeURI
    encodeURIComponent decodeURI decodeURIComponent setTimeout setInterval setImmediate
    clearTimeout queueMicrotask structuredClone fetch XMLHttpRequest WebSocket EventSource
    Request Headers FormData Blob File FileReader URL URLSearchParams TextEncoder TextDecoder
    Uint8Array ArrayBuffer DataView Worker navigator location document localStorage
    sessionStorage indexedDB crypto performance history screen ethereum chrome browser Deno Bun
    WebAssembly SharedArrayBuffer AbortController importScripts postMessage addEventListener
    alert prompt confirm WScript ActiveXObject
    """
)
"""Names that runtimes bring along; anything else nobody bound is unknown."""
HOOKED = words(
    """
    globalThis.ethereum globalThis.solana
    ethereum.request ethereum.send ethereum.sendAsync ethereum.enable solana.signTransaction
    solana.signAndSendTransaction globalThis.fetch fetch.default http.request https.request
    http.get https.get XMLHttpRequest.prototype.open XMLHttpRequest.prototype.send
    XMLHttpRequest.prototype.setRequestHeader WebSocket.prototype.send child_process.exec
    child_process.spawn module._load module.prototype.require Module.prototype.require
    Storage.prototype.setItem navigator.sendBeacon
    """
)
"""Functions that see what users and other packages hand over."""
ALIASES = {
    "fs/promises": "fs.promises",
    "fs-extra": "fs",
    "graceful-fs": "fs",
    "original-fs": "fs",
    "dns/promises": "dns.promises",
    "timers/promises": "timers",
    "path/posix": "path",
    "path/win32": "path",
    "promise-fs": "fs.promises",
    "node-fetch": "fetch",
    "cross-fetch": "fetch",
    "isomorphic-fetch": "fetch",
    "whatwg-fetch": "fetch",
    "request-promise": "request",
    "request-promise-native": "request",
    "cross-spawn": "child_process.spawn",
    "follow-redirects/http": "http",
    "follow-redirects/https": "https",
    "safe-buffer": "buffer",
    "isomorphic-ws": "ws",
}
"""Modules that are another one under a different name, or add to it."""
PARTS = {"buffer.Buffer": "Buffer", "url.URL": "URL", "process.process": "process"}
"""Parts of modules that are known by a shorter path."""
OBJECT_METHODS = words(
    "hasOwnProperty toString valueOf isPrototypeOf propertyIsEnumerable toLocaleString __proto__ "
    "constructor get has set then catch finally"
)
"""What every object has, and what a mapping we made one has."""
