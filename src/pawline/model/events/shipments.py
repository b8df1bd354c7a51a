"""What happens to the goods on their way, there and back."""

from __future__ import annotations

import hashlib
from datetime import UTC, date

import msgspec

from pawline.model.event import Event
from pawline.model.ids import HouseholdId, LineId, OrderId, ReturnId, ShipmentId
from pawline.model.moment import Aware
from pawline.model.stock import Packed


class ShipmentBooked(Event, tag="shipment.booked@1"):
    """A parcel has a label. `packed` keeps the lots for the day of a recall."""

    shipment: ShipmentId
    order: OrderId
    carrier: str
    packed: tuple[Packed, ...]
    tracking: str | None = None
    promised_on: date | None = None
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per shipment."""
        return f"shipment.booked/{self.shipment}"


class ShipmentTracked(Event, tag="shipment.tracked@1"):
    """A parcel can be followed by this number: known with its label, days later, or another one in its place."""

    shipment: ShipmentId
    order: OrderId
    carrier: str
    tracking: str
    url: str | None = None
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per shipment and number, which it does not tell: who has that may see where somebody lives."""
        number = hashlib.sha256(self.tracking.encode("utf-8", "backslashreplace")).hexdigest()[:16]
        return f"shipment.tracked/{self.shipment}/{number}"


class ShipmentDispatched(Event, tag="shipment.dispatched@1"):
    """The carrier has the parcel."""

    shipment: ShipmentId
    order: OrderId
    at: Aware
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per shipment."""
        return f"shipment.dispatched/{self.shipment}"


class ShipmentDelayed(Event, tag="shipment.delayed@1"):
    """The carrier reports trouble at a moment; `expected_on` is its new day, if it names one. It may do so again."""

    shipment: ShipmentId
    order: OrderId
    at: Aware
    because: str
    expected_on: date | None = None
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per shipment and moment."""
        return f"shipment.delayed/{self.shipment}/{self.at.astimezone(UTC).isoformat()}"


class ShipmentDelivered(Event, tag="shipment.delivered@1"):
    """The carrier says that the parcel arrived."""

    shipment: ShipmentId
    order: OrderId
    at: Aware
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per shipment."""
        return f"shipment.delivered/{self.shipment}"


class ReturnLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of one line on their way back. Raises ValueError below one unit."""

    line: LineId
    quantity: int
    because: str | None = None

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"{self.quantity} units of line {self.line} cannot come back")


class ReturnRequested(Event, tag="return.requested@1"):
    """A shopper wants to send something back."""

    id: ReturnId
    order: OrderId
    at: Aware
    lines: tuple[ReturnLine, ...]
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per return."""
        return f"return.requested/{self.id}"


class ReturnWithdrawn(Event, tag="return.withdrawn@1"):
    """A return that was asked for will not be sent: the shopper keeps it, or the shop said no."""

    id: ReturnId
    order: OrderId
    at: Aware
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The return: it ends what is done for that one, and not for others of its order."""
        return self.id

    @property
    def fact(self) -> str:
        """One per return."""
        return f"return.withdrawn/{self.id}"


class ReturnReceived(Event, tag="return.received@1"):
    """What came back is in the warehouse, as counted there."""

    id: ReturnId
    order: OrderId
    at: Aware
    lines: tuple[ReturnLine, ...]
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per return."""
        return f"return.received/{self.id}"
