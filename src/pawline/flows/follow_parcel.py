"""A parcel's number reaches whoever may need it: the people who talk to the household, and what marketing writes."""

from __future__ import annotations

from pawline.model import HouseholdId, ShipmentTracked, Skipped
from pawline.ports import Code, Crm, Marketing, Occurrence, Orders, Rejected
from pawline.runtime import flow, now, together, use


@flow(on=ShipmentTracked)
async def follow_parcel(tracked: ShipmentTracked) -> str | Skipped:
    """The CRM and marketing know each number of a parcel once, with its label or days later."""
    household = tracked.household or await _whose(tracked)
    if household is None:
        return Skipped("nobody said whose it is")
    followed = tracked.tracking if tracked.url is None else f"{tracked.tracking}, {tracked.url}"
    values: dict[str, str | int | bool] = {
        "order": tracked.order, "carrier": tracked.carrier, "tracking": tracked.tracking, "url": tracked.url or "",
    }  # fmt: skip
    occurrence = Occurrence(name="Tracked Parcel", key=tracked.fact, at=now(), household=household, values=values)
    await together(
        _noted(household, f"order {tracked.order} goes with {tracked.carrier}: {followed}"),
        use(Marketing).track(occurrence),
    )
    return "told"


async def _noted(household: HouseholdId, text: str) -> None:
    try:
        await use(Crm).note(household, text)
    except Rejected as no:
        if no.code is not Code.GONE:  # erased there, and not to be made anew
            raise


async def _whose(tracked: ShipmentTracked) -> HouseholdId | None:
    """Whose order it is, where the parcel does not say so itself."""
    order = await use(Orders).order(tracked.order)
    return None if order is None else order.household
