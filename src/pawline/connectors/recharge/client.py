"""An account's client: it sends what stands in `ROUTES` and nothing else, and knows how full its bucket is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from pawline.connectors.recharge.errors import explain
from pawline.connectors.recharge.settings import VERSION, Settings
from pawline.kit import Answer, Guard, Http, Query, Secret
from pawline.ports import Code, Malformed

TIMEOUT: Final = timedelta(seconds=9)
"""Of one request. An operation of several requests ends with its attempt, whichever of them it is at."""
MOST: Final = 4 << 20
"""Bytes of an answer: a page of 250 charges is a megabyte."""
LIMIT: Final = "x-recharge-limit"
"""`used/size` of the bucket, in every answer. Recharge's pages do not name it; its clients read it since 2018."""
LEAK: Final = 2.0
"""Calls a second that every bucket lets through: 40 fit in at once. https://docs.getrecharge.com/docs/api-rate-limits"""
HALF: Final = 0.5
"""Who only looks leaves so much of the bucket to those who do something."""
ROUTES: Final = frozenset(
    {
        "GET token_information",
        "GET subscriptions",
        "GET subscriptions/*",
        "PUT subscriptions/*",
        "POST subscriptions/*/set_next_charge_date",
        "POST subscriptions/*/cancel",
        "GET charges",
        "POST charges/*/skip",
        "GET customers",
        "GET payment_methods/*",
        "GET products",
        "GET webhooks",
        "POST webhooks",
        "PUT webhooks/*",
    }
)
"""All that is ever sent; a `*` is a number. Nothing among it makes a charge, pays one back or takes a card: whatever a
flow, a defect or a later hand asks for, this account charges nobody."""


class RechargeHttp(Http):
    """See `Http`. Anything that is not in `ROUTES` is Malformed(bad_request), and is not sent."""

    def __init__(self, base: str, **given: Any) -> None:  # noqa: ANN401 - what Http takes
        super().__init__(base, key_header=None, **given)
        self._used, self._size = 0, 40

    async def ask(
        self, method: str, *path: str, query: Query | None = None, json: object = None,
        form: Mapping[str, str] | None = None, headers: Mapping[str, str | Secret] | None = None, unread: bool = False,
    ) -> Answer:  # fmt: skip
        """See `Http.ask`."""
        if route(method, path) not in ROUTES:
            raise Malformed(f"{method} {path[0] if path else '/'} is nothing that is ever sent", Code.BAD_REQUEST)
        answer = await super().ask(method, *path, query=query, json=json, form=form, headers=headers, unread=unread)
        used, _, size = answer.headers.get(LIMIT, "").partition("/")
        if used.isdecimal() and size.isdecimal() and 0 < int(size) <= 10_000:
            self._used, self._size = int(used), int(size)
        return answer

    @property
    def wait(self) -> float:
        """Seconds until half of the bucket is free again, as far as the last answer said."""
        return max(0.0, (self._used - self._size * HALF) / LEAK)

    async def breathe(self) -> None:
        """Returns once half of the bucket is free again: for who only looks."""
        if (wait := self.wait) > 0:
            await asyncio.sleep(wait)
            self._used = int(self._size * HALF)


def route(method: str, path: tuple[str, ...]) -> str:
    """A request's route: its numbers are `*`."""
    return f"{method} {'/'.join('*' if one.isascii() and one.isdigit() else one for one in path)}"


def client(settings: Settings, guard: Guard) -> Http:
    """https://developer.rechargepayments.com/2021-11/authentication: a header of its own, no bearer."""
    return RechargeHttp(
        settings.url, guard=guard, timeout=TIMEOUT, most=MOST, explain=explain,
        headers={
            "x-recharge-access-token": settings.token, "x-recharge-version": VERSION, "accept": "application/json",
        },
    )  # fmt: skip
