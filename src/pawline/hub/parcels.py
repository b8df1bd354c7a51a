"""The doctor's question about parcels: whether what is sold also leaves, and somebody hears of what does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pawline.hub.health import Check
from pawline.hub.using import handed, ports_of
from pawline.model import OrderConfirmed, PickupMissed, ReturnRequested
from pawline.ports import Pickups, Shipping
from pawline.runtime import accounts, publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pawline.hub.pickups import PickupSettings
    from pawline.hub.settings import Settings
    from pawline.hub.wiring import Connections
    from pawline.runtime import Flow

SEE: Final = "see docs/how-to/go-with-the-carrier.md"


def parcels_check(settings: Settings, connections: Connections, flows: Iterable[Flow[Any, Any]]) -> Check:
    """What keeps parcels from leaving is bad, what keeps people from hearing of it wants a look."""
    flows = list(flows)
    said = {shop: one for one in settings.pickups for shop in one.shops or settings.shops}
    ships = sorted(one.name for one in flows if Shipping in ports_of(one) and one.on is not ReturnRequested)
    confirms = sorted(one.name for one in flows if OrderConfirmed in handed(one, publish))
    shipping = [shop for shop in settings.shops if connections.bindings.accounts(shop, Shipping)]
    stuck = [told for shop in shipping if ships for told in _stuck(shop, ships[0], said.get(shop))]
    idle = [
        f"{confirms[0]} confirms orders of {shop} and nothing ships them: load pawline.flows.ship_order and say in"
        f" `[[pickups]]` when the carrier comes, {SEE}"
        for shop in shipping if confirms and not ships
    ]  # fmt: skip
    says = "; ".join([*stuck, *idle, *_unheard(settings, flows)])
    return Check(name="parcels", state=("bad" if stuck else "look") if says else "good",
                 says=says or "what is booked has a carrier to go with")  # fmt: skip


def _stuck(shop: str, flow: str, said: PickupSettings | None) -> Iterator[str]:
    """Why no parcel of a shop can be booked."""
    if said is None:
        yield f"{flow} books parcels of {shop}, and nobody said when its carrier comes: add `[[pickups]]`, {SEE}"
    elif said.ship_from is None:
        yield f"{flow} books parcels of {shop}, and nobody said where they leave from: add `ship_from`, {SEE}"


def _unheard(settings: Settings, flows: list[Flow[Any, Any]]) -> Iterator[str]:
    waiting = sorted(one.name for one in flows if Pickups in handed(one, accounts) and one.on is not PickupMissed)
    if settings.pickups and waiting and not any(one.on is PickupMissed for one in flows):
        yield f"nobody is asked about orders of {waiting[0]} that miss their carrier: load pawline.flows.missed_pickup"
    today = datetime.now(UTC).date()
    for n, one in enumerate(settings.pickups):
        if one.holidays and max(one.holidays) < today:
            yield f"`pickups[{n}].holidays` are all over: name those to come, or orders are late on each"
