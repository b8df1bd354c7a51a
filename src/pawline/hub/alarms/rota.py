"""Who is reached when, and at which hours of the week nobody is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from pawline.hub.alarms.settings import DAYS, AlarmSettings, RotaSettings, minutes_of, zone_of

STEP: Final = timedelta(minutes=15)
"""Zones differ by quarters of an hour at the finest, and so may shifts for a look ahead."""
MONDAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
TEAMS: Final = ("operations", "developers")
"""Teams that the runtime itself asks."""


def on_duty(entry: RotaSettings, at: float) -> bool:
    """Whether the moment is within its days and hours, by its own clock on the wall."""
    local = datetime.fromtimestamp(at, zone_of(entry.zone))
    day, minute = local.weekday(), local.hour * 60 + local.minute
    begin, end = minutes_of(entry.from_), minutes_of(entry.until)
    if begin < end:
        return DAYS[day] in entry.days and begin <= minute < end
    if minute >= begin:  # its shift goes into the next day
        return DAYS[day] in entry.days
    return minute < end and DAYS[day - 1] in entry.days


def concerns(entry: RotaSettings, severity: str, team: str) -> bool:
    """Whether it is told of what is this bad and of this team; '' is the hub's own, for whoever is of no team."""
    return severity in entry.severities and (not entry.teams or team in entry.teams)


def reached(rota: Sequence[RotaSettings], severity: str, team: str, at: float) -> list[int]:
    """The entries that are told then."""
    return [n for n, one in enumerate(rota) if concerns(one, severity, team) and on_duty(one, at)]


def next_on_duty(rota: Sequence[RotaSettings], severity: str, team: str, at: float) -> float | None:
    """The first quarter of an hour from then on, within a week, at which somebody is told; None if nobody ever is."""
    some = [one for one in rota if concerns(one, severity, team)]
    quarter = STEP.total_seconds()
    begin = at - at % quarter
    for n in range(1, 7 * 96 + 2):
        moment = begin + n * quarter
        if any(on_duty(one, moment) for one in some):
            return moment
    return None


def gaps(alarms: AlarmSettings) -> list[str]:
    """Severities that rules give and nobody is told of at some hours of the week, each in a sentence; UTC."""
    quarters = [MONDAY + n * STEP for n in range(7 * 96)]
    teams: dict[tuple[str, str], list[str]] = {}
    for severity, team in sorted(_given(alarms)):
        free = _merged(one for one in quarters if not reached(alarms.rota, severity, team, one.timestamp()))
        if free:
            teams.setdefault((severity, _times(free)), []).append(team)
    found: dict[tuple[str, str], list[str]] = {}
    for (severity, when), some in teams.items():
        found.setdefault((_of(some), when), []).append(severity)
    return [f"nobody is told of a {' or '.join(some)} alarm{of} {when}" for (of, when), some in found.items()]


def _times(free: list[tuple[datetime, datetime]]) -> str:
    if free[0][1] - free[0][0] >= timedelta(days=7):
        return "at any time"
    more = f" and {len(free) - 3} more times" if free[3:] else ""
    return f"on {', '.join(_hours(*one) for one in free[:3])}{more} UTC"


def _of(teams: list[str]) -> str:
    """The hub's own alarms are among them, or only those of teams are."""
    return "" if "" in teams else f" of team {', '.join(teams)}"


def _given(alarms: AlarmSettings) -> set[tuple[str, str]]:
    """What rules that are on may find, with the team it is of."""
    rules = [alarms.no_orders, alarms.vendor_down, alarms.oldest_run, alarms.lane_stuck, *alarms.file_late]
    given = {(one.severity.value, "") for one in rules if one.on}
    if alarms.vendor_down.on:
        given |= {(severity.value, "") for severity in alarms.vendor_down.accounts.values()}
    cases = alarms.case_opened
    if cases.on:
        named = {team for one in alarms.rota for team in one.teams}
        teams = cases.teams or dict.fromkeys({*TEAMS, *named}, cases.severity)
        given |= {(severity.value, team) for team, severity in teams.items()}
    return given


def _merged(moments: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for moment in moments:
        if found and found[-1][1] == moment:
            found[-1] = (found[-1][0], moment + STEP)
        else:
            found.append((moment, moment + STEP))
    return found


def _hours(begin: datetime, end: datetime) -> str:
    last = end - timedelta(minutes=1)
    if begin.date() == last.date():
        return f"{begin:%a %H:%M}-{'24:00' if end.date() != begin.date() else f'{end:%H:%M}'}"
    return f"{begin:%a %H:%M}-{end:%a %H:%M}"
