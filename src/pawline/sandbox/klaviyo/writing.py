"""What may be written: profiles, events, and jobs that Klaviyo takes on and does a little later."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.klaviyo import views
from pawline.sandbox.klaviyo.books import Job, Webhook
from pawline.sandbox.klaviyo.wrongs import Refusal, Said, invalid

if TYPE_CHECKING:
    from pawline.sandbox.klaviyo.books import Books, Person

_PHONE: Final = re.compile(r"\+[1-9][0-9]{7,14}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ADDRESS: Final = {"email": "email", "sms": "phone_number", "whatsapp": "phone_number"}


def _data(body: Any, kind: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The resource of a document. Refuses one of another kind, or without attributes."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict) or data.get("type") != kind or not isinstance(data.get("attributes"), dict):
        raise invalid(f"The payload is no {kind}.", "/data")
    return data


def _checked(attributes: Mapping[str, Any], at: str = "/data/attributes") -> None:
    phone, email = attributes.get("phone_number"), attributes.get("email")
    if phone is not None and not _PHONE.fullmatch(phone):
        raise invalid("Invalid phone number format (Example of a valid format: +12345678901)", f"{at}/phone_number")
    if email is not None and not _EMAIL.fullmatch(email):
        raise invalid("Invalid email address", f"{at}/email")


def _set(person: Person, attributes: Mapping[str, Any], meta: Mapping[str, Any], now: float) -> None:
    """What is named is set, null clears it; of properties only those that are named."""
    for name in views.KNOWN:
        if name in attributes:
            person.known[name] = attributes[name]
    person.location |= attributes.get("location") or {}
    person.properties |= attributes.get("properties") or {}
    unset = (meta.get("patch_properties") or {}).get("unset") or []
    for name in [unset] if isinstance(unset, str) else unset:
        person.properties.pop(name, None)
    person.updated = now


def import_profile(books: Books, _: str, body: Any) -> Said:  # noqa: ANN401 - JSON
    """Makes a profile, or changes that of the same identifier."""
    data = _data(body, "profile")
    attributes = data["attributes"]
    _checked(attributes)
    if not any(attributes.get(name) for name in ("email", "phone_number", "external_id")) and not data.get("id"):
        raise invalid("One of email, phone_number, external_id, id is required.", "/data/attributes")
    found = books.of({**attributes, "id": data.get("id")})
    person = books.new() if found is None else found
    _set(person, attributes, data.get("meta") or {}, books.now())
    books.did("Klaviyo.profile", person.called, again=found is not None)
    return Said(201 if found is None else 200, views.one(views.profile(person, subscriptions=False)))


def update_profile(books: Books, no: str, body: Any) -> Said:  # noqa: ANN401 - JSON
    """Changes one. Refuses an identifier that is somebody else's."""
    data = _data(body, "profile")
    person = books.people.get(no)
    if person is None or data.get("id") != no:
        raise Refusal(404, "not_found", f"A profile with id {no} does not exist.")
    attributes = data["attributes"]
    _checked(attributes)
    for name in ("email", "phone_number", "external_id"):
        other = books.by(name, attributes.get(name))
        if other is not None and other is not person:
            detail = "A profile already exists with one of these identifiers."
            raise Refusal(409, "duplicate_profile", detail, "/data/attributes", duplicate_profile_id=other.id)
    _set(person, attributes, data.get("meta") or {}, books.now())
    books.did("Klaviyo.profile", person.called, again=True)
    return Said(200, views.one(views.profile(person)))


def create_event(books: Books, _: str, body: Any) -> Said:  # noqa: ANN401 - JSON
    """Takes an event on; it is there, and triggers flows, a little later."""
    attributes = _data(body, "event")["attributes"]
    try:
        metric = attributes["metric"]["data"]["attributes"]["name"]
        about = attributes["profile"]["data"]
        properties = attributes["properties"]
    except (KeyError, TypeError):
        raise invalid("An event has a metric, a profile and properties.", "/data/attributes") from None
    unique = attributes.get("unique_id")
    if not 0 < len(metric) < 128:
        raise invalid("A metric's name is less than 128 characters.", "/data/attributes/metric")
    if unique is not None and not 0 < len(unique) <= 255:
        raise invalid("A unique id has 1 to 255 characters.", "/data/attributes/unique_id")
    at = None if attributes.get("time") is None else _moment(attributes["time"], "/data/attributes/time")
    whose = {**about.get("attributes", {}), "id": about.get("id")}
    _checked(whose, "/data/attributes/profile/data/attributes")
    if not any(whose.get(name) for name in ("id", "email", "phone_number", "external_id")):
        raise invalid("A profile has an identifier.", "/data/attributes/profile")
    if whose["id"] and books.by("id", whose["id"]) is None:
        raise Refusal(404, "not_found", f"A profile with id {whose['id']} does not exist.")
    books.of(whose)  # two people's identifiers are refused at once
    backfill = attributes.get("backfill") is True

    def do() -> None:
        person = books.of(whose) or books.new()
        _set(person, about.get("attributes", {}), about.get("meta") or {}, books.now())
        books.happen(person, metric, properties, unique=unique or "", at=at, backfill=backfill)

    books.later(do)
    return Said(202)


