"""What `pawline connect woocommerce` and `pawline doctor` ask and tell: the key, the clock, and where webhooks go."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from pawline.connectors.woocommerce import connector, enrolling
from pawline.connectors.woocommerce.client import authorization
from pawline.connectors.woocommerce.enrolling import enrol, lacking
from pawline.connectors.woocommerce.errors import code_of, explain
from pawline.connectors.woocommerce.health import probe
from pawline.connectors.woocommerce.hook import TOPICS
from pawline.kit import Answer, Http, Secret
from pawline.ports import Code, PortError, Rejected, Unauthorised
from pawline.sandbox import Fault, Manner
from pawline.sandbox.woocommerce.books import Webhook
from pawline.testing.counter import LOOPBACK, Request, counter, json
from tests.unit.connectors.stepping import again
from tests.unit.connectors.woocommerce_scene import ADDRESS, NEW, OLD, Scene, run

BOTH = frozenset({"Shop", "Inventory"})
KEY, CANARY = "ck_1", "cs_canary_77"


async def lacks(here: Scene, plays: frozenset[str] = BOTH) -> str:
    with pytest.raises(PortError) as told:
        await probe(here.http, here.settings, plays)
    return f"{type(told.value).__name__} {told.value.code.value}: {told.value.text}"


def test_a_key_that_may_do_all_lacks_nothing_and_asking_changes_nothing() -> None:
    async def told(here: Scene) -> None:
        here.place()
        await probe(here.http, here.settings, BOTH)
        options = [f"GET settings/general/woocommerce_{name}" for name in ("currency", "price_num_decimals")]
        assert here.api.asked == [
            "GET orders", "POST orders/batch", "POST products/batch", "GET reports/orders/totals", *options,
        ]  # fmt: skip
        assert here.did() == []

    run(told)


@pytest.mark.parametrize(
    ("currency", "decimals", "said", "lacking"),
    [
        ("HUF", 0, None, "prices have 0 decimals, and HUF has 2: say `decimals = 0`"),
        ("HUF", 0, 1, "prices have 0 decimals, and HUF has 2: say `decimals = 0`"),
        ("HUF", 0, 0, ""), ("JPY", 0, None, ""), ("KWD", 3, None, ""), ("EUR", 2, None, ""), ("XYZ", 0, None, ""),
    ],
)  # fmt: skip
def test_to_what_the_shop_rounds_is_to_be_said(currency: str, decimals: int, said: int | None, lacking: str) -> None:
    async def told(here: Scene) -> None:
        here.books.currency, here.books.decimals = currency, decimals
        if lacking:
            assert await lacks(here) == f"Unauthorised forbidden: {lacking}"
        else:
            await probe(here.http, here.settings, BOTH)

    run(told, decimals=said)


def test_what_it_lacks_is_named() -> None:
    async def told(here: Scene) -> None:
        here.desk.woocommerce.door.may = "read"
        await probe(here.http, here.settings, frozenset())
        assert await lacks(here) == "Unauthorised forbidden: the key may only read: make one that may read and write"
        here.desk.woocommerce.door.may = "write"
        assert await lacks(here) == "Unauthorised credentials: the key is not good for this"
        here.desk.woocommerce.door.may = "read_write"
        here.books.old = True
        assert "it is to be 5.8 or newer" in await lacks(here)
        here.books.old = False
        here.place(status="awaiting-vet")
        here.place(status="processing")
        assert await lacks(here) == (
            "Unauthorised forbidden: orders stand at awaiting-vet: say in `statuses` what that means"
        )
        here.desk.manners["woocommerce"] = Manner(stranger=True)
        assert await lacks(here) == "Unauthorised credentials: the key is not good for this"

    run(told)


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("Mon, 30 Nov 2020 12:00:00 GMT", "behind: set it"), ("Thu, 30 Nov 2090 12:00:00 GMT", "ahead: set it"),
        ("", ""), ("nonsense", ""), ("Mon, 30 Nov 2020 99:00:00 GMT", ""),
    ],
)  # fmt: skip
def test_a_clock_that_is_off_is_told_of(date: str, said: str) -> None:
    async def asked() -> str:
        async with counter() as vendor:
            vendor.says(json(200, b"[]", *([f"date: {date}"] if date else [])))
            settings = connector.configure({"url": f"http://127.0.0.1:{vendor.port}", "key": KEY, "secret": CANARY})
            http = connector.http(settings, LOOPBACK)
            assert isinstance(http, Http)
            try:
                await probe(http, settings, frozenset())
            except Rejected as no:
                return no.text
            finally:
                await http.close()
            return ""

    assert asyncio.run(asked()).endswith(said)
    assert bool(asyncio.run(asked())) is bool(said)


# -- webhooks -------------------------------------------------------------------------------------------------------


def with_secrets(here: Scene, *secrets: str) -> Any:
    return msgspec.structs.replace(here.settings, webhook_secrets=tuple(map(Secret, secrets)))


def stand(here: Scene) -> list[tuple[str, str, str]]:
    return [(one.topic, one.status, one.secret) for one in here.books.webhooks.values()]


def test_webhooks_are_made_once_put_right_where_one_is_off_and_given_the_next_secret() -> None:
    async def told(here: Scene) -> None:
        assert await lacking(here.http, here.settings, ADDRESS) == TOPICS
        assert await enrol(here.http, here.settings, ADDRESS) == tuple(f"{one} is sent to {ADDRESS}" for one in TOPICS)
        assert stand(here) == [(one, "active", NEW) for one in TOPICS]
        assert (await lacking(here.http, here.settings, ADDRESS), await enrol(here.http, here.settings, ADDRESS)) == (
            (),
            (),
        )
        assert not [one for one in here.books.webhooks.values() if NEW in one.name]
        second = next(iter(here.books.webhooks.values()))
        second.status = "disabled"  # as WooCommerce does by itself
        assert await lacking(here.http, here.settings, ADDRESS) == (second.topic,)
        assert await enrol(here.http, here.settings, ADDRESS) == (f"{second.topic} is sent to {ADDRESS}",)
        turned = with_secrets(here, OLD, NEW)
        assert await lacking(here.http, turned, ADDRESS) == TOPICS
        assert len(await enrol(here.http, turned, ADDRESS)) == 4
        assert stand(here) == [(one, "active", OLD) for one in TOPICS]
        assert here.did() == [
            *(f"WooCommerce.webhook {one}" for one in TOPICS), f"WooCommerce.webhook_changed {TOPICS[0]}",
            *(f"WooCommerce.webhook_changed {one}" for one in TOPICS),
        ]  # fmt: skip

    run(told)


def test_those_of_others_stay_and_are_read_through_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolling, "MANY", 3)

    async def told(here: Scene) -> None:
        for number in range(7):
            made = Webhook(here.books.id(), "x", TOPICS[0], f"https://{number}.example", "s", "active", 0.0)
            here.books.webhooks[made.id] = made
        await enrol(here.http, here.settings, ADDRESS)
        assert await lacking(here.http, here.settings, ADDRESS) == ()
        assert len(here.books.webhooks) == 11
        assert [one.name for one in here.books.webhooks.values()][:7] == ["x"] * 7

    run(told)


def test_without_a_secret_nothing_is_made_and_a_no_is_told() -> None:
    async def told(here: Scene) -> None:
        bare = with_secrets(here)
        assert await lacking(here.http, bare, ADDRESS) == TOPICS
        assert (await enrol(here.http, bare, ADDRESS), here.books.webhooks) == ((), {})
        said = await enrol(here.http, here.settings, "ftp://x")
        assert said == tuple(
            f"{one} is not sent to ftp://x: WooCommerce does not take it "
            "(woocommerce_rest_shop_webhook_invalid_delivery_url)"
            for one in TOPICS
        )

    run(told)


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.UNAVAILABLE, Fault.LIMITED, Fault.UNHEARD, Fault.STORED_ERROR])
def test_broken_off_anywhere_and_done_again_there_is_one_of_each(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> bool:
        broken = await again(here.desk, fault, at, lambda: enrol(here.http, here.settings, ADDRESS))
        assert stand(here) == [(one, "active", NEW) for one in TOPICS]
        return broken

    assert [run(lambda here, at=at: told(here, at)) for at in range(1, 7)] == [True] * 5 + [False]  # type: ignore[misc]


# -- how it is spoken to --------------------------------------------------------------------------------------------


def test_without_tls_it_signs_and_with_tls_it_says_key_and_secret_and_neither_stands_in_an_address() -> None:
    async def heard() -> Request:
        async with counter() as vendor:
            vendor.says(json(404, b'{"code": "woocommerce_rest_shop_order_invalid_id"}'))
            settings = connector.configure({"url": f"http://127.0.0.1:{vendor.port}", "key": KEY, "secret": CANARY})
            http = connector.http(settings, LOOPBACK)
            assert isinstance(http, Http)
            await http.ask("GET", "orders", "7", query={"dp": "6", "x y": "ä&="})
            await http.close()
            return vendor.heard[0]

    request, again = asyncio.run(heard()), asyncio.run(heard())
    assert request.target != again.target  # no cache in between has it
    assert CANARY not in request.target + " ".join(request.headers.values())
    assert request.headers["authorization"].startswith('OAuth oauth_consumer_key="ck_1"')
    safe = connector.http(
        connector.configure({"url": "HTTPS://paws.example/shop/", "key": KEY, "secret": CANARY}), LOOPBACK
    )
    assert isinstance(safe, Http)
    basic = safe._headers["authorization"]
    assert isinstance(basic, Secret)
    assert basic.reveal() == f"Basic {base64.b64encode(f'{KEY}:{CANARY}'.encode()).decode()}"
    assert str(safe._address.at((), None)) == "https://paws.example/shop/wp-json/wc/v3"
    assert getattr(safe, "signs", True) is False


def test_the_signature_is_that_of_rfc_5849() -> None:
    """Its base string is written out here, as its section 3.4.1.1 shows it."""
    query = {"b5": "=%3D", "a3": "a", "c@": ""}
    said = authorization(
        "post",
        "http://paws.example/wp-json/wc/v3/orders",
        query,
        Secret("ck"),
        Secret("cs"),
        at=1_796_040_000,
        nonce="n",
    )
    over = (
        "POST&http%3A%2F%2Fpaws.example%2Fwp-json%2Fwc%2Fv3%2Forders&a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26"
        "oauth_consumer_key%3Dck%26oauth_nonce%3Dn%26oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D1796040000"
    )
    made = base64.b64encode(hmac.new(b"cs&", over.encode(), hashlib.sha256).digest()).decode()
    assert f'oauth_signature="{quote(made, safe="")}"' in said.reveal()


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (404, b'{"code": "woocommerce_rest_shop_order_invalid_id"}', Rejected, Code.NOT_FOUND),
        (400, b'{"code": "woocommerce_rest_shop_order_invalid_id"}', Rejected, Code.NOT_FOUND),
        (404, b'{"code": "rest_no_route"}', Unauthorised, Code.FORBIDDEN),
        (404, b"<html>Oops, nothing here</html>", Unauthorised, Code.FORBIDDEN),
        (401, b'{"code": "woocommerce_rest_authentication_error"}', Unauthorised, Code.CREDENTIALS),
        (401, b'{"code": "woocommerce_rest_cannot_view"}', Unauthorised, Code.FORBIDDEN),
        (400, b'{"code": "rest_invalid_param"}', Rejected, Code.INVALID),
        (500, b'{"code": "woocommerce_rest_cannot_create_order_refund"}', Rejected, Code.DECLINED),
    ],
)
def test_a_refusal_means_what_its_code_says(
    status: int, body: bytes, error: type[PortError], code: Code
) -> None:  # fmt: skip
    found = explain(Answer(status, {}, body))
    assert (type(found), found and found.code) == (error, code)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 502, 503])
def test_what_stands_in_front_of_woocommerce_is_taken_by_its_status(status: int) -> None:
    assert explain(Answer(status, {}, b"<html>Cloudflare</html>")) is None
    assert explain(Answer(500, {}, b'{"code": "internal_server_error"}')) is None
    for body in (b'{"code": 7}', b'{"code": "' + b"x" * 100 + b'"}', b'{"code": "<b>Ann</b>"}', b"\xff", b"[" * 999):
        assert code_of(body) == ""
