"""Every vendor's scheme: by the vendors' own vectors, and refused for whatever is not what was signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from pawline.kit import (
    METHOD,
    URL,
    Hashed,
    Hmac,
    Secret,
    Unsigned,
    composed,
    of_address,
    of_adyen,
    of_body,
    of_hubspot,
    of_hubspot_v1,
    of_hubspot_v2,
    of_slack,
    of_standard_webhooks,
    of_twilio,
    standard_key,
)

SPECS = Path(__file__).parents[4] / "shared/specs"
VECTORS = SPECS / "_signatures/vectors.json"
COUNT = 15
Made = dict[str, Any]


class Delivered(NamedTuple):
    """A vector as it would come in: which scheme believes it, by which secret, at which time."""

    scheme: Hmac
    secret: str
    headers: list[tuple[str, str]]
    body: bytes
    now: float = 0.0


def _called(given: Made, name: str = "uri") -> list[tuple[str, str]]:
    return [(METHOD, given.get("method", "POST")), (URL, given[name])]


def _standard(given: Made, expected: str) -> Delivered:
    at = str(given["timestamp"])
    headers = [("webhook-id", given["id"]), ("webhook-timestamp", at), ("webhook-signature", expected)]
    scheme = Hmac(of_standard_webhooks, key=standard_key)
    return Delivered(scheme, given["secret"], headers, given["body"].encode(), float(at))


def _hubspot(version: str, given: Made, expected: str) -> Delivered:
    secret = given["client_secret"]
    if version != "v3":
        headers = [("X-HubSpot-Signature", expected), ("X-HubSpot-Signature-Version", version)]
        called = _called(given) if version == "v2" else []
        scheme = Hashed(of_hubspot_v1 if version == "v1" else of_hubspot_v2, whole=lambda _: True)
        return Delivered(scheme, secret, called + headers, given["body"].encode())
    headers = [("X-HubSpot-Signature-v3", expected), ("X-HubSpot-Request-Timestamp", given["timestamp"])]
    now = int(given["timestamp"]) / 1_000
    return Delivered(Hmac(of_hubspot), secret, _called(given) + headers, given["body"].encode(), now)


def _twilio(given: Made, expected: str) -> Delivered:
    headers = [*_called(given, "url"), ("X-Twilio-Signature", expected)]
    return Delivered(Hmac(of_twilio, digest="sha1"), given["auth_token"], headers, urlencode(given["params"]).encode())


def _slack(given: Made, expected: str) -> Delivered:
    headers = [("X-Slack-Signature", expected), ("X-Slack-Request-Timestamp", given["timestamp"])]
    return Delivered(
        Hmac(of_slack), given["signing_secret"], headers, given["body"].encode(), float(given["timestamp"])
    )


def _square(given: Made, expected: str) -> Delivered:
    name = "x-square-hmacsha256-signature"
    headers = [*_called(given, "notification_url"), (name, expected)]
    return Delivered(Hmac(of_address(name)), given["signature_key"], headers, given["body"].encode())


def _adyen(given: Made, expected: str) -> Delivered:
    item = dict(given["item"])
    item["additionalData"] = {**item.get("additionalData", {}), "hmacSignature": expected}
    body = json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}).encode()
    return Delivered(Hmac(of_adyen, key=bytes.fromhex), given["hmac_key_hex"], [], body)


def _easypost(given: Made, expected: str) -> Delivered:
    scheme = Hmac(of_body("x-hmac-signature", "hex", prefix="hmac-sha256-hex="), key=composed)
    body = (SPECS / given["body_file"]).read_bytes().strip()
    return Delivered(scheme, given["secret"], [("X-Hmac-Signature", expected)], body)


def _shopify(given: Made, expected: str) -> Delivered:
    scheme = Hmac(of_body("x-shopify-hmac-sha256", "base64"))
    return Delivered(scheme, given["secret"], [("X-Shopify-Hmac-SHA256", expected)], given["body"].encode())


READERS: dict[str, Callable[[Made, str], Delivered]] = {
    "standard-webhooks": _standard, "twilio": _twilio, "slack": _slack, "square": _square, "adyen": _adyen,
    "easypost": _easypost, "shopify": _shopify, "hubspot v1": partial(_hubspot, "v1"),
    "hubspot v2": partial(_hubspot, "v2"), "hubspot v3": partial(_hubspot, "v3"),
}  # fmt: skip


def vectors() -> list[dict[str, Any]]:
    return list(json.loads(VECTORS.read_text())["vectors"]) if VECTORS.exists() else []


@pytest.fixture(params=range(COUNT))
def vector(request: pytest.FixtureRequest) -> Delivered:
    """Each of the vendors' own."""
    if not VECTORS.exists():
        pytest.skip("needs ../shared/specs, which is not beside this checkout")
    one = vectors()[request.param]
    vendor = one["vendor"] if one["vendor"] != "hubspot" else f"hubspot {one['scheme'][:2]}"
    return READERS[vendor](one["input"], one["expected"])


