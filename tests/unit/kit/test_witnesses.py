"""The vendors' own packages as witnesses: what they sign we believe, what we sign they do, and nothing else."""

from __future__ import annotations

import base64
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import pytest
import standardwebhooks
import stripe
from Adyen import util as adyen
from easypost.errors import SignatureVerificationError
from easypost.util import validate_webhook
from hubspot.utils.signature import Signature
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from pawline.kit import (
    METHOD,
    URL,
    Hashed,
    Headers,
    Hmac,
    Secret,
    Unsigned,
    composed,
    of_adyen,
    of_body,
    of_hubspot,
    of_hubspot_v1,
    of_hubspot_v2,
    of_slack,
    of_standard_webhooks,
    of_stripe,
    of_twilio,
    standard_key,
)
from pawline.sandbox.hooks import Message, signed
from pawline.sandbox.twilio.telling import signature as twilios

URI: Final = "https://hooks.pets.example/hooks/hubspot/eu"
KEY: Final = base64.b64encode(bytes(range(32))).decode()
HEX: Final = bytes(range(32)).hex()
bodies = st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()).map(json.dumps)
secrets = st.text(st.characters(min_codepoint=33, blacklist_categories=["Cs", "Cc"]), min_size=8, max_size=40)


def believed(scheme: Hmac, secret: str, headers: Headers, body: str) -> bool:
    """Whether we believe it now."""
    try:
        scheme.verify([Secret(secret)], headers, body.encode(), time.time())
    except Unsigned:
        return False
    return True


@settings(deadline=None)
@given(bodies, secrets)
def test_stripe(body: str, secret: str) -> None:
    header = stripe.WebhookSignature.generate_signature_header(body, secret)
    for said in (body, body + " "):
        assert believed(Hmac(of_stripe), secret, [("Stripe-Signature", header)], said) == _stripes(said, header, secret)
    assert not believed(Hmac(of_stripe), secret + "x", [("Stripe-Signature", header)], body)


def _stripes(body: str, header: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, 300)
    except stripe.SignatureVerificationError:
        return False
    return True


@settings(deadline=None)
@given(bodies)
def test_standard_webhooks(body: str) -> None:
    theirs = standardwebhooks.Webhook(KEY)
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "m1", "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": theirs.sign("m1", now, body),
    }  # fmt: skip
    scheme = Hmac(of_standard_webhooks, key=standard_key)
    for said in (body, body + " "):
        try:
            theirs.verify(said, headers)
            them = True
        except standardwebhooks.WebhookVerificationError:
            them = False
        assert believed(scheme, f"whsec_{KEY}", list(headers.items()), said) is them is (said == body)


def test_standard_webhooks_of_the_sandbox_are_believed_by_the_standards_own_package() -> None:
    message = Message(id="m1", type="order.placed", timestamp=datetime.now(UTC), data=msgspec.Raw(b'{"order": "o1"}'))
    body, headers = message.body(), signed(message, base64.b64decode(KEY), time.time())
    assert standardwebhooks.Webhook(KEY).verify(body, headers) == json.loads(body)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(KEY).verify(body + b" ", headers)


@settings(deadline=None)
@given(bodies, secrets)
def test_slack(body: str, secret: str) -> None:
    theirs, at = SignatureVerifier(secret), str(int(time.time()))
    made = str(theirs.generate_signature(timestamp=at, body=body))
    headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": made}
    for said in (body, body + " "):
        assert believed(Hmac(of_slack), secret, list(headers.items()), said) is theirs.is_valid_request(said, headers)
    assert believed(Hmac(of_slack), secret, list(headers.items()), body)


@settings(deadline=None)
@given(bodies, secrets)
def test_hubspot(body: str, secret: str) -> None:
    at = str(int(time.time() * 1_000))
    called = [(METHOD, "POST"), (URL, URI)]
    for version, scheme in (
        ("v1", Hashed(of_hubspot_v1)), ("v2", Hashed(of_hubspot_v2)), ("v3", Hmac(of_hubspot))
    ):  # fmt: skip
        more = (URI, "POST", at)
        made = Signature.get_signature(secret, body, version, *more)
        if version == "v3":
            headers = [*called, ("X-HubSpot-Signature-v3", made), ("X-HubSpot-Request-Timestamp", at)]
        else:
            headers = [*called, ("X-HubSpot-Signature", made), ("X-HubSpot-Signature-Version", version)]
        for said in (body, body + " "):
            them = Signature.is_valid(made, secret, said, URI, "POST", version, at)
            assert believed(scheme, secret, headers, said) is them is (said == body)


@settings(deadline=None)
@given(st.integers(0, 10**9), st.text(st.characters(blacklist_categories=["Cs"])), st.sampled_from(["true", "false"]))
def test_adyen(value: int, reference: str, success: str) -> None:
    item: dict[str, Any] = {
        "pspReference": "X3GWNS6KJ8NKGK82", "merchantAccountCode": "Pets", "merchantReference": reference,
        "amount": {"value": value, "currency": "EUR"}, "eventCode": "AUTHORISATION", "success": success,
    }  # fmt: skip
    made = adyen.generate_notification_sig(item, HEX).decode()
    for amount in (value, value + 1):
        told = item | {"amount": {"value": amount, "currency": "EUR"}, "additionalData": {"hmacSignature": made}}
        body = {"live": "false", "notificationItems": [{"NotificationRequestItem": told}]}
        them = adyen.is_valid_hmac_notification(body, HEX)
        assert believed(Hmac(of_adyen, key=bytes.fromhex), HEX, [], json.dumps(body)) is them is (amount == value)


@settings(deadline=None)
@given(bodies, secrets)
def test_easypost(body: str, secret: str) -> None:
    """It has no signer of its own: what we made by its rule, its package believes."""
    scheme = Hmac(of_body("x-hmac-signature", "hex", prefix="hmac-sha256-hex="), key=composed)
    made = hmac.new(composed(secret), body.encode(), "sha256").digest()
    headers = {"X-Hmac-Signature": f"hmac-sha256-hex={made.hex()}"}
    for said in (body, body + " "):
        try:
            validate_webhook(said.encode(), headers, secret)
            them = True
        except SignatureVerificationError:
            them = False
        assert believed(scheme, secret, list(headers.items()), said) is them is (said == body)


forms = st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=6)
places = st.sampled_from(["", ":443", ":8443"])


@settings(deadline=None)
@given(forms, secrets, places, places)
def test_twilio(form: dict[str, str], secret: str, signs: str, called: str) -> None:
    """Its package signs the address with its port or without, and believes either; so do we, and nothing else."""
    theirs = RequestValidator(secret)
    url, said = (f"https://hooks.pets.example{one}/hooks/twilio/us?household=h-1" for one in (signs, called))
    made = theirs.compute_signature(url, form)
    assert made == twilios(url, form, secret)
    scheme = Hmac(of_twilio, digest="sha1")
    headers = [(METHOD, "POST"), (URL, said), ("X-Twilio-Signature", made)]
    for told in (form, form | {"MessageStatus!": "x"}):
        them = theirs.validate(said, told, made)
        assert believed(scheme, secret, headers, urlencode(told)) is them
    assert theirs.validate(url, form, made)
    strange = [*headers[:1], (URL, said.replace("h-1", "h-2")), *headers[2:]]
    assert not believed(scheme, secret, strange, urlencode(form))
