"""All pages of one hub."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pawline.console.answering import answer_routes

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from pawline.console.answering import Reading
    from pawline.hub import Hub


def pages(hub: Hub) -> Callable[[Reading], list[ControllerRouterHandler]]:
    """Those that somebody is sent to, once it is known how whoever serves them reads what is sent there."""
    return lambda reading: answer_routes(hub.answering, reading) if hub.answering.accounts else []
