"""The work of a child: open, observe, judge; and what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from antivenom import errors
from antivenom.intake.locator import Locator
from antivenom.model.context import NOTHING
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.profile import Profile
from antivenom.model.review import Review, Verdict
from antivenom.session.task import Task, decoded, encoded

_OURS = b"""
import base64, os, subprocess
exec(base64.b64decode(os.environ["A"]))
open(os.path.expanduser("~/.netrc")).read()
subprocess.run("curl https://host.example/", shell=True)
"""
"""A program of our own that makes the pipeline load everything it imports late."""


class Trouble(Struct, frozen=True, kw_only=True):
    """An error of the tree in `errors`, on its way to the parent."""

    kind: str
    message: str
    hint: str | None = None

    def error(self) -> errors.AntivenomError:
        """Return the error again; a kind we do not know is the plain one."""
        kind = getattr(errors, self.kind, None)
        if not (isinstance(kind, type) and issubclass(kind, errors.AntivenomError)):
            kind = errors.AntivenomError
        return kind(self.message, hint=self.hint)


class Answer(Struct, frozen=True, kw_only=True):
    """A review, a profile, both, or a trouble."""

    review: Review | None = None
    members: dict[str, str] = {}
    """Path -> sha256 of the members that findings name; "" is the artifact."""
    profile: bytes = b""
    """Encoded, where the task asked for it."""
    facts: bytes = b""
    """Encoded, where the task asked for them: what was observed and what its surroundings add."""
    trouble: Trouble | None = None


def reviewer(limits: Limits = DEFAULT_LIMITS) -> Callable[[bytes], bytes]:
    """Return the work of a child: a task's bytes in, an answer's bytes out.

    What the children share is loaded here, once, before they are forked; also what the pipeline
    imports late, since a child may not write a compiled module or table for the next run.
    """
    from antivenom import pipeline
    from antivenom.intake.files import from_bytes, open_located
    from antivenom.judge import local_knowledge

    knowledge = local_knowledge()
    decode = msgspec.msgpack.Decoder(Task).decode

    def answer(request: bytes) -> bytes:
        started = time.perf_counter()
        task = decode(request)
        if task.profile:
            profile = decoded(task.profile)
        else:
            try:
                artifact = open_located(task.locator, limits)
            except errors.AntivenomError as error:
                return msgspec.msgpack.encode(Answer(trouble=_trouble(error)))
            profile = pipeline.observe(artifact, limits)
        kept = encoded(profile) if task.keep else b""
        if task.around is None:
            return msgspec.msgpack.encode(Answer(profile=kept))
        context = task.around.context()
        review = pipeline.judge(profile, context, knowledge)
        facts = pipeline.judged_facts(profile, context, knowledge) if task.facts else ()
        review = _with_source(review, task, limits)
        took = int((time.perf_counter() - started) * 1000)
        review = msgspec.structs.replace(_placed(review, task.locator), took_ms=took)
        answered = Answer(review=review, members=_hashes(review, profile), profile=kept)
        if task.facts:
            answered = msgspec.structs.replace(answered, facts=msgspec.msgpack.encode(facts))
        return msgspec.msgpack.encode(answered)

    ours = from_bytes(_OURS, "ours.py")
    pipeline.judge(pipeline.observe(ours, limits), NOTHING, knowledge)
    return answer


def _with_source(review: Review, task: Task, limits: Limits) -> Review:
    """Add the source of what changed, when somebody is going to look."""
    from antivenom.intake.files import open_located
    from antivenom.session.side_by_side import with_source

    changes = review.changes
    if changes is None or task.against is None or not changes.places:
        return review
    if review.verdict is Verdict.CLEAN and not task.show:
        return review
    try:
        new, old = (open_located(one, limits) for one in (task.locator, task.against))
    except errors.AntivenomError:
        return review
    return msgspec.structs.replace(review, changes=with_source(changes, new, old, limits))


def _trouble(error: errors.AntivenomError) -> Trouble:
    return Trouble(kind=type(error).__name__, message=str(error), hint=error.hint)


def _placed(review: Review, locator: Locator) -> Review:
    """Add where the artifact was found and what the index calls it: a profile knows neither."""
    info = msgspec.structs.replace(review.artifact, path=locator.display, filename=locator.filename)
    coordinate = locator.coordinate
    if coordinate is not None:
        info = msgspec.structs.replace(
            info,
            ecosystem=coordinate.ecosystem.value,
            name=coordinate.name,
            version=coordinate.version,
            purl=coordinate.purl,
        )
    return msgspec.structs.replace(review, artifact=info)


def _hashes(review: Review, profile: Profile) -> dict[str, str]:
    """Return the content hashes that suppressions are compared with."""
    named = {span.member for finding in review.findings for span in finding.spans}
    hashes = {entry.path: entry.sha256 for entry in profile.manifest if entry.path in named}
    return {**hashes, "": profile.sha256}
