"""The work of a child: open, observe, judge; and what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from antivenom import errors
from antivenom.intake.locator import Locator
from antivenom.model.artifact import Artifact
from antivenom.model.context import NOTHING
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.profile import Profile
from antivenom.model.review import Review

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
    """Either a review or a trouble."""

    review: Review | None = None
    members: dict[str, str] = {}
    """Path -> sha256 of the members that findings name; "" is the artifact."""
    trouble: Trouble | None = None


def reviewer(limits: Limits = DEFAULT_LIMITS, *, offline: bool = False) -> Callable[[bytes], bytes]:
    """Return the work of a child: a locator's bytes in, an answer's bytes out.

    What the children share is loaded here, once, before they are forked; also what the pipeline
    imports late, since a child may not write a compiled module or table for the next run.
    """
    from antivenom import pipeline
    from antivenom.intake.files import from_bytes, open_located
    from antivenom.judge import load_knowledge

    knowledge = load_knowledge()
    decode = msgspec.json.Decoder(Locator).decode

    def answer(request: bytes) -> bytes:
        started = time.perf_counter()
        try:
            artifact = open_located(decode(request), limits)
        except errors.AntivenomError as error:
            kind = type(error).__name__
            trouble = Trouble(kind=kind, message=str(error), hint=error.hint)
            return msgspec.json.encode(Answer(trouble=trouble))
        profile = pipeline.observe(artifact, limits)
        review = _placed(pipeline.judge(profile, NOTHING, knowledge), artifact, offline=offline)
        took = int((time.perf_counter() - started) * 1000)
        review = msgspec.structs.replace(review, took_ms=took)
        return msgspec.json.encode(Answer(review=review, members=_hashes(review, profile)))

    ours = from_bytes(_OURS, "ours.py")
    pipeline.judge(pipeline.observe(ours, limits), NOTHING, knowledge)
    return answer


def _placed(review: Review, artifact: Artifact, *, offline: bool) -> Review:
    """Add where the artifact was found and what the index calls it: a profile knows neither."""
    info = msgspec.structs.replace(review.artifact, path=artifact.path, filename=artifact.filename)
    if artifact.coordinate is not None:
        info = msgspec.structs.replace(
            info,
            ecosystem=artifact.coordinate.ecosystem.value,
            name=artifact.coordinate.name,
            version=artifact.coordinate.version,
            purl=artifact.coordinate.purl,
        )
    context = msgspec.structs.replace(review.context, offline=offline)
    return msgspec.structs.replace(review, artifact=info, context=context)


def _hashes(review: Review, profile: Profile) -> dict[str, str]:
    """Return the content hashes that suppressions are compared with."""
    named = {span.member for finding in review.findings for span in finding.spans}
    hashes = {entry.path: entry.sha256 for entry in profile.manifest if entry.path in named}
    return {**hashes, "": profile.sha256}
