"""What Klaviyo shows of itself: resources of JSON:API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.sandbox.klaviyo.books import Books, Flow, Happened, Job, Person, Standing, Webhook

HOST: Final = "https://a.klaviyo.com/api"
KNOWN: Final = (
    "email",
    "phone_number",
    "external_id",
    "first_name",
    "last_name",
    "organization",
    "locale",
    "title",
    "image",
)


def moment(at: float | None) -> str | None:
    """A time as Klaviyo writes it."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def one(data: dict[str, Any]) -> dict[str, Any]:
    """A document of one resource."""
    return {"data": data, "links": {"self": data["links"]["self"]}}


def many(data: Sequence[dict[str, Any]], path: str, after: str | None, included: Sequence[dict[str, Any]] = ()) -> Any:  # noqa: ANN401 - JSON
    """A document of a page; `after` is the cursor of the next."""
    links = {"self": f"{HOST}/{path}"}
    if after is not None:
        links["next"] = f"{HOST}/{path}?page%5Bcursor%5D={after}"
    found: dict[str, Any] = {"data": list(data), "links": links}
    return found | ({"included": list(included)} if included else {})


def _resource(kind: str, no: str, path: str, attributes: dict[str, Any], **relations: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    found = {"type": kind, "id": no, "attributes": attributes, "links": {"self": f"{HOST}/{path}/{no}/"}}
    return found | ({"relationships": relations} if relations else {})


def _related(data: Any, path: str, name: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "data": data,
        "links": {"self": f"{HOST}/{path}/relationships/{name}/", "related": f"{HOST}/{path}/{name}/"},
    }


def profile(told: Person, *, subscriptions: bool = False, only: frozenset[str] | None = None) -> dict[str, Any]:
    """Somebody; `only` are the fields that were asked for."""
    nowhere = dict.fromkeys(("address1", "address2", "city", "country", "region", "zip", "timezone", "ip"))
    attributes: dict[str, Any] = {name: told.known.get(name) for name in KNOWN} | {
        "created": moment(told.at), "updated": moment(told.updated), "last_event_date": None,
        "location": nowhere | told.location, "properties": told.properties,
    }  # fmt: skip
    if subscriptions:
        attributes["subscriptions"] = {
            "email": {"marketing": _email(told.email)},
            "sms": {"marketing": _sms(told.sms)},
            "whatsapp": {"marketing": _channel(told.whatsapp)},
        }
    if only is not None:
        attributes = {name: value for name, value in attributes.items() if name in only}
    return _resource("profile", told.id, "profiles", attributes)


def _email(told: Standing) -> dict[str, Any]:
    suppressed = [{"reason": reason, "timestamp": moment(at)} for reason, at in told.suppressed]
    return {
        "can_receive_email_marketing": not suppressed and told.consent != "UNSUBSCRIBED", "consent": told.consent,
        "consent_timestamp": moment(told.at), "last_updated": moment(told.at), "method": told.method,
        "method_detail": None, "custom_method_detail": told.detail, "double_optin": None, "suppression": suppressed,
        "list_suppressions": [],
    }  # fmt: skip


def _sms(told: Standing) -> dict[str, Any]:
    return {
        "can_receive_sms_marketing": told.consent == "SUBSCRIBED", "consent": told.consent,
        "consent_timestamp": moment(told.at), "method": told.method, "method_detail": None,
        "last_updated": moment(told.at),
    }  # fmt: skip


def _channel(told: Standing) -> dict[str, Any]:
    return {
        "can_receive": told.consent == "SUBSCRIBED", "consent": told.consent, "consent_timestamp": moment(told.at),
        "last_updated": moment(told.at), "created_timestamp": None, "metadata": {}, "valid_until": None,
        "phone_number": None,
    }  # fmt: skip


def event(books: Books, told: Happened) -> dict[str, Any]:
    """Something that happened."""
    attributes = {
        "timestamp": int(told.at), "event_properties": told.properties, "datetime": moment(told.at), "uuid": told.id,
    }  # fmt: skip
    path = f"events/{told.id}"
    return _resource(
        "event", told.id, "events", attributes,
        profile=_related({"type": "profile", "id": told.person}, path, "profile"),
        metric=_related({"type": "metric", "id": books.metric(told.metric)}, path, "metric"),
    )  # fmt: skip


def metric(books: Books, name: str) -> dict[str, Any]:
    """A kind of event, and the flows that it triggers."""
    no, at = books.metric(name), moment(books.metrics[name])
    triggered = [{"type": "flow", "id": one.id} for one in books.flows.values() if one.metric == name]
    attributes = {"name": name, "created": at, "updated": at, "integration": {"object": "integration", "name": "API"}}
    found = _resource("metric", no, "metrics", attributes)
    return found | {"relationships": {"flow-triggers": _related(triggered, f"metrics/{no}", "flow-triggers")}}


def flow(told: Flow) -> dict[str, Any]:
    """A flow."""
    attributes = {
        "name": told.name, "status": told.status, "archived": told.archived, "created": moment(told.at),
        "updated": moment(told.at), "trigger_type": "Metric" if told.metric else "Date Based",
    }  # fmt: skip
    return _resource("flow", told.id, "flows", attributes)


def job(told: Job) -> dict[str, Any]:
    """A job of suppressing."""
    attributes = {
        "status": told.status, "created_at": moment(told.at), "total_count": len(told.people),
        "completed_count": told.done, "completed_at": moment(told.completed), "skipped_count": told.skipped,
    }  # fmt: skip
    kind = "profile-suppression-bulk-create-job"
    return _resource(kind, told.id, f"{kind}s", attributes)


def webhook(told: Webhook) -> dict[str, Any]:
    """Where events are sent to, cut short."""
    attributes = {
        "name": told.name, "description": None, "endpoint_url": f"{told.url[:20]}...", "enabled": told.enabled,
        "created_at": moment(told.at), "updated_at": moment(told.at),
    }  # fmt: skip
    found = _resource("webhook", told.id, "webhooks", attributes)
    topics = [{"type": "webhook-topic", "id": one} for one in told.topics]
    return found | {"relationships": {"webhook-topics": _related(topics, f"webhooks/{told.id}", "webhook-topics")}}


def topic(name: str) -> dict[str, Any]:
    """What may be told of."""
    return {"type": "webhook-topic", "id": name, "links": {"self": f"{HOST}/webhook-topics/{name}/"}}


def account(no: str) -> dict[str, Any]:
    """The account of the key."""
    street = {"address1": None, "address2": None, "city": None, "region": None, "country": None, "zip": None}
    contact = {
        "default_sender_name": "Paws", "default_sender_email": "paws@example.com", "website_url": None,
        "organization_name": "Paws", "street_address": street,
    }  # fmt: skip
    attributes = {
        "test_account": True, "contact_information": contact, "industry": None, "timezone": "Europe/Berlin",
        "preferred_currency": "EUR", "public_api_key": no, "locale": "en-US",
    }  # fmt: skip
    return _resource("account", no, "accounts", attributes)
