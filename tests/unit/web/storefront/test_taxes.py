"""Taxes that an account says: in the total that is shown first, which is charged; asked once, waited for shortly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.taxtable.tax import TaxTable
from pawline.hub import HubRefused
from pawline.hub.storefront import Cause, Refusal, taxes
from pawline.hub.storefront.taxes import FRESH, KEPT, PAUSE, ShopTaxes, TaxPlayer
from pawline.model import (
    DeliveryChoice,
    Destination,
    Line,
    LineId,
    Money,
    OrderId,
    SkuId,
)
from pawline.model import Tax as TaxAmount
from pawline.ports import Code, LineTaxes, Rejected, TaxRequest, Transient
from pawline.testing import counts
from pawline.testing.port import free_port
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import ANN, MAIL, SETTINGS, town
from tests.unit.web.storefront.test_again import problem
from tests.unit.web.storefront.test_buying import told

TABLE = """country,region,class,title,percent
DE,,*,MwSt,19
DE,,sku:tuna,MwSt,7
DE,,shipping,MwSt,19
"""


def settings(folder: Path, more: str) -> str:
    """A shop whose taxes a table says."""
    said = SETTINGS.format(store=f"sqlite:///{folder / 'pawline.db'}", port=free_port(), profile="hybrid", deadline=5.0)
    (folder / "taxes.csv").write_text(TABLE, "utf-8")
    (folder / "books").mkdir(exist_ok=True)
    account = f'{{ name = "taxtable/eu", shops = ["pets"], settings = {{ place = "{folder}" }} }}'
    said = said.replace("accounts = [", f"accounts = [{account}, ", 1)
    return said.replace("client_rate", f"{more}\nclient_rate", 1)


@pytest.mark.parametrize(
    ("included", "taxed", "shipping", "total"), [(True, 160 + 49, 78, 1_000 + 749 + 490), (False, 190 + 52, 93, 2_574)]
)
async def test_the_total_with_taxes_that_is_shown_first_is_charged(
    tmp_path: Path, included: bool, taxed: int, shipping: int, total: int
) -> None:
    more = f'taxes = ["taxtable/eu"]\ntaxes_included = {str(included).lower()}'
    async with town(tmp_path, settings=settings(tmp_path, more)) as one:
        await one.sells("bowl", 9, 1_000)
        await one.sells("tuna", 9, 749)
        ann = await one.key()
        cart = await ann.cart(("bowl", 1), ("tuna", 1))
        quote = (await ann.quote(cart)).body
        choice = quote["choices"][0]
        assert quote["taxes"]["minor"] == taxed
        assert [(tax["title"], tax["amount"]["minor"], tax["included"]) for tax in choice["taxes"]] == [
            ("MwSt", shipping, included)
        ]
        assert choice["total"]["minor"] == total
        form = {
            "quote": quote["id"], "delivery": "dhl", "total": choice["total"], "contact": {"email": MAIL},
            "ship_to": ANN, "payments": [{"kind": "card", "amount": choice["total"], "source": "card-0"}],
        }  # fmt: skip
        short = {**choice["total"], "minor": total - 1}
        assert problem(await ann.ask("POST", "/v1/checkouts", {**form, "total": short})) == (422, "total-differs")
        order = (await ann.ask("POST", "/v1/checkouts", form)).body
        assert order["total"] == choice["total"]
        await told(ann, order, "confirmed")
        await until(lambda: counts(one.vendors.effects()).get("Payments.capture") == 1)
        (charged,) = (effect for effect in one.vendors.effects() if effect.operation == "Payments.capture")
        assert charged.amount == total
        await settled(one.hub)


async def test_where_nothing_says_what_is_owed_nothing_is_quoted_and_what_the_server_tells_counts(
    tmp_path: Path,
) -> None:
    async with town(tmp_path, settings=settings(tmp_path, 'taxes = ["taxtable/eu"]')) as one:
        await one.sells("bowl", 9, 1_000)
        ann, server = await one.key(), await one.key(secret=True)
        cart = await ann.cart(("bowl", 1))
        no = await ann.quote(cart, {"country": "FR"})
        assert (problem(no), no.body["detail"].partition(":")[0]) == ((422, "invalid"), "destination")
        (tmp_path / "taxes.csv").unlink()
        (table,) = (
            each.implementation for each in one.hub.engine.bindings if isinstance(each.implementation, TaxTable)
        )
        table._read = float("-inf")
        no = await ann.quote(cart)
        assert (problem(no), no.headers["retry-after"]) == ((503, "taxes-unknown"), "5")
        told = [{"sku": "bowl", "title": "VAT", "minor": 90, "included": False}]
        assert (await server.quote(cart, taxes=told)).body["choices"][0]["total"]["minor"] == 1_580


async def test_an_account_that_a_person_stopped_is_not_asked_and_what_it_said_before_counts(tmp_path: Path) -> None:
    async with town(tmp_path, settings=settings(tmp_path, 'taxes = ["taxtable/eu"]')) as one:
        await one.sells("bowl", 9, 1_000)
        ann = await one.key()
        cart, other = await ann.cart(("bowl", 1)), await ann.cart(("bowl", 2))
        before = (await ann.quote(cart)).body["choices"]
        order = {
            "action": "stop", "target": "", "by": "ada", "reason": "its rates are wrong", "shop": "pets",
            "said": {"scope": "account", "name": "taxtable/eu"},
        }  # fmt: skip
        await one.hub.desk.answer("order", order)
        assert problem(await ann.quote(other)) == (503, "taxes-unknown")
        assert (await ann.quote(cart)).body["choices"] == before
        await one.hub.desk.answer("order", order | {"action": "go_on"})
        assert (await ann.quote(other)).status == 200
        await one.hub.desk.answer("order", order | {"said": {"scope": "all"}})  # flows wait, and the shop sells
        assert (await ann.quote(await ann.cart(("bowl", 3)))).status == 200


async def test_an_account_that_plays_no_tax_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(HubRefused, match="`taxes` of pets names taxtable/us, which plays no Tax there: add it"):
        async with town(tmp_path, settings=settings(tmp_path, 'taxes = ["taxtable/us"]')):
            pass


# -- who is asked, and how often -----------------------------------------------------------------------------------


class Service:
    """Says a cent on each line, once it is let; or what else it is told to."""

    def __init__(self) -> None:
        self.asked: list[TaxRequest] = []
        self.open, self.enough, self.wanted = asyncio.Event(), asyncio.Event(), 7
        self.open.set()
        self.says: Callable[[TaxRequest], tuple[LineTaxes, ...]] = self.a_cent

    async def quote(self, request: TaxRequest) -> tuple[LineTaxes, ...]:
        self.asked.append(request)
        if len(self.asked) >= self.wanted:
            self.enough.set()
        await self.open.wait()
        return self.says(request)

    def a_cent(self, request: TaxRequest) -> tuple[LineTaxes, ...]:
        tax = TaxAmount(title=f"no. {len(self.asked)}", amount=Money(1, "EUR"), included=False)
        return tuple(LineTaxes(key=line.key, taxes=(tax,)) for line in request.lines)


class Counter:
    """A player of it, at a time that the test says; `shop` falls back on nobody."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, others: tuple[TaxPlayer, ...] = ()) -> None:
        self.service, self.now = Service(), 1_000.0
        self._tasks: set[asyncio.Task[Any]] = set()
        self.player = TaxPlayer("tax/eu", self.service, self.spawn)  # type: ignore[arg-type]
        self.stopped = False
        self.shop = ShopTaxes(
            [self.player, *others], 0.3, included=False, sent_from=Destination(country="NL"),
            stopped=lambda account: self.stopped and account == "tax/eu",
        )  # fmt: skip
        monkeypatch.setattr(taxes, "_now", lambda: self.now)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.ensure_future(work))

    async def said(self, minor: int = 100) -> str:
        """The title of the first line's tax: by which answer it is."""
        line = Line(id=LineId("l1"), sku=SkuId("bowl"), title="Bowl", quantity=1, price=Money(minor, "EUR"))
        dhl = DeliveryChoice(code="dhl", title="DHL", price=Money(490, "EUR"))
        laid = await self.shop.laid(OrderId("o1"), [line], [None], [dhl], Destination(country="DE"))
        assert laid.shipping == {"dhl": laid.lines[0].taxes}
        return laid.lines[0].taxes[0].title

    async def rest(self) -> None:
        await asyncio.gather(*self._tasks)


