"""Whether an account can do its work: its key reads and writes, the clocks agree, the shop's words are explained."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from pawline.connectors.woocommerce.errors import code_of, explain
from pawline.connectors.woocommerce.goods import Option
from pawline.connectors.woocommerce.selling import Selling
from pawline.connectors.woocommerce.settings import Settings
from pawline.kit import Answer, Http, error_of
from pawline.model import UnknownCurrency, exponent
from pawline.ports import Code, Malformed, Rejected, Unauthorised

SKEW: Final = 300.0
"""Seconds by which the shop's clock may be off: the look begins anew ten minutes before what it saw last."""
WRITES: Final = {"Shop": "orders", "Inventory": "products"}
"""What is written to, by port: an empty batch changes nothing, and is refused to who may not write."""


class Total(msgspec.Struct, frozen=True):
    """How many orders stand at one status.

    https://woocommerce.github.io/woocommerce-rest-api-docs/#retrieve-orders-totals
    """

    slug: str
    total: int | str


async def probe(http: Http, settings: Settings, plays: frozenset[str]) -> None:
    """Raises Unauthorised, naming what is lacking, and Rejected for a clock that is off."""
    query = {"per_page": "1", "orderby": "modified", "dates_are_gmt": "true"}
    answer = await http.ask("GET", "orders", query=query)
    if answer.status == 400 and code_of(answer.body) == "rest_invalid_param":
        raise Unauthorised("this WooCommerce lists no orders by their change: it is to be 5.8 or newer", Code.FORBIDDEN)
    _check(answer, "GET orders")
    off = _skew(answer)
    if abs(off) > SKEW:
        raise Rejected(
            f"the shop's clock is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}: set it", Code.CONFLICT
        )
    for port, path in WRITES.items():
        if port in plays:
            _check(await http.ask("POST", path, "batch", json={}), f"POST {path}/batch")
    if settings.goods:
        _check(await http.ask("GET", "products", query={"per_page": "1"}), "GET products")
        await Selling(http, settings).terms()
    await _explained(http, settings)
    await _rounded(http, settings)


def _check(answer: Answer, what: str) -> None:
    error = (explain(answer) if answer.status >= 400 else None) or error_of(answer, what)
    if isinstance(error, Unauthorised) and what.startswith("POST") and error.code is Code.CREDENTIALS:
        raise Unauthorised("the key may only read: make one that may read and write", Code.FORBIDDEN)
    if error is not None:
        raise error


def _skew(answer: Answer) -> float:
    """Seconds that the shop is ahead of us; none where it does not say."""
    try:
        there = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return 0.0
    if there.tzinfo is None:
        there = there.replace(tzinfo=UTC)
    return (there - datetime.now(UTC)).total_seconds()


async def _explained(http: Http, settings: Settings) -> None:
    """Every status at which an order stands is known; who may not see reports is not asked."""
    try:
        totals = await http.get("reports", "orders", "totals", into=tuple[Total, ...])
    except (Rejected, Unauthorised):
        return
    strange = []
    for one in totals:
        try:
            settings.standing(one.slug)
        except ValueError:
            strange += [one.slug] if str(one.total) != "0" else []
    if strange:
        names = ", ".join(sorted(strange)[:10])
        raise Unauthorised(f"orders stand at {names}: say in `statuses` what that means", Code.FORBIDDEN)


async def _rounded(http: Http, settings: Settings) -> None:
    """Orders add up only if it is known to what the shop rounds; who may not see its settings is not asked."""
    try:
        said = [
            str((await http.get("settings", "general", f"woocommerce_{name}", into=Option)).value)
            for name in ("currency", "price_num_decimals")
        ]
        places = exponent(said[0])
    except (Rejected, Unauthorised, Malformed, UnknownCurrency):
        return
    if said[1] in {"0", "1", "2"} and settings.step(said[0]) < 10 ** (places - int(said[1])):
        text = f"prices have {said[1]} decimals, and {said[0]} has {places}: say `decimals = {said[1]}`"
        raise Unauthorised(text, Code.FORBIDDEN)
