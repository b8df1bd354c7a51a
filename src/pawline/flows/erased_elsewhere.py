"""Somebody was erased for good in another system: a person says what that is here, and they stay out till then."""

from __future__ import annotations

from typing import Final

from pawline.flows.erase_household import DUE
from pawline.flows.in_time import in_time
from pawline.model import ErasureAsked, PersonErased, Skipped
from pawline.ports import Households
from pawline.runtime import flow, publish, use

WISH, ONLY_THERE, ANEW = "they asked to be forgotten", "only there, and it stays so", "a mistake: make it anew"
SEEN_TO: Final = "seen to"


@flow(on=PersonErased)
async def erased_elsewhere(told: PersonErased) -> str | Skipped:
    """Whether it was the shopper's wish that system does not say, nor what they wish elsewhere: so it is asked.

    Their contact is not made anew there before that is answered, and after it only where it says so. A wish is an
    `erasure.asked` as any other: that one shows what is held, and is answered before anything goes.
    """
    households, by = use(Households), told.at + DUE
    whose = await households.filed(told.account, told.person)
    if whose is None:
        title = f"somebody was erased at {told.account}, and nobody here is known by that number"
        return await in_time(title, by, (SEEN_TO,), _unknown(told), SEEN_TO)
    await households.keep_out(whose, told.account)
    held = await households.held((whose,), ())
    if not held.theirs:
        await households.let_in(whose, told.account)
        return Skipped("nothing is known of them")
    evidence = {
        "account": told.account, "number there": told.person, "held": held, "under way": held.under_way,
        WISH: "another case shows what is held everywhere, and asks before anything goes",
        ONLY_THERE: "they are known here as before, and never made anew there by us",
        ANEW: "they are known there again with their next order",
    }  # fmt: skip
    answer = await in_time(f"a shopper was erased at {told.account}", by, (WISH, ONLY_THERE, ANEW), evidence, WISH)
    if answer == WISH:
        await publish(ErasureAsked(of=whose, at=told.at))
    elif answer == ANEW:
        await households.let_in(whose, told.account)
    return answer


def _unknown(told: PersonErased) -> dict[str, object]:
    return {
        "account": told.account, "number there": told.person,
        "whose it was": "whoever erased them there knows; if the shopper asked for it, erase them here, too",
    }  # fmt: skip
