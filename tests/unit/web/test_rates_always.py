"""Whatever a believed question is, and whatever the database does: there is an answer, with a rate in it, in time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawline.connectors.shopify.rates import QUOTES
from pawline.hub import Hub, Quoting, load_settings
from pawline.hub.quoting import asker_of
from pawline.kit import Secret
from pawline.store import Keyring, Store
from pawline.testing.port import free_port
from pawline.views import ALL, Projector
from pawline.views.shelf import Shelf
from pawline.web import serving
from tests.databases import databases
from tests.unit.web.bell import post
from tests.unit.web.checkout import BACKUP, SECRET, count, following, question, settings_in, signed


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_TOKEN", "tok")
    monkeypatch.setenv("SHOPIFY_SECRET", SECRET)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with databases() as new_database:
        yield new_database()


jsons: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3), max_leaves=5,
)  # fmt: skip
numbers = st.integers(-(2**70), 2**70) | st.integers(0, 9_999).map(str) | jsons
rates = st.fixed_dictionaries(
    {
        "destination": st.fixed_dictionaries(
            {"country": st.sampled_from(["DE", "NZ", "de", ""]) | jsons},
            optional={"postal_code": st.text(max_size=9) | jsons, "province": st.text(max_size=5) | jsons},
        ) | jsons,
        "items": st.lists(
            st.fixed_dictionaries(
                {"quantity": st.integers(1, 9) | numbers, "price": st.integers(0, 9_999) | numbers},
                optional={"grams": numbers, "sku": st.text(max_size=9) | jsons, "requires_shipping": st.booleans()},
            ), max_size=3,
        ) | jsons,
        "currency": st.sampled_from(["EUR", "JPY", "KWD", "X"]) | jsons,
    },
    optional={"order_totals": st.fixed_dictionaries({"subtotal_price": numbers, "discount_amount": numbers}) | jsons},
)  # fmt: skip
bodies = st.binary(max_size=30) | st.builds(msgspec.json.encode, jsons | st.fixed_dictionaries({"rate": rates | jsons}))


def test_every_question_has_an_answer_with_a_rate_in_it(tmp_path: Path) -> None:
    said = settings_in(tmp_path, free_port())
    asker = asker_of(said, "shopify/eu", "pets", QUOTES, (Secret(SECRET),))
    with asyncio.Runner() as runner:
        store = runner.run(Store.open(":memory:", Keyring.generate()))
        waited: list[None] = []
        quoting = Quoting([asker], Shelf(store, Projector(store, ALL)), store.now, lambda: waited.append(None))

        @settings(max_examples=300, deadline=None)
        @given(bodies)
        def answered(body: bytes) -> None:
            found = runner.run(quoting.answer("shopify/eu", list(signed(body).items()), body, 0.0))
            (rate,) = msgspec.json.decode(found)["rates"]
            assert int(rate["total_price"]) in (0, 490, 690, 990)
            assert (rate["service_code"], rate["currency"]) == ("standard", "EUR")

        answered()
        assert len(waited) == sum(quoting.counts.values()) >= 300
        runner.run(store.close())


async def test_a_database_that_stands_still_costs_the_days_and_not_the_price(tmp_path: Path, url: str) -> None:
    said = settings_in(tmp_path, free_port())
    (tmp_path / "pawline.toml").write_text(
        f'store = "{url}"\n' + (tmp_path / "pawline.toml").read_text("utf-8"), "utf-8"
    )
    said = load_settings(tmp_path / "pawline.toml", {})
    async with await Hub.open(said) as hub, serving(hub) as address:
        at = f"{address}/rates/shopify/eu"

        async def ask(*skus: str, **more: Any) -> Any:
            body = question(*skus, **more)
            status, _, found = await post(at, body, signed(body))
            assert status == 200
            return found

        await count(hub, "a", 9)
        await following(hub)
        (rate,) = (await ask("a"))["rates"]
        assert (rate["total_price"], "max_delivery_date" in rate) == ("490", True)
        with psycopg.connect(url) as other:
            other.execute("lock table view_stock in access exclusive mode")
            for n in range(3):
                (rate,) = (await ask("a", f"new{n}"))["rates"]
                assert (rate["total_price"], "max_delivery_date" in rate) == ("490", False)
            assert await ask(destination={"country": "NZ"}) == BACKUP
            assert hub.shelf._reading != {}  # somebody still stands there: nobody waited for it
