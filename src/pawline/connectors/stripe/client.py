"""An account's client, and the calls that its parts make.

https://docs.stripe.com/api/authentication , https://docs.stripe.com/api/versioning
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

from typing_extensions import TypeForm

from pawline.connectors.stripe.errors import explain
from pawline.connectors.stripe.settings import VERSION, Settings
from pawline.connectors.stripe.told import Listed, flat
from pawline.kit import Guard, Http, Page, Secret, every_item

T = TypeVar("T")
TIMEOUT: Final = timedelta(seconds=25)
"""Of one request: whoever issued a card may take that long."""
MOST: Final = 8 << 20
"""Bytes of an answer: a page is a hundred charges, each with its whole payment."""
PAGE: Final = "100"
KEY: Final = "Idempotency-Key"


def client(settings: Settings, guard: Guard) -> Http:
    """A key is sent where a call says so: what Stripe's own states keep from happening twice is better without."""
    return Http(
        f"{settings.url}/v1", guard=guard, timeout=TIMEOUT, most=MOST, key_header=None, explain=explain,
        headers={"authorization": Secret(f"Bearer {settings.key.reveal()}"), "stripe-version": VERSION},
    )  # fmt: skip


class Api:
    """Calls by path, in forms. Raises one of the four errors."""

    def __init__(self, http: Http) -> None:
        self._http: Final = http

    async def get(self, *path: str, query: Mapping[str, object] | None = None, into: TypeForm[T]) -> T:
        """A GET."""
        return await self._http.get(*path, query=flat(query or {}), into=into)

    async def post(
        self, *path: str, form: Mapping[str, object] | None = None, key: str | None = None, into: TypeForm[T]
    ) -> T:
        """Anything that changes something; with a `key` Stripe does it once for at least a day."""
        headers = None if key is None else {KEY: key}
        return await self._http.send("POST", *path, form=flat(form or {}), headers=headers, into=into)

    async def all(
        self, *path: str, query: Mapping[str, object], into: TypeForm[T], name: Callable[[T], str]
    ) -> list[T]:  # fmt: skip
        """Every item of a list, newest first: https://docs.stripe.com/api/pagination ."""
        return [one async for one in self.each(*path, query=query, into=into, name=name)]

    def each(
        self, *path: str, query: Mapping[str, object], into: TypeForm[T], name: Callable[[T], str]
    ) -> AsyncIterator[T]:  # fmt: skip
        """The same, page by page, for lists that are long."""

        async def fetch(after: str | None) -> Page[T]:
            asked = {**query, "limit": PAGE} | ({} if after is None else {"starting_after": after})
            kind: Any = Listed[into]  # type: ignore[valid-type]
            page: Listed[T] = await self.get(*path, query=asked, into=kind)
            return Page(page.data, name(page.data[-1]) if page.has_more and page.data else None)

        return every_item(fetch, name)
