"""Who keeps what they were going to send back says so: its label is called off, and its units are free again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from pawline.model import ReturnId, ReturnLine, ReturnRequested, ReturnWithdrawn, public_name
from pawline.testing import counts
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import Answer, Shopper, town
from tests.unit.web.storefront.test_again import problem
from tests.unit.web.storefront.test_returns import Bought, bought, taking_back


async def keeps(order: Bought, name: str, who: Shopper | None = None, **headers: str) -> Answer:
    given = {"pawline_token": order.token, **headers}
    return await (who or order.who).ask("POST", f"{order.path}/{name}/withdrawal", {}, **given)


async def test_what_is_kept_after_all_loses_its_label_and_may_be_asked_for_again(tmp_path: Path) -> None:
    async with taking_back(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 3))
        await order.leaves(arrives=True)
        name = (await order.asks(("l1", 3))).body["id"]
        await order.is_(name, "labelled")
        assert problem(await order.asks(("l1", 1))) == (409, "none-left")
        kept = await keeps(order, name, idempotency_key="keeps-it-after-all")
        assert (kept.status, kept.body["status"], kept.body["label"]) == (202, "withdrawn", None)
        assert kept.body["says"] == "It was withdrawn: nothing is to be sent."
        await until(lambda: counts(one.vendors.effects()).get("Shipping.cancel") == 1)
        assert (await order.gets(f"/{name}")).body == kept.body
        for again in (await keeps(order, name, idempotency_key="keeps-it-after-all"), await keeps(order, name)):
            assert (again.status, again.body) == (202, kept.body)
        other = f"{order.id}-r2"
        assert (await order.asks(("l1", 3))).body["id"] == other
        await order.is_(other, "labelled")
        assert (await keeps(order, name, idempotency_key="says-it-once-more")).status == 202
        bound = await keeps(order, other, idempotency_key="says-it-once-more")  # a name is one request's
        assert problem(bound) == (422, "idempotency-key-reused")
        await settled(one.hub)
        told = await one.hub.desk.answer("events", {"shop": "pets", "kind": public_name(ReturnWithdrawn), "limit": 9})
        assert [each["subject"] for each in told] == [name]
        assert counts(one.vendors.effects())["Shipping.cancel"] == 1
        assert await one.hub.desk.answer("cases", {"shop": "pets", "limit": 9}) == []


async def test_before_its_label_is_made_none_is(tmp_path: Path) -> None:
    async with town(tmp_path) as one:  # nobody sees to returns here yet
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 1))
        await order.leaves()
        name = (await order.asks(("l1", 1))).body["id"]
        kept = await asyncio.gather(*(keeps(order, name) for _ in range(8)))
        assert [(each.status, each.body["status"]) for each in kept] == [(202, "withdrawn")] * 8
        assert (await order.gets()).body["lines"][0]["left"] == 1


async def test_what_a_person_sees_to_is_withdrawn_at_the_shop(tmp_path: Path) -> None:
    nobody = '[[messages]]\nname = "return_label"\nhow = "nobody"\n\n[[storefronts]]'
    own = {"[[storefronts]]": nobody}
    async with taking_back(tmp_path, **own) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 1))
        await order.leaves()
        name = (await order.asks(("l1", 1))).body["id"]
        await order.is_(name, "by-hand")
        no = await keeps(order, name)
        assert (problem(no), no.body["detail"]) == (
            (409, "returns-elsewhere"), "a person of the shop sees to it: tell the shop that it is not sent",
        )  # fmt: skip
        await order.is_(name, "by-hand")


async def test_what_came_back_or_was_asked_for_elsewhere_is_not_withdrawn_here(tmp_path: Path) -> None:
    async with taking_back(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 2))
        await order.leaves(arrives=True)
        name = (await order.asks(("l1", 1))).body["id"]
        await order.is_(name, "labelled")
        await order.comes_back(name, ("l1", 1))
        await order.is_(name, "refunded")
        assert problem(await keeps(order, name)) == (409, "return-over")
        lines = (ReturnLine(line="l1", quantity=1),)  # type: ignore[arg-type]
        await one.tell(ReturnRequested(id=ReturnId("desk-1"), order=order.id, at=datetime.now(UTC), lines=lines))
        assert problem(await keeps(order, "desk-1")) == (409, "returns-elsewhere")
        assert problem(await keeps(order, "none")) == (404, "not-found")
        other = await bought(one, ("bowl", 1), who=await one.key())
        assert problem(await keeps(order, name, who=other.who, pawline_token=other.token)) == (404, "not-found")
        assert (await order.is_(name, "refunded"))["refund"] == {"minor": 1_000, "currency": "EUR"}


async def test_a_parcel_that_comes_though_it_was_withdrawn_is_paid_back(tmp_path: Path) -> None:
    async with taking_back(tmp_path) as one:
        await one.sells("bowl", 9)
        order = await bought(one, ("bowl", 1))
        await order.leaves(arrives=True)
        name = (await order.asks(("l1", 1))).body["id"]
        await order.is_(name, "labelled")
        assert (await keeps(order, name)).status == 202
        await until(lambda: counts(one.vendors.effects()).get("Shipping.cancel") == 1)
        await order.comes_back(name, ("l1", 1))
        assert (await order.is_(name, "refunded"))["refund"] == {"minor": 1_000, "currency": "EUR"}
        await settled(one.hub)
        assert counts(one.vendors.effects())["Payments.refund"] == 1
