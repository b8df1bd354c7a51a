"""What the connector sends and what the sandbox answers, held against Twilio's own OpenAPI document."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from pawline.connectors.twilio.enrolling import enrol
from pawline.connectors.twilio.health import probe
from pawline.connectors.twilio.hook import about
from pawline.connectors.twilio.looking import texts
from pawline.connectors.twilio.past import PAST
from pawline.ports import PortError
from pawline.sandbox.twilio.books import sid
from tests.unit.connectors.fetching import fetched
from tests.unit.connectors.twilio_scene import ANN, HELD, Scene, letter, run
from tests.unit.sandbox.twilio_contract import ALSO, KEPT, SPEC, Held, contract, made_of

REQUESTS, REPLIES, OTHERS = 3, 5, 5
"""Operations of the document that were asked, answers to them, and calls that only pages have: they may only grow."""
AT = "https://hub.paws.example/hooks/twilio/us"


async def tour(here: Scene) -> None:
    """Everything that the connector says to Twilio."""
    http, settings = here.http, here.settings
    http.heard_at = AT
    await probe(http, settings, frozenset({"Mail"}))
    await enrol(http, settings, AT)
    await here.step(letter())
    await here.step(letter(), number=2)
    await here.step(letter("long " * 80), "k-2")
    for to in ("+15005550001", "+15005550004"):
        with pytest.raises(PortError):
            await here.step(letter(to=to), "k-3")
    here.act("fate", {"to": "+15550999999", "code": 30006})
    await here.step(letter(to="+15550999999"), "k-4")
    here.act("slow", True)
    await here.step(letter(), "k-5")
    stop = here.act("write", {"sender": ANN, "body": "STOP"})
    await about(http, settings, stop)
    with pytest.raises(PortError):
        await about(http, settings, f"SM{32 * '0'}")
    await texts(http, settings, (await texts(http, settings, "")).cursor)
    with TemporaryDirectory() as folder:
        await fetched(PAST, here, Path(folder) / "x")
    await here.desk.twilio.teller.close()


def test_all_that_is_said_is_as_twilio_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    right, also = HELD.right.copy(), HELD.also.copy()
    HELD.right.clear()
    HELD.also.clear()
    run(tour)
    run(tour, sender=sid("MG", "service"))
    found, others = set(HELD.right), set(HELD.also)
    HELD.right.update(right)
    HELD.also.update(also)
    requests = {one for one in found if one.endswith("request")}
    with capsys.disabled():
        sys.stdout.write(
            f"\nTwilio: {len(requests)} operations, {len(found - requests)} answers held to its document;"
            f" {len(others)} calls to its pages\n"
        )
    assert requests == {"CreateMessage request", "FetchMessage request", "ListMessage request"}
    assert len(requests) >= REQUESTS
    assert found - requests >= {"CreateMessage 201", "CreateMessage 400", "FetchMessage 200", "ListMessage 200"}
    assert len(found - requests) >= REPLIES
    assert others == set(ALSO)
    assert len(others) >= OTHERS


def test_a_word_that_twilio_does_not_have_is_found() -> None:
    held, form = Held(), "application/x-www-form-urlencoded"
    at = f"/2010-04-01/Accounts/AC{32 * 'a'}/Messages.json"
    held.request("POST", at, {}, form, b"To=%2B15550123456&Body=x&ValidityPeriod=60")
    assert held.wrong == []
    held.request("POST", at, {}, form, b"To=%2B15550123456&Reference=x")
    held.request("POST", at, {}, form, b"Body=x")
    held.request("POST", at, {}, form, b"To=x&ValidityPeriod=soon")
    held.request("POST", at, {}, form, b"To=x&MessagingServiceSid=MG1")
    held.request("POST", at, {}, "application/json", b"To=x")
    held.request("GET", at, {"Body": "x"}, "", b"")
    held.request("GET", at, {"PageSize": "1001"}, "", b"")
    held.request("GET", at.replace("AC", "XX"), {}, "", b"")
    held.request("GET", "/2010-04-01/Accounts/x/Calls.json", {}, "", b"")
    held.request("POST", "/v1/Services/MG1", {}, form, b"Url=x")
    held.reply("POST", at, 200, b"{}")
    held.reply("POST", at, 201, b'{"sid": 1}')
    held.reply("POST", at, 201, b'{"reference": "x"}')
    held.reply("POST", at, 400, b'{"code": 1}')
    assert [one[:60] for one in held.wrong] == [
        "CreateMessage request: Additional properties are not allowed",
        "CreateMessage request: 'To' is a required property",
        "CreateMessage request: 'soon' is not of type 'integer'",
        "CreateMessage request: 'MG1' is too short",
        "CreateMessage request: its body is said to be application/js",
        "ListMessage request: there is no parameter Body",
        "ListMessage request: 1001 is greater than the maximum of 100",
        f"ListMessage request: 'XX{32 * 'a'}' does"[:60],
        "GET /2010-04-01/Accounts/x/Calls.json is no call that any pa",
        "POST /v1/Services/{Sid} has no Url",
        "CreateMessage 200: it is not answered so",
        "CreateMessage 201: 1 is not of type 'string', 'null'",
        "CreateMessage 201: Additional properties are not allowed ('r",
        "CreateMessage 400: its error has not message",
        "CreateMessage 400: its error has not more_info",
        "CreateMessage 400: its error has not status",
    ]


def test_what_is_kept_of_the_document_is_what_it_says() -> None:
    if not SPEC.exists():
        pytest.skip("the vendors' specifications are beside the checkout of whoever has them")
    whole: dict[str, Any] = json.loads(SPEC.read_text("utf-8"))
    assert made_of(whole) == json.loads(KEPT.read_text("utf-8")) == contract()
    assert all(page.startswith("https://www.twilio.com/docs/") for page, _ in ALSO.values())
