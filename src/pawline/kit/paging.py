"""Reading all pages of a list: each item once, ended for certain, and able to go on after a stop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import Final, Generic, NamedTuple, TypeVar

from pawline.ports import Malformed

T = TypeVar("T")
PAGES: Final = 100_000
"""More than any shop has; a vendor that goes on for ever is found out here at the latest."""


class Page(NamedTuple, Generic[T]):
    """Some items, and the cursor of the next page; None after the last."""

    items: tuple[T, ...]
    after: str | None


async def pages(fetch: Callable[[str | None], Awaitable[Page[T]]], after: str | None = None) -> AsyncIterator[Page[T]]:
    """Page by page from a cursor on: whoever keeps `after` once a page's items are stored goes on from there.

    Raises Malformed where the vendor hands back a cursor a second time: it would never end.
    """
    seen = {after}
    for _ in range(PAGES):
        page = await fetch(after)
        yield page
        after = page.after
        if after is None:
            return
        if after in seen:
            raise Malformed("a page names a cursor that came before: the list would never end")
        seen.add(after)
    raise Malformed(f"a list has more than {PAGES} pages")


async def every_item(
    fetch: Callable[[str | None], Awaitable[Page[T]]], key: Callable[[T], Hashable], after: str | None = None
) -> AsyncIterator[T]:
    """Item by item. One that moved to a later page while we read (its `key` came before) is passed over."""
    seen = set[Hashable]()
    async for page in pages(fetch, after):
        for item in page.items:
            if (known := key(item)) not in seen:
                seen.add(known)
                yield item
