"""Addresses, looked over before anything is sent there: while they are typed, with the quote, and with the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from pawline.hub.storefront.forms import Written
from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.insight.postal import Part, Wrong, parts, wrong_in, wrong_so_far, wrong_with
from pawline.model import Country

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.model import Address, Destination


class DraftForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As much of an address as somebody has typed."""

    country: Country
    name: Written = ""
    lines: Annotated[list[Written], msgspec.Meta(max_length=5)] = []
    city: Written = ""
    postcode: Written | None = None
    region: Written | None = None


class FieldSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A field of an address. `called` is the country's own word for it; `choices` are subdivisions, by what to send."""

    field: str
    called: str
    required: bool
    examples: tuple[str, ...]
    choices: dict[str, str]


class WrongSaid(msgspec.Struct, frozen=True):
    """What is to be put right, in words for whoever typed it."""

    field: str
    says: str


class AddressSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What an address of the country consists of, in the order in which people write it, and what is wrong so far."""

    fields: list[FieldSaid]
    wrong: list[WrongSaid]


def looked_over(draft: DraftForm) -> AddressSaid:
    """Raises Refusal for what is no country."""
    said = {"name": draft.name, "lines": " ".join(draft.lines), "city": draft.city, "postcode": draft.postcode}
    wrong = wrong_so_far(draft.country, {**said, "region": draft.region})
    if any(one.field == "country" for one in wrong):
        raise _refusal("", wrong)
    return AddressSaid(fields=[_field(one) for one in parts(draft.country)], wrong=[WrongSaid(*one) for one in wrong])


def check_destination(to: Destination) -> None:
    """Raises Refusal for a postcode that nobody has there. One that is not known yet is not missed."""
    if wrong := wrong_with(to):
        raise _refusal("destination.", wrong)


def check_address(where: str, address: Address) -> None:
    """Raises Refusal, which names the fields behind `where`."""
    if wrong := wrong_in(address):
        raise _refusal(f"{where}.", wrong)


def _refusal(where: str, wrong: Iterable[Wrong]) -> Refusal:
    told = [WrongSaid(f"{where}{one.field}", one.says) for one in wrong]
    detail = "; ".join(f"{one.field}: {one.says}" for one in told)
    return Refusal(Cause.ADDRESS, detail, wrong=msgspec.to_builtins(told))


def _field(one: Part) -> FieldSaid:
    return FieldSaid(
        field=one.field, called=one.called, required=one.required, examples=one.examples, choices=dict(one.choices)
    )  # fmt: skip
