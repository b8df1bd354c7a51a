"""`pawline keys` and `pawline profile`, beside a hub that sells."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pawline.cli import app
from pawline.hub import HubRefused, load_settings
from tests.unit.hub.shop import until
from tests.unit.web.storefront.shop import PAGE, Shopper, town, write


def said(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(folder / "pawline.toml")])


async def asked(folder: Path, *words: str, code: int | None = 0) -> Any:
    done = await asyncio.to_thread(said, folder, *words, "--json")
    assert code is None or done.exit_code == code, done.exception
    return json.loads(done.stdout)


async def test_a_key_is_made_used_and_revoked_while_the_hub_runs(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        key = (await asked(tmp_path, "keys", "make", "web", "--origin", PAGE))["key"]
        ann = Shopper(one.http, one.url, key)

        async def answers(status: int) -> bool:
            return (await ann.ask("GET", "/v1/products")).status == status

        await until(lambda: answers(200))
        (listed,) = await asked(tmp_path, "keys", "list")
        assert (listed["id"], listed["revoked"]) == (key[:11], None)
        assert key not in json.dumps(listed)
        done = await asked(tmp_path, "keys", "revoke", key[:11], "--reason", "it leaked")
        assert (done["action"], done["state"]) == ("revoke key", "done")
        await until(lambda: answers(401))
        again = await asyncio.to_thread(said, tmp_path, "keys", "revoke", key[:11], "--reason", "again")
        assert isinstance(again.exception, HubRefused)


async def test_the_doctor_says_whether_anybody_can_buy(tmp_path: Path) -> None:
    async with town(tmp_path) as one:

        async def found() -> list[tuple[str, str]]:
            checks = await one.hub.desk.answer("health", {})
            return [(each["state"], each["says"]) for each in checks if each["name"] == "storefront"]

        nobody = "pets takes returns that nobody sees to: add pawline.flows.label_return to `flows`"
        none = f"pets is event-driven, with 0 live keys; pets has none: `pawline keys make`; {nobody}"
        assert await found() == [("look", none)]
        await one.key()
        assert await found() == [("look", f"pets is event-driven, with 1 live keys; {nobody}")]
    text = (tmp_path / "pawline.toml").read_text("utf-8")
    text = text.replace('"pawline.flows.fulfil_order"', '"pawline.flows.fulfil_order", "pawline.flows.label_return"')
    async with town(tmp_path, settings=text) as one:
        checks = await one.hub.desk.answer("health", {})
        good = ("good", "pets is event-driven, with 1 live keys")
        assert [(each["state"], each["says"]) for each in checks if each["name"] == "storefront"] == [good]
    write(tmp_path)
    text = (tmp_path / "pawline.toml").read_text("utf-8")
    adopting = 'flows = ["pawline.flows.adopt_order", "pawline.flows.introduce_order"]'
    text = text.replace('flows = ["pawline.flows.fulfil_order"]', adopting)
    (tmp_path / "pawline.toml").write_text(text, "utf-8")
    checks = (await asked(tmp_path, "doctor", code=None))["checks"]
    (says,) = (each["says"] for each in checks if each["name"] == "storefront")
    assert "no flow fulfils an order of ours" in says


@pytest.mark.parametrize(("flow", "what"), [("fulfil_order", "orders"), ("label_return", "returns")])
async def test_what_sees_to_own_orders_is_not_handed_to_an_old_way(tmp_path: Path, flow: str, what: str) -> None:
    """Orders, and returns, would be taken that nobody sees to; and a page would show a label that nobody made."""
    write(tmp_path)
    text = (tmp_path / "pawline.toml").read_text("utf-8")
    text = text.replace('"pawline.flows.fulfil_order"', '"pawline.flows.fulfil_order", "pawline.flows.label_return"')
    async with town(tmp_path, settings=text) as one:
        given = {"shop": "pets", "flow": flow, "by": "ann", "reason": "a test"}
        with pytest.raises(HubRefused, match=f"whose {what} have no old way"):
            await one.hub.desk.answer("handover", {**given, "mode": "observe"})
        assert await one.hub.store.fetch("handovers") == []
        assert (await one.hub.desk.answer("handover", {**given, "mode": "live"}))["mode"] == "live"


async def test_a_profile_is_chosen_with_a_reason_and_shown(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        (row,) = await asked(tmp_path, "profile")
        assert (row["profile"], row["by"]) == ("event-driven", "pawline.toml")
        bare = await asyncio.to_thread(said, tmp_path, "profile", "hybrid")
        assert "say why" in str(bare.exception)
        await asked(tmp_path, "profile", "hybrid", "--reason", "the sale is over", "--by", "ann")
        (row,) = await asked(tmp_path, "profile")
        assert (row["profile"], row["by"], row["reason"]) == ("hybrid", "ann", "the sale is over")
        front = one.hub.storefront
        assert front is not None
        await until(lambda: front.patience("pets").profile == "hybrid")


def test_a_shop_without_a_storefront_has_no_keys(tmp_path: Path) -> None:
    write(tmp_path)
    text = (tmp_path / "pawline.toml").read_text("utf-8")
    head, _, rest = text.partition("[[storefronts]]")
    (tmp_path / "pawline.toml").write_text(head + "[[pickups]]" + rest.partition("[[pickups]]")[2], "utf-8")
    done = said(tmp_path, "keys", "make", "web", "--origin", PAGE)
    assert "has no `storefronts`" in str(done.exception)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('profile = "event-driven"', 'profile = "fast"'), "storefronts[0].profile` is wrong"),
        (("deadline = 5.0", "deadline = 31"), "storefronts[0].deadline` is wrong"),
        (("deadline = 5.0", "deadlines = 3"), "`storefronts[0].deadlines` is no setting"),
        (("[[storefronts]]", "[[storefronts]]\nshops = ['x']"), "names x, which is not in `shops`"),
        (("[[storefronts]]", "[[storefronts]]\n[[storefronts]]"), "pets has `storefronts[0]` already"),
    ],
)
def test_settings_that_make_no_sense_are_named(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    write(tmp_path)
    text = (tmp_path / "pawline.toml").read_text("utf-8")
    assert change[0] in text
    (tmp_path / "pawline.toml").write_text(text.replace(*change), "utf-8")
    with pytest.raises(HubRefused) as refused:
        load_settings(tmp_path / "pawline.toml", {})
    assert says in str(refused.value)


def test_a_shop_that_says_no_prices_of_deliveries_cannot_sell(tmp_path: Path) -> None:
    write(tmp_path)
    text = (tmp_path / "pawline.toml").read_text("utf-8")
    text = text.replace('shops = ["pets"]', 'shops = ["pets", "fish"]').replace(
        "[[rates]]", '[[rates]]\nshops = ["pets"]'
    )
    (tmp_path / "pawline.toml").write_text(text, "utf-8")
    with pytest.raises(HubRefused, match="fish has no `rates`"):
        load_settings(tmp_path / "pawline.toml", {})
