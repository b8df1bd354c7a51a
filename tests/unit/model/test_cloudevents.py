"""CloudEvents keep the specification's rules, in structured and in binary mode."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example as such_as
from hypothesis import given, settings
from hypothesis import strategies as st

from pawline.model import CustomerErased, Envelope, HouseholdId, UnknownEvent, UnreadableEvent
from pawline.model.cloudevents import BadCloudEvent, CloudEvent, from_cloudevent, is_json, to_cloudevent
from pawline.model.cloudevents_wire import (
    BATCH,
    STRUCTURED,
    from_batch,
    from_binary,
    from_http,
    from_structured,
    to_batch,
    to_binary,
    to_structured,
)

SPEC = Path(__file__).parents[3].parent / "shared" / "specs" / "cloudevents"
needs_spec = pytest.mark.skipif(
    not SPEC.is_dir(), reason="the CloudEvents files of ../shared are not beside this checkout"
)

ERASED = Envelope(
    shop="s1",
    source="shopify/eu",
    id="e1",
    at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))),
    event=CustomerErased(erased=HouseholdId("h1")),
)
MINIMAL: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/s", "type": "a.b"}


def structured(**members: object) -> bytes:
    return json.dumps({**MINIMAL, **members}).encode()


def test_our_event_outside() -> None:
    outside = to_cloudevent(ERASED)
    assert json.loads(to_structured(outside)) == {
        "specversion": "1.0",
        "id": "e1",
        "source": "/shops/s1/shopify%2Feu",
        "type": "customer.erased@1",
        "subject": "h1",
        "time": "2026-01-02T01:04:05Z",
        "datacontenttype": "application/json",
        "data": {"type": "customer.erased@1", "erased": "h1"},
    }
    assert to_binary(outside) == (
        {
            "ce-specversion": "1.0",
            "ce-id": "e1",
            "ce-source": "/shops/s1/shopify%252Feu",
            "ce-type": "customer.erased@1",
            "ce-subject": "h1",
            "ce-time": "2026-01-02T01:04:05Z",
            "content-type": "application/json",
        },
        b'{"type":"customer.erased@1","erased":"h1"}',
    )
    assert from_cloudevent(outside) == ERASED


@needs_spec
def test_our_event_fits_the_schema_of_the_specification() -> None:
    schema = json.loads((SPEC / "cloudevents.json").read_text())
    outside = json.loads(to_structured(to_cloudevent(ERASED)))

    assert set(schema["required"]) <= set(outside)
    assert set(outside) <= set(schema["properties"])
    for name, value in outside.items():
        rule = schema["definitions"][schema["properties"][name]["$ref"].rpartition("/")[2]]
        kinds = {"string": str, "object": dict, "array": list, "number": int, "boolean": bool, "null": type(None)}
        named = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
        assert isinstance(value, tuple(kinds[kind] for kind in named)), name
        assert not isinstance(value, str) or len(value) >= rule.get("minLength", 0), name


@needs_spec
def test_the_examples_of_the_schema_are_read() -> None:
    schema = json.loads((SPEC / "cloudevents.json").read_text())["properties"]
    read = 0
    for name, about in schema.items():
        for example in about.get("examples", []):
            body = structured(**{name: example})
            if name != "data_base64":
                assert json.loads(to_structured(from_structured(body))) == json.loads(body)
            else:
                assert from_structured(body).data == base64.b64decode(example)
            read += 1
    assert read == 18


@needs_spec
@pytest.mark.parametrize("name", ["v1.yaml", "v1_minimum.yaml"])
def test_the_conformance_events_come_back_in_both_modes(name: str) -> None:
    events = [_conformance(part) for part in (SPEC / "conformance" / name).read_text("utf-8").split("\n---\n")]
    assert len(events) == {"v1.yaml": 2, "v1_minimum.yaml": 6}[name]
    for event in events:
        assert from_structured(to_structured(event)) == event
        assert from_binary(*to_binary(event)) == event


def _conformance(text: str) -> CloudEvent:
    """One event of the conformance files: the little YAML that they use, read by hand."""
    attributes: dict[str, str] = {}
    block, data = None, None
    for line in text.splitlines():
        name, colon, value = (part.strip() for part in line.partition(":"))
        if block is not None and line.startswith(" " * (len(block[0]) + 1)) and not line.lstrip().startswith("#"):
            attributes[block[1]] = line.strip()
            block = None
        elif value == "|":
            block = (line[: len(line) - len(line.lstrip())], name)
        elif colon and value:
            attributes[name] = value.strip('"')
    data = attributes.pop("Data").encode()
    for other in ("Mode", "user-agent", "specversion"):
        attributes.pop(other, None)
    extensions = {name: attributes.pop(name) for name in list(attributes) if name.startswith("comexample")}
    known = {name: attributes[name] for name in ("id", "source", "type", "datacontenttype") if name in attributes}
    time = attributes.get("time")
    return CloudEvent(
        **known, time=None if time is None else datetime.fromisoformat(time), data=data, extensions=extensions
    )


@pytest.mark.parametrize(
    ("media_type", "data", "members"),
    [
        (None, b'{"a":[1,null]}', {"data": {"a": [1, None]}}),
        ("application/json", b'"text"', {"data": "text"}),
        ("application/json", b"null", {"data": None}),
        ("application/json; charset=utf-8", b"1.50", {"data": 1.5}),
        ("application/vnd.shop+json", b"[]", {"data": []}),
        ("application/json", b"{broken", {"data_base64": "e2Jyb2tlbg=="}),
        ("text/plain", "Grüße".encode(), {"data": "Grüße"}),
        ("text/xml", b"", {"data": ""}),
        ("image/png", b"\x89PNG", {"data_base64": "iVBORw=="}),
        ("text/plain", None, {}),
    ],
)
def test_payloads_in_structured_mode(media_type: str | None, data: bytes | None, members: dict[str, Any]) -> None:
    event = CloudEvent(id="1", source="/s", type="a.b", datacontenttype=media_type, data=data)
    body = to_structured(event)
    found = json.loads(body)
    assert {
        name: value for name, value in found.items() if name.startswith("data") and name != "datacontenttype"
    } == members
    assert from_structured(body) == event


def test_a_null_attribute_is_not_there() -> None:
    event = from_structured(structured(subject=None, time=None, dataschema=None, myext=None, data_base64=None))
    assert event == CloudEvent(id="1", source="/s", type="a.b")


def test_extensions_keep_their_types_in_json_and_become_texts_in_headers() -> None:
    event = CloudEvent(id="1", source="/s", type="a.b", extensions={"partitionkey": "o1", "sequence": 7, "test": True})
    assert json.loads(to_structured(event)) == {**MINIMAL, "partitionkey": "o1", "sequence": 7, "test": True}
    assert from_structured(to_structured(event)) == event
    headers, body = to_binary(event)
    assert (headers["ce-partitionkey"], headers["ce-sequence"], headers["ce-test"], body) == ("o1", "7", "true", b"")
    assert from_binary(headers, body).extensions == {"partitionkey": "o1", "sequence": "7", "test": "true"}


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),
        ('100% "sure"', "100%25%20%22sure%22"),
        ("plain!#~", "plain!#~"),
    ],
)
def test_headers_are_percent_encoded_as_the_binding_shows(value: str, header: str) -> None:
    event = CloudEvent(id="1", source="/s", type="a.b", subject=value)
    headers, _ = to_binary(event)
    assert headers["ce-subject"] == header
    assert from_binary(headers, b"").subject == value


def test_headers_of_other_senders_are_read() -> None:
    headers = {
        "CE-SpecVersion": "1.0",
        "Ce-Id": "1",
        "ce-source": "/s",
        "CE-Type": '"quoted \\"type\\""',
        "ce-subject": "half%encoded",
        "Content-Type": "text/plain",
        "User-Agent": "x",
    }
    assert from_binary(headers, b"hi") == CloudEvent(
        id="1", source="/s", type='quoted "type"', subject="half%encoded", datacontenttype="text/plain", data=b"hi"
    )


def test_a_message_is_read_in_whichever_mode_it_comes() -> None:
    event = to_cloudevent(ERASED)
    headers, body = to_binary(event)
    assert from_http(headers, body) == (event,)
    assert from_http({"Content-Type": f"{STRUCTURED}; charset=UTF-8"}, to_structured(event)) == (event,)
    assert from_http({"content-type": BATCH}, to_batch([event, event])) == (event, event)
    assert from_http({"content-type": BATCH}, to_batch([])) == ()
    with pytest.raises(BadCloudEvent, match="application/cloudevents\\+avro is an event format that is not read here"):
        from_http({"content-type": "application/cloudevents+avro"}, b"")


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda: from_structured(b"["), "structured mode is a JSON object"),
        (lambda: from_structured(b"[]"), "structured mode is a JSON object"),
        (lambda: from_structured(structured(specversion="0.3")), "specversion is 1.0, not '0.3'"),
        (lambda: from_structured(structured(specversion=None)), "specversion is 1.0, not None"),
        (lambda: from_structured(b'{"specversion":"1.0","id":"1","source":"/s"}'), "type is required"),
        (lambda: from_structured(structured(id="")), "id is required and not empty"),
        (lambda: from_structured(structured(id=7)), "id is a text"),
        (lambda: from_structured(structured(datacontenttype=7, data=1)), "datacontenttype is a text"),
        (lambda: from_structured(structured(subject="")), "subject is not empty where it is present"),
        (lambda: from_structured(structured(subject="a\nb")), "subject holds a character that the specification"),
        (lambda: from_structured(structured(subject="\ufffe")), "subject holds a character that the specification"),
        (lambda: from_structured(structured(source="a b")), "source is a URI reference, not 'a b'"),
        (lambda: from_structured(structured(source="%zz")), "source is a URI reference"),
        (lambda: from_structured(structured(dataschema="/relative")), "dataschema is an absolute URI"),
        (lambda: from_structured(structured(datacontenttype="json")), "datacontenttype is a media type"),
        (lambda: from_structured(structured(time="2026-01-02T03:04:05")), "time is of RFC 3339"),
        (lambda: from_structured(structured(time="2026-01-02")), "time is of RFC 3339"),
        (lambda: from_structured(structured(time="2026-13-02T03:04:05Z")), "time is of RFC 3339"),
        (lambda: from_structured(structured(time=1)), "time is of RFC 3339"),
        (lambda: from_structured(structured(MyExt="x")), "'MyExt' is no name for an extension"),
        (lambda: from_structured(structured(my_ext="x")), "'my_ext' is no name for an extension"),
        (lambda: from_structured(structured(ext=1.5)), "ext is a text, a whole number or a truth value"),
        (lambda: from_structured(structured(ext={})), "ext is a text, a whole number or a truth value"),
        (lambda: from_structured(structured(ext=2**31)), "ext is a whole number of 32 bits"),
        (lambda: from_structured(structured(ext="\x00")), "ext holds a character that the specification forbids"),
        (lambda: from_structured(structured(data=1, data_base64="AA==")), "data and data_base64 exclude each other"),
        (lambda: from_structured(structured(data_base64="%")), "data_base64 is not base64"),
        (lambda: from_structured(structured(data_base64=7)), "data_base64 is not base64"),
        (lambda: from_batch(b"{}"), "a batch is a JSON array"),
        (lambda: from_batch(b"[{}]"), "specversion is 1.0"),
        (lambda: from_binary({"content-type": "application/json"}, b"{}"), "specversion is 1.0, not None"),
        (
            lambda: from_binary({"ce-specversion": "1.0", "ce-datacontenttype": "a/b"}, b""),
            "in binary mode the payload is the body",
        ),
        (lambda: from_binary({"ce-specversion": "1.0", "ce-id": "%ff"}, b""), "a header is no UTF-8"),
        (
            lambda: CloudEvent(id="1", source="/s", type="a", time=datetime(2026, 1, 1)),  # noqa: DTZ001
            "time has an offset",
        ),
    ],
    ids=count(),
)
def test_what_breaks_a_rule_is_refused(read: Callable[[], object], told: str) -> None:
    with pytest.raises(BadCloudEvent) as caught:
        read()
    assert str(caught.value).startswith(told)


def test_only_our_own_form_becomes_an_envelope() -> None:
    ours = to_cloudevent(ERASED)

    def changed(**change: Any) -> CloudEvent:
        return CloudEvent(**{name: getattr(ours, name) for name in ours.__struct_fields__} | change)

    for change, told in (
        ({"source": "/shops/s1"}, "source is /shops/<shop>/<source>, not '/shops/s1'"),
        ({"source": "https://x/shops/s1/y"}, "source is /shops/<shop>/<source>"),
        ({"time": None}, "our events have a time and data"),
        ({"data": None}, "our events have a time and data"),
        ({"datacontenttype": "text/xml"}, "our events are JSON, not 'text/xml'"),
    ):
        with pytest.raises(BadCloudEvent) as caught:
            from_cloudevent(changed(**change))
        assert str(caught.value).startswith(told)
    with pytest.raises(UnknownEvent):
        from_cloudevent(changed(type="customer.erased@99"))
    with pytest.raises(UnreadableEvent):
        from_cloudevent(changed(data=b"{}"))


def test_times_keep_their_instant_and_lose_nothing_below_a_second() -> None:
    body = structured(time="2018-04-05T19:31:00.123456+02:00")
    assert from_structured(body).time == datetime(2018, 4, 5, 17, 31, 0, 123456, tzinfo=UTC)
    assert from_structured(structured(time="2018-04-05t17:31:00z")).time == datetime(2018, 4, 5, 17, 31, tzinfo=UTC)
    assert json.loads(to_structured(from_structured(body)))["time"] == "2018-04-05T17:31:00.123456Z"


@pytest.mark.parametrize(
    ("media_type", "yes"),
    [
        (None, True),
        ("application/json", True),
        ("TEXT/JSON; charset=x", True),
        ("application/ld+json", True),
        ("application/json-seq", False),
        ("text/plain", False),
    ],
)
def test_which_media_types_are_json(media_type: str | None, yes: bool) -> None:
    assert is_json(media_type) is yes


@such_as(subject="a", data=b" 0", media_type="application/json")
@settings(max_examples=100)
@given(
    subject=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]), min_size=1, max_size=12),
    data=st.none() | st.binary(min_size=1, max_size=12),
    media_type=st.sampled_from([None, "application/json", "text/plain", "image/png"]),
)
def test_any_event_comes_back_in_both_modes(subject: str, data: bytes | None, media_type: str | None) -> None:
    event = CloudEvent(id="1", source="/s", type="a.b", subject=subject, data=data, datacontenttype=media_type)
    if data is not None and is_json(media_type) and _is_value(data):  # blanks around a value are not of the value
        assert from_structured(to_structured(event)) == msgspec.structs.replace(event, data=data.strip(b" \t\r\n"))
    else:
        assert from_structured(to_structured(event)) == event
    assert from_binary(*to_binary(event)) == event


def _is_value(data: bytes) -> bool:
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
