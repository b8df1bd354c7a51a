"""What happens here is told to whoever listens: once, in the standard's words, whatever the receiver does meanwhile."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pawline.hub import Hub, load_settings
from pawline.model import CustomerErased, Envelope, HouseholdId, OrderCancelled, OrderConfirmed, OrderId, OrderPlaced
from pawline.model.events.shipments import ShipmentTracked
from pawline.model.ids import ShipmentId
from pawline.testing import NOON
from pawline.testing.counter import counter
from pawline.testing.orders import order
from tests.journeys.around import until
from tests.journeys.listening import AGENCY, Agency, Town, settings, town

SOON = "patience_days = 0.000001"
"""Less than a tenth of a second: what is refused twice is enough, and the breaker stays closed."""


def confirmed(no: int) -> OrderConfirmed:
    return OrderConfirmed(order=OrderId(f"o{no}"), household=HouseholdId(f"h-{no}"))


async def test_what_happens_is_told_once_signed_and_by_its_ids_only(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        await here.tell(OrderPlaced(order=order(1)), CustomerErased(erased=HouseholdId("h-9")))
        (told,) = await here.heard(1)
        await here.rest()
        (heard,) = here.agency.heard
        assert (heard.method, heard.target) == ("POST", "/pawline/")
        assert heard.headers["content-type"] == "application/cloudevents+json"
        assert told.pop("id") == heard.headers["webhook-id"]
        told.pop("time")
        assert told == {
            "specversion": "1.0", "source": "/shops/paws", "type": "order.placed@1", "subject": "o1", "payload": "ids",
            "datacontenttype": "application/json", "sequence": "0" * 20, "data": {"type": "order.placed@1"},
        }  # fmt: skip
        assert await here.runs("tell_listener") == ["done"]
        assert await here.cases() == []


async def test_a_whole_body_leaves_only_where_the_settings_name_its_event(tmp_path: Path) -> None:
    tracked = ShipmentTracked(
        shipment=ShipmentId("s1"), order=OrderId("o1"), carrier="dhl", tracking="JD01", household=HouseholdId("h-1")
    )
    given = 'whole = ["order.confirmed@1"]'
    async with asyncio.timeout(60), town(tmp_path, given, events='["order.confirmed@1", "shipment.*"]') as here:
        await here.tell(confirmed(1), tracked)
        told = {one["type"]: one for one in await here.heard(2)}
        await here.rest()
        whole, thin = told["order.confirmed@1"], told["shipment.tracked@1"]
        assert (whole["payload"], whole["data"]["household"]) == ("whole", "h-1")
        assert (thin["payload"], thin["data"]) == (
            "ids", {"type": "shipment.tracked@1", "shipment": "s1", "order": "o1"},
        )  # fmt: skip
        assert not [one for one in here.agency.heard if b"JD01" in one.body]
        assert len(here.agency.heard) == 2


async def test_a_receiver_that_fails_and_recovers_hears_all_of_it_under_the_same_ids(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        here.agency.failing, here.agency.status = 4, 204
        await here.tell(confirmed(1), confirmed(2))
        await here.heard(6)
        await here.rest()
        assert len(set(here.agency.ids)) == 2
        assert len(here.agency.ids) == 6
        assert {one["subject"] for one in here.agency.told} == {"o1", "o2"}
        assert await here.runs("tell_listener") == ["done", "done"]
        assert await here.cases() == []


async def test_a_receiver_that_wants_no_more_is_one_question_and_what_waits_is_sent_by_its_answer(
    tmp_path: Path,
) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        here.agency.status = 410
        await here.tell(*[confirmed(no) for no in range(5)])
        (case,) = await until(here.cases)
        assert case["title"] == f"{AGENCY} takes nothing that it is told"
        assert (await here.fares())["because"] == "it answered 410: nothing more is wanted there"
        before = len(here.agency.heard)
        here.agency.status = 200
        await here.tell(*[confirmed(no) for no in range(5, 9)])
        await until(lambda: _waits(here, 9))
        assert len(here.agency.heard) == before  # nothing is told while it is off
        assert (await here.fares())["waits"] >= 4  # on record, not as runs
        assert len(await here.runs("tell_listener")) <= 5
        assert len(await here.cases()) == 1
        await here.answer("send what waits")
        await here.rest()
        taken = [one["subject"] for one in here.agency.told[before:]]
        assert sorted(taken) == [f"o{no}" for no in range(9)]
        assert await here.cases() == []


async def _waits(here: Town, count: int) -> bool:
    fares = await here.fares()
    return bool(fares["waits"] + fares["tries"] == count)


async def test_what_waits_may_be_dropped_and_what_comes_is_told(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        here.agency.status = 410
        await here.tell(confirmed(1))
        await until(here.cases)
        await here.tell(confirmed(2))
        await until(lambda: _waits(here, 2))
        here.agency.status = 200
        before = len(here.agency.heard)
        await here.answer("drop what waits, and send what comes")
        await here.rest()
        await here.tell(confirmed(3))
        await here.heard(before + 1)
        await here.rest()
        assert [one["subject"] for one in here.agency.told[before:]] == ["o3"]


async def test_who_takes_nothing_for_long_is_off_and_left_off_until_somebody_opens_it(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, SOON) as here:
        here.agency.status = 400
        await here.tell(confirmed(1), confirmed(2))
        await here.answer("leave it off")
        await until(lambda: _waits(here, 2))
        assert await here.cases() == []
        fares = await here.fares()
        assert fares["because"] == "nothing was taken for 0 s: what was told was answered 400"
        checks = {one["name"]: one for one in await here.ask("health")}
        assert checks["listeners"]["state"] == "look"
        assert checks["listeners"]["says"].startswith(f"{AGENCY} is off since ")
        here.agency.status = 200
        before = len(here.agency.heard)
        await here.ask("reopen", account=AGENCY, by="ann", reason="they moved")
        await here.rest()
        assert sorted(one["subject"] for one in here.agency.told[before:]) == ["o1", "o2"]


async def test_an_event_that_alone_is_not_taken_is_a_case_of_its_own_and_the_others_go_on(tmp_path: Path) -> None:
    """Within five seconds others are taken, however busy the machine is, and this one is not."""
    async with asyncio.timeout(60), town(tmp_path, "patience_days = 0.00006") as here:
        here.agency.only, here.agency.status = frozenset({"order.cancelled@1"}), 422
        await here.tell(*[confirmed(no) for no in range(3)])
        await here.rest()
        await here.tell(OrderCancelled(order=OrderId("o1"), at=NOON, by="shop", because="ann@example.com asked"))
        telling = asyncio.get_running_loop().create_task(_keep_telling(here))
        (case,) = await until(here.cases)
        telling.cancel()
        assert case["title"].startswith(f"{AGENCY} takes others, and not evt_")
        assert case["title"].endswith("(order.cancelled@1)")
        assert (await here.fares())["off"] is None
        assert not [one for one in here.agency.heard if b"ann@" in one.body]
        await here.answer("drop it")
        await here.rest()
        assert await here.cases() == []


async def _keep_telling(here: Town) -> None:
    """Others are taken all the time."""
    no = 100
    while True:
        no += 1
        before = len(here.agency.heard)
        await here.tell(confirmed(no))
        await until(lambda: len(here.agency.heard) > before)  # noqa: B023 - awaited here


async def test_a_span_is_told_again_under_the_same_ids_or_on_purpose_under_new_ones(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        begun = time.time() - 60
        await here.tell(confirmed(1), confirmed(2), OrderPlaced(order=order(3)))
        await here.heard(3)
        await here.rest()
        span = {"account": AGENCY, "since": begun, "until": time.time() + 60, "by": "ann", "reason": "they lost them"}
        again = span | {"kind": "order.confirmed@1", "turn": "a"}
        assert await here.ask("tell_again", **again) == {"owed": 2, "after": None}
        assert await here.ask("tell_again", **again) == {"owed": 0, "after": None}  # the same turn is the same telling
        await here.heard(5)
        await here.rest()
        first = {one["subject"]: one["id"] for one in here.agency.told[:3]}
        assert {one["subject"]: one["id"] for one in here.agency.told[3:]} == {"o1": first["o1"], "o2": first["o2"]}
        await here.ask("tell_again", **span, kind="", turn="b", anew=True)
        await here.heard(8)
        await here.rest()
        assert not {one["id"] for one in here.agency.told[5:]} & set(first.values())
        assert len(here.agency.heard) == 8


async def test_who_is_new_hears_what_happens_from_then_on_and_a_hub_that_was_away_tells_what_it_missed(
    tmp_path: Path,
) -> None:
    async with asyncio.timeout(90), counter(Agency(), 90) as agency:
        assert isinstance(agency, Agency)
        file = settings(tmp_path, agency.port)
        whole = file.read_text("utf-8")
        file.write_text(whole.partition("[[accounts]]")[0], "utf-8")
        async with await Hub.open(load_settings(file, {})) as hub:
            await Town(hub, agency).tell(confirmed(1))
        file.write_text(whole, "utf-8")
        async with await Hub.open(load_settings(file, {})) as hub:
            here = Town(hub, agency)
            agency.open.clear()
            await here.tell(confirmed(2))
            await here.heard(0)
        agency.open.set()
        async with await Hub.open(load_settings(file, {})) as hub:
            here = Town(hub, agency)
            await here.heard(1)
            await here.rest()
        assert {one["subject"] for one in agency.told} == {"o2"}
        assert len(set(agency.ids)) == 1


async def test_an_event_that_nobody_listens_to_begins_nothing(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path, events='["stock.counted@1"]') as here:
        await here.tell(*[confirmed(no) for no in range(20)])
        await here.rest()
        assert await here.ask("events", shop="paws", kind="listener.owed@1") == []
        assert await here.ask("runs", shop="paws") == []
        assert here.agency.heard == []


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "ids"])
async def test_an_erasure_ends_what_is_owed_whole_and_waits_for_no_receiver_otherwise(
    whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And who is erased may have been the only one to find out whether the receiver is well: the next one does."""
    monkeypatch.setattr("pawline.hub.listeners.following.QUIET", 1.0)
    given = 'whole = ["order.confirmed@1"]' if whole else ""
    async with asyncio.timeout(60), town(tmp_path, given) as here:
        here.agency.status, here.agency.more = 429, ("retry-after: 2",)
        await here.tell(confirmed(1))
        await here.heard(1)
        await until(lambda: _statuses(here, ["waiting"]))
        assert len(await here.hub.projector.erase("paws", "h-1", 0.5, time.time() + 60)) == whole
        here.agency.status, here.agency.more = 200, ()
        before = len(here.agency.heard)
        await here.rest()
        taken = here.agency.told[before:]
        assert [one["subject"] for one in taken] == ([] if whole else ["o1"])
        assert not [one for one in taken if "h-1" in str(one)]
        await here.hub.projector.erase("paws", "h-2", 0.5, time.time() + 60)
        await here.tell(OrderPlaced(order=order(1)))  # of nobody who was erased
        await here.rest()
        assert [one["type"] for one in here.agency.told[before + len(taken) :]] == ["order.placed@1"]


