"""Who sent a webhook: signatures over the raw bytes, in constant time, with two secrets while one is rotated."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, Literal, NamedTuple

import msgspec

from pawline.kit.secret import Secret

TOLERANCE: Final = 300.0
"""Seconds that a signed time may lie before or after ours, as Stripe and Standard Webhooks have it."""
LEAST, MOST = 24, 64
"""Bytes of a Standard Webhooks key."""
Headers = Sequence[tuple[str, str]]
"""As they came, each one, in order: a header that came twice is not to be guessed at."""


class Unsigned(Exception):
    """This webhook is not believed. The sender is told 401 and nothing more; `why` is for our own log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why: Final = why


class Signed(NamedTuple):
    """What a scheme takes from the headers: the signatures, the bytes they are over, and when it was signed.

    `also` are other bytes that they may be over instead: the same address written otherwise.
    """

    signatures: tuple[bytes, ...]
    over: bytes
    at: float | None
    also: tuple[bytes, ...] = ()


def only(headers: Headers, name: str) -> str:
    """The one header of this name. Raises Unsigned where it is missing, empty, or came twice."""
    return each(headers, (name,))[0]


def each(headers: Headers, names: Sequence[str]) -> list[str]:
    """The one header of each of these names, as `only` says."""
    found, values = {name.lower(): value for name, value in headers}, list[str]()
    for name in names:
        lowered = name.lower()
        value = found.get(lowered, "").strip()
        if not value or (len(found) < len(headers) and [one.lower() for one, _ in headers].count(lowered) > 1):
            raise Unsigned(f"{name} is missing, empty, or came twice")
        values.append(value)
    return values


def decoded(text: str, encoding: Literal["hex", "base64"]) -> bytes:
    """A signature's bytes. Raises Unsigned where the text is not of this encoding, strictly."""
    try:
        if encoding == "hex":
            if not text.isascii() or len(text) != len("".join(text.split())):
                raise ValueError
            return bytes.fromhex(text)
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Unsigned(f"the signature is no {encoding}") from None


