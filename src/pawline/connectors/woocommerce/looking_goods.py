"""What is sold, for a hub that joins what several accounts say of it: every product with its variations, by number.

All are read each time: a variation may change without its product. What did not change is known by its fact, and told
once. A webhook of a product only makes it soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from pawline.connectors.woocommerce.selling import Selling, told
from pawline.connectors.woocommerce.settings import Settings
from pawline.kit import Http, Quarantined, Seen, Sighting, Watch, name_of
from pawline.model import Description, ProductDescribed
from pawline.ports import Code, Malformed, Rejected

MANY: Final = 20
"""Products of a page: each that varies is one call more."""
MOST: Final = 1_000
"""Products that are known to be unreadable, and not named again; of more each is named at each look."""
MANY_BAD: Final = 3
"""Products of a page of which none can be read: it is not the products, but WooCommerce, or on a walk's first page the
settings. On a later page what a shop wrote there is told product by product: no walk stands still at that."""


class Cursor(msgspec.Struct, frozen=True):
    """Where this walk is; `bad` are products that could not be read, and were named."""

    offset: int = 0
    bad: frozenset[str] = frozenset()


async def sold(http: Http, settings: Settings, cursor: str) -> Seen:
    """A page of the products. One that is written down as none can be is named once, until it is mended."""
    at, selling = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(), Selling(http, settings)
    await selling.terms()
    query = {
        "orderby": "id", "order": "asc", "per_page": str(MANY), "offset": str(at.offset), "status": "publish"
    }  # fmt: skip
    page, seen, wrong, odd = await selling.listed(query), list[Sighting](), dict[str, str](), 0
    here = {_name(raw) for raw in page.rows}
    for raw in page.rows:
        try:
            seen += sightings(await selling.described(told(raw)))
        except (ValueError, ArithmeticError, RecursionError) as problem:  # msgspec's own errors too
            wrong[_name(raw)] = str(problem)[:200]
            odd += isinstance(problem, msgspec.MsgspecError) or not at.offset
        except Rejected as no:  # it was deleted for good while the page was read
            if no.code is not Code.NOT_FOUND:
                raise
    if MANY_BAD <= odd == len(page.rows) and not seen:
        raise Malformed(f"none of the products can be read: {next(iter(wrong.values()))}")
    bad = tuple(Quarantined(f"product {name}", why) for name, why in wrong.items() if name not in at.bad)
    known = frozenset(sorted((at.bad - here) | wrong.keys())[:MOST])
    following = Cursor(at.offset + MANY if page.more else 0, known)
    return Seen(tuple(seen), msgspec.json.encode(following, order="deterministic").decode(), bad, more=page.more)


async def product(http: Http, settings: Settings, number: str) -> tuple[Sighting, ...]:
    """What is said of one by now. What cannot be read is named by the look."""
    try:
        return tuple(sightings(await Selling(http, settings).numbered(number, published=True)))
    except Rejected as no:
        if no.code not in (Code.NOT_FOUND, Code.UNSUPPORTED):  # it is deleted for good
            raise
    except (Malformed, ValueError, ArithmeticError):
        pass
    return ()


def sightings(found: Sequence[Description]) -> list[Sighting]:
    """As events, each by its fact."""
    events = [ProductDescribed(description=one) for one in found]
    return [Sighting(f"sold/{one.fact}", one.description.as_of, one) for one in events]


class _Named(msgspec.Struct, frozen=True):
    id: int


def _name(raw: msgspec.Raw) -> str:
    try:
        return str(msgspec.json.decode(raw, type=_Named).id)
    except (ValueError, RecursionError):
        return name_of(raw, "id")


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.goods)


GOODS: Final[Watch[Settings]] = Watch("goods", every, sold)
