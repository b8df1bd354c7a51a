"""What HubSpot knows: contacts, which properties there are, who may be written to, and its e-mails. One clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.hubspot.wrongs import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.shopify.books import Did

OWN: Final = (
    "email", "phone", "firstname", "lastname", "address", "city", "zip", "state", "country", "company", "createdate",
    "lastmodifieddate", "hs_object_id", "hs_email_optout", "hs_language", "hs_additional_emails",
    "hs_email_hard_bounce_reason_enum",
)  # fmt: skip
"""Properties that every account has, as far as anybody here asks for them."""
BOUNCED: Final = "hs_email_hard_bounce_reason_enum"
"""Why no mail arrives any more: whoever has it is sent none."""


@dataclass
class Contact:
    """A contact. `seen` are what a search knew of it, and since when; `were` the same of each property by itself."""

    id: str
    at: float
    updated: float
    properties: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    were: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """In the ledger: by the shop's own name of it, where there is one."""
        return self.properties.get("pawline_household") or self.id


@dataclass(frozen=True)
class Stand:
    """How an address stands to one type, or to all mail."""

    status: str
    at: float
    source: str = "API"
    basis: str | None = None
    why: str | None = None


@dataclass
class Address:
    """An e-mail address: what was said of it stays, whoever's it is."""

    of: dict[int, Stand] = field(default_factory=dict)
    wide: Stand | None = None


@dataclass
class Note:
    """A note, and whose it is."""

    id: str
    at: float
    properties: dict[str, str]
    contacts: list[str]


@dataclass(frozen=True)
class Email:
    """An e-mail that the shop made; `type` is the subscription type of one that is no transactional one."""

    id: int
    name: str
    type: int | None = None


