"""What was bought here goes back: who may ask, for how much of it, what they are told, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pawline.hub.storefront import Cause
from pawline.model import (
    LotRecalled,
    OrderId,
    Packed,
    Recall,
    RecallClass,
    RecallId,
    RecallReached,
    ReturnId,
    ReturnLine,
    ReturnReceived,
    ReturnRequested,
    ReturnWithdrawn,
    ShipmentBooked,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
    household_by_email,
)
from pawline.store import Retention, purge
from pawline.testing import counts
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import MAIL, Answer, Shopper, Town, town, two_hubs, write
from tests.unit.web.storefront.test_again import problem
from tests.unit.web.storefront.test_buying import told
from tests.unit.web.storefront.test_late import days_pass

FLOWS = '"pawline.flows.fulfil_order"'
ALL = f'{FLOWS}, "pawline.flows.label_return", "pawline.flows.refund_return"'
DAY = timedelta(days=1)


class Bought:
    """An order of ours, and its shopper."""

    def __init__(self, one: Town, who: Shopper, said: dict[str, Any]) -> None:
        self.town, self.who, self.id, self.token = one, who, OrderId(said["id"]), said["token"]

    @property
    def path(self) -> str:
        return f"/v1/orders/{self.id}/returns"

    async def gets(self, path: str = "", **headers: str) -> Answer:
        return await self.who.ask("GET", self.path + path, pawline_token=self.token, **headers)

    async def asks(self, *lines: tuple[str, int], who: Shopper | None = None, **headers: str) -> Answer:
        wanted = [{"line": line, "quantity": quantity, "because": "too big"} for line, quantity in lines]
        given = {"pawline_token": self.token, **headers}
        return await (who or self.who).ask("POST", self.path, {"lines": wanted}, **given)

    async def leaves(self, *, at: datetime | None = None, arrives: bool = False) -> None:
        at, parcel = at or datetime.now(UTC), ShipmentId(f"s-{self.id}")
        await self.town.tell(ShipmentDispatched(shipment=parcel, order=self.id, at=at))
        if arrives:
            await self.town.tell(ShipmentDelivered(shipment=parcel, order=self.id, at=at))
        await settled(self.town.hub)

    async def comes_back(self, name: str, *lines: tuple[str, int]) -> None:
        back = tuple(ReturnLine(line=line, quantity=quantity) for line, quantity in lines)  # type: ignore[arg-type]
        await self.town.tell(
            ReturnReceived(id=ReturnId(name), order=self.id, at=datetime.now(UTC), lines=back)
        )  # fmt: skip

    async def is_(self, name: str, status: str) -> dict[str, Any]:
        async def so() -> bool:
            return bool((await self.gets(f"/{name}")).body["status"] == status)

        await until(so)
        return dict((await self.gets(f"/{name}")).body)


async def bought(one: Town, *lines: tuple[str, int], who: Shopper | None = None) -> Bought:
    ann = who or await one.key()
    said = await ann.ask("POST", "/v1/checkouts", await ann.form(*lines))
    assert said.status < 300, said
    found = Bought(one, ann, said.body)
    await told(ann, said.body, "confirmed")
    return found


@asynccontextmanager
async def taking_back(folder: Path, store: str = "", **changes: str) -> Any:
    """A town whose hub sees to returns."""
    write(folder, store=store)
    text = (folder / "pawline.toml").read_text("utf-8").replace(FLOWS, ALL)
    for old, new in changes.items():
        text = text.replace(old, new)
    async with town(folder, settings=text) as one:
        yield one


async def test_what_was_bought_goes_back_and_is_paid_back(tmp_path: Path) -> None:
    async with taking_back(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 3))
        await order.leaves(arrives=True)
        before = await order.gets()
        assert (before.body["returns"], before.body["why_not"]) == ([], None)
        assert before.body["lines"] == [{"line": "l1", "sku": "bowl", "quantity": 3, "left": 3, "why_not": None}]
        asked = await order.asks(("l1", 2))
        name = f"{order.id}-r1"
        assert (asked.status, asked.body["status"], asked.headers["location"]) == (202, "asked", f"{order.path}/{name}")
        there = await order.is_(name, "labelled")
        label = there["label"]
        assert (label["carrier"], label["format"]) == ("van", "pdf")
        assert label["url"] == f"https://van.example/{label['tracking']}.pdf"
        assert label["until"] == (datetime.now(UTC) + 25 * DAY).date().isoformat()
        (booked,) = (each for each in one.vendors.effects() if each.operation == "Shipping.book")
        assert booked.business == f"{order.id}/return-{name}"
        after = await order.gets()
        assert (after.body["lines"][0]["left"], after.body["returns"]) == (1, [there])
        await order.comes_back(name, ("l1", 2))
        paid = await order.is_(name, "refunded")
        assert (paid["refund"], paid["label"]) == ({"minor": 2_000, "currency": "EUR"}, None)
        refunds = [each.amount for each in one.vendors.effects() if each.operation == "Payments.refund"]
        assert refunds == [2_000]
        assert (await order.gets()).body["lines"][0]["left"] == 1
        assert problem(await order.asks(("l1", 2))) == (409, "none-left")
        assert (await order.asks(("l1", 1))).body["id"] == f"{order.id}-r2"
        await order.is_(f"{order.id}-r2", "labelled")
        assert counts(one.vendors.effects())["Shipping.book"] == 2


async def test_the_label_goes_from_where_the_order_went(tmp_path: Path) -> None:
    """And says so without a CRM that knows addresses: the order does."""
    async with taking_back(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 1))
        await order.leaves()
        await order.asks(("l1", 1))
        await order.is_(f"{order.id}-r1", "labelled")
        (asked,) = (each for each in one.vendors.effects() if each.operation == "Shipping.book")
        assert asked.order == order.id


async def test_the_same_request_is_one_return_however_often_and_late(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 3))
        await order.leaves()
        first = await order.asks(("l1", 1), idempotency_key="a")
        again = await order.asks(("l1", 1), idempotency_key="a")
        assert (again.status, again.body, again.headers["location"]) == (202, first.body, first.headers["location"])
        assert problem(await order.asks(("l1", 2), idempotency_key="a")) == (422, "idempotency-key-reused")
        await days_pass(one, 3)
        late = await order.asks(("l1", 1), idempotency_key="a")
        assert (late.status, late.body) == (202, first.body)
        other = await order.asks(("l1", 2), idempotency_key="a")  # its answer is gone: the name is free
        assert (other.status, other.body.get("id")) == (202, f"{order.id}-r2"), other.body
        assert (await one.types()).count("return.requested@1") == 2


async def test_who_has_no_token_is_told_of_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 1))
        await order.leaves()
        eve, shop = await one.key(), await one.key(secret=True)
        poor = await one.key(secret=True, scopes=("orders",))
        for token in ("", "x" * 32):
            assert problem(await order.asks(("l1", 1), pawline_token=token)) == (404, "not-found")
            assert problem(await eve.ask("GET", order.path, pawline_token=token)) == (404, "not-found")
        assert problem(await order.asks(("l1", 1), who=poor, pawline_token="")) == (403, "forbidden")
        made = await order.asks(("l1", 1), who=shop, pawline_token="")
        assert made.status == 202
        assert (await shop.ask("GET", f"{order.path}/{made.body['id']}")).body == made.body
        assert problem(await order.gets("/o-1-r1")) == (404, "not-found")
        assert problem(await shop.ask("GET", "/v1/orders/o-1/returns")) == (404, "not-found")


async def test_an_etag_says_that_nothing_changed(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 2))
        await order.leaves()
        name = (await order.asks(("l1", 1))).body["id"]
        for path in ("", f"/{name}"):
            tag = (await order.gets(path)).headers["etag"]
            assert (await order.gets(path, if_none_match=tag)).status == 304
        await order.comes_back(name, ("l1", 1))
        assert (await order.gets(f"/{name}", if_none_match=tag)).body["status"] == "received"


# -- what does not go back -----------------------------------------------------------------------------------------


async def test_what_has_not_left_is_called_off_and_what_was_called_off_stays(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 1))
        assert problem(await order.asks(("l1", 1))) == (409, "not-sent")
        looked = (await order.gets()).body
        assert (looked["why_not"], [each["left"] for each in looked["lines"]]) == ("not-sent", [0])
        cancel = f"/v1/orders/{order.id}/cancellation"
        assert (await order.who.ask("POST", cancel, {}, pawline_token=order.token)).status == 202
        no = await order.asks(("l1", 1))
        assert (problem(no), no.body["detail"]) == ((409, "order-over"), Cause.NOT_BOUGHT.says)
        await order.leaves()  # it was too late, at the carrier's
        no = await order.asks(("l1", 1))
        assert (problem(no), no.body["detail"]) == (
            (409, "order-over"), "it was called off after it had left: ask the shop",
        )  # fmt: skip
        assert "return.requested@1" not in await one.types()


@pytest.mark.parametrize(("days", "arrived", "status"), [(29, True, 202), (31, True, 409), (31, False, 202)])
async def test_the_days_count_from_the_arrival_else_from_the_order(
    tmp_path: Path, days: int, arrived: bool, status: int
) -> None:
    """Which was made just now, in the last of these."""
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order, shop = await bought(one, ("bowl", 1)), await one.key(secret=True)
        await order.leaves(at=datetime.now(UTC) - days * DAY, arrives=arrived)
        said = await order.asks(("l1", 1))
        assert said.status == status
        if status == 409:
            assert problem(said) == (409, "return-late")
            assert (await order.gets()).body["why_not"] == "return-late"
            assert (await order.asks(("l1", 1), who=shop)).status == 202  # a person looks at it


async def test_what_the_shop_does_not_take_back_a_page_cannot_ask_for(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("pills", 9)
        await one.sells("bowl", 9)
        order, shop = await bought(one, ("pills", 1), ("bowl", 1)), await one.key(secret=True)
        await order.leaves()
        no = await order.asks(("l1", 1), ("l2", 1))
        assert (problem(no), no.body["skus"]) == ((409, "not-taken-back"), ["pills"])
        lines = (await order.gets()).body["lines"]
        assert [(each["left"], each["why_not"]) for each in lines] == [(0, "not-taken-back"), (1, None)]
        assert (await order.asks(("l1", 1), who=shop)).status == 202


async def test_a_shop_that_says_nothing_of_returns_takes_none_here(tmp_path: Path) -> None:
    write(tmp_path)
    text = (tmp_path / "pawline.toml").read_text("utf-8").partition("[[returns]]")[0]
    async with town(tmp_path, settings=text) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 1))
        await order.leaves()
        assert problem(await order.asks(("l1", 1))) == (409, "returns-elsewhere")
        assert (await order.gets()).body["why_not"] == "returns-elsewhere"


async def test_more_than_was_bought_or_sent_is_not_left(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        await one.sells("toy", 9)
        order = await bought(one, ("bowl", 3), ("toy", 1))
        parcel, now = ShipmentId("s1"), datetime.now(UTC)
        packed = (Packed(sku=SkuId("bowl"), quantity=2),)
        await one.tell(ShipmentBooked(shipment=parcel, order=order.id, carrier="van", packed=packed))
        await one.tell(ShipmentDispatched(shipment=parcel, order=order.id, at=now))
        await settled(one.hub)
        no = await order.asks(("l1", 3), ("l2", 1))
        assert (problem(no), no.body["left"]) == ((409, "none-left"), {"l1": 2, "l2": 0})
        assert (await order.asks(("l1", 1))).status == 202
        no = await order.asks(("l1", 2))
        assert (problem(no), no.body["left"]) == ((409, "none-left"), {"l1": 1})
        rest = (Packed(sku=SkuId("bowl"), quantity=1), Packed(sku=SkuId("toy"), quantity=1))
        await one.tell(ShipmentBooked(shipment=ShipmentId("s2"), order=order.id, carrier="van", packed=rest))
        assert [each["left"] for each in (await order.gets()).body["lines"]] == [1, 0]  # booked is not sent
        await one.tell(ShipmentDispatched(shipment=ShipmentId("s2"), order=order.id, at=now))
        assert [each["left"] for each in (await order.gets()).body["lines"]] == [2, 1]
        for lines in ((("l9", 1),), (("l1", 1), ("l1", 1))):
            assert problem(await order.asks(*lines)) == (422, "invalid")
        assert (await one.types()).count("return.requested@1") == 1


async def test_what_another_system_was_asked_counts_and_what_was_withdrawn_does_not(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order, now = await bought(one, ("bowl", 2)), datetime.now(UTC)
        await order.leaves()
        lines = (ReturnLine(line="l1", quantity=2),)  # type: ignore[arg-type]
        await one.tell(ReturnRequested(id=ReturnId("desk-1"), order=order.id, at=now, lines=lines))
        assert problem(await order.asks(("l1", 1))) == (409, "none-left")
        await one.tell(ReturnWithdrawn(id=ReturnId("desk-1"), order=order.id, at=now))
        assert (await order.gets("/desk-1")).body["status"] == "withdrawn"
        assert (await order.asks(("l1", 2))).body["id"] == f"{order.id}-r1"


async def test_another_system_s_return_may_be_called_as_ours_would_be(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order, now = await bought(one, ("bowl", 2)), datetime.now(UTC)
        await order.leaves()
        lines = (ReturnLine(line="l1", quantity=1),)  # type: ignore[arg-type]
        await one.tell(ReturnRequested(id=ReturnId(f"{order.id}-r1"), order=order.id, at=now, lines=lines))
        assert (await order.asks(("l1", 1))).body["id"] == f"{order.id}-r2"
        assert problem(await order.asks(("l1", 1))) == (409, "none-left")


async def test_what_is_told_of_no_more_goes_back_all_the_same(tmp_path: Path) -> None:
    """Payloads are kept for thirty days; a parcel may have arrived later than the order was placed."""
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 2))
        await order.leaves(arrives=True)
        await purge(one.hub.store, Retention(payloads=0))
        path = f"/v1/orders/{order.id}"
        assert problem(await order.who.ask("GET", path, pawline_token=order.token)) == (404, "not-found")
        said = await order.asks(("l1", 1), idempotency_key="a")
        assert (said.status, said.body["id"]) == (202, f"{order.id}-r1")
        rows = await one.hub.store.fetch("events_page", ("pets", "return.requested@1", 2**62, 9))
        (row,) = (await one.hub.store.events([rows[0][0]])).values()
        assert row.household == household_by_email(MAIL)
        await settled(one.hub)
        await one.hub.engine.erase("pets", household_by_email(MAIL))
        assert problem(await order.asks(("l1", 1))) == (404, "not-found")
        assert problem(await order.gets()) == (404, "not-found")


async def test_a_parcel_that_is_told_of_no_more_has_left_all_the_same(tmp_path: Path) -> None:
    """Two parcels, weeks apart: what is known of the later one is not all that left."""
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order, now = await bought(one, ("bowl", 3)), datetime.now(UTC)
        for units, name in ((2, "s1"), (1, "s2")):
            packed, parcel = (Packed(sku=SkuId("bowl"), quantity=units),), ShipmentId(name)
            await one.tell(ShipmentBooked(shipment=parcel, order=order.id, carrier="van", packed=packed))
            await one.tell(ShipmentDispatched(shipment=parcel, order=order.id, at=now))
            await settled(one.hub)
            if name == "s1":
                await purge(one.hub.store, Retention(payloads=0))
        assert (await order.gets()).body["lines"][0]["left"] == 3


async def test_fewer_that_came_back_leave_the_rest_to_be_asked_for(tmp_path: Path) -> None:
    async with taking_back(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 2))
        await order.leaves()
        name = (await order.asks(("l1", 2))).body["id"]
        await order.is_(name, "labelled")
        await order.comes_back(name, ("l1", 1))
        paid = await order.is_(name, "refunded")
        assert (paid["refund"]["minor"], paid["lines"]) == (1_000, [{"line": "l1", "quantity": 1}])
        assert (await order.gets()).body["lines"][0]["left"] == 1


@pytest.mark.parametrize("whole", [True, False], ids=["every lot", "some lots"])
async def test_what_is_recalled_is_kept_and_not_sent(tmp_path: Path, whole: bool) -> None:
    async with town(tmp_path) as one:
        await one.sells("tuna", 9)
        await one.sells("bowl", 9)
        order = await bought(one, ("tuna", 1), ("bowl", 1))
        await order.leaves()
        recall = Recall(
            id=RecallId("r1"), severity=RecallClass.CLASS_I, skus=(SkuId("tuna"),), reason="glass", source="a test",
            lots=() if whole else ("L1",),  # type: ignore[arg-type]
        )  # fmt: skip
        await one.tell(LotRecalled(recall=recall))
        if not whole:
            await settled(one.hub)
            assert [each["why_not"] for each in (await order.gets()).body["lines"]] == [None, None]  # of another lot
            await one.tell(RecallReached(recall=RecallId("r1"), order=order.id, left=True, whole=False))
        await settled(one.hub)
        no = await order.asks(("l1", 1), ("l2", 1))
        assert (problem(no), no.body["skus"]) == ((409, "recalled-keep"), ["tuna"])
        assert [each["why_not"] for each in (await order.gets()).body["lines"]] == ["recalled-keep", None]
        assert (await order.asks(("l2", 1))).status == 202


async def test_an_erased_shopper_has_no_returns(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 2))
        await order.leaves()
        assert (await order.asks(("l1", 1), idempotency_key="a")).status == 202
        await settled(one.hub)
        await one.hub.engine.erase("pets", household_by_email(MAIL))
        assert problem(await order.asks(("l1", 1), idempotency_key="a")) == (404, "not-found")
        assert problem(await order.asks(("l1", 1))) == (404, "not-found")
        assert problem(await order.gets()) == (404, "not-found")


# -- at once -------------------------------------------------------------------------------------------------------


async def test_of_many_at_once_no_more_goes_back_than_there_is(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 5))
        await order.leaves()
        said = await asyncio.gather(*(order.asks(("l1", 2)) for _ in range(12)))
        assert sorted(each.status for each in said) == [202] * 2 + [409] * 10
        assert {problem(each) for each in said if each.status == 409} == {(409, "none-left")}
        assert (await order.gets()).body["lines"][0]["left"] == 1
        assert (await one.types()).count("return.requested@1") == 2


async def test_who_is_not_first_is_taken_all_the_same_where_there_is_enough(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 99)
        order = await bought(one, ("bowl", 12))
        await order.leaves()
        for again in range(2):
            said = await asyncio.gather(*(order.asks(("l1", 1), idempotency_key=f"k{n}") for n in range(12)))
            assert ([each.status for each in said], len({each.body["id"] for each in said})) == ([202] * 12, 12), again
        assert (await one.types()).count("return.requested@1") == 12


async def test_of_two_hubs_that_are_asked_at_once_one_takes_it(tmp_path: Path, new_database: Callable[[], str]) -> None:
    """Two returns that are more than there is: one is taken. One that is asked of both is one."""
    async with two_hubs(tmp_path, new_database()) as (one, ann, bob):
        await one.sells("bowl", 99)
        for n in range(5):
            order = await bought(one, ("bowl", 3), who=ann)
            await order.leaves()
            said = await asyncio.gather(
                *(order.asks(("l1", 2), who=who, idempotency_key=f"{who is ann}-{n}") for who in (ann, bob))
            )
            assert sorted(each.status for each in said) == [202, 409]
            (no,) = (each for each in said if each.status == 409)
            assert (problem(no), no.body["left"]) == ((409, "none-left"), {"l1": 1})
            same = await asyncio.gather(
                *(order.asks(("l1", 1), who=who, idempotency_key=f"same-{n}") for who in (ann, bob))
            )
            assert [(each.status, each.body) for each in same] == [(202, same[0].body)] * 2
        assert (await one.types()).count("return.requested@1") == 10


# -- followed ------------------------------------------------------------------------------------------------------


async def test_who_follows_an_order_hears_of_its_returns(tmp_path: Path) -> None:
    async with taking_back(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 1))
        await order.leaves(arrives=True)
        heard: list[tuple[str, str]] = []
        name = (await order.asks(("l1", 1))).body["id"]
        headers = {"authorization": f"Bearer {order.who.key}", "pawline-token": order.token}
        path = f"{one.url}/v1/orders/{order.id}/events"
        async with one.http.get(path, headers=headers, timeout=aiohttp.ClientTimeout(60)) as stream:
            kind = ""
            async for raw in stream.content:
                line = raw.decode().strip()
                kind = line.removeprefix("event: ") if line.startswith("event: ") else kind
                if line.startswith("data: "):
                    heard.append((kind, line.partition('"status":"')[2].partition('"')[0]))
                if heard and heard[-1] == ("return", "labelled"):
                    await order.comes_back(name, ("l1", 1))
        assert heard[0] == ("status", "delivered")
        assert set(heard[1:]) - {("return", "asked"), ("return", "received")} == {
            ("return", "labelled"), ("return", "refunded")
        }  # fmt: skip
        assert heard[-1] == ("return", "refunded")  # and it ends


async def test_who_may_not_read_returns_does_not_hear_of_them_either(tmp_path: Path) -> None:
    async with taking_back(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 1))
        await order.leaves(arrives=True)
        await order.is_((await order.asks(("l1", 1))).body["id"], "labelled")
        server = await one.key(secret=True, scopes=("orders",))
        path, headers = f"{one.url}/v1/orders/{order.id}/events", {"authorization": f"Bearer {server.key}"}
        assert problem(await order.gets(authorization=headers["authorization"])) == (403, "forbidden")
        async with one.http.get(path, headers=headers, timeout=aiohttp.ClientTimeout(60)) as stream:
            text = await stream.text()
        assert "event: status" in text
        assert "event: return" not in text


async def test_a_label_that_a_person_called_off_is_shown_to_nobody(tmp_path: Path) -> None:
    async with taking_back(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 2))
        await order.leaves(arrives=True)
        name = (await order.asks(("l1", 2))).body["id"]
        await order.is_(name, "labelled")
        ((no, *_),) = await one.hub.store.fetch("events_page", ("pets", "return.requested@1", 2**62, 9))
        ((run, *_),) = await one.hub.store.fetch("runs_of_event", (no,))
        said = {"action": "cancel", "target": f"run:{run}", "by": "ada", "reason": "she brings it to the shop"}
        await one.hub.desk.answer("order", said)
        there = await order.is_(name, "by-hand")
        assert counts(one.vendors.effects())["Shipping.cancel"] == 1
        assert (there["label"], (await order.gets()).body["lines"][0]["left"]) == (None, 0)
