"""A Twilio whose answers are off by one value: one of the four errors comes of it, or a result, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from pawline.connectors.twilio import connector, hook, looking
from pawline.connectors.twilio.enrolling import enrol
from pawline.connectors.twilio.health import probe
from pawline.connectors.twilio.hook import HOOK, about
from pawline.connectors.twilio.looking import RIPE
from pawline.connectors.twilio.mail import MARGIN, TwilioMail
from pawline.kit import QUERY
from pawline.ports import Attempt, PortError, attempting
from pawline.sandbox import Desk, Vendors
from pawline.sandbox.twilio import views
from pawline.sandbox.twilio.books import sid
from pawline.testing.counter import LOOPBACK, Counter, counter
from tests.unit.connectors.oddly import Scripted, heard, tried
from tests.unit.connectors.twilio_scene import ANN, SENDER, letter

SAMPLES = Path(str(hook.__file__)).with_name("samples")
AT = "https://hub.paws.example/hooks/twilio/us"
SERVICE, ACCOUNT = sid("MG", "service"), sid("AC", "account")
HERE = f"/2010-04-01/Accounts/{ACCOUNT}"


def told() -> tuple[Any, Any, Any, Any]:
    """A text that did not arrive, a STOP, the number and the service."""
    books = Desk(Vendors(now=(datetime.now(UTC) - 2 * RIPE).timestamp), "tok").twilio.books
    books.fates[ANN] = 30005
    one = books.send(ANN, "hello #abcdef", service=False, callback=None)
    books.flow(one)
    stop = views.message(books, books.receive(ANN, "STOP"))
    return views.message(books, one), stop, views.number(books, books.number), views.service(books, books.service)


GONE, STOP, NUMBER, THEIRS = told()
LIST = {"messages": [GONE, STOP], "next_page_uri": None}
REPLIES: dict[str, Any] = {
    f"POST {HERE}/Messages.json": GONE, f"GET {HERE}/Messages.json": LIST,
    f"GET {HERE}/Messages/{STOP['sid']}.json": STOP, f"GET {HERE}.json": {"status": "active"},
    f"GET {HERE}/IncomingPhoneNumbers.json": {"incoming_phone_numbers": [NUMBER]},
    f"POST {HERE}/IncomingPhoneNumbers/{NUMBER['sid']}.json": NUMBER, f"GET /v1/Services/{SERVICE}": THEIRS,
    f"POST /v1/Services/{SERVICE}": THEIRS,
}  # fmt: skip
Call = Callable[[Any, Any], Awaitable[object]]
CALLS: dict[str, tuple[str, Call]] = {
    "send": (SENDER, lambda http, settings: TwilioMail(http, settings).send(letter())),
    "look": (SENDER, lambda http, settings: looking.texts(http, settings, "")),
    "about": (SENDER, lambda http, settings: about(http, settings, STOP["sid"])),
    "enrol": (SENDER, lambda http, settings: enrol(http, settings, AT)),
    "enrol service": (SERVICE, lambda http, settings: enrol(http, settings, AT)),
    "probe": (SENDER, lambda http, settings: probe(http, settings, frozenset())),
    "probe service": (SERVICE, lambda http, settings: probe(http, settings, frozenset())),
}
NOTHING = {"probe", "probe service"}
"""Calls that come to nothing."""


async def outcome(served: Counter, sender: str, call: Call) -> object:
    url = f"http://127.0.0.1:{served.port}"
    settings = connector.configure(
        {"url": url, "messaging_url": url, "account": ACCOUNT, "token": "t", "sender": sender}
    )
    http = connector.http(settings, LOOPBACK)
    until = datetime.now(UTC) + timedelta(seconds=9) + MARGIN
    try:
        with attempting(Attempt("k", 2, until, "paws", "twilio/us")):
            return await call(http, settings)
    except PortError as problem:
        return problem
    finally:
        await http.close()


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_anywhere_is_one_of_four_errors_or_does_not_matter(name: str) -> None:
    sender, call = CALLS[name]
    asyncio.run(tried(REPLIES, lambda served: outcome(served, sender, call), nothing=name in NOTHING))


def test_a_list_that_never_ends_is_found_out() -> None:
    async def run() -> None:
        page = {"messages": [GONE | {"date_created": None}], "next_page_uri": f"{HERE}/Messages.json?To=x&Page=1"}
        vendor = Scripted(REPLIES | {f"GET {HERE}/Messages.json": page})
        async with counter(seconds=30) as served:
            served.answer = vendor.answer
            assert "messages went to one number" in repr(await outcome(served, *CALLS["send"]))
            assert not any(one.startswith("POST") for one in vendor.asked)

    asyncio.run(run())


def form_of(said: Any) -> bytes:
    return (urlencode(said) if isinstance(said, dict) else str(said)).encode()


@pytest.mark.parametrize("sample", sorted(one.name for one in SAMPLES.glob("*.form")))
def test_an_odd_value_in_a_webhook_is_an_event_or_kept_for_people(sample: str) -> None:
    form = dict(parse_qsl((SAMPLES / sample).read_text("utf-8"), keep_blank_values=True))
    kept = (ValueError, KeyError, TypeError, AttributeError)
    heard(HOOK, form, kept, encode=form_of, headers=[(QUERY, "household=h-1")])
