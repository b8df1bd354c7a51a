"""`[alarms]` in the settings: what is worth one, over which channels, and who is reached when."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

MINUTE: Final = 60.0
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


class Severity(StrEnum):
    """How bad it is. The strings are stored: add, never rename."""

    CRITICAL = "critical"
    """The shop loses orders, or will soon: somebody gets up."""
    WARNING = "warning"
    """Somebody sees to it today."""


class ChannelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to people: `mail` and `sms` have an `account` that plays Mail, and `to`; `slack` and `webhook` a `url`.

    The URL is its own secret: `{ env = "NAME" }` or `{ file = "path" }`. So may each of `to` be.
    """

    name: str
    kind: Literal["mail", "sms", "slack", "webhook"]
    account: str = ""
    to: list[Any] = []
    url: Any = None


class RotaSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from", "until": "to"}
):
    """Who is reached when: the first of `channels` that works, of these severities and teams (none: all).

    Where none of them works for what is critical, the channels of the other entries are tried.

    `from` and `to` are hours on the wall of `zone`, which is also the zone that messages tell times in; `to` before
    `from` goes into the next day.
    """

    channels: list[str]
    severities: list[Severity] = msgspec.field(default_factory=lambda: list(Severity))
    teams: list[str] = []
    days: list[Day] = msgspec.field(default_factory=lambda: list(DAYS))
    from_: str = "00:00"
    until: str = "24:00"
    zone: str = "UTC"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every rule has: whether it is on, and how bad what it finds is."""

    on: bool = True
    severity: Severity = Severity.CRITICAL


class NoOrders(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No order for so long that a normal day has no such silence: with `unlikely = 0.01` one day in a hundred has.

    A silence shorter than `minutes` is none. Usual is what the last `weeks` had on the same weekday by the clock of
    `zone`, days in `except_on` left out on both sides; with less than three such weeks it is
    `minutes_without_history` that count.
    """

    minutes: float = 20
    unlikely: float = 0.01
    weeks: int = 8
    minutes_without_history: float = 240
    zone: str = "UTC"
    except_on: list[date] = []