def test_there_are_as_many_as_there_were() -> None:
    if VECTORS.exists():
        assert len(vectors()) == COUNT


def test_the_vendors_own_vectors_pass(vector: Delivered) -> None:
    scheme, secret, headers, body, now = vector
    scheme.verify([Secret("0" * 64), Secret(secret)], headers, body, now)


def test_what_is_not_what_was_signed_is_refused(vector: Delivered) -> None:
    scheme, secret, headers, body, now = vector
    wrong: list[tuple[list[tuple[str, str]], bytes, str, float]] = [
        (headers, body, "00" * 32, now),
        *((headers[:at] + headers[at + 1 :], body, secret, now) for at in range(len(headers)) if _judged(scheme, at)),
        *(([*headers, headers[at]], body, secret, now) for at in range(len(headers))),
        *((_other(headers, at), body, secret, now) for at in range(len(headers)) if _judged(scheme, at)),
        *((headers, flipped, secret, now) for flipped in _flipped(scheme, body)),
    ]
    if scheme.read in (of_standard_webhooks, of_slack, of_hubspot):
        wrong += [(headers, body, secret, now + apart) for apart in (301.0, -301.0)]
    for given in wrong:
        with pytest.raises(Unsigned):
            scheme.verify([Secret(given[2])], given[0], given[1], given[3])


def _judged(scheme: Hmac, at: int) -> bool:
    """Whether the header at this place decides anything: of Twilio's and Square's the method does not."""
    return at > 0 or (scheme.read is not of_twilio and "of_address" not in getattr(scheme.read, "__qualname__", ""))


def _other(headers: list[tuple[str, str]], at: int) -> list[tuple[str, str]]:
    name, value = headers[at]
    return [*headers[:at], (name, f"{value[:-2]}{'x' if value[-2] != 'x' else 'y'}{value[-1]}"), *headers[at + 1 :]]


def _flipped(scheme: Hmac, body: bytes) -> list[bytes]:
    """With one bit of each byte changed: of Adyen's, where only some fields are signed, each of those fields."""
    if scheme.read is not of_adyen:
        return [body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] for at in range(len(body))] + [body + b" "]
    told = json.loads(body)
    item = told["notificationItems"][0]["NotificationRequestItem"]
    found = [json.dumps(told | {"notificationItems": told["notificationItems"] * 2}).encode(), b"{}", b"[", b"\xff"]
    for name in ("pspReference", "merchantAccountCode", "merchantReference", "eventCode", "success"):
        changed = item | {name: item[name] + "1"}
        found.append(json.dumps({"notificationItems": [{"NotificationRequestItem": changed}]}).encode())
    changed = item | {"amount": item["amount"] | {"value": item["amount"]["value"] + 1}}
    return [*found, json.dumps({"notificationItems": [{"NotificationRequestItem": changed}]}).encode()]


def _twilios(url: str, over: str) -> list[tuple[str, str]]:
    made = base64.b64encode(hmac.new(b"token", over.encode(), hashlib.sha1).digest()).decode()
    return [(METHOD, "POST"), (URL, url), ("x-twilio-signature", made)]


