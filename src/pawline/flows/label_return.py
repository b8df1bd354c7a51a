"""A return that is asked for has its label, once; a label that nobody needs any more is called off."""

from __future__ import annotations

from datetime import datetime, timedelta

from pawline.flows.labelling import BY_HAND, ask_whether, booked, consigned, home, order_of
from pawline.flows.telling import SEEN_TO, tell_or_ask
from pawline.model import (
    HouseholdId,
    Medium,
    Message,
    Purpose,
    ReturnReceived,
    ReturnRequested,
    ReturnWithdrawn,
    Skipped,
)
from pawline.ports import (
    How,
    Orders,
    Rejected,
    Returns,
    Senders,
    Shipment,
    Shipping,
    TrackingState,
)
from pawline.runtime import Question, accounts, ask, flow, now, reached, undoing, use, wait_for

NAME = "return_label"
"""The message. Who does not have us ask for it makes the label too."""
NOT_MOVED = frozenset({TrackingState.BOOKED, TrackingState.UNKNOWN})


@flow(on=ReturnRequested, key=lambda requested: requested.id, cancel_on=ReturnWithdrawn, version=4)
async def label_return(requested: ReturnRequested) -> str | Skipped:
    """Who wants to send something back has one label for it; withdrawn, or not used in time, it is called off.

    What the shop does not take back by its settings, and what no carrier or address fits, is a person's.
    """
    if not accounts(Returns):
        await reached(BY_HAND)
        return Skipped("nobody says where returns of this shop go")
    sender = await use(Senders).of(NAME)
    if sender.how is not How.ASKED:
        await reached(BY_HAND)
        return Skipped(f"{sender.account} makes it" if sender.how is How.ITSELF else "labels are switched off")
    if await use(Orders).withdrawn(requested.id):  # webhooks come in any order; a later one cancels this run
        return Skipped("it was withdrawn before we heard that it was asked for")
    rules = await use(Returns).rules()
    order = await order_of(requested)
    if order is None or not await ask_whether(requested, order, rules):
        return SEEN_TO
    household = requested.household or order.household
    address = await home(requested, order, household)
    if address is None or household is None:
        return SEEN_TO
    async with undoing() as undo:
        made = await booked(requested, consigned(requested, order, address, rules), undo)
        if made is None:
            return SEEN_TO
        until = now() + timedelta(days=rules.unused_days)
        await reached("labelled", _seen(made, until))
        said = await tell_or_ask(_label(requested, household, made, until))
        if isinstance(said, Skipped) and said != SEEN_TO:
            await ask(
                Question(
                    f"return {requested.id} has a label that nobody could be told of",
                    evidence={"because": said.because, "label": made.labels[0]}, choices=("seen to",),
                    cause="labels of returns that nobody could be told of",
                )
            )  # fmt: skip
        return await _used(requested, made, until)


def _label(requested: ReturnRequested, household: HouseholdId, made: Shipment, until: datetime) -> Message:
    label = made.labels[0]
    values = {
        "return": str(requested.id), "carrier": made.carrier, "tracking": label.tracking,
        "until": until.date().isoformat(),
    }  # fmt: skip
    if label.url is not None:
        values["url"] = label.url
    return Message(
        name=NAME, household=household, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL, order=requested.order,
        values=values,
    )  # fmt: skip


def _seen(made: Shipment, until: datetime) -> dict[str, str | None]:
    """What its shopper may see of it on the shop's page."""
    label = made.labels[0]
    return {
        "carrier": made.carrier, "tracking": label.tracking, "url": label.url, "format": label.format,
        "until": until.date().isoformat(),
    }  # fmt: skip


async def _used(requested: ReturnRequested, made: Shipment, until: datetime) -> str:
    """Until what comes back is here; a parcel that has not moved by then is called off.

    Where the carrier refuses, that costs money, and only a person finds out why: too late may be too old.
    """
    while (came := await wait_for(ReturnReceived, key=requested.order, until=until)) is not None:
        if came.id == requested.id:
            return "it came back"
    shipping = use(Shipping)
    if any(one.state not in NOT_MOVED for one in await shipping.track(made)):
        await reached("on_its_way")
        return "it is on its way"
    try:
        await shipping.cancel(made)
    except Rejected as no:
        await ask(
            Question(
                f"the unused label of return {requested.id} cannot be called off", evidence=no.text,
                choices=("seen to",), cause="unused labels cannot be called off",
            )
        )  # fmt: skip
        return "a person saw to it"
    await reached("lapsed")
    return "it was called off unused"
