"""What a household allowed or took back, wherever it said so: every tool that writes to people knows."""

from __future__ import annotations

from collections.abc import Awaitable

import msgspec

from pawline.model import ConsentChanged
from pawline.ports import Code, Marketing, Rejected
from pawline.runtime import Account, Question, accounts, ask, flow, together, use

FINE = Code.UNSUPPORTED
"""A channel that a tool does not have needs no no."""
UNKNOWN = (Code.NOT_FOUND, Code.GONE)
"""They may be known there by an address that nobody told us: a yes is for them to give there, a no is a person's.

So it is where they were erased, and are not made anew.
"""


class Spread(msgspec.Struct, frozen=True, tag="spread"):
    """A flow's result: so many tools were told."""

    tools: int


@flow(on=ConsentChanged)
async def spread_consent(changed: ConsentChanged) -> Spread:
    """A decision is written into every marketing tool, that which told of it too: an older one changes nothing."""
    consent, tools = changed.consent, accounts(Marketing)
    refused = await together(*[
        _refusal(tool, use(Marketing, tool).consent(consent), granted=consent.granted) for tool in tools
    ])  # fmt: skip
    await together(*[ask(question) for question in refused if question is not None])
    return Spread(len(tools))


async def _refusal(tool: Account, told: Awaitable[object], *, granted: bool) -> Question[str] | None:
    try:
        await told
    except Rejected as no:
        if no.code is FINE or (no.code in UNKNOWN and granted):
            return None
        return Question(
            f"{tool} does not take what a household decided: {no.code.value}", evidence=no.text,
            choices=("done by hand",), team="care", cause=f"{tool} does not take decisions: {no.code.value}",
        )  # fmt: skip
    return None
