"""Which profile: for how much of the work after an order its shopper waits."""

from __future__ import annotations

from typing import Final

from pawline.insight.advice.answers import Access, Answers
from pawline.insight.advice.words import ProfileAdvice, Reason

EVENT_DRIVEN: Final = "event-driven"
HYBRID: Final = "hybrid"
SYNCHRONOUS: Final = "synchronous"
SAYS_YES: Final = ("erp", "inventory", "fulfilment", "payments")
"""The roles that have a word in whether an order stands."""


def profile_of(answers: Answers) -> ProfileAdvice:
    """The least waiting that the answers allow."""
    if answers.checkout == "theirs":
        says = "the shop's own checkout has answered its shopper before an order reaches the hub: nobody waits for us"
        reasons = [Reason(says, ("checkout",))]
        if answers.must_confirm:
            says = (
                "that every system says yes first is not ours to give there: its checkout asks nobody of us but rates"
            )
            reasons.append(Reason(says, ("must_confirm",)))
        return ProfileAdvice(profile=EVENT_DRIVEN, reasons=tuple(reasons))
    if answers.checkout is None:
        says = "it hangs on who owns the checkout: `theirs` (Shopify, WooCommerce, …) or `ours`, by our API"
        return ProfileAdvice(profile=None, reasons=(Reason(says, ("checkout",)),))
    return _ours(answers)


def _ours(answers: Answers) -> ProfileAdvice:
    slow = slow_to_say_yes(answers)
    if answers.must_confirm:
        says = "every system is to have said yes before a shopper reads thank you; each slow one is waited for"
        return ProfileAdvice(profile=SYNCHRONOUS, reasons=(Reason(says, ("must_confirm",)),))
    reasons = []
    if slow:
        says = f"{' and '.join(slow)} cannot answer while a shopper waits, so the hub's own holds decide about stock"
        reasons.append(Reason(says, ("systems",)))
    if answers.tell_later is None:
        says = "whether a shopper may be told a minute later that a card was declined decides: say `tell_later`"
        return ProfileAdvice(profile=None, reasons=(*reasons, Reason(says, ("tell_later",))))
    if answers.tell_later:
        says = "a shopper may hear of a declined card a minute later, so only the record on disk is waited for"
        return ProfileAdvice(profile=EVENT_DRIVEN, reasons=(*reasons, Reason(says, ("tell_later",))))
    says = "a declined card is to be said at once: the payment's first word is waited for, until a deadline"
    return ProfileAdvice(profile=HYBRID, reasons=(*reasons, Reason(says, ("tell_later",))))


def slow_to_say_yes(answers: Answers) -> list[str]:
    """Systems with a word in whether an order stands that can be asked by files or by their database only, or not."""
    quick = {Access.API, Access.WEBHOOKS}
    return [
        one.name for one in answers.playing(*SAYS_YES)
        if one.access is not None and not quick & set(one.access)
    ]  # fmt: skip
