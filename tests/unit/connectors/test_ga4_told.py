"""What GA4 is told, that it counts it as it happened, and that nothing is there twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.connectors.ga4 import connector
from pawline.connectors.ga4.settings import USUAL
from pawline.connectors.ga4.telling import NAMES, request
from pawline.connectors.ga4.trying import check, probe, tries
from pawline.kit import BadSettings
from pawline.model import HouseholdId
from pawline.ports import Code, Malformed, OrderOccurrence, PortError, Receipt, Rejected, Transient
from pawline.sandbox import Fault, Faults, Manner
from pawline.testing.conformance.trying import logged
from tests.unit.connectors.counting import PEOPLE, VALUES, occurrence
from tests.unit.connectors.ga4_scene import Scene, run

EVERY = [one.value for one in OrderOccurrence]
NONE = frozenset[str]()


def test_a_refund_takes_its_amount_from_the_order_under_its_name() -> None:
    async def told(here: Scene) -> None:
        one = occurrence(values={**VALUES, "refund": "r1"})
        assert await here.step(one) == Receipt()
        (counted,) = here.vendor.counted
        assert counted | {"visitor": ""} == {
            "visitor": "", "name": "refund", "at": pytest.approx(one.at.timestamp()), "transaction_id": "1001",
            "value": 12.34, "currency": "EUR", "channel": "web", "refund": "r1", "engagement_time_msec": 1,
        }  # fmt: skip
        assert re.fullmatch(r"[1-9][0-9]*\.[1-9][0-9]*", counted["visitor"])
        assert here.did() == [("Ga4.refund", "1001", 1_234, "EUR", False)]

    run(told)


def test_only_what_moves_revenue_has_a_value_and_a_transaction() -> None:
    async def told(here: Scene) -> None:
        for what in OrderOccurrence:
            await here.step(occurrence(what, values={**VALUES, "order": f"o-{what.name}"}))
        assert [one["name"] for one in here.vendor.counted] == [NAMES[one] for one in OrderOccurrence]
        moved = {one["name"] for one in here.vendor.counted if {"value", "transaction_id"} & set(one)}
        assert moved == {"purchase", "refund"}
        assert all(one["order_total"] == 12.34 for one in here.vendor.counted if one["name"] not in moved)

    run(told, events=EVERY)


def test_a_body_says_who_when_and_no_to_ads_and_nothing_else() -> None:
    async def told(here: Scene) -> None:
        one, now = occurrence(values={}), datetime.now(UTC)
        body = request((one,), here.settings, now)
        assert body == {
            "client_id": body["client_id"], "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
            "events": [{
                "name": "refund", "timestamp_micros": round(one.at.timestamp() * 1_000_000),
                "params": {"engagement_time_msec": 1},
            }],
        }  # fmt: skip

    run(told)


@pytest.mark.parametrize(("transaction", "name"), [("id", "1001"), ("number", "#1001")])
def test_an_order_is_called_as_the_shops_tag_calls_it(transaction: str, name: str) -> None:
    async def told(here: Scene) -> list[str]:
        await here.step(occurrence(OrderOccurrence.PLACED), occurrence(), occurrence(OrderOccurrence.SHIPPED))
        return [str(one.get("transaction_id", one.get("order_id"))) for one in here.vendor.counted]

    assert run(told, events=EVERY, transaction=transaction) == [name] * 3


def test_a_purchase_that_a_page_counts_too_is_left_out_unless_somebody_names_it() -> None:
    async def told(here: Scene) -> list[tuple[str, bool]]:
        here.desk.act("ga4/seen", b'{"transaction": "1001", "value": 12.34, "currency": "EUR"}')
        await here.step(occurrence(OrderOccurrence.PLACED), occurrence(OrderOccurrence.RENEWED))
        return [(operation, again) for operation, *_, again in here.did()]

    assert run(told) == [("Ga4.purchase", False)]
    # Another visitor than the page's: where GA4 knows an order again of the same visitor only, it is there twice.
    assert run(told, events=EVERY) == [("Ga4.purchase", False), ("Ga4.purchase", False), ("Ga4.purchase", True)]
    assert set(OrderOccurrence) - set(USUAL) == {OrderOccurrence.PLACED, OrderOccurrence.RENEWED}


def test_what_may_have_been_counted_is_told_again_only_where_it_is_known_again() -> None:
    async def told(here: Scene) -> None:
        refund, purchase = occurrence(), occurrence(OrderOccurrence.PLACED)
        settled = here.analytics.may_be_counted
        assert await settled((refund,)) == Receipt("its answer was lost: it was not told again")
        assert await settled((purchase, refund)) == Receipt("its answer was lost: it was not told again")
        assert await settled((purchase,)) is None
        assert await settled((occurrence("Purchase", values={}),)) is not None, "of no order: it would be another one"
        here.desk.vendors.faults = Faults(at={1: Fault.BROKEN})
        with pytest.raises(Transient):
            await here.step(purchase)
        await here.step(purchase)
        assert [again for *_, again in here.did()] == [False, True]
        assert len(here.vendor.counted) == 1

    run(told, events=EVERY)


def test_that_google_takes_nothing_just_now_is_no_lost_answer() -> None:
    async def told(here: Scene) -> None:
        refund, other = occurrence(), occurrence(key="refunded.order/r2")
        here.desk.vendors.faults = Faults(at={1: Fault.UNAVAILABLE, 2: Fault.UNAVAILABLE, 3: Fault.BROKEN})
        with pytest.raises(Transient) as first:
            await here.step(refund)
        assert first.value.code is Code.UNAVAILABLE
        assert await here.analytics.may_be_counted((other,)) is not None
        assert await here.analytics.may_be_counted((refund,)) is None
        assert await here.analytics.may_be_counted((refund,)) is not None, "that was of another attempt"
        for lost in (Code.UNAVAILABLE, Code.DISCONNECTED):
            with pytest.raises(Transient) as again:
                await here.step(refund)
            assert again.value.code is lost
        assert await here.analytics.may_be_counted((refund,)) is not None
        assert len(here.vendor.counted) == 1

    run(told)


def test_what_is_older_than_three_days_is_refused_and_what_is_from_tomorrow_is_of_now() -> None:
    async def told(here: Scene) -> None:
        now = datetime.now(UTC)
        with pytest.raises(Rejected) as late:
            await here.step(occurrence(at=now - timedelta(hours=72, seconds=1)))
        assert late.value.code is Code.TOO_LATE
        assert here.desk.vendors.requests == 0
        await here.step(occurrence(at=now - timedelta(hours=71, minutes=59)), occurrence(at=now + timedelta(days=1)))
        first, second = (one["at"] for one in here.vendor.counted)
        assert first == pytest.approx((now - timedelta(hours=71, minutes=59)).timestamp())
        assert now.timestamp() <= second <= datetime.now(UTC).timestamp()

    run(told)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (tuple(occurrence(key=f"k{n}") for n in range(26)), Code.TOO_LARGE),
        ((occurrence(), occurrence(household=HouseholdId("h2"))), Code.TOO_LARGE),
        ((occurrence(values={**VALUES, "note": "x" * 101}),), Code.INVALID),
        ((occurrence(values={**VALUES, "a b": 1}),), Code.INVALID),
        ((occurrence(values={**VALUES, "ga_session": 1}),), Code.INVALID),
        ((occurrence(values={f"a{n}": n for n in range(25)}),), Code.INVALID),
        ((occurrence("Session Start"),), Code.INVALID), ((occurrence("Error"),), Code.INVALID),
        ((occurrence("x" * 41),), Code.INVALID), ((occurrence("9 lives"),), Code.INVALID),
        ((occurrence("ga thing"),), Code.INVALID), ((occurrence("!"),), Code.INVALID),
        ((occurrence("Fed", values={f"a{n}{'b' * 35}": "é" * 100 for n in range(24)}),) * 25, Code.TOO_LARGE),
    ],
    ids=[
        "26", "two", "long", "blank", "reserved", "many", "session", "error", "long-name", "digit", "reserved-name",
        "no-name", "large",
    ],
)  # fmt: skip
def test_what_google_would_answer_2xx_and_drop_is_not_sent(sent: tuple[Any, ...], code: Code) -> None:
    async def told(here: Scene) -> None:
        with pytest.raises(Rejected) as no:
            await here.step(*sent)
        assert no.value.code is code
        assert here.desk.vendors.requests == 0

    run(told)


def test_nothing_to_tell_asks_nobody_and_a_flow_of_ones_own_is_told_by_its_name() -> None:
    async def told(here: Scene) -> None:
        await here.step(occurrence(OrderOccurrence.PLACED))
        await here.step()
        assert here.desk.vendors.requests == 0
        await here.step(occurrence("Viewed Product", values={"sku": "kibble-10", "new": True}))
        (one,) = here.vendor.counted
        assert (one["name"], one["sku"], one["new"]) == ("viewed_product", "kibble-10", 1)

    run(told)


def test_googles_validation_server_finds_nothing_wrong_with_all_that_is_told() -> None:
    async def told(here: Scene) -> None:
        await probe(here.http, here.settings, NONE)
        assert (here.vendor.counted, here.did(), here.desk.vendors.requests) == ([], [], 1)
        body = request((occurrence(),), here.settings, datetime.now(UTC))
        await check(here.http, body)
        for wrong, says in (
            ({"client_id": "a@b.example"}, "client_id VALUE_INVALID"), ({"client_id": ""}, "client_id VALUE_REQUIRED"),
            ({"events": []}, "events VALUE_REQUIRED"), ({"events": [{"name": "_x"}]}, "events NAME_INVALID"),
            ({"events": [{"name": "session_start"}]}, "events NAME_RESERVED"),
            ({"events": [{"name": "x", "timestamp_micros": 1}]}, "events[0].timestamp_micros VALUE_OUT_OF_BOUNDS"),
            ({"events": [{"name": "refund", "params": {}}]}, "events[0].params VALUE_REQUIRED"),
            ({"events": [{"name": "x", "params": {"a": "x" * 101}}]}, "events[0].params VALUE_OUT_OF_BOUNDS"),
            ({"events": [{"name": "x"}] * 26}, "events EXCEEDED_MAX_ENTITIES"),
        ):  # fmt: skip
            with pytest.raises(Malformed) as no:
                await check(here.http, body | wrong)
            assert no.value.text == f"Google does not take it: {says}"
        assert here.vendor.counted == []

    run(told, events=EVERY)
    run(told, events=["Refunded Order"])
    run(told, events=[])


def test_a_wrong_secret_is_not_found_out_and_trying_says_so() -> None:
    async def told(here: Scene) -> None:
        said = await tries(here.http, here.settings)
        assert said == "Google finds nothing wrong with our events; look for pawline_tried in DebugView."
        (one,) = here.vendor.counted
        assert (one["name"], one["debug_mode"], one["engagement_time_msec"]) == ("pawline_tried", 1, 1)
        here.vendor.counted.clear()
        here.desk.manners["ga4"] = Manner(stranger=True)
        assert await tries(here.http, here.settings) == said
        await here.step(occurrence())
        assert here.vendor.counted == []
        assert [why for _, why in here.vendor.dropped] == ["its stream or secret is not known"] * 2
        here.desk.manners["ga4"] = Manner(down=True)
        for asked in (tries(here.http, here.settings), probe(here.http, here.settings, NONE)):
            with pytest.raises(PortError):
                await asked

    run(told)


def test_the_secret_that_google_wants_in_the_address_is_seen_nowhere() -> None:
    async def told(here: Scene) -> None:
        secret = here.vendor.api_secret
        with logged() as lines:
            seen = [repr(here.settings), repr(here.http), repr(here.http.checking), repr(here.analytics)]
            for manner in (Manner(down=True), Manner(limited=3.0), Manner(stranger=True), Manner()):
                here.desk.manners["ga4"] = manner
                for asked in (here.step(occurrence()), probe(here.http, here.settings, NONE)):
                    try:
                        await asked
                    except PortError as problem:
                        seen += [repr(problem), str(problem.__context__), str(problem.__cause__)]
        ours = [line for line in lines if "aiohttp.access" not in line]  # the pretended vendor's own log may have it
        assert not [one for one in [*seen, *ours] if secret in one]

    run(told)


def test_a_household_is_one_visitor_and_under_another_secret_another() -> None:
    async def of(here: Scene) -> list[str]:
        for one in ("h1", "h2", "h1"):
            await here.step(occurrence(household=HouseholdId(one)))
        return [one["visitor"] for one in here.vendor.counted]

    first, second, again = run(of)
    assert first == again != second
    assert run(of, people_secret=PEOPLE[::-1])[0] not in {first, second}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"measurement_id": "123456"}, "`measurement_id` is G-"), ({"people_secret": "short"}, "`people_secret` is"),
        ({"region": "mars"}, "region"), ({"events": ["purchase"]}, "events"), ({"transaction": "name"}, "transaction"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_told_by_name(given: dict[str, Any], says: str) -> None:
    whole = {"measurement_id": "G-ABC123", "api_secret": "canary", "people_secret": PEOPLE}
    assert connector.configure(whole).host == "https://www.google-analytics.com"
    assert connector.configure(whole | {"region": "eu"}).host == "https://region1.google-analytics.com"
    with pytest.raises(BadSettings) as no:
        connector.configure(whole | given)
    assert says in str(no.value)
    assert "canary" not in str(no.value)
