"""What comes late: a name given again after its answer went, and what changed between a quote and its order."""

from __future__ import annotations

from pathlib import Path

from pawline.model import LotRecalled, Recall, RecallClass, RecallId, SkuId, household_by_email
from pawline.store import Retention, purge
from pawline.testing import counts
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import MAIL, Town, town, unguessed
from tests.unit.web.storefront.test_again import problem


async def days_pass(one: Town, days: float) -> None:
    """Of the answers, and those that are too old go."""
    await one.hub.store.job(lambda db: db.db.execute("update answered set at = at - ?", (days * 86_400,)))  # type: ignore[attr-defined]
    await purge(one.hub.store, Retention())


async def test_a_name_is_free_for_another_request_once_its_answer_is_gone(tmp_path: Path) -> None:
    """The store knows the events of the first for longer; nothing is taken for one of them, or said to be done."""
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        ann = await one.key()
        form, other = await ann.form(("bowl", 1)), await ann.form(("bowl", 2))
        order = (await ann.ask("POST", "/v1/checkouts", form, idempotency_key="1")).body
        cart = await ann.ask("POST", "/v1/carts", {}, idempotency_key="2")
        await days_pass(one, 3)
        cancel = f"/v1/orders/{order['id']}/cancellation"
        off = await ann.ask("POST", cancel, {}, idempotency_key="2", pawline_token=order["token"])
        assert (off.status, (await one.types()).count("order.cancelled@1")) == (202, 1)
        assert (await ann.ask("POST", "/v1/checkouts", other, idempotency_key="1")).status == 202
        await days_pass(one, 3)
        assert problem(await ann.ask("POST", "/v1/checkouts", form, idempotency_key="1")) == (409, "quote-used")
        assert problem(await ann.ask("POST", "/v1/carts", {}, idempotency_key="2")) == (422, "idempotency-key-reused")
        assert (await ann.ask("POST", "/v1/carts", {}, idempotency_key="3")).body["id"] != cart.body["id"]
        assert (await one.types()).count("order.placed@1") == 2
        await settled(one.hub)


async def test_an_order_that_was_called_off_is_told_to_be_by_whatever_name(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        ann = await one.key()
        order = (await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))).body
        path, token = f"/v1/orders/{order['id']}/cancellation", order["token"]
        first = await ann.ask("POST", path, {}, idempotency_key="a", pawline_token=token)
        await days_pass(one, 3)
        again = [await ann.ask("POST", path, {}, idempotency_key=name, pawline_token=token) for name in ("a", "b")]
        assert [(said.status, said.body) for said in again] == [(202, first.body)] * 2
        assert (await one.types()).count("order.cancelled@1") == 1


async def test_what_is_recalled_between_quote_and_checkout_is_not_sold(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("tuna", 9)
        await one.sells("bowl", 9)
        ann = await one.key()
        form, before = await ann.form(("tuna", 1), ("bowl", 1)), await ann.form(("tuna", 1))
        first = await ann.ask("POST", "/v1/checkouts", before, idempotency_key="before")
        recall = Recall(
            id=RecallId("r1"), severity=RecallClass.CLASS_I, skus=(SkuId("tuna"),), reason="glass", source="a test"
        )  # fmt: skip
        await one.tell(LotRecalled(recall=recall))
        await settled(one.hub)
        no = await ann.ask("POST", "/v1/checkouts", form)
        assert (problem(no), no.body["skus"]) == ((409, "recalled"), ["tuna"])
        assert (await ann.ask("POST", "/v1/checkouts", before, idempotency_key="before")).body == first.body
        assert (await one.types()).count("order.placed@1") == 1


async def test_what_an_erased_household_was_answered_goes_with_it(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        shop = await one.key(secret=True)
        form, cart, guest = await shop.form(("bowl", 1)), await shop.cart(("bowl", 1)), await shop.cart(("bowl", 2))
        await shop.ask("POST", "/v1/checkouts", form, idempotency_key="order")
        house = household_by_email(MAIL)
        whose = {"source": guest["id"], "household": house}
        path = f"/v1/carts/{cart['id']}/merges"
        assert (await shop.ask("POST", path, whose, idempotency_key="merge")).status == 200
        await settled(one.hub)
        await until(lambda: counts(one.vendors.effects()).get("Marketing.send") == 1)
        rows = [row[0] for row in await answers(one)]
        gone = {unguessed("order"), unguessed("merge")}
        assert gone <= set(rows)
        await one.hub.engine.erase("pets", house)
        assert [row[0] for row in await answers(one)] == [name for name in rows if name not in gone]
        assert problem(await shop.ask("POST", path, whose, idempotency_key="merge")) == (404, "not-found")
        assert problem(await shop.ask("POST", "/v1/checkouts", form, idempotency_key="order")) == (409, "quote-used")


async def test_a_cart_alone_makes_nobody_known_again_and_the_shop_is_told_so(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        shop, house = await one.key(secret=True), household_by_email(MAIL)
        await one.hub.engine.erase("pets", house)
        cart, guest = await shop.cart(("bowl", 1)), await shop.cart(("bowl", 2))
        whose = {"source": guest["id"], "household": house}
        no = await shop.ask("POST", f"/v1/carts/{cart['id']}/merges", whose)
        assert (problem(no), no.body["detail"].partition(":")[0]) == ((422, "invalid"), "household")
        assert (await shop.ask("POST", "/v1/checkouts", await shop.form(("bowl", 1)))).status == 202
        assert (await shop.ask("POST", f"/v1/carts/{cart['id']}/merges", whose)).status == 200
        await settled(one.hub)


async def answers(one: Town) -> list[tuple[str]]:
    rows: list[tuple[str]] = await one.hub.store.job(
        lambda db: list(db.db.execute("select name from answered order by name"))  # type: ignore[attr-defined]
    )
    return rows
