"""What the declarations of a package betray: `meta.*` facts. Each only raises suspicion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from antivenom.ecosystems.npm.hooks import EVENTS
from antivenom.ecosystems.npm.manifest import INSTALLED, Manifest
from antivenom.ecosystems.npm.places import words
from antivenom.model.fact import Sighting
from antivenom.model.label import Metadata

Seen = tuple[str, int, Sighting]

_COMMANDS = words(
    """
    sudo su doas ls dir cat cp mv rm mkdir chmod chown ln find grep sed awk tar gzip zip unzip
    which env id whoami uname ps kill top ping ifconfig ip ssh scp sftp ssh-keygen git curl wget
    bash sh zsh fish dash ksh cmd powershell pwsh node cargo rustc go java javac ruby gem perl php
    docker kubectl gcc cc make apt apt-get yum dnf apk brew systemctl service crontab vim vi nano
    explorer notepad gpg openssl mount passwd login python python3 pip pip3
    """
)
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{0,20}:)?//|^(?:git|github|gitlab|bitbucket|gist)[:@]",
                      re.IGNORECASE)  # fmt: skip
_SHORTHAND = re.compile(r"^[\w.-]{1,100}/[\w.-]{1,100}(?:#[^\s]{0,200})?$")
_HOST = re.compile(r"[\w+.-]{1,30}://(?:[^/@\s]{0,100}@)?([^/:?#\s]{1,253})")
_SCP = re.compile(r"^[\w.-]{1,60}@([^/:?#\s]{1,253}):")
_COMMIT = re.compile(r"#[0-9a-f]{40}$")
_CALVER = re.compile(r"(?:19|20)\d\d(?:\d\d){0,2}$")
_FETCHED = (*INSTALLED, "peerDependencies")
"""Groups a client takes from where they say; npm installs peers too, since version 7."""
_MOST = 200


def sightings(manifest: Manifest, bins: Iterable[str], filename: str) -> Iterator[Seen]:
    """Yield everything a manifest betrays."""
    yield from _shadowing(manifest, bins)
    yield from _from_addresses(manifest)
    yield from _version_jump(manifest)
    yield from _mismatch(manifest, filename)


def metadata(manifest: Manifest, readme: str) -> Metadata:
    """Return what the package says of itself."""
    author, email = _person(manifest.fields.get("author"))
    maintainers = manifest.fields.get("maintainers")
    first = maintainers[0] if isinstance(maintainers, list) and maintainers else None
    repository = manifest.fields.get("repository")
    url = repository.get("url") if isinstance(repository, dict) else repository
    return Metadata(
        name=manifest.name[:214],
        version=manifest.version[:256],
        summary=manifest.string("description")[:1000],
        author=author,
        author_email=email,
        maintainer=_person(first)[0],
        home_page=manifest.string("homepage")[:1000],
        urls=(url[:1000],) if isinstance(url, str) else (),
        licence=manifest.string("license")[:200],
        requires=tuple(
            f"{name}@{spec}"[:1000] for group, name, spec in manifest.dependencies()
            if group in INSTALLED
        ),
        entry_points=tuple(f"scripts:{event} = {command}"[:1000]
                           for event, command in manifest.scripts() if event in EVENTS),
        description=readme[:20_000],
    )  # fmt: skip


def _person(value: object) -> tuple[str, str]:
    """Return name and address of ``"Jo <jo@demo.example>"`` or ``{name, email}``."""
    if isinstance(value, dict):
        name, email = value.get("name"), value.get("email")
        return (
            name[:200] if isinstance(name, str) else "",
            email[:200] if isinstance(email, str) else "",
        )
    if not isinstance(value, str):
        return "", ""
    name, _, rest = value[:500].partition("<")
    return name.strip(), rest.partition(">")[0].strip()


def _shadowing(manifest: Manifest, bins: Iterable[str]) -> Iterator[Seen]:
    for name in list(bins)[:_MOST]:
        if name.lower() in _COMMANDS and name != manifest.name:
            yield manifest.member, manifest.line_of(name), _meta("shadowing-command", name)


def _from_addresses(manifest: Manifest) -> Iterator[Seen]:
    """Yield dependencies that come from an address or a repository instead of the registry."""
    count = 0
    for group, name, spec in manifest.dependencies():
        if group not in _FETCHED or count >= _MOST:
            continue
        plain = spec.strip()[:1000]
        if plain.startswith(("npm:", "file:", "link:", "workspace:", "portal:", "catalog:")):
            continue
        if not (_ADDRESS.search(plain) or _SHORTHAND.match(plain)):
            continue
        count += 1
        host = _HOST.match(plain) or _SCP.match(plain)
        args: tuple[str, ...] = ("optional=yes",) if group == "optionalDependencies" else ()
        args += ("from=repository",) if host is None or "git" in plain.partition(":")[0] else ()
        args += ("form=commit",) if _COMMIT.search(plain) else ()
        seen = Sighting(
            id="meta.url-dependency",
            kind="meta",
            value=plain[:256],
            host=host[1].lower() if host else "",
            args=args,
        )
        yield manifest.member, manifest.line_of(name, spec), seen


def _version_jump(manifest: Manifest) -> Iterator[Seen]:
    """Yield a version meant to win over every other: 99.0.0, but not 2024.1.0."""
    major = re.match(r"v?(\d{1,20})", manifest.version.strip())
    if major is None or int(major[1]) < 90 or _CALVER.match(major[1]):
        return
    nines = re.match(r"v?9{2,}(?:\.\d{1,10})*$", manifest.version.strip()) is not None
    args = ("nines=yes",) if nines else ()
    yield (
        manifest.member,
        manifest.line_of("version"),
        _meta("version-jump", manifest.version, args),
    )


def _mismatch(manifest: Manifest, filename: str) -> Iterator[Seen]:
    """Yield that the file's name and the manifest disagree."""
    if not filename.endswith(".tgz") or not manifest.name or not manifest.version:
        return
    stem = filename.removesuffix(".tgz")
    plain = manifest.name.rpartition("/")[2]
    scoped = manifest.name.removeprefix("@").replace("/", "-")
    for name in (plain, scoped):
        if stem.startswith(f"{name}-"):
            said = stem[len(name) + 1 :]
            if said.partition("+")[0] != manifest.version.partition("+")[0] and said[:1].isdigit():
                text = f"package.json says {manifest.version[:80]}, the file name says {said[:80]}"
                args = ("field=version",)
                yield manifest.member, manifest.line_of("version"), _meta("mismatch", text, args)
            return


def idle(manifest: Manifest, names: Iterable[str]) -> Iterator[Seen]:
    """Yield dependencies that nothing in the package names."""
    for name in list(names)[:_MOST_IDLE]:
        found = _meta("mismatch", name, ("field=unused",))
        yield manifest.member, manifest.line_of(name), found


_MOST_IDLE = 40


def _meta(name: str, value: str, args: tuple[str, ...] = ()) -> Sighting:
    return Sighting(id=f"meta.{name}", kind="meta", value=value[:256], args=args)