async def test_the_same_is_asked_once_and_again_beside_those_who_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Counter(monkeypatch)
    assert await asyncio.gather(*(one.said() for _ in range(50))) == ["no. 1"] * 50
    assert (await one.said(200), await one.said()) == ("no. 2", "no. 1")
    (first, _) = one.service.asked
    assert (first.ship_to, first.ship_from) == (Destination(country="DE"), Destination(country="NL"))
    assert [(line.key, line.amount.minor, line.shipping) for line in first.lines] == [
        ("l1", 100, False), ("shipping:dhl", 490, True),
    ]  # fmt: skip
    one.now += FRESH
    one.service.open.clear()
    assert await asyncio.gather(*(one.said() for _ in range(9))) == ["no. 1"] * 9  # nobody waits
    one.service.open.set()
    await one.rest()
    assert (len(one.service.asked), await one.said()) == (3, "no. 3")
    one.now += KEPT
    assert await one.said() == "no. 4"


async def test_what_is_old_is_not_asked_again_of_who_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Counter(monkeypatch)
    assert await one.said() == "no. 1"
    one.now += FRESH
    one.stopped = True
    assert await one.said() == "no. 1"
    with pytest.raises(Refusal) as refused:
        await one.said(200)
    await one.rest()
    assert (refused.value.cause, len(one.service.asked)) == (Cause.TAXES, 1)
    one.stopped = False
    assert await one.said() == "no. 1"  # and is asked for anew beside it: nobody failed
    await one.rest()
    assert (len(one.service.asked), await one.said()) == (2, "no. 2")


