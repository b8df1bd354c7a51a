"""Setting money aside: a payment intent is made first, which holds nothing, and then confirmed by its id.

https://docs.stripe.com/api/payment_intents/create , https://docs.stripe.com/api/payment_intents/confirm - so whatever
Stripe keeps for a key, there is one payment to look at. A second one would not do: a payment method without a customer
is spent by its first use.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.told import ToldIntent
from pawline.ports import AuthorisationState, Code, Rejected, Transient

STATES: Final = {
    "requires_capture": AuthorisationState.AUTHORISED, "succeeded": AuthorisationState.AUTHORISED,
    "requires_action": AuthorisationState.NEEDS_SHOPPER, "processing": AuthorisationState.PENDING,
}  # fmt: skip
"""What stands for its tender. What was declined or called off is no authorisation."""
NEW: Final = "requires_confirmation"
"""Nobody has confirmed it, as far as it says."""
KEYED: Final = frozenset({Code.KEY_REUSED, Code.KEPT_FAILURE})
"""What says no more of a call than that its key was used before."""
LATER: Final = timedelta(seconds=10)
CALLED_OFF: Final = "Stripe failed at it, and the payment was called off"


class Setting:
    """An account's payments until their money is set aside. Raises one of the four errors."""

    def __init__(self, api: Api, return_url: str) -> None:
        self._api: Final = api
        self._form: Final[dict[str, object]] = {
            "expand": ["latest_charge"],
            **({"return_url": return_url} if return_url else {"error_on_requires_action": True}),
        }

    async def made(
        self, asked: Mapping[str, object], key: str, there: Callable[[], Awaitable[ToldIntent | None]]
    ) -> ToldIntent:
        """The step's payment, not confirmed yet unless an attempt before has done it.

        One that Stripe failed to make was never confirmed, for nobody knew its id: another holds nothing twice. A key
        that Stripe knows with other words (a release between two attempts asks otherwise) did make one, which may have
        been confirmed: it is waited for until it is `there` to be seen.
        """
        for each in (key, f"{key}-2"):
            try:
                return await self._api.post("payment_intents", form=asked, key=each, into=ToldIntent)
            except Transient as no:
                if no.code is Code.KEY_REUSED:
                    if (found := await there()) is None:
                        raise Transient(no.text, no.code, retry_after=LATER) from no
                    return found
                if no.code is not Code.KEPT_FAILURE:
                    raise
        raise Transient("Stripe fails at it, and has set nothing aside", Code.KEPT_FAILURE, retry_after=LATER)

    async def confirmed(self, made: ToldIntent, key: str) -> ToldIntent:
        """How it stands once it is confirmed.

        A failure that Stripe keeps for the key is looked into. What still waits then is tried by one more key, for a
        payment sets its money aside once; and what is refused then may be so since the method is spent by what failed.
        So it is called off, after which it can hold nothing whatever Stripe sets right, and only then it is a no.
        """
        if made.status != NEW:
            return made
        told, _ = await self._confirm(made.id, f"{key}/confirm")
        if told.status != NEW:
            return told
        told, no = await self._confirm(made.id, f"{key}/confirm-2", doubted=True)
        if told.status in STATES:
            return told
        if (await self.cancelled(made.id)).status != "canceled":
            raise Transient("Stripe failed at it, and it does not stand still", Code.IN_PROGRESS, retry_after=LATER)
        raise no or Rejected(CALLED_OFF, Code.DECLINED)

    async def cancelled(self, name: str) -> ToldIntent:
        """Called off, or how it stands where it cannot be: https://docs.stripe.com/api/payment_intents/cancel ."""
        try:
            return await self._api.post("payment_intents", name, "cancel", into=ToldIntent)
        except Rejected as no:
            if no.code is not Code.CONFLICT:
                raise
            return await self._look(name)

    async def _confirm(self, name: str, key: str, *, doubted: bool = False) -> tuple[ToldIntent, Rejected | None]:
        """What came of it, or how it stands where that is not said. A no is raised, unless one before is `doubted`."""
        no: Rejected | None = None
        try:
            told = await self._api.post("payment_intents", name, "confirm", form=self._form, key=key, into=ToldIntent)
        except Transient as kept:
            if kept.code not in KEYED:
                raise
        except Rejected as refused:
            if not doubted and refused.code is not Code.CONFLICT:
                raise
            no = None if refused.code is Code.INVALID else refused  # which may say that the method is spent
        else:
            return told, None
        return await self._look(name), no

    async def _look(self, name: str) -> ToldIntent:
        query = {"expand": ["latest_charge"]}
        return await self._api.get("payment_intents", name, query=query, into=ToldIntent)
