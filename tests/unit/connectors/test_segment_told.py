"""What Segment is told, and that it is the same however often: held against Segment's own client."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pawline.connectors.segment import connector
from pawline.connectors.segment.analytics import NAMES
from pawline.connectors.segment.settings import HOSTS, USUAL, Region
from pawline.connectors.segment.trying import tries
from pawline.kit import BadSettings
from pawline.model import HouseholdId
from pawline.ports import Code, OrderOccurrence, PortError, Receipt, Rejected, Transient
from pawline.sandbox import Fault, Faults, Manner
from tests.unit.connectors.counting import PEOPLE, VALUES
from tests.unit.connectors.segment_scene import AT, Scene, occurrence, run

SDK = json.loads((Path(__file__).parent / "segment_sdk.json").read_text("utf-8"))


def test_a_refund_is_one_call_of_a_pseudonym_with_its_amount() -> None:
    async def told(here: Scene) -> None:
        done = await here.step(occurrence())
        (taken,) = here.vendor.taken
        assert done == Receipt(taken["messageId"])
        anew = ("messageId", "userId", "receivedAt", "version")
        assert {name: taken[name] for name in taken if name not in anew} == {
            "type": "track", "event": "Order Refunded", "timestamp": "2026-11-27T09:30:00.000Z",
            "properties": {
                "order_id": "1001", "order_number": "#1001", "total": 12.34, "currency": "EUR", "channel": "web",
            },
            "context": {"library": {"name": "pawline"}},
        }  # fmt: skip
        assert here.did() == [("Segment.track", "Order Refunded", False)]
        assert len(taken["userId"]) == 32
        assert "h1" not in json.dumps(taken)

    run(told)


def test_what_is_sent_again_is_one_and_of_another_account_hub_or_occurrence_another() -> None:
    async def told(here: Scene) -> None:
        for n in (1, 2):
            await here.step(occurrence(), n=n)  # another attempt, and even another step
        assert [again for *_, again in here.did()] == [False, True]
        await here.step(occurrence(key="refunded.order/r2"))
        await here.step(occurrence(), account="segment/us")
        await here.step(occurrence(), shop="cats")
        here.http.whose = "paws.0a0b"
        await here.step(occurrence())
        assert len({one["messageId"] for one in here.vendor.taken}) == len(here.vendor.taken) == 5
        assert {one["userId"] for one in here.vendor.taken} == {here.vendor.taken[0]["userId"]}
        assert all(len(one["messageId"]) < 100 for one in here.vendor.taken)

    run(told)


def test_of_a_day_later_it_is_two_which_its_patience_is_shorter_than() -> None:
    operation = connector.offers[next(iter(connector.offers))].operations["record"]
    assert operation.patience == timedelta(hours=20)

    async def told(here: Scene) -> None:
        await here.step(occurrence())
        here.vendor._known = {no: at - 86_401 for no, at in here.vendor._known.items()}
        await here.step(occurrence())
        assert [again for *_, again in here.did()] == [False, False]

    run(told)


def test_what_its_own_client_sends_is_taken_and_has_our_fields() -> None:
    async def told(here: Scene) -> None:
        body = json.loads(SDK["body"]) | {"writeKey": here.vendor.key}
        basic = base64.b64encode(f"{here.vendor.key}:".encode()).decode()
        headers = {"content-type": "application/json", "authorization": f"Basic {basic}"}
        async with aiohttp.ClientSession() as session:
            for given in (headers, {"content-type": "application/json"}):  # it sends the key twice
                async with session.post(f"{here.url}/segment{SDK['path']}", json=body, headers=given) as answer:
                    assert (answer.status, await answer.json()) == (200, {"success": True})
        await here.step(occurrence())
        theirs, ours = here.vendor.taken
        assert set(theirs) - set(ours) == {"integrations", "anonymousId"}
        assert set(ours) - set(theirs) == set()
        assert {name: type(theirs[name]) for name in ours} == {name: type(ours[name]) for name in ours}
        assert {name: type(value) for name, value in theirs["properties"].items()} == {
            name: type(ours["properties"][name]) for name in theirs["properties"]
        }
        assert theirs["context"].keys() == ours["context"].keys()
        assert set(body) == {"batch", "sentAt", "writeKey"}  # ours stands in the header alone
        assert datetime.fromisoformat(theirs["timestamp"]).tzinfo is not None
        assert here.vendor.dropped == [("pl_0123456789abcdef", "it is known")]

    run(told)


@pytest.mark.parametrize("what", list(OrderOccurrence))
def test_what_others_count_too_is_left_out_unless_it_is_named(what: OrderOccurrence) -> None:
    async def told(here: Scene) -> list[str]:
        await here.step(occurrence(what, "k1"), occurrence("Fed Biscuit", "k2"))
        return [one["event"] for one in here.vendor.taken]

    named = [NAMES[what], "Fed Biscuit"]
    assert run(told) == (named if what in USUAL else ["Fed Biscuit"])
    assert run(told, events=[what.value]) == named
    assert run(told, events=[]) == ["Fed Biscuit"]
    assert set(OrderOccurrence) - set(USUAL) == {OrderOccurrence.PLACED, OrderOccurrence.RENEWED}


def test_nothing_to_tell_asks_nobody() -> None:
    async def told(here: Scene) -> None:
        assert await here.step(occurrence(OrderOccurrence.PLACED)) == Receipt()
        assert await here.step() == Receipt()
        assert here.desk.vendors.requests == 0

    run(told)


@pytest.mark.parametrize(
    "sent",
    [
        tuple(occurrence(key=f"k{n}") for n in range(2_501)),
        (occurrence(values={**VALUES, "note": "x" * 32_000}),),
        tuple(occurrence(key=f"k{n}", values={**VALUES, "note": "x" * 20_000}) for n in range(26)),
    ],
    ids=["many", "one-large", "all-large"],
)
def test_what_segment_would_drop_or_refuse_is_not_sent(sent: tuple[Any, ...]) -> None:
    async def told(here: Scene) -> None:
        with pytest.raises(Rejected) as no:
            await here.step(*sent)
        assert no.value.code is Code.TOO_LARGE
        assert here.desk.vendors.requests == 0

    run(told)


def test_the_pretended_one_refuses_and_drops_as_segment_does() -> None:
    async def told(here: Scene) -> None:
        key = here.vendor.key
        good = {"type": "track", "event": "x", "userId": "u", "messageId": "m"}

        async def said(path: str, body: Any) -> int:
            url = f"{here.url}/segment/v1/{path}"
            async with aiohttp.ClientSession() as session, session.post(url, data=body) as answer:
                return answer.status

        def batch(*calls: dict[str, Any], key: str = key) -> str:
            return json.dumps({"batch": calls, "writeKey": key})

        assert await said("batch", "{") == await said("batch", "[]") == await said("batch", "{}") == 400
        assert await said("batch", batch({**good, "properties": {"a": "x" * 33_000}})) == 400
        assert await said("batch", batch(*[{**good, "properties": {"a": "x" * 30_000}}] * 20)) == 400
        assert await said("nothing", batch(good)) == 404
        assert (here.vendor.taken, here.vendor.dropped) == ([], [])
        for call in (
            {**good, "userId": ""}, {**good, "event": ""}, {**good, "type": ""}, {**good, "messageId": "m" * 100},
        ):  # fmt: skip
            assert await said("batch", batch(call)) == 200
        assert await said("batch", batch(good, key="another")) == 200
        assert await said("batch", batch(*[good] * 2_501)) == 200
        here.desk.act("segment/region", b"true")
        assert await said("batch", batch(good)) == 200
        here.desk.act("segment/region", b"false")
        assert [why for _, why in here.vendor.dropped] == [
            "no_user_anon_id", "it has no event", "it has no type", "its messageId is too long", "its key is not known",
            "more than 2500 events", "it is another region's",
        ]  # fmt: skip
        assert here.vendor.taken == []
        assert await said("track", json.dumps({**good, "writeKey": key})) == 200
        assert [one["event"] for one in here.vendor.taken] == ["x"]

    run(told)


def test_a_wrong_key_and_a_wrong_region_are_not_found_out_and_trying_says_so() -> None:
    async def told(here: Scene) -> None:
        here.desk.manners["segment"] = Manner(stranger=True)
        said = await tries(here.http, here.settings)
        assert said.startswith("eu answered, which proves nothing: look for 'Pawline Tried' (pl-tried-")
        assert said.endswith(") in the Debugger.")
        assert here.vendor.taken == []
        here.desk.manners["segment"] = Manner()
        await tries(here.http, here.settings)
        (taken,) = here.vendor.taken
        assert (taken["event"], taken["properties"]) == ("Pawline Tried", {})
        here.desk.manners["segment"] = Manner(down=True)
        with pytest.raises(PortError):
            await tries(here.http, here.settings)

    run(told)


def test_who_asks_for_time_gets_it_and_a_lost_answer_is_told_once_more() -> None:
    async def told(here: Scene) -> None:
        here.desk.manners["segment"] = Manner(limited=30.0)
        with pytest.raises(Transient) as wait:
            await here.step(occurrence())
        assert (wait.value.code, wait.value.retry_after) == (Code.RATE_LIMITED, timedelta(seconds=30))
        here.desk.manners["segment"] = Manner()
        here.desk.vendors.faults = Faults(at={1: Fault.BROKEN})
        with pytest.raises(Transient):
            await here.step(occurrence())
        await here.step(occurrence(), n=2)
        assert [again for *_, again in here.did()] == [False, True]
        assert len(here.vendor.taken) == 1

    run(told)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"region": "mars"}, "region"), ({"people_secret": "short"}, "`people_secret` is yours to make"),
        ({"events": ["Placed Orders"]}, "events"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_told_by_name(given: dict[str, Any], says: str) -> None:
    whole = {"write_key": "k", "region": "eu", "people_secret": PEOPLE}
    assert connector.configure(whole).host == HOSTS[Region.EU] == "https://events.eu1.segmentapis.com"
    assert connector.configure(whole | {"region": "us"}).host == "https://api.segment.io"
    with pytest.raises(BadSettings) as no:
        connector.configure(whole | given)
    assert says in str(no.value)
    assert "short" not in str(no.value)
    with pytest.raises(BadSettings, match="region"):
        connector.configure({name: value for name, value in whole.items() if name != "region"})


def test_a_household_is_the_same_pseudonym_and_another_secret_another() -> None:
    async def of(here: Scene) -> list[str]:
        await here.step(occurrence(), occurrence(key="k2", household=HouseholdId("h2")))
        await here.step(occurrence(key="k3", at=AT.astimezone(UTC) + timedelta(days=1)))
        return [one["userId"] for one in here.vendor.taken]

    first, second, again = run(of)
    assert first == again != second
    assert run(of, people_secret=PEOPLE[::-1])[0] not in {first, second}
