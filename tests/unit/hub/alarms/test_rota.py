"""Who is on duty, by the clock on their wall; and at which hours of the week nobody is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pawline.hub.alarms.rota import gaps, next_on_duty, on_duty, reached
from pawline.hub.alarms.settings import AlarmSettings, CaseOpened, RotaSettings, Severity

CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING


def entry(**given: object) -> RotaSettings:
    return RotaSettings(channels=["team"], **given)  # type: ignore[arg-type]


def at(said: str) -> float:
    return datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("given", "moments"),
    [
        ({}, {"2026-03-10T00:00": True, "2026-03-15T23:59": True}),
        (
            {"from_": "09:00", "until": "17:00", "zone": "Europe/Berlin", "days": ["mon", "tue"]},
            {
                "2026-03-10T07:59": False, "2026-03-10T08:00": True, "2026-03-10T15:59": True,
                "2026-03-10T16:00": False, "2026-03-11T10:00": False,
                "2026-03-31T07:00": True, "2026-03-31T15:00": False,  # in summer time
            },
        ),
        (  # a night that begins on Friday ends on Saturday
            {"from_": "22:00", "until": "06:00", "days": ["fri"]},
            {
                "2026-03-13T21:59": False, "2026-03-13T22:00": True, "2026-03-14T05:59": True,
                "2026-03-14T06:00": False, "2026-03-14T22:00": False, "2026-03-13T03:00": False,
            },
        ),
        ({"from_": "22:00", "days": ["fri"]}, {"2026-03-13T23:59": True, "2026-03-14T00:00": False}),
        ({"from_": "12:00", "until": "12:00", "days": ["fri"]}, {"2026-03-13T12:00": True, "2026-03-14T11:59": True}),
    ],
)  # fmt: skip
def test_who_is_on_duty(given: dict[str, object], moments: dict[str, bool]) -> None:
    assert {said: on_duty(entry(**given), at(said)) for said in moments} == moments


def test_entries_are_of_severities_and_teams() -> None:
    rota = [entry(severities=[CRITICAL]), entry(teams=["care"]), entry(days=["sun"])]
    now = at("2026-03-10T12:00")
    assert reached(rota, "critical", "", now) == [0]
    assert reached(rota, "critical", "care", now) == [0, 1]
    assert reached(rota, "warning", "care", now) == [1]
    assert reached(rota, "warning", "", now) == []
    assert next_on_duty(rota, "warning", "", now) == at("2026-03-15T00:00")
    assert next_on_duty(rota[:2], "warning", "", now) is None


def alarms(*rota: RotaSettings, **given: object) -> AlarmSettings:
    return AlarmSettings(rota=list(rota), **given)  # type: ignore[arg-type]


def test_a_week_that_is_covered_has_no_gap() -> None:
    assert gaps(alarms(entry())) == []
    day = entry(from_="08:00", until="20:00", zone="Europe/Berlin")
    night = entry(from_="20:00", until="08:00", zone="Europe/Berlin")
    assert gaps(alarms(day, night)) == []


def test_hours_at_which_nobody_is_told_are_found() -> None:
    work = entry(days=["mon", "tue", "wed", "thu", "fri"], from_="09:00", until="17:00")
    hours = "Mon 00:00-09:00, Mon 17:00-Tue 09:00, Tue 17:00-Wed 09:00 and 3 more times UTC"
    assert gaps(alarms(entry(severities=[CRITICAL]), work)) == [f"nobody is told of a warning alarm on {hours}"]
    assert gaps(alarms(entry(from_="00:00", until="23:45", days=["sun"]), entry(days=["mon", "tue"]))) == [
        "nobody is told of a critical or warning alarm on Wed 00:00-Sun 00:00, Sun 23:45-24:00 UTC"
    ]


def test_a_severity_or_a_team_that_nobody_is_ever_told_of_is_found() -> None:
    assert gaps(alarms(entry(severities=[WARNING]))) == ["nobody is told of a critical alarm at any time"]
    assert gaps(alarms(entry(severities=[CRITICAL]), entry(teams=["care"]))) == [
        "nobody is told of a warning alarm at any time"
    ]
    cases = CaseOpened(teams={"care": WARNING, "operations": CRITICAL})
    only = entry(teams=["operations"]), entry(severities=[CRITICAL, WARNING], teams=["", "operations"])
    assert gaps(alarms(*only, case_opened=cases)) == ["nobody is told of a warning alarm of team care at any time"]
    assert gaps(alarms(*only, case_opened=CaseOpened(on=False))) == []
