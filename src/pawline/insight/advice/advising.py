"""From a shop's answers to advice. Pure: the same answers are the same advice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pawline.insight.advice.answers import Access, Answers
from pawline.insight.advice.connecting import Offers, order_of
from pawline.insight.advice.fit import asks_of, misfits_of
from pawline.insight.advice.observing import Observed, filled, noted
from pawline.insight.advice.profile import profile_of
from pawline.insight.advice.saving import Touchless, savings_of
from pawline.insight.advice.sizing import sizing_of
from pawline.insight.advice.words import Advice, Reason, Saving, Verdict

BENCH: Final = "a run of `python -m bench isolation` on machines of yours"
FIRST: Final = 3
"""Flows to begin with: each is watched before it is trusted, and that takes somebody's attention."""


def advise(
    answers: Answers, offers: Offers, touchless: Mapping[str, Touchless] | None = None, seen: Observed | None = None
) -> Advice:  # fmt: skip
    """What is recommended. `touchless` is the shop's own history by flow, `seen` what an X-ray counted, if one did.

    Raises ValueError where what it counted contradicts the answers.
    """
    answers, counted = (answers, ()) if seen is None else filled(answers, seen)
    savings = savings_of(answers, offers, touchless or {})
    if seen is not None:
        savings = [noted(one, seen) for one in savings]
    misfits = misfits_of(answers, savings)
    if misfits:
        return Advice(verdict=Verdict.FITS_NOT, misfits=misfits, unknown=answers.unknown())
    asks = asks_of(answers, savings)
    first, later = _first(savings)
    sizing = sizing_of(answers)
    told = sizing.need is None or sizing.store is not None
    return Advice(
        verdict=Verdict.UNKNOWN if asks or not told else Verdict.FITS,
        asks=asks if told else (*asks, BENCH),
        profile=profile_of(answers), sizing=sizing, flows=first, later=later,
        connect=order_of(answers, first, offers), notes=tuple(_notes(answers)), counted=counted,
        unknown=answers.unknown(),
    )  # fmt: skip


def _first(savings: list[Saving]) -> tuple[tuple[Saving, ...], tuple[Saving, ...]]:
    """Those that are known to save something, then those whose mistakes were counted, the most of them first.

    A gap is not filled with what nobody knows.
    """
    known = [one for one in savings if one.hours is not None and one.hours[1] > 0]
    wrong = [one for one in savings if one.hours is None and one.mistakes]
    first = (*known, *sorted(wrong, key=lambda one: -(one.mistakes or 0)))[:FIRST]
    return first, tuple(one for one in savings if one not in first)


def _notes(answers: Answers) -> list[Reason]:
    notes = []
    if answers.zones and len(answers.zones) > 1:
        says = f"people work in {len(answers.zones)} time zones: give each its hours in `[[alarms.rota]]`"
        notes.append(Reason(says, ("zones",)))
    if answers.countries and len(answers.countries) > 1:
        says = "parcels that cross a border need their goods declared: see `easypost`; taxes are the shop's own"
        notes.append(Reason(says, ("countries",)))
    closed = [one.name for one in answers.systems or () if one.access == (Access.NONE,)]
    if closed:
        notes.append(Reason(f"a person stays between {', '.join(closed)} and the rest", ("systems",)))
    if answers.people is not None and answers.people <= 3:
        says = "cases wait for very few people: cap what a flow does in an hour (`[caps]`), and let cases come by mail"
        notes.append(Reason(says, ("people",)))
    return notes
