"""All pages of one hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.console.answering import answer_routes

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from pawline.hub import Hub


def pages(hub: Hub) -> list[ControllerRouterHandler]:
    """Those that somebody is sent to."""
    return answer_routes(hub.answering) if hub.answering.accounts else []
