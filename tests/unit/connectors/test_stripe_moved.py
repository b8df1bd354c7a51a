"""What Stripe's balance did, by its lists alone: nothing is written, and each transaction is there once."""

from __future__ import annotations

import asyncio
import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.connectors.stripe import moved as moved_module
from pawline.connectors.stripe.moved import MOVES
from pawline.hub import HubRefused, load_settings
from pawline.hub.moves import HEADER, moves
from pawline.kit import Move
from pawline.kit.exports.shopify import HEADER as ORDERS
from pawline.measure.xray import Settings, Sheet, judge, read_baseline
from pawline.model import Money, OrderId
from pawline.ports import Code, Transient
from pawline.store import Keyring
from tests.unit.connectors.stripe_scene import Scene, run

DAY = 86_400.0


def gone(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


async def moved(here: Scene, since: datetime) -> list[Move]:
    return [one async for one in MOVES.since(here.http, here.settings, since, lambda _: None)]


async def sold(here: Scene) -> str:
    """Two orders, one of them partly paid back, one disputed; a payout of it all, and a charge behind it."""
    taken = await here.captured(order=OrderId("1001"))
    await here.refunded(taken, 500)
    await here.captured(order=OrderId("1002"))
    here.act("dispute", intent="1002/card")
    (payout,) = here.act("pay-out", False)
    here.act("end", of=payout, status="paid")
    here.act("end", of=payout, status="reconciled")
    await here.captured(order=OrderId("1003"))
    return str(payout)


def test_each_transaction_says_its_order_its_payout_and_what_its_shopper_saw() -> None:
    async def told(here: Scene) -> None:
        payout = await sold(here)
        before = (len(here.books.events), here.did())
        found = await moved(here, gone(1))
        assert [(one.kind, one.order, one.settled, one.amount, one.payout) for one in found] == [
            ("charge", "1003", Money(2_000, "EUR"), Money(2_000, "EUR"), ""),
            ("payout", "", found[1].settled, None, payout),
            ("dispute", "1002", Money(-2_000, "EUR"), Money(2_000, "EUR"), payout),
            ("charge", "1002", Money(2_000, "EUR"), Money(2_000, "EUR"), payout),
            ("refund", "1001", Money(-500, "EUR"), Money(500, "EUR"), payout),
            ("charge", "1001", Money(2_000, "EUR"), Money(2_000, "EUR"), payout),
        ]  # fmt: skip
        assert found[1].source == payout
        parts = [one for one in found if one.payout == payout and one.kind != "payout"]
        assert sum(one.net.minor for one in parts) == here.books.payouts[payout].amount == -found[1].settled.minor
        assert (len(here.books.events), here.did()) == before

    run(told)


def test_what_is_older_is_there_where_a_payout_since_is_made_of_it_and_once() -> None:
    async def told(here: Scene) -> None:
        here.clock.ahead = -40 * DAY
        await here.captured(order=OrderId("0900"))
        await here.captured(order=OrderId("0901"))
        here.clock.ahead = 0.0
        payout = await sold(here)
        found = await moved(here, gone(1))
        assert [one.order for one in found[-2:]] == ["0901", "0900"]
        assert len({one.id for one in found}) == len(found) == 8
        assert sum(one.net.minor for one in found if one.payout == payout and one.kind != "payout") == (
            here.books.payouts[payout].amount
        )

    run(told)


def test_a_page_that_fails_is_asked_for_again_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moved_module, "PAUSES", (0.0, 0.0))
    failing = [0]

    async def told(here: Scene) -> None:
        await sold(here)
        get = here.http.get

        async def flaky(*path: str, **given: object) -> object:
            if failing[0]:
                failing[0] -= 1
                raise Transient("no answer within 25 s", Code.TIMED_OUT)
            failing[0] = again
            return await get(*path, **given)

        monkeypatch.setattr(here.http, "get", flaky)
        again = 0
        whole = [one.id for one in await moved(here, gone(1))]
        again = failing[0] = 2
        assert [one.id for one in await moved(here, gone(1))] == whole
        again = failing[0] = 3
        with pytest.raises(Transient):
            await moved(here, gone(1))

    run(told)


def test_an_order_is_what_others_called_it_but_no_other_shops() -> None:
    async def told(here: Scene) -> None:
        await here.captured(order=OrderId("1001"))
        await here.captured(order=OrderId("1002"))
        first, second = here.books.intents.values()
        first.metadata = {"order_id": "77"}
        second.metadata["pawline_label"] = "another"
        assert [one.order for one in await moved(here, gone(1))] == ["", "77"]

    run(told)


SETTINGS = """\
shops = ["paws"]
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "stripe/eu"
[accounts.settings]
url = "{url}/stripe"
key = {{ file = "stripe.txt" }}
mode = "test"
label = "pawline"
"""


