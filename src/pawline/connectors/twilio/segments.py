"""What a text costs: in how many segments it goes out.

3GPP TS 23.038 has the alphabet, https://www.twilio.com/docs/glossary/what-sms-character-limit the lengths.
"""

from __future__ import annotations

from typing import Final

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM-7: one place each."""
EXTENDED: Final = frozenset("\f^{}\\[~]|€")
"""Two places each, in one segment."""


def segments(text: str) -> int:
    """How many; Twilio's smart encoding may make it fewer, never more. Raises ValueError for what is no text."""
    if BASIC.issuperset(text) or (BASIC | EXTENDED).issuperset(text):
        return _cut([2 if one in EXTENDED else 1 for one in text], 160, 153)
    return _cut([len(one.encode("utf-16-le")) // 2 for one in text], 70, 67)


def _cut(places: list[int], alone: int, each: int) -> int:
    if sum(places) <= alone:
        return 1
    count, room = 1, each
    for one in places:
        if one > room:
            count, room = count + 1, each
        room -= one
    return count
