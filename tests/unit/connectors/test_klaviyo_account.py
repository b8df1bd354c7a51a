"""An account of Klaviyo's: its key and scopes, its webhooks, its own flows, and what it says when it will not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pawline.connectors.klaviyo import connector
from pawline.connectors.klaviyo.enrolling import called, enrol, lacking
from pawline.connectors.klaviyo.errors import explain
from pawline.connectors.klaviyo.health import probe
from pawline.connectors.klaviyo.hook import HOOK, TOPICS
from pawline.connectors.klaviyo.triggers import sends
from pawline.kit import Answer, BadSettings
from pawline.ports import Code, Rejected, Unauthorised
from pawline.sandbox import Says
from pawline.sandbox.klaviyo.klaviyo import SCOPES
from pawline.sandbox.manner import Manner
from tests.unit.connectors.klaviyo_scene import ANN, HELD, Scene, run
from tests.unit.sandbox.klaviyo_contract import contract

BOTH = frozenset({"Marketing", "Crm"})
SECRETS = ["a secret of sixteen", "another of sixteen"]


def refusal(plays: frozenset[str] = BOTH, *, scopes: frozenset[str] = SCOPES, **settings: Any) -> Unauthorised:
    async def told(here: Scene) -> Unauthorised:
        here.desk.klaviyo.scopes = scopes
        with pytest.raises(Unauthorised) as no:
            await probe(here.account.http, here.settings, plays)  # type: ignore[arg-type]
        return no.value

    found: Unauthorised = run(told, **settings)
    return found


def test_an_account_that_lacks_nothing() -> None:
    async def told(here: Scene) -> None:
        await probe(here.account.http, here.settings, BOTH)  # type: ignore[arg-type]

    run(told, account="PwLn01")


def test_a_strange_key_and_a_key_of_another_account() -> None:
    strange, other = refusal(key="pk_nobody"), refusal(account="Other1")
    assert strange.code is other.code is Code.CREDENTIALS
    assert "another account" in other.text


def test_scopes_that_lack_are_named_all_of_them() -> None:
    no = refusal(scopes=frozenset({"profiles:read", "events:read"}))
    assert (no.code, no.text) == (
        Code.FORBIDDEN, "the key lacks the scopes accounts:read, metrics:read, flows:read, subscriptions:read",
    )  # fmt: skip
    few = refusal(frozenset({"Crm"}), scopes=frozenset({"accounts:read", "events:read"}))
    assert few.text == "the key lacks the scopes profiles:read, metrics:read"


def test_a_write_without_its_scope_is_a_persons() -> None:
    async def told(here: Scene) -> None:
        here.desk.klaviyo.scopes = SCOPES - {"profiles:write"}
        with pytest.raises(Unauthorised) as no:
            await here.know()
        assert (no.value.code, no.value.text) == (Code.FORBIDDEN, "the key lacks profiles:write")

    run(told)


def test_webhooks_are_sent_to_us_once() -> None:
    async def told(here: Scene) -> None:
        http: Any = here.account.http
        address = "https://hub.example.com/hooks/klaviyo/eu"
        assert await lacking(http, here.settings, address) == tuple(TOPICS)
        assert await enrol(http, here.settings, address) == tuple(f"{one} is sent to {address}" for one in TOPICS)
        assert await enrol(http, here.settings, address) == ()
        (hook,) = here.books.webhooks.values()
        assert (hook.name, hook.url, hook.secret, hook.topics) == (called(address), address, SECRETS[0], list(TOPICS))
        before = hook.secret = f"not {SECRETS[0]}"
        assert await enrol(http, here.settings, f"{address}2") != ()
        assert hook.secret == before  # that is another's address
        del here.books.webhooks[max(here.books.webhooks)]
        assert await enrol(http, here.settings, address) == ()
        assert (hook.secret, len(here.books.webhooks)) == (SECRETS[0], 1)
        hook.enabled = False  # after two days of failures
        assert await lacking(http, here.settings, address) == tuple(TOPICS)
        assert await lacking(http, here.settings, f"{address}2") == tuple(TOPICS)
        assert await enrol(http, here.settings, address) == tuple(f"{one} is sent to {address}" for one in TOPICS)
        assert (list(here.books.webhooks.values()), hook.enabled) == ([hook], True)  # the same one, and no second
        hook.topics, hook.enabled = list(TOPICS)[1:], False
        assert await enrol(http, here.settings, address) == tuple(f"{one} is sent to {address}" for one in TOPICS)
        assert [one.topics for one in here.books.webhooks.values()] == [list(TOPICS)[1:], list(TOPICS)[:1]]

    run(told, webhook_secrets=SECRETS)


def test_an_account_without_webhooks_says_so() -> None:
    async def told(here: Scene) -> None:
        here.desk.klaviyo.scopes = SCOPES - {"webhooks:read"}
        with pytest.raises(Unauthorised):
            await lacking(here.account.http, here.settings, "https://x.example.com")  # type: ignore[arg-type]

    run(told, webhook_secrets=SECRETS)


def test_a_webhook_of_the_sandbox_is_believed() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.act("decisions", email="ann@example.com", granted=False)
        await enrol(here.account.http, here.settings, "https://hub.example.com")  # type: ignore[arg-type]
        (hook,) = here.books.webhooks.values()
        made = here.desk.klaviyo.teller.letter(here.books.events[-1], hook)
        HOOK.signature.verify(HOOK.secrets(here.settings), list(made.headers.items()), made.body, here.books.now())

    run(told, webhook_secrets=SECRETS)


def test_what_klaviyo_sends_by_itself_is_what_its_live_flows_are() -> None:
    async def told(here: Scene) -> None:
        here.act("flows", name="Order confirmed (Shopify)", metric="Placed Order")
        here.act("flows", name="Win back", metric="Placed Order", status="draft")
        here.act("flows", name="Birthday", day="pet_1_born_on", archived=True)
        here.act("flows", name="Nobody asked", metric="Placed Order")
        assert await sends(here.account.http, here.settings) == {"order_confirmation"}  # type: ignore[arg-type]

    run(told, flows={"order_confirmation": "Order confirmed (Shopify)", "win_back": "Win back", "birthday": "Birthday"})
    run(_sends_nothing)


async def _sends_nothing(here: Scene) -> None:
    before = here.desk.vendors.requests
    assert await sends(here.account.http, here.settings) == frozenset()  # type: ignore[arg-type]
    assert here.desk.vendors.requests == before


def test_a_metric_with_a_name_that_is_too_long_is_refused_at_once() -> None:
    with pytest.raises(BadSettings):
        connector.configure({"key": "pk", "metrics": {"order_confirmation": "x" * 128}})


def error(status: int, code: str, detail: str = "ann@example.com is wrong", pointer: str = "") -> Answer:
    body = {"errors": [{"id": "1", "code": code, "title": "t", "detail": detail, "source": {"pointer": pointer}}]}
    return Answer(status, {}, json.dumps(body).encode())


def test_errors_name_fields_and_scopes_and_nothing_of_what_was_sent() -> None:
    said = explain(error(400, "invalid", pointer="/data/attributes/email"))
    assert isinstance(said, Rejected)
    assert said.text == "Klaviyo refuses /data/attributes/email"
    lacks = explain(error(403, "permission_denied", "missing the following scopes: events:write, profiles:write"))
    assert isinstance(lacks, Unauthorised)
    assert lacks.text == "the key lacks events:write, profiles:write"
    bare = explain(error(403, "permission_denied"))
    assert isinstance(bare, Unauthorised)
    assert bare.text == "the key may not do that"
    assert isinstance(explain(error(400, "not_authenticated")), Unauthorised)
    for answer in (error(404, "not_found"), error(409, "duplicate_profile"), Answer(400, {}, b"<html>")):
        assert explain(answer) is None


@pytest.mark.parametrize("says", list(Says))
def test_whatever_klaviyo_says_instead_is_one_of_four_errors(says: Says) -> None:
    async def told(here: Scene) -> None:
        from pawline.ports import Malformed, Transient

        await here.know()
        here.desk.manners["klaviyo"] = Manner(says=says)
        with pytest.raises(Transient if says is Says.ERROR else Malformed):
            await here.crm.pets(ANN)

    before = len(HELD.wrong)
    try:
        run(told)
    except AssertionError:
        assert len(HELD.wrong) > before  # that is what it says
        del HELD.wrong[before:]


def test_the_sandbox_keeps_the_vendors_own_rates_and_scopes() -> None:
    from pawline.sandbox.klaviyo.klaviyo import ENDPOINTS

    for one in ENDPOINTS:
        told = contract()["operations"][f"{one.method} {one.path}"]
        assert told["rate"] == {"burst": f"{one.rate.burst}/s", "steady": f"{one.rate.steady}/m"}, one.path
        assert sorted(told["scopes"]) == sorted(one.scopes), one.path
