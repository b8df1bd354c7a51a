"""No orders: judged by the shop's own weeks, or by the clock where it has too few of them; told once it is news."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from pawline.hub.alarms.ground import Moment, Unknown
from pawline.hub.alarms.silent import history_of, no_orders
from pawline.model import OrderPlaced
from pawline.testing.orders import order
from tests.unit.hub.alarms.town import TEAM, Town

Make = Callable[..., Town]
BERLIN = '[alarms.no_orders]\nzone = "Europe/Berlin"\n'


def test_a_silence_that_the_shop_never_has_is_told_until_an_order_comes(town: Make) -> None:
    one = town(TEAM + BERLIN)

    async def day() -> None:
        await one.usual_weeks()  # ten an hour, from 8 to 22 h UTC; it is 12
        await one.minutes(80)
        [told] = await one.alarms()
        assert one.texts() == [
            (
                "Pawline: [critical] no order in paws, since Tue 10 Mar 13:00 CET\n"
                "  Usual in that time on this weekday: 11 orders (8 weeks). Of normal days one in 241 has such a"
                " silence.\n"
                "  Means: shoppers may not get through the checkout, or what they order does not reach Pawline.\n"
                "  Do: place an order as a shopper would, then `pawline doctor`.\n"
                f"  Seen it: `pawline alarms ack {told['no']} --by NAME`"
            )
        ]
        assert one.at() == [66.0]
        await one.again()
        await one.minutes(30)
        assert one.at() == [66.0, pytest.approx(96.0, abs=0.3)]
        await one.acknowledge(told["no"])
        await one.minutes(45)
        at = datetime.fromtimestamp(one.time(), UTC)
        await one.record(OrderPlaced(order=order(1, placed_at=at)))
        await one.minutes(3)
        assert one.subjects()[2:] == [
            "Pawline: [over] no order in paws: it began Tue 10 Mar 13:00 CET and lasted 2 h 35 min"
        ]

    one.live(day)


def test_a_shop_with_many_orders_is_told_of_after_twenty_minutes(town: Make) -> None:
    one = town(TEAM + BERLIN)

    async def day() -> None:
        await one.usual_weeks(every=0.5)
        await one.minutes(19.9)
        assert one.texts() == []
        await one.minutes(1)
        assert one.at() == [20.0]

    one.live(day)


def test_the_night_is_quiet_as_every_night_and_the_morning_is_not(town: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.hub.alarms.keeping.EVERY", 60.0)
    one = town(TEAM + BERLIN, start=datetime(2026, 3, 10, 21, 55, tzinfo=UTC))

    async def day() -> None:
        await one.usual_weeks()
        await one.minutes(10 * 60)
        assert one.texts() == []
        await one.minutes(80)
        assert len(one.texts()) == 1
        assert "since Tue 10 Mar 22:5" in one.texts()[0]
        assert 58 <= one.at()[0] - 605 <= 70  # as many minutes of the morning as of any other time

    one.live(day)


def test_a_young_shop_is_told_by_the_clock_and_says_so(town: Make) -> None:
    one = town(TEAM + "[alarms.no_orders]\nminutes_without_history = 90\n")

    async def day() -> None:
        await one.usual_weeks(weeks=2)
        await one.minutes(95)
        assert one.at() == [90.0]
        assert one.texts()[0].splitlines()[1] == (
            "  Its history is too young to judge by (2 whole weeks): the fixed time of the settings is over."
        )
        checks = {check["name"]: check["says"] for check in await one.desk.answer("health", {})}
        assert checks["silence"] == (
            "paws has 2 whole weeks of orders: less than 3, so 90 min without an order are an alarm"
        )

    one.live(day)


def test_a_shop_without_an_order_is_not_judged_nor_is_a_holiday(town: Make) -> None:
    one = town(TEAM + "[alarms.no_orders]\nexcept_on = [2026-03-10, 2026-02-24]\n")

    async def day() -> None:
        await one.minutes(60)
        await one.usual_weeks()
        await one.minutes(10 * 60)
        assert await one.alarms(every=True) == []
        assert await history_of(one.kept.alarms.ground, one.time()) == {"paws": 7}  # type: ignore[union-attr]

    one.live(day)


def test_a_silence_is_over_once_an_order_comes_and_not_because_a_day_is_left_out(town: Make) -> None:
    one = town(TEAM + "[alarms.no_orders]\nexcept_on = [2026-03-11]\n", start=datetime(2026, 3, 10, 20, tzinfo=UTC))

    async def day() -> None:
        await one.usual_weeks()
        await one.minutes(6 * 60)
        assert [subject for subject in one.subjects() if "[over]" in subject] == []
        assert [alarm["state"] for alarm in await one.alarms()] == ["open"]
        at = datetime.fromtimestamp(one.time(), UTC)
        await one.record(OrderPlaced(order=order(1, placed_at=at)))
        await one.minutes(3)
        assert len([subject for subject in one.subjects() if "[over]" in subject]) == 1

    one.live(day)


def test_one_wild_week_does_not_end_a_silence_that_was_told(town: Make) -> None:
    one = town(TEAM, start=datetime(2026, 3, 10, 18, tzinfo=UTC))

    async def day() -> None:
        await one.usual_weeks()
        promotion = one.time() - 7 * 86_400 + 2 * 3_600
        await one.ordered(*[promotion + n * 3.0 for n in range(1_200)])
        await one.minutes(6 * 60)
        assert [subject for subject in one.subjects() if "[over]" in subject] == []

    one.live(day)


def test_the_clock_on_the_wall_decides_which_hours_are_the_same(town: Make) -> None:
    after = datetime(2026, 3, 31, 7, tzinfo=UTC)  # the first Tuesday of summer time: 9 o'clock in Berlin
    one = town(TEAM + BERLIN, start=after)

    async def day() -> None:
        for week in range(1, 9):  # of winter: an hour of orders from 9 to 10 in Berlin, and none before
            begin = (after - timedelta(weeks=week) + timedelta(hours=1)).timestamp()
            await one.ordered(*[begin + n * 120.0 for n in range(30)])
        await one.ordered(one.time())
        await one.minutes(59)
        assert one.texts() != []
        assert "orders (8 weeks)" in one.texts()[0]

    one.live(day)


def test_views_that_are_behind_know_of_no_silence_and_of_no_end(town: Make) -> None:
    one = town()

    async def day() -> None:
        await one.usual_weeks()
        await one.minutes(70)
        assert len(await one.alarms()) == 1
        alarms = one.kept.alarms
        assert alarms is not None

        async def behind() -> float:
            return 61.0

        object.__setattr__(alarms.ground, "behind", behind)
        await one.minutes(10)
        [open_] = await one.alarms()
        assert open_["state"] == "open"
        with pytest.raises(Unknown):
            await no_orders(alarms.ground, Moment(one.time()))

    one.live(day)
