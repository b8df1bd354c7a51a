"""What a Recharge account needs to be told."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.kit import Secret

VERSION: Final = "2021-11"
"""The newest version of Recharge's API. Sent with every call: what a store gets without it is a setting of its own."""
BASE: Final = "https://api.rechargeapps.com"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One store's API.

    `token` is an API token, `webhook_secrets` the API client secrets that are live, two while one is changed: none,
    and nobody is believed. `variants` names the shop's variant of a SKU, where Recharge itself does not say which it
    is. `cards`: whether cards are looked at, so that one that ends before its charge is seen. `poll` is seconds between
    two looks for what no webhook told, `ahead` those between two looks at the renewals of the next days; 0: none. `url`
    is for tests only.

    Raises ValueError for a variant that is no number.
    """

    token: Secret
    webhook_secrets: tuple[Secret, ...] = ()
    variants: dict[str, str] = {}
    cards: bool = True
    poll: float = 300.0
    ahead: float = 3_600.0
    url: str = BASE

    def __post_init__(self) -> None:
        for sku, variant in self.variants.items():
            if not (variant.isascii() and variant.isdigit()):
                raise ValueError(f"`variants`: that of {sku[:40]} is the number of a variant in the shop")
