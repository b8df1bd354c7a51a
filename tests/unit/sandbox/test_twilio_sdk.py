"""Twilio's own client against the pretended Twilio: an independent witness of both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.twilio.telling import Told

ANN = "+15550123456"


def witness(told: Callable[[Any, Desk], None]) -> None:
    async def within() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        async with asyncio.timeout(30), served(desk) as url:
            client = Client(desk.twilio.account, desk.twilio.token)
            client.api.base_url = client.messaging.base_url = f"{url}/twilio"
            await asyncio.to_thread(told, client, desk)

    asyncio.run(within())


def test_the_vendors_own_client_does_all_that_the_connector_does() -> None:
    def told(client: Any, desk: Desk) -> None:
        books = desk.twilio.books
        one = client.messages.create(to=ANN, from_=books.number.number, body="hello", validity_period=60)
        assert (one.status, one.direction, one.error_code, one.date_sent) == ("queued", "outbound-api", None, None)
        two = client.messages.create(to=ANN, messaging_service_sid=books.service.sid, body="again")
        assert (two.status, two.from_, two.messaging_service_sid) == ("accepted", None, books.service.sid)
        assert client.messages(one.sid).fetch().status == "delivered"
        assert [each.sid for each in client.messages.list(to=ANN)] == [two.sid, one.sid]
        assert client.messages.list(to="+15550999999") == []
        today = datetime.now(UTC)
        assert len(client.messages.list(date_sent_after=today - timedelta(days=1))) == 2
        assert client.messages.list(date_sent_before=today - timedelta(days=2)) == []
        for number in range(120):
            client.messages.create(to=f"+1555{number:07d}", from_=books.number.number, body="x")
        assert len({each.sid for each in client.messages.list(page_size=50)}) == 122
        came = [books.receive(ANN, "STOP").sid for _ in range(5)]  # as history asks, page by page
        listed = client.messages.list(to=books.number.number, date_sent_after=today, page_size=2)
        assert [each.sid for each in listed] == came[::-1]
        assert {(each.direction, each.body, each.from_) for each in listed} == {("inbound", "STOP", ANN)}
        first = client.messages.page(to=books.number.number, page_size=2)
        assert parse_qs(urlsplit(first.next_page_url).query)["PageToken"] == [f"PA{came[-2]}"]
        assert client.messages(one.sid).update(body="").body == ""
        assert client.messages(two.sid).delete() is True
        assert client.api.accounts(desk.twilio.account).fetch().status == "active"
        (number,) = client.incoming_phone_numbers.list(phone_number=books.number.number)
        assert number.update(sms_url="https://x.example/a", sms_method="POST").sms_url == "https://x.example/a"
        service = client.messaging.v1.services(books.service.sid).fetch()
        service.update(inbound_request_url="https://x.example/b")
        assert books.service.inbound_request_url == "https://x.example/b"

    witness(told)


def test_the_vendors_own_client_knows_our_errors_for_its_own() -> None:
    def told(client: Any, desk: Desk) -> None:
        sender = desk.twilio.books.number.number

        def refused(**given: Any) -> tuple[int, int]:
            with pytest.raises(TwilioRestException) as said:
                client.messages.create(**given)
            assert said.value.details in ({}, None)
            return said.value.status, said.value.code

        for to, code in (
            ("+15005550001", 21211), ("+15005550002", 21612), ("+15005550003", 21408), ("+15005550004", 21610),
            ("+15005550009", 21614), ("ann", 21211),
        ):  # fmt: skip
            assert refused(to=to, from_=sender, body="x") == (400, code)
        assert refused(to=ANN, from_="+15550100002", body="x") == (400, 21606)
        assert refused(to=ANN, messaging_service_sid=f"MG{32 * '0'}", body="x") == (400, 21701)
        assert refused(to=ANN, body="x") == (400, 21603)
        assert refused(to=ANN, from_=sender, body="") == (400, 21602)
        assert refused(to=ANN, from_=sender, body="x" * 1_601) == (400, 21617)
        assert refused(to=ANN, from_=sender, body="x", status_callback="https://a_b.example/x") == (400, 21609)
        desk.twilio.books.receive(ANN, "Unsubscribe")
        assert refused(to=ANN, from_=sender, body="x") == (400, 21610)
        with pytest.raises(TwilioRestException) as gone:
            client.messages(f"SM{32 * '0'}").fetch()
        assert (gone.value.status, gone.value.code) == (404, 20404)
        desk.twilio.token = "another"  # noqa: S105 - of this test's own
        with pytest.raises(TwilioRestException) as strange:
            client.messages(f"SM{32 * '0'}").fetch()
        assert (strange.value.status, strange.value.code) == (401, 20003)

    witness(told)


def test_what_is_told_is_signed_as_the_vendors_own_validator_has_it() -> None:
    desk = Desk(Vendors(now=time.time), "tok")
    sent = list[Told]()
    desk.twilio.teller.send = lambda made, to: sent.append(made)  # type: ignore[method-assign]
    books = desk.twilio.books
    at = "https://hub.paws.example/hooks/twilio/us?household=h-1"
    books.fates[ANN] = 30003
    one = books.send(ANN, "hello", service=False, callback=at)
    books.flow(one)
    books.receive(ANN, "STOP")  # its number calls Twilio's own example, which is nobody's business
    books.number.sms_url = "https://hub.paws.example:8443/hooks/twilio/us"
    books.receive(ANN, "hello", opt_out="HELP")
    assert [(made.url, made.form.get("MessageStatus"), made.form.get("ErrorCode")) for made in sent] == [
        (at, "sent", None), (at, "undelivered", "30003"), (books.number.sms_url, None, None),
    ]  # fmt: skip
    validator = RequestValidator(desk.twilio.token)
    for made in sent:
        letter = desk.twilio.teller.letter(made, made.url)
        assert validator.validate(made.url, made.form, letter.headers["X-Twilio-Signature"])
        assert not validator.validate(made.url, {**made.form, "To": "x"}, letter.headers["X-Twilio-Signature"])
        assert letter.only == 204
