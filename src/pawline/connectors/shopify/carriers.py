"""Whom a shop's checkout asks for rates: a carrier service of the app's own, which a change of plan switches off."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.errors import refuse
from pawline.connectors.shopify.health import scopes_of
from pawline.connectors.shopify.replies import Nodes, Payload
from pawline.connectors.shopify.settings import Settings
from pawline.kit import Enrolment, Http, Page, pages
from pawline.ports import Code, Rejected, Unauthorised

NAME: Final = "Pawline"
"""What the shop's people see it as, beside the zones where it is asked."""
SCOPE: Final = "write_shipping"


class Carrier(msgspec.Struct, frozen=True, rename="camel"):
    """A carrier service, of whichever app."""

    id: str
    name: str | None
    active: bool
    callback_url: str | None
    supports_service_discovery: bool


class CarriersReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of CARRIERS."""

    carrier_services: Nodes[Carrier]


class CarrierReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of CARRIER."""

    carrier_service_create: Payload


class CarrierChangedReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of CARRIER_CHANGED."""

    carrier_service_update: Payload


async def lacking(http: Http, _: Settings, address: str) -> tuple[str, ...]:
    """Why nobody is asked at that address; nothing where it is. Raises Unauthorised, naming the scope that lacks.

    https://shopify.dev/docs/api/admin-graphql/2026-07/queries/carrierServices
    """
    return _lacks(await _found(Admin(http)), address)


async def enrol(http: Http, _: Settings, address: str) -> tuple[str, ...]:
    """Has the carrier service made, or changed to that address and switched on.

    https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/carrierServiceCreate
    """
    admin = Admin(http)
    found = await _found(admin)
    if not _lacks(found, address):
        return ()
    told = {"callbackUrl": address, "active": True, "supportsServiceDiscovery": True}
    try:
        if found is None:
            made = await admin.ask(documents.CARRIER, {"to": told | {"name": NAME}}, CarrierReply)
            refuse("no carrier service was made", made.carrier_service_create.user_errors, {})
        else:
            changed = await admin.ask(documents.CARRIER_CHANGED, {"to": told | {"id": found.id}}, CarrierChangedReply)
            refuse(f"its carrier service {NAME} is not ours to change", changed.carrier_service_update.user_errors, {})
    except Rejected as no:
        return (f"rates are not asked for at {address}: {no.text}",)
    return (f"rates are asked for at {address}: add the carrier {NAME} to the shop's shipping zones",)


async def _found(admin: Admin) -> Carrier | None:
    """Ours, by its name: it is the same when the address has changed."""
    if SCOPE not in (await scopes_of(admin))[1]:
        raise Unauthorised(f"the app lacks the scope {SCOPE}", Code.FORBIDDEN)

    async def fetch(after: str | None) -> Page[Carrier]:
        page = (await admin.ask(documents.CARRIERS, {"after": after}, CarriersReply)).carrier_services
        return Page(page.nodes, page.after)

    async for page in pages(fetch):
        for one in page.items:
            if one.name == NAME:
                return one
    return None


def _lacks(found: Carrier | None, address: str) -> tuple[str, ...]:
    if found is None:
        return (f"it has no carrier service {NAME}",)
    wrong = []
    if found.callback_url != address:
        wrong.append(f"its carrier service {NAME} asks elsewhere")
    if not found.active:
        wrong.append(f"its carrier service {NAME} is switched off")
    return tuple(wrong)


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
