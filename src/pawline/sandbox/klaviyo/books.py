"""What Klaviyo knows: people, what happened to them, which flows there are, and who is told. One clock, one count."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.klaviyo.wrongs import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.shopify.books import Did

OWN: Final = (
    "Subscribed to Email Marketing", "Unsubscribed from Email Marketing", "Marked Email as Spam",
    "Subscribed to SMS Marketing", "Unsubscribed from SMS Marketing", "Received Email", "Bounced Email",
)  # fmt: skip
"""Metrics that an account has from its beginning."""
UNDELIVERABLE: Final = frozenset({"HARD_BOUNCE", "INVALID_EMAIL", "SPAM_COMPLAINT"})
"""Suppressions over which not even a transactional message goes."""
SETTLED: Final = frozenset({"complete", "cancelled"})


@dataclass
class Standing:
    """How one channel stands to marketing: its consent, since when, and how that came."""

    consent: str = "NEVER_SUBSCRIBED"
    at: float | None = None
    method: str | None = None
    detail: str | None = None
    suppressed: list[tuple[str, float]] = field(default_factory=list)


@dataclass
class Person:
    """A profile."""

    id: str
    at: float
    updated: float
    known: dict[str, Any] = field(default_factory=dict)  # e-mail, number, external id, names
    location: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    email: Standing = field(default_factory=Standing)
    sms: Standing = field(default_factory=Standing)
    whatsapp: Standing = field(default_factory=Standing)

    @property
    def called(self) -> str:
        """In the ledger: by the shop's own name of it, where there is one."""
        return str(self.known.get("external_id") or self.id)


@dataclass(frozen=True)
class Happened:
    """An event."""

    id: str
    person: str
    metric: str
    at: float
    properties: dict[str, Any]
    unique: str


@dataclass
class Flow:
    """A flow that sends one message: upon events of a metric, or on the day that a property of a profile names."""

    id: str
    name: str
    at: float
    status: str = "live"
    metric: str | None = None
    day: str | None = None
    transactional: bool = False
    archived: bool = False


@dataclass
class Job:
    """A job of suppressing."""

    id: str
    at: float
    people: list[str]
    status: str = "queued"
    done: int = 0
    skipped: int = 0
    completed: float | None = None


@dataclass
class Webhook:
    """Where events are sent to."""

    id: str
    name: str
    url: str
    secret: str
    topics: list[str]
    at: float
    enabled: bool = True