class VendorDown(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account whose circuit is open, or that cannot be looked at, for longer than `minutes`.

    `accounts` says how bad that is of those that differ.
    """

    minutes: float = 10
    accounts: dict[str, Severity] = {}


class FileLate(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account's watch is to have seen by a time on the wall, on `days`: it came at most `hours` before."""

    severity: Severity = Severity.WARNING
    account: str
    watch: str
    by: str
    hours: float = 6
    days: list[Day] = msgspec.field(default_factory=lambda: list(DAYS))
    zone: str = "UTC"


class CaseOpened(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cases that are open for longer than `minutes`. `teams`: how bad those of each are; none: all are."""

    severity: Severity = Severity.WARNING
    minutes: float = 0
    teams: dict[str, Severity] = {}


class OldestRun(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run older than `minutes` that ought to get on and does not."""

    severity: Severity = Severity.WARNING
    minutes: float = 60


class LaneStuck(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events that nobody dispatched for `minutes`, or lanes whose owner has been silent for as long.

    Webhooks that were answered and are not taken apart, too, after a quarter of an hour at least: renewals stand in
    line for minutes, as they should.
    """

    minutes: float = 5


class DeadMan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url` (a secret) is called every so many seconds while the hub is really well; who is there misses the call."""

    url: Any
    every: float = 60


class AlarmSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it. `name` is what messages call this hub; times are minutes."""

    name: str = "Pawline"
    channels: list[ChannelSettings] = []
    rota: list[RotaSettings] = []
    repeat_every: float = 30
    most_an_hour: int = 20
    no_orders: NoOrders = NoOrders()
    vendor_down: VendorDown = VendorDown()
    case_opened: CaseOpened = CaseOpened()
    oldest_run: OldestRun = OldestRun()
    lane_stuck: LaneStuck = LaneStuck()
    file_late: list[FileLate] = []
    dead_man: DeadMan | None = None


KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    "alarms": AlarmSettings, "alarms.channels": ChannelSettings, "alarms.rota": RotaSettings,
    "alarms.no_orders": NoOrders, "alarms.vendor_down": VendorDown, "alarms.case_opened": CaseOpened,
    "alarms.oldest_run": OldestRun, "alarms.lane_stuck": LaneStuck, "alarms.file_late": FileLate,
    "alarms.dead_man": DeadMan,
}  # fmt: skip
"""What each part of it is, by its key."""


def check(alarms: AlarmSettings) -> None:
    """Raises ValueError with a sentence that names the key and what to do."""
    named = [one.name for one in alarms.channels]
    for n, channel in enumerate(alarms.channels):
        _check_channel(f"`alarms.channels[{n}]", channel, named)
    for n, entry in enumerate(alarms.rota):
        where = f"`alarms.rota[{n}]"
        if not entry.channels:
            raise ValueError(f"{where}.channels` is empty: name at least one of {', '.join(named) or 'your channels'}")
        if unknown := [one for one in entry.channels if one not in named]:
            raise ValueError(
                f"{where}.channels` names {unknown[0]}, which is none of them: {', '.join(named) or 'none'}"
            )
        _check_times(where, entry.zone, {"from": entry.from_, "to": entry.until})
    _check_times("`alarms.no_orders", alarms.no_orders.zone, {})
    for n, late in enumerate(alarms.file_late):
        _check_times(f"`alarms.file_late[{n}]", late.zone, {"by": late.by})
    if alarms.channels and not alarms.rota:
        raise ValueError("`alarms.rota` is missing: without an entry nobody is ever reached; add [[alarms.rota]]")
    if alarms.dead_man is not None:
        _check_secret("`alarms.dead_man.url`", alarms.dead_man.url)
    for name, given in _above_zero(alarms).items():
        if not given > 0:
            raise ValueError(f"`alarms.{name}` is {given:g}: give more than 0")


def _check_channel(where: str, channel: ChannelSettings, named: list[str]) -> None:
    if not channel.name or named.count(channel.name) > 1:
        raise ValueError(f"{where}.name` is {channel.name!r}: each channel has a name of its own")
    needs, others = ("account", "url") if channel.kind in ("mail", "sms") else ("url", "account")
    if not getattr(channel, needs):
        raise ValueError(f"{where}.{needs}` is missing: a channel of kind {channel.kind} needs it")
    if getattr(channel, others):
        raise ValueError(f"{where}.{others}` is not for kind {channel.kind}: remove it")
    if (needs == "account") != bool(channel.to):
        raise ValueError(f"{where}.to` says whom kinds mail and sms write to, and only them")
    _check_secret(f"{where}.url`", channel.url)


def _check_secret(where: str, said: object) -> None:
    if isinstance(said, str):
        raise ValueError(  # noqa: TRY004 - a setting that is wrong, as the others
            f'{where} stands in the file: it is a secret; write {{ env = "NAME" }} or {{ file = "path" }}, and change'
            " the address if it was committed"
        )


def _check_times(where: str, zone: str, hours: dict[str, str]) -> None:
    if zone not in zones():
        raise ValueError(f'{where}.zone` is {zone!r}: name one such as "Europe/Berlin"')
    for name, said in hours.items():
        if not _HOUR.fullmatch(said):
            raise ValueError(f'{where}.{name}` is {said!r}: write hours and minutes such as "09:00"')


def _above_zero(alarms: AlarmSettings) -> dict[str, float]:
    given: dict[str, float] = {"repeat_every": alarms.repeat_every, "most_an_hour": alarms.most_an_hour}
    for rule in ("no_orders", "vendor_down", "oldest_run", "lane_stuck"):
        given[f"{rule}.minutes"] = getattr(alarms, rule).minutes
    names = ("unlikely", "weeks", "minutes_without_history")
    given |= {f"no_orders.{name}": getattr(alarms.no_orders, name) for name in names}
    given |= {f"file_late[{n}].hours": one.hours for n, one in enumerate(alarms.file_late)}
    if alarms.dead_man is not None:
        given["dead_man.every"] = alarms.dead_man.every
    return given


@cache
def zones() -> frozenset[str]:
    """Names of every time zone that this machine knows."""
    return frozenset(available_timezones())


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone of a checked name."""
    return ZoneInfo(name)


def minutes_of(said: str) -> int:
    """Minutes since midnight of a checked `HH:MM`."""
    hours, _, minutes = said.partition(":")
    return int(hours) * 60 + int(minutes)