def is_json(body: bytes) -> bool:
    """Whether it is JSON to its end."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


@dataclass(frozen=True)
class Hmac:
    """HMAC over what `read` takes from headers and raw body: Shopify, Stripe, Standard Webhooks and most others.

    `key` makes the key's bytes from a secret (Standard Webhooks: base64 after a prefix); `digest` names the hash.
    """

    read: Callable[[Headers, bytes], Signed]
    key: Callable[[str], bytes] = str.encode
    digest: str = "sha256"
    tolerance: float = TOLERANCE
    signs: ClassVar[bool] = True
    """Whether it says who wrote the body."""

    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        """Returns where one of the live secrets made one of the signatures; at `now` (epoch seconds).

        Raises Unsigned otherwise, also for no secrets at all, and for a signed time that is not within `tolerance`.
        """
        live = tuple(secrets)
        if not live:
            raise Unsigned("no secret is set: nothing is believed")
        signed = self.read(headers, body)
        good = False
        for secret in live:  # all of them, each time: how long it takes tells nothing
            for over in (signed.over, *signed.also):
                made = self.made(secret, over)
                for signature in signed.signatures:
                    good |= made is not None and hmac.compare_digest(made, signature)
        if not good:
            raise Unsigned("no live secret made this signature")
        if signed.at is not None and not abs(now - signed.at) <= self.tolerance:
            raise Unsigned(f"it was signed {now - signed.at:.0f} s ago")

    def check(self, secrets: Iterable[Secret]) -> None:
        """Raises ValueError where one of the secrets makes no key: said when an account is set up, not at a webhook."""
        if not all(_begun(self.key, one, self.digest) for one in secrets):
            raise ValueError("a webhook's secret is not one that its sender gives out: copy it again, whole")

    def made(self, secret: Secret, over: bytes) -> bytes | None:
        """The signature that this secret makes; None where it makes no key."""
        begun = _begun(self.key, secret, self.digest)
        if begun is None:
            return None
        made = begun.copy()
        made.update(over)
        return made.digest()


@dataclass(frozen=True)
class Hashed(Hmac):
    """A hash over the secret and then the bytes, which is no HMAC: Recharge's older scheme, HubSpot's first two.

    Who knows one signature can make that of the same bytes with more behind them, so `whole` says whether a body ends
    where its sender ended it; one that does not is not believed.
    """

    whole: Callable[[bytes], bool] = is_json

    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        """See `Hmac.verify`."""
        super().verify(secrets, headers, body, now)
        if not self.whole(body):
            raise Unsigned("its signature does not say where it ends, and it is not whole")

    def made(self, secret: Secret, over: bytes) -> bytes | None:
        """See `Hmac.made`."""
        try:
            key = self.key(secret.reveal())
        except ValueError:
            return None
        return hashlib.new(self.digest, key + over).digest() if key else None


@lru_cache(maxsize=256)
def _begun(key: Callable[[str], bytes], secret: Secret, digest: str) -> hmac.HMAC | None:
    """A signature as far as the secret alone decides it: in a rush there are thousands a second.

    None for a secret that makes no key: it believes nobody, and does not keep another one from believing.
    """
    try:
        made = key(secret.reveal())
    except ValueError:
        return None
    return hmac.new(made, digestmod=digest) if made else None


def of_body(header: str, encoding: Literal["hex", "base64"], prefix: str = "") -> Callable[[Headers, bytes], Signed]:
    """The scheme of one header over the body alone (Shopify: `X-Shopify-Hmac-Sha256`, base64).

    It has no time: repeats are told by the event's id.
    """

    def read(headers: Headers, body: bytes) -> Signed:
        text = only(headers, header)
        if not text.startswith(prefix):
            raise Unsigned(f"{header} does not begin with {prefix}")
        return Signed((decoded(text.removeprefix(prefix), encoding),), body, None)

    return read


def of_standard_webhooks(headers: Headers, body: bytes) -> Signed:
    """Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, and `v1,base64` signatures over `id.timestamp.body`."""
    no, at, signed = each(headers, ("webhook-id", "webhook-timestamp", "webhook-signature"))
    parts = [one.partition(",") for one in signed.split()]
    signatures = tuple([decoded(value, "base64") for version, _, value in parts if version == "v1"])
    return Signed(signatures, over_text(f"{no}.{at}.", body), moment_of(at))


def standard_headers(secrets: Iterable[Secret], no: str, at: int, body: bytes) -> dict[str, str]:
    """What `of_standard_webhooks` reads: signed by each of the live secrets, so that a receiver may change to the next.

    `no` has no dot in it and is ASCII; `at` is in epoch seconds. Raises ValueError for a secret that makes no key.
    """
    over, made = over_text(f"{no}.{at}.", body), list[str]()
    for secret in secrets:
        begun = _begun(standard_key, secret, "sha256")
        if begun is None:
            raise ValueError("a secret is no Standard Webhooks secret")
        one = begun.copy()
        one.update(over)
        made.append("v1," + base64.b64encode(one.digest()).decode())
    return {"webhook-id": no, "webhook-timestamp": str(at), "webhook-signature": " ".join(made)}


def of_timed(header: str) -> Callable[[Headers, bytes], Signed]:
    """`t=…,v1=hex` in one header, over `t.body`, as Stripe and Recharge have it; every other version is ignored."""

    def read(headers: Headers, body: bytes) -> Signed:
        pairs = [one.partition("=") for one in only(headers, header).split(",")]
        times = [value for name, _, value in pairs if name.strip() == "t"]
        if len(times) != 1:
            raise Unsigned(f"{header} does not name one time")
        signatures = tuple(decoded(value, "hex") for name, _, value in pairs if name.strip() == "v1")
        return Signed(signatures, over_text(f"{times[0]}.", body), moment_of(times[0]))

    return read


of_stripe: Final = of_timed("stripe-signature")
"""Stripe's `Stripe-Signature`."""


def standard_key(secret: str) -> bytes:
    """The key of a Standard Webhooks secret: base64 after `whsec_`, 24 to 64 bytes of it as that standard says.

    Raises ValueError where it is not.
    """
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if not LEAST <= len(key) <= MOST:
        raise ValueError(f"it holds {len(key)} bytes, and not {LEAST} to {MOST}")
    return key


def digest_of(body: bytes) -> str:
    """What a log may hold of a webhook's body."""
    return hashlib.sha256(body).hexdigest()[:16]


def text(header: bytes) -> str:
    """A header's value as it may be given to `verify`: bytes that are no UTF-8 come back as they were."""
    return header.decode("utf-8", "surrogateescape")


def as_text(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Headers as signatures are read over them: each one, in order, its value as `text` says."""
    return [(name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in headers]


def over_text(first: str, body: bytes) -> bytes:
    """Bytes that are signed: text of headers, and the body behind it. Raises Unsigned for what is no text."""
    try:
        return first.encode("utf-8", "surrogateescape") + body
    except UnicodeEncodeError:  # half of a surrogate pair that no byte made
        raise Unsigned("a signed header is no text") from None


def moment_of(text: str) -> float:
    """Epoch seconds as a header has them. Raises Unsigned for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Unsigned("the signed time is no number of seconds")
    return float(text)
