"""What a vendor will not serve for ever is told in time, once each, and by whatever way it says so."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.hub import Hub, load_settings
from pawline.hub.ageing import Ageing, Spoken, versions_check
from pawline.kit import Api
from pawline.store import Keyring
from pawline.testing.counter import Counter, counter, json
from tests.unit.hub.shop import until

END = date(2027, 7, 1)
API = Api("2026-07", END, ("x-vendor-deprecated",))
ACCOUNT = "shopify/eu"
SPEAKS, UPGRADE = "shopify/eu speaks 2026-07, which is", "upgrade Pawline, or the connector"


async def opened(folder: Path) -> Hub:
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
        (folder / "pawline.toml").write_text('shops = ["paws"]\nstore = "sqlite:///pawline.db"\n', "utf-8")
    return await Hub.open(load_settings(folder / "pawline.toml", {}))


def spoken(http: Any = None, api: Api | None = API) -> Spoken:
    return Spoken(ACCOUNT, "paws", http, api)


async def titles(hub: Hub) -> list[str]:
    return [one["title"] for one in await hub.desk.answer("cases", {"shop": "paws", "limit": 50})]


async def test_a_version_that_ends_is_a_case_ninety_and_thirty_days_before_once_each(tmp_path: Path) -> None:
    day = [END - timedelta(days=91)]
    told: list[str] = []
    for _ in range(2):  # also for the next life of the hub
        async with await opened(tmp_path) as hub:
            one = Ageing([spoken(), spoken(api=Api("1")), spoken(api=None)], lambda: day[0])
            one.start(hub.engine)
            await one.look()
            assert await titles(hub) == told
            for left in (90, 90, 60, 30, 30, 1, -5):
                day[0] = END - timedelta(days=left)
                await one.look()
            told = await titles(hub)
            assert told == [
                "shopify/eu: version 2026-07 of its API ends on 2027-07-01, in 90 days",
                "shopify/eu: version 2026-07 of its API ends on 2027-07-01, in 30 days",
            ]


async def test_what_an_answer_says_is_to_go_is_a_case_once(tmp_path: Path) -> None:
    async with await opened(tmp_path) as hub, counter(Counter()) as served:
        http = served.http()
        one = Ageing([spoken(http)], lambda: END - timedelta(days=300))
        one.start(hub.engine)
        served.says(json(200))
        await http.get("orders", into=object)
        await one.look()
        assert await titles(hub) == []
        sunset = "Sunset: Thu, 01 Jul 2027 00:00:00 GMT"
        served.says(
            json(200, b"{}", "Deprecation: @1767225600", sunset),
            json(429, b"{}", "X-Vendor-Deprecated: Shop.products"),
            json(200, b"{}", "Deprecation: @1767225600", sunset),
        )  # fmt: skip
        await http.get("orders", into=object)
        answer = await http.ask("GET", "orders")
        assert answer.status == 429
        for _ in range(3):
            await http.get("orders", into=object)
            await one.look()
        assert await titles(hub) == ["shopify/eu: something that is called is to go"] * 2
        details = sorted([
            (await hub.desk.answer("case", {"no": row["no"]}))["detail"]
            for row in await hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        ])  # fmt: skip
        assert details == [
            "deprecation: @1767225600; sunset: Thu, 01 Jul 2027 00:00:00 GMT", "x-vendor-deprecated: Shop.products",
        ]  # fmt: skip
        await http.close()


async def test_a_hub_listens_to_the_accounts_that_it_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_TOKEN", "tok")
    async with counter(Counter()) as served:
        await (await opened(tmp_path)).close()
        (tmp_path / "pawline.toml").write_text(
            f'shops = ["paws"]\nstore = "sqlite:///pawline.db"\nallow_networks = ["127.0.0.0/8"]\n'
            f'[[accounts]]\nname = "{ACCOUNT}"\n[accounts.settings]\nurl = "http://127.0.0.1:{served.port}"\n'
            f'shop = "pets.myshopify.com"\ntoken = {{ env = "SHOPIFY_TOKEN" }}\npoll = 0.2\n',
            "utf-8",
        )
        served.says(json(200, b'{"data": null}', "X-Shopify-API-Deprecated-Reason: Shop.products"))
        async with await opened(tmp_path) as hub:
            await until(lambda: _heard(hub))
            await hub.ageing.look()
            assert "shopify/eu: something that is called is to go" in await titles(hub)


async def _heard(hub: Hub) -> bool:
    return hub.ageing._heard == {ACCOUNT: {"x-shopify-api-deprecated-reason: Shop.products"}}


@pytest.mark.parametrize(
    ("left", "state", "says"),
    [
        (91, "good", "what is spoken is served for a while yet"),
        (90, "look", f"{SPEAKS} served until 2027-07-01: {UPGRADE}"),
        (30, "bad", f"{SPEAKS} served until 2027-07-01: {UPGRADE}"),
        (0, "bad", f"{SPEAKS} not served since 2027-07-01: {UPGRADE}"),
    ],
)
def test_the_doctor_says_it_too(left: int, state: str, says: str) -> None:
    check = versions_check([spoken(), spoken(api=None)], END - timedelta(days=left))
    assert (check.name, check.state, check.says) == ("versions", state, says)
