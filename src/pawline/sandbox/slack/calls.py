"""A call of the Web API, and its refusal."""

from __future__ import annotations

from typing import Any, Final

import msgspec

WRITES: Final = ("chat.postMessage", "chat.update", "chat.postEphemeral")
SCOPES: Final = {
    "chat.postMessage": ("chat:write",), "chat.update": ("chat:write",), "chat.postEphemeral": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history"), "usergroups.users.list": ("usergroups:read",),
}  # fmt: skip
"""One of these is needed."""


class No(Exception):
    """A refusal, which is an answer of 200: the vendor's word, and what it says beside it."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.body: Final = {"ok": False, "error": error, **more}


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request: the method, and its arguments, however they came."""

    method: str
    given: dict[str, Any] = {}

    @property
    def writes(self) -> bool:
        """Whether it is an effect."""
        return self.method in WRITES

    def text(self, name: str) -> str:
        """An argument as text; empty where there is none."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """An argument that is true or not, as a query says it or JSON."""
        return self.text(name).lower() in ("true", "1")
