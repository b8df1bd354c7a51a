"""What somebody writes at a checkout is one line each, of a length that a label has, and nothing unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.web.storefront.shop import ANN, MAIL, town
from tests.unit.web.storefront.test_again import problem

ODD: dict[str, dict[str, Any]] = {
    "a NUL in the e-mail address": {"contact": {"email": "ann\0@example.com"}},
    "an endless e-mail address": {"contact": {"email": f"{'a' * 255}@example.com"}},
    "a NUL in the name": {"ship_to": ANN | {"name": "Ann\0"}},
    "a name of two lines": {"ship_to": ANN | {"name": "Ann\nand more"}},
    "a name as long as a book": {"ship_to": ANN | {"name": "A" * 100_000}},
    "an address of a thousand lines": {"ship_to": ANN | {"lines": ["x"] * 1_000}},
    "an address without lines": {"ship_to": ANN | {"lines": [" "]}},
    "a postcode with a newline behind": {"ship_to": ANN | {"postcode": "10115\n"}},
    "a field that nobody knows": {"ship_to": ANN | {"lined": ["x"]}},
    "a household of their choice": {"contact": {"email": MAIL, "household": "h-1"}},
    "a bill to nowhere": {"bill_to": ANN | {"country": "DE\n"}},
}


@pytest.mark.parametrize("what", ODD)
async def test_what_no_label_has_is_refused(tmp_path: Path, what: str) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        said = await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)) | ODD[what])
        assert problem(said) == (422, "invalid")
        assert "order.placed@1" not in await one.types()


async def test_a_newline_behind_a_name_is_none_of_it(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form = await ann.form(("bowl", 1))
        (paid,) = form["payments"]
        said = await ann.ask("POST", "/v1/checkouts", form | {"payments": [paid | {"source": "card-0\n"}]})
        assert problem(said) == (422, "invalid")
        line = {"sku": "bowl", "quantity": 1, "pets": ["rex\n"]}
        assert problem(await ann.ask("POST", "/v1/carts", {"lines": [line]})) == (422, "invalid")


async def test_what_only_the_shop_can_vouch_for_no_page_pays_with(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 50)
        ann, server = await one.key(), await one.key(secret=True)
        for kind in ("cash", "store_credit", "transfer"):
            form = await ann.form(("bowl", 1))
            form["payments"] = [form["payments"][0] | {"kind": kind}]
            said = await ann.ask("POST", "/v1/checkouts", form)
            assert problem(said) == (403, "forbidden")
            assert said.body["detail"] == f"payments: a page may not name {kind}; the shop's own server may"
            assert (await server.ask("POST", "/v1/checkouts", form)).status == 202
        assert (await one.types()).count("order.placed@1") == 3
