"""What an EasyPost account needs to be told."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from pawline.kit import Secret
from pawline.model import Country

BASE: Final = "https://api.easypost.com"
CODE: Final = re.compile(r"[0-9]{4}\.?[0-9]{2}(\.?[0-9]{2}){0,2}")
"""A tariff number: the six digits of the world's Harmonized System, and what countries add."""
_KEYS: Final = {"EZTK": "test", "EZAK": "production"}


class Ware(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customs are to be told of one SKU beside what is known of it; '' is not said.

    `hs` is its tariff number, `origin` the country where it was made, `description` what it is called, if not as in the
    order. `restriction` is whether it is restricted where it goes, in EasyPost's words; where it is, `comments` says by
    what. Raises ValueError for what is no tariff number, and for a restriction without comments.
    """

    hs: str = ""
    origin: Country | Literal[""] = ""
    description: str = ""
    restriction: Literal["", "none", "other", "quarantine", "sanitary_phytosanitary_inspection"] = ""
    comments: str = ""

    def __post_init__(self) -> None:
        if self.hs and not CODE.fullmatch(self.hs):
            raise ValueError(f"`hs`: {self.hs[:40]} is no tariff number: write its 6 to 10 digits, as 2309.10")
        if self.restriction not in ("", "none") and not self.comments.strip():
            raise ValueError(f"`restriction` is {self.restriction}: say by what in `comments`")


class Customs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is declared where a parcel crosses a customs border. `signer` is who answers for it, by name.

    `goods` is by SKU; what one does not say there is as in `usual`. `export` is the citation (`eel_pfc`) by which goods
    leave the USA, by country, `*` for all others. `incoterm` says who pays the duties, `undelivered` what becomes of a
    parcel that nobody takes. Raises ValueError for a declaration that nobody signs.
    """

    signer: str
    goods: dict[str, Ware] = {}
    usual: Ware = Ware()
    export: dict[str, str] = {}
    incoterm: Literal["", "EXW", "FCA", "CPT", "CIP", "DAT", "DAP", "DDP", "FAS", "FOB", "CFR", "CIF"] = ""
    undelivered: Literal["return", "abandon"] = "return"

    def __post_init__(self) -> None:
        if not self.signer.strip():
            raise ValueError("`signer`: somebody answers for what is declared: say who, by name")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One API key, which is of `mode`: a test key makes labels that no carrier takes, so that is said by name.

    `carriers` are the carrier accounts (`ca_…`) that are asked for rates, none: all; `services` what may be chosen of
    their rates (`USPS GroundAdvantage`), none: all. `label` is what the warehouse prints. In the countries of `verify`
    it is asked whether a shopper's address exists before rates are. `customs` is what is declared where a border is
    crossed; without it nothing is sent over one. `webhook_secrets` are those that are live, two
    while one is changed; none, and nobody is believed. `poll` is seconds between two looks for what no webhook told; 0:
    none. `url` is for tests only.

    Raises ValueError for a key of the other mode, and for a carrier account or a service that is none.
    """

    key: Secret
    mode: Literal["production", "test"] = "production"
    webhook_secrets: tuple[Secret, ...] = ()
    carriers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    label: Literal["pdf", "png", "zpl"] = "pdf"
    verify: tuple[Country, ...] = ("US",)
    customs: Customs | None = None
    poll: float = 900.0
    url: str = BASE

    def __post_init__(self) -> None:
        known = _KEYS.get(self.key.reveal()[:4], self.mode)
        if known != self.mode:
            raise ValueError(f'the key is a {known} key, and `mode` is "{self.mode}": correct one of them')
        for one in self.carriers:
            if not one.startswith("ca_"):
                raise ValueError(f"`carriers`: {one[:40]} is no carrier account: their ids begin with ca_")
        for one in self.services:
            if len(one.split(" ", 1)) != 2:
                raise ValueError(f"`services`: write carrier and service, as USPS GroundAdvantage, and not {one[:40]}")
