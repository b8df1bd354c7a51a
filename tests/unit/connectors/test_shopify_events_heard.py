"""Shopify's webhooks in a hub: in any order, twice, late and under another name, each fact is there once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors.shopify.enrolling import TOPICS, topic_of
from pawline.connectors.shopify.hook import HOOK
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.told_privacy import CONFIGURED
from pawline.hub import Hearing
from pawline.hub.hearing import Ear, Heard
from pawline.kit import Secret, Unsigned
from pawline.kit.exports.shopify import HEADER, read_shopify
from pawline.kit.exports.table import Exported
from pawline.model import Envelope, OrderPlaced
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.runtime import Recorded
from pawline.sandbox.shopify.engine import schema
from tests.unit.web.bell import hear

SAMPLES = Path(__file__).parents[3] / "src/pawline/connectors/shopify/samples"
SECRET = "a client secret"  # noqa: S105 - of nobody's app
NOW = datetime(2026, 11, 27, 9, 31, tzinfo=UTC).timestamp()


class Book:
    """Records as the engine does: a fact, or a delivery's id, that was there before is known."""

    def __init__(self) -> None:
        self.kept: list[Envelope] = []
        self._known: set[str] = set()

    async def record(self, envelope: Envelope) -> Recorded:
        names = {f"id:{envelope.id}"} | ({f"fact:{envelope.event.fact}"} if envelope.event.fact else set())
        new = not names & self._known
        self._known |= names
        if new:
            self.kept.append(envelope)
        return Recorded(len(self.kept), new)


def hearing(book: Book) -> Hearing:
    given = Settings(shop="pets-eu.myshopify.com", token=Secret("t"), webhook_secrets=(Secret(SECRET),))
    return Hearing(book.record, [Ear("shopify/eu", "pets", HOOK, HOOK.secrets(given), HOOK.own(given))])


def delivery(sample: str, **instead: str) -> tuple[list[tuple[str, str]], bytes]:
    body = (SAMPLES / f"{sample}.json").read_bytes()
    headers = msgspec.json.decode((SAMPLES / f"{sample}.headers.json").read_bytes(), type=dict[str, str])
    headers |= {f"X-Shopify-{name.replace('_', '-')}": value for name, value in instead.items()}
    made = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    return [*headers.items(), ("X-Shopify-Hmac-SHA256", made)], body


LIFE = ("orders.create", "orders.paid", "refunds.create", "orders.cancelled", "fulfillments.create")


async def test_in_whatever_order_they_come_each_fact_is_there_once() -> None:
    facts = {
        "order.placed/5400000001001", "cart.bought/38300000000555", "order.paid/5400000001001",
        "refund.issued/9200000000301", "order.cancelled/5400000001001", "shipment.booked/4800000000701",
        "shipment.tracked/4800000000701/1f93603db53bfad5", "shipment.dispatched/4800000000701",
    }  # fmt: skip
    for order in itertools.permutations(LIFE):
        book = Book()
        for sample in (*order, *order):  # each comes again
            heard = await hear(hearing(book), "shopify/eu", *delivery(sample), NOW)
            assert not heard.unclaimed
        assert sorted(str(one.event.fact) for one in book.kept) == sorted(facts)


async def test_one_act_of_the_shop_is_several_topics_and_none_of_them_is_lost() -> None:
    book = Book()
    for sample in LIFE:
        await hear(hearing(book), "shopify/eu", *delivery(sample, Event_Id="one-act"), NOW)
    assert len({one.id for one in book.kept}) == len(book.kept) == 8


UNTRUE = [
    ("orders.create", "orders/cancelled"), ("orders.create.renewal", "orders/paid"),
    ("returns.request", "returns/decline"), ("returns.approve", "returns/cancel"),
    ("returns.cancel", "returns/request"), ("returns.decline", "returns/approve"),
]  # fmt: skip
SAMPLED = sorted(one.name.removesuffix(".headers.json") for one in SAMPLES.glob("*.headers.json"))


@pytest.mark.parametrize("sample", SAMPLED)
async def test_a_topic_is_not_signed_so_a_body_tells_nothing_under_a_name_that_is_not_its_own(sample: str) -> None:
    """Whoever sends a signed body again, under another name, makes nothing happen that did not."""
    own = dict(delivery(sample)[0])["X-Shopify-Topic"].partition("/")[0]
    foreign = [named for named in HOOK.hears if named.partition("/")[0] != own]
    for named in foreign + [named for of, named in UNTRUE if of == sample]:
        book = Book()
        heard = await hear(hearing(book), "shopify/eu", *delivery(sample, Topic=named), NOW)
        assert heard.unclaimed, named
        assert [one.event.subject for one in book.kept] == [f"shopify/eu {named}"]


def two_shops(book: Book, secret: str = SECRET) -> Hearing:
    """One app in two shops; `secret` is what the account of the second believes."""
    ears = []
    for name, shop, by in (("eu", "pets", SECRET), ("us", "pets-us", secret)):
        given = Settings(shop=f"pets-{name}.myshopify.com", token=Secret("t"), webhook_secrets=(Secret(by),))
        ears.append(Ear(f"shopify/{name}", shop, HOOK, HOOK.secrets(given), HOOK.own(given)))
    return Hearing(book.record, ears)


