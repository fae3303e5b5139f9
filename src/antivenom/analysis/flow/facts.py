"""Turn what the machine sees into facts of the place where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from antivenom.analysis.factlog import MAX_VALUE, FactLog
from antivenom.analysis.flow.flows import is_flow
from antivenom.analysis.value import Taint
from antivenom.model.fact import Fact, HostClass, Sighting
from antivenom.model.label import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site


class Facts:
    """Records facts at the place where the machine is."""

    def __init__(self, log: FactLog, labels: Mapping[str, Label]) -> None:
        self.log = log
        self.labels = labels
        self.replaced: tuple[str, Taint | None] = ("", None)
        """The function whose replacement is being evaluated, and what its callers hand it."""

    # ------------------------------------------------------------------ facts

    def emit(
        self,
        m: Machine,
        behavior: str,
        line: int,
        *,
        end_line: int = 0,
        value: str = "",
        host: tuple[str, Any] = ("", ""),
        path_class: str = "",
        args: tuple[str, ...] = (),
        certainty: Any = "high",
    ) -> None:
        """Record a behavior at the place the machine is in."""
        frame = m.frame
        member = frame.module.member
        label = self.labels.get(member)
        self.log.add(
            Fact(
                id=behavior,
                kind="behavior",
                member=member,
                line=line,
                end_line=max(end_line, line),
                layer=frame.module.layer,
                value=value[:MAX_VALUE],
                host=host[0],
                hostclass=host[1],
                path_class=path_class,
                args=args[:3],
                scope=frame.function.name,
                activation=m.activation.value,
                role=label.role.value if label else "code",
                lang=frame.module.lang,
                certainty=certainty,
                observer="flow",
            )
        )

    def flow(
        self,
        m: Machine,
        taint: Taint,
        behavior: str,
        site: Site,
        *,
        value: str = "",
        host: tuple[str, Any] = ("", ""),
        certainty: Any = "high",
        args: tuple[str, ...] = (),
        path_class: str = "",
    ) -> None:
        """Record that a value arrives at a behavior, when the chain means anything."""
        via = taint.through(behavior).via
        if len(via) < 2 or not is_flow(via):
            return
        frame = m.frame
        if frame.unanswered and frame.unanswered <= site.line <= frame.unanswered + 12:
            # Nobody wants to know what comes back, nor whether it arrived.
            args = ("silent=yes", *args)
        member = frame.module.member
        here = taint.member == member and taint.layer == frame.module.layer
        label = self.labels.get(member)
        shown = host if host[0] or not taint.host else (taint.host, taint.hostclass)
        self.log.add(
            Fact(
                id="->".join(via),
                kind="flow",
                member=member,
                line=taint.line if here else site.line,
                end_line=taint.line if here else site.line,
                sink_line=site.line,
                layer=frame.module.layer,
                value=(value or taint.value)[:MAX_VALUE],
                host=shown[0],
                hostclass=cast("HostClass", shown[1]),
                path_class=taint.path_class or path_class,
                args=(*args, *taint.args)[:3],
                via=via,
                scope=frame.function.name,
                activation=m.activation.value,
                role=label.role.value if label else "code",
                lang=frame.module.lang,
                certainty=certainty,
                observer="flow",
            )
        )

    def sighting(self, m: Machine, seen: Sighting, line: int) -> None:
        """Record what another observer saw in a text of this place."""
        frame = m.frame
        label = self.labels.get(frame.module.member)
        self.log.add(
            Fact(
                id=seen.id,
                kind=seen.kind,
                member=frame.module.member,
                line=line,
                end_line=line,
                sink_line=line if seen.via else 0,
                layer=frame.module.layer,
                value=seen.value[:MAX_VALUE],
                host=seen.host,
                hostclass=seen.hostclass,
                path_class=seen.path_class,
                args=seen.args[:3],
                via=seen.via,
                scope=frame.function.name,
                activation=m.activation.value,
                role=label.role.value if label else "code",
                lang=frame.module.lang,
                certainty=seen.certainty,
                observer="commands",
            )
        )

    def taint(self, m: Machine, behavior: str, line: int, **details: Any) -> Taint:
        """Return a fresh taint from the place the machine is in."""
        frame = m.frame
        return Taint((behavior,), frame.module.member, line, frame.module.layer, **details)
