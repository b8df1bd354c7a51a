"""What Shopify's errors mean, and what the probe finds."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from pawline.connectors.shopify import connector
from pawline.connectors.shopify.health import SCOPES
from pawline.kit import BadSettings
from pawline.model import OrderId
from pawline.ports import Code, Malformed, PortError, Rejected, Shop, Transient, Unauthorised
from pawline.testing.counter import LOOPBACK, Counter, counter, json
from tests.unit.connectors.shopify_vendor import SHOP, TOKEN, Vendor, ask, refusal

ID = OrderId("1001")


def outcome(answer: bytes) -> PortError:
    with pytest.raises(PortError) as caught:
        ask(Vendor(Tag=answer), Shop, lambda shop: shop.tag(ID, ("vip",)))
    assert "ann@example.com" not in caught.value.text
    return caught.value


def test_who_is_throttled_waits_until_his_points_are_there() -> None:
    bucket = {"maximumAvailable": 2000, "currentlyAvailable": 12, "restoreRate": 100}
    cost = {"requestedQueryCost": 112, "actualQueryCost": None, "throttleStatus": bucket}
    error = outcome(refusal("THROTTLED", extensions={"cost": cost}))
    assert (type(error), error.code) == (Transient, Code.RATE_LIMITED)
    assert isinstance(error, Transient)
    assert error.retry_after is None  # the costs stand beside the errors, not within one
    error = outcome(json(200, _throttled(bucket)))
    assert isinstance(error, Transient)
    assert error.retry_after == timedelta(seconds=1)


def _throttled(bucket: dict[str, int]) -> bytes:
    status = str(bucket).replace("'", '"')
    errors = b'"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]'
    return b"{" + errors + f',"extensions":{{"cost":{{"requestedQueryCost":112,"throttleStatus":{status}}}}}}}'.encode()


@pytest.mark.parametrize(("available", "rate", "seconds"), [(0, 50, 2.24), (112, 50, 1), (0, 0, 1)])
def test_how_long_points_take(available: int, rate: int, seconds: float) -> None:
    error = outcome(json(200, _throttled({"currentlyAvailable": available, "restoreRate": rate})))
    assert isinstance(error, Transient)
    assert error.retry_after == timedelta(seconds=seconds)


def test_a_scope_that_is_lacking_is_named() -> None:
    needs = "`write_orders` access scope. Also: the user must have `read_all_orders`."
    error = outcome(refusal("ACCESS_DENIED", extensions={"requiredAccess": needs}))
    assert (type(error), error.code) == (Unauthorised, Code.FORBIDDEN)
    assert error.text == "PawlineTag: the app's token lacks read_all_orders, write_orders"


@pytest.mark.parametrize(
    ("said", "error", "code"),
    [
        ("INTERNAL_SERVER_ERROR", Transient, Code.UNAVAILABLE),
        ("TIMEOUT", Transient, Code.UNAVAILABLE),
        ("SHOP_INACTIVE", Unauthorised, Code.FORBIDDEN),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", Transient, Code.IN_PROGRESS),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", Rejected, Code.KEY_REUSED),
        ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", Rejected, Code.CONFLICT),
        ("undefinedField", Malformed, Code.BAD_REQUEST),
        ("MAX_COST_EXCEEDED", Malformed, Code.BAD_REQUEST),
    ],
)
def test_what_an_error_of_the_whole_document_means(said: str, error: type[PortError], code: Code) -> None:
    found = outcome(refusal(said))
    assert (type(found), found.code) == (error, code)
    assert str(found.__cause__) == f"{said} of ann@example.com"  # sealed with the case


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (402, Unauthorised, Code.FORBIDDEN),
        (423, Unauthorised, Code.FORBIDDEN),
        (430, Unauthorised, Code.FORBIDDEN),
        (404, Rejected, Code.UNSUPPORTED),
    ],
)
def test_what_a_status_means(status: int, error: type[PortError], code: Code) -> None:
    found = outcome(json(status, b'{"errors":"x"}'))
    assert (type(found), found.code) == (error, code)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": null}', b'{"data": {"tagsAdd": null}}', b'{"errors": "no"}', b'{"errors": []}', b'{"errors": {}}',
        b'{"data": {"tagsAdd": {"userErrors": [{"message": 7}]}}}', b'{"data": {}, "errors": [7]}', b"[]", b"null",
        b'{"data": {"tagsAdd": {"userErrors": {"message": "x"}}}}',
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_a_developers(body: bytes) -> None:
    assert type(outcome(json(200, body))) is Malformed


def probe(answer: Any, plays: frozenset[str] | None = None, **settings: Any) -> None:
    async def run() -> None:
        async with counter(Counter()) as served:
            vendor = Vendor(Access=answer)
            served.answer = vendor.answer
            given = {"url": f"http://127.0.0.1:{served.port}", "shop": SHOP, "token": TOKEN} | settings
            configured = connector.configure(given)
            account = connector.connect(configured, LOOPBACK)
            assert connector.probe is not None
            try:
                every = frozenset(port.__name__ for port in account.plays)
                await connector.probe(account.http, configured, every if plays is None else plays)
            finally:
                await account.http.close()

    asyncio.run(run())


def access(*scopes: str, shop: str = SHOP) -> dict[str, Any]:
    installed = {"accessScopes": [{"handle": one} for one in scopes]}
    return {"currentAppInstallation": installed, "shop": {"myshopifyDomain": shop}}


def test_an_account_that_may_do_its_work_is_well() -> None:
    probe(access(*SCOPES, "read_themes"))


def test_scopes_that_are_lacking_are_named() -> None:
    have = [one for one in SCOPES if one not in {"read_orders", "read_inventory", "write_order_edits"}]
    with pytest.raises(Unauthorised) as caught:
        probe(access(*have))
    assert caught.value.text == "the app lacks the scopes write_order_edits"  # to write is to read as well


def test_what_an_account_does_not_play_needs_no_scope() -> None:
    have = [one for one in SCOPES if "fulfillment_orders" not in one and "inventory" not in one]
    probe(access(*have), frozenset({"Shop", "Catalog", "Payments"}))
    with pytest.raises(Unauthorised, match=r"^the app lacks the scopes read_inventory, write_inventory$"):
        probe(access(*have), frozenset({"Shop", "Inventory"}))


def test_a_token_of_another_shop_is_found_out() -> None:
    with pytest.raises(Unauthorised) as caught:
        probe(access(*SCOPES, shop="cats.myshopify.com"))
    assert caught.value.code is Code.CREDENTIALS


@pytest.mark.parametrize(
    "given",
    [
        {"shop": "https://pets-eu.myshopify.com", "token": "t"},
        {"shop": "pets-eu.example.com", "token": "t"},
        {"shop": SHOP},
        {"shop": SHOP, "client": "c"},
        {"shop": SHOP, "token": "t", "client": "c", "client_secret": "s"},
    ],
)
def test_settings_that_do_not_fit_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(BadSettings):
        connector.configure(given)