def wish(sample: str, shop: str) -> tuple[list[tuple[str, str]], bytes]:
    """As that shop's arrives at the one address that the app has for it."""
    headers, body = delivery(sample, Shop_Domain=shop)
    body = body.replace(b"pets-eu.myshopify.com", shop.encode())
    made = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    return [*[one for one in headers if one[0] != "X-Shopify-Hmac-SHA256"], ("X-Shopify-Hmac-SHA256", made)], body


@pytest.mark.parametrize("sample", ["customers.redact", "customers.data_request", "shop.redact"])
async def test_what_the_law_asks_of_an_app_reaches_the_shop_that_it_is_of(sample: str) -> None:
    book = Book()
    heard = await hear(two_shops(book), "shopify/eu", *wish(sample, "pets-us.myshopify.com"), NOW)
    assert heard == Heard(1, 0, unclaimed=False)
    (one,) = book.kept
    assert (one.shop, one.source) == ("pets-us", "accounts/shopify/us")
    assert (await hear(two_shops(Book()), "shopify/eu", *wish(sample, "pets-eu.myshopify.com"), NOW)).new == 1


@pytest.mark.parametrize(("shop", "secret"), [("pets-uk", SECRET), ("pets-us", "of another app")])
async def test_what_the_law_asks_of_a_shop_that_is_not_here_is_kept_and_heard_once_it_is(
    shop: str, secret: str
) -> None:
    book = Book()
    heard = await hear(two_shops(book, secret), "shopify/eu", *wish("customers.redact", f"{shop}.myshopify.com"), NOW)
    assert heard == Heard(1, 0, unclaimed=True)
    (one,) = book.kept
    assert isinstance(one.event, WebhookUnclaimed)
    assert (one.shop, one.source) == ("pets", "accounts/shopify/eu")
    assert one.event.why == f"it is of {shop}.myshopify.com, and no account here is"
    if shop == "pets-us":  # its account gets the secret
        later = Book()
        assert await two_shops(later).again(one.event, NOW) == Heard(1, 0, unclaimed=False)
        assert [each.shop for each in later.kept] == ["pets-us"]


async def test_what_is_not_asked_by_law_is_believed_of_its_own_shop_only() -> None:
    book = Book()
    with pytest.raises(Unsigned, match="of another shop than this account's"):
        await hear(two_shops(book), "shopify/eu", *wish("orders.create", "pets-us.myshopify.com"), NOW)
    headers, body = wish("customers.redact", "pets-us.myshopify.com")
    with pytest.raises(Unsigned, match="no live secret"):
        await hear(two_shops(book), "shopify/eu", headers, body + b" ", NOW)
    assert book.kept == []


def test_each_topic_is_one_of_this_version() -> None:
    topics: Any = schema().type_map["WebhookSubscriptionTopic"]
    assert {topic_of(topic) for topic in TOPICS} <= set(topics.values)
    assert {topic_of(topic) for topic in CONFIGURED}.isdisjoint(topics.values)


def test_what_is_imported_and_what_is_heard_is_the_same_order_of_the_same_household(tmp_path: Path) -> None:
    row = dict.fromkeys(HEADER, "") | {
        "Id": "5400000001001", "Name": "#1001", "Email": "Ann@example.org", "Financial Status": "paid",
        "Currency": "EUR", "Subtotal": "49.90", "Shipping": "0.00", "Taxes": "0.00", "Total": "49.90",
        "Created at": "2026-11-27 10:30:00 +0100", "Lineitem quantity": "1", "Lineitem name": "Kibble 12 kg",
        "Lineitem price": "49.90", "Lineitem sku": "kibble-12", "Source": "web",
    }  # fmt: skip
    file = tmp_path / "orders.csv"
    file.write_text(f"{','.join(row)}\n{','.join(row.values())}\n", "utf-8")
    (imported,) = read_shopify(file)
    placed = HOOK.hears["orders/create"]((SAMPLES / "orders.create.json").read_bytes())[0]
    assert isinstance(imported, Exported)
    assert isinstance(placed, OrderPlaced)
    for name in ("id", "number", "placed_at", "household", "channel", "checkout"):
        assert getattr(imported.order, name) == getattr(placed.order, name), name
    assert imported.order.lines[0].sku == placed.order.lines[0].sku


@pytest.mark.parametrize(
    ("topic", "source", "renews"),
    [
        ("orders/create", "subscription_contract", True),
        ("orders/paid", "subscription_contract_checkout_one", True),
        ("orders/cancelled", "subscription_contract", False),  # what calls it off stands in no line
        ("orders/create", "web", False),
    ],
)
def test_a_renewal_is_known_by_a_glance(topic: str, source: str, renews: bool) -> None:
    body = (SAMPLES / "orders.create.renewal.json").read_bytes()
    said = body.replace(b'"source_name":"subscription_contract"', b'"source_name":"%s"' % source.encode())
    assert (said == body) == (source == "subscription_contract")
    assert HOOK.renews([("X-Shopify-Topic", topic)], said) is renews
    assert HOOK.renews([("x-shopify-topic", topic)], said) is renews
