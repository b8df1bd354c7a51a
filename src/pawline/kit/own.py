"""Signatures as most home-grown systems make them: one header, HMAC over the body, or over a time and the body."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from pawline.kit.secret import Secret
from pawline.kit.signature import Headers, Hmac, Signed, Unsigned, decoded, each, over_text

NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
"""A header's (RFC 9110, 5.6.2)."""
LEAST: Final = 16
"""Characters of a secret: whoever has one signed body tries shorter ones out at home."""
_DIGITS: Final = {False: 12, True: 15}


class OwnScheme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it signs: `prefix` and the signature in `header`, as `encoding` writes it.

    Without `time` it is over the body alone, and repeats are told by the event's id only. `time` is a header of epoch
    seconds (`milliseconds`, if so): then it is over `before`, that time as it stands there, `between` and the body.
    `key` is how a secret's text is the key's bytes. Several signatures may stand in the header, with `separator`; those
    without the prefix are of another version, and not looked at.
    """

    header: str
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    digest: Literal["sha256", "sha512"] = "sha256"
    key: Literal["text", "hex", "base64"] = "text"
    time: str = ""
    milliseconds: bool = False
    before: str = ""
    between: str = "."
    separator: str = ""

    def __post_init__(self) -> None:
        for what, name in {"header": self.header, "time": self.time or "x"}.items():
            if not NAME.fullmatch(name):
                raise ValueError(f"`{what}` is {name[:40]!r}: give a header's name, such as X-Signature")
        if self.time.lower() == self.header.lower():
            raise ValueError("`time` and `header` are two headers")
        if not self.time and (self.before or self.between != "." or self.milliseconds):
            raise ValueError("`before`, `between` and `milliseconds` are of a signed `time`: name its header")

    def read(self, headers: Headers, body: bytes) -> Signed:
        """For `Hmac`: what is signed, and by what. Raises Unsigned."""
        if not self.time:
            return Signed(self._signatures(each(headers, (self.header,))[0]), body, None)
        said, at = each(headers, (self.header, self.time))
        if not (at.isascii() and at.isdecimal() and len(at) <= _DIGITS[self.milliseconds]):
            unit = "milliseconds" if self.milliseconds else "seconds"
            raise Unsigned(f"the signed time is no number of {unit}")
        seconds = int(at) / 1_000 if self.milliseconds else float(at)
        return Signed(self._signatures(said), over_text(self.before + at + self.between, body), seconds)

    def _signatures(self, said: str) -> tuple[bytes, ...]:
        found = []
        for one in said.split(self.separator) if self.separator else [said]:
            text = one.strip()
            if not text.startswith(self.prefix):
                if self.separator:
                    continue
                raise Unsigned(f"{self.header} does not begin with {self.prefix}")
            found.append(decoded(text.removeprefix(self.prefix), self.encoding))
        return tuple(found)

    def hmac(self, tolerance: float) -> Hmac:
        """Who is believed by it."""
        return Hmac(self.read, key=keyed(self.key), digest=self.digest, tolerance=tolerance)

    def headers(self, secret: Secret, at: float, body: bytes) -> Mapping[str, str]:
        """What we send that sign so, at `at` (epoch seconds). Raises ValueError for a secret that makes no key."""
        moment = f"{at * 1_000:.0f}" if self.milliseconds else f"{at:.0f}"
        over = over_text(self.before + moment + self.between, body) if self.time else body
        made = self.hmac(0.0).made(secret, over)
        if made is None:
            raise ValueError(f"a secret makes no key: it is {self.key}, of {LEAST} characters at least")
        text = made.hex() if self.encoding == "hex" else base64.b64encode(made).decode()
        return {self.header: self.prefix + text, **({self.time: moment} if self.time else {})}


def keyed(how: Literal["text", "hex", "base64"]) -> Callable[[str], bytes]:
    """How a secret's text makes a key; it raises ValueError for one that is too short, or is not of that kind."""
    return {"text": _text, "hex": _hex, "base64": _base64}[how]


def _text(secret: str) -> bytes:
    if len(secret) < LEAST:
        raise ValueError(f"fewer than {LEAST} characters")
    return secret.encode()


def _hex(secret: str) -> bytes:
    _text(secret)
    return bytes.fromhex(secret)


def _base64(secret: str) -> bytes:
    _text(secret)
    return base64.b64decode(secret, validate=True)
