"""Antivenom reviews packages for malice before people install them.

from antivenom import review

for result in review("name==1.0", "dist/"):
    print(result.artifact.filename, result.verdict, result.reasons)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom._version import __version__

if TYPE_CHECKING:
    from antivenom.errors import AntivenomError
    from antivenom.intake import Failure
    from antivenom.model.review import Finding, Review, Verdict
    from antivenom.session import review, stream

__all__ = [
    "AntivenomError",
    "Failure",
    "Finding",
    "Review",
    "Verdict",
    "__version__",
    "review",
    "stream",
]


def __getattr__(name: str) -> object:
    """Import the public names when they are first used: `import antivenom` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "AntivenomError":
        from antivenom.errors import AntivenomError

        return AntivenomError
    if name == "Failure":
        from antivenom.intake import Failure

        return Failure
    if name in {"review", "stream"}:
        from antivenom import session

        return getattr(session, name)
    from antivenom.model import review as nouns

    return getattr(nouns, name)
