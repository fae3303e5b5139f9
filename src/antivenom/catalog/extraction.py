"""The work of a child: open one sample, observe it, judge it, answer in rows."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from antivenom.catalog.derived import Observed, derive
from antivenom.catalog.samples import Item, artifact
from antivenom.isolate import Bounds

BOUNDS = Bounds(recycle_after=2000)
_OURS = b"import base64, os\nexec(base64.b64decode(os.environ['A']))\n"
"""A program of our own that makes the pipeline load everything it imports late."""


class Answer(Struct, frozen=True, kw_only=True):
    """Either what was observed or why the sample could not be read."""

    observed: Observed | None = None
    broken: str = ""
    """Why its bytes cannot be had."""
    lost: str = ""
    """How the child ended; set by the parent."""


def worker() -> Callable[[bytes], bytes]:
    """Return the work; what children share is loaded here, before they are forked."""
    from antivenom import pipeline
    from antivenom.intake import from_bytes
    from antivenom.judge import load_knowledge
    from antivenom.model.context import NOTHING
    from antivenom.store.packing import pack

    knowledge = load_knowledge()
    decode = msgspec.msgpack.Decoder(Item).decode
    ours = pipeline.observe(from_bytes(_OURS, "ours.py"))
    pipeline.judge(ours, NOTHING, knowledge)
    pack(ours)

    def work(request: bytes) -> bytes:
        try:
            found = artifact(decode(request))
        except (ValueError, KeyError, OSError) as error:
            return msgspec.msgpack.encode(Answer(broken=str(error) or type(error).__name__))
        profile = pipeline.observe(found)
        review = pipeline.judge(profile, NOTHING, knowledge)
        return msgspec.msgpack.encode(Answer(observed=derive(profile, review, pack(profile))))

    return work
