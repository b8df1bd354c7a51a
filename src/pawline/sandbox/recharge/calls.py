"""A call of the API, and its refusal."""

from __future__ import annotations

from typing import Any, Final

from pawline.sandbox.calling import Asked


class No(Exception):
    """A refusal: the status, and the body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status: Final = status
        self.body: Final = body


class Call(Asked, frozen=True, kw_only=True):
    """One request."""

    @property
    def route(self) -> str:
        """What it is, its number left out."""
        return f"{self.method} {'/'.join('*' if one.isdigit() else one for one in self.path)}"

    @property
    def number(self) -> int:
        """Of what it is about; 0 for a list."""
        return next((int(one) for one in self.path if one.isdigit()), 0)
