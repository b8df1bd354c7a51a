"""ISO 4217: which currencies there are, and how many decimals their minor unit has."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

_TWO_DECIMALS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB
PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY
TTD TWD TZS UAH USD UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"
# Withdrawn since 2020, kept because old orders are still read: replaced by XCG, EUR, EUR, SLE and ZWG.
_WITHDRAWN_TWO_DECIMALS = "ANG BGN HRK SLL ZWL"

EXPONENTS: Final = MappingProxyType(
    {
        code: decimals
        for decimals, codes in (
            (2, _TWO_DECIMALS + _WITHDRAWN_TWO_DECIMALS),
            (0, _NO_DECIMALS),
            (3, _THREE_DECIMALS),
            (4, _FOUR_DECIMALS),
        )
        for code in codes.split()
    }
)
"""Currency code → decimals of its minor unit, as ISO 4217 has them.

Vendors differ for some (Stripe and Adyen for ISK and UGX): their connectors convert, this table does not.
"""


class UnknownCurrency(ValueError):
    """Not the code of a currency in ISO 4217 (upper case, three letters)."""


def exponent(currency: str) -> int:
    """How many decimals the minor unit has: EUR 2, JPY 0, KWD 3. Raises UnknownCurrency."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(f"{currency!r} is not a currency of ISO 4217") from None
