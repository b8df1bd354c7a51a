"""The vendors' own books: what they do when they are asked to, and no word about networks, keys or hubs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from pawline.model import (
    Household,
    HouseholdId,
    Item,
    Letter,
    LocationId,
    Medium,
    MessageId,
    Money,
    OrderId,
    Pet,
    Purpose,
    SkuId,
    StockLevel,
    Tender,
    TenderId,
)  # fmt: skip
from pawline.ports import (
    Adjustment,
    Authorisation,
    AuthorisationState,
    Capture,
    Code,
    Consignment,
    Label,
    Ledger,
    Rate,
    Receipt,
    Refunded,
    Rejected,
    Reservation,
    Shipment,
    Tracking,
    TrackingState,
)  # fmt: skip

DECLINES = "declines"
"""The `source` of a tender that the payment provider declines."""


class Note(Protocol):
    """Writes an effect into the ledger."""

    def __call__(
        self, business: str, *, order: str = "", money: Money | None = None, items: tuple[Item, ...] = (),
        again: bool = False,
    ) -> str:  # fmt: skip
        """The vendor's own number of the effect."""
        ...


class Till:
    """A payment provider. Each authorisation, capture and refund that is asked for happens: keys are not its trade."""

    def __init__(self) -> None:
        self._authorised: dict[str, Authorisation] = {}
        self._taken: dict[str, int] = {}
        self._voided: set[str] = set()
        self._captures: dict[str, Capture] = {}
        self._refunds: list[Refunded] = []

    def authorize(self, note: Note, order: OrderId, tender: Tender) -> Authorisation:
        if tender.source == DECLINES:
            raise Rejected("the bank said no", Code.DECLINED)
        reference = note(f"{order}/{tender.id}", order=order, money=tender.amount)
        made = Authorisation(
            order=order,
            tender=tender.id,
            amount=tender.amount,
            state=AuthorisationState.AUTHORISED,
            reference=reference,
        )
        self._authorised[reference] = made
        return made

    def capture(self, note: Note, authorisation: Authorisation, amount: Money) -> Capture:
        known, taken = authorisation.reference, self._taken.get(authorisation.reference, 0)
        if known not in self._authorised or known in self._voided:
            raise Rejected("this authorisation is gone", Code.EXPIRED)
        if taken + amount.minor > authorisation.amount.minor:
            raise Rejected("that is more than was set aside")
        order, tender = authorisation.order, authorisation.tender
        reference = note(f"{order}/{tender}", order=order, money=amount)
        self._taken[known] = taken + amount.minor
        self._captures[reference] = Capture(order=order, tender=tender, amount=amount, reference=reference)
        return self._captures[reference]

    def charge(self, note: Note, order: OrderId, tender: Tender) -> Capture:
        """What a shop's own checkout does: the money is taken at once."""
        reference = note(f"{order}/{tender.id}", order=order, money=tender.amount)
        made = Capture(order=order, tender=tender.id, amount=tender.amount, reference=reference)
        self._captures[reference] = made
        return made

    def void(self, note: Note, authorisation: Authorisation) -> Receipt:
        if self._taken.get(authorisation.reference):
            raise Rejected("the money was taken", Code.TOO_LATE)
        again = authorisation.reference in self._voided
        self._voided.add(authorisation.reference)
        what = f"{authorisation.order}/{authorisation.tender}"
        return Receipt(note(what, order=authorisation.order, money=authorisation.amount, again=again))

    def refund(self, note: Note, capture: Capture, amount: Money, because: str) -> Refunded:
        back = sum(one.amount.minor for one in self._refunds if one.reference.startswith(f"{capture.reference}:"))
        if capture.reference not in self._captures or back + amount.minor > capture.amount.minor:
            raise Rejected("that is more than is left of it")
        number = note(f"{capture.order}/{capture.tender}/{because}", order=capture.order, money=amount)
        made = Refunded(
            order=capture.order, tender=capture.tender, amount=amount, reference=f"{capture.reference}:{number}"
        )
        self._refunds.append(made)
        return made

    def ledger(self, order: OrderId) -> Ledger:
        return Ledger(
            authorisations=tuple(one for one in self._authorised.values() if one.order == order),
            captures=tuple(one for one in self._captures.values() if one.order == order),
            refunds=tuple(one for one in self._refunds if one.order == order),
        )

    def find_authorisation(self, order: OrderId, tender: Tender) -> Authorisation | None:
        return next((one for one in self.ledger(order).authorisations if one.tender == tender.id), None)

    def find_capture(self, authorisation: Authorisation, amount: Money) -> Capture | None:
        wanted: TenderId = authorisation.tender
        found = (one for one in self.ledger(authorisation.order).captures if one.tender == wanted)
        return next((one for one in found if one.amount == amount), None)


