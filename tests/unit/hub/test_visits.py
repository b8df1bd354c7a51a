"""The figures of a day, what paces those who tell, and the commands that people ask of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.hub import keyring_of, load_settings
from pawline.hub.paced import Paced
from pawline.measure.funnel import Funnel, funnel
from pawline.model import BIT, Act, acts_of, bits_of
from pawline.store import Store
from tests.unit.web.site import KEY, settings_in

ORDER = (
    "page", "collection", "search", "product", "added", "removed", "cart", "checkout", "contact", "address", "shipping",
    "payment", "completed", "alert", "broken",
)  # fmt: skip


def test_a_bit_is_an_act_for_ever() -> None:
    assert {act.value: bit for act, bit in BIT.items()} == {name: 1 << n for n, name in enumerate(ORDER)}
    assert acts_of(bits_of([Act.CART, Act.PAGE, Act.CART]) | 1 << 40) == (Act.PAGE, Act.CART)
    assert (bits_of([]), acts_of(0)) == (0, ())


def test_who_was_at_a_later_step_was_at_those_before_and_each_is_counted_once() -> None:
    express = bits_of([Act.PAGE, Act.PRODUCT, Act.COMPLETED])
    left = bits_of([Act.PAGE, Act.SEARCH, Act.ADDED, Act.CHECKOUT, Act.CONTACT, Act.ALERT])
    looked = bits_of([Act.PAGE, Act.PRODUCT, Act.BROKEN])
    assert funnel([(express, 2), (left, 1), (looked, 5)]) == Funnel(
        visitors=8, product=7, search=1, added=1, checkout=3, contact=3, address=2, shipping=2, payment=2, completed=2,
        abandoned=0.3333, alert=1, broken=5,
    )  # fmt: skip
    assert funnel([(looked, 5)]).abandoned is None
    assert funnel([]) == Funnel()


def test_a_bucket_gives_what_it_has_and_fills_with_time() -> None:
    paced = Paced(2.0, 4.0, 3)
    assert [paced.take("a", 10.0) for _ in range(5)] == [True] * 4 + [False]
    assert [paced.take("a", 10.5), paced.take("a", 10.5), paced.take("a", 10.75)] == [True, False, False]
    assert paced.take("a", 11.0)
    assert [paced.take("a", 99.0) for _ in range(5)] == [True] * 4 + [False]


def test_of_many_names_those_that_were_used_longest_ago_are_forgotten() -> None:
    paced = Paced(1.0, 1.0, 2)
    assert paced.take("a", 0.0)
    assert paced.take("b", 0.0)
    assert not paced.take("a", 0.0)
    assert paced.take("c", 0.0)  # "b" is forgotten
    assert not paced.take("a", 0.0)
    assert paced.take("b", 0.0)
    assert len(paced._left) == 2


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHOPIFY_TOKEN", "tok-canary-77")
    monkeypatch.setenv("COLUMNS", "200")
    settings_in(tmp_path)
    return tmp_path / "pawline.toml"


def pawline(*words: str) -> Any:
    return CliRunner().invoke(app, [*words])


def test_the_script_is_printed_alone_and_where_it_goes_beside_it(shop: Path) -> None:
    done = pawline("pixel", "shopify/eu", "--config", str(shop))
    assert done.exit_code == 0
    assert done.stdout.startswith("// Pawline: ")
    assert f"/pixels/shopify/eu/{KEY}" in done.stdout
    assert done.stderr.startswith("paste it at Shopify: Settings, Customer events, Add custom pixel.")
    told = json.loads(pawline("pixel", "shopify/eu", "--config", str(shop), "--json").stdout)
    assert told["script"] == done.stdout.removesuffix("\n")
    assert "canary-77\n" not in done.stdout + done.stderr


async def _visit(shop: Path) -> None:
    settings = load_settings(shop, {})
    store = await Store.open(settings.url, keyring_of(settings))
    day, did = int(store.now() // 86_400), bits_of([Act.PAGE, Act.CHECKOUT])
    writes = [("visit", (day, n, "pets", store.now(), did if n else did | BIT[Act.COMPLETED], "")) for n in range(3)]
    assert (await store.written(writes)).error is None
    await store.close()


def test_the_figures_are_a_table_or_json(shop: Path) -> None:
    nobody = pawline("visits", "--config", str(shop))
    assert nobody.stdout.startswith("Nobody was counted. `pawline pixel ACCOUNT` prints what counts them.")
    asyncio.run(_visit(shop))
    (row,) = json.loads(pawline("visits", "--config", str(shop), "--json").stdout)
    assert (row["visitors"], row["checkout"], row["completed"], row["abandoned"]) == (3, 3, 1, 0.6667)
    shown = pawline("visits", "--config", str(shop)).stdout
    assert "67%" in shown
    assert "abandoned" in shown


def test_a_hub_that_knows_no_visits_yet_is_asked_of_a_household_all_the_same(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pawline.cli.households.asked", lambda *_, **__: {"shop": "pets", "household": "h", "events": []}
    )
    done = pawline("household", "h", "--config", str(shop), "--json")
    assert json.loads(done.stdout) == {"household": "h", "events": [], "visits": []}
