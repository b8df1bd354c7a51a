"""What a Stripe account needs to be told."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from pawline.kit import Secret

BASE: Final = "https://api.stripe.com"
VERSION: Final = "2026-08-26.dahlia"
"""Of the API: what is asked and what is told is as this one has it, webhooks too. Later ones know no
`payment_method_types`: https://docs.stripe.com/changelog/endive/2026-09-30/removes-the-payment-method-types-parameter-from-payment-intents-and-setup-intents
"""
_MODES: Final = {"sk_live_": "live", "rk_live_": "live", "sk_test_": "test", "rk_test_": "test"}
_LABEL: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key, best a restricted one, which is of `mode`: a test key moves no money, so that is said by name.

    `label` is what our payments bear at Stripe, such as the shop's name: each shop, and each hub, that shares a Stripe
    account has another, or would take their orders for its own. `labels_before` are those that this one had: what was
    paid under them is found by them only. Payouts are of all of them: `payouts` says whether this
    one tells them. `return_url` is the page of the shop to which a bank sends a shopper back whom it asked; without one
    nobody is asked, and a card that needs it is declined. `webhook_secrets` are those that are live, two while one is
    rolled; none, and nobody is believed. `poll` is seconds between two looks for what no webhook told; 0: none. `url`
    is for tests only.

    Raises ValueError for a publishable key, a key of the other mode, a label that is none, and a page without https.
    """

    key: Secret
    mode: Literal["live", "test"] = "live"
    label: str
    labels_before: tuple[str, ...] = ()
    payouts: bool = True
    return_url: str = ""
    webhook_secrets: tuple[Secret, ...] = ()
    poll: float = 300.0
    url: str = BASE

    def __post_init__(self) -> None:
        begin = self.key.reveal()[:8]
        if begin.startswith("pk_"):
            raise ValueError("the key is a publishable one, which is for browsers: give a restricted or a secret key")
        known = _MODES.get(begin, self.mode)
        if known != self.mode:
            raise ValueError(f'the key is a {known} key, and `mode` is "{self.mode}": correct one of them')
        if not all(map(_LABEL.fullmatch, self.labels)):
            raise ValueError("`label`: lower case, digits, - and _, such as pets-eu")
        if self.return_url and not self.return_url.startswith("https://"):
            raise ValueError("`return_url` is a page of the shop, and begins with https://")

    @property
    def labels(self) -> tuple[str, ...]:
        """All by which a payment is ours."""
        return (self.label, *self.labels_before)
