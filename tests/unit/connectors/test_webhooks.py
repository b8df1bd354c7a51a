"""Webhooks out keeps what every connector keeps, and the standard's own package believes what it sends."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from pawline.connectors import webhooks
from pawline.connectors.webhooks.listener import TellListener, client, tries
from pawline.kit import BadSettings, Hmac, Http, Secret, Unsigned, of_standard_webhooks, standard_headers, standard_key
from pawline.model.cloudevents_wire import from_http
from pawline.ports import Code, Notice, PortError, Receipt, Rejected, Transient
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises
from pawline.testing.counter import LOOPBACK, Counter, counter, json

GIVEN: dict[str, Any] = {
    "url": "https://agency.example/in", "secrets": list(SECRETS[:2]), "events": ["order.placed@1"],
}  # fmt: skip
AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
NOTICE = Notice(
    id="evt_1", source="/shops/paws", type="order.placed@1", at=AT, owed=AT, subject="o1", sequence="7",
    data='{"type":"order.placed@1"}',
)  # fmt: skip


class TestWebhooks(ConnectorPromises):
    connector = webhooks.connector
    settings = GIVEN | {"url": "{url}/in", "token": TOKEN}
    unread = frozenset({"Listener.tell"})


def told(answer: bytes | None, *, url: str = "/in/", **given: Any) -> tuple[Receipt | PortError, Counter]:
    """What came of telling NOTICE, and who heard it."""

    async def run() -> tuple[Receipt | PortError, Counter]:
        async with counter() as there:
            there.says(answer)
            address = {"url": f"http://127.0.0.1:{there.port}{url}"}
            settings = webhooks.connector.configure(GIVEN | address | given)
            http = client(settings, LOOPBACK)
            try:
                return await TellListener(http, settings).tell(NOTICE), there
            except PortError as problem:
                return problem, there
            finally:
                await http.close()

    return asyncio.run(run())


def test_the_standards_own_package_believes_it_with_either_secret_and_nobody_elses() -> None:
    done, there = told(json(202, b"ok"), token=TOKEN)
    assert done == Receipt()
    (heard,) = there.heard
    assert (heard.method, heard.target, heard.headers["authorization"]) == ("POST", "/in/", f"Bearer {TOKEN}")
    assert heard.headers["webhook-id"] == "evt_1"
    for secret in SECRETS[:2]:
        assert Webhook(secret).verify(heard.body, heard.headers)["id"] == "evt_1"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[2]).verify(heard.body, heard.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[0]).verify(heard.body + b" ", heard.headers)


def test_it_is_a_cloud_event_in_structured_mode() -> None:
    _, there = told(json(200))
    (heard,) = there.heard
    (event,) = from_http(heard.headers, heard.body)
    assert (event.id, event.source, event.type, event.subject, event.time) == (
        "evt_1", "/shops/paws", "order.placed@1", "o1", AT,
    )  # fmt: skip
    assert event.extensions == {"payload": "ids", "sequence": "7"}
    assert event.data == b'{"type":"order.placed@1"}'


def test_what_the_standards_package_signs_is_believed_here_and_what_we_sign_there() -> None:
    hook, body, now = Hmac(of_standard_webhooks, key=standard_key), b'{"a":1}', datetime.now(UTC)
    at = int(now.timestamp())
    theirs = {"webhook-id": "m1", "webhook-timestamp": str(at),
              "webhook-signature": Webhook(SECRETS[0]).sign("m1", now, body.decode())}  # fmt: skip
    hook.verify([Secret(SECRETS[0])], list(theirs.items()), body, at)
    ours = standard_headers([Secret(one) for one in SECRETS[:2]], "m1", at, body)
    for secret in SECRETS[:2]:
        hook.verify([Secret(secret)], list(ours.items()), body, at)
    assert theirs["webhook-signature"] == ours["webhook-signature"].split(" ")[0]
    with pytest.raises(Unsigned):
        hook.verify([Secret(SECRETS[2])], list(ours.items()), body, at)


@pytest.mark.parametrize(("url", "target"), [("/in", "/in"), ("/in/", "/in/"), ("", "/"), ("/a%20b/c+d", "/a%20b/c+d")])
def test_it_is_sent_to_the_very_address(url: str, target: str) -> None:
    done, there = told(json(200), url=url)
    assert done == Receipt()
    assert [one.target for one in there.heard] == [target]


def test_gone_is_the_end_and_says_so() -> None:
    done, _ = told(json(410))
    assert isinstance(done, Rejected)
    assert done.code is Code.GONE


def test_a_receivers_own_words_and_its_secret_address_are_in_no_error() -> None:
    for status in (301, 400, 403, 500, 503):
        done, there = told(json(status, b"secret-words"), url="/hooks/token77")
        assert isinstance(done, PortError)
        assert "token77" not in done.text
        assert "secret-words" not in f"{done.text} {done.__cause__}"
        assert len(there.heard) == 1  # a redirect is not followed


def test_who_asks_for_time_gets_it() -> None:
    done, _ = told(json(429, b"", "retry-after: 30"))
    assert isinstance(done, Transient)
    assert (done.code, done.retry_after) == (Code.RATE_LIMITED, timedelta(seconds=30))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"url": ""}, "either `url` or `secret_url`"),
        ({"secret_url": "https://agency.example/x"}, "either `url` or `secret_url`"),
        ({"secrets": []}, "`secrets` is empty"),
        ({"secrets": ["whsec_dGVzdA=="]}, "a secret of `secrets` is no Standard Webhooks secret"),
        ({"secrets": ["plain text"]}, "a secret of `secrets` is no Standard Webhooks secret"),
        ({"events": []}, "`events` is empty"),
        ({"patience_days": 0}, "`patience_days` is above 0 and at most 30"),
        ({"patience_days": 31}, "`patience_days` is above 0 and at most 30"),
    ],
)
def test_settings_that_cannot_be_are_told_by_name(given: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings) as no:
        webhooks.connector.configure(GIVEN | given)
    assert says in str(no.value)
    assert "dGVzdA" not in str(no.value)


@pytest.mark.parametrize(
    "url", ["http://agency.example/in", "https://agency.example/in?token=1", "https://u:p@a.example"]
)
def test_an_address_that_would_leak_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"plain http|no blanks, no \? and no #|no user and no password"):
        webhooks.connector.connect(webhooks.connector.configure(GIVEN | {"url": url}), LOOPBACK.__class__())


def test_an_address_may_be_a_secret() -> None:
    settings = webhooks.connector.configure(
        {name: value for name, value in GIVEN.items() if name != "url"} | {"secret_url": "https://a.example/canary77"}
    )
    http = webhooks.connector.connect(settings, LOOPBACK).http
    assert isinstance(http, Http)
    assert "canary77" not in f"{settings!r} {http!r}"


def test_connect_tells_it_something_that_is_no_event() -> None:
    async def run() -> tuple[str, Counter]:
        async with counter() as there:
            settings = webhooks.connector.configure(GIVEN | {"url": f"http://127.0.0.1:{there.port}/in"})
            http = client(settings, LOOPBACK)
            said = await tries(http, settings)
            await http.close()
            return said, there

    said, there = asyncio.run(run())
    (heard,) = there.heard
    assert said == f"it took {heard.headers['webhook-id']} (pawline.tried@1), signed by 2 secret(s)"
    assert Webhook(SECRETS[1]).verify(heard.body, heard.headers)["type"] == "pawline.tried@1"


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"content-length: 9\r\n\r\nthan",
        HEAD + b"transfer-encoding: chunked\r\n\r\n4\r\nthan\r\n",
        HEAD + b"content-length: 9000000\r\n\r\n" + b"x" * 2_000_000,
    ],
    ids=["goes-on", "streams", "long"],
)
def test_what_is_answered_2xx_is_taken_whatever_follows(answer: bytes) -> None:
    """The standard: the status says it. A body that streams for longer than the time-out would be told for days."""
    begun = time.monotonic()
    done, there = told(answer)
    assert (done, len(there.heard)) == (Receipt(), 1)
    assert time.monotonic() - begun < 15


def test_answers_that_are_left_unread_share_a_connection() -> None:
    class Counted(Counter):
        connections = 0

        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            await super().serve(reader, writer)

    async def run() -> int:
        async with counter(Counted()) as there:
            assert isinstance(there, Counted)
            http = there.http(unread=True)
            for _ in range(3):
                assert (await http.ask("POST", json={})).status == 200
            await http.close()
            return there.connections

    assert asyncio.run(run()) == 1
