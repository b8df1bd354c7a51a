"""How every flow writes to people: by the message's one sender, only where they agreed, and never about the dead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from pawline.flows.acquainting import acquaint
from pawline.model import NEED_NO_CONSENT, Message, Purpose, Sent, Skipped
from pawline.ports import Code, Crm, Households, How, Invitations, Marketing, Orders, Rejected, Senders
from pawline.runtime import Account, Question, accounts, ask, chosen, use

SEEN_TO = Skipped("a person saw to it")
"""A person was asked, and said that it is settled."""


More = Callable[[], Awaitable[dict[str, str]]]
"""Values that a message also has, asked for once it is certain that it may be sent."""


async def tell(message: Message, more: More | None = None) -> Sent | Skipped:
    """The message is asked for once, of its one sender; or it is not, and why.

    What it asks it asks when sending, not when planning. A recall (`Purpose.SAFETY`) goes out over every no. Who is to
    answer a survey is asked once in so many days, whatever asks (`Invitations`).
    """
    sender = await use(Senders).of(message.name)
    if sender.how is How.ITSELF:
        return Skipped(f"{sender.account} sends it by itself")
    if sender.how is How.NOBODY:
        return Skipped("it is switched off")
    if message.purpose is not Purpose.SAFETY and message.pets and await use(Households).lost(message.pets):
        return Skipped("it speaks of a pet that died")
    free = message.purpose in NEED_NO_CONSENT
    if not free and not await use(Crm).allows(message.household, message.purpose, message.medium):
        return Skipped(f"they did not agree to {message.purpose.value}")
    tool = Account(sender.account) if sender.account else None
    if message.purpose is Purpose.SURVEYS:
        return await _asked(message, tool, more)
    return await _sent(message, tool, more)


async def _asked(message: Message, tool: Account | None, more: More | None) -> Sent | Skipped:
    """Who was not asked after all may be by others."""
    claim = await use(Invitations).claim(message.household)
    if not claim.granted:
        return Skipped(f"they were asked, or answered, lately{f': {claim.last:%Y-%m-%d}' if claim.last else ''}")
    try:
        told = await _sent(message, tool, more)
    except Rejected:
        await use(Invitations).give_back(message.household, claim.reference)
        raise
    if isinstance(told, Skipped):
        await use(Invitations).give_back(message.household, claim.reference)
    return told


async def _sent(message: Message, tool: Account | None, more: More | None) -> Sent | Skipped:
    if more is not None:
        message = msgspec.structs.replace(message, values=message.values | await more())
    tool = tool or chosen(Marketing)
    try:
        try:
            return Sent(await use(Marketing, tool).send(message))
        except Rejected as no:
            if no.code is not Code.NOT_FOUND or not await _introduced(message, tool):
                raise
        return Sent(await use(Marketing, tool).send(message))
    except Rejected as no:
        if no.code is not Code.NOT_ALLOWED:
            raise
        return Skipped(f"the marketing tool knows of a no: {no.text}")


async def _introduced(message: Message, tool: Account) -> bool:
    """The tool may not know them yet: they ordered before the hub was there, or it was down when they were introduced.

    False where nothing says who they are, or the tool is nobody's Crm.
    """
    if message.order is None or tool not in accounts(Crm):
        return False
    order = await use(Orders).order(message.order)
    if order is None or order.household != message.household:
        return False
    await acquaint(order, message.household, tool)
    return True


async def tell_or_ask(message: Message) -> Sent | Skipped:
    """The same; what its sender refuses is a person's, one question for all that it refuses so."""
    try:
        return await tell(message)
    except Rejected as no:
        about = f" about order {message.order}" if message.order else ""
        await ask(
            Question(
                f"{message.name}{about} cannot be sent: {no.code.value}", evidence=no.text, choices=("seen to",),
                cause=f"{message.name} cannot be sent: {no.code.value}",
            )
        )  # fmt: skip
        return SEEN_TO
