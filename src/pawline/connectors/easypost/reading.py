"""What was made for a consignment: one shipment, or for several parcels an order of them, and whether it was bought."""

from __future__ import annotations

from typing import Final, NamedTuple

from pawline.connectors.easypost.naming import is_order
from pawline.connectors.easypost.rating import price_of
from pawline.connectors.easypost.settings import Settings
from pawline.connectors.easypost.told import ToldOrder, ToldShipment, safe
from pawline.kit import Http
from pawline.model import Money, total
from pawline.ports import Code, Consignment, Label, Malformed, Rejected, Shipment, Unauthorised

FORMATS: Final = {"application/pdf": "pdf", "image/png": "png", "application/zpl": "zpl"}
GIVEN_BACK: Final = frozenset({"submitted", "refunded", "not_applicable"})
"""What `refund_status` says where nothing more is to be done: a carrier that bills what it scans has no refunds."""


class Made(NamedTuple):
    """A shipment or an order, by its id; `parcels` in the order in which they were asked for."""

    id: str
    reference: str | None
    parcels: tuple[ToldShipment, ...]

    @property
    def given_back(self) -> bool:
        """Whether one of its labels was."""
        return any(one.refund_status in GIVEN_BACK for one in self.parcels)


class Reading:
    """An account's shipments and orders. Raises Unauthorised for a key of the other mode: a test label is no label."""

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._settings: Final = settings

    async def made(self, name: str) -> Made:
        """By its id. Raises Rejected(not_found)."""
        if is_order(name):
            found = self.of_order(await self._http.get("orders", name, into=ToldOrder))
        else:
            found = self.of_shipment(await self._http.get("shipments", name, into=ToldShipment))
        if found.id != name:
            raise Malformed("one thing was asked for, and another one answered")
        return found

    def of_shipment(self, told: ToldShipment) -> Made:
        """One parcel."""
        self._check(told.mode)
        return Made(told.id, told.reference, (told,))

    def of_order(self, told: ToldOrder) -> Made:
        """Several."""
        self._check(told.mode)
        return Made(told.id, told.reference, told.shipments)

    def _check(self, mode: str) -> None:
        if mode != self._settings.mode:
            raise Unauthorised(f'the key is none of mode "{self._settings.mode}"', Code.CREDENTIALS)


def booked(consignment: Consignment, made: Made) -> Shipment | None:
    """What was bought and not given back: what was really bought, whoever did. None where nothing was.

    Raises Rejected(conflict) where only some of its labels are there: a person sees to those.
    """
    labels, prices = list[Label](), list[Money]()
    for one in made.parcels:
        if one.postage_label is None or not one.tracking_code or one.selected_rate is None:
            continue
        if one.refund_status in GIVEN_BACK:
            continue
        if (price := price_of(one.selected_rate)) is None:
            raise Malformed("it was bought at a price that cannot be read")
        kind = FORMATS.get(one.postage_label.label_file_type or "", "pdf")
        labels.append(Label(tracking=one.tracking_code, url=safe(one.postage_label.label_url), format=kind))
        prices.append(price)
    if not labels:
        return None
    if len(labels) != len(made.parcels) or len(labels) != len(consignment.parcels):
        many = max(len(made.parcels), len(consignment.parcels))
        raise Rejected(f"{len(labels)} of {many} labels of {made.id} are there: see to them at EasyPost", Code.CONFLICT)
    rate = made.parcels[0].selected_rate
    if rate is None or len({one.currency for one in prices}) != 1:
        raise Malformed("its labels were bought in several currencies")
    return Shipment(
        order=consignment.order, part=consignment.part, carrier=rate.carrier, service=rate.service,
        price=total(prices, prices[0].currency), reference=made.id, labels=tuple(labels),
    )  # fmt: skip
