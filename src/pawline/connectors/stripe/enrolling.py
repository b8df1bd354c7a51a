"""Where an account sends its webhooks: one endpoint of ours, for what is heard, in the version that we read.

https://docs.stripe.com/api/webhook_endpoints - Stripe makes the secret, and shows it once: when an endpoint is made.
So it is made by `pawline connect` only, which keeps the secret. The endpoint's metadata then says which secret that is,
by a digest; and one whose secret nobody has is made anew. It goes once the new secret is in the settings: until then
there would be nobody to believe. What a person made is never removed.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.happened import KINDS
from pawline.connectors.stripe.naming import LABEL
from pawline.connectors.stripe.settings import VERSION, Settings
from pawline.kit import Enrolment, Http, Secret
from pawline.ports import Malformed

NEWS: Final = "news of payments"
ALL: Final = "*"
SAYS: Final = "pawline_secret"
THEIRS: Final = "its endpoint, which somebody made, is of version"
REMOVE: Final = "remove it at Stripe, or its secret from `webhook_secrets`, and connect again"
UNKNOWN: Final = f"{NEWS} signed with what is in `webhook_secrets`"


class Endpoint(msgspec.Struct, frozen=True):
    """Where events are sent; `secret` is there once."""

    id: str
    url: str
    status: str
    enabled_events: tuple[str, ...]
    api_version: str | None = None
    secret: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def ours(self) -> bool:
        """Whether `issue` made it, and no person did."""
        return LABEL in (self.metadata or {})


def digest(address: str, secret: str) -> str:
    """Which secret it is; of the same at another address another one."""
    return hashlib.sha256(f"{address}\n{secret}".encode()).hexdigest()[:12]


async def lacking(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """What keeps news from coming to this address, or from being read."""
    one = _chosen(await _there(Api(http), address), settings, address)
    if one is None:
        return (NEWS,)
    if one.status != "enabled":
        return (f"{NEWS} (its endpoint is switched off)",)
    if one.api_version != VERSION:
        return (f"{NEWS} in version {VERSION}",)
    return tuple(_silent(one)) or (() if _known(one, settings, address) else (UNKNOWN,))


async def enrol(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there by the endpoint that is there, which keeps its secret. None is made: see `issue`.

    Endpoints of ours that gave way to one whose secret we have are removed, and never one that a person made.
    """
    api, did = Api(http), list[str]()
    there = await _there(api, address)
    one = _chosen(there, settings, address)
    if one is None:
        return ()
    if one.api_version != VERSION:
        return () if one.ours else (f"{THEIRS} {one.api_version}, and not of {VERSION}: {REMOVE}",)
    silent = _silent(one)
    if one.status != "enabled" or silent:
        form: dict[str, object] = {"enabled_events": sorted({*one.enabled_events, *KINDS}), "disabled": False}
        if ALL in one.enabled_events:
            form = {"disabled": False}
        await api.post("webhook_endpoints", one.id, form=form, into=Endpoint)
        did.append(f"{NEWS} are sent to {address}")
    if _known(one, settings, address):
        for each in there:
            if each.ours and each.id != one.id:
                await http.delete("webhook_endpoints", each.id, into=object)
                did.append("an endpoint of ours that was there before is removed")
    return tuple(did)


async def issue(http: Http, settings: Settings, address: str) -> Secret | None:
    """Makes the endpoint and hands over its secret. None where one is there that we know the secret of.

    One of ours that is of another version, or whose secret nobody has, stays until the new secret is in the settings:
    see `enrol`. One that a person made, and whose secret is there, is theirs to change.
    """
    api = Api(http)
    there = await _there(api, address)
    if any(_known(one, settings, address) and (one.api_version == VERSION or not one.ours) for one in there):
        return None
    form = {
        "url": address, "enabled_events": list(KINDS), "api_version": VERSION, "description": "Pawline",
        "metadata": {LABEL: settings.label},
    }  # fmt: skip
    made = await api.post("webhook_endpoints", form=form, into=Endpoint)
    if not made.secret:
        raise Malformed("Stripe made a webhook endpoint, and does not show its secret")
    said = {"metadata": {SAYS: digest(address, made.secret)}}
    await api.post("webhook_endpoints", made.id, form=said, into=Endpoint)
    return Secret(made.secret)


def _silent(one: Endpoint) -> list[str]:
    return [] if ALL in one.enabled_events else [kind for kind in KINDS if kind not in one.enabled_events]


def _known(one: Endpoint, settings: Settings, address: str) -> bool:
    """Whether we have its secret. Of one that a person made, who has not said otherwise, any is taken for its own."""
    secrets = settings.webhook_secrets
    if not one.ours:
        return bool(secrets)
    return (one.metadata or {}).get(SAYS) in {digest(address, secret.reveal()) for secret in secrets}


def _chosen(there: list[Endpoint], settings: Settings, address: str) -> Endpoint | None:
    """Of several, one whose secret we have, in our version; of ours that is certain."""

    def how_good(one: Endpoint) -> tuple[bool, ...]:
        return _known(one, settings, address), one.api_version == VERSION, one.ours, one.status == "enabled"

    return max(there, key=how_good, default=None)


async def _there(api: Api, address: str) -> list[Endpoint]:
    every = await api.all("webhook_endpoints", query={}, into=Endpoint, name=lambda one: one.id)
    return [one for one in every if one.url == address]


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol, issue, "webhook_secrets")
