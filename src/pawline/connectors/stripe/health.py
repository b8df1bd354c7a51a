"""Whether an account can do its work: the key is good, of the mode that the settings say, and may do what it is to.

https://docs.stripe.com/keys/restricted-api-keys - Stripe tells nobody which permissions a key has. So each list is
asked for one item, and each effect of a payment that there is not: who may not do it is told so, and who may that there
is none. Nothing happens.
"""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.settings import Settings
from pawline.connectors.stripe.told import Listed
from pawline.kit import Http
from pawline.ports import Code, Rejected, Unauthorised

READS: Final = {
    "payment_intents": "PaymentIntents", "charges": "Charges and Refunds", "refunds": "Charges and Refunds",
    "disputes": "Disputes", "payouts": "Payouts", "balance_transactions": "Balance transactions", "events": "Events",
    "webhook_endpoints": "Webhook Endpoints",
}  # fmt: skip
"""Each list, and what its permission is called where keys are made."""
NOBODYS: Final = "pi_pawline_asks"
WRITES: Final[tuple[tuple[tuple[str, ...], dict[str, str], str], ...]] = (
    (("payment_intents", NOBODYS, "cancel"), {}, "PaymentIntents"),
    (("refunds",), {"payment_intent": NOBODYS}, "Charges and Refunds"),
)


class Moded(msgspec.Struct, frozen=True):
    """Anything, as far as its mode; not all say one."""

    livemode: bool | None = None


async def probe(http: Http, settings: Settings, plays: frozenset[str]) -> None:
    """Raises Unauthorised for a key that is not known or of the other mode, and for what it lacks, all by name."""
    api, lacks = Api(http), list[str]()
    for path, name in READS.items():
        try:
            page = await api.get(path, query={"limit": "1"}, into=Listed[Moded])
        except Unauthorised as no:
            if no.code is not Code.FORBIDDEN:
                raise
            lacks.append(f"{name}: read")
            continue
        if any(one.livemode not in (None, settings.mode == "live") for one in page.data):
            raise Unauthorised(f'the key is none of mode "{settings.mode}"', Code.CREDENTIALS)
    for where, form, name in WRITES if "Payments" in plays else ():
        try:
            await api.post(*where, form=form, into=object)
        except Rejected:
            continue
        except Unauthorised as no:
            if no.code is not Code.FORBIDDEN:
                raise
            lacks.append(f"{name}: write")
    if lacks:
        raise Unauthorised(f"the key lacks {', '.join(dict.fromkeys(lacks))}", Code.FORBIDDEN)
