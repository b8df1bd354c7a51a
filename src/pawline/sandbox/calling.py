"""A call of a vendor's API, as far as most vendors have it: a method, a path whose second part is an id, a query."""

from __future__ import annotations

from typing import Any

import msgspec


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request, by its path below what all paths of the vendor begin with.

    `body` is JSON's object, empty where there was none.
    """

    method: str
    path: tuple[str, ...]
    query: dict[str, str] = {}
    body: dict[str, Any] = {}

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"

    @property
    def route(self) -> str:
        """What it is, its id left out."""
        return f"{self.method} {'/'.join('*' if n == 1 else one for n, one in enumerate(self.path))}"

    @property
    def id(self) -> str:
        """Of what it is about; empty for a list."""
        return self.path[1] if len(self.path) > 1 else ""
