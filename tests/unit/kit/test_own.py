"""Home-grown signatures: those of known senders are described by data, and what we sign so is believed."""

from __future__ import annotations

import base64
import hmac
from typing import Any

import msgspec
import pytest

from pawline.kit import Hmac, OwnScheme, Secret, Unsigned, of_slack
from tests.unit.kit.test_schemes import VECTORS

KEY, BODY, AT = "a key of the shop that nobody guesses", b'{"sale": 1}', 1_700_000_000.0
SECRET = Secret(KEY)


def own(**given: Any) -> OwnScheme:
    return msgspec.convert({"header": "X-Signature"} | given, OwnScheme)


def made(over: bytes, key: bytes = KEY.encode(), digest: str = "sha256") -> bytes:
    return hmac.new(key, over, digest).digest()


def verify(scheme: OwnScheme, headers: list[tuple[str, str]], *, secret: Secret = SECRET, at: float = AT) -> None:
    scheme.hmac(300.0).verify([secret], headers, BODY, at)


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        (own(), [("x-signature", made(BODY).hex())]),
        (own(prefix="sha256="), [("X-Signature", f"sha256={made(BODY).hex()}")]),
        (own(encoding="base64"), [("x-signature", base64.b64encode(made(BODY)).decode())]),
        (own(digest="sha512"), [("x-signature", made(BODY, digest="sha512").hex())]),
        (own(time="X-Time"), [("x-signature", made(b"1700000000." + BODY).hex()), ("x-time", "1700000000")]),
        (
            own(time="X-Time", milliseconds=True, between=""),
            [("x-signature", made(b"1700000000123" + BODY).hex()), ("x-time", "1700000000123")],
        ),
        (own(separator=","), [("x-signature", f"{'00' * 32}, {made(BODY).hex()}")]),
        (own(separator=",", prefix="v1="), [("x-signature", f"v0=new, v1={made(BODY).hex()}")]),
    ],
)
def test_each_way_is_believed_and_nothing_that_is_off_by_a_byte(
    scheme: OwnScheme, headers: list[tuple[str, str]]
) -> None:
    verify(scheme, headers)
    with pytest.raises(Unsigned, match="no live secret"):
        scheme.hmac(300.0).verify([SECRET], headers, BODY + b" ", AT)
    with pytest.raises(Unsigned, match="no live secret"):
        verify(scheme, headers, secret=Secret(KEY[::-1]))
    for lacking in headers:
        with pytest.raises(Unsigned, match="missing, empty, or came twice"):
            verify(scheme, [one for one in headers if one is not lacking])
        with pytest.raises(Unsigned, match="missing, empty, or came twice"):
            verify(scheme, [*headers, lacking])
    if scheme.time:
        for late in (301.5, -301.5):
            with pytest.raises(Unsigned, match="it was signed"):
                verify(scheme, headers, at=AT + late)


@pytest.mark.parametrize("said", ["", "12a", "-5", "1" * 13, "\uff11\uff17", "1e9", " "])
def test_what_is_no_time_is_not_believed_whoever_signed_it(said: str) -> None:
    scheme = own(time="x-time")
    with pytest.raises(Unsigned):
        verify(scheme, [("x-signature", made(f"{said}.".encode() + BODY).hex()), ("x-time", said)])


@pytest.mark.parametrize(
    ("key", "text"),
    [("text", KEY), ("hex", KEY.encode().hex()), ("base64", base64.b64encode(KEY.encode()).decode())],
)
def test_a_secret_makes_its_key_as_the_settings_say(key: str, text: str) -> None:
    verify(own(key=key), [("x-signature", made(BODY).hex())], secret=Secret(text))


@pytest.mark.parametrize(("key", "text"), [("text", "short"), ("hex", "no hex at all, is it"), ("base64", "§" * 20)])
def test_a_secret_that_makes_no_key_is_told_when_settings_are_read_and_believes_nobody(key: str, text: str) -> None:
    scheme = own(key=key)
    with pytest.raises(ValueError, match="copy it again, whole"):
        scheme.hmac(300.0).check([Secret(text)])
    with pytest.raises(Unsigned):
        verify(scheme, [("x-signature", made(BODY, text.encode()).hex())], secret=Secret(text))
    with pytest.raises(ValueError, match="a secret makes no key"):
        scheme.headers(Secret(text), AT, BODY)


@pytest.mark.parametrize(
    "given",
    [
        {}, {"prefix": "sha256=", "encoding": "base64"}, {"time": "x-time"}, {"digest": "sha512"},
        {"time": "x-time", "milliseconds": True, "before": "v0:", "between": ":"},
    ],
)  # fmt: skip
def test_what_we_sign_is_believed(given: dict[str, Any]) -> None:
    scheme = own(**given)
    verify(scheme, list(scheme.headers(SECRET, AT, BODY).items()))


def test_it_describes_what_slack_does_byte_by_byte() -> None:
    """A scheme of ours that is written by hand, and checked against its vendor's own package, agrees."""
    scheme = own(header="X-Slack-Signature", prefix="v0=", time="X-Slack-Request-Timestamp", before="v0:", between=":")
    headers = list(scheme.headers(SECRET, AT, BODY).items())
    Hmac(of_slack).verify([SECRET], headers, BODY, AT)
    verify(scheme, headers)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"header": "no header"}, "`header` is 'no header'"),
        ({"time": "x y"}, "`time` is 'x y'"),
        ({"time": "x-signature"}, "are two headers"),
        ({"before": "v0:"}, "are of a signed `time`"),
        ({"milliseconds": True}, "are of a signed `time`"),
    ],
)
def test_what_cannot_be_meant_is_told(given: dict[str, Any], says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        own(**given)


@pytest.mark.skipif(not VECTORS.exists(), reason=f"{VECTORS} is not here")
def test_the_vendors_own_vectors_of_such_schemes_are_believed() -> None:
    """Their secrets are shorter than ours may be, so that they are asked without `key`."""
    told = {one["vendor"]: one for one in msgspec.json.decode(VECTORS.read_bytes())["vectors"]}
    slack, shopify = told["slack"], told["shopify"]
    timed = own(header="x-slack", prefix="v0=", time="x-time", before="v0:", between=":")
    given = slack["input"]
    headers = [("x-slack", slack["expected"]), ("x-time", str(given["timestamp"]))]
    Hmac(timed.read).verify(
        [Secret(given["signing_secret"])], headers, given["body"].encode(), float(given["timestamp"])
    )
    bare, given = own(encoding="base64"), shopify["input"]
    Hmac(bare.read).verify(
        [Secret(given["secret"])], [("x-signature", shopify["expected"])], given["body"].encode(), AT
    )
