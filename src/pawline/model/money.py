"""Money: a whole number of minor units in one currency. No float comes in, and nothing is rounded unasked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

import msgspec

from pawline.model.currency import exponent

LARGEST: Final = 2**53 - 1
"""The most minor units, either way: what every reader of JSON still takes exactly."""

_DECIMAL = re.compile(r"(-?)([0-9]{1,20})(?:\.([0-9]{1,20}))?")


class MixedCurrencies(ValueError):
    """Two currencies in one sum or comparison. Nothing here converts: a rate belongs to whoever gives it."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other} do not add up: convert first, at a rate that somebody stands for")


class Money(msgspec.Struct, frozen=True):
    """`Money(1999, "EUR")` is 19.99 euro.

    Adds to and compares with its own currency only (MixedCurrencies). Raises TypeError unless `minor` is an int,
    UnknownCurrency, and OverflowError beyond `LARGEST`.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"money counts whole minor units, not {type(self.minor).__name__}")
        if not -LARGEST <= self.minor <= LARGEST:
            raise OverflowError(f"more than {LARGEST} minor units of {self.currency}")
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in this currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Money from plain decimals as vendors send them: `19.99`, `-5`, `19.9900`.

        Raises ValueError for anything else (exponents, signs, separators, spaces) and for digits below the minor unit.
        """
        match = _DECIMAL.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a plain decimal number")
        sign, whole, fraction = match[1], match[2], match[3] or ""
        places = exponent(currency)
        if fraction[places:].strip("0"):
            raise ValueError(f"{text!r} has more than {currency}'s {places} decimals")
        minor = int(whole + fraction[:places].ljust(places, "0"))
        return cls(-minor if sign else minor, currency)

    @classmethod
    def rounded(cls, amount: Decimal | Fraction | int, currency: str) -> Money:
        """Money from an exact number of major units, halves away from zero: for amounts below the minor unit.

        Raises ValueError for NaN and infinities, OverflowError beyond `LARGEST`.
        """
        if isinstance(amount, Decimal):
            if not amount.is_finite():
                raise ValueError(f"{amount} is not an amount")
            if amount.adjusted() > 20:
                raise OverflowError(f"more than {LARGEST} minor units of {currency}")
            if amount.adjusted() < -20:
                amount = Decimal(0)
        return cls(_half_away(Fraction(amount) * 10 ** exponent(currency)), currency)

    def format(self) -> str:
        """The plain decimal number with all its decimals, `19.90`: `Money.parse` gives the same money back."""
        places = exponent(self.currency)
        digits = str(abs(self.minor)).rjust(places + 1, "0")
        sign = "-" if self.minor < 0 else ""
        return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)

    def decimal(self) -> Decimal:
        """The exact number of major units."""
        return Decimal(self.format())

    def scale(self, factor: Decimal | Fraction | int) -> Money:
        """`factor` times this, to the minor unit, halves away from zero. Raises ValueError for NaN and infinities."""
        if isinstance(factor, Decimal) and not factor.is_finite():
            raise ValueError(f"{factor} is not a factor")
        return Money(_half_away(self.minor * Fraction(factor)), self.currency)

    def allocate(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Parts in proportion to `weights` that add up to exactly this.

        What is left over after rounding towards zero goes, one minor unit each, to the largest remainders, and among
        equals to the first. Raises ValueError if there are no weights, one is negative, or all are zero.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError("allocating needs weights that are not negative, and not all zero")
        parts, remainders = zip(*(divmod(abs(self.minor) * weight, whole) for weight in weights), strict=True)
        left = abs(self.minor) - sum(parts)
        favoured = set(sorted(range(len(parts)), key=lambda place: (-remainders[place], place))[:left])
        sign = -1 if self.minor < 0 else 1
        return tuple(Money(sign * (part + (place in favoured)), self.currency) for place, part in enumerate(parts))

    def _same(self, other: object) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money adds to and compares with money only, not {type(other).__name__}")
        if other.currency != self.currency:
            raise MixedCurrencies(self.currency, other.currency)
        return other.minor

    def __str__(self) -> str:
        return f"{self.format()} {self.currency}"

    def __bool__(self) -> bool:
        raise TypeError("money is neither true nor false: compare with Money.zero(currency), or look at .minor")

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum, which is zero of `currency` where there are no amounts. Raises MixedCurrencies."""
    minor = 0  # numbers are added, and money made of them once: an order adds up a hundred amounts
    for one in amounts:
        if one.currency != currency:
            raise MixedCurrencies(currency, one.currency)
        minor += one.minor
    return Money(minor, currency)


def _half_away(exact: Fraction) -> int:
    doubled = abs(exact.numerator) * 2 + exact.denominator
    whole = doubled // (exact.denominator * 2)
    return -whole if exact.numerator < 0 else whole
