"""Where Recharge sends its webhooks, and what its token lacks: said by name, made once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pawline.connectors.recharge import connector
from pawline.connectors.recharge.enrolling import enrol, lacking
from pawline.connectors.recharge.errors import explain
from pawline.connectors.recharge.health import CARDS, HEARD, PLAYED, probe
from pawline.connectors.recharge.hook import HOOK
from pawline.connectors.recharge.settings import Settings
from pawline.kit import Answer, BadSettings, Secret
from pawline.ports import Code, Malformed, PortError, Rejected, Transient, Unauthorised
from pawline.sandbox.recharge.books import Listener
from tests.unit.sandbox.recharge_scene import Scene, scene

AT, OTHER = "https://hooks.pets.example/hooks/recharge/main", "https://old.example/hooks"
TOPICS = tuple(HOOK.hears)
PLAYS = frozenset({"Subscriptions"})


def hears(one: Scene, topic: str, address: str = AT, *included: str) -> Listener:
    made = Listener(one.books.number(), topic, address, list(included))
    one.books.listeners[made.id] = made
    return made


def test_what_lacks_is_made_once_and_what_leaves_the_customer_out_is_changed() -> None:
    async def play(one: Scene) -> None:
        hears(one, TOPICS[0], AT, "customer")
        hears(one, TOPICS[1], OTHER, "customer")
        bare = hears(one, TOPICS[2])
        assert await lacking(one.http, one.settings, AT) == TOPICS[1:]
        assert await enrol(one.http, one.settings, AT) == tuple(f"{topic} is sent to {AT}" for topic in TOPICS[1:])
        assert await lacking(one.http, one.settings, AT) == ()
        assert await enrol(one.http, one.settings, AT) == ()
        assert bare.included == ["customer"]
        there = sorted(each.topic for each in one.books.listeners.values() if each.address == AT)
        assert there == sorted(TOPICS)

    scene(play)


def test_a_topic_that_is_refused_is_said_and_the_others_are_sent() -> None:
    async def play(one: Scene) -> None:
        one.recharge.api.scopes -= {"read_orders"}
        for number in range(10):
            hears(one, TOPICS[0], f"{OTHER}/{number}")
        said = await enrol(one.http, one.settings, AT)
        refused = [line for line in said if "is not sent" in line]
        assert [line.partition(" ")[0] for line in refused] == [
            TOPICS[0], *(topic for topic in TOPICS if topic.startswith("charge/"))
        ]  # fmt: skip
        assert len(said) == len(TOPICS)

    scene(play)


def test_a_token_says_what_it_may_and_each_scope_that_lacks_is_named() -> None:
    async def play(one: Scene) -> None:
        await probe(one.http, one.settings, PLAYS)
        one.recharge.api.scopes = frozenset({"write_subscriptions", "read_customers"})  # to write is to read, too
        with pytest.raises(Unauthorised) as lacks:
            await probe(one.http, one.settings, PLAYS)
        assert lacks.value.text == (
            "the token lacks the scopes read_orders, write_orders, read_products, read_payment_methods"
        )
        with pytest.raises(Unauthorised) as deaf:
            await probe(one.http, one.settings, frozenset())
        assert deaf.value.text == "the token lacks the scopes read_orders"
        one.recharge.api.scopes = frozenset({*HEARD, *PLAYED, CARDS})
        await probe(one.http, one.settings, PLAYS)

    scene(play)


def test_a_token_that_is_not_known_is_none() -> None:
    async def play(one: Scene) -> None:
        account = Scene(one.url.removesuffix("/recharge"), one.desk, token="another")  # noqa: S106 - of nobody
        with pytest.raises(Unauthorised) as unknown:
            await probe(account.http, account.settings, PLAYS)
        assert unknown.value.code is Code.CREDENTIALS
        await account.http.close()

    scene(play)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (402, b"{}", Rejected("Recharge took the request, and it failed", Code.CONFLICT)),
        (409, b"{}", Transient("something else is changed at that address just now", Code.IN_PROGRESS)),
        (422, b'{"errors":{"date":["x"],"a b":1}}', Rejected("Recharge does not take it: date", Code.INVALID)),
        (422, b'{"errors":"Ann"}', Rejected("Recharge does not take it", Code.INVALID)),
        (422, b"<html>", Rejected("Recharge does not take it", Code.INVALID)),
        (426, b"{}", Malformed("Recharge has no such version of its API any more", Code.BAD_REQUEST)),
        (429, b"{}", Transient("too many calls at once", Code.RATE_LIMITED)),
        (404, b"{}", None),
    ],
)
def test_a_status_that_means_more_than_usual(status: int, body: bytes, error: PortError | None) -> None:
    found = explain(Answer(status, {}, body))
    assert repr(found) == repr(error)
    if isinstance(found, Transient):
        assert found.retry_after == timedelta(seconds=5 if status == 409 else 2)


def test_a_variant_is_a_number() -> None:
    with pytest.raises(ValueError, match="that of kibble"):
        Settings(token=Secret("x"), variants={"kibble": "gid://shopify/ProductVariant/1"})
    with pytest.raises(BadSettings):
        connector.configure({"token": "x", "variants": {"kibble": "x"}})
