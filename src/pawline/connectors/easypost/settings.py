"""What an EasyPost account needs to be told."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from pawline.kit import Secret
from pawline.model import Country

BASE: Final = "https://api.easypost.com"
_KEYS: Final = {"EZTK": "test", "EZAK": "production"}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One API key, which is of `mode`: a test key makes labels that no carrier takes, so that is said by name.

    `carriers` are the carrier accounts (`ca_…`) that are asked for rates, none: all; `services` what may be chosen of
    their rates (`USPS GroundAdvantage`), none: all. `label` is what the warehouse prints. In the countries of `verify`
    it is asked whether a shopper's address exists before rates are. `webhook_secrets` are those that are live, two
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
