"""Which request goes to a child next: observe what a review needs, then judge it.

An artifact without surroundings is one request. One with a previous release or with files beside
it in its release is judged once the profiles of those are there, from the cache or from a child.
Reviews come out in the order in which their targets were given.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from antivenom.intake import Failure, Locator
from antivenom.intake.locator import Surroundings
from antivenom.isolate import Killed, Pool, Result
from antivenom.model.review import Review
from antivenom.session.answer import Answer
from antivenom.session.profiles import Profiles, identified
from antivenom.session.task import Around, Task
from antivenom.session.unread import unread

MAX_SIBLINGS = 8
"""Profiles of other files of the release that a review is given."""
_AHEAD = 8
"""Artifacts for each child that may wait for something while later ones are taken."""
_NONE = Surroundings()

Heard = Callable[[Answer | Killed], None]


@dataclass(slots=True, kw_only=True)
class Case:
    """One target on its way to an outcome."""

    item: Locator | Failure
    around: Surroundings = _NONE
    profile: bytes = b""
    baseline: bytes = b""
    notes: list[str] = field(default_factory=list)
    missing: int = 0
    """Profiles that are still to come."""
    release: list[Case] = field(default_factory=list, repr=False)
    """The files of its release, itself included; empty where they are not looked at."""
    answer: Answer | Killed | Failure | None = None

    @property
    def locator(self) -> Locator:
        """What is reviewed; only a case that is no failure has one."""
        assert isinstance(self.item, Locator)
        return self.item


class Cases:
    """Takes targets, feeds the pool, and gives the cases back in order, each with its answer."""

    def __init__(
        self,
        found: Iterator[Locator | Failure],
        pool: Pool,
        *,
        jobs: int,
        offline: bool,
        profiles: Profiles | None,
        show: bool = False,
        facts: bool = False,
        starting: Callable[[str], None] | None = None,
    ) -> None:
        self._found = found
        self._pool = pool
        self._most = jobs * _AHEAD
        self._offline = offline
        self._profiles = profiles
        self._starting = starting
        self._show = show
        self._facts = facts
        self._cases: deque[Case] = deque()
        self._ready: deque[tuple[Task, Heard]] = deque()
        self._asked: dict[int, Heard] = {}
        self._count = 0
        self._more = True
        self._release: list[Case] = []
        """Files of the release that is being taken; more of it may follow."""

    def run(self) -> Iterator[Case]:
        """Yield every case with its answer."""
        while True:
            self._feed()
            while self._cases and self._cases[0].answer is not None:
                yield self._cases.popleft()
            if not self._cases and not self._more:
                return
            self._listen(wait=True)

    def _feed(self) -> None:
        while self._pool.free:
            if self._ready:
                task, heard = self._ready.popleft()
                self._asked[self._count] = heard
                self._pool.start(self._count, msgspec.msgpack.encode(task))
                self._count += 1
            elif self._more and (len(self._cases) < self._most or self._release):
                self._take()
                # Taking a target may have cost a download: see what was finished meanwhile.
                self._listen(wait=False)
            else:
                return

    def _listen(self, *, wait: bool) -> None:
        for number, result in self._pool.finished(wait=wait).items():
            self._asked.pop(number)(_answer(result))

    # ------------------------------------------------------------------ targets

    def _take(self) -> None:
        item = next(self._found, None)
        release = item.around.release if isinstance(item, Locator) and item.around else ""
        if self._release and self._release[0].around.release != release:
            self._close()
        if item is None:
            self._more = False
        elif isinstance(item, Failure):
            self._cases.append(Case(item=item, answer=item))
        else:
            self._begin(item)

    def _begin(self, locator: Locator) -> None:
        if self._starting:
            self._starting(locator.filename)
        around = locator.around or _NONE
        case = Case(item=locator, around=around, notes=list(around.notes))
        self._cases.append(case)
        if around.release:
            case.release = self._release
            self._release.append(case)
            case.missing += 1
            self._observe(case, locator, self._observed)
        if around.baseline is not None:
            self._ask_baseline(case, identified(around.baseline))
        if not case.missing:
            self._judge(case, ())

    def _ask_baseline(self, case: Case, baseline: Locator) -> None:
        known = self._profiles.get(baseline) if self._profiles else b""
        if known:
            case.baseline = known
            return
        case.missing += 1
        self._observe(case, baseline, self._compared)
        if not case.around.release:
            case.missing += 1
            self._observe(case, case.locator, self._observed)

    def _observe(
        self, case: Case, locator: Locator, then: Callable[[Case, Answer | Killed], None]
    ) -> None:
        locator = identified(locator)
        known = self._profiles.get(locator) if self._profiles else b""
        if known:
            then(case, Answer(profile=known))
            return

        def heard(answer: Answer | Killed) -> None:
            if self._profiles and isinstance(answer, Answer) and answer.profile:
                self._profiles.keep(locator, answer.profile)
            then(case, answer)

        plain = msgspec.structs.replace(locator, around=None)
        self._ready.append((Task(locator=plain, keep=True), heard))

    # ------------------------------------------------------------------ answers

    def _observed(self, case: Case, answer: Answer | Killed) -> None:
        if isinstance(answer, Killed) or answer.trouble is not None:
            case.answer = answer
        else:
            case.profile = answer.profile
        self._arrived(case)

    def _compared(self, case: Case, answer: Answer | Killed) -> None:
        if isinstance(answer, Killed):
            case.notes.append(f"the previous release could not be read: {answer.detail}")
        elif answer.trouble is not None:
            case.notes.append(f"the previous release could not be read: {answer.trouble.message}")
        else:
            case.baseline = answer.profile
        self._arrived(case)

    def _arrived(self, case: Case) -> None:
        case.missing -= 1
        if case.missing:
            return
        if not case.around.release:
            self._judge(case, ())
        elif case.release is not self._release:
            self._judge_release(case.release)

    def _close(self) -> None:
        """No more files of this release follow."""
        files, self._release = self._release, []
        self._judge_release(files)

    def _judge_release(self, files: Sequence[Case]) -> None:
        if any(case.missing for case in files):
            return
        for case in files:
            # The sources first: what was built is compared with them above all.
            found = sorted(files, key=lambda c: c.locator.filename.endswith(".whl"))
            others = [c.profile for c in found if c is not case and c.profile]
            self._judge(case, tuple(others[:MAX_SIBLINGS]))

    def _judge(self, case: Case, siblings: tuple[bytes, ...]) -> None:
        if case.answer is not None:
            return
        known = case.around
        around = Around(
            baseline=case.baseline,
            siblings=siblings,
            upload=known.upload,
            registry=known.registry,
            imitated=known.imitated,
            offline=self._offline,
            notes=tuple(case.notes),
        )
        plain = msgspec.structs.replace(case.locator, around=None)
        keep = bool(known.baseline) and not case.profile and self._profiles is not None
        if keep:
            plain = identified(plain)

        def heard(answer: Answer | Killed) -> None:
            case.answer = answer
            if keep and self._profiles and isinstance(answer, Answer) and answer.profile:
                self._profiles.keep(plain, answer.profile)

        task = Task(
            locator=plain,
            around=around,
            profile=case.profile,
            keep=keep,
            against=known.baseline if case.baseline else None,
            show=self._show,
            facts=self._facts,
        )
        self._ready.append((task, heard))


def _answer(result: Result) -> Answer | Killed:
    if isinstance(result, Killed):
        return result
    try:
        return msgspec.msgpack.decode(result.data, type=Answer)
    except msgspec.DecodeError:
        return Killed(reason="oversized", detail="its answer is not one")


def reviewed(case: Case) -> Review | Failure:
    """Return the review of a case, or why there is none."""
    answer = case.answer
    if isinstance(answer, Failure):
        return answer
    if isinstance(answer, Killed):
        return unread(case.locator, answer)
    assert answer is not None
    if answer.trouble is not None:
        return Failure(target=case.locator.display, error=answer.trouble.error())
    if answer.review is None:
        return unread(case.locator, Killed(reason="oversized", detail="its answer is not one"))
    return answer.review
