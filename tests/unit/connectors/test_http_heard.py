"""What is believed of a system that nobody knows, and what becomes of it: an event, or nothing and a word why."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from pawline.connectors.http import connector
from pawline.kit import WHENEVER, BadSettings, Delivery, Headers, Hook, Unsigned
from pawline.model import Event, HouseholdId, OrderPlaced, household_by_email
from pawline.model.cloudevents import CloudEvent
from pawline.model.cloudevents_wire import to_binary, to_structured
from pawline.model.event import encode_event
from pawline.model.events.shipments import ShipmentDelivered, ShipmentDispatched
from pawline.model.ids import OrderId, ShipmentId
from pawline.testing.conformance import SECRETS
from tests.unit.connectors.http_scene import HEARS

SAMPLES = Path(__file__).parents[3] / "src/pawline/connectors/http/samples"
AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
DELIVERED = ShipmentDelivered(shipment=ShipmentId("s1"), order=OrderId("o1"), at=AT)


def hook(hears: dict[str, Any]) -> Hook[Any]:
    found = connector.heard(connector.configure({"hears": hears}))
    assert found is not None
    return found


def heard(hears: dict[str, Any], body: bytes, *headers: tuple[str, str]) -> tuple[Delivery, tuple[Event, ...]]:
    made = hook(hears)
    told = made.read([("webhook-id", "m-1"), *headers], body)
    return told, made.hears[told.type](told.payload)


def mapped(fields: str, **given: Any) -> dict[str, Any]:
    """One mapping, of a parcel that left; `fields` is TOML."""
    events = [{"event": "shipment.dispatched@1", "fields": tomllib.loads(fields)}]
    return {"secrets": list(SECRETS[:2]), "events": events} | given


PARCEL = """
shipment = "/p/code"
order = { from = "/p/order", is = "text" }
at = { from = "/p/at", is = "date" }
"""
BODY: dict[str, Any] = {"p": {"code": "JD1", "order": 7, "at": "2026-11-27T10:30:00+01:00"}}


def wrong(fields: str, body: Any = BODY, **given: Any) -> str:
    with pytest.raises(ValueError) as no:  # noqa: PT011 - what it says is what is asked
        heard(mapped(fields, **given), msgspec.json.encode(body))
    return str(no.value)


def test_what_the_standards_package_signs_is_believed_and_nothing_else() -> None:
    made, body, now = hook(HEARS), (SAMPLES / "sale.completed.json").read_text("utf-8"), datetime.now(UTC)
    live = made.secrets(connector.configure({"hears": HEARS}))
    strange = Webhook(SECRETS[2]).sign("m1", now, body)
    for secret in SECRETS[:2]:
        headers: Headers = [
            ("webhook-id", "m1"), ("webhook-timestamp", str(int(now.timestamp()))),
            ("webhook-signature", f"v1a,AAAA {strange} {Webhook(secret).sign('m1', now, body)}"),
        ]  # fmt: skip
        made.signature.verify(live, headers, body.encode(), now.timestamp())
        with pytest.raises(Unsigned):
            made.signature.verify(live, headers, body.encode() + b" ", now.timestamp())
        with pytest.raises(Unsigned):
            made.signature.verify(live, [("webhook-id", "m2"), *headers[1:]], body.encode(), now.timestamp())
        with pytest.raises(Unsigned):
            made.signature.verify(live, headers, body.encode(), now.timestamp() + 301)


def test_a_sale_is_an_order_to_the_cent_and_of_the_household_of_its_address() -> None:
    told, (event,) = heard(HEARS, (SAMPLES / "sale.completed.json").read_bytes())
    assert told[:3] == ("sale.completed", "sale.completed/7001", datetime(2026, 11, 27, 9, 30, tzinfo=UTC))
    assert isinstance(event, OrderPlaced)
    assert event.order.household == household_by_email("ann@example.com")
    assert [(one.sku, one.quantity, one.price.minor) for one in event.order.lines] == [
        ("kibble-10", 2, 990), ("chew-1", 1, 500),
    ]  # fmt: skip
    assert (event.fact, event.order.total.minor) == ("order.placed/1001", 2480)


def test_what_is_optional_is_left_out_where_it_is_null_or_not_there() -> None:
    _, (event,) = heard(HEARS, (SAMPLES / "parcel.left.json").read_bytes())
    assert isinstance(event, ShipmentDispatched)
    assert event.household is None


def test_several_events_may_be_of_one_type_and_none_of_another() -> None:
    given = mapped(PARCEL, type="header:X-Event")
    two = {"event": "shipment.delivered@1", "type": "left", "fields": given["events"][0]["fields"]}
    given["events"] = [given["events"][0] | {"type": "left"}, two]
    told, events = heard(given, msgspec.json.encode(BODY), ("x-event", "left"))
    assert [type(one) for one in events] == [ShipmentDispatched, ShipmentDelivered]
    assert told == Delivery("left", "m-1", WHENEVER, msgspec.json.encode(BODY))
    assert "lost" not in hook(given).hears
    with pytest.raises(Unsigned, match=r"X-Event is missing, empty, or came twice"):
        hook(given).read([("x-event", "left"), ("x-event", "lost")], msgspec.json.encode(BODY))


def test_the_id_is_the_signed_one_or_the_bodys_and_never_a_header_that_nobody_signed() -> None:
    own = {"signed": "own", "own": {"header": "x-hash"}, "secrets": ["a secret that is long enough"]}
    body = msgspec.json.encode(BODY)
    first, _ = heard(mapped(PARCEL, **own), body, ("webhook-id", "m-2"))
    again, _ = heard(mapped(PARCEL, **own), body, ("webhook-id", "m-3"))
    other, _ = heard(mapped(PARCEL, **own), body + b" ")
    assert first == again
    assert first.id.startswith("sha256/")
    assert other.id != first.id
    assert heard(mapped(PARCEL, id="/p/order", **own), body)[0].id == "7"


def test_a_cloud_event_in_either_mode_is_the_event_that_it_says_it_is() -> None:
    given = {"secrets": list(SECRETS[:2]), "cloudevents": ["shipment.delivered@1"]}
    event = CloudEvent(
        id="e1", source="/till", type="shipment.delivered@1", time=AT, datacontenttype="application/json",
        data=encode_event(DELIVERED),
    )  # fmt: skip
    told, found = heard(given, to_structured(event), ("content-type", "application/cloudevents+json; charset=utf-8"))
    assert (told.type, told.id, told.at, found) == ("shipment.delivered@1", "/till e1", AT, (DELIVERED,))
    headers, body = to_binary(event)
    told, found = heard(given, body, *headers.items())
    # nothing of its headers is signed: neither its id nor its time is believed
    assert (told.type, told.id, told.at, found) == ("shipment.delivered@1", "m-1", WHENEVER, (DELIVERED,))


@pytest.mark.parametrize("type_", ["shipment.delivered@1", "shipment.dispatched@1"])
def test_a_cloud_event_whose_headers_say_another_type_than_its_body_is_none(type_: str) -> None:
    """Both events have the same fields; what the body says of itself is what was signed."""
    given = {"secrets": list(SECRETS[:2]), "cloudevents": ["shipment.delivered@1", "shipment.dispatched@1"]}
    other = "shipment.dispatched@1" if type_ == "shipment.delivered@1" else "shipment.delivered@1"
    said = encode_event(DELIVERED).replace(b"shipment.delivered@1", other.encode())
    headers = {"ce-specversion": "1.0", "ce-id": "e", "ce-source": "/x", "ce-type": type_,
               "content-type": "application/json"}  # fmt: skip
    for body in (said, encode_event(DELIVERED).replace(b'"type":"shipment.delivered@1",', b"")):
        with pytest.raises(ValueError, match=r"the event's own body says that it is"):
            heard(given, body, *headers.items())


def test_an_event_that_the_settings_do_not_name_is_heard_by_nobody() -> None:
    given = {"secrets": list(SECRETS[:2]), "cloudevents": ["shipment.delivered@1"]}
    assert set(hook(given).hears) == {"shipment.delivered@1"}
    assert set(hook(HEARS).hears) == {"sale.completed", "parcel.left"}


@pytest.mark.parametrize(
    ("field", "said", "event"),
    [
        ('{ from = "/a", is = "text" }', 7, "7"),
        ('{ from = "/a", is = "text" }', 7.50, "7.5"),
        ('{ from = "/a" }', "x", "x"),
        ('{ from = "/a", values = { x = "y", "*" = "z" } }', "x", "y"),
        ('{ from = "/a", values = { x = "y", "*" = "z" } }', None, "z"),
        ('{ from = "/a", values = { 7 = "seven", true = "yes" } }', 7, "seven"),
        ('{ from = "/a", values = { 7 = "seven", true = "yes" } }', True, "yes"),
        ('{ from = "/a/1/b~1c~0/0" }', [0, {"b/c~": ["deep"]}], "deep"),
        ('{ from = "/a/" }', {"": "empty"}, "empty"),
        ('{ constant = "always" }', None, "always"),
    ],
)
def test_a_text_is_had_by_pointer_value_or_constant(field: str, said: Any, event: str) -> None:
    fields = PARCEL.replace('"/p/code"', field)
    _, (found,) = heard(mapped(fields), msgspec.json.encode(BODY | {"a": said}))
    assert isinstance(found, ShipmentDispatched)
    assert found.shipment == event


@pytest.mark.parametrize(
    ("field", "said", "at"),
    [
        ('{ from = "/a", is = "date" }', "2026-11-27T10:30:00+01:00", AT),
        ('{ from = "/a", is = "date", zone = "Europe/Berlin" }', "2026-11-27 10:30:00", AT),
        ('{ from = "/a", is = "date", zone = "Europe/Berlin" }', "2026-11-27T09:30:00Z", AT),
        ('{ from = "/a", is = "date", format = "%d.%m.%Y %H:%M", zone = "Europe/Berlin" }', "27.11.2026 10:30", AT),
        ('{ from = "/a", is = "date", format = "epoch" }', int(AT.timestamp()), AT),
        ('{ from = "/a", is = "date", format = "epoch" }', str(int(AT.timestamp())), AT),
        ('{ from = "/a", is = "date", format = "epoch_ms" }', int(AT.timestamp()) * 1000, AT),
        # the hour that comes twice is the first of the two
        ('{ from = "/a", is = "date", zone = "Europe/Berlin" }', "2026-10-25 02:30:00",
         datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_date_is_a_moment_with_a_zone(field: str, said: Any, at: datetime) -> None:
    fields = PARCEL.replace('{ from = "/p/at", is = "date" }', field)
    _, (found,) = heard(mapped(fields), msgspec.json.encode(BODY | {"a": said}))
    assert isinstance(found, ShipmentDispatched)
    assert found.at == at


@pytest.mark.parametrize(
    ("field", "said", "says"),
    [
        ('{ from = "/a", is = "date" }', "2026-11-27T10:30:00", "at from /a: it says no zone: name the `zone`"),
        ('{ from = "/a", is = "date" }', 1_790_000_000, "at from /a: it is no text: of a number say"),
        ('{ from = "/a", is = "date" }', "soon-canary", "at from /a: it is no date and time of ISO 8601"),
        ('{ from = "/a", is = "date" }', "2026-11-27T99:30:00Z", "at from /a: it is no time of ISO 8601"),
        ('{ from = "/a", is = "date", format = "epoch" }', "soon-canary", "at from /a: it is no number of seconds"),
        ('{ from = "/a", is = "date", format = "epoch" }', 10**14, "at from /a: "),
        ('{ from = "/a", is = "date", zone = "Europe/Berlin" }', "2026-03-29 02:30:00", "skipped it"),
        ('{ from = "/a", is = "date", format = "%d.%m.%Y", zone = "UTC" }', "soon-canary", "not written as %d.%m.%Y"),
        ('{ from = "/a", is = "text" }', {"x": "soon-canary"}, "at from /a: it is neither a text nor a number"),
        (
            '{ from = "/a", values = { x = "2026-11-27T10:30:00Z" } }',
            "soon-canary",
            "none of those that `values` names",
        ),
        ('{ from = "/a/b" }', {"c": "soon-canary"}, "at from /a/b: nothing is there: 'b' is looked for"),
        ('{ from = "/a/1" }', [0], "at from /a/1: nothing is there: '1' is looked for in what is a list"),
        ('{ from = "/a/01" }', [0, 1], "at from /a/01: nothing is there"),
        ('{ from = "/a/b" }', "soon-canary", "in what is neither"),
        ('{ from = "/a" }', ["soon-canary"], "at (from /a): Expected `datetime`, got `array`"),
        ('{ from = "/a" }', "soon-canary", "at (from /a): Invalid RFC3339 encoded datetime"),
    ],
)
def test_what_cannot_be_read_names_the_field_and_the_pointer_and_never_what_stands_there(
    field: str, said: Any, says: str
) -> None:
    found = wrong(PARCEL.replace('{ from = "/p/at", is = "date" }', field), BODY | {"a": said})
    assert says in found
    assert "soon-canary" not in found


def test_a_currency_that_is_none_is_not_told() -> None:
    body = msgspec.json.decode((SAMPLES / "sale.completed.json").read_bytes())
    given = msgspec.json.decode(msgspec.json.encode(HEARS))
    given["events"][0]["fields"]["order"]["fields"]["currency"] = "/sale/currency"
    body["sale"]["currency"] = "soon-canary"
    says = r"^order from total from /sale/total: its currency at /sale/currency is none: three letters, such as EUR$"
    with pytest.raises(ValueError, match=says):
        heard(given, msgspec.json.encode(body))


def test_of_a_list_the_item_is_named_and_of_a_part_its_own_pointer() -> None:
    body = msgspec.json.decode((SAMPLES / "sale.completed.json").read_bytes())
    body["sale"]["items"][1]["pieces"] = "two"
    with pytest.raises(
        ValueError, match=r"^order from lines from /sale/items/1: quantity from /pieces: it is no whole"
    ):
        heard(HEARS, msgspec.json.encode(body))
    body["sale"]["items"][1]["pieces"] = 1
    body["sale"]["items"][1]["article"] = 5
    with pytest.raises(ValueError, match=r"^order.lines.sku \(from /article\): Expected `str`, got `int`"):
        heard(HEARS, msgspec.json.encode(body))
    body["sale"]["items"] = {}
    with pytest.raises(ValueError, match=r"^order from lines from /sale/items: it is no list"):
        heard(HEARS, msgspec.json.encode(body))


@pytest.mark.parametrize("price", ["9,90", "9.999", "1e1", 9.123, None, True, {"a": 1}])
def test_money_is_exact_or_refused(price: Any) -> None:
    body = msgspec.json.decode((SAMPLES / "sale.completed.json").read_bytes())
    body["sale"]["items"][0]["price"] = price
    with pytest.raises(ValueError, match=r"^order from lines from /sale/items/0: price from /price: it is n"):
        heard(HEARS, msgspec.json.encode(body))


@pytest.mark.parametrize("pieces", [True, 3.5, "2.5", "\u0662", "", "1" * 16, 1e20])
def test_a_count_is_whole_or_refused(pieces: Any) -> None:
    body = msgspec.json.decode((SAMPLES / "sale.completed.json").read_bytes())
    body["sale"]["items"][0]["pieces"] = pieces
    with pytest.raises(
        ValueError, match=r"^order from lines from /sale/items/0: quantity from /pieces: it is no whole"
    ):
        heard(HEARS, msgspec.json.encode(body))


def test_an_order_that_does_not_add_up_is_refused_by_what_an_order_is() -> None:
    body = msgspec.json.decode((SAMPLES / "sale.completed.json").read_bytes())
    body["sale"]["total"] = "24.81"
    with pytest.raises(ValueError, match=r"^order: order 1001: its parts come to 24.80 EUR, its total says 24.81 EUR"):
        heard(HEARS, msgspec.json.encode(body))


def test_who_has_no_address_is_of_no_household() -> None:
    body = msgspec.json.decode((SAMPLES / "sale.completed.json").read_bytes())
    body["sale"]["customer"]["email"] = "nobody"
    with pytest.raises(ValueError, match=r"^order from household from /sale/customer/email: it is no mail address"):
        heard(HEARS, msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("fields", "given", "says"),
    [
        (PARCEL, {"secrets": []}, "`secrets` is empty"),
        (PARCEL, {"secrets": ["short"]}, "a webhook's secret is not one that its sender gives out"),
        (PARCEL, {"signed": "own"}, "`own` says how it signs where"),
        (PARCEL, {"own": {"header": "x"}}, "`own` says how it signs where"),
        (PARCEL, {"cloudevents": ["order.placed@1"]}, "give one"),
        (PARCEL, {"events": []}, "give one"),
        (PARCEL, {"tolerance_seconds": 0}, "`tolerance_seconds` is above 0"),
        (PARCEL, {"type": "/x"}, "each of `events` says of which `type`"),
        (PARCEL, {"type": "event"}, "'event' is no JSON pointer: write /data/id"),
        (PARCEL, {"type": "header:"}, "behind `header:` is a header's name"),
        (PARCEL, {"id": "x"}, "`id`: 'x' is no JSON pointer"),
        (PARCEL, {"at": "x"}, "`at`: 'x' is no JSON pointer"),
        (PARCEL, {"at": {"from": "/x"}}, 'it is a date: say `is = "date"`'),
        (
            PARCEL,
            {"events": [{"event": "parcel.left@1"}]},
            "`hears.events[0]`.event: no event is called 'parcel.left@1'",
        ),
        (PARCEL, {"events": [{"event": "order.placed"}]}, "did you mean order.placed@1"),
        ('shipment = "/a"', {}, "ShipmentDispatched needs order, at, too"),
        (PARCEL + 'ordr = "/a"', {}, "has no field 'ordr': did you mean order?"),
        (PARCEL + 'zzz = "/a"', {}, "has no field 'zzz': there are shipment, order, at, household"),
        (PARCEL + 'household = "a"', {}, ".fields.household: 'a' is no JSON pointer"),
        (PARCEL + 'household = "/a~2"', {}, "is no JSON pointer"),
        (PARCEL + "household = {}", {}, "it is a pointer, or has `from`"),
        (PARCEL + 'household = { constant = "h", from = "/a" }', {}, "a `constant` stands alone"),
        (PARCEL + 'household = { from = "/a", is = "money" }', {}, "money has a `currency`"),
        (PARCEL + 'household = { from = "/a", currency = "EUR" }', {}, "money has a `currency`"),
        (PARCEL + 'household = { from = "/a", is = "money", currency = "XYZ" }', {}, "'XYZ' is no currency"),
        (PARCEL + 'household = { from = "/a", zone = "UTC" }', {}, "`zone` is of a date"),
        (PARCEL + 'household = { from = "/a", is = "date", zone = "Mars" }', {}, "`zone` is of a date"),
        (PARCEL + 'household = { from = "/a", format = "%Y" }', {}, "`format` is of a date"),
        (PARCEL + 'household = { from = "/a", is = "date", format = "%d.%m.%Y" }', {}, "says no zone"),
        (PARCEL + 'household = { from = "/a", is = "date", format = "%d.%m." }', {}, "none that can be read"),
        (PARCEL + 'household = { from = "/a", is = "day", format = "%Q" }', {}, "none that can be read"),
        (PARCEL + 'household = { from = "/a", is = "day", format = "epoch" }', {}, "`format` 'epoch' is of a date"),
        (PARCEL + 'household = { from = "/a", prefix = "x" }', {}, "a `prefix` is of a text"),
        (PARCEL + "household = { constant = 5 }", {}, ".fields.household: 5 is none that it may be"),
        (PARCEL + 'household = { from = "/a", values = { a = 7 } }', {}, ".fields.household: 7 is none that it may be"),
        (PARCEL, {"at": {"from": "/x", "each": "/y", "is": "date"}}, "and where it stands by `from`"),
        (PARCEL + 'household = { from = "/a", is = "age" }', {}, "this value is not known"),
        (PARCEL + 'household = { from = "/a", for = "x" }', {}, "unknown field `for`"),
        (PARCEL + 'household = { fields = { a = "/a" } }', {}, "it has no `fields` of its own"),
        (PARCEL + 'household = { from = "/a", is = "text", fields = { a = "/a" } }', {}, "converted field by field"),
        (PARCEL.replace('"/p/code"', '{ from = "/a", optional = true }'), {}, "so that it is not `optional`"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_told_before_anything_comes(
    fields: str, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadSettings) as no:
        connector.configure({"hears": mapped(fields, **given)})
    assert says in str(no.value)


def test_a_list_and_a_part_are_not_taken_for_one_another() -> None:
    given = msgspec.json.decode(msgspec.json.encode(HEARS))
    lines = given["events"][0]["fields"]["order"]["fields"]["lines"]
    del lines["each"]
    with pytest.raises(BadSettings, match=r"order.fields.lines: it is a list: say by `each` of what"):
        connector.configure({"hears": given})
    lines["each"] = "/sale/items"
    given["events"][0]["fields"]["order"]["each"] = "/sales"
    with pytest.raises(BadSettings, match=r"fields.order: it is no list of `each`"):
        connector.configure({"hears": given})


def test_a_household_is_the_same_as_everywhere() -> None:
    fields = PARCEL + 'household = { from = "/p/mail", is = "household" }'
    _, (found,) = heard(mapped(fields), msgspec.json.encode({"p": BODY["p"] | {"mail": " Ann@Example.com "}}))
    assert found.household == HouseholdId(household_by_email("ann@example.com"))


@pytest.mark.parametrize(
    "name",
    [
        "case.ended@1", "case.clicked@1", "webhook.unclaimed@1", "listener.owed@1", "customer.erased@1",
        "lot.recalled@1",
        "order.confirmed@1", "order.refused@1", "pickup.decided@1", "recall.decided@1", "recall.reached@1",
        "recall.searched@1", "renewals.decided@1",
    ],
)  # fmt: skip
def test_what_is_for_the_hub_to_say_nobody_else_may(name: str) -> None:
    for hears in ({"cloudevents": [name]}, {"events": [{"event": name}]}):
        with pytest.raises(BadSettings, match=f"{name} is for the hub itself to say"):
            connector.configure({"hears": {"secrets": list(SECRETS[:2])} | hears})


@pytest.mark.parametrize(
    "number",
    [
        "1e41", "1e999999999", "-1.5e-41", "1e-999999999", "0e-99999999", "0e99999999", "1e99999999999999999999",
        "0e99999999999999999999",
    ],
)  # fmt: skip
def test_a_number_out_of_all_measure_is_refused_before_it_is_written_down(number: str) -> None:
    """Told in digits it would take a gigabyte."""
    body = msgspec.json.encode(BODY).replace(b":7", f":{number}".encode())
    with pytest.raises(ValueError, match="the body is no JSON"):
        heard(mapped(PARCEL), body)


def test_a_body_as_deep_as_it_likes_is_no_json_and_ends_nothing() -> None:
    for deep in (b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000):
        with pytest.raises(ValueError, match="the body is no JSON"):
            heard(mapped(PARCEL), deep)


def test_a_type_and_an_id_are_short_wherever_they_stand() -> None:
    long = "x" * 201
    with pytest.raises(ValueError, match="`type`: what stands there is longer than 200 characters"):
        heard(HEARS, msgspec.json.encode({"event": long, "id": 1}))
    given = mapped(PARCEL, type="header:x-event")
    given["events"][0]["type"] = "left"
    with pytest.raises(ValueError, match="`type`: what stands there is longer than 200 characters"):
        heard(given, msgspec.json.encode(BODY), ("x-event", long))
    one, _ = heard(mapped(PARCEL, id="/p/id"), msgspec.json.encode({"p": BODY["p"] | {"id": long}}))
    other, _ = heard(mapped(PARCEL, id="/p/id"), msgspec.json.encode({"p": BODY["p"] | {"id": long + "y"}}))
    assert one.id.startswith("sha256/")
    assert one.id != other.id
