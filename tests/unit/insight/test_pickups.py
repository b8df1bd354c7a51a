"""When the carrier comes next, whatever the clocks do: against known days, and against a look at every quarter."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawline.insight.pickups import Calendar, Coming, Times, moment, next_coming

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ZONES = [
    BERLIN, NEW_YORK, ZoneInfo("UTC"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Africa/Cairo"),
    ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Apia"),
]  # fmt: skip
WEEK = frozenset(range(5))
OFFICE = Calendar(BERLIN, [Times(WEEK, time(14), time(17))])
SECOND, QUARTER = timedelta(seconds=1), timedelta(minutes=15)


def utc(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_what_is_asked_for_before_the_cut_off_goes_that_day_and_the_rest_the_next() -> None:
    friday = Coming(date(2026, 6, 12), utc(12, 12), utc(12, 15))
    monday = Coming(date(2026, 6, 15), utc(15, 12), utc(15, 15))
    assert next_coming(OFFICE, utc(11, 12)) == friday  # at the very cut-off it is too late
    assert next_coming(OFFICE, utc(12, 12) - SECOND) == friday
    assert next_coming(OFFICE, utc(12, 12)) == monday


def test_nobody_comes_on_a_holiday_however_many_there_are() -> None:
    year = frozenset(date(2026, 6, 12) + timedelta(days=number) for number in range(400))
    assert next_coming(OFFICE._replace(holidays=frozenset({date(2026, 6, 12)})), utc(12, 8)).day == date(2026, 6, 15)
    assert next_coming(OFFICE._replace(holidays=year), utc(12, 8)).day == date(2027, 7, 19)


def test_a_short_saturday_and_two_times_a_day() -> None:
    more = [*OFFICE.times, Times(frozenset({5}), time(9), time(10)), Times(WEEK, time(9), time(11))]
    busy = OFFICE._replace(times=more)
    comings, at = [], utc(11, 20)
    for _ in range(4):
        comings.append(next_coming(busy, at))
        at = comings[-1].cut_off
    assert [(one.day.day, one.cut_off.hour, one.comes.hour) for one in comings] == [
        (12, 7, 9), (12, 12, 15), (13, 7, 8), (15, 7, 9),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        (BERLIN, date(2026, 3, 28), time(14), utc(28, 13, month=3)),
        (BERLIN, date(2026, 3, 29), time(14), utc(29, 12, month=3)),
        (BERLIN, date(2026, 3, 29), time(2, 30), utc(29, 1, month=3)),  # skipped: the clock jumps over it at 1:00 UTC
        (BERLIN, date(2026, 10, 25), time(2, 30), utc(25, 0, 30, month=10)),  # twice: the first
        (BERLIN, date(2026, 10, 25), time(3), utc(25, 2, month=10)),
        (NEW_YORK, date(2026, 3, 8), time(2, 30), utc(8, 7, month=3)),
        (NEW_YORK, date(2026, 11, 1), time(1, 30), utc(1, 5, 30, month=11)),
        (ZoneInfo("Africa/Cairo"), date(2026, 4, 24), time(0), utc(23, 22, month=4)),  # a day without midnight
    ],
)
def test_a_cut_off_in_an_hour_that_is_skipped_or_comes_twice(
    zone: ZoneInfo, day: date, at: time, expected: datetime
) -> None:
    assert moment(day, at, zone) == expected


zones = st.sampled_from(ZONES)
days = st.dates(date(2010, 1, 1), date(2040, 1, 1))
clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(zone=zones, day=days, at=clocks)
@settings(deadline=None)
def test_it_is_the_first_moment_at_which_the_wall_shows_that_time_or_more(zone: ZoneInfo, day: date, at: time) -> None:
    found, wall = moment(day, at, zone), datetime.combine(day, at)
    assert found.utcoffset() == timedelta()
    assert found.astimezone(zone).replace(tzinfo=None) >= wall
    before = [found - SECOND, *(found - number * QUARTER for number in range(1, 200))]
    assert all(one.astimezone(zone).replace(tzinfo=None) < wall for one in before)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    times = []
    for _ in range(draw(st.integers(1, 3))):
        cut_off, comes = sorted([draw(clocks), draw(clocks)])
        weekdays = draw(st.frozensets(st.integers(0, 6), min_size=1))
        times.append(Times(weekdays, cut_off, comes))
    return Calendar(draw(zones), times, frozenset(draw(st.lists(days, max_size=5))))


@given(calendar=calendars(), after=st.datetimes(datetime(2012, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
@settings(deadline=None)
def test_it_can_still_be_made_and_nothing_that_can_comes_before(calendar: Calendar, after: datetime) -> None:
    found = next_coming(calendar, after)
    assert after < found.cut_off <= found.comes
    first = after.astimezone(calendar.zone).date() - timedelta(days=2)
    every = [
        Coming(day, moment(day, one.cut_off, calendar.zone), moment(day, one.comes, calendar.zone))
        for day in (first + timedelta(days=number) for number in range(60))
        for one in calendar.times
        if day.weekday() in one.days and day not in calendar.holidays
    ]
    assert found in every
    assert found.comes == min(one.comes for one in every if one.cut_off > after)
    assert next_coming(calendar, found.cut_off - SECOND).comes <= found.comes
