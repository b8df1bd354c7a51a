"""Where people are and how they are reached. Everything here is personal data."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
"""A country of ISO 3166-1, two upper-case letters."""

_COUNTRY = re.compile(r"[A-Z]{2}")


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address as a carrier wants it, from the first line to the country.

    `region` is the subdivision without its country (`CA`, not `US-CA`). Raises ValueError without a line and for a
    country that is not two upper-case letters; whether the place exists is a carrier's question.
    """

    name: str
    lines: tuple[str, ...]
    city: str
    country: Country
    postcode: str | None = None
    region: str | None = None
    company: str | None = None
    phone: str | None = None

    def __post_init__(self) -> None:
        if not any(line.strip() for line in self.lines):
            raise ValueError("an address needs a line")
        if _COUNTRY.fullmatch(self.country) is None:
            raise ValueError("an address's country is two upper-case letters (ISO 3166-1)")


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """How one person is reached. `phone` is in E.164 (`+4930123456`); `language` is a BCP 47 tag (`de-AT`).

    Raises ValueError for an e-mail address without exactly one `@` between two parts, and for a phone not in E.164.
    """

    email: str | None = None
    phone: str | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        if self.email is not None and re.fullmatch(r"[^@\s]+@[^@\s]+", self.email) is None:
            raise ValueError("this is no e-mail address")
        if self.phone is not None and re.fullmatch(r"\+[1-9][0-9]{3,14}", self.phone) is None:
            raise ValueError("a phone number is in E.164: + country number, digits only")
