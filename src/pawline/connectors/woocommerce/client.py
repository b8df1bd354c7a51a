"""An account's client: by key and secret over TLS, by OAuth 1.0a where WooCommerce is called without.

https://woocommerce.github.io/woocommerce-rest-api-docs/#authentication . WooCommerce takes basic authentication only
where it sees TLS. Both go into a header, for what stands in an address stands in logs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from pawline.connectors.woocommerce.errors import explain
from pawline.connectors.woocommerce.settings import Settings
from pawline.kit import Answer, Guard, Http, Query, Secret, error_of
from pawline.ports import Malformed

T = TypeVar("T")
TIMEOUT: Final = timedelta(seconds=30)
"""Of one request: shops on small machines take that long, and a refund waits for the gateway."""
MOST: Final = 8 << 20
"""Bytes of an answer: a page of orders with what plugins keep in each."""
API: Final = "/wp-json/wc/v3"
PAGES: Final = "x-wp-totalpages"
TOTAL: Final = "x-wp-total"
FRESH: Final = "pawline_fresh"


class Listed(NamedTuple):
    """A page of a list, each as it came, how many pages there are, and how many things; None where nobody says."""

    rows: tuple[msgspec.Raw, ...]
    pages: int
    total: int | None


class WooHttp(Http):
    """See `Http`. `signs`: it is called without TLS. `terms`: until when, the shop's currency and its unit of weight.

    What is read bears a word that no request had before: caches in front of WordPress keep answers by their address,
    and a look-up that is shown one of before would have a refund made twice.
    """

    def __init__(self, base: str, settings: Settings, **given: Any) -> None:  # noqa: ANN401 - what Http takes
        super().__init__(base, key_header=None, **given)
        self._to: Final = base
        self._settings: Final = settings
        self.signs: Final = base.startswith("http://")
        self.terms: tuple[float, str, str] | None = None

    async def ask(
        self, method: str, *path: str, query: Query | None = None, json: object = None,
        form: Mapping[str, str] | None = None, headers: Mapping[str, str | Secret] | None = None, unread: bool = False,
    ) -> Answer:  # fmt: skip
        """See `Http.ask`."""
        if method == "GET":
            query = [*_pairs(query), (FRESH, secrets.token_hex(8))]
        if self.signs:
            url = "/".join([self._to, *(quote(one, safe="") for one in path)])
            said = authorization(method, url, query or (), self._settings.key, self._settings.secret)
            headers = {**(headers or {}), "authorization": said}
        return await super().ask(method, *path, query=query, json=json, form=form, headers=headers, unread=unread)

    async def page(self, *path: str, query: Query) -> Listed:
        """A page of a list, with how many there are. Raises Malformed where it is none."""
        answer = await self.ask("GET", *path, query=query)
        if (error := explain(answer) if answer.status >= 400 else None) is not None:
            raise error
        if (error := error_of(answer, f"GET {path[0]}")) is not None:
            raise error
        pages, total = (_counted(answer.headers.get(name, "")) for name in (PAGES, TOTAL))
        try:
            rows = msgspec.json.decode(answer.body, type=tuple[msgspec.Raw, ...])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Malformed(f"GET {path[0]} was answered, but with no list") from None
        return Listed(rows, 1 if pages is None else pages, total)


def authorization(
    method: str, url: str, query: Query, key: Secret, secret: Secret, *, at: float | None = None, nonce: str = ""
) -> Secret:  # fmt: skip
    """One-legged OAuth 1.0a, as `class-wc-rest-authentication.php` checks it: HMAC-SHA256, no token, within 15 minutes.

    RFC 5849, section 3.4.1. `at` and `nonce` are for tests.
    """
    pairs = _pairs(query)
    mine = {
        "oauth_consumer_key": key.reveal(), "oauth_nonce": nonce or secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA256", "oauth_timestamp": str(int(time.time() if at is None else at)),
    }  # fmt: skip
    every = sorted((_quoted(name), _quoted(value)) for name, value in [*pairs, *mine.items()])
    over = "&".join([method.upper(), _quoted(url), _quoted("&".join(f"{name}={value}" for name, value in every))])
    made = hmac.new(f"{secret.reveal()}&".encode(), over.encode(), hashlib.sha256).digest()
    mine["oauth_signature"] = base64.b64encode(made).decode()
    return Secret("OAuth " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in mine.items()))


def _counted(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _pairs(query: Query | None) -> list[tuple[str, str]]:
    return list(query.items()) if isinstance(query, Mapping) else list(query or ())


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="-._~")


def client(settings: Settings, guard: Guard) -> Http:
    """Of one shop."""
    headers: dict[str, str | Secret] = {"accept": "application/json"}
    at = urlsplit(settings.url).geturl()  # its scheme in small letters
    if at.startswith("https://"):
        pair = f"{settings.key.reveal()}:{settings.secret.reveal()}".encode()
        headers["authorization"] = Secret(f"Basic {base64.b64encode(pair).decode()}")
    base = at.rstrip("/") + API
    return WooHttp(base, settings, guard=guard, timeout=TIMEOUT, most=MOST, explain=explain, headers=headers)
