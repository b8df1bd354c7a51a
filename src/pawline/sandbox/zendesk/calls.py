"""A call of the API, and its refusal."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pawline.sandbox.calling import Asked


class No(Exception):
    """A refusal: the status, the vendor's word for it, and what is wrong by field."""

    def __init__(self, status: int, error: object, description: str = "", details: object = None) -> None:
        super().__init__(status)
        self.status: Final = status
        self.body: Final = {"error": error, "description": description} | ({"details": details} if details else {})


class Call(Asked, frozen=True, kw_only=True):
    """One request. `key` is that of an `Idempotency-Key`."""

    key: str = ""

    @property
    def route(self) -> str:
        """What it is, its numbers and the ids of webhooks left out."""
        parts = ["*" if one.isdigit() or one.startswith("01") else one for one in self.path]
        return f"{self.method} {'/'.join(parts)}"

    @property
    def number(self) -> int:
        """Of what it is about; 0 for a list."""
        return next((int(one) for one in self.path if one.isdigit()), 0)


class Done(msgspec.Struct, frozen=True):
    """What came of a call: the status, the body, and headers beside those that every answer has."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = {}
