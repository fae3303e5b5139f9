"""One upload to its review: fetch, surround, have a child look, keep what it saw.

Everything that can go wrong is an `AntivenomError` here or a `Killed` of the child; what follows
from it (again, gone, inconclusive) the worker decides.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import RowMapping

from antivenom.analysis import engine
from antivenom.ecosystems.pypi.locate import IndexFile
from antivenom.errors import AntivenomError, IntegrityError, NetworkError, NotFoundError
from antivenom.intake.locator import Locator, Surroundings, printable
from antivenom.intake.releases import check_address
from antivenom.isolate import Killed
from antivenom.model.context import RegistryInfo, UploadInfo
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.moments import moment
from antivenom.model.review import Review, Verdict
from antivenom.service import events, fetching, known, uploads
from antivenom.service.fetching import KEPT, Fetched, Spool
from antivenom.service.settings import Settings
from antivenom.service.slots import Slots
from antivenom.service.sources import Found, Source
from antivenom.session import Reviewed
from antivenom.session.answer import Answer
from antivenom.session.cases import MAX_SIBLINGS
from antivenom.session.task import Around, Task
from antivenom.session.unread import unread
from antivenom.store import Store
from antivenom.store.blobs import Blobs

# Made at import: msgspec bears only one thread that is the first to decode a struct.
_ANSWER = msgspec.msgpack.Decoder(Answer)
_JUDGING = threading.Lock()
_PATIENT = 20
"""How often an upload waits a second for the release before it."""


class Lost(AntivenomError):
    """The reviewing child did not answer."""

    def __init__(self, killed: Killed, locator: Locator) -> None:
        super().__init__(killed.detail)
        self.killed = killed
        self.locator = locator

    @property
    def review(self) -> Review:
        """What can be said without reading it."""
        return said_of_unread(self.locator, self.killed)


def said_of_unread(locator: Locator, killed: Killed) -> Review:
    """Return the review of what no child lived to read; what judges is loaded by the first."""
    with _JUDGING:
        return unread(locator, killed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a review gave, before anything of it is kept."""

    reviewed: Reviewed
    profile: bytes
    facts: Mapping[str, object]
    """Columns of the upload that fetching taught."""


