"""Pickups: when a shop's carrier comes, and what goes with it. Played by the hub itself, from its settings."""

from __future__ import annotations

from datetime import date
from typing import Protocol

import msgspec

from pawline.model import Address, Aware
from pawline.ports.read import read


class Pickup(msgspec.Struct, frozen=True, kw_only=True):
    """One time that the carrier comes, on a `day` of the shop's own clock: for what is asked for before `cut_off`.

    By `told_by` the warehouse has said what left with it.
    """

    day: date
    cut_off: Aware
    told_by: Aware


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where parcels leave from, and what is taken for true of them.

    A unit whose weight nobody said weighs `unit_grams`; no parcel is packed above `parcel_grams`. `deliver_in` are the
    days from the pick-up to the day on which the shopper has it; None: nothing was promised.
    """

    ship_from: Address
    unit_grams: int
    parcel_grams: int
    deliver_in: int | None = None


class Pickups(Protocol):
    """For a shop that does not say when its carrier comes nobody plays it: nothing of it waits for a carrier."""

    @read
    async def next(self) -> Pickup:
        """The first that can still be made at the time of the call."""
        ...

    @read
    async def origin(self, method: str | None) -> Origin | None:
        """What a parcel needs; `method` is the delivery that the shopper chose. None where no address was set."""
        ...
