"""How vendors sign that do not sign the body alone: the address too, a time beside it, or fields of it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msgspec

from pawline.kit.secret import Secret
from pawline.kit.signature import (
    Headers,
    Hmac,
    Signed,
    Unsigned,
    decoded,
    each,
    moment_of,
    of_standard_webhooks,
    only,
    over_text,
    standard_key,
)

METHOD: Final = ":method"
URL: Final = ":url"
"""Not headers, and named as none can be: how it was called, and at which address as the outside sees it. They stand
before the headers that a scheme is given; `URL` only where the settings say what the hub is called (`public`)."""
PATH: Final = ":path"
"""The same of what stands behind the account's name in the address; only where something does."""
QUERY: Final = ":query"
"""The same of what stands behind the `?` of the address, where that is signed and the hook reads it; see `Hook`."""
GUESSABLE: Final = 24
"""A secret in an address has so many characters at least."""
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]{24,128}")
FIELDS: Final = 500
"""Fields of a form at most: nobody is believed yet who sends them."""
BODY_HASH: Final = "bodySHA256"
NAMED: Final = "/?:@!$'()*,;"
"""Characters that HubSpot decodes in the address before it signs it, as its page lists them."""


def called(headers: Headers) -> tuple[str, str]:
    """Method and address. Raises Unsigned where nobody said what the hub is called from outside."""
    try:
        method, url = each(headers, (METHOD, URL))
    except Unsigned:
        raise Unsigned("its address is signed, and nobody said what that is: set `public`") from None
    return method, url


def of_hubspot(headers: Headers, body: bytes) -> Signed:
    """`X-HubSpot-Signature-v3`: base64, over method, address, body and a time in milliseconds.

    https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
    """
    signature, at = each(headers, ("x-hubspot-signature-v3", "x-hubspot-request-timestamp"))
    method, url = called(headers)
    for one in NAMED:
        url = url.replace(f"%{ord(one):02X}", one).replace(f"%{ord(one):02x}", one)
    if not (at.isascii() and at.isdecimal() and len(at) <= 15):
        raise Unsigned("the signed time is no number of milliseconds")
    over = over_text(method + url, body) + at.encode()
    return Signed((decoded(signature, "base64"),), over, int(at) / 1_000)


def of_hubspot_v1(headers: Headers, body: bytes) -> Signed:
    """`X-HubSpot-Signature` of version v1: hex, a hash (`Hashed`) over secret and body."""
    return Signed((decoded(_of_version(headers, "v1"), "hex"),), body, None)


def of_hubspot_v2(headers: Headers, body: bytes) -> Signed:
    """`X-HubSpot-Signature` of version v2: hex, a hash (`Hashed`) over secret, method, address and body."""
    signature = decoded(_of_version(headers, "v2"), "hex")
    return Signed((signature,), over_text("".join(called(headers)), body), None)


def _of_version(headers: Headers, version: str) -> str:
    signature, said = each(headers, ("x-hubspot-signature", "x-hubspot-signature-version"))
    if said != version:
        raise Unsigned(f"it is signed by another version than {version}")
    return signature


