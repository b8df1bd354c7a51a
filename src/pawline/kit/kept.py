"""What a household decided, kept in a property of a system that has no place for all of it, by purpose and medium."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pawline.model import Aware, Consent, HouseholdId, Medium, Purpose

_EVERY = "all"


class Kept(msgspec.Struct, frozen=True):
    """A decision as it is kept; `written` is when we wrote it there."""

    granted: bool
    at: Aware
    source: str
    written: Aware
    wording: str | None = None

    def outlasts(self, consent: Consent) -> bool:
        """Whether it is newer than this one, a no among equally new."""
        return (self.at, not self.granted) > (consent.at, not consent.granted)


def name_of(consent: Consent, *more: str) -> str:
    """Under which name it is kept: `reminders/email`, `marketing/all`; behind that, what else tells it from others."""
    medium = _EVERY if consent.medium is None else consent.medium.value
    return "/".join((consent.purpose.value, medium, *filter(None, more)))


def covers(name: str, purpose: Purpose, medium: Medium) -> bool:
    """Whether what is kept under this name is about that."""
    return name.split("/", 2)[:2] in ([purpose.value, medium.value], [purpose.value, _EVERY])


def decisions(household: HouseholdId, of: Mapping[str, Kept]) -> list[Consent]:
    """What is kept, as decisions; names that are of no purpose or medium are passed over."""
    found: list[Consent] = []
    for name, one in of.items():
        purpose, medium, *_ = (*name.split("/", 2), "")
        if purpose in set(Purpose) and (medium == _EVERY or medium in set(Medium)):
            found.append(
                Consent(
                    household=household, purpose=Purpose(purpose), granted=one.granted, at=one.at, source=one.source,
                    medium=None if medium == _EVERY else Medium(medium), wording=one.wording,
                )
            )  # fmt: skip
    return found
