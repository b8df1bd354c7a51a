"""A request that names itself is answered once: made again it hears the same, whatever died in between."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pawline.model import OrderId
from pawline.store import Conflict, Outcome, Retention, StoreBusy, StoreFull, StoreUnsure, Unit, purge
from pawline.testing import counts
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import Answer, Shopper, Town, town


async def orders(one: Town) -> int:
    return (await one.types()).count("order.placed@1")


def problem(said: Answer) -> tuple[int, str]:
    assert said.headers["content-type"] == "application/problem+json"
    return said.status, said.body["type"].removeprefix("/v1/problems/")


async def test_the_same_request_again_is_the_same_answer_and_one_order(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann, bob = await one.key(), await one.key()
        form = await ann.form(("bowl", 1))
        first = await ann.ask("POST", "/v1/checkouts", form, idempotency_key='"a b"'.replace(" ", "-"))
        again = [await ann.ask("POST", "/v1/checkouts", form, idempotency_key="a-b") for _ in range(3)]
        assert {(said.status, str(said.body)) for said in [first, *again]} == {(202, str(first.body))}
        shuffled = dict(reversed(form.items()))
        assert (await ann.ask("POST", "/v1/checkouts", shuffled, idempotency_key="a-b")).body == first.body
        other = form | {"contact": {"email": "bob@example.com"}}
        assert problem(await ann.ask("POST", "/v1/checkouts", other, idempotency_key="a-b")) == (
            422, "idempotency-key-reused",
        )  # fmt: skip
        assert problem(await ann.ask("POST", "/v1/carts", {}, idempotency_key="a-b")) == (422, "idempotency-key-reused")
        assert problem(await ann.ask("POST", "/v1/checkouts", form, idempotency_key="c")) == (409, "quote-used")
        assert problem(await bob.ask("POST", "/v1/checkouts", form, idempotency_key="a-b")) == (409, "quote-used")
        assert await orders(one) == 1


@pytest.mark.parametrize("name", ["", "x" * 15, "x" * 129, "as long as it takes", "ä" * 16])
async def test_a_request_that_changes_something_names_itself(tmp_path: Path, name: str) -> None:
    async with town(tmp_path) as one:
        ann = await one.key()
        headers = {"authorization": f"Bearer {ann.key}", "idempotency-key": name}
        async with one.http.post(
            f"{one.url}/v1/carts", json={}, headers={k: v for k, v in headers.items() if v}
        ) as said:
            assert (said.status, (await said.json(content_type=None))["type"]) == (
                400, "/v1/problems/idempotency-key-missing",
            )  # fmt: skip
        assert await one.types() == []


async def test_while_the_first_is_answered_the_second_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann, bob = await one.key(), await one.key()
        form, other = await ann.form(("bowl", 1)), await bob.form(("bowl", 1))
        commit, came, held = one.hub.store.commit, asyncio.Event(), list[Unit]()

        def holds(unit: Unit) -> None:
            if any(row.type == "order.placed@1" for row, _ in unit.events) and not held:
                held.append(unit)
                came.set()
            else:
                commit(unit)

        monkeypatch.setattr(one.hub.store, "commit", holds)
        first = asyncio.create_task(ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine"))
        await came.wait()
        second = await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")
        assert (problem(second), second.headers["retry-after"]) == ((409, "under-way"), "1")
        assert (await bob.ask("POST", "/v1/checkouts", other, idempotency_key="mine")).status == 202  # a key of its own
        commit(held[0])
        said = await first
        again = await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")
        assert (said.status, again.status, again.body) == (202, 202, said.body)
        assert await orders(one) == 2


async def test_ten_at_once_are_one_order(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form = await ann.form(("bowl", 1))
        said = await asyncio.gather(
            *(ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine") for _ in range(10))
        )
        assert {each.status for each in said} <= {202, 409}
        assert len({str(each.body) for each in said if each.status == 202}) == 1
        assert await orders(one) == 1


async def test_what_was_refused_did_nothing_and_the_name_may_be_tried_again(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 1)
        ann = await one.key()
        form = await ann.form(("bowl", 2))
        no = await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")
        assert (problem(no), no.body["left"]) == ((409, "out-of-stock"), {"bowl": 1})
        assert await orders(one) == 0
        await one.sells("bowl", 9)
        yes = await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")
        assert yes.status == 202
        assert await orders(one) == 1


@pytest.mark.parametrize("profile", ["event-driven", "synchronous"])
async def test_a_hub_that_dies_between_commit_and_answer_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    """The unit is on disk, and nobody is told of it: the hub is left as it lies, and another one goes on."""
    async with town(tmp_path, profile) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form = await ann.form(("bowl", 1))
        committed = asyncio.Event()
        commit = one.hub.store.commit

        def dies(unit: Unit) -> None:
            if any(row.type == "order.placed@1" for row, _ in unit.events):
                unit.done = lambda _: committed.set()
            commit(unit)

        monkeypatch.setattr(one.hub.store, "commit", dies)
        asking = asyncio.create_task(ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine"))
        await committed.wait()
        vendors, key = one.vendors, ann.key
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    async with town(tmp_path, profile, vendors=vendors) as two:
        ann = Shopper(two.http, two.url, key)
        said = [await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine") for _ in range(3)]
        assert {one.status for one in said} == {202 if profile == "event-driven" else 201}
        assert len({str(one.body) for one in said}) == 1
        # What had begun may have reached the bank: it is left alone until any call of the dead hub's must be over.
        await until(lambda: counts(vendors.effects()).get("Marketing.send") == 1, 40.0)
        assert (await orders(two), counts(vendors.effects())["Payments.authorize"]) == (1, 1)


@pytest.mark.parametrize("problem_", [StoreBusy("full"), StoreFull("full"), StoreUnsure("?"), Conflict("?")])
async def test_what_is_not_on_disk_is_said_not_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem_: Exception
) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form = await ann.form(("bowl", 1))
        commit = one.hub.store.commit

        def refuses(unit: Unit) -> None:
            if any(row.type == "order.placed@1" for row, _ in unit.events):
                if isinstance(problem_, StoreBusy):
                    raise problem_
                asyncio.get_running_loop().call_soon(unit.done, Outcome(problem_))
                return
            commit(unit)

        with monkeypatch.context() as patch:
            patch.setattr(one.hub.store, "commit", refuses)
            no = await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")
        assert problem(no) == (503, "busy")
        assert no.headers["retry-after"] == "5"
        assert (await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")).status == 202
        assert await orders(one) == 1


async def test_an_answer_is_kept_for_two_days(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann = await one.key()
        first = await ann.ask("POST", "/v1/carts", {}, idempotency_key="mine")

        async def purged(days: float) -> int:
            await one.hub.store.job(
                lambda db: db.db.execute("update answered set at = at - ?", (days * 86_400,))  # type: ignore[attr-defined]
            )
            return (await purge(one.hub.store, Retention())).answered

        assert await purged(1.9) == 0
        assert (await ann.ask("POST", "/v1/carts", {}, idempotency_key="mine")).body == first.body
        assert await purged(0.2) == 1
        assert (await one.hub.store.fetch("answered", ("pets", ann.key[:11], "mine"))) == []


async def test_who_is_erased_meanwhile_is_not_told_of_any_more(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        said: dict[str, Any] = (await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))).body
        await settled(one.hub)
        await until(lambda: counts(one.vendors.effects()).get("Marketing.send") == 1)
        assert one.hub.storefront is not None
        placed = await one.hub.storefront.fronts["pets"].orders.placed(OrderId(said["id"]))
        await one.hub.engine.erase("pets", placed.order.household or "")
        got = await ann.ask("GET", f"/v1/orders/{said['id']}", pawline_token=said["token"])
        assert problem(got) == (404, "not-found")
