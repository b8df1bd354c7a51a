"""Who asks to be forgotten is, once a person says so; who asks what is known of them is a person's to answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from pawline.flows.adopt_order import adopt_order
from pawline.flows.disclose_household import disclose_household
from pawline.flows.erase_household import erase_household
from pawline.model import (
    Address,
    Cart,
    CartChanged,
    CartId,
    Checkout,
    Consent,
    ConsentChanged,
    DisclosureAsked,
    ErasureAsked,
    Event,
    HouseholdId,
    Money,
    OrderId,
    OrderPaid,
    OrderPlaced,
    Purpose,
)
from pawline.ports import Board, Held, Operation, Settle
from pawline.runtime import Binding, flow, wait_for
from pawline.runtime.records import Intent, Published, decode_records
from pawline.runtime.seal import open_journal
from pawline.sandbox.faults import Fault, Faults
from pawline.store import CaseRow, Erased, HouseholdErased
from pawline.testing import NOON, counts
from pawline.testing.orders import SHOP, order
from pawline.views import households
from pawline.views.households import OwnHouseholds
from tests.flows.house import House

HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", country="DE", postcode="10115")
REPEAT = Operation(settle=Settle.REPEAT)
ANN, BEA = HouseholdId("h1"), HouseholdId("h2")


def asked(
    of: HouseholdId | None = ANN, at: datetime | None = None, orders: tuple[OrderId, ...] = ()
) -> ErasureAsked:  # fmt: skip
    return ErasureAsked(of=of, at=at or datetime.now(UTC), orders=orders)


async def next_case(house: House, after: int) -> CaseRow:
    """The one case that is open once that one was answered."""
    while not (found := [one for one in await house.cases() if one.no > after]):  # noqa: ASYNC110 - the hub opens it
        await asyncio.sleep(0.02)
    one: CaseRow
    (one,) = found
    return one


async def erased(house: House) -> list[str]:
    """Households of which it is on record that they were erased, in order."""
    rows = await house.store.fetch("events_page", (SHOP, "customer.erased@1", 2**62, 20))
    return [row[5] for row in reversed(rows)]


async def steps(house: House, run: int) -> list[str]:
    """What a run called and published, in order."""
    found = list[str]()
    for row in (await house.store.journals([run]))[run]:
        key = await house.store.keys.by_no(row.key or 0)
        assert not isinstance(key, Erased)
        for one in decode_records(open_journal(row, key)):
            if isinstance(one, Intent):
                found.append(f"{one.port}.{one.method}")
            elif isinstance(one, Published):
                found.append(one.type)
    return found


async def placed(house: House, *numbers: int) -> None:
    """Orders that wait for their parcels to leave."""
    now = datetime.now(UTC)
    for number in numbers:
        one = order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=now)
        await house.tell(OrderPlaced(order=one))
        await house.until_waits("adopt_order", one.id)


async def test_it_is_asked_first_and_what_is_under_way_is_undone_before_the_key_goes() -> None:
    wall = Binding("slack/care", Board, object(), dict.fromkeys(("post", "settle", "tell"), REPEAT))
    async with asyncio.timeout(60), House((adopt_order, erase_household), more=[wall]) as house:
        await placed(house, 1, 2)
        await house.tell(asked(), asked(orders=(OrderId("o1"),)))  # twice: the second waits, and finds nothing
        (case,) = await house.until_asked(1)
        assert case.title.startswith("a shopper asked to be forgotten, by ")
        said = await house.evidence(case)
        assert (said["held"]["theirs"], said["held"]["orders"], said["under way"]) == (["h1"], ["o1"], ["o1"])
        assert (said["held"]["count"], said["held"]["runs"]) == (1, 1)
        assert said["erase elsewhere"] == [
            "pretended/crm", "pretended/helpdesk", "pretended/marketing", "pretended/shipping", "slack/care"
        ]  # fmt: skip
        assert said["found there"] == "by these orders and households: each connector's README says how it names them"
        assert counts(house.vendors.effects()) == {"Fulfilment.request": 2}
        await house.answer(case.no, "erase")
        await house.rest(but=("adopt_order",))
        assert counts(house.vendors.effects()) == {"Fulfilment.request": 2, "Fulfilment.cancel": 1}
        states = {key: status for flow, key, status in await house.runs() if flow == "adopt_order"}
        assert states == {"o1": "cancelled", "o2": "waiting"}
        own = OwnHouseholds(SHOP, house.store, house.views)
        assert await own.held((ANN,), (OrderId("o1"),)) == Held(theirs=())
        assert (await own.held((BEA,), ())).theirs == (BEA,)
        kinds = [row[4] for row in await house.store.fetch("events_page", (SHOP, "", 2**62, 10))]
        assert kinds.count("customer.erased@1") == 1
        assert await house.cases() == []
        await house.tell(asked())  # again, later: there is nothing any more
        await house.rest(but=("adopt_order",))
        ended = [status for flow, key, status in await house.runs() if (flow, key) == ("erase_household", ANN)]
        assert (ended, await house.cases()) == (["done", "done", "done"], [])


async def test_what_was_done_since_the_question_is_asked_about_before_anything_is_undone() -> None:
    async with asyncio.timeout(60), House((adopt_order, erase_household)) as house:
        cart = Cart(id=CartId("c1"), currency="EUR", changed_at=NOON, lines=(), household=ANN)
        await house.tell(CartChanged(cart=cart))
        await house.tell(asked())
        (case,) = await house.until_asked(1)
        said = await house.evidence(case)
        assert (said["held"]["theirs"], said["under way"]) == (["h1"], [])
        await placed(house, 1)
        await house.answer(case.no, "erase")
        again = await next_case(house, case.no)
        assert again.title.startswith("a shopper asked to be forgotten, and did more since that was answered, by ")
        assert (await house.evidence(again))["under way"] == ["o1"]
        assert counts(house.vendors.effects()) == {"Fulfilment.request": 1}
        await house.answer(again.no, "keep")
        await house.rest(but=("adopt_order",))
        assert ("adopt_order", "o1", "waiting") in await house.runs()
        assert counts(house.vendors.effects()) == {"Fulfilment.request": 1}
        assert (await OwnHouseholds(SHOP, house.store, house.views).held((ANN,), ())).theirs == (ANN,)


async def test_what_is_bought_while_the_rest_is_undone_is_asked_about_and_not_destroyed_with_it() -> None:
    async with asyncio.timeout(60), House((adopt_order, erase_household)) as house:
        await placed(house, 1)
        await house.tell(asked())
        (case,) = await house.until_asked(1)
        house.vendors.faults, before = Faults(rates={Fault.UNHEARD: 1.0}), house.vendors.requests
        await house.answer(case.no, "erase")
        while house.vendors.requests == before:  # noqa: ASYNC110 - the hub calls o1 off, and is not heard
            await asyncio.sleep(0.02)
        now = datetime.now(UTC)
        one = order(5, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=now)
        await house.tell(OrderPlaced(order=replace(one, household=ANN)), at=now)
        again = await next_case(house, case.no)
        assert again.title.startswith("a shopper asked to be forgotten, and did more since that was answered, by ")
        assert set((await house.evidence(again))["held"]["orders"]) == {"o1", "o5"}
        house.vendors.faults = Faults()
        both = {"Fulfilment.request": 2, "Fulfilment.cancel": 1}
        while counts(house.vendors.effects()) != both:  # noqa: ASYNC110 - the warehouse hears again
            await asyncio.sleep(0.02)
        while ("adopt_order", "o1", "cancelled") not in await house.runs():  # noqa: ASYNC110 - another task ends it
            await asyncio.sleep(0.02)
        await house.until_waits("adopt_order", "o5")
        await house.answer(again.no, "erase")
        await house.rest()
        assert counts(house.vendors.effects()) == {"Fulfilment.request": 2, "Fulfilment.cancel": 2}
        assert await OwnHouseholds(SHOP, house.store, house.views).held((ANN,), ()) == Held(theirs=())
        assert await erased(house) == ["h1"]
        assert await house.cases() == []


@flow(on=ConsentChanged)
async def lingers(changed: ConsentChanged) -> None:
    await wait_for(OrderPlaced, key="never", until=changed.consent.at + timedelta(days=1))


async def test_what_was_done_meanwhile_and_is_no_more_than_was_shown_goes_too() -> None:
    async with asyncio.timeout(60), House((adopt_order, lingers, erase_household)) as house:
        await placed(house, 1)
        await house.tell(asked())
        (case,) = await house.until_asked(1)
        house.vendors.faults, before = Faults(rates={Fault.UNHEARD: 1.0}), house.vendors.requests
        await house.answer(case.no, "erase")
        while house.vendors.requests == before:  # noqa: ASYNC110 - the hub calls o1 off, and is not heard
            await asyncio.sleep(0.02)
        now = datetime.now(UTC)
        given = Consent(household=ANN, purpose=Purpose.MARKETING, granted=True, at=now, source="shop")
        await house.tell(ConsentChanged(consent=given), at=now)
        house.vendors.faults = Faults()
        await house.rest()
        ended = {flow: status for flow, _, status in await house.runs()}
        assert ended == {"adopt_order": "cancelled", "lingers": "cancelled", "erase_household": "done"}
        assert (await erased(house), await house.cases()) == (["h1"], [])


async def test_one_of_several_households_is_erased_and_what_another_did_since_is_kept() -> None:
    async with asyncio.timeout(60), House((adopt_order, erase_household)) as house:
        await placed(house, 1, 2)
        await house.tell(asked(orders=(OrderId("o2"),)))
        (case,) = await house.until_asked(1)
        house.vendors.faults, before = Faults(rates={Fault.UNHEARD: 1.0}), house.vendors.requests
        await house.answer(case.no, "erase")
        while house.vendors.requests == before:  # noqa: ASYNC110 - the hub calls o1 off, and is not heard
            await asyncio.sleep(0.02)
        now = datetime.now(UTC)
        one = order(5, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=now)
        await house.tell(OrderPlaced(order=replace(one, household=BEA)), at=now)
        house.vendors.faults = Faults()
        again = await next_case(house, case.no)
        assert (await house.evidence(again))["held"]["theirs"] == ["h2"]
        assert await erased(house) == ["h1"]
        await house.answer(again.no, "keep")
        await house.rest(but=("adopt_order",))
        states = {key: status for flow, key, status in await house.runs() if flow == "adopt_order"}
        assert states == {"o1": "cancelled", "o2": "waiting", "o5": "waiting"}
        assert (await house.outcomes())["erase_household h1"] == "erased, but for what a person said is to be kept"
        assert (await erased(house), await house.cases()) == (["h1"], [])


async def test_a_wish_that_names_more_than_the_one_before_is_seen_to_after_it() -> None:
    async with asyncio.timeout(60), House((adopt_order, erase_household)) as house:
        await placed(house, 1, 2, 3)
        await house.tell(asked(), asked(orders=(OrderId("o2"),)))
        (case,) = await house.until_asked(1)
        assert (await house.evidence(case))["held"]["theirs"] == ["h1"]
        await house.answer(case.no, "erase")
        more = await next_case(house, case.no)
        assert (await house.evidence(more))["held"]["theirs"] == ["h2"]
        await house.answer(more.no, "erase")
        await house.rest(but=("adopt_order",))
        states = {key: status for flow, key, status in await house.runs() if flow == "adopt_order"}
        assert states == {"o1": "cancelled", "o2": "cancelled", "o3": "waiting"}
        assert await house.cases() == []


async def test_who_was_erased_and_buys_again_is_served_and_may_be_erased_again() -> None:
    async with asyncio.timeout(60), House((adopt_order, erase_household)) as house:
        await placed(house, 1)
        await house.tell(asked())
        (case,) = await house.until_asked(1)
        before = datetime.now(UTC)
        await house.answer(case.no, "erase")
        await house.rest()
        for late in (replace(order(4, placed_at=before), household=ANN), order(1, placed_at=before)):
            with pytest.raises(HouseholdErased):
                await house.tell(OrderPlaced(order=late))
        paid = OrderPaid(order=OrderId("o7"), at=datetime.now(UTC), paid=Money.parse("10.00", "EUR"), household=ANN)
        with pytest.raises(HouseholdErased):  # it follows, and nobody knows from what
            await house.tell(paid, at=datetime.now(UTC))
        one = order(7, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=datetime.now(UTC))
        anew = replace(one, household=ANN)
        await house.tell(OrderPlaced(order=anew), at=NOON)  # by when it was placed, whatever its envelope says
        await house.tell(paid, at=datetime.now(UTC))
        await house.until_waits("adopt_order", "o7")
        own = OwnHouseholds(SHOP, house.store, house.views)
        assert (await own.held((ANN,), ())).orders == (OrderId("o7"),)
        assert counts(house.vendors.effects())["Fulfilment.request"] == 2
        await house.tell(asked())
        (case,) = await house.until_asked(1)
        assert (await house.evidence(case))["under way"] == ["o7"]
        await house.answer(case.no, "erase")
        await house.rest()
        assert await own.held((ANN,), ()) == Held(theirs=())
        kinds = [row[4] for row in await house.store.fetch("events_page", (SHOP, "", 2**62, 20))]
        assert (kinds.count("customer.erased@1"), kinds.count("order.placed@1")) == (2, 2)
        assert await house.cases() == []


async def test_who_ordered_under_two_addresses_is_erased_under_both() -> None:
    async with asyncio.timeout(60), House((adopt_order, erase_household)) as house:
        await placed(house, 1, 2, 3)
        await house.tell(asked(orders=(OrderId("o1"), OrderId("o2"), OrderId("o404"))))
        (case,) = await house.until_asked(1)
        assert (await house.evidence(case))["held"]["theirs"] == ["h1", "h2"]
        await house.answer(case.no, "erase")
        await house.rest(but=("adopt_order",))
        states = {key: status for flow, key, status in await house.runs() if flow == "adopt_order"}
        assert states == {"o1": "cancelled", "o2": "cancelled", "o3": "waiting"}


async def test_what_is_to_be_kept_stays() -> None:
    async with asyncio.timeout(60), House((adopt_order, erase_household)) as house:
        await placed(house, 1)
        await house.tell(asked())
        (case,) = await house.until_asked(1)
        await house.answer(case.no, "keep")
        await house.rest(but=("adopt_order",))
        assert ("adopt_order", "o1", "waiting") in await house.runs()
        assert (await OwnHouseholds(SHOP, house.store, house.views).held((ANN,), ())).theirs == (ANN,)
        assert counts(house.vendors.effects()) == {"Fulfilment.request": 1}


async def test_a_week_before_it_is_due_it_is_asked_again_and_never_answered_by_itself() -> None:
    async with asyncio.timeout(60), House((adopt_order, erase_household, disclose_household)) as house:
        await placed(house, 1)
        late = datetime.now(UTC) - timedelta(days=24)
        told: list[Event] = [asked(at=late), DisclosureAsked(of=ANN, request="r1", at=late - timedelta(days=30))]
        await house.tell(*told)
        while sum("7 days are left" in one.title for one in await house.cases()) < 2:  # noqa: ASYNC110 - the hub's
            await asyncio.sleep(0.02)
        assert len(await house.cases()) == 2
        assert [one.until for one in await house.cases()] == [None, None]


async def test_a_shop_that_takes_the_app_away_and_a_shopper_who_asks_are_cases() -> None:
    async with asyncio.timeout(60), House((adopt_order, erase_household, disclose_household)) as house:
        await placed(house, 1)
        question = DisclosureAsked(of=ANN, request="r1", at=datetime.now(UTC), orders=(OrderId("o1"),))
        await house.tell(asked(of=None), question, question)
        shop, shopper = await house.until_asked(2)
        assert shop.title.startswith("the shop took the app away")
        said = await house.evidence(shopper)
        assert said["write it out"] == ["pawline household h1 --reveal --json"]
        assert (said["request"], said["held"]["orders"]) == ("r1", ["o1"])
        await house.answer(shopper.no, "sent")
        await house.answer(shop.no, "done")
        await house.rest(but=("adopt_order",))
        assert await house.cases() == []
        assert (await OwnHouseholds(SHOP, house.store, house.views).held((ANN,), ())).theirs == (ANN,)


async def test_what_one_household_left_is_on_record_before_the_next_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(households, "UNDOING", 0.0)
    async with asyncio.timeout(60), House((adopt_order, erase_household)) as house:
        await placed(house, 1, 2)
        await house.tell(asked(orders=(OrderId("o2"),)))
        (case,) = await house.until_asked(1)
        page = await house.store.fetch("runs_page", (SHOP, "adopt_order", -1, 2**62, 10))
        await house.answer(case.no, "erase")
        while not any("while something was" in one.title for one in await house.cases()):  # noqa: ASYNC110 - the hub's
            await asyncio.sleep(0.02)
        (left,) = await house.cases()
        said = await house.evidence(left)
        assert (said["runs"], said["orders"]) == (", ".join(str(row[0]) for row in reversed(page)), ["o1", "o2"])
        assert await steps(house, left.run) == [
            "Households.erase", "customer.erased@1", "Households.erase", "customer.erased@1"
        ]  # fmt: skip


async def test_what_did_not_end_in_time_is_a_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(households, "UNDOING", 0.0)
    async with asyncio.timeout(60), House((adopt_order, erase_household)) as house:
        await placed(house, 1)
        await house.tell(asked())
        (case,) = await house.until_asked(1)
        await house.answer(case.no, "erase")
        while not any("while something was" in one.title for one in await house.cases()):  # noqa: ASYNC110 - the hub's
            await asyncio.sleep(0.02)
        (left,) = await house.cases()
        assert (await house.evidence(left))["orders"] == ["o1"]
        await house.answer(left.no, "seen to")
        await house.rest()
        assert await house.cases() == []