def of_slack(headers: Headers, body: bytes) -> Signed:
    """`X-Slack-Signature: v0=hex`, over `v0:time:body`.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    signature, at = each(headers, ("x-slack-signature", "x-slack-request-timestamp"))
    if not signature.startswith("v0="):
        raise Unsigned("x-slack-signature does not begin with v0=")
    return Signed((decoded(signature.removeprefix("v0="), "hex"),), over_text(f"v0:{at}:", body), moment_of(at))


def of_address(header: str) -> Callable[[Headers, bytes], Signed]:
    """Base64 in one header, over the address and the body (Square: `x-square-hmacsha256-signature`). It has no time.

    https://developer.squareup.com/docs/webhooks/step3validate
    """

    def read(headers: Headers, body: bytes) -> Signed:
        return Signed((decoded(only(headers, header), "base64"),), over_text(called(headers)[1], body), None)

    return read


def of_twilio(headers: Headers, body: bytes) -> Signed:
    """`X-Twilio-Signature`: base64 of SHA-1, over the address and a form's fields, each name and its values in order.

    A body that is no form is signed by its hash, which stands in the address (`bodySHA256`). Twilio signs the address
    with its port or without; either is believed. https://www.twilio.com/docs/usage/security
    """
    signature, (_, url) = only(headers, "x-twilio-signature"), called(headers)
    hashes = parse_qs(urlsplit(url).query).get(BODY_HASH, [])
    if hashes:
        if hashes != [hashlib.sha256(body).hexdigest()]:
            raise Unsigned("its body is not the one that its address names")
        fields = ""
    else:
        try:
            told = parse_qsl(body.decode(), True, bool(body), max_num_fields=FIELDS)
        except ValueError:
            raise Unsigned("it is neither a form nor named by its address") from None
        fields = "".join(name + value for name, value in sorted(set(told)))
    over, *also = (over_text(one + fields, b"") for one in _with_and_without_port(url))
    return Signed((decoded(signature, "base64"),), over, None, tuple(also))


def _with_and_without_port(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    host, colon, port = parts.netloc.rpartition(":")
    name = host if colon and port.isdigit() else parts.netloc
    usual = port if name == host and colon else {"https": "443", "http": "80"}.get(parts.scheme, "")
    return tuple(dict.fromkeys(parts._replace(netloc=one).geturl() for one in (parts.netloc, name, f"{name}:{usual}")))


def of_path(headers: Headers, _: bytes) -> Signed:
    """What the address ends with is compared as it is; see `SecretPath`."""
    return Signed((over_text(only(headers, PATH), b""),), b"", None)


@dataclass(frozen=True)
class SecretPath(Hmac):
    """For a vendor that signs nothing (Zigpoll): its webhooks go to an address that ends with a secret.

    Whoever knows the address is let in, and has written the body himself: so a body is a hint at most. Its hook makes
    no event of one; it rings, and what is told is what the vendor answers when it is asked.
    """

    read: Callable[[Headers, bytes], Signed] = of_path
    signs: ClassVar[bool] = False

    def check(self, secrets: Iterable[Secret]) -> None:
        """See `Hmac.check`."""
        if not all(_SEGMENT.fullmatch(one.reveal()) for one in secrets):
            raise ValueError(
                f"a secret that stands in an address has {GUESSABLE} to 128 letters, digits, - and _: make a new one"
            )

    def made(self, secret: Secret, over: bytes) -> bytes | None:  # noqa: ARG002 - nothing is signed
        """See `Hmac.made`: the secret itself; None for one that anybody might guess."""
        return secret.reveal().encode() if _SEGMENT.fullmatch(secret.reveal()) else None


STANDARD: Final = "whsec_"
"""How the secrets of Standard Webhooks begin."""


@dataclass(frozen=True)
class SignedOrSecretPath(SecretPath):
    """For a vendor whose older versions sign nothing (Formbricks): Standard Webhooks, or an address with a secret.

    A secret that begins with `whsec_` signs, every other one ends an address, and neither does the other's work. What
    came to such an address may have been written by anybody, whatever headers it has: its hook asks `PATH` first.
    """

    read: Callable[[Headers, bytes], Signed] = of_standard_webhooks
    key: Callable[[str], bytes] = standard_key
    signs: ClassVar[bool] = True

    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        """See `Hmac.verify`."""
        signing, ending = _parted(secrets)
        if any(name == PATH for name, _ in headers):
            SecretPath(tolerance=self.tolerance).verify(ending, headers, body, now)
        else:
            super().verify(signing, headers, body, now)

    def check(self, secrets: Iterable[Secret]) -> None:
        """See `Hmac.check`."""
        signing, ending = _parted(secrets)
        Hmac.check(self, signing)
        super().check(ending)

    def made(self, secret: Secret, over: bytes) -> bytes | None:
        """See `Hmac.made`."""
        return Hmac.made(self, secret, over)


def _parted(secrets: Iterable[Secret]) -> tuple[list[Secret], list[Secret]]:
    """Those that sign, and those that end an address."""
    every = list(secrets)
    signing = [one for one in every if one.reveal().startswith(STANDARD)]
    return signing, [one for one in every if not one.reveal().startswith(STANDARD)]


class _Amount(msgspec.Struct, frozen=True):
    value: int
    currency: str


class _More(msgspec.Struct, frozen=True, rename="camel"):
    hmac_signature: str


class _Item(msgspec.Struct, frozen=True, rename="camel"):
    psp_reference: str
    merchant_account_code: str
    event_code: str
    success: str
    amount: _Amount
    additional_data: _More
    original_reference: str = ""
    merchant_reference: str = ""


class _Holder(msgspec.Struct, frozen=True):
    item: _Item = msgspec.field(name="NotificationRequestItem")


class _Notification(msgspec.Struct, frozen=True):
    items: tuple[_Holder, ...] = msgspec.field(name="notificationItems")


def of_adyen(_: Headers, body: bytes) -> Signed:
    """Base64 in the body, over eight of its fields, unescaped, with colons between them; the rest is anybody's.

    Adyen sends one item each time; several are not believed, for each has a signature of its own. The key is in hex:
    `Hmac(of_adyen, key=bytes.fromhex)`. https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
    """
    try:
        (holder,) = msgspec.json.decode(body, type=_Notification).items
    except (ValueError, RecursionError):  # msgspec's own errors too
        raise Unsigned("it is no notification of one signed item") from None
    one = holder.item
    over = ":".join((
        one.psp_reference, one.original_reference, one.merchant_account_code, one.merchant_reference,
        str(one.amount.value), one.amount.currency, one.event_code, one.success,
    ))  # fmt: skip
    return Signed((decoded(one.additional_data.hmac_signature, "base64"),), over_text(over, b""), None)


def composed(secret: str) -> bytes:
    """EasyPost's key: the secret's characters taken apart (NFKD).

    Its signature is `of_body("x-hmac-signature", "hex", prefix="hmac-sha256-hex=")`.
    https://docs.easypost.com/guides/webhooks-guide
    """
    return unicodedata.normalize("NFKD", secret).encode()
