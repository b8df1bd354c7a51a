"""What WooCommerce refuses with, and how it lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

MOST: Final = 100
"""Things of a page, and changes of a batch."""


class No(Exception):
    """A refusal, as WordPress words it."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status: Final = status
        self.body: Final = {"code": code, "message": f"Sorry: {code}.", "data": {"status": status}}


class Listed(NamedTuple):
    """A page of a list, and of how many."""

    rows: list[Any]
    total: int
    pages: int


def listed(query: dict[str, str], every: Sequence[Any], show: Callable[[Any], Any]) -> Listed:
    """`per_page`, `page` or `offset`. A page beyond the last one is empty."""
    try:
        many, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        first = int(query.get("offset", (page - 1) * many))
    except ValueError:
        raise No(400, "rest_invalid_param") from None
    if not 1 <= many <= MOST or page < 1 or first < 0:
        raise No(400, "rest_invalid_param")
    return Listed([show(one) for one in every[first : first + many]], len(every), -(-len(every) // many))
