"""What shoppers read and what webhooks need is one loop: a page of a hundred SKUs is no turn of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pawline.hub.storefront import Refusal
from pawline.hub.storefront.forms import WantedLine
from pawline.hub.storefront.goods import AT_ONCE, ShopGoods
from pawline.model import SkuId
from tests.unit.web.storefront.shop import town


async def turns(done: asyncio.Task[object]) -> int:
    """Of the loop, which somebody else had meanwhile."""
    count = 0
    while not done.done():
        await asyncio.sleep(0)
        count += 1
    return count


async def test_a_page_and_a_cart_leave_turns_of_the_loop_to_others(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        assert one.hub.storefront is not None
        for n in range(12):
            await one.sells(f"bowl-{n:02}", None)
        goods = one.hub.storefront.fronts["pets"].goods
        assert await turns(asyncio.create_task(goods.page("", 12))) >= 12
        wanted = [WantedLine(sku=f"bowl-{n:02}", quantity=1) for n in range(12)]
        assert await turns(asyncio.create_task(goods.descriptions(wanted))) >= 12


async def test_a_few_pages_are_read_at_once_and_who_would_wait_for_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = now = 0
    real = ShopGoods._said

    async def said(self: ShopGoods, sku: SkuId) -> object:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        try:
            return await real(self, sku)
        finally:
            now -= 1

    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        assert one.hub.storefront is not None
        goods = one.hub.storefront.fronts["pets"].goods
        monkeypatch.setattr(ShopGoods, "_said", said)
        monkeypatch.setattr("pawline.hub.storefront.goods.WAITING", 9)
        pages = [goods.page("", 2) for _ in range(13)]
        came = await asyncio.gather(*pages, return_exceptions=True)
        refused = [each for each in came if isinstance(each, Refusal)]
        assert (most, len(refused), {each.cause.status for each in refused}) == (AT_ONCE, 3, {503})
        assert len((await goods.page("", 1)).products) == 1  # and there is room again