class Warehouse:
    """A stock system without keys: who asks twice has reserved twice."""

    def __init__(self, stock: dict[str, int], now: Callable[[], float]) -> None:
        self.free, self._now = dict(stock), now
        self._reserved: dict[str, Reservation] = {}
        self._ended: dict[str, str] = {}

    def reserve(self, note: Note, order: OrderId, items: tuple[Item, ...]) -> Reservation:
        if short := [item.sku for item in items if self.free.get(item.sku, 0) < item.quantity]:
            raise Rejected(f"out of {', '.join(short)}", Code.OUT_OF_STOCK)
        for item in items:
            self.free[item.sku] -= item.quantity
        reference = note(order, order=order, items=items)
        self._reserved[reference] = Reservation(order=order, items=items, reference=reference)
        return self._reserved[reference]

    def find_reservation(self, order: OrderId, items: tuple[Item, ...]) -> Reservation | None:
        return next((one for one in self._reserved.values() if one.order == order and one.items == items), None)

    def release(self, note: Note, reservation: Reservation) -> Receipt:
        return self._end(note, reservation, "released")

    def commit(self, note: Note, reservation: Reservation) -> Receipt:
        return self._end(note, reservation, "committed")

    def _end(self, note: Note, reservation: Reservation, how: str) -> Receipt:
        known, before = reservation.reference in self._reserved, self._ended.get(reservation.reference)
        if not known or before not in (None, how):
            raise Rejected(f"it was {before or 'never made'}", Code.TOO_LATE if before == "committed" else Code.EXPIRED)
        self._ended[reservation.reference] = how
        if how == "released" and before is None:
            for item in reservation.items:
                self.free[item.sku] += item.quantity
        again = before is not None
        return Receipt(note(reservation.order, order=reservation.order, items=reservation.items, again=again))

    def levels(self, skus: tuple[SkuId, ...]) -> tuple[StockLevel, ...]:
        as_of = datetime.fromtimestamp(self._now(), UTC)
        return tuple(
            StockLevel(sku=sku, location=LocationId("main"), on_hand=self.free[sku], as_of=as_of)
            for sku in skus
            if sku in self.free
        )

    def adjust(self, note: Note, changes: tuple[Adjustment, ...], because: str) -> Receipt:
        if strange := [one.sku for one in changes if one.sku not in self.free]:
            raise Rejected(f"{strange[0]} is not counted here", Code.NOT_FOUND)
        for one in changes:
            self.free[one.sku] += one.by
        return Receipt(note(f"{because}/{','.join(f'{one.sku}{one.by:+}' for one in changes)}"))

    def set_levels(self, note: Note, levels: tuple[StockLevel, ...]) -> Receipt:
        self.free.update({level.sku: level.on_hand for level in levels})
        return Receipt(note(",".join(level.sku for level in levels)))