class Books:
    """All of it. `pace` is seconds until what was taken on is done; `tell` hears of each event that is new."""

    def __init__(self, now: Callable[[], float], did: Did) -> None:
        self.now, self.did = now, did
        self.account = "PwLn01"
        self.people: dict[str, Person] = {}
        self.events: list[Happened] = []
        self.metrics: dict[str, float] = dict.fromkeys(OWN, now())
        self.flows: dict[str, Flow] = {}
        self.jobs: dict[str, Job] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.pace = 0.0
        self.tell: Callable[[Happened], None] = lambda _: None
        self._late: list[tuple[float, Callable[[], None]]] = []
        self._count = 0

    # -- names ---------------------------------------------------------------------------------------------------

    def number(self, of: str, length: int = 26) -> str:
        """The next id of that kind."""
        self._count += 1
        return f"{of}{self._count:0{length - len(of)}d}"

    def metric(self, name: str) -> str:
        """The id of a metric: it is there as soon as something happened."""
        self.metrics.setdefault(name, self.now())
        return hashlib.sha256(name.encode()).hexdigest()[:6].upper()

    # -- time ----------------------------------------------------------------------------------------------------

    def later(self, do: Callable[[], None]) -> None:
        """What was taken on, at this account's pace."""
        if self.pace <= 0:
            do()
        else:
            self._late.append((self.now() + self.pace, do))

    def do_due(self) -> None:
        """What is due by now. Each request does that first."""
        due = [one for one in self._late if one[0] <= self.now()]
        self._late = [one for one in self._late if one[0] > self.now()]
        for _, do in due:
            do()

    # -- people --------------------------------------------------------------------------------------------------

    def by(self, name: str, value: object) -> Person | None:
        """Whoever has this identifier."""
        if name == "id":
            return self.people.get(str(value))
        same = str(value).lower() if name == "email" else value
        for one in self.people.values():
            has = one.known.get(name)
            if value and (has.lower() if name == "email" and has else has) == same:
                return one
        return None

    def of(self, given: dict[str, Any]) -> Person | None:
        """Whoever has one of these identifiers. Refuses identifiers of two people."""
        found: dict[str, Person] = {}
        for name in ("id", "external_id", "email", "phone_number"):
            one = self.by(name, given.get(name))
            if one is not None:
                found[one.id] = one
        if len(found) > 1:
            first, other, *_ = found
            detail = "A profile already exists with one of these identifiers."
            raise Refusal(409, "duplicate_profile", detail, "/data/attributes", duplicate_profile_id=other or first)
        return next(iter(found.values()), None)

    def new(self) -> Person:
        """A profile of nobody yet."""
        one = Person(self.number("01KP"), self.now(), self.now())
        self.people[one.id] = one
        return one

    # -- what happens --------------------------------------------------------------------------------------------

    def happen(
        self, person: Person, metric: str, properties: dict[str, Any], *, unique: str = "", at: float | None = None,
        key: str = "", backfill: bool = False,
    ) -> None:  # fmt: skip
        """Records it, once for the same profile, metric and unique id; then flows are triggered and webhooks sent."""
        when = self.now() if at is None else at
        name = unique or str(int(when))
        again = any((one.person, one.metric, one.unique) == (person.id, metric, name) for one in self.events)
        self.did("Klaviyo.event", f"{person.called}/{metric}", key=key or unique, again=again)
        if again:
            return
        self.metric(metric)
        made = Happened(self.number("4L", 11), person.id, metric, when, {**properties, "$event_id": name}, name)
        self.events.append(made)
        person.updated = self.now()
        for flow in self.flows.values():
            if flow.metric == metric and not backfill:
                self.send(flow, person)
        self.tell(made)

    def send(self, flow: Flow, person: Person) -> None:
        """A flow's message goes out, where it may. What is not transactional needs that nobody suppressed it."""
        reasons = {reason for reason, _ in person.email.suppressed}
        stopped = reasons & UNDELIVERABLE if flow.transactional else reasons
        if flow.status == "live" and not flow.archived and person.known.get("email") and not stopped:
            self.did("Klaviyo.mailed", f"{person.called}/{flow.name}")

    def run(self, today: str) -> None:
        """Flows of a day: for each profile whose property is that day of some year."""
        for flow in self.flows.values():
            for one in self.people.values():
                day = one.properties.get(flow.day) if flow.day else None
                if isinstance(day, str) and day[5:10] == today[5:10]:
                    self.send(flow, one)

    def decide(self, person: Person, channel: str, granted: bool, *, method: str, detail: str | None = None,
               at: float | None = None, spam: bool = False) -> None:  # fmt: skip
        """Somebody agrees to marketing over a channel, or does not any more; with the event that is made of it."""
        standing: Standing = getattr(person, channel)
        lifted = {"UNSUBSCRIBE", "SPAM_COMPLAINT"} | ({"USER_SUPPRESSED"} if granted else set())
        standing.consent = "SUBSCRIBED" if granted else "UNSUBSCRIBED"
        standing.at = self.now() if at is None else at
        standing.method, standing.detail = method, detail
        standing.suppressed = [one for one in standing.suppressed if one[0] not in lifted]
        if not granted and channel == "email":
            standing.suppressed.append(("SPAM_COMPLAINT" if spam else "UNSUBSCRIBE", standing.at))
        self.did(f"Klaviyo.{'subscribed' if granted else 'unsubscribed'}", f"{person.called}/{channel}")
        where = {"email": "Email", "sms": "SMS", "whatsapp": "WhatsApp"}[channel]
        name = f"{'Subscribed to' if granted else 'Unsubscribed from'} {where} Marketing"
        told = {"method": method, "email_address": person.known.get("email"), "custom_method_detail": detail}
        told = {key: value for key, value in told.items() if value is not None}
        self.happen(person, "Marked Email as Spam" if spam else name, told, unique=f"{self._count}-{int(self.now())}")

    def suppress(self, job: Job) -> None:
        """A job's people get no marketing by mail any more."""
        for email in job.people:
            person = self.by("email", email) or self.new()
            person.known.setdefault("email", email)
            if any(reason == "USER_SUPPRESSED" for reason, _ in person.email.suppressed):
                job.skipped += 1
                continue
            person.email.suppressed.append(("USER_SUPPRESSED", self.now()))
            job.done += 1
            self.did("Klaviyo.suppressed", person.called)
        job.status, job.completed = "complete", self.now()
