"""What a simple index offers: project pages, the files of a release, the newest version.

Pages are parsed here and fetched elsewhere. Both forms are read: JSON (PEP 691) and HTML
(PEP 503). What an index says is data; only its hashes are relied upon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from msgspec import DecodeError, json
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from antivenom.errors import NetworkError, NotFoundError
from antivenom.model.coordinate import normalize_pypi

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
)
ALGORITHMS = ("sha256", "sha512", "sha384", "sha224", "sha1", "md5")
"""Hashes an index may announce, best first."""
_SUFFIXES = (
    *(".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.z", ".tgz", ".tbz", ".tar", ".zip"),
    *(".whl", ".egg", ".exe", ".msi", ".rpm", ".deb", ".dmg"),
)
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,200}[A-Za-z0-9])?")
_PLATFORM = re.compile(r"[-.](py\d(\.\d+)?|win32|win-amd64|linux-\w+|macosx-[\w.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """One distribution as a project page lists it."""

    filename: str
    url: str
    """Absolute, without fragment."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None
    yanked: str | None = None
    """The reason, "" when none was given; None when it is not yanked."""
    requires_python: str = ""
    uploaded: str = ""
    """ISO 8601; "" where the index does not say."""
    attested: bool | None = None
    """Whether it carries provenance (PEP 740); None where the index does not say."""
    metadata: Mapping[str, str] | None = None
    """Hashes of the separate metadata file (PEP 658), None where there is none."""

    @property
    def strongest(self) -> tuple[str, str] | None:
        """The best hash announced, as (algorithm, hexadecimal digest)."""
        return next(((a, self.hashes[a]) for a in ALGORITHMS if self.hashes.get(a)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """The files of one project, and what the index says of the project as a whole."""

    files: tuple[IndexFile, ...]
    status: str = "active"
    """PEP 792: active, archived, quarantined, deprecated."""
    reason: str = ""


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of a project."""
    return _NAME.fullmatch(text) is not None


def page_url(index: str, project: str) -> str:
    """Return where an index keeps a project's page."""
    return urljoin(index, quote(normalize_pypi(project), safe="") + "/")


def parse_page(body: bytes, content_type: str, url: str) -> ProjectPage:
    """Read a project page in whichever form it came."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json"):
        return _parse_json(body, url)
    if kind in ("text/html", "application/vnd.pypi.simple.v1+html", ""):
        return _parse_html(body, url)
    raise NetworkError(f"the index answered with {kind[:60]!a} instead of a project page")


def release(files: Iterable[IndexFile], project: str, version: str) -> tuple[IndexFile, ...]:
    """Return every distribution of a version, in the index's order; empty when there is none."""
    return tuple(f for f in files if _same(version_of(f.filename, project), version))


def newest(
    files: Iterable[IndexFile], project: str, specifier: SpecifierSet | None = None
) -> str | None:
    """Return the newest version that is neither yanked nor a pre-release, where there is one."""
    spelled: dict[Version, str] = {}
    for file in files:
        text = version_of(file.filename, project)
        parsed = _version(text)
        if parsed is not None and file.yanked is None:
            spelled.setdefault(parsed, text)
    allowed = list((specifier or SpecifierSet()).filter(spelled))
    return spelled[max(allowed)] if allowed else None


def versions(files: Iterable[IndexFile], project: str) -> list[str]:
    """Return all versions, newest first, yanked and pre-releases included."""
    found = {version_of(f.filename, project) for f in files} - {""}
    return sorted(found, key=lambda text: _version(text) or Version("0"), reverse=True)


def version_of(filename: str, project: str) -> str:
    """Read the version out of a file name, "" when the name does not say."""
    stem = _stem(filename)
    if filename.lower().endswith((".whl", ".egg")):
        parts = stem.split("-")
        return parts[1] if len(parts) > 1 else ""
    wanted = normalize_pypi(project)
    # The project's name may itself hold hyphens and digits: try every hyphen, longest name first.
    for at in reversed([m.start() for m in re.finditer("-", stem[:400])]):
        if normalize_pypi(stem[:at]) == wanted:
            return _PLATFORM.split(stem[at + 1 :])[0]
    return ""


def requires_dist(metadata: bytes) -> list[str]:
    """Return the Requires-Dist lines of a METADATA file, as written, unfolded."""
    found: list[str] = []
    collecting = False
    for line in metadata.decode("utf-8", "replace").splitlines():
        if not line.strip():
            break
        if line[0] in " \t":
            found[-1:] = [f"{found[-1]} {line.strip()}"] if collecting else found[-1:]
            continue
        name, _, value = line.partition(":")
        collecting = name.lower() == "requires-dist"
        if collecting:
            found.append(value.strip())
    return found


def missing(project: str, version: str, files: Sequence[IndexFile]) -> NotFoundError:
    """Say that a version does not exist, and which do."""
    known = versions(files, project)
    hint = f"the newest are {', '.join(known[:3])}" if known else "the project has no files"
    return NotFoundError(f"{project}=={version}: the index has no such version", hint=hint)


def _parse_json(body: bytes, url: str) -> ProjectPage:
    try:
        page = json.decode(body)
    except (DecodeError, UnicodeError, RecursionError):
        page = None
    rows = page.get("files") if isinstance(page, dict) else None
    if not isinstance(page, dict) or not isinstance(rows, list):
        raise NetworkError("the index answered with broken JSON")
    meta, status = _table(page.get("meta")), _table(page.get("project-status"))
    api = str(meta.get("api-version", "1.0"))
    if api.partition(".")[0] != "1":
        raise NetworkError(f"the index speaks version {api[:20]!a} of the simple API, we speak 1")
    found = (_json_file(_table(row), url) for row in rows)
    return ProjectPage(
        files=tuple(file for file in found if file),
        status=str(status.get("status", "active"))[:40],
        reason=str(status.get("reason") or "")[:300],
    )


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _json_file(row: Mapping[str, Any], base: str) -> IndexFile | None:
    filename, url = row.get("filename"), row.get("url")
    if not isinstance(filename, str) or not isinstance(url, str):
        return None
    yanked, size = row.get("yanked"), row.get("size")
    metadata = row.get("core-metadata", row.get("dist-info-metadata"))
    return IndexFile(
        filename=filename[:1000],
        url=_absolute(base, url),
        hashes=_hashes(row.get("hashes")),
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        yanked=yanked if isinstance(yanked, str) else ("" if yanked else None),
        requires_python=str(row.get("requires-python") or ""),
        uploaded=str(row.get("upload-time") or "")[:40],
        attested=bool(row["provenance"]) if "provenance" in row else None,
        metadata=_hashes(metadata) if metadata else None,
    )


def _hashes(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(k).lower(): str(v).lower() for k, v in value.items() if isinstance(v, str)}


def _absolute(base: str, url: str) -> str:
    try:
        return urljoin(base, url).partition("#")[0]
    except ValueError:
        return ""


class _Anchors(HTMLParser):
    """Collects the links of a PEP 503 page."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = url
        self.files: list[IndexFile] = []
        self.status: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link, the base of links, or the project's status."""
        found = {name: value or "" for name, value in attrs}
        if tag == "base" and found.get("href"):
            self.base = _absolute(self.base, found["href"]) or self.base
        elif tag == "meta" and found.get("name", "").startswith("pypi:project-status"):
            self.status[found["name"]] = found.get("content", "")
        elif tag == "a" and found.get("href"):
            self._link(found)

    def _link(self, found: Mapping[str, str]) -> None:
        try:
            parts = urlsplit(found["href"])
        except ValueError:
            return
        filename = unquote(parts.path.rpartition("/")[2])
        algorithm, _, digest = parts.fragment.partition("&")[0].partition("=")
        metadata = found.get("data-core-metadata", found.get("data-dist-info-metadata"))
        self.files.append(
            IndexFile(
                filename=filename[:1000],
                url=_absolute(self.base, found["href"]),
                hashes={algorithm.lower(): digest.lower()} if digest else {},
                yanked=found.get("data-yanked"),
                requires_python=found.get("data-requires-python", ""),
                metadata=None if metadata is None else _fragment_hash(metadata),
            )
        )


def _fragment_hash(text: str) -> dict[str, str]:
    algorithm, _, digest = text.partition("=")
    return {algorithm.lower(): digest.lower()} if digest else {}


def _parse_html(body: bytes, url: str) -> ProjectPage:
    parser = _Anchors(url)
    parser.feed(body.decode("utf-8", "replace"))
    parser.close()
    return ProjectPage(
        files=tuple(file for file in parser.files if file.filename),
        status=parser.status.get("pypi:project-status", "active")[:40],
        reason=parser.status.get("pypi:project-status-reason", "")[:300],
    )


def _stem(filename: str) -> str:
    lower = filename.lower()
    suffix = next((s for s in _SUFFIXES if lower.endswith(s)), "")
    return filename[: len(filename) - len(suffix)]


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _same(found: str, wanted: str) -> bool:
    if not found:
        return False
    one, other = _version(found), _version(wanted)
    return one == other if one and other else found == wanted