class People:
    """A CRM and a mail service: two ports, one desk."""

    def __init__(self) -> None:
        self._households: dict[HouseholdId, Household] = {}
        self._pets: dict[str, Pet] = {}
        self._notes: set[tuple[str, str]] = set()

    def household(self, household: HouseholdId) -> Household:
        if household not in self._households:
            raise Rejected(f"no household {household}", Code.NOT_FOUND)
        return self._households[household]

    def pets(self, household: HouseholdId) -> tuple[Pet, ...]:
        return tuple(pet for pet in self._pets.values() if pet.household == household)

    def allows(self, household: HouseholdId, _purpose: Purpose, _medium: Medium) -> bool:
        return household in self._households

    def upsert(self, note: Note, household: Household) -> Receipt:
        again = household.id in self._households
        self._households[household.id] = household
        return Receipt(note(household.id, again=again))

    def upsert_pet(self, note: Note, pet: Pet) -> Receipt:
        again = pet.id in self._pets
        self._pets[pet.id] = pet
        return Receipt(note(pet.id, again=again))

    def note(self, note: Note, household: HouseholdId, text: str) -> Receipt:
        again = (household, text) in self._notes
        self._notes.add((household, text))
        return Receipt(note(f"{household}/{text}", again=again))

    def send(self, note: Note, letter: Letter) -> MessageId:
        return MessageId(note(f"{letter.household}/{letter.text}", order=letter.household))


NOWHERE = "00000"
"""The postcode of a place that the carrier does not know."""


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """A booking as the carrier's desk sees it: `state` is booked, called off or left."""

    shipment: Shipment
    state: str


class Carrier:
    """A carrier without keys; one rate, one label for each parcel. `left` says whether it has a part of an order."""

    def __init__(self, left: Callable[[OrderId, str], bool]) -> None:
        self._booked: dict[tuple[str, str], Shipment] = {}
        self._every: list[Shipment] = []
        self._cancelled: set[str] = set()
        self._left = left

    def rates(self, _: Consignment) -> tuple[Rate, ...]:
        return (Rate(carrier="van", service="next day", price=Money(490, "EUR")),)

    def book(self, note: Note, consignment: Consignment, rate: Rate) -> Shipment:
        if consignment.ship_to.postcode == NOWHERE:
            raise Rejected("there is no such place", Code.INVALID)
        number = note(f"{consignment.order}/{consignment.part}", order=consignment.order, money=rate.price)
        made = Shipment(
            order=consignment.order, part=consignment.part, carrier=rate.carrier, service=rate.service,
            price=rate.price, reference=number,
            labels=tuple(
                Label(tracking=f"{number}-{n}", url=f"https://van.example/{number}-{n}.pdf")
                for n, _ in enumerate(consignment.parcels)
            ),
        )  # fmt: skip
        self._booked[consignment.order, consignment.part] = made
        self._every.append(made)
        return made

    def find_shipment(self, consignment: Consignment, _: Rate) -> Shipment | None:
        found = self._booked.get((consignment.order, consignment.part))
        return None if found is None or found.reference in self._cancelled else found

    def cancel(self, note: Note, shipment: Shipment) -> Receipt:
        again = shipment.reference in self._cancelled
        if not again and self._left(shipment.order, shipment.part):
            raise Rejected("we have the parcel", Code.TOO_LATE)
        self._cancelled.add(shipment.reference)
        return Receipt(note(f"{shipment.order}/{shipment.part}", order=shipment.order, again=again))

    def booked(self) -> tuple[Booked, ...]:
        """Everything that was ever booked, oldest first, and what became of it."""
        return tuple(Booked(shipment=one, state=self._state(one)) for one in self._every)

    def _state(self, shipment: Shipment) -> str:
        if shipment.reference in self._cancelled:
            return "called off"
        return "left" if self._left(shipment.order, shipment.part) else "booked"

    def track(self, shipment: Shipment) -> tuple[Tracking, ...]:
        return tuple(Tracking(tracking=label.tracking, state=TrackingState.BOOKED) for label in shipment.labels)
