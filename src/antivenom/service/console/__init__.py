"""The console: pages for the people who decide, rendered here, working without a script.

What an upload says is text wherever it is shown: every expression of a template passes
`rendering.shown`, and the policy in each answer's head allows no script or style but ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler


def routes() -> list[ControllerRouterHandler]:
    """Return every page, act and file of the console for an application."""
    from antivenom.service.console import (
        acts,
        case_pages,
        doors,
        file_page,
        files,
        inspecting,
        lists,
        overview_page,
        queue_page,
    )

    return [
        *files.HANDLERS,
        *doors.HANDLERS,
        *queue_page.HANDLERS,
        *case_pages.HANDLERS,
        *file_page.HANDLERS,
        *inspecting.HANDLERS,
        *acts.HANDLERS,
        *lists.HANDLERS,
        *overview_page.HANDLERS,
    ]
