"""What rules find and the store keeps: a cause, and the alarm about it with who was told."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from pawline.store import Store

UNTRIED: Final = "untried"
"""The fact that an account was not called for so long that nobody knows how it is."""
Facts = dict[str, str | int | float]
"""Figures and names for a message. No personal data."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder


class Finding(NamedTuple):
    """Something that is wrong now. `rule` and `subject` say what it is; what is found again is the same alarm."""

    rule: str
    subject: str
    severity: str
    since: float
    facts: Facts
    shop: str = "*"
    team: str = ""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `alarm`, see schema.sql; times in epoch seconds."""

    no: int
    shop: str
    rule: str
    subject: str
    severity: str
    team: str
    since: float
    opened: float
    seen: float
    facts: Facts
    due: float | None
    tries: int
    told: float | None
    times: int
    missed: list[int]
    reached: dict[str, str]
    acknowledged: float | None
    acknowledged_by: str | None
    closed: float | None

    @property
    def key(self) -> tuple[str, str]:
        """What it is about."""
        return self.rule, self.subject

    @property
    def state(self) -> str:
        """`open`, `acknowledged` or `closed`."""
        return "closed" if self.closed is not None else "open" if self.acknowledged is None else "acknowledged"


def alarm_of(row: tuple[Any, ...]) -> Alarm:
    """The alarm of a row."""
    given = dict(zip(Alarm.__struct_fields__, row, strict=True))
    given["facts"] = _decode(Facts).decode(given["facts"])
    given["missed"] = _decode(list[int]).decode(given["missed"])
    given["reached"] = _decode(dict[str, str]).decode(given["reached"])
    return Alarm(**given)


def told(value: object) -> str:
    """Facts, entries or channels as the row keeps them."""
    return _encode(value).decode()


async def live(store: Store) -> list[Alarm]:
    """Open ones, and those that are over and of which somebody is still to be told."""
    return sorted(map(alarm_of, await store.fetch("alarms_open")), key=lambda one: one.no)


async def newest(store: Store, limit: int) -> list[Alarm]:
    """A page, newest first, whatever their state."""
    return list(map(alarm_of, await store.fetch("alarms_page", (limit,))))


async def one_of(store: Store, no: int) -> Alarm | None:
    """By number."""
    rows = await store.fetch("alarm", (no,))
    return alarm_of(rows[0]) if rows else None