TWILIO = Hmac(of_twilio, digest="sha1")


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://hooks.pets.example/hooks/twilio/eu", "https://hooks.pets.example:443/hooks/twilio/eu"),
        ("https://hooks.pets.example:443/hooks/twilio/eu", "https://hooks.pets.example/hooks/twilio/eu"),
        ("http://hooks.pets.example/a?b=c", "http://hooks.pets.example:80/a?b=c"),
        ("https://[::1]:8443/a", "https://[::1]/a"),
    ],
)
def test_twilio_signs_an_address_with_its_port_or_without(url: str, signed: str) -> None:
    TWILIO.verify([Secret("token")], _twilios(url, signed + "Aa1Bb"), b"B=b&A=a1", 0.0)
    with pytest.raises(Unsigned):
        TWILIO.verify([Secret("token")], _twilios(url, signed + "Aa1Bb"), b"B=b&A=a2", 0.0)


def test_a_field_that_came_several_times_counts_each_value_once_in_their_order() -> None:
    url = "https://hooks.pets.example/a"
    TWILIO.verify([Secret("token")], _twilios(url, url + "AaAbB"), b"A=b&A=a&B=&A=b", 0.0)


def test_a_form_of_many_fields_is_not_taken_apart_for_somebody_who_is_not_believed() -> None:
    with pytest.raises(Unsigned, match="neither a form"):
        TWILIO.verify([Secret("token")], _twilios("https://hooks.pets.example/a", ""), b"a=&" * 501 + b"a=", 0.0)


def test_a_body_that_is_no_form_is_the_one_that_its_address_names() -> None:
    body = b'{"a": 1}'
    url = f"https://hooks.pets.example/a?bodySHA256={hashlib.sha256(body).hexdigest()}"
    TWILIO.verify([Secret("token")], _twilios(url, url), body, 0.0)
    for other in (body + b" ", b""):
        with pytest.raises(Unsigned, match="not the one that its address names"):
            TWILIO.verify([Secret("token")], _twilios(url, url), other, 0.0)
    with pytest.raises(Unsigned, match="neither a form"):
        TWILIO.verify([Secret("token")], _twilios("https://hooks.pets.example/a", ""), body, 0.0)


def test_where_nobody_said_what_the_hub_is_called_nothing_that_signs_it_is_believed() -> None:
    for scheme, name in ((TWILIO, "x-twilio-signature"), (Hmac(of_address("x-sign")), "x-sign")):
        with pytest.raises(Unsigned, match="set `public`"):
            scheme.verify([Secret("token")], [(METHOD, "POST"), (name, "AAAA")], b"", 0.0)


def test_hubspot_decodes_some_of_the_address_before_it_signs_it() -> None:
    over = b"POSThttps://hooks.pets.example/a?to=a@b.c&x=%20" + b"{}" + b"1000"
    made = base64.b64encode(hmac.new(b"secret", over, hashlib.sha256).digest()).decode()
    url = "https://hooks.pets.example/a?to=a%40b.c&x=%20"
    headers = [(METHOD, "POST"), (URL, url), ("x-hubspot-signature-v3", made), ("x-hubspot-request-timestamp", "1000")]
    Hmac(of_hubspot).verify([Secret("secret")], headers, b"{}", 1.0)


def test_a_hash_that_is_no_hmac_believes_no_more_than_was_signed() -> None:
    """Who knows one may make that of a longer body: what is behind its end is in no JSON."""
    body = b'{"a": 1}\x80\x00 and more'
    made = hashlib.sha256(b"secret" + body).hexdigest()
    headers = [("x-hubspot-signature", made), ("x-hubspot-signature-version", "v1")]
    with pytest.raises(Unsigned, match="does not say where it ends"):
        Hashed(of_hubspot_v1).verify([Secret("secret")], headers, body, 0.0)
    whole = b'{"a": 1}'
    made = hashlib.sha256(b"secret" + whole).hexdigest()
    Hashed(of_hubspot_v1).verify([Secret("secret")], [("x-hubspot-signature", made), headers[1]], whole, 0.0)
