"""A debit that comes after its goods were let go of: what is there is sold once, and the rest is a person's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.flows import asking_shopper
from pawline.flows.asking_shopper import SHORTLY
from pawline.flows.short_of_goods import BACK
from pawline.hub.storefront import checkout
from pawline.ports import AuthorisationState, Payments
from pawline.store import HoldRow
from pawline.testing import counts
from pawline.testing.port import free_port
from pawline.views import holds
from tests.flows.test_asking_shopper import Asking
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import SETTINGS, Town, town
from tests.unit.web.storefront.test_buying import told


class Debit(Asking):
    """The first tender's payment is on its way until it `came`; the others' money is there at once."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner, [], state=AuthorisationState.PENDING)
        self.came = False

    async def authorize(self, order: Any, tender: Any) -> Any:
        if self._looks:
            return await self._inner.authorize(order, tender)
        self._looks = [0]
        return await super().authorize(order, tender)

    async def ledger(self, order: Any) -> Any:
        self._looks = [1] if self.came else [0]
        return await super().ledger(order)


async def lapse(one: Town, order: str) -> None:
    """As if half an hour had passed since it was placed."""
    row = HoldRow("pets", order, "bowl", 1, 1.0, 2.0)
    assert (await one.hub.store.written([("insert_hold", row)])).error is None


async def a_late_debit(one: Town, *, meanwhile: bool) -> None:
    """For the last one; somebody else buys that `meanwhile`."""
    await one.sells("bowl", 1)
    (payments,) = (each for each in one.hub.engine.bindings if each.port is Payments)
    debit = Debit(payments.implementation)
    object.__setattr__(payments, "implementation", debit)
    ann = await one.key(secret=True)
    form, other = await ann.form(("bowl", 1)), await ann.form(("bowl", 1), source="card-1")
    first = (await ann.ask("POST", "/v1/checkouts", form)).body
    await told(ann, first, "payment-pending")
    await until(lambda: debit.looks > 0, 60)  # by then it has asked for more time, and got none
    assert (await ann.ask("POST", "/v1/checkouts", other)).status == 409
    await lapse(one, first["id"])
    if meanwhile:
        second = (await ann.ask("POST", "/v1/checkouts", other)).body
        await told(ann, second, "confirmed")
    debit.came = True
    if meanwhile:

        async def asked() -> bool:
            return bool(await one.hub.store.open_cases("pets", 10))

        await until(asked, 60)
        (case,) = await one.hub.desk.answer("cases", {"shop": "pets"})
        assert case["title"] == f"order {first['id']} cannot be sent as it is"
        await one.hub.desk.answer("order", {
            "shop": "pets", "action": "answer", "target": f"case:{case['no']}", "said": {"value": BACK}, "by": "ann",
            "reason": "she wants her money",
        })  # fmt: skip
        await told(ann, first, "refused")
        await until(lambda: counts(one.vendors.effects()).get("Payments.void") == 1)
    else:
        await told(ann, first, "confirmed")
    await until(lambda: counts(one.vendors.effects()).get("Payments.capture") == 1)
    await settled(one.hub)
    names = Counter(await one.types())
    assert (names["order.confirmed@1"], names["order.refused@1"]) == (1, int(meanwhile))
    assert (await ann.ask("GET", "/v1/products/bowl")).body["stock"]["units"] == 0


def ends_soon(folder: Path, monkeypatch: pytest.MonkeyPatch, store: str = "") -> str:
    """Holds that are to be let go of at once, and are kept for nobody."""
    monkeypatch.setattr(asking_shopper, "SOON", timedelta(milliseconds=300))
    for module in (holds, checkout):
        monkeypatch.setattr(module, "LIFE", SHORTLY)
    url = store or f"sqlite:///{folder / 'pawline.db'}"
    said = SETTINGS.format(store=url, port=free_port(), profile="event-driven", deadline=5.0)
    return said.replace("client_rate", "hold_hours = 0\nclient_rate", 1)


@pytest.mark.parametrize("meanwhile", [False, True])
async def test_a_late_debit_gets_what_is_there_or_a_person_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: bool
) -> None:
    async with town(tmp_path, settings=ends_soon(tmp_path, monkeypatch)) as one:
        await a_late_debit(one, meanwhile=meanwhile)


@pytest.mark.parametrize("meanwhile", [False, True])
async def test_a_late_debit_gets_what_is_there_or_a_person_decides_on_postgres(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: bool, new_database: Callable[[], str]
) -> None:
    async with town(tmp_path, settings=ends_soon(tmp_path, monkeypatch, new_database())) as one:
        await a_late_debit(one, meanwhile=meanwhile)
