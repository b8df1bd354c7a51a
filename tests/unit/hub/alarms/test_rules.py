"""Each rule finds its cause, says it in these words, says it again until somebody has seen it, and when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pawline.hub.alarms.rules import _deadline
from pawline.hub.alarms.settings import FileLate
from pawline.kit import Due
from tests.unit.hub.alarms.town import DOWN, TEAM, BowlFilled, Town

Make = Callable[..., Town]


def test_a_case_is_told_again_until_it_is_seen_and_over_once(town: Make) -> None:
    one = town()

    async def day() -> None:
        await one.minutes(1)
        no = await one.case("shop/eu: 3 in orders cannot be read; the rest went through")
        await one.minutes(65)
        [alarm] = await one.alarms()
        title = "1 case for operations in paws: shop/eu: 3 in orders cannot be read; the rest went through"
        assert one.subjects() == [
            f"Pawline: [warning] {title}, since Tue 10 Mar 13:01 CET",
            f"Pawline: [warning, told 1 time before] {title}, since Tue 10 Mar 13:01 CET",
            f"Pawline: [warning, told 2 times before] {title}, since Tue 10 Mar 13:01 CET",
        ]
        assert one.at() == [1.0, 31.0, 61.0]
        assert one.texts()[0] == (
            f"Pawline: [warning] {title}, since Tue 10 Mar 13:01 CET\n"
            "  Means: what each is about stands still until a person has answered; the rest goes on.\n"
            f"  Do: `pawline cases show {no}`.\n"
            f"  Seen it: `pawline alarms ack {alarm['no']} --by NAME`"
        )
        assert (await one.acknowledge(alarm["no"]))["state"] == "acknowledged"
        await one.minutes(90)
        assert len(one.subjects()) == 3
        await one.close_case(no)
        await one.minutes(10)
        assert one.subjects()[3:] == [f"Pawline: [over] {title}: it began Tue 10 Mar 13:01 CET and lasted 2 h 35 min"]
        assert one.texts()[3] == one.subjects()[3]
        assert await one.alarms() == []
        [ended] = await one.alarms(every=True)
        assert (ended["state"], ended["times"], ended["acknowledged_by"]) == ("closed", 3, "ann")

    one.live(day)


def test_questions_of_flows_are_told_without_their_words_and_by_team(town: Make) -> None:
    one = town(TEAM + '[alarms.case_opened]\nminutes = 10\nteams = { operations = "critical" }\n')

    async def day() -> None:
        first = await one.case("May Ann Smith have her money back?", "ask")
        await one.case("another one", "ask", cause="May Ann Smith have her money back?")
        await one.write(("insert_case", (await one.store.case(first))._replace(no=77, team="care")))  # type: ignore[union-attr]
        await one.minutes(11)
        assert one.subjects() == [
            "Pawline: [critical] 2 cases for operations in paws: a question of a flow, since Tue 10 Mar 13:00 CET"
        ]
        assert one.texts()[0].splitlines()[2] == (
            f"  Do: `pawline cases show {first}`; `--all-like-it` answers all of them at once."
        )
        assert one.at()[0] >= 10.0
        assert "Smith" not in str(one.box.letters)

    one.live(day)


def test_an_account_that_does_not_answer_until_it_does(town: Make) -> None:
    one = town()

    async def day() -> None:
        one.box.fails["feeder"] = DOWN
        for n in range(20):
            await one.record(BowlFilled(pet=f"pet{n}"))
        await one.minutes(30)
        [told] = await one.alarms()
        assert one.texts() == [
            (
                "Pawline: [critical] dispenser/home does not answer, since Tue 10 Mar 13:00 CET\n"
                "  It plays Feeder.\n"
                "  Means: what needs it waits, is not lost, and goes on by itself once it answers.\n"
                '  Do: look at its status page; `pawline stop account dispenser/home --reason "…"` holds all calls'
                " to it.\n"
                f"  Seen it: `pawline alarms ack {told['no']} --by NAME`"
            )
        ]
        assert 10.0 <= one.at()[0] <= 10.5
        await one.again()  # the next hub knows of no failure, and of no answer
        await one.minutes(15)
        assert one.subjects()[1:] == [
            "Pawline: [critical, told 1 time before] dispenser/home does not answer, since Tue 10 Mar 13:00 CET"
        ]
        await one.acknowledge(told["no"])
        del one.box.fails["feeder"]
        await one.minutes(65)
        assert len(one.subjects()) == 3
        assert one.subjects()[2].startswith(
            "Pawline: [over] dispenser/home does not answer: it began Tue 10 Mar 13:00 CET and lasted "
        )
        assert await one.alarms() == []

    one.live(day)


def test_an_account_that_nobody_calls_any_more_is_over_without_a_promise(town: Make) -> None:
    one = town(TEAM + '[alarms.vendor_down]\naccounts = { "dispenser/home" = "warning" }\n')

    async def day() -> None:
        one.box.fails["feeder"] = DOWN
        for n in range(20):
            await one.record(BowlFilled(pet=f"pet{n}"))
        await one.minutes(15)
        order = {"action": "stop", "target": "", "by": "ann", "reason": "it is down"}
        await one.desk.answer("order", order | {"said": {"scope": "account", "name": "dispenser/home"}})
        await one.minutes(120)
        head = "dispenser/home does not answer"
        assert one.subjects()[0] == f"Pawline: [warning] {head}, since Tue 10 Mar 13:00 CET"
        assert one.subjects()[-1] == (
            f"Pawline: [over] {head}: it began Tue 10 Mar 13:00 CET, and nobody has called it for an hour"
        )

    one.live(day)


def test_an_account_that_fails_for_a_short_time_only_is_no_alarm(town: Make) -> None:
    one = town()

    async def day() -> None:
        one.box.fails["feeder"] = DOWN
        for n in range(20):
            await one.record(BowlFilled(pet=f"pet{n}"))
        await one.minutes(8)
        del one.box.fails["feeder"]
        await one.minutes(60)
        assert await one.alarms(every=True) == []

    one.live(day)


def test_a_run_that_does_not_get_on(town: Make) -> None:
    one = town(TEAM + "[alarms.vendor_down]\non = false\n")

    async def day() -> None:
        one.box.fails["feeder"] = DOWN
        await one.record(BowlFilled(pet="rex"))
        await one.record(BowlFilled(pet="mia"))
        await one.minutes(59)
        assert one.texts() == []
        await one.minutes(180)
        [told] = await one.alarms()
        [run] = [one["no"] for one in await one.desk.answer("runs", {"shop": "paws"})][-1:]
        assert one.texts()[0] == (
            f"Pawline: [warning] run {run} (feed_alarmed of paws) does not get on, since Tue 10 Mar 13:00 CET\n"
            "  2 runs of that flow are as late.\n"
            "  Means: whoever waits for it, a shopper or a system, still waits.\n"
            f"  Do: `pawline runs show {run}` says what it waits for.\n"
            f"  Seen it: `pawline alarms ack {told['no']} --by NAME`"
        )
        del one.box.fails["feeder"]
        await one.minutes(120)
        assert one.subjects()[-1].startswith("Pawline: [over] run ")
        assert " does not get on: it began Tue 10 Mar 13:00 CET and lasted 4 h " in one.subjects()[-1]
        assert await one.alarms() == []

    one.live(day)


def test_lanes_that_stand_still(town: Make) -> None:
    one = town()

    async def day() -> None:
        await one.write(
            ("insert_event", (1, "paws", 7, None, "a@1", "s", 1, "src", "i", 1.0, one.time(), None, 1, 0, None, b"{}")),
            ("insert_event", (2, "paws", 9, None, "a@1", "s", 1, "src", "j", 1.0, one.time(), None, 2, 0, None, b"{}")),
        )
        one.engine.lanes = {lane: epoch for lane, epoch in one.engine.lanes.items() if lane not in (7, 9)}
        await one.minutes(6)
        [told] = await one.alarms()
        assert one.texts() == [
            (
                "Pawline: [critical] 1 event in 1 lane not dispatched, since Tue 10 Mar 13:00 CET\n"
                "  Means: what is recorded there is safe, but nobody works on it: orders are taken and not sent.\n"
                "  Do: see the hub's log and `pawline doctor`, then start the hub again.\n"
                f"  Seen it: `pawline alarms ack {told['no']} --by NAME`"
            )
        ]

    one.live(day)


@pytest.mark.parametrize(("minutes", "after"), [("5", 15.0), ("40", 40.0)])
def test_webhooks_that_were_answered_and_are_not_taken_apart(town: Make, minutes: str, after: float) -> None:
    """Two of three: the third is young. Renewals stand in line for a quarter of an hour, whatever the rule says."""
    one = town(TEAM + f"[alarms.lane_stuck]\nminutes = {minutes}\n")

    async def day() -> None:
        begun = one.time()
        for no, at in ((1, begun), (2, begun), (3, begun + 3_600.0)):
            await one.write(("insert_delivery", (no, 7, "paws", "shopify/eu", at, 1, b"sealed")))
        await one.minutes(after - 0.5)
        assert await one.alarms(every=True) == []
        assert await one.kept.alarms.well()  # type: ignore[union-attr]
        await one.minutes(1)
        [told] = await one.alarms()
        assert one.texts() == [
            (
                "Pawline: [critical] 2 webhooks not taken apart, since Tue 10 Mar 13:00 CET\n"
                "  Means: their senders were told that they are here, and nobody works on what they say: an order"
                " among them is not sent.\n"
                "  Do: `pawline events waiting` says which do not open; for the others see the hub's log and `pawline"
                " doctor`, then start the hub again.\n"
                f"  Seen it: `pawline alarms ack {told['no']} --by NAME`"
            )
        ]
        assert not await one.kept.alarms.well()  # type: ignore[union-attr]
        await one.write(("drop_delivery", (1,)), ("drop_delivery", (2,)))
        await one.minutes(3)
        assert await one.alarms() == []
        assert [line.partition(":")[2].partition(":")[0] for line in one.subjects()[1:]] == [
            " [over] 2 webhooks not taken apart"
        ]

    one.live(day)


def test_lanes_whose_owner_is_silent(town: Make) -> None:
    one = town()

    async def day() -> None:
        late = f"update lane set until = {one.time() - 400} where lane in (7, 8)"  # noqa: S608 - our own figure
        await one.store.job(lambda db: db.script([late]))
        await one.minutes(1)
        assert one.subjects() == ["Pawline: [critical] the owner of 2 lanes is silent, since Tue 10 Mar 12:53 CET"]

    one.live(day)


FILE = """
[[alarms.file_late]]
account = "erp/main"
watch = "stock"
by = "14:00"
hours = 3
days = ["tue", "wed"]
zone = "Europe/Berlin"
"""


def test_a_file_that_is_not_here_by_its_time(town: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.hub.alarms.keeping.EVERY", 60.0)
    one = town(TEAM + FILE)
    one.box.cursors["stock"] = "1"

    async def day() -> None:
        await one.minutes(1)
        early = one.time() - 7_260.1  # 11:00 by their clock, too early by a moment
        await one.write(("set_checkpoint", ("paws", "erp/main", "stock", "1", early)))
        await one.minutes(61)
        [told] = await one.alarms()
        assert one.texts() == [
            (
                "Pawline: [warning] erp/main: stock is not here, since Tue 10 Mar 14:00 CET\n"
                "  It was expected by Tue 10 Mar 14:00 CET; something came last on Tue 10 Mar 10:59 CET.\n"
                "  Means: the figures that it brings are those of the last one, older than the shop believes.\n"
                "  Do: ask whoever sends it; `pawline doctor` says whether it can be looked at.\n"
                f"  Seen it: `pawline alarms ack {told['no']} --by NAME`"
            )
        ]
        await one.acknowledge(told["no"])
        await one.minutes(60 * 24)  # and the next one did not come either: that is the same
        assert [(alarm["no"], alarm["state"]) for alarm in await one.alarms()] == [(told["no"], "acknowledged")]
        one.box.cursors["stock"] = "2"
        await one.minutes(4)
        assert one.subjects()[1:] == [
            "Pawline: [over] erp/main: stock is not here: it began Tue 10 Mar 14:00 CET and lasted 1 d 2 min"
        ]

    one.live(day)


def test_a_file_that_came_in_time_is_no_alarm(town: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.hub.alarms.keeping.EVERY", 60.0)
    one = town(TEAM + FILE)
    one.box.cursors["stock"] = "1"

    async def day() -> None:
        await one.minutes(60 * 6)
        assert await one.alarms(every=True) == []

    one.live(day)


def test_what_cannot_be_looked_at(town: Make) -> None:
    one = town()
    one.box.cursors |= {"stock": "1", "orders": ""}

    async def day() -> None:
        await one.minutes(5.5)
        one.box.fails |= {"stock": DOWN, "orders": ValueError("Ann Smith")}
        await one.minutes(20)
        assert one.subjects() == ["Pawline: 2 alarms"]
        [_, first, second, _] = one.texts()[0].split("\n\n")
        number = {alarm["subject"]: alarm["no"] for alarm in await one.alarms()}
        assert first == (
            "[critical] erp/main: stock cannot be looked at, since Tue 10 Mar 13:05 CET\n"
            "  Means: what comes that way (orders, stock) is late; what was not seen yet is not lost.\n"
            "  Do: `pawline doctor` says why.\n"
            f"  Seen it: `pawline alarms ack {number['erp/main stock']} --by NAME`"
        )
        assert second.startswith("[critical] erp/main: orders cannot be looked at, since Tue 10 Mar 13:05 CET\n")
        await one.again()
        one.box.fails.clear()
        await one.minutes(10)
        assert one.subjects()[1:] == ["Pawline: 2 over"]
        assert await one.alarms() == []
        assert "Smith" not in str(one.texts())

    one.live(day)


def test_a_file_that_its_account_says_is_due_is_told_of_and_over_once_it_comes(
    town: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The week in which summer time begins: 06:30 is 06:30 by the shop's clock, an hour earlier by ours."""
    monkeypatch.setattr("pawline.hub.alarms.keeping.EVERY", 60.0)
    one = town(TEAM, start=datetime(2026, 3, 28, 12, tzinfo=UTC))
    one.box.cursors |= {"stock": "1", "orders": "1"}
    one.box.due["stock"] = Due("06:30", "Europe/Berlin", ("sun", "mon"), 6.0)

    async def day() -> None:
        await one.minutes(1)
        came = datetime(2026, 3, 28, 5, 30, tzinfo=UTC).timestamp()
        await one.write(("set_checkpoint", ("paws", "erp/main", "stock", "1", came)))
        await one.minutes(60 * 16 + 28)  # 06:29 of the Sunday by their clock
        assert await one.alarms() == []
        await one.minutes(2)
        assert one.subjects() == [
            "Pawline: [warning] erp/main: stock is not here, since Sun 29 Mar 06:30 CEST"
        ]  # fmt: skip
        await one.write(("set_checkpoint", ("paws", "erp/main", "stock", "2", one.time())))
        one.box.cursors["stock"] = "2"
        await one.minutes(3)
        assert await one.alarms() == []
        assert one.subjects()[1:] == [
            "Pawline: [over] erp/main: stock is not here: it began Sun 29 Mar 06:30 CEST and lasted 1 min"
        ]

    one.live(day)


def test_the_last_time_by_which_a_file_was_to_be_here() -> None:
    late = FileLate(account="erp/main", watch="stock", by="06:00", days=["mon", "fri"], zone="Europe/Berlin")
    for now, by in [
        ("2026-03-30T03:59:59+00:00", "2026-03-27T05:00:00+00:00"),  # summer time began on the Sunday in between
        ("2026-03-30T04:00:00+00:00", "2026-03-30T04:00:00+00:00"),
        ("2026-04-02T22:00:00+00:00", "2026-03-30T04:00:00+00:00"),
    ]:
        assert _deadline(late, datetime.fromisoformat(now).timestamp()) == datetime.fromisoformat(by).timestamp()
    never = FileLate(account="erp/main", watch="stock", by="24:00", days=[])
    assert _deadline(never, 0.0) is None