async def written(here: Scene, folder: Path, account: str = "stripe/eu", shop: str = "paws") -> Path:
    """The table, as `pawline xray --payments-from` has it made."""
    (folder / "pawline.key").unlink(missing_ok=True)
    Keyring.generate().save(folder / "pawline.key")
    (folder / "pawline.toml").write_text(SETTINGS.format(url=here.url), "utf-8")
    (folder / "stripe.txt").write_text(here.stripe.key, "utf-8")
    (folder / "stripe.txt").chmod(0o600)
    hub = load_settings(folder / "pawline.toml", {})
    await moves(hub, account, shop, gone(75), folder / "payments.csv", lambda _: None)
    return folder / "payments.csv"


def orders(folder: Path, *rows: tuple[str, float, str]) -> Path:
    """By number: so many days ago, and what the shop paid back of 20 euro."""
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as text:
        table = csv.DictWriter(text, ORDERS, restval="")
        table.writeheader()
        for number, days, back in rows:
            table.writerow({
                "Name": f"#{number}", "Financial Status": "paid", "Currency": "EUR", "Subtotal": "20.00",
                "Shipping": "0.00", "Taxes": "0.00", "Total": "20.00", "Lineitem quantity": "1",
                "Lineitem name": "Kibble", "Lineitem price": "20.00", "Lineitem sku": "K-1", "Refunded Amount": back,
                "Created at": gone(days).strftime("%Y-%m-%d %H:%M:%S +0000"),
            })  # fmt: skip
    return folder / "orders.csv"


def test_refunds_and_payouts_that_disagree_are_found_by_the_interface_alone(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        here.clock.ahead = -30 * DAY
        await sold(here)
        here.clock.ahead = -10 * DAY
        taken = await here.captured(order=OrderId("1004"))
        await here.refunded(taken, 700)
        (second,) = here.act("pay-out", False)
        here.act("end", of=second, status="paid")
        here.act("end", of=second, status="reconciled")
        here.books.payouts[second].amount += 1
        last = next(one for one in here.books.transactions.values() if one.source == second)
        last.amount -= 1
        here.clock.ahead = 0.0
        before = (len(here.books.events), here.did())
        file = await written(here, tmp_path)
        assert (len(here.books.events), here.did()) == before
        assert file.stat().st_mode & 0o077 == 0
        export = orders(tmp_path, ("1001", 30, "5.00"), ("1003", 30, "3.00"), ("1004", 10, ""), ("1005", 4, ""))
        command = ["xray", "--orders", str(export), "--payments-from", "stripe/eu", "--to", str(tmp_path / "look")]
        invoked = await asyncio.to_thread(
            CliRunner().invoke, app, [*command, "--config", str(tmp_path / "pawline.toml"), "--json"]
        )
        assert (invoked.exit_code, (len(here.books.events), here.did())) == (0, before)
        kept = read_baseline((tmp_path / "look" / "baseline.json").read_bytes())
        assert [kept.kinds[one].found for one in ("refund_missing", "refund_unknown", "payout")] == [1, 1, 1]
        assert [(one.kind, one.file) for one in kept.sources or ()] == [
            ("orders", "orders.csv"), ("payments", "payments-stripe-eu.csv"),
        ]  # fmt: skip
        sheets = [
            Sheet(kind="orders", file=str(export)),
            Sheet(kind="payments", file=str(file), since=gone(75).isoformat(), until=gone(0).isoformat()),
        ]
        report = judge(sheets, Settings(), tmp_path / "rows", lambda _: None)
        found = {one.key: [each.about for each in one.first] for one in report.figures if one.found is not None}
        assert {key: names for key, names in found.items() if names} == {
            "refund_missing": ["#1003"], "refund_unknown": ["#1004"], "payout": [second],
        }  # fmt: skip
        assert report.bad == 0

    run(told)


def test_a_key_that_may_not_read_writes_nothing_and_says_what_it_lacks(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        await sold(here)
        here.desk.stripe.api.lacks = frozenset({"rak_balance_transaction_source_read", "rak_payout_read"})
        with pytest.raises(HubRefused, match=r"stripe/eu: .*rak_payout_read"):
            await written(here, tmp_path)
        here.desk.stripe.api.lacks = frozenset()
        with pytest.raises(HubRefused, match="stripe/us is not in the settings"):
            await written(here, tmp_path, "stripe/us")

    run(told)
    assert list(tmp_path.glob("payments*")) == []


def test_amounts_are_written_exactly_and_a_table_has_nobodys_data(tmp_path: Path) -> None:
    assert [Money(*one).format() for one in ((5, "EUR"), (-2_000, "EUR"), (700, "JPY"), (-1_005, "KWD"))] == [
        "0.05", "-20.00", "700", "-1.005",
    ]  # fmt: skip

    async def told(here: Scene) -> None:
        await sold(here)
        with (await written(here, tmp_path)).open(encoding="utf-8") as text:
            rows = list(csv.DictReader(text))
        assert tuple(rows[0]) == HEADER
        refund = next(one for one in rows if one["kind"] == "refund")
        assert (refund["order"], refund["amount"], refund["settled"]) == ("1001", "-5.00", "-5.00")

    run(told)
