"""An account of a system that nobody knows: a saved delivery is tried, and what was declared is said again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pawline.cli import app
from pawline.hub import HubRefused
from pawline.store import Keyring
from pawline.testing.conformance import SECRETS

HEAD = """
shops = ["paws"]
listen = "127.0.0.1:8080"
public = "https://hooks.paws.example"
flows = ["{flows}"]

[[accounts]]
name = "http/till"
[accounts.settings]
url = "https://till.example/api"
[accounts.settings.calls]
settle = "repeat"
method = "PUT"
because = "till.example/docs"
[accounts.settings.hears]
secrets = [{{ env = "TILL_SECRET" }}]
type = "header:X-Event"
[[accounts.settings.hears.events]]
type = "left"
event = "{event}"
[accounts.settings.hears.events.fields]
"""
PARCEL = 'shipment = "/code"\norder = "/order"\nat = { from = "/at", is = "date" }\n'
BODY: dict[str, Any] = {"code": "JD1", "order": "o1", "at": "2026-11-27T10:30:00Z"}
NO_DATE = "at from /at: it is no date and time of ISO 8601: say its `format`"
NOT_THERE = "order from /order: nothing is there: 'order' is looked for in what is an object"
OWN = '''
from pawline.model import Event
from pawline.runtime import flow


class TillOpened(Event, tag="test.till_opened@1"):
    """The till was opened."""

    till: str

    @property
    def subject(self) -> str:
        return self.till


@flow(on=TillOpened)
async def greet(opened: TillOpened) -> str:
    return "hello"
'''


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TILL_SECRET", SECRETS[0])
    Keyring.generate().save(tmp_path / "pawline.key")
    return tmp_path


def write(place: Path, fields: str = PARCEL, event: str = "shipment.dispatched@1", flows: str = "") -> None:
    text = HEAD.format(event=event, flows=flows or "pawline.flows.adopt_order") + fields
    (place / "pawline.toml").write_text(text, "utf-8")


def said(place: Path, *words: str) -> tuple[int, Any]:
    done = CliRunner().invoke(app, [*words, "--json", "--config", str(place / "pawline.toml")], catch_exceptions=False)
    return done.exit_code, json.loads(done.output)


def looked(place: Path, body: Any, *words: str) -> tuple[int, Any]:
    (place / "body.json").write_text(body if isinstance(body, str) else json.dumps(body), "utf-8")
    code, (found,) = said(place, "look", "http/till", "--body", str(place / "body.json"), *words)
    return code, found


def test_a_saved_delivery_is_its_events_and_nothing_is_written(place: Path) -> None:
    write(place)
    code, found = looked(place, BODY, "--header", "X-Event=left")
    assert (code, found["rows"], found["refused"], found["where"]) == (0, 1, [], "body.json")
    assert found["first"] == [{
        "type": "shipment.dispatched@1", "shipment": "JD1", "order": "o1", "at": "2026-11-27T10:30:00Z",
        "household": None,
    }]  # fmt: skip
    assert sorted(one.name for one in place.iterdir()) == ["body.json", "pawline.key", "pawline.toml"]


@pytest.mark.parametrize(
    ("body", "header", "why"),
    [
        (
            BODY | {"at": "27.11.2026"},
            "x-event=left",
            NO_DATE,
        ),
        (
            {"code": "JD1"},
            "x-event=left",
            NOT_THERE,
        ),
        (BODY | {"order": 7}, "x-event=left", "order (from /order): Expected `str`, got `int`"),
        (BODY, "x-event=lost", "no event is made of this type"),
        (BODY, "x-other=left", "X-Event is missing, empty, or came twice"),
        ("{", "x-event=left", "the body is no JSON (DecodeError)"),
    ],
    ids=["date", "missing", "number", "type", "header", "no json"],
)
def test_what_is_wrong_is_said_with_its_pointer(place: Path, body: Any, header: str, why: str) -> None:
    write(place)
    code, found = looked(place, body, "--header", header)
    assert (code, found["rows"], found["first"], len(found["refused"])) == (1, 0, [], 1)
    assert found["refused"][0]["why"].partition(": ")[2] == why or found["refused"][0]["why"] == why


def test_an_event_that_a_flow_of_the_shops_defines_may_be_mapped(place: Path) -> None:
    (place / "till_flows.py").write_text(OWN, "utf-8")
    write(place, 'till = "/till"\n', "test.till_opened@1", "till_flows")
    code, found = looked(place, {"till": "3"}, "--header", "x-event=left")
    assert (code, found["first"]) == (0, [{"type": "test.till_opened@1", "till": "3"}])


def test_a_mapping_that_cannot_be_meant_keeps_the_hub_from_starting_and_says_where(place: Path) -> None:
    write(place, PARCEL.replace("shipment =", "shipmnt ="))
    with pytest.raises(HubRefused, match=r"hears.events\[0\]`.fields: ShipmentDispatched has no field 'shipmnt'"):
        said(place, "look", "http/till", "--body", "x")
    write(place, event="shipment.dispatched")
    with pytest.raises(HubRefused, match=r"no event is called 'shipment.dispatched' here"):
        said(place, "look", "http/till", "--body", "x")


def test_what_cannot_be_looked_at_is_refused(place: Path) -> None:
    write(place)
    for words, why in (
        (("http/till", "--body", str(place / "nowhere")), r"nowhere cannot be read \(No such file"),
        (("http/till", "--header", "a=b"), "--header is of a webhook: give its body by --body"),
        (("http/till", "--body", "x", "--header", "a"), "--header 'a': write NAME=VALUE"),
        (("http/other", "--body", "x"), "http/other hears no webhooks"),
    ):
        with pytest.raises(HubRefused, match=why):
            said(place, "look", *words)


def test_connect_and_doctor_repeat_what_nobody_verified(place: Path) -> None:
    write(place)
    told = said(place, "connect", "http/till")[1]["told"]
    unasked = "; it is not signed; whether it is there is not asked, for `calls.well` names no path"
    why = "because: till.example/docs"
    declared = [
        f"PUT to till.example: where nobody knows whether it happened, it is sent again, {why}{unasked}",
        "hears shipment.dispatched@1, signed by 1 secret(s)",
        "its type stands in a header, which is not signed",
    ]
    assert told == [
        "nothing was sent: name a path in `calls.well` that may be read to see whether it is there", *declared,
        "have its webhooks sent to https://hooks.paws.example/hooks/http/till: its connector cannot",
    ]  # fmt: skip
    _, doctor = said(place, "doctor")
    assert {"name": "access", "state": "good", "says": "nobody can be asked"} in doctor["checks"]
    (check,) = [one for one in doctor["checks"] if one["name"] == "declared"]
    assert check == {"name": "declared", "state": "good", "says": f"http/till: {'; '.join(declared)}"}
