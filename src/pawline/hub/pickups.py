"""`[[pickups]]` in the settings: when a shop's carrier comes, and where its parcels leave from."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.alarms.settings import DAYS, Day, zone_of, zones
from pawline.hub.per_shop import AddressSettings, address_of, check_shops, played
from pawline.insight.pickups import Calendar, Times, next_coming
from pawline.ports import Origin, Pickup, Pickups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pawline.runtime import Binding

_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
A_WEEK: Final = 168.0
"""Hours: a warehouse that tells later than this tells nothing that could still be mended."""


class TimesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of the warehouse before `cut_off` goes with the carrier that `comes` on these `days`.

    Both are on the wall of the shop's zone; who does not say when it `comes` has it come at the cut-off.
    """

    days: list[Day]
    cut_off: str
    comes: str = ""


class PickupSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Carriers of these `shops` (none named: all); a shop has one entry at most.

    `told_within` are hours after the carrier came until the warehouse's word of what left is here. The rest is for own
    orders, whose parcels we book: see `Origin`. `deliver_in_by` has the days of delivery methods that differ.
    """

    shops: list[str] = []
    zone: str
    times: list[TimesSettings]
    holidays: list[date] = []
    told_within: float = 2
    ship_from: AddressSettings | None = None
    unit_grams: int = 1_000
    parcel_grams: int = 30_000
    deliver_in: int | None = None
    deliver_in_by: dict[str, int] = {}


KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    "pickups": PickupSettings, "pickups.times": TimesSettings, "pickups.ship_from": AddressSettings,
}  # fmt: skip
"""What each part of it is, by its key."""


def check(pickups: Sequence[PickupSettings], shops: Sequence[str]) -> None:
    """Raises ValueError with a sentence that names the key and what to do."""
    check_shops("pickups", pickups, shops, "put all its `times` into one entry")
    for n, one in enumerate(pickups):
        _check_one(f"`pickups[{n}]", one)


def _check_one(where: str, one: PickupSettings) -> None:
    if one.zone not in zones():
        raise ValueError(f'{where}.zone` is {one.zone!r}: name one such as "Europe/Berlin"')
    if not one.times:
        raise ValueError(f"{where}.times` is empty: say on which days the carrier comes, and until when it takes what")
    for n, times in enumerate(one.times):
        _check_times(f"{where}.times[{n}]", times)
    if not 0 < one.told_within <= A_WEEK:
        raise ValueError(f"{where}.told_within` is {one.told_within:g}: give hours, more than 0 and at most {A_WEEK:g}")
    if not 0 < one.unit_grams <= one.parcel_grams:
        raise ValueError(f"{where}`: `unit_grams` is above 0, and `parcel_grams` at least as much: correct them")
    if min([one.deliver_in or 0, *one.deliver_in_by.values()]) < 0:
        raise ValueError(f"{where}`: what is promised is some days after the pick-up, not before: give 0 or more")
    if one.ship_from is not None:
        address_of(f"{where}.ship_from", one.ship_from)


def _check_times(where: str, times: TimesSettings) -> None:
    if not times.days:
        raise ValueError(f'{where}.days` is empty: name days, such as ["mon", "fri"]')
    for name, said in {"cut_off": times.cut_off, "comes": times.comes or times.cut_off}.items():
        if not _TIME.fullmatch(said):
            raise ValueError(f'{where}.{name}` is {said!r}: write hours and minutes such as "14:00"')
    if times.comes and times.comes < times.cut_off:
        raise ValueError(
            f"{where}`: the carrier comes at {times.comes}, before the cut-off of {times.cut_off}: correct it"
        )


def calendar_of(said: PickupSettings) -> Calendar:
    """The same in the words of `insight`."""
    times = [
        Times(frozenset(map(DAYS.index, one.days)), _time(one.cut_off), _time(one.comes or one.cut_off))
        for one in said.times
    ]
    return Calendar(zone_of(said.zone), times, frozenset(said.holidays))


def _time(said: str) -> time:
    hours, _, minutes = said.partition(":")
    return time(int(hours), int(minutes))


class Carriers:
    """See `Pickups`. `now` tells the hub's own time, in epoch seconds."""

    def __init__(self, said: PickupSettings, now: Callable[[], float]) -> None:
        self._said, self._now, self._calendar = said, now, calendar_of(said)
        self._ship_from = None if said.ship_from is None else address_of("ship_from", said.ship_from)

    async def next(self) -> Pickup:
        found = next_coming(self._calendar, datetime.fromtimestamp(self._now(), UTC))
        told_by = found.comes + timedelta(hours=self._said.told_within)
        return Pickup(day=found.day, cut_off=found.cut_off, told_by=told_by)

    async def origin(self, method: str | None) -> Origin | None:
        said = self._said
        if self._ship_from is None:
            return None
        return Origin(
            ship_from=self._ship_from, unit_grams=said.unit_grams, parcel_grams=said.parcel_grams,
            deliver_in=said.deliver_in_by.get(method or "", said.deliver_in),
        )  # fmt: skip


def pickup_bindings(
    pickups: Iterable[PickupSettings], shops: Sequence[str], now: Callable[[], float]
) -> list[Binding]:  # fmt: skip
    """The hub's own accounts that play Pickups, one for each shop that says when its carrier comes."""
    return played(Pickups, pickups, shops, lambda one: Carriers(one, now))
