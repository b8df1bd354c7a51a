"""Who is let in: by basic authentication where there is TLS, by OAuth 1.0a where there is none.

`plugins/woocommerce/includes/class-wc-rest-authentication.php`. What stands in front and ends TLS says so in
`X-Forwarded-Proto`, as far as WordPress is told to believe it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from pawline.sandbox.woocommerce.calls import No

if TYPE_CHECKING:
    from aiohttp import web

WINDOW: Final = 900.0
"""Seconds by which the time of a request may be off."""
WRONG: Final = "woocommerce_rest_authentication_error"
NEEDED: Final = ("consumer_key", "timestamp", "nonce", "signature", "signature_method")
_PART: Final = re.compile(r'(oauth_[a-z_]+)="([^"]*)"')


class Door:
    """One key. `may`: `read`, `write` or `read_write`."""

    def __init__(self, key: str, secret: str) -> None:
        self.key, self.secret = key, secret
        self.may = "read_write"
        self._nonces: set[str] = set()

    def admit(self, request: web.Request) -> None:
        """Returns for who may. Raises No."""
        if request.headers.get("X-Forwarded-Proto") == "https":
            self._basic(request.headers.get("Authorization", ""))
        else:
            self._oauth(request)
        wanted = "read" if request.method in {"GET", "HEAD"} else "write"
        if wanted not in self.may.split("_"):
            raise No(401, WRONG)

    def _basic(self, said: str) -> None:
        good = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        if not hmac.compare_digest(said.encode(), f"Basic {good}".encode()):
            raise No(401, WRONG if said else "woocommerce_rest_cannot_view")

    def _oauth(self, request: web.Request) -> None:
        given = dict(request.query)
        header = request.headers.get("Authorization", "")
        if header.startswith("OAuth "):
            given |= {name: unquote(value) for name, value in _PART.findall(header)}
        said = {name: given.get(f"oauth_{name}", "") for name in NEEDED}
        if not any(said.values()):
            raise No(401, "woocommerce_rest_cannot_view")
        if not all(said.values()):
            raise No(401, "woocommerce_rest_authentication_missing_parameter")
        if said["consumer_key"] != self.key:
            raise No(401, WRONG)
        if not hmac.compare_digest(self._made(request, given, said["signature_method"]), said["signature"]):
            raise No(401, WRONG)
        if not said["timestamp"].isdigit() or abs(int(said["timestamp"]) - time.time()) > WINDOW:
            raise No(401, WRONG)
        if said["nonce"] in self._nonces:
            raise No(401, WRONG)
        self._nonces.add(said["nonce"])

    def _made(self, request: web.Request, given: dict[str, str], method: str) -> str:
        digest = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}.get(method)
        if digest is None:
            raise No(401, WRONG)
        pairs = sorted((_quoted(name), _quoted(value)) for name, value in given.items() if name != "oauth_signature")
        url = f"http://{request.host}{request.rel_url.raw_path}"
        over = "&".join([request.method, _quoted(url), _quoted("&".join(f"{one}={value}" for one, value in pairs))])
        return base64.b64encode(hmac.new(f"{self.secret}&".encode(), over.encode(), digest).digest()).decode()


def _quoted(text: str) -> str:
    return quote(text, safe="~")
