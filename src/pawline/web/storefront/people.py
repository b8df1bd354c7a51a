"""Operations about people: what they allow, and their pets. For whom a request speaks a secret key says, or a pass."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.hub.storefront import Cause, Refusal, Scope
from pawline.hub.storefront.people_forms import (
    ConsentForm,
    ConsentsSaid,
    DeathForm,
    PassForm,
    PassSaid,
    PetForm,
    PetSaid,
    PetsSaid,
)
from pawline.hub.storefront.pets import said as pet_said
from pawline.model import HouseholdId, PetId, household_by_email
from pawline.web.storefront.operations import Call, Operation, Said


def _household(call: Call) -> HouseholdId:
    """The path's, to who may speak for it. Raises Refusal, which tells nobody whether there is one."""
    name, token = call.path["household"], call.headers.get("pawline-token", "")
    if not call.key.secret and not call.front.passes.fits(token, call.key.shop, name):
        raise Refusal(Cause.NOT_FOUND)
    return HouseholdId(name)


def _json(status: int, told: msgspec.Struct, **headers: str) -> Said:
    return Said(status, msgspec.json.encode(told), headers)


async def make_pass(call: Call) -> Said:
    """Somebody logged in."""
    if not call.key.secret:
        raise Refusal(Cause.FORBIDDEN, "who is logged in says the shop's own server, with a secret key")
    form = call.form
    household = form.household if form.email is None else household_by_email(form.email)
    token, until = call.front.passes.made(call.key, household, 60 * form.minutes)
    return _json(200, PassSaid(household=household, token=token, expires_at=until))


async def consents(call: Call) -> Said:
    """What they decided."""
    return _json(200, await call.shop.consents.of(_household(call)))


async def decide(call: Call) -> Said:
    """One decision."""
    household = _household(call)
    known = await call.shop.consents.decide(household, call.form, call.named(), server=call.key.secret)
    return Said(known.status, known.body)


async def pets(call: Call) -> Said:
    """All of them."""
    return _json(200, await call.shop.pets.of(_household(call)))


async def pet(call: Call) -> Said:
    """One of them."""
    head = await call.shop.pets.head(_household(call), PetId(call.path["pet"]))
    return _json(200, pet_said(head.pet), etag=head.tag)


async def add_pet(call: Call) -> Said:
    """A new one."""
    household = _household(call)
    if call.front.full:
        raise Refusal(Cause.BUSY, "the disk has no room for more pets: orders are still taken")
    known = await call.shop.pets.add(household, call.form, call.named())
    at = f"/v1/households/{household}/pets/{msgspec.json.decode(known.body)['id']}"
    return Said(known.status, known.body, {"location": at})


async def change_pet(call: Call) -> Said:
    """All of it anew."""
    household, tag = _household(call), call.headers.get("if-match", "")
    if call.front.full:
        raise Refusal(Cause.BUSY, "the disk has no room for more: orders are still taken")
    if not tag:
        raise Refusal(Cause.UNSEEN)
    head = await call.shop.pets.change(household, PetId(call.path["pet"]), call.form, tag)
    return _json(200, pet_said(head.pet), etag=head.tag)


async def pet_died(call: Call) -> Said:
    """It died."""
    household, source = _household(call), "the shop's server" if call.key.secret else "the shop's page"
    known = await call.shop.pets.died(
        household, PetId(call.path["pet"]), call.form.on, call.named(), source=source
    )  # fmt: skip
    return Said(known.status, known.body)


PEOPLE: Final = (
    Operation(
        "make_pass", "POST", "/v1/passes",
        "Somebody is logged in: their page is let in to their household for a while. For secret keys. Writes nothing.",
        Scope.HOUSEHOLDS, make_pass, {200: PassSaid}, PassForm,
    ),
    Operation(
        "get_consents", "GET", "/v1/households/{household}/consents", "What a household decided, wherever it did.",
        Scope.HOUSEHOLDS, consents, {200: ConsentsSaid, 304: None}, tagged=True,
    ),
    Operation(
        "decide_consent", "POST", "/v1/households/{household}/consents",
        "A household allows something, or takes it back: on record at once, and told to every tool.",
        Scope.HOUSEHOLDS, decide, {200: ConsentsSaid}, ConsentForm, writes=True,
    ),
    Operation(
        "list_pets", "GET", "/v1/households/{household}/pets", "A household's pets, those that died too.",
        Scope.HOUSEHOLDS, pets, {200: PetsSaid, 304: None}, tagged=True,
    ),
    Operation(
        "add_pet", "POST", "/v1/households/{household}/pets", "A new pet. Lines of carts name it by its id.",
        Scope.HOUSEHOLDS, add_pet, {201: PetSaid}, PetForm, writes=True,
    ),
    Operation(
        "get_pet", "GET", "/v1/households/{household}/pets/{pet}", "A pet as far as it is known.",
        Scope.HOUSEHOLDS, pet, {200: PetSaid, 304: None}, tagged=True,
    ),
    Operation(
        "change_pet", "PATCH", "/v1/households/{household}/pets/{pet}",
        "All that is known of a pet anew, where it is as If-Match says.",
        Scope.HOUSEHOLDS, change_pet, {200: PetSaid}, PetForm, (Cause.PET_CHANGED, Cause.PET_DIED, Cause.UNSEEN),
    ),
    Operation(
        "pet_died", "POST", "/v1/households/{household}/pets/{pet}/death",
        "A pet died: nobody writes about it from here on, and nothing renews for it. Never taken back.",
        Scope.HOUSEHOLDS, pet_died, {200: PetSaid}, DeathForm, writes=True,
    ),
)  # fmt: skip
