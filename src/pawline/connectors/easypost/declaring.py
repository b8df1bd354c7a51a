"""Papers for the customs: what is in each parcel, as the order says it, and what only the shop can know of its goods.

https://docs.easypost.com/docs/customs-infos , …/customs-items . Whatever is missing is refused before rates are asked
for, by name: a number that nobody said is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final

from pawline.connectors.easypost import places
from pawline.connectors.easypost.naming import RETURNS
from pawline.connectors.easypost.settings import CODE, Customs, Ware
from pawline.model import Money, total
from pawline.ports import Code, Consignment, Declared, Rejected

SMALL: Final = "NOEEI 30.37(a)"
"""The citation of what leaves the USA unregistered because it is worth little."""
LITTLE: Final = Money(250_000, "USD")
"""Less than which that is: https://docs.easypost.com/docs/customs-infos ."""
MANY: Final = 100
"""Items of one parcel: UPS takes no more, says the same page."""
SHOWN: Final = 20
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_THOUSANDTH: Final = Decimal("0.001")
Known = tuple[Declared, Ware]
"""Declared, with all that is said of them."""


def papers(consignment: Consignment, said: Customs | None) -> tuple[dict[str, Any], ...] | None:
    """`customs_info` of each parcel; None where no border is crossed.

    Raises Rejected(unsupported) where nothing is said of the customs or of what is in it, and Rejected(invalid), naming
    each SKU, where something that they ask for is not known.
    """
    if not places.needs_customs(consignment.ship_from, consignment.ship_to):
        return None
    if said is None:
        raise Rejected("it needs papers for the customs, and the settings have no `customs`", Code.UNSUPPORTED)
    if not all(box.goods for box in consignment.parcels):
        raise Rejected("it needs papers for the customs, and nobody said what is in it", Code.UNSUPPORTED)
    if any(len(box.goods) > MANY for box in consignment.parcels):
        raise Rejected(f"more than {MANY} kinds of goods are not declared in one parcel", Code.UNSUPPORTED)
    known = [[(one, _ware(one, said)) for one in box.goods] for box in consignment.parcels]
    _check(each for box in known for each in box)
    export = _export(consignment, said)
    about = {
        "customs_certify": True, "customs_signer": said.signer.strip(), "non_delivery_option": said.undelivered,
        "contents_type": "returned_goods" if consignment.part.startswith(RETURNS) else "merchandise",
        **({} if export is None else {"eel_pfc": export}),
    }  # fmt: skip
    return tuple(about | _restricted(box) | {"customs_items": [_item(*each) for each in box]} for box in known)


def _ware(one: Declared, said: Customs) -> Ware:
    """The shop's word on this SKU, else the order's, else what is usual. What is no number or country is none."""
    mine, usual = said.goods.get(one.sku, Ware()), said.usual
    code, origin = one.tariff_code or "", one.origin or ""
    return Ware(
        hs=mine.hs or (code if CODE.fullmatch(code) else "") or usual.hs,
        origin=mine.origin or (origin if _COUNTRY.fullmatch(origin) else "") or usual.origin,
        description=mine.description or one.title.strip() or usual.description,
        restriction=mine.restriction or usual.restriction,
        comments=mine.comments if mine.restriction else usual.comments,
    )


def _check(known: Iterable[Known]) -> None:
    lacking = dict[str, None]()
    for one, ware in known:
        missing = [name for name in ("hs", "origin", "restriction", "description") if not getattr(ware, name)]
        if missing:
            lacking[f"{one.sku} ({', '.join(missing)})"] = None
        elif one.value.minor <= 0:
            lacking[f"{one.sku} (it cost nothing, and has to be worth something)"] = None
    if lacking:
        more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
        told = ", ".join([*lacking][:SHOWN])
        raise Rejected(f"the customs are to be told more, in `customs.goods`: {told}{more}", Code.INVALID)


def _export(consignment: Consignment, said: Customs) -> str | None:
    """By which citation it leaves the USA; None from elsewhere. It is the shop's word, and never ours."""
    here, there = consignment.ship_from.country, consignment.ship_to.country
    if here != "US":
        return None
    found = said.export.get(there, said.export.get("*", ""))
    if not found:
        raise Rejected(f"`customs.export` does not say by which citation goods leave the USA for {there}", Code.INVALID)
    if found == SMALL:
        values = [one.value for box in consignment.parcels for one in box.goods]
        if any(one.currency != LITTLE.currency for one in values):
            raise Rejected(f"whether it is worth less than {LITTLE} is not known: {SMALL} is for that", Code.INVALID)
        if (worth := total(values, LITTLE.currency)) >= LITTLE:
            raise Rejected(f"it is worth {worth}: {SMALL} is for less than {LITTLE}", Code.INVALID)
    return found


def _restricted(box: list[Known]) -> dict[str, str]:
    """One word is for all that is in a parcel. Raises Rejected where two would be needed."""
    kinds = {ware.restriction for _, ware in box} - {"none"}
    if len(kinds) > 1:
        raise Rejected("goods of several restrictions are not declared in one parcel", Code.UNSUPPORTED)
    if not kinds:
        return {"restriction_type": "none"}
    comments = dict.fromkeys(ware.comments.strip() for _, ware in box if ware.restriction != "none")
    return {"restriction_type": str(kinds.pop()), "restriction_comments": "; ".join(comments)}


def _item(one: Declared, ware: Ware) -> dict[str, Any]:
    """All its units: ounces to a thousandth, never more than they weigh."""
    weight = max(_THOUSANDTH, (Decimal(one.weight) / places.GRAMS).quantize(_THOUSANDTH, ROUND_FLOOR))
    found = {
        "description": ware.description, "quantity": one.quantity, "value": float(one.value.format()),
        "weight": float(weight), "hs_tariff_number": ware.hs, "origin_country": ware.origin, "code": one.sku,
    }  # fmt: skip
    return found if one.value.currency == "USD" else found | {"currency": one.value.currency}
