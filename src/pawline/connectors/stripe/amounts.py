"""Money as Stripe counts it: whole numbers, mostly of ISO 4217's minor unit, and otherwise where it says so.

https://docs.stripe.com/currencies#special-cases ,
https://support.stripe.com/questions/deprecation-of-fractional-isk-charges-and-refunds
"""

from __future__ import annotations

from typing import Final

from pawline.model import Money
from pawline.model.currency import exponent
from pawline.ports import Code, Rejected

HUNDREDTHS: Final = frozenset({"ISK", "UGX"})
"""Without decimals, and counted in hundredths all the same: 5 krónur are 500."""
WHOLE: Final = frozenset({"MGA"})
"""With decimals by ISO 4217, and counted without."""
TENS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""With three decimals, of which the last one is 0."""
NONE: Final = frozenset({"CLF", "IQD", "LYD", "UYI", "UYW"})
"""Currencies that Stripe does not take, whose decimals it says nothing about."""


def counted(money: Money) -> str:
    """The amount as a request has it. Raises Rejected(unsupported) for one that Stripe cannot be told."""
    unit = money.currency
    if unit in NONE:
        raise Rejected(f"Stripe does not take {unit}", Code.UNSUPPORTED)
    if unit in HUNDREDTHS:
        return str(money.minor * 100)
    if unit in WHOLE:
        whole, rest = divmod(money.minor, 10 ** exponent(unit))
        if rest:
            raise Rejected(f"Stripe takes whole {unit} only, and not {money}", Code.UNSUPPORTED)
        return str(whole)
    if unit in TENS and money.minor % 10:
        raise Rejected(f"Stripe takes {unit} to two decimals only, and not {money}", Code.UNSUPPORTED)
    return str(money.minor)


def money(amount: int, currency: str) -> Money:
    """What an answer says. Raises ValueError and OverflowError for what is no amount of a currency that is known."""
    unit = currency.upper()
    if unit in NONE:
        raise ValueError(f"nobody knows how Stripe counts {unit}")
    if unit in HUNDREDTHS:
        whole, rest = divmod(amount, 100)
        if rest:
            raise ValueError(f"{unit} has no decimals")
        return Money(whole, unit)
    if unit in WHOLE:
        return Money(amount * 10 ** exponent(unit), unit)
    return Money(amount, unit)