async def test_who_hangs_is_waited_for_once_and_what_comes_too_late_is_there_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Counter(monkeypatch)
    one.service.open.clear()
    with pytest.raises(Refusal) as no:
        await one.said()
    assert (no.value.cause, no.value.headers) == (Cause.TAXES, {"retry-after": "5"})
    with pytest.raises(Refusal):
        await one.said(200)
    assert len(one.service.asked) == 1  # nobody else has a deadline to lose
    one.service.open.set()
    await one.rest()
    assert (await one.said(), len(one.service.asked)) == ("no. 1", 1)
    assert await one.said(200) == "no. 2"


@pytest.mark.parametrize("wrong", ["unavailable", "refused", "another", "currency", "more", "defect"])
async def test_where_one_does_not_know_or_answers_what_cannot_be_charged_another_is_asked(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    backup = Counter(monkeypatch)
    one = Counter(monkeypatch, (backup.player,))

    def says(request: TaxRequest) -> tuple[LineTaxes, ...]:
        if wrong == "unavailable":
            raise Transient("it is down", Code.UNAVAILABLE)
        if wrong == "refused":
            raise Rejected("the account is of another plan", Code.UNSUPPORTED)
        if wrong == "defect":
            raise ZeroDivisionError
        tax = TaxAmount(title="x", amount=Money(501, "USD" if wrong == "currency" else "EUR"), included=wrong == "more")
        said = tuple(LineTaxes(key=line.key, taxes=(tax,)) for line in request.lines)
        return said[1:] if wrong == "another" else said

    one.service.says = says
    assert [await one.said(), await one.said(200)] == ["no. 1", "no. 2"]
    # Who is down is not waited for; an answer that cannot be used closes the way for no other question.
    assert (len(one.service.asked), len(backup.service.asked)) == (1 if wrong == "unavailable" else 2, 2)
    one.now += PAUSE
    one.service.says = one.service.a_cent
    assert await one.said() == f"no. {len(one.service.asked)}"
    assert len(backup.service.asked) == 2


async def test_a_no_is_no_failure_and_is_asked_of_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    backup = Counter(monkeypatch)
    one = Counter(monkeypatch, (backup.player,))

    def says(_: TaxRequest) -> tuple[LineTaxes, ...]:
        raise Rejected("Hauptstr. 1 is nowhere", Code.INVALID)

    one.service.says = says
    for _ in range(2):
        with pytest.raises(Refusal) as no:
            await one.said()
        assert (no.value.cause, "Hauptstr" in no.value.detail) == (Cause.INVALID, False)
    assert (len(one.service.asked), backup.service.asked) == (2, [])


async def test_no_more_is_kept_and_asked_at_once_than_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxes, "MOST", 6)
    monkeypatch.setattr(taxes, "AT_ONCE", 2)
    one = Counter(monkeypatch)
    for minor in (1, 2, 3, 1, 4):
        await one.said(minor)
    assert len(one.service.asked) == 4
    assert (await one.said(1), await one.said(2)) == ("no. 1", "no. 5")  # 2 was used longest ago
    one.service.open.clear()
    waits = [asyncio.ensure_future(one.said(minor)) for minor in (10, 11)]
    await one.service.enough.wait()
    monkeypatch.setattr(taxes, "IN_ALL", 2)
    with pytest.raises(Refusal):
        await one.said(12)
    one.service.open.set()
    assert len(await asyncio.gather(*waits)) == 2
    assert len(one.service.asked) == 7


async def test_who_comes_with_many_others_waits_for_a_turn_and_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a sale begins: a hundred carts, no two alike, and nothing is wrong with whoever is asked."""
    monkeypatch.setattr(taxes, "AT_ONCE", 2)
    one = Counter(monkeypatch)
    busy = busiest = 0

    async def quote(request: TaxRequest) -> tuple[LineTaxes, ...]:
        nonlocal busiest, busy
        busy += 1
        busiest = max(busiest, busy)
        await asyncio.sleep(0)
        busy -= 1
        return one.service.a_cent(request)

    monkeypatch.setattr(one.service, "quote", quote)
    assert len(await asyncio.gather(*(one.said(minor) for minor in range(1, 101)))) == 100
    assert busiest == 2


async def test_as_many_lines_are_kept_as_there_is_room_for_however_long_the_carts_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(taxes, "MOST", 200)
    one = Counter(monkeypatch)
    for minor in range(9):
        lines = [
            Line(id=LineId(f"l{n}"), sku=SkuId("bowl"), title="Bowl", quantity=1, price=Money(minor, "EUR"))
            for n in range(90)
        ]
        await one.shop.laid(OrderId("o1"), lines, [None] * 90, [], Destination(country="DE"))
        one.now += FRESH  # and what is asked anew counts once
        await one.shop.laid(OrderId("o1"), lines, [None] * 90, [], Destination(country="DE"))
        await one.rest()
        assert sum(len(each.answer) for each in one.player._kept.values()) == (90 if minor == 0 else 180)
