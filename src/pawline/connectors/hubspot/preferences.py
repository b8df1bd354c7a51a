"""Who may be written to, as HubSpot has it: by e-mail address and subscription type, and a no to all of them.

It belongs to the address and not to the contact. E-mail is the only channel of this API.
https://developers.hubspot.com/docs/api-reference/latest/communication-preferences/guide
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from pawline.connectors.hubspot.api import Batch, Client, call
from pawline.connectors.hubspot.settings import VERSION
from pawline.model import Aware, Consent
from pawline.ports import Code, Rejected

OURS: Final = "Pawline: "
"""How an explanation begins that we gave."""
LONGEST: Final = 255
_PATH: Final = ("communication-preferences", VERSION, "statuses")
_MAIL: Final = {"channel": "EMAIL"}
_SAYS: Final[Mapping[str, bool]] = {"SUBSCRIBED": True, "UNSUBSCRIBED": False}


class Status(msgspec.Struct, frozen=True, rename="camel"):
    """How an address stands to one subscription type. `granted` is None where nobody ever said."""

    subscription_id: int
    status: str
    timestamp: Aware | None = None
    source: str | None = None
    legal_basis: str | None = None
    legal_basis_explanation: str | None = None

    @property
    def granted(self) -> bool | None:
        """What was decided."""
        return _SAYS.get(self.status)

    @property
    def ours(self) -> bool:
        """Whether it bears our explanation."""
        return (self.legal_basis_explanation or "").startswith(OURS)


class Wide(msgspec.Struct, frozen=True, rename="camel"):
    """How an address stands to all mail at once."""

    status: str
    timestamp: Aware | None = None
    wide_status_type: str | None = None


class Statuses(msgspec.Struct, frozen=True, rename="camel"):
    """Of one of several addresses."""

    subscriber_id_string: str
    statuses: tuple[Status, ...]


class Wides(msgspec.Struct, frozen=True, rename="camel"):
    """The same."""

    subscriber_id_string: str
    wide_statuses: tuple[Wide, ...]


class Standing(msgspec.Struct, frozen=True):
    """All that HubSpot says of an address. Who has no address stands nowhere."""

    of: Mapping[int, Status] = {}
    wide: tuple[Wide, ...] = ()

    @property
    def stopped(self) -> bool:
        """Whether they said no to all mail. No yes of ours lifts that."""
        return any(one.status == "UNSUBSCRIBED" for one in self.wide)

    @property
    def stopped_at(self) -> datetime | None:
        """Since when, as far as HubSpot says."""
        return min((one.timestamp for one in self.wide if one.status == "UNSUBSCRIBED" and one.timestamp), default=None)

    def status(self, types: tuple[int, ...]) -> Status | None:
        """That of a purpose's own subscription type."""
        return self.of.get(types[0]) if types else None


class Preferences:
    """The account's."""

    def __init__(self, http: Client) -> None:
        self._http: Final = http

    async def of(self, email: str) -> Standing:
        """How an address stands."""
        said = await self._http.get(*_PATH, email, query=_MAIL, into=Batch[Status])
        wide = await self._http.get(*_PATH, email, "unsubscribe-all", query=_MAIL, into=Batch[Wide])
        for one in (said, wide):
            if (problem := one.failed()) is not None:
                raise problem
        return _standing(said.results, wide.results)

    async def of_all(self, emails: list[str]) -> dict[str, Standing]:
        """The same of 100 at most, in two calls. Who is not in the answer was not answered for."""
        body = {"inputs": emails}
        said = await call(self._http, "POST", *_PATH, "batch", "read", json=body, query=_MAIL, into=Batch[Statuses])
        path = (*_PATH, "batch", "unsubscribe-all", "read")
        wide = await call(self._http, "POST", *path, json=body, query=_MAIL, into=Batch[Wides])
        stopped = {one.subscriber_id_string.lower(): one.wide_statuses for one in wide.results}
        return {
            name: _standing(one.statuses, stopped[name]) for one in said.results
            if (name := one.subscriber_id_string.lower()) in stopped
        }  # fmt: skip

    async def set(self, email: str, subscription: int, consent: Consent) -> None:
        """What was decided, with why we may say so. HubSpot may refuse to subscribe who unsubscribed: Rejected."""
        wording = f" ({consent.wording})" if consent.wording else ""
        body = {
            "channel": "EMAIL", "statusState": "SUBSCRIBED" if consent.granted else "UNSUBSCRIBED",
            "subscriptionId": subscription, "legalBasis": "CONSENT_WITH_NOTICE",
            "legalBasisExplanation": f"{OURS}{consent.source}{wording}"[:LONGEST],
        }  # fmt: skip
        done = await self._http.post(*_PATH, email, json=body, into=Batch[Status])
        if (problem := done.failed()) is not None:
            raise problem
        if any(one.subscription_id == subscription and one.granted is not consent.granted for one in done.results):
            raise Rejected("HubSpot was told what somebody decided, and has it otherwise", Code.CONFLICT)

    async def stop(self, email: str) -> None:
        """No mail any more but what is transactional. There is no way back by this API."""
        done = await self._http.send(
            "POST", *_PATH, email, "unsubscribe-all", query=_MAIL | {"verbose": "true"}, into=Batch[Status]
        )
        if (problem := done.failed()) is not None:
            raise problem


def _standing(said: Iterable[Status], wide: Iterable[Wide]) -> Standing:
    return Standing({one.subscription_id: one for one in said}, tuple(wide))
