"""Whether an account can do its work: the token is good, and may do what it is for."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.recharge.settings import Settings
from pawline.kit import Http
from pawline.ports import Code, Unauthorised

HEARD: Final = ("read_subscriptions", "read_orders", "read_customers")
"""What webhooks and looks need: Recharge tells `charge/…` to who may read orders."""
PLAYED: Final = ("write_subscriptions", "write_orders", "read_products")
CARDS: Final = "read_payment_methods"


class Token(msgspec.Struct, frozen=True):
    """The token, as Recharge knows it."""

    scopes: tuple[str, ...]


class TokenReply(msgspec.Struct, frozen=True):
    """https://developer.rechargepayments.com/2021-11/token_information/token_information_retrieve ."""

    token_information: Token


async def probe(http: Http, settings: Settings, plays: frozenset[str]) -> None:
    """Raises Unauthorised for a token that is not known, and for scopes that are lacking, all of them by name.

    It is the one call that needs no scope.
    """
    have = set((await http.get("token_information", into=TokenReply)).token_information.scopes)
    have |= {f"read_{one.removeprefix('write_')}" for one in have if one.startswith("write_")}
    needed = [*HEARD, *(PLAYED if "Subscriptions" in plays else ())]
    needed += [CARDS] if settings.cards and "Subscriptions" in plays else []
    if lacking := [one for one in needed if one not in have]:
        raise Unauthorised(f"the token lacks the scopes {', '.join(lacking)}", Code.FORBIDDEN)
