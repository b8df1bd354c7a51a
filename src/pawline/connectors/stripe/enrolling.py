"""Where an account sends its webhooks: one endpoint of ours, for what is heard, in the version that we read.

https://docs.stripe.com/api/webhook_endpoints - Stripe makes the secret, and shows it once: when an endpoint is made.
So it is made by `pawline connect` only, which keeps the secret. The endpoint's metadata then says which secret that is,
by a digest; and one whose secret nobody has is made anew.
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
    def good(self) -> bool:
        """Whether it is on, and says what we hear as we read it."""
        return self.status == "enabled" and self.api_version == VERSION and not _silent(self)


def digest(address: str, secret: str) -> str:
    """Which secret it is; of the same at another address another one."""
    return hashlib.sha256(f"{address}\n{secret}".encode()).hexdigest()[:12]


async def lacking(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """What keeps news from coming to this address, or from being read."""
    there = await _there(Api(http), address)
    if any(one.good and _known(one, settings, address) for one in there):
        return ()
    if not there:
        return (NEWS,)
    one = there[0]
    if one.status != "enabled":
        return (f"{NEWS} (its endpoint is switched off)",)
    if one.api_version != VERSION:
        return (f"{NEWS} in version {VERSION}",)
    return tuple(_silent(one)) or (UNKNOWN,)


async def enrol(http: Http, _: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there by the endpoint that is there, which keeps its secret. None is made: see `issue`."""
    api = Api(http)
    there = await _there(api, address)
    if not there:
        return ()
    one = there[0]
    if one.api_version != VERSION:
        return ()
    silent = _silent(one)
    if one.status == "enabled" and not silent:
        return ()
    form: dict[str, object] = {"enabled_events": sorted({*one.enabled_events, *KINDS}), "disabled": False}
    if ALL in one.enabled_events:
        form = {"disabled": False}
    await api.post("webhook_endpoints", one.id, form=form, into=Endpoint)
    return (f"{NEWS} are sent to {address}",)


async def issue(http: Http, settings: Settings, address: str) -> Secret | None:
    """Makes the endpoint and hands over its secret. None where one is there that we know the secret of.

    One that is there and of another version, or whose secret nobody has, gives way once the new one is there.
    """
    api = Api(http)
    there = await _there(api, address)
    if any(one.api_version == VERSION and _known(one, settings, address) for one in there):
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
    for one in there:
        await http.delete("webhook_endpoints", one.id, into=object)
    return Secret(made.secret)


def _silent(one: Endpoint) -> list[str]:
    return [] if ALL in one.enabled_events else [kind for kind in KINDS if kind not in one.enabled_events]


def _known(one: Endpoint, settings: Settings, address: str) -> bool:
    """Whether we have its secret. Of one that a person made, who has not said otherwise, any is taken for its own."""
    said, secrets = one.metadata or {}, settings.webhook_secrets
    if LABEL not in said:
        return bool(secrets)
    return said.get(SAYS) in {digest(address, secret.reveal()) for secret in secrets}


async def _there(api: Api, address: str) -> list[Endpoint]:
    every = await api.all("webhook_endpoints", query={}, into=Endpoint, name=lambda one: one.id)
    return [one for one in every if one.url == address]


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol, issue, "webhook_secrets")
