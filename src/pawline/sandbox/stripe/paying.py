"""What a payment goes through: tried, confirmed by its shopper, taken, paid back."""

from __future__ import annotations

from typing import Any, Final

from pawline.sandbox.stripe.books import Books, Charge, Intent, Method, Refund
from pawline.sandbox.stripe.calls import No

DECLINES: Final = {
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", None),
}  # fmt: skip
"""https://docs.stripe.com/testing#declined-payments ."""
ASKS: Final = frozenset({"pm_card_authenticationRequired", "pm_card_threeDSecure2Required"})
REFUNDS: Final = {"pm_card_pendingRefund": "pending", "pm_card_refundFail": "pending"}
GOOD: Final = frozenset({"pm_card_visa", "pm_card_mastercard", "pm_card_createDispute", *REFUNDS})
SPENT: Final = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment. "
    "It may not be used again."
)


class Paying:
    """Payments in the books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def method(self, name: str | None) -> str | None:
        """A method that is there, or a new one of a kind for tests. Raises No for what is neither."""
        books = self._books
        if name is None or name in books.methods:
            return name
        if name not in {*GOOD, *ASKS, *DECLINES}:
            raise No(400, "resource_missing", param="payment_method")
        made = Method(books.id("pm"), name)
        books.methods[made.id] = made
        return made.id

    def confirm(self, one: Intent, *, no_asking: bool) -> None:
        """Tries it. Raises No where whoever issued the card does not pay, and for a method that was used before."""
        if one.method is None:
            raise No(400, "payment_intent_unexpected_state", kept=True)
        used = self._books.methods[one.method]
        if used.spent:  # as https://github.com/liberapay/liberapay.com/issues/2686 has it: no code, and no param
            raise No(400, "", message=SPENT, kept=True)
        used.spent, method = True, used.kind
        if method in DECLINES:
            self._decline(one, *DECLINES[method])
        if method in ASKS and no_asking:
            self._decline(one, "authentication_required", "authentication_required")
        if method in ASKS:
            one.status = "requires_action"
            self._books.happened("payment_intent.requires_action", one)
            return
        self._set_aside(one)

    def authenticate(self, one: Intent, *, good: bool) -> None:
        """The shopper confirms, or does not."""
        if one.status != "requires_action":
            raise No(400, "payment_intent_unexpected_state")
        if good:
            self._set_aside(one)
            return
        code = "payment_intent_authentication_failure"
        self._failed(one, Charge(self._books.id("ch"), self._books.now(), one.id, one.amount, paid=False, code=code))

    def _set_aside(self, one: Intent) -> None:
        books = self._books
        made = Charge(books.id("ch"), books.now(), one.id, one.amount, paid=True)
        books.charges[made.id] = made
        one.charges.append(made.id)
        one.status = "requires_capture"
        books.did("Stripe.authorise", books.name(one), money=books.money(one))
        books.happened("payment_intent.amount_capturable_updated", one)
        if one.capture != "manual":
            self.capture(one, one.amount, {})

    def _decline(self, one: Intent, code: str, decline: str | None) -> None:
        books = self._books
        made = Charge(books.id("ch"), books.now(), one.id, one.amount, paid=False, code=code, decline=decline)
        self._failed(one, made)
        told = {"charge": made.id, "payment_intent": books.shows(one)}
        raise No(402, code, type="card_error", kept=True, **told, **({"decline_code": decline} if decline else {}))

    def _failed(self, one: Intent, made: Charge) -> None:
        books = self._books
        books.charges[made.id] = made
        one.charges.append(made.id)
        one.status, one.method = "requires_payment_method", None
        problem: dict[str, Any] = {"type": "card_error", "code": made.code, "message": "It was declined."}
        one.problem = problem | ({"decline_code": made.decline} if made.decline else {})
        books.happened("payment_intent.payment_failed", one)

    def capture(self, one: Intent, amount: int, metadata: dict[str, str]) -> None:
        """Takes it, once. Raises No for more than there is."""
        books = self._books
        if one.status != "requires_capture":
            raise No(400, "payment_intent_unexpected_state", kept=True)
        if not 0 < amount <= one.amount:
            raise No(400, "amount_too_large", param="amount_to_capture", kept=True)
        charge = books.charges[one.charges[-1]]
        one.metadata |= metadata
        one.status, one.received = "succeeded", amount
        charge.captured, charge.taken = True, amount
        books.changed(amount, one.currency, "charge", charge.id)
        books.did("Stripe.capture", books.name(one), money=books.money(one, amount))
        books.happened("payment_intent.succeeded", one)

    def cancel(self, one: Intent, because: str | None) -> None:
        """Lets go. Raises No for what was taken, or let go of before."""
        if one.status in ("succeeded", "canceled", "processing"):
            raise No(400, "payment_intent_unexpected_state", kept=True)
        self._books.cancel(one, because)

    def refund(self, one: Intent, amount: int | None, metadata: dict[str, str], reason: str | None) -> Refund:
        """Gives it back. Raises No for more than is left."""
        books = self._books
        charge = books.charges[one.charges[-1]] if one.charges else None
        if charge is None or not charge.captured:
            raise No(400, "charge_not_refundable", kept=True)
        left = charge.taken - charge.back
        if left == 0:
            raise No(400, "charge_already_refunded", kept=True)
        if charge.disputed:
            raise No(400, "charge_disputed", kept=True)
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            raise No(400, "amount_too_large", param="amount", kept=True)
        made = Refund(
            books.id("re"), books.now(), one.id, charge.id, amount, one.currency, metadata, reason=reason,
            status=REFUNDS.get(books.kind(one), "succeeded"),
        )  # fmt: skip
        books.refunds[made.id] = made
        charge.back += amount
        books.changed(-amount, one.currency, "refund", made.id)
        books.did("Stripe.refund", books.name(one), money=books.money(made))
        books.happened("refund.created", made)
        return made

    def refund_ends(self, one: Refund, status: str, why: str | None) -> None:
        """A bank takes a refund, or does not: then the money is the shop's again."""
        books = self._books
        one.status, one.failure = status, why
        if status in ("failed", "canceled"):
            books.charges[one.charge].back -= one.amount
            books.changed(one.amount, one.currency, "refund_failure", one.id)
        books.happened("refund.updated", one)
        if status == "failed":
            books.happened("refund.failed", one)
