"""Calls: an outside system that nobody wrote a connector for, and that takes JSON over HTTP."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import msgspec

from pawline.ports.read import read

T = TypeVar("T")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of it. Where the system is, who we are there and how we sign stand in its account's settings.

    `path` is of segments, below the account's address, and one that its settings allow; `query` names parameters that
    they allow. `body` is JSON, as `saying` writes it. `reference` is our own name for what is to happen, another for
    each: a system that is looked up is asked for it.
    """

    path: tuple[str, ...] = ()
    query: dict[str, str] = {}
    body: str = "{}"
    reference: str = ""


class Get(msgspec.Struct, frozen=True, kw_only=True):
    """What is read there: `path` and `query` as of a `Call`, of those that the settings allow to be read."""

    path: tuple[str, ...] = ()
    query: dict[str, str] = {}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What it answered: a status of 200 to 299, and JSON; '' where the account's settings say that none is read."""

    status: int
    body: str

    def read(self, kind: type[T]) -> T:
        """The body as `kind`, a Struct with what is needed of it.

        Raises ValueError where it is none: not one of the four errors, for what was asked is done. The run waits, and
        goes on with this very reply once the flow knows it.
        """
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.MsgspecError, RecursionError) as problem:
            raise ValueError(f"the reply is no {kind.__name__} ({type(problem).__name__})") from None


def saying(body: Any) -> str:  # noqa: ANN401 - whatever JSON can say
    """The body of a call: a Struct, or dicts and lists of plain values. The same value is the same text."""
    return msgspec.json.encode(body, order="deterministic").decode()


class Calls(Protocol):
    """What is settled how, when nobody knows whether it happened, its account's settings declare; if not, one asks."""

    async def send(self, call: Call) -> Reply:
        """Have it done. Rejected(not_allowed) for a path or parameter that the settings do not name."""
        ...

    @read
    async def get(self, what: Get) -> Reply:
        """What it says there. Rejected(not_found) for what is not there."""
        ...