async def _statuses(here: Town, those: list[str]) -> bool:
    return await here.runs("tell_listener") == those


async def test_a_stopped_account_is_told_nothing_and_all_of_it_once_it_goes_on(tmp_path: Path) -> None:
    said = {"scope": "account", "name": AGENCY}
    async with asyncio.timeout(60), town(tmp_path) as here:
        await here.ask("order", action="stop", target="shop", by="ann", reason="look", shop="paws", said=said)
        await here.tell(*[confirmed(no) for no in range(3)])
        await until(lambda: _waits(here, 3))
        assert (here.agency.heard, await here.runs("tell_listener")) == ([], [])  # a stop costs rows of the log only
        await here.ask("order", action="go_on", target="shop", by="ann", reason="seen", shop="paws", said=said)
        await here.rest()
        assert sorted(one["subject"] for one in here.agency.told) == ["o0", "o1", "o2"]


async def test_an_event_that_nobody_listens_to_is_no_news_and_history_is_not_told(tmp_path: Path) -> None:
    async with asyncio.timeout(60), town(tmp_path) as here:
        at = datetime.fromtimestamp(time.time(), UTC)
        past = Envelope(shop="paws", source="import", id="1", at=at, event=confirmed(1))
        await here.hub.engine.record(past, "history")
        await here.tell(confirmed(2))
        await here.heard(1)
        await here.rest()
        assert [one["subject"] for one in here.agency.told] == ["o2"]