def _moment(text: Any, pointer: str) -> float:  # noqa: ANN401 - JSON
    try:
        at = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise invalid("Invalid datetime.", pointer) from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


def subscribe(books: Books, _: str, body: Any) -> Said:  # noqa: ANN401 - JSON
    """Takes on that people agreed; what kept mail from them is lifted."""
    attributes = _data(body, "profile-subscription-bulk-create-job")["attributes"]
    history = attributes.get("historical_import") is True
    todo = list[Callable[[], None]]()
    for one, channel, wanted in _wanted(attributes, "SUBSCRIBED", 1_000):
        at = wanted.get("consented_at")
        if (at is not None) != history:
            raise invalid(
                "consented_at is given with historical_import, and only with it.", "/data/attributes/profiles"
            )
        when = None if at is None else _moment(at, "/data/attributes/profiles")
        if when is not None and when > books.now():
            raise invalid("Historical email subscription does not have a valid consented_at.", "/data/attributes")
        todo.append(partial(_decide, books, one, channel, True, attributes.get("custom_source"), when))
    for do in todo:
        books.later(do)
    return Said(202)


def unsubscribe(books: Books, _: str, body: Any) -> Said:  # noqa: ANN401 - JSON
    """Takes on that people said no, to everything."""
    attributes = _data(body, "profile-subscription-bulk-delete-job")["attributes"]
    for one, channel, _wants in _wanted(attributes, "UNSUBSCRIBED", 100):
        books.later(partial(_decide, books, one, channel, False, None, None))
    return Said(202)


def _wanted(attributes: Mapping[str, Any], consent: str, most: int) -> list[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Each profile of a job, a channel of it, and what is wanted of that."""
    try:
        people = attributes["profiles"]["data"]
        found = [
            ({**one["attributes"], "id": one.get("id")}, channel, told["marketing"])
            for one in people for channel, told in one["attributes"]["subscriptions"].items()
        ]  # fmt: skip
    except (KeyError, TypeError):
        raise invalid("A job has profiles with subscriptions.", "/data/attributes/profiles") from None
    if not 0 < len(people) <= most:
        raise invalid(f"A job has 1 to {most} profiles.", "/data/attributes/profiles")
    for one, channel, told in found:
        if channel not in _ADDRESS or told.get("consent") != consent or not one.get(_ADDRESS[channel]):
            raise invalid("A subscription has a channel, its address and its consent.", "/data/attributes/profiles")
    return found


def _decide(
    books: Books, about: dict[str, Any], channel: str, granted: bool, source: str | None, at: float | None
) -> None:
    known = {name: about.get(name) for name in ("id", "email", "phone_number") if about.get(name)}
    person = books.of(known) or books.new()
    person.known |= {name: value for name, value in known.items() if name != "id"}
    books.decide(person, channel, granted, method="API", detail=source, at=at)


def suppress(books: Books, _: str, body: Any) -> Said:  # noqa: ANN401 - JSON
    """Takes on that people get no marketing by mail."""
    attributes = _data(body, "profile-suppression-bulk-create-job")["attributes"]
    try:
        people = [one["attributes"]["email"] for one in attributes["profiles"]["data"]]
    except (KeyError, TypeError):
        raise invalid("A job has profiles with e-mail addresses.", "/data/attributes/profiles") from None
    if not 0 < len(people) <= 100:
        raise invalid("A job has 1 to 100 profiles.", "/data/attributes/profiles")
    made = Job(books.number("01JB"), books.now(), people)
    books.jobs[made.id] = made
    books.later(partial(books.suppress, made))
    return Said(202, views.one(views.job(made)))


def create_webhook(books: Books, _: str, body: Any) -> Said:  # noqa: ANN401 - JSON
    """Has events sent somewhere."""
    data = _data(body, "webhook")
    told, topics = data["attributes"], data.get("relationships", {}).get("webhook-topics", {}).get("data", [])
    _long_enough(told.get("secret_key", ""))
    made = Webhook(
        books.number("01WH"), told["name"], told["endpoint_url"], told["secret_key"], [one["id"] for one in topics],
        books.now(),
    )  # fmt: skip
    books.webhooks[made.id] = made
    books.did("Klaviyo.webhook", made.name)
    return Said(201, views.one(views.webhook(made)))


def update_webhook(books: Books, no: str, body: Any) -> Said:  # noqa: ANN401 - JSON
    """Signs with another secret, or is switched on and off."""
    told = _data(body, "webhook")["attributes"]
    one = books.webhooks.get(no)
    if one is None:
        raise Refusal(404, "not_found", f"A webhook with id {no} does not exist.")
    if told.get("secret_key") is not None:
        _long_enough(told["secret_key"])
        one.secret = told["secret_key"]
    if told.get("enabled") is not None:
        one.enabled = told["enabled"]
    books.did("Klaviyo.webhook", one.name, again=True)
    return Said(200, views.one(views.webhook(one)))


def _long_enough(secret: str) -> None:
    if len(secret) < 16:
        raise invalid("A secret key has at least 16 characters.", "/data/attributes/secret_key")
