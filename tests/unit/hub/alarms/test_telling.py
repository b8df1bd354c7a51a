"""Who is told what and when: one message for many, the next channel where one fails, the rota, no flood, no loss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pawline.ports import Code, Rejected, Transient
from tests.unit.hub.alarms.town import TEAM, TUESDAY, Town

Make = Callable[..., Town]
CHANNEL = '[[alarms.channels]]\nname = "{name}"\nkind = "{kind}"\naccount = "post/main"\nto = ["{to}"]\n'
TWO = (
    "[alarms]\nrepeat_every = 60\n"
    + CHANNEL.format(name="phone", kind="sms", to="+4930123456")
    + CHANNEL.format(name="team", kind="mail", to="team@pets.example")
)
CHAIN = TWO + '[[alarms.rota]]\nchannels = ["phone", "team"]\nzone = "Europe/Berlin"\n'
PHONE = "+4930123456"
GONE = Rejected("nobody has that address", Code.UNDELIVERABLE)


def test_what_opens_within_a_minute_is_told_in_one_message_after_the_first(town: Make) -> None:
    one = town()

    async def day() -> None:
        await one.minutes(0.1)
        for n in range(13):
            await one.case(f"cause {n}")
            await asyncio.sleep(2.0)
        await one.minutes(10)
        assert one.at() == [0.3, 1.3]
        first, second = one.subjects()
        assert (first, second) == ("Pawline: 5 alarms", "Pawline: 8 alarms")
        assert one.texts()[1].startswith("Pawline: 8 alarms\n\n[warning] 1 case for operations in paws: cause 5, since")
        assert one.texts()[1].count("Seen it: ") == 8
        numbers = [alarm["no"] for alarm in await one.alarms()]
        all_of_them = " ".join(map(str, numbers[5:]))
        assert one.texts()[1].endswith(f"\n\nSeen them all: `pawline alarms ack {all_of_them} --by NAME`")
        seen = await one.desk.answer("acknowledge", {"numbers": numbers, "by": "ann"})
        assert {alarm["state"] for alarm in seen} == {"acknowledged"}

    one.live(day)


def test_what_is_told_again_is_told_in_one_message_soon(town: Make) -> None:
    one = town()

    async def day() -> None:
        for n in range(5):
            await one.case(f"cause {n}")
            await one.minutes(3)
        assert len(one.texts()) == 5
        await one.minutes(90)
        assert one.subjects()[5:] == ["Pawline: 5 alarms"] * 3
        gaps = [later - before for before, later in zip(one.at()[5:], one.at()[6:], strict=False)]
        assert gaps == [pytest.approx(30.0, abs=0.3)] * 2

    one.live(day)


def test_of_very_many_ten_are_shown_and_the_worst_come_first(town: Make) -> None:
    one = town(TEAM + '[alarms.case_opened]\nteams = { operations = "warning", developers = "critical" }\n')

    async def day() -> None:
        numbers = [await one.case(f"cause {n}") for n in range(12)]
        row = await one.store.case(numbers[0])
        assert row is not None
        await one.write(("insert_case", row._replace(no=777, team="developers", fingerprint="x", title="a defect")))
        await one.minutes(1)
        assert one.subjects() == ["Pawline: 13 alarms"]
        assert one.texts()[0].split("\n\n")[1].startswith("[critical] 1 case for developers in paws: a defect, since")
        assert "\n\n… and 3 more: `pawline alarms list`\n\nSeen them all: " in one.texts()[0]

    one.live(day)


def test_a_channel_that_fails_is_tried_again_and_then_the_next_one_is_used(town: Make) -> None:
    one = town(CHAIN)
    one.box.fails[PHONE] = Transient("busy", Code.UNAVAILABLE)

    async def day() -> None:
        no = await one.case("a cause")
        await one.minutes(1)
        assert one.box.tried == [PHONE, PHONE, "team@pets.example"]
        assert one.texts(PHONE) == []
        assert one.texts()[0].endswith("\n\nSent here because phone could not be reached.")
        checks = {check["name"]: (check["state"], check["says"]) for check in await one.desk.answer("health", {})}
        assert checks["channels"] == ("bad", "phone: busy")
        del one.box.fails[PHONE]
        await one.minutes(60)
        [alarm] = await one.alarms()
        head = (
            "Pawline: [warning, told 1 time before] 1 case for operations in paws: a cause, since Tue 10 Mar 13:00 CET"
        )
        assert one.texts(PHONE) == [f"{head}; pawline alarms ack {alarm['no']} --by NAME"]
        assert (len(one.texts()), alarm["reached"]) == (1, ["phone", "team"])
        await one.close_case(no)
        await one.minutes(3)
        assert len(one.texts()) == len(one.texts(PHONE)) == 2  # both heard of it, so both hear that it is over

    one.live(day)


def test_what_is_critical_goes_over_any_channel_rather_than_none(town: Make) -> None:
    entries = "".join(f'[[alarms.rota]]\nchannels = ["{one}"]\ndays = ["{day}"]\n' for one, day in NIGHTS)
    one = town(TWO + entries + '[alarms.case_opened]\nteams = { operations = "critical" }\n')
    one.box.fails[PHONE] = GONE

    async def day() -> None:
        await one.case("a cause")
        await one.minutes(1)
        assert len(one.texts()) == 1  # though its entry is of another day
        assert one.texts()[0].endswith("\n\nSent here because phone could not be reached.")

    one.live(day)


NIGHTS = [("phone", "tue"), ("team", "sun")]


def test_a_refusal_is_not_tried_again_nor_what_may_have_been_taken(town: Make) -> None:
    one = town(CHAIN)

    async def day() -> None:
        for problem in (GONE, Transient("no answer", Code.TIMED_OUT), RuntimeError("a defect")):
            one.box.fails[PHONE] = problem
            one.box.tried.clear()
            await one.case(f"a cause {problem}")
            await one.minutes(2)
            assert one.box.tried == [PHONE, "team@pets.example"]

    one.live(day)


def test_where_nobody_takes_it_it_is_tried_until_somebody_does(town: Make) -> None:
    one = town(CHAIN)
    one.box.fails = {PHONE: GONE, "team@pets.example": GONE}

    async def day() -> None:
        await one.case("a cause")
        await one.minutes(10)
        [alarm] = await one.alarms()
        assert (alarm["times"], alarm["reached"]) == (0, [])
        assert 5 <= len(one.box.tried) / 2 <= 7  # after 15, 30, 60, 120, 240 seconds
        one.box.fails.clear()
        await one.minutes(6)
        assert len(one.texts(PHONE)) == 1
        assert one.texts(PHONE)[0].startswith("Pawline: [warning] 1 case")

    one.live(day)


def test_what_is_over_before_anybody_was_reached_is_told_to_nobody(town: Make) -> None:
    one = town()
    one.box.fails["team@pets.example"] = GONE

    async def day() -> None:
        no = await one.case("a cause")
        await one.minutes(3)
        await one.close_case(no)
        await one.minutes(3)
        one.box.fails.clear()
        await one.minutes(60)
        assert one.box.letters == []
        [alarm] = await one.alarms(every=True)
        assert (alarm["state"], alarm["times"]) == ("closed", 0)

    one.live(day)


def test_that_it_is_over_is_tried_some_times(town: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.hub.alarms.telling.TRIES", 6)
    one = town()

    async def day() -> None:
        no = await one.case("a cause")
        await one.minutes(3)
        one.box.fails["team@pets.example"] = GONE
        await one.close_case(no)
        await one.minutes(120)
        assert len(one.box.tried) == 1 + 6
        del one.box.fails["team@pets.example"]
        await one.minutes(60)
        assert len(one.box.letters) == 1

    one.live(day)


SHIFTS = TWO + (
    '[[alarms.rota]]\nchannels = ["team"]\ndays = ["mon", "tue", "wed", "thu", "fri"]\nfrom = "09:00"\nto = "17:00"\n'
    'zone = "Europe/Berlin"\n'
    '[[alarms.rota]]\nchannels = ["phone"]\nseverities = ["critical"]\nfrom = "07:00"\nto = "03:00"\n'
    'zone = "Australia/Sydney"\n'
)


def test_the_rota_says_who_is_told_and_in_whose_time(town: Make) -> None:
    teams = '[alarms.case_opened]\nteams = { operations = "warning", developers = "critical" }\n'
    one = town(SHIFTS + teams, start=datetime(2026, 3, 10, 15, 50, tzinfo=UTC))  # 16:50 in Berlin, 02:50 in Sydney

    async def day() -> None:
        await one.case("a cause")  # a warning: not for Sydney
        row = await one.store.case(await one.case("a defect", cause="x"))
        assert row is not None
        await one.close_case(row.no)
        await one.write(("insert_case", row._replace(no=777, team="developers")))  # critical: for both
        await one.minutes(1)
        assert one.subjects() == ["Pawline: 2 alarms"]
        assert "since Tue 10 Mar 16:50 CET" in one.texts()[0]
        assert one.texts(PHONE)[0].startswith(
            "Pawline: [critical] 1 case for developers in paws: a defect, since Wed 11 Mar 02:50 AEDT; pawline alarms "
        )
        await one.minutes(61)  # in Berlin they have gone home; in Sydney they sleep
        assert (len(one.texts()), len(one.texts(PHONE))) == (1, 1)
        await one.minutes(200)  # 20:12 UTC: in Sydney they are up since 20:00
        assert (len(one.texts()), len(one.texts(PHONE))) == (1, 2)
        assert one.at(PHONE)[1] == 250.0

    one.live(day)


def test_what_nobody_is_on_duty_for_waits_until_somebody_is(town: Make) -> None:
    one = town(SHIFTS, start=datetime(2026, 3, 13, 16, 30, tzinfo=UTC))  # a Friday, 17:30 in Berlin

    async def day() -> None:
        await one.case("a cause")
        await one.minutes(5)
        [alarm] = await one.alarms()
        assert (alarm["times"], one.box.letters) == (0, [])
        rows = await one.store.fetch("alarm", (alarm["no"],))
        assert datetime.fromtimestamp(rows[0][10], UTC) == datetime(2026, 3, 16, 8, tzinfo=UTC)

    one.live(day)


def test_no_more_than_so_many_messages_an_hour_also_of_the_next_hub(town: Make) -> None:
    one = town(TEAM.replace("[alarms]\n", "[alarms]\nmost_an_hour = 3\n"))

    async def day() -> None:
        for n in range(20):
            await one.case(f"cause {n}")
            await one.minutes(2)
            if n == 5:
                await one.again()
        assert len(one.box.letters) == 3
        assert one.texts()[2].endswith(
            "\n\n3 messages came this way within an hour: the next one not before Tue 10 Mar 14:00 CET. `pawline alarms"
            " list` shows what is open."
        )
        await one.minutes(21)
        assert one.at()[3] == pytest.approx(60.0, abs=0.3)
        assert one.subjects()[3] == "Pawline: 20 alarms"  # 17 new ones, and three again

    one.live(day)


def test_what_is_critical_does_not_wait_an_hour_for_a_channel_that_had_its_messages(town: Make) -> None:
    teams = '[alarms.case_opened]\nteams = { operations = "critical", developers = "warning" }\n'
    one = town(CHAIN.replace("[alarms]\n", "[alarms]\nmost_an_hour = 1\n") + teams)

    async def day() -> None:
        first = await one.store.case(await one.case("a cause"))
        await one.minutes(2)
        await one.case("another")
        assert first is not None
        await one.write(("insert_case", first._replace(no=777, team="developers", fingerprint="x", title="a defect")))
        await one.minutes(2)
        assert (len(one.texts(PHONE)), len(one.texts())) == (1, 1)
        assert one.subjects() == [
            "Pawline: [critical] 1 case for operations in paws: another, since Tue 10 Mar 13:02 CET"
        ]
        assert "\n\nSent here because phone had all its messages of this hour." in one.texts()[0]
        assert sorted(alarm["times"] for alarm in await one.alarms()) == [0, 1, 1]  # the defect waits

    one.live(day)


def test_a_restart_tells_nothing_twice_and_forgets_nothing(town: Make) -> None:
    one = town()

    async def day() -> None:
        first = await one.case("a cause")
        await one.minutes(1)
        for _ in range(5):
            await one.again()
            await one.minutes(1)
        assert len(one.texts()) == 1
        [alarm] = await one.alarms()
        await one.acknowledge(alarm["no"])
        await one.again()
        await one.minutes(60)
        assert len(one.texts()) == 1
        await one.close_case(first)
        await one.close()
        await one.open()
        await one.minutes(3)
        assert one.subjects()[1:] == [
            "Pawline: [over] 1 case for operations in paws: a cause: it began Tue 10 Mar 13:00 CET and lasted 1 h 6 min"
        ]

    one.live(day)


def test_a_hub_that_dies_over_a_message_leaves_it_due(town: Make) -> None:
    one = town()

    async def day() -> None:
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def hangs(*_: object) -> None:
            sent.set_result(None)
            await asyncio.Event().wait()

        assert one.kept.alarms is not None
        one.kept.alarms.channels["team"].send = hangs  # type: ignore[method-assign]
        await one.case("a cause")
        await sent
        await one.again()
        await one.minutes(4)
        assert one.texts() == []
        await one.minutes(2)
        assert len(one.texts()) == 1

    one.live(day)


def test_what_comes_and_goes_is_one_alarm(town: Make) -> None:
    one = town()

    async def day() -> None:
        no = await one.case("a cause")
        await one.minutes(1)
        for _ in range(5):
            await one.close_case(no)
            await one.minutes(0.5)
            no = await one.case("a cause")
            await one.minutes(0.5)
        assert len(one.texts()) == 1

    one.live(day)


def test_a_hub_that_only_observes_speaks_to_nobody_until_it_is_live(town: Make) -> None:
    one = town()

    async def day() -> None:
        alarms = one.kept.alarms
        assert alarms is not None
        assert await alarms.well()
        await one.write(("set_mode", ("*", "*", "*", "observe", None)))  # as a restore leaves it
        await one.case("a cause")
        await one.minutes(5)
        assert one.box.letters == []
        assert not await alarms.well()
        checks = {check["name"]: (check["state"], check["says"]) for check in await one.desk.answer("health", {})}
        assert checks["channels"] == ("look", "nobody is told while the main switch is on observe")
        await one.write(("set_mode", ("*", "*", "*", "live", None)))
        await one.minutes(1)
        assert len(one.texts()) == 1
        assert await alarms.well()

    one.live(day)


def test_without_alarms_in_the_settings_nothing_looks(town: Make) -> None:
    one = town("")

    async def day() -> None:
        await one.case("a cause")
        await one.minutes(5)
        assert (await one.alarms(every=True), one.box.letters) == ([], [])

    one.live(day)
    assert one.kept.alarms is None
    assert one.time() > TUESDAY.timestamp()