class Reviewer:
    """Reviews uploads; safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        slots: Slots,
        sources: Mapping[str, Source],
        spool: Spool,
        blobs: Blobs,
    ) -> None:
        self._store = store
        self._settings = settings
        self._slots = slots
        self._sources = sources
        self._spool = spool
        self._blobs = blobs
        self._engine = engine.digest()

    def review(self, row: RowMapping, job: str) -> Judged:
        """Return the review of an upload. Raises `AntivenomError`; `Lost` when a child was."""
        with self._spool.room(job) as room:
            seen = self._seen(row)
            found, note = self._listed(row)
            fetched = None if seen else self._fetched(row, found, room)
            if fetched is not None:
                # The same bytes may have come before, here or in a mirror of the registry.
                seen = self._profile(fetched.sha256, row["ecosystem"], row["filename"])
            locator = _locator(row, found, fetched)
            around, before = self._around(row, found, note, locator, room)
            task = Task(locator=locator, around=around, profile=seen, keep=not seen, against=before)
            answer = self._ask(task)
            answer = self._with_source(answer, task, found, fetched, room)
            if answer.review is None:
                raise Lost(Killed(reason="oversized", detail="its answer is not one"), locator)
            reviewed = Reviewed(review=answer.review, members=answer.members, notes=locator.notes)
            facts = _taught(found, fetched, around)
            if fetched and self._keep(answer.review, fetched):
                facts["kept"] = 1
            return Judged(reviewed=reviewed, profile=answer.profile, facts=facts)

    # ------------------------------------------------------------------ bytes

    def _seen(self, row: RowMapping) -> bytes:
        """Return what was observed of bytes that had a verdict before; b"" to read them again."""
        if not row["review"] or not row["sha256"]:
            return b""
        return self._profile(row["sha256"], row["ecosystem"], row["filename"])

    def _listed(self, row: RowMapping) -> tuple[Found | None, str]:
        """Look an upload up in its registry; what somebody gave us need not be there."""
        if row["source"] == "demo":
            return None, ""
        source = self._sources.get(row["ecosystem"])
        given = bool(row["location"]) or bool(row["review"])
        if source is None:
            if given:
                return None, ""
            raise NotFoundError(f"{row['ecosystem']}: no registry of that name is known here")
        try:
            return source.find(row["project"], row["version"], row["filename"]), ""
        except NotFoundError as error:
            if not given:
                raise
            return None, f"the registry does not list it: {error}"
        except NetworkError as error:
            if not row["location"].startswith(KEPT):
                raise
            return None, f"the registry could not be asked: {error}"

    def _fetched(self, row: RowMapping, found: Found | None, room: Path) -> Fetched:
        sha256, again = row["sha256"], bool(row["review"])
        if row["location"].startswith(KEPT) or (again and sha256 and self._blobs.has(sha256)):
            got = fetching.kept(self._blobs, row["sha256"], room)
        else:
            got = self._downloaded(row, found, room)
        if row["sha256"] and got.sha256 != row["sha256"]:
            raise IntegrityError("the sha256 of what arrived is not the one announced")
        return got

    def _downloaded(self, row: RowMapping, found: Found | None, room: Path) -> Fetched:
        source = self._sources[row["ecosystem"]]
        most = self._settings.file_bytes
        if found is not None:
            file = found[1]
            check_address(file, source.index.endpoints)
            return fetching.fetch(source.door, file.url, file.hashes, file.size, room, most)
        url = row["location"]
        host = urlsplit(url).netloc
        if host not in source.hosts | set(self._settings.fetch_hosts):
            raise NotFoundError(f"{host[:100]!a}: nothing is fetched from this host")
        hashes = {"sha256": row["sha256"], "blake2b": row["blake2b"]}
        return fetching.fetch(source.door, url, hashes, row["size"] or None, room, most)

    def _keep(self, review: Review, fetched: Fetched) -> bool:
        keep = self._settings.keep
        if keep == "none" or (keep == "flagged" and review.verdict is Verdict.CLEAN):
            return False
        try:
            self._blobs.put(fetched.path.read_bytes())
        except OSError as error:
            raise NoRoom(f"the bytes cannot be kept: {error.strerror or error}") from None
        return True

    # ------------------------------------------------------------------ surroundings

    def _around(
        self, row: RowMapping, found: Found | None, note: str, locator: Locator, room: Path
    ) -> tuple[Around, Locator | None]:
        known_of = Surroundings()
        notes = [note] if note else []
        if found is not None:
            try:
                known_of = self._sources[row["ecosystem"]].around(found, locator)
            except AntivenomError as error:
                notes.append(f"what the registry knows of it could not be had: {error}")
        baseline, before = self._baseline(row, found, room, notes)
        return (
            Around(
                baseline=baseline,
                siblings=self._siblings(row),
                upload=_upload(row, known_of.upload),
                registry=self._registry(row, known_of.registry),
                imitated=known_of.imitated,
                notes=tuple(one[:300] for one in (*known_of.notes, *notes)),
            ),
            before,
        )

    def _registry(self, row: RowMapping, listed: RegistryInfo | None) -> RegistryInfo | None:
        """Add who joined the project lately, as the feed told it."""
        if listed is not None and listed.new_owners:
            return listed
        seen = moment(row["uploaded_at"]) or moment(row["seen_at"])
        if seen is None:
            return listed
        with self._store.reading() as connection:
            new = events.joined(connection, row["ecosystem"], row["project"], seen)
        if not new:
            return listed
        return msgspec.structs.replace(listed or RegistryInfo(), new_owners=new)

    def _baseline(
        self, row: RowMapping, found: Found | None, room: Path, notes: list[str]
    ) -> tuple[bytes, Locator | None]:
        """Return the profile of the file before, and where that lies if it had to be fetched."""
        if not self._settings.baseline:
            return b"", None
        if found is None:
            return self._own_baseline(row, room)
        try:
            before = self._sources[row["ecosystem"]].before(found)
            if isinstance(before, str):
                notes.append(before)
                return b"", None
            coordinate, file = before
            sha256 = file.hashes.get("sha256", "")
            profile = self._profile(sha256, row["ecosystem"], file.filename)
            if profile:
                return profile, None
            locator = self._locate_before(row["ecosystem"], coordinate, file, room)
            answer = self._ask(Task(locator=locator, keep=True))
        except (AntivenomError, OSError) as error:
            notes.append(f"the previous release could not be read: {error}")
            return b"", None
        self._remember(answer.profile)
        return answer.profile, locator if answer.profile else None

    def _own_baseline(self, row: RowMapping, room: Path) -> tuple[bytes, Locator | None]:
        """Return the newest other release among our own uploads, for what no registry lists."""
        with self._store.reading() as connection:
            before = known.before(connection, row)
        if before is None:
            return b"", None
        if before["state"] != uploads.DONE:
            if row["failures"] < _PATIENT:
                raise Later(f"{row['project']} {before['version']} is still under way")
            return b"", None
        profile = self._profile(before["sha256"], row["ecosystem"], before["filename"])
        if not profile or not self._blobs.has(before["sha256"]):
            return profile, None
        place = room / "before"
        place.mkdir(exist_ok=True, mode=0o700)
        try:
            got = fetching.kept(self._blobs, before["sha256"], place)
        except AntivenomError:
            return profile, None
        ecosystem = Ecosystem(row["ecosystem"])
        named = Coordinate(ecosystem=ecosystem, name=row["project"], version=before["version"])
        return profile, _file(got, before["filename"], named, ecosystem)

    def _locate_before(
        self, ecosystem: str, coordinate: Coordinate, file: IndexFile, room: Path
    ) -> Locator:
        check_address(file, self._sources[ecosystem].index.endpoints)
        place = room / "before"
        place.mkdir(exist_ok=True, mode=0o700)
        door, most = self._sources[ecosystem].door, self._settings.file_bytes
        got = fetching.fetch(door, file.url, file.hashes, file.size, place, most)
        return _file(got, file.filename, coordinate, Ecosystem(ecosystem))

    def _siblings(self, row: RowMapping) -> tuple[bytes, ...]:
        with self._store.reading() as connection:
            found = known.siblings(connection, row, MAX_SIBLINGS)
        profiles = (self._profile(sha256, row["ecosystem"], name) for sha256, name in found)
        return tuple(one for one in profiles if one)

    def _with_source(
        self,
        answer: Answer,
        task: Task,
        found: Found | None,
        fetched: Fetched | None,
        room: Path,
    ) -> Answer:
        """Show the source of what changed, where somebody is going to look at it."""
        review = answer.review
        wanted = (
            review is not None
            and review.verdict is not Verdict.CLEAN
            and review.changes is not None
            and review.changes.places
        )
        if not wanted or task.against or found is None or fetched is None:
            return answer
        source = self._sources[found[0].coordinate.ecosystem.value]
        try:
            before = source.before(found)
            if isinstance(before, str):
                return answer
            ecosystem = found[0].coordinate.ecosystem.value
            against = self._locate_before(ecosystem, *before, room)
            seen = answer.profile or task.profile
            again = msgspec.structs.replace(task, profile=seen, keep=False, against=against)
            shown = self._ask(again)
        except AntivenomError:
            return answer  # the verdict stands; only the source beside it is missing
        return msgspec.structs.replace(shown, profile=answer.profile)

    # ------------------------------------------------------------------ children

    def _ask(self, task: Task) -> Answer:
        result = self._slots.ask(msgspec.msgpack.encode(task))
        if isinstance(result, Killed):
            raise Lost(result, task.locator)
        try:
            answer = _ANSWER.decode(result.data)
        except (msgspec.DecodeError, ValueError):
            lost = Killed(reason="oversized", detail="its answer is not one")
            raise Lost(lost, task.locator) from None
        if answer.trouble is not None:
            raise answer.trouble.error()
        return answer

    def _profile(self, sha256: str, ecosystem: str, filename: str) -> bytes:
        if not sha256:
            return b""
        with self._store.reading() as connection:
            return known.find(connection, sha256, ecosystem, self._engine, filename)

    def _remember(self, profile: bytes) -> None:
        if profile:
            with self._store.writing() as connection:
                known.keep(connection, profile)


class Later(AntivenomError):
    """What an upload is compared with is still under way."""


class NoRoom(AntivenomError):
    """There is no room here for what should be kept; no fault of the upload."""


def locator_of(row: RowMapping) -> Locator:
    """Return what names an upload where nothing of it was fetched."""
    return _locator(row, None, None)


def _locator(row: RowMapping, found: Found | None, fetched: Fetched | None) -> Locator:
    ecosystem = Ecosystem(row["ecosystem"])
    version = found[0].coordinate.version if found else row["version"]
    coordinate = Coordinate(ecosystem=ecosystem, name=row["project"], version=version)
    if fetched is not None:
        return _file(fetched, row["filename"], coordinate, ecosystem)
    # Only its profile is looked at; the bytes are nowhere on this machine.
    nowhere = Fetched(Path(os.devnull), row["sha256"], row["blake2b"], row["size"])
    return _file(nowhere, row["filename"], coordinate, ecosystem)


def _file(got: Fetched, filename: str, coordinate: Coordinate, ecosystem: Ecosystem) -> Locator:
    name = printable(filename.rpartition("/")[2].encode("utf-8", "surrogatepass"))
    return Locator(
        kind="file",
        location=os.fsencode(got.path),
        display=name,
        filename=name,
        coordinate=coordinate,
        ecosystem=ecosystem,
        sha256=got.sha256,
    )


def _upload(row: RowMapping, known_of: UploadInfo | None) -> UploadInfo | None:
    """Join what the feed told of an upload with what the registry says now."""
    declared, publisher = uploads.declared(row), row["publisher"]
    if known_of is None:
        if declared is None and not publisher:
            return None
        return UploadInfo(declared=declared, uploaded=row["uploaded_at"], publisher=publisher)
    return msgspec.structs.replace(
        known_of,
        declared=known_of.declared or declared,
        uploaded=known_of.uploaded or row["uploaded_at"],
        publisher=known_of.publisher or publisher,
    )


def _taught(found: Found | None, fetched: Fetched | None, around: Around) -> dict[str, object]:
    facts: dict[str, object] = {}
    if fetched is not None:
        facts.update(sha256=fetched.sha256, blake2b=fetched.blake2b, size=fetched.size)
    if found is not None and found[1].uploaded:
        facts["uploaded_at"] = found[1].uploaded
    if around.upload is not None and around.upload.publisher:
        facts["publisher"] = around.upload.publisher
    return facts
