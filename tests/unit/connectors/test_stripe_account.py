"""Whether a Stripe key is good and for what, where its webhooks go and by which secret, what its refusals mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.stripe import connector
from pawline.connectors.stripe.enrolling import NEWS, SAYS, UNKNOWN, digest, enrol, issue, lacking
from pawline.connectors.stripe.errors import explain
from pawline.connectors.stripe.happened import KINDS
from pawline.connectors.stripe.health import probe
from pawline.connectors.stripe.settings import VERSION
from pawline.kit import Answer, BadSettings, Secret
from pawline.ports import Code, Malformed, PortError, Rejected, Transient, Unauthorised
from pawline.sandbox import Fault, Faults, Manner
from pawline.sandbox.stripe.books import Endpoint
from tests.unit.connectors.stripe_scene import Scene, run

AT, OTHER = "https://hooks.pets.example/hooks/stripe/eu", "https://old.example/hooks"
PLAYS = frozenset({"Payments"})


def theirs(here: Scene, url: str = AT, **given: Any) -> Endpoint:
    """One that a person made."""
    told = {"events": list(KINDS), "version": VERSION, "metadata": {}} | given
    made = Endpoint(here.books.id("we"), here.books.now(), url, "whsec_theirs", **told)
    here.books.endpoints[made.id] = made
    return made


def with_secrets(here: Scene, *secrets: str) -> Any:
    return msgspec.structs.replace(here.settings, webhook_secrets=tuple(map(Secret, secrets)))


def test_an_endpoint_is_made_once_and_its_secret_is_handed_over_once() -> None:
    async def told(here: Scene) -> None:
        elsewhere = theirs(here, OTHER)
        assert await lacking(here.http, here.settings, AT) == (NEWS,)
        assert await enrol(here.http, here.settings, AT) == ()  # it could not keep the secret
        secret = await issue(here.http, here.settings, AT)
        assert secret is not None
        other, made = here.books.endpoints.values()
        assert other is elsewhere
        assert (made.url, made.secret, made.version, made.on) == (AT, secret.reveal(), VERSION, True)
        assert made.events == list(KINDS)
        assert made.metadata == {"pawline_label": "pawline", SAYS: digest(AT, secret.reveal())}
        assert secret.reveal() not in made.metadata[SAYS]
        assert await lacking(here.http, here.settings, AT) == (UNKNOWN,)
        knows = with_secrets(here, "whsec_old", secret.reveal())
        assert await lacking(here.http, knows, AT) == ()
        assert await issue(here.http, knows, AT) is None
        assert await enrol(here.http, knows, AT) == ()
        assert here.did() == [f"endpoint {AT}", f"endpoint {AT}"]

    run(told)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_one_whose_secret_nobody_has_gives_way_to_a_new_one(at: int) -> None:
    async def told(here: Scene) -> None:
        here.desk.vendors.faults = Faults(at={at: Fault.BROKEN})
        with pytest.raises(Transient):
            await issue(here.http, here.settings, AT)
        here.desk.vendors.faults = Faults()
        before = list(here.books.endpoints)
        secret = await issue(here.http, here.settings, AT)
        assert secret is not None
        assert [one for one in before if one not in here.books.endpoints] == []  # the new secret is not kept yet
        knows = with_secrets(here, secret.reveal())
        assert await lacking(here.http, knows, AT) == ()
        removed = "an endpoint of ours that was there before is removed"
        assert await enrol(here.http, knows, AT) == (removed,) * len(before)
        (made,) = here.books.endpoints.values()
        assert made.secret == secret.reveal()
        assert (await enrol(here.http, knows, AT), await lacking(here.http, knows, AT)) == ((), ())

    run(told)


def test_one_that_a_person_made_is_left_as_it_is_where_its_secret_is_known() -> None:
    async def told(here: Scene) -> None:
        one = theirs(here, events=["*"])
        knows = with_secrets(here, "whsec_theirs")
        assert await lacking(here.http, knows, AT) == ()
        assert await issue(here.http, knows, AT) is None
        one.events = ["payout.paid", "customer.created"]
        assert await lacking(here.http, knows, AT) == tuple(kind for kind in KINDS if kind != "payout.paid")
        assert await enrol(here.http, knows, AT) == (f"{NEWS} are sent to {AT}",)
        assert set(one.events) == {*KINDS, "customer.created"}
        one.on = False
        assert await lacking(here.http, knows, AT) == (f"{NEWS} (its endpoint is switched off)",)
        assert await enrol(here.http, knows, AT) == (f"{NEWS} are sent to {AT}",)
        assert (one.on, one.secret) == (True, "whsec_theirs")

    run(told)


def test_one_that_a_person_made_of_another_version_is_said_and_left_where_its_secret_is_known() -> None:
    async def told(here: Scene) -> None:
        one = theirs(here, events=["*"], version="2025-06-30.basil")
        knows = with_secrets(here, "whsec_theirs")
        assert await lacking(here.http, knows, AT) == (f"{NEWS} in version {VERSION}",)
        assert await issue(here.http, knows, AT) is None
        (said,) = await enrol(here.http, knows, AT)
        assert said == (
            f"its endpoint, which somebody made, is of version 2025-06-30.basil, and not of {VERSION}: remove it at "
            "Stripe, or its secret from `webhook_secrets`, and connect again"
        )
        assert (list(here.books.endpoints.values()), here.did()) == ([one], [])

    run(told)


def test_one_that_a_person_made_and_whose_secret_nobody_has_stays_beside_ours() -> None:
    async def told(here: Scene) -> None:
        one = theirs(here, events=["payout.paid"])
        secret = await issue(here.http, here.settings, AT)
        assert secret is not None
        knows = with_secrets(here, secret.reveal())
        assert (await lacking(here.http, knows, AT), await enrol(here.http, knows, AT)) == ((), ())
        first, ours = here.books.endpoints.values()
        assert (first, first.events, ours.secret) == (one, ["payout.paid"], secret.reveal())

    run(told)


def test_one_of_ours_of_another_version_gives_way() -> None:
    async def told(here: Scene) -> None:
        metadata = {"pawline_label": "pawline", SAYS: digest(AT, "whsec_theirs")}
        one = theirs(here, version="2020-08-27", metadata=metadata)
        knows = with_secrets(here, "whsec_theirs")
        assert await lacking(here.http, knows, AT) == (f"{NEWS} in version {VERSION}",)
        assert await enrol(here.http, knows, AT) == ()
        secret = await issue(here.http, knows, AT)
        assert secret is not None
        assert one.id in here.books.endpoints
        await enrol(here.http, with_secrets(here, "whsec_theirs", secret.reveal()), AT)
        assert [each.version for each in here.books.endpoints.values()] == [VERSION]

    run(told)


def test_a_key_is_asked_for_all_that_it_is_to_do_and_nothing_happens() -> None:
    async def told(here: Scene) -> None:
        await here.captured()
        before = here.did()
        await probe(here.http, here.settings, PLAYS)
        assert here.did() == before
        assert len(here.books.intents) == 1

    run(told)


def test_what_a_restricted_key_lacks_is_named_all_at_once() -> None:
    async def told(here: Scene) -> None:
        here.stripe.api.lacks = frozenset({"rak_charge_write", "rak_dispute_read", "rak_payout_read"})
        with pytest.raises(Unauthorised) as no:
            await probe(here.http, here.settings, PLAYS)
        assert no.value.code is Code.FORBIDDEN
        assert no.value.text == "the key lacks Disputes: read, Payouts: read, Charges and Refunds: write"
        with pytest.raises(Unauthorised) as reading:
            await probe(here.http, here.settings, frozenset())
        assert reading.value.text == "the key lacks Disputes: read, Payouts: read"
        with pytest.raises(Unauthorised) as refused:
            await here.refunded(await here.captured())
        assert refused.value.text == "the key may not do this: it lacks rak_charge_write"

    run(told)


def test_a_key_of_the_other_mode_or_that_nobody_knows_is_said() -> None:
    async def told(here: Scene) -> None:
        await here.authorised()
        live = connector.configure({"key": "unknown-kind", "label": "paws", "url": f"{here.url}/stripe"})
        with pytest.raises(Unauthorised) as other:
            await probe(here.http, live, PLAYS)
        assert other.value.text == 'the key is none of mode "live"'
        here.desk.manners["stripe"] = Manner(stranger=True)
        with pytest.raises(Unauthorised) as unknown:
            await probe(here.http, here.settings, PLAYS)
        assert (unknown.value.code, unknown.value.text) == (Code.CREDENTIALS, "Stripe does not take this key")

    run(told)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"key": "sk_test_1"}, 'the key is a test key, and `mode` is "live": correct one of them'),
        ({"key": "rk_live_1", "mode": "test"}, 'the key is a live key, and `mode` is "test": correct one of them'),
        ({"key": "pk_live_1"}, "the key is a publishable one, which is for browsers"),
        ({"key": "rk_live_1", "label": "Pets EU"}, "`label`: lower case, digits, - and _, such as pets-eu"),
        ({"key": "rk_live_1", "labels_before": ["Pets"]}, "`label`: lower case, digits, - and _, such as pets-eu"),
        ({"key": "rk_live_1", "return_url": "http://x"},
         "`return_url` is a page of the shop, and begins with https://"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(BadSettings) as no:
        connector.configure({"label": "paws"} | given)
    assert says in str(no.value)
    assert "_1" not in str(no.value)


def said(type_: str = "invalid_request_error", **more: Any) -> bytes:
    return msgspec.json.encode({"error": {"type": type_, "message": "card 4242424242424242"} | more})


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (402, said("card_error", code="card_declined", decline_code="insufficient_funds"),
         Rejected("the payment was declined: card_declined, insufficient_funds", Code.INSUFFICIENT_FUNDS)),
        (402, said("card_error", code="expired_card"),
         Rejected("the payment was declined: expired_card", Code.EXPIRED)),
        (402, b"<html>", Transient("a page of 402 came, not of Stripe's", Code.UNAVAILABLE)),
        (400, b'{"error": {"message": "x"}}', Transient("a page of 400 came, not of Stripe's", Code.UNAVAILABLE)),
        (402, said("invalid_request_error"), Rejected("the payment was declined", Code.DECLINED)),
        (400, said("card_error", code="card 4242"), Rejected("the payment was declined", Code.DECLINED)),
        (429, said(code="lock_timeout"), Transient("another call holds it", Code.RATE_LIMITED)),
        (429, b"{}", Transient("too many calls at once", Code.RATE_LIMITED)),
        (409, said("idempotency_error", code="idempotency_key_in_use"),
         Transient("Stripe is still at it", Code.IN_PROGRESS)),
        (400, said("idempotency_error"), Transient("Stripe knows this key with other words", Code.KEY_REUSED)),
        (400, said(code="payment_intent_unexpected_state"),
         Rejected("it stands otherwise at Stripe (payment_intent_unexpected_state)", Code.CONFLICT)),
        (400, said(code="charge_expired_for_capture"),
         Rejected("Stripe will not do it any more (charge_expired_for_capture)", Code.EXPIRED)),
        (400, said(code="balance_insufficient"),
         Rejected("Stripe does not take it (balance_insufficient)", Code.INSUFFICIENT_FUNDS)),
        (400, said(code="parameter_unknown", param="colour"),
         Malformed("Stripe does not take it (parameter_unknown: colour)", Code.BAD_REQUEST)),
        (400, said(code="amount_too_small", param="amount"),
         Rejected("Stripe does not take it (amount_too_small: amount)", Code.INVALID)),
        (400, said(code="testmode_charges_only"),
         Unauthorised("Stripe does not take this key (testmode_charges_only)", Code.CREDENTIALS)),
        (401, said(), Unauthorised("Stripe does not take this key", Code.CREDENTIALS)),
        (403, b'{"error": {"message": "Having the \'rak_refund_write\' permission"}}',
         Unauthorised("the key may not do this: it lacks rak_refund_write", Code.FORBIDDEN)),
        (403, b"", Unauthorised("the key may not do this", Code.FORBIDDEN)),
        (404, said(code="resource_missing"), None),
        (500, said("api_error"), None),
    ],
)  # fmt: skip
def test_a_refusal_is_told_by_its_words_and_never_by_what_it_quotes(
    status: int, body: bytes, error: PortError | None
) -> None:
    found = explain(Answer(status, {}, body))
    assert repr(found) == repr(error)
    if isinstance(found, Transient) and found.code not in (Code.KEY_REUSED, Code.UNAVAILABLE):
        assert found.retry_after == timedelta(seconds=1)


def test_a_failure_that_is_kept_for_a_key_is_known_by_its_header() -> None:
    found = explain(Answer(500, {"idempotent-replayed": "true"}, said("api_error")))
    assert repr(found) == repr(Transient("Stripe failed, and keeps that for this key", Code.KEPT_FAILURE))
