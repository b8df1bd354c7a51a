"""When the carrier comes, by the clock on the wall there, daylight saving included.

A time of day is the first moment at which that clock shows it or more. So in an hour that is skipped it is the moment
of the skip, and in one that comes twice the first of the two: a cut-off is never later than the carrier's own clock has
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
FEW = 8
"""Days in a row that hold every weekday, whatever the moment's own day is in the zone."""


class Times(NamedTuple):
    """What is asked for before `cut_off` is taken along at `comes`, on weekdays `days` (Monday is 0)."""

    days: frozenset[int]
    cut_off: time
    comes: time


class Calendar(NamedTuple):
    """A carrier's week: in `zone`, at each of `times` (at least one, and each on a day at least), not on `holidays`."""

    zone: ZoneInfo
    times: Sequence[Times]
    holidays: frozenset[date] = frozenset()


class Coming(NamedTuple):
    """One time that the carrier comes: `day` is the wall's there, the moments are in UTC."""

    day: date
    cut_off: datetime
    comes: datetime


def next_coming(calendar: Calendar, after: datetime) -> Coming:
    """What can still be made at `after`: of those whose cut-off is later than that, the one that comes first."""
    first = after.astimezone(calendar.zone).date() - DAY  # a day that the zone skipped is before the wall's
    found = [one for one in _comings(calendar, first) if one.cut_off > after]
    while not found:
        first += DAY
        found = [one for one in _comings(calendar, first) if one.cut_off > after]
    return min(found, key=lambda one: (one.comes, one.cut_off))


def _comings(calendar: Calendar, first: date) -> Iterator[Coming]:
    """Those of a week and a day from `first` on."""
    for day in (first + number * DAY for number in range(FEW + 1)):
        if day in calendar.holidays:
            continue
        for one in calendar.times:
            if day.weekday() in one.days:
                yield Coming(day, moment(day, one.cut_off, calendar.zone), moment(day, one.comes, calendar.zone))


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC and to the second, at which the clock there shows this time of this day or more."""
    wall = datetime.combine(day, at)
    one, other = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    early, late = min(one, other), max(one, other)
    if _shown(early, zone) == wall:
        return early
    while late - early > timedelta(seconds=1):  # in between the clock jumps over it
        middle = early + (late - early) // 2
        early, late = (middle, late) if _shown(middle, zone) < wall else (early, middle)
    return late.replace(microsecond=0)


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock there shows."""
    return at.astimezone(zone).replace(tzinfo=None)
