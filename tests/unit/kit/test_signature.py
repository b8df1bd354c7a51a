"""Who is believed: only what a live secret signed, byte by byte, and lately."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from pawline.kit import Headers, Hmac, Secret, Unsigned, of_body, of_standard_webhooks, of_stripe, standard_key

BODY, AT = b'{"order": 1}', 1_700_000_000
OLD, NEW = Secret("old"), Secret("new")
RAW = base64.b64encode(b"a key of twenty-four bytes").decode()


def made(key: bytes, over: bytes) -> bytes:
    return hmac.new(key, over, hashlib.sha256).digest()


def shopify(key: str, body: bytes = BODY) -> list[tuple[str, str]]:
    return [("X-Shopify-Hmac-Sha256", base64.b64encode(made(key.encode(), body)).decode())]


def stripe(key: str, at: int = AT, body: bytes = BODY) -> list[tuple[str, str]]:
    return [("Stripe-Signature", f"t={at},v0=00,v1={made(key.encode(), f'{at}.'.encode() + body).hex()}")]


def standard(at: int = AT) -> list[tuple[str, str]]:
    text = base64.b64encode(made(b"a key of twenty-four bytes", f"m1.{at}.".encode() + BODY)).decode()
    return [("webhook-id", "m1"), ("webhook-timestamp", str(at)), ("webhook-signature", f"v1a,AAAA v1,{text}")]


SHOPIFY, STRIPE = Hmac(of_body("x-shopify-hmac-sha256", "base64")), Hmac(of_stripe)
STANDARD = Hmac(of_standard_webhooks, key=standard_key)
GOOD: list[tuple[Hmac, Secret, list[tuple[str, str]]]] = [
    (SHOPIFY, NEW, shopify("new")), (STRIPE, NEW, stripe("new")), (STANDARD, Secret(f"whsec_{RAW}"), standard()),
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "secret", "headers"), GOOD)
def test_a_good_signature_passes_and_each_flipped_bit_fails(
    scheme: Hmac, secret: Secret, headers: list[tuple[str, str]]
) -> None:
    scheme.verify([secret], headers, BODY, AT + 299.0)
    for at in range(len(BODY)):
        for bit in range(8):
            flipped = BODY[:at] + bytes([BODY[at] ^ 1 << bit]) + BODY[at + 1 :]
            with pytest.raises(Unsigned):
                scheme.verify([secret], headers, flipped, AT)
    with pytest.raises(Unsigned):
        scheme.verify([Secret(base64.b64encode(b"other").decode())], headers, BODY, AT)
    with pytest.raises(Unsigned, match="no secret is set"):
        scheme.verify([], headers, BODY, AT)
    for missing in range(len(headers)):
        with pytest.raises(Unsigned):
            scheme.verify([secret], headers[:missing] + headers[missing + 1 :], BODY, AT)
        with pytest.raises(Unsigned):
            scheme.verify([secret], [*headers, headers[missing]], BODY, AT)
        with pytest.raises(Unsigned):
            scheme.verify([secret], [*headers[:missing], (headers[missing][0], ""), *headers[missing + 1 :]], BODY, AT)


def test_the_same_json_written_anew_is_not_what_was_signed() -> None:
    with pytest.raises(Unsigned):
        SHOPIFY.verify([NEW], shopify("new"), json.dumps(json.loads(BODY), separators=(",", ":")).encode(), AT)


def test_while_a_secret_is_rotated_both_are_live() -> None:
    for key in ("old", "new"):
        SHOPIFY.verify([OLD, NEW], shopify(key), BODY, AT)
        STRIPE.verify([NEW, OLD], stripe(key), BODY, AT)
    with pytest.raises(Unsigned):
        SHOPIFY.verify([NEW], shopify("old"), BODY, AT)


@pytest.mark.parametrize("ago", [301.0, -301.0, 1e9, float("nan")])
def test_an_old_or_a_future_signature_is_not_believed(ago: float) -> None:
    for scheme, secret, headers in GOOD[1:]:
        with pytest.raises(Unsigned):
            scheme.verify([secret], headers, BODY, AT + ago)


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        (SHOPIFY, [("x-shopify-hmac-sha256", "not base64!")]),
        (SHOPIFY, [("x-shopify-hmac-sha256", "é")]),
        (STRIPE, [("stripe-signature", "v1=00")]),
        (STRIPE, [("stripe-signature", f"t={AT},t={AT},v1=00")]),
        (STRIPE, [("stripe-signature", f"t={AT}")]),
        (STRIPE, [("stripe-signature", "t=1e9,v1=00")]),
        (STRIPE, [("stripe-signature", f"t=-{AT},v1=00")]),
        (STRIPE, [("stripe-signature", f"t={AT},v0={made(b'new', f'{AT}.'.encode() + BODY).hex()}")]),
        (STRIPE, [("stripe-signature", f"t={AT},v1=zz")]),
        (STRIPE, [("stripe-signature", f"t={AT},v1=")]),
        (Hmac(of_body("x-sign", "hex", prefix="sha256=")), [("x-sign", made(b"new", BODY).hex())]),
        (Hmac(of_body("x-sign", "hex")), [("x-sign", " ".join(made(b"new", BODY).hex()))]),
    ],
)
def test_what_is_no_signature_is_refused_and_never_an_error(scheme: Hmac, headers: Headers) -> None:
    with pytest.raises(Unsigned):
        scheme.verify([NEW], headers, BODY, AT)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_AAAA", "whsec_é", "whsec_ " + RAW, "whsec_" + "A" * 88])
def test_a_secret_that_is_no_key_believes_nobody_and_keeps_no_other_from_believing(secret: str) -> None:
    bad = Secret(secret)
    with pytest.raises(ValueError, match="copy it again, whole"):
        STANDARD.check([Secret(f"whsec_{RAW}"), bad])
    headers = [(n, v) for n, v in standard() if n != "webhook-signature"]
    empty = base64.b64encode(made(b"", f"m1.{AT}.".encode() + BODY)).decode()
    with pytest.raises(Unsigned):
        STANDARD.verify([bad], [*headers, ("webhook-signature", f"v1,{empty}")], BODY, AT)
    with pytest.raises(Unsigned):
        STANDARD.verify([bad], standard(), BODY, AT)
    STANDARD.verify([bad, Secret(f"whsec_{RAW}")], standard(), BODY, AT)
    STANDARD.check([Secret(f"whsec_{RAW}")])


def test_a_signed_header_that_is_no_text_is_refused_and_no_error() -> None:
    headers = [(n, "m\udc80" if n == "webhook-id" else v) for n, v in standard()]
    with pytest.raises(Unsigned):
        STANDARD.verify([Secret(f"whsec_{RAW}")], headers, BODY, AT)
    with pytest.raises(Unsigned):
        STRIPE.verify([NEW], [("stripe-signature", f"t={AT},v1=\udc80")], BODY, AT)
