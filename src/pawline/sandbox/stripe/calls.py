"""A call of the API, and its refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

_PART: Final = re.compile(r"\[([^\]]*)\]")


class No(Exception):
    """A refusal: `{"error": {…}}`. `kept`: it came of the work itself, so Stripe keeps it for the key."""

    def __init__(
        self, status: int, code: str, *, type: str = "invalid_request_error", kept: bool = False,
        **more: object,
    ) -> None:  # fmt: skip
        super().__init__(status, code)
        self.status: Final = status
        self.kept: Final = kept
        self.body: Final[dict[str, Any]] = {"error": {"type": type, "message": "It cannot be done.", **more}}
        if code:
            self.body["error"]["code"] = code


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, below `/v1`. `given` are the parameters of query and form, nested as their names say."""

    method: str
    path: tuple[str, ...]
    given: dict[str, Any] = {}
    key: str = ""
    version: str = ""

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"

    @property
    def route(self) -> str:
        """What it is, its id left out."""
        fixed = ("search",) if self.path[:1] == ("payment_intents",) else ()
        parts = ("*" if n == 1 and one not in fixed else one for n, one in enumerate(self.path))
        return f"{self.method} {'/'.join(parts)}"

    @property
    def id(self) -> str:
        """Of what it is about."""
        return self.path[1] if len(self.path) > 1 else ""

    def text(self, name: str) -> str:
        """A parameter. Raises No where it is not there."""
        found = self.given.get(name)
        if not isinstance(found, str) or not found:
            raise No(400, "parameter_missing", param=name)
        return found

    def number(self, name: str) -> int:
        """A whole number. Raises No where it is none."""
        found = self.text(name)
        if not (found.isascii() and found.isdecimal()):
            raise No(400, "parameter_invalid_integer", param=name)
        return int(found)

    def yes(self, name: str) -> bool:
        """Whether a flag is set."""
        return self.given.get(name) == "true"

    def items(self, name: str) -> list[str]:
        """A list, by whatever indices it came."""
        found = self.given.get(name)
        return list(found.values()) if isinstance(found, dict) else []

    def only(self, *names: str) -> None:
        """Raises No for a parameter that there is not."""
        if strange := sorted(set(self.given) - {*names, "expand"}):
            raise No(400, "parameter_unknown", param=strange[0])


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b]=1` as `{"a": {"b": "1"}}`; what comes as `a[]` is numbered."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        first, *rest = [name.partition("[")[0], *_PART.findall(name)]
        at, last = found, first
        for part in rest:
            inner = at.setdefault(last, {})
            if not isinstance(inner, dict):
                raise No(400, "parameter_invalid_empty", param=first)
            at, last = inner, part or str(len(inner))
        at[last] = value
    return found
