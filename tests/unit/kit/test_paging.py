"""A list is read to its end, each item once, from wherever it was left."""

from __future__ import annotations

import pytest

from pawline.kit import Page, every_item, pages
from pawline.ports import Malformed

ITEMS = tuple(range(10))


async def threes(after: str | None) -> Page[int]:
    at = int(after or 0)
    return Page(ITEMS[at : at + 3], str(at + 3) if at + 3 < len(ITEMS) else None)


async def test_all_pages_come_in_order_and_can_be_resumed_at_each() -> None:
    read = [page async for page in pages(threes)]
    assert [page.items for page in read] == [(0, 1, 2), (3, 4, 5), (6, 7, 8), (9,)]
    for at, page in enumerate(read[:-1], 1):
        assert [rest async for rest in pages(threes, page.after)] == read[at:]


async def test_an_item_that_moves_while_we_read_comes_once() -> None:
    async def moving(after: str | None) -> Page[int]:
        return Page((2, 3, 4), None) if after else Page((1, 2), "next")

    assert [item async for item in every_item(moving, key=lambda item: item)] == [1, 2, 3, 4]


async def test_an_empty_page_is_not_the_end() -> None:
    async def hollow(after: str | None) -> Page[int]:
        return {None: Page[int]((), "a"), "a": Page((1,), "b"), "b": Page[int]((), None)}[after]

    assert [item async for item in every_item(hollow, key=lambda item: item)] == [1]


@pytest.mark.parametrize("loop", [{None: "a", "a": "a"}, {None: "a", "a": "b", "b": "a"}])
async def test_a_list_that_never_ends_is_malformed(loop: dict[str | None, str]) -> None:
    async def fetch(after: str | None) -> Page[int]:
        return Page((1,), loop[after])

    with pytest.raises(Malformed, match="never end"):
        async for _ in pages(fetch):
            pass
