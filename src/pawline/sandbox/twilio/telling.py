"""Webhooks in the vendor's form: a form's fields, signed with the address, and sent once more where nobody answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

import aiohttp

from pawline.sandbox.posting import Letter, Telling

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks

PAUSES: Final = (0.5,)
"""Seconds before it is sent again: once, unless the address says otherwise (`#rc=`, which is not pretended)."""
PATIENCE: Final = aiohttp.ClientTimeout(total=15, sock_connect=5)
TAKEN: Final = 204
EXAMPLE: Final = "demo.twilio.com"


class Told(NamedTuple):
    """A form, and where it goes."""

    url: str
    form: dict[str, str]


def signature(url: str, form: dict[str, str], token: str) -> str:
    """https://www.twilio.com/docs/usage/security#validating-requests ."""
    over = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), over.encode(), hashlib.sha1).digest()).decode()


class Teller(Telling[Told, str]):
    """Calls addresses. A 12300 is what it says in its debugger: an answer of another type than TwiML's."""

    def __init__(self, hooks: Hooks, token: str) -> None:
        super().__init__(hooks, PATIENCE, PAUSES)
        self.token = token

    def call(self, url: str, form: dict[str, str]) -> None:
        """Never waits. Twilio's own example answers by itself."""
        if urlsplit(url).hostname != EXAMPLE:
            self.send(Told(url, form), url)

    def letter(self, made: Told, to: str) -> Letter:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature(to, made.form, self.token), "User-Agent": "TwilioProxy/1.1",
        }  # fmt: skip
        return Letter(to, urlencode(made.form).encode(), headers, TAKEN)