class Books:
    """All of it. `lag` is seconds until a search knows what was written; `tell` hears of each change.

    `forgiving`: who unsubscribed from a type may be subscribed again by the API.
    """

    def __init__(self, now: Callable[[], float], did: Did) -> None:
        self.now, self.did = now, did
        self.portal = 62515
        self.contacts: dict[str, Contact] = {}
        self.properties: dict[str, dict[str, Any]] = {name: {"name": name} for name in OWN}
        self.groups: set[str] = {"contactinformation"}
        self.addresses: dict[str, Address] = {}
        self.types: dict[int, str] = {}
        self.notes: dict[str, Note] = {}
        self.emails: dict[int, Email] = {}
        self.sent: dict[str, str] = {}
        self.events: set[str] = set()
        self.occurred: dict[tuple[str, str], dict[str, Any]] = {}
        self.lag = 0.0
        self.forgiving = True
        self.tell: Callable[..., None] = lambda *_, **__: None
        self._count = 100

    def number(self) -> str:
        """The next id, of anything."""
        self._count += 1
        return str(self._count)

    # -- contacts ------------------------------------------------------------------------------------------------

    def by(self, name: str, value: str) -> Contact | None:
        """Whoever has this id, or this value of a property with unique values."""
        if name == "hs_object_id":
            return self.contacts.get(value)
        same = value.lower() if name == "email" else value
        return next((one for one in self.contacts.values() if value and one.properties.get(name) == same), None)

    def unique(self, name: str) -> bool:
        """Whether a property's values are."""
        return name == "email" or bool(self.properties.get(name, {}).get("hasUniqueValue"))

    def write(self, contact: Contact | None, given: dict[str, str]) -> Contact:
        """Sets what is given; an empty text empties. Makes one where there is none; all of it, or nothing."""
        told = {name: value.lower().strip() if name == "email" else value for name, value in given.items()}
        self.free(contact, told)
        made = contact is None
        if contact is None:
            contact = Contact(self.number(), self.now(), self.now())
            self.contacts[contact.id] = contact
        changed = {name: value for name, value in told.items() if contact.properties.get(name, "") != value}
        for name, value in changed.items():
            contact.were.setdefault(name, []).append((self.now(), value))
            if value:
                contact.properties[name] = value
            else:
                contact.properties.pop(name, None)
        if changed or made:
            self.touch(contact)
        if made:
            self.tell("creation", contact)
        for name, value in changed.items():
            self.tell("propertyChange", contact, name, value)
        return contact

    def free(self, contact: Contact | None, given: dict[str, str]) -> None:
        """Refuses a value that is to be unique, and is somebody else's."""
        for name, value in given.items():
            other = self.by(name, value) if self.unique(name) else None
            if other is not None and other is not contact:
                raise _taken(name, other)

    def touch(self, contact: Contact) -> None:
        """It changed now; a search knows it after the lag."""
        contact.updated = self.now()
        contact.seen.append((contact.updated, dict(contact.properties)))

    def known(self, contact: Contact) -> tuple[float, dict[str, str]] | None:
        """What a search knows of it: when it changed, and its properties then; None where it was never seen."""
        until = self.now() - self.lag
        old = [one for one in contact.seen if one[0] <= until]
        return old[-1] if old else None

    def erase(self, contact: Contact) -> None:
        """For good. Whoever is told hears its id, and nothing else."""
        del self.contacts[contact.id]
        self.did("HubSpot.erased", contact.called)
        self.tell("privacyDeletion", contact)

    # -- who may be written to -----------------------------------------------------------------------------------

    def address(self, email: str) -> Address:
        """What was said of it."""
        return self.addresses.setdefault(email.lower(), Address())

    def decide(self, email: str, type: int, stand: Stand) -> str:
        """One type of one address: why it is so now, in the vendor's word."""
        address = self.address(email)
        before = address.of.get(type)
        if before is not None and before.status == stand.status:
            return "NO_STATUS_CHANGE"
        address.of[type] = stand
        self.did(f"HubSpot.{stand.status.lower()}", f"{self._called(email)}/{type}")
        self._changed(email)
        back = stand.status == "SUBSCRIBED" and before is not None and before.status == "UNSUBSCRIBED"
        return "RESUBSCRIBE_OCCURRED" if back else "REQUESTED_CHANGE_OCCURRED"

    def stop(self, email: str, stand: Stand) -> None:
        """No mail any more, of any type."""
        address = self.address(email)
        if address.wide is not None and address.wide.status == "UNSUBSCRIBED":
            return
        address.wide = stand
        self.did("HubSpot.stopped", self._called(email))
        if (contact := self.by("email", email)) is not None:
            self.write(contact, {"hs_email_optout": "true"})

    def go_on(self, email: str) -> None:
        """A person of the shop, or they themselves, take that back."""
        self.address(email).wide = None
        if (contact := self.by("email", email)) is not None:
            self.write(contact, {"hs_email_optout": ""})

    def _changed(self, email: str) -> None:
        if (contact := self.by("email", email)) is not None:
            self.touch(contact)

    def _called(self, email: str) -> str:
        contact = self.by("email", email)
        return "nobody" if contact is None else contact.called

    # -- mail ----------------------------------------------------------------------------------------------------

    def mail(self, email: Email, to: str, key: str) -> str:
        """Sends one e-mail to one address, once for each `sendId`: the vendor's word for what came of it."""
        contact, stands = self.by("email", to), self.address(to)
        if key and key in self.sent:
            self.did("HubSpot.mailed", self.sent[key], key=key, again=True)
            return "IDEMPOTENT_IGNORE"
        if contact is not None and contact.properties.get(BOUNCED):
            return "PREVIOUSLY_BOUNCED"
        if email.type is not None:
            if stands.wide is not None and stands.wide.status == "UNSUBSCRIBED":
                return "PREVIOUSLY_UNSUBSCRIBED_PORTAL"
            if (said := stands.of.get(email.type)) is not None and said.status == "UNSUBSCRIBED":
                return "PREVIOUSLY_UNSUBSCRIBED_MESSAGE"
        name = f"{self._called(to)}/{email.name}"
        if key:
            self.sent[key] = name
        self.did("HubSpot.mailed", name, key=key)
        return "SENT"


def _taken(name: str, other: Contact) -> Refusal:
    if name == "email":
        return Refusal(409, "CONFLICT", f"Contact already exists. Existing ID: {other.id}")
    detail = {"code": "CONFLICTING_UNIQUE_VALUE", "context": {"propertyName": [name], "existingObjectId": [other.id]}}
    return Refusal(400, "VALIDATION_ERROR", f"Cannot set {name}. {other.id} already has that value.", detail)
