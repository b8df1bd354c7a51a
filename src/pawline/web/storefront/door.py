"""The door of the Storefront API: who asks, whether they may, what they ask, and how a refusal is told."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Response

from pawline.hub.paced import Paced
from pawline.hub.storefront import ApiKey, Cause, Refusal, asked, problem
from pawline.kit import text
from pawline.store import StoreBroken, StoreBusy, StoreError, StoreFull, StoreUnsure
from pawline.web.addresses import address_of
from pawline.web.incoming import DETAILS, Problem
from pawline.web.storefront.operations import Call, Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Request

    from pawline.hub.storefront import Asked, Storefront
    from pawline.web.bodies import Bodies
    from pawline.web.storefront.operations import Operation

_log = logging.getLogger("pawline.web")
JSON: Final = "application/json"
CHECKOUT: Final = "checkout"
CLIENTS: Final = 4_096
"""Addresses and keys whose part is remembered."""
KINDS: Final = frozenset({JSON, "application/merge-patch+json"})
NAMES: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
SKUS: Final = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
KEYS: Final = re.compile(r"[\x21-\x7e]{16,128}")
"""As long as it takes not to be guessed: all shoppers of a page share its key, and who names another's request is told
its answer, with the token in it."""
LARGE: Final = 256 << 10
"""Bytes of a body: a cart of a hundred lines has a tenth of it."""
SHOWN: Final = 300
"""Characters of what is wrong with a body."""
_CAUSES: Final = {
    404: Cause.NOT_FOUND, 405: Cause.METHOD, 408: Cause.SLOW, 413: Cause.TOO_LARGE, 503: Cause.BUSY,
}  # fmt: skip


class Door:
    """Lets requests in to one storefront."""

    def __init__(self, front: Storefront, bodies: Bodies) -> None:
        self.front, self._bodies = front, bodies
        self._decoders: dict[type[msgspec.Struct], msgspec.json.Decoder[Any]] = {}
        self._keys = {
            shop: Paced(one.said.rate, 2 * one.said.rate, CLIENTS) for shop, one in front.fronts.items()
        }  # fmt: skip
        slowest = min((one.said.client_rate for one in front.fronts.values()), default=1.0)
        self._strangers = Paced(slowest, 2 * slowest, CLIENTS)
        self._clients = {
            shop: Paced(one.said.client_rate, 2 * one.said.client_rate, CLIENTS) for shop, one in front.fronts.items()
        }  # fmt: skip
        self._buyers = {
            shop: Paced(one.said.client_checkouts / 60, one.said.client_checkouts, CLIENTS)
            for shop, one in front.fronts.items()
        }

    async def answer(self, operation: Operation, request: Request[Any, Any, Any]) -> Response[bytes]:
        """The answer of one request, whatever becomes of it."""
        try:
            said = await self._answer(operation, request)
        except Refusal as refusal:
            return refused(refusal)
        except Problem as wrong:  # of the body
            return refused(refusal_of(wrong.status_code, wrong.detail))
        except (StoreBusy, StoreFull, StoreUnsure, StoreBroken) as wrong:
            _log.warning("%s %s is not answered: %s", operation.method, operation.path, type(wrong).__name__)
            return refused(Refusal(Cause.BUSY))
        except Exception as wrong:  # noqa: BLE001 - its text may hold what was sent, so it is named and no more
            _log.error("%s %s failed with %s", operation.method, operation.path, type(wrong).__name__)
            return refused(Refusal(Cause.BUSY if isinstance(wrong, StoreError) else Cause.DEFECT))
        kind = DETAILS if said.status >= 400 else JSON
        headers = {"cache-control": "private, no-cache" if operation.tagged else "no-store", **said.headers}
        return Response(said.body, status_code=said.status, headers=headers, media_type=kind)

    async def _answer(self, operation: Operation, request: Request[Any, Any, Any]) -> Said:
        call = await self.call(operation, request)
        if call.asked is None:
            said = await operation.does(call)
        else:
            with self.front.answers.turn(call.asked):
                said = await operation.does(call)
        return _tagged(said, call.headers.get("if-none-match", "")) if operation.tagged else said

    async def call(self, operation: Operation, request: Request[Any, Any, Any]) -> Call:
        """The request, let in. Raises Refusal, and Problem for its body."""
        headers = {name.decode("latin-1"): text(value) for name, value in request.scope["headers"]}
        key = self._admit(operation, request, headers)
        path = {name: str(value).removeprefix("/") for name, value in request.path_params.items()}
        if not all((SKUS if name == "sku" else NAMES).fullmatch(value) for name, value in path.items()):
            raise Refusal(Cause.NOT_FOUND)
        named = headers.get("idempotency-key", "").strip('"')
        if operation.writes and not KEYS.fullmatch(named):
            raise Refusal(
                Cause.UNNAMED, "An Idempotency-Key has 16 to 128 visible characters: send a UUID." if named else ""
            )
        form = None if operation.form is None else await self._form(operation.form, request, headers)
        one: Asked | None = None
        if operation.writes and form is not None:
            where = f"{operation.method} {request.scope['path']}"
            one = asked(key.shop, key.id, named, where, form)
        now = asyncio.get_running_loop().time()
        return Call(self.front, key, path, request.query_params, headers, form, one, now)

    def _admit(self, operation: Operation, request: Request[Any, Any, Any], headers: Mapping[str, str]) -> ApiKey:
        """Whose key it is, where it may do that from there, and not too often."""
        how, _, said = headers.get("authorization", "").partition(" ")
        key = self.front.keys.find(said.strip()) if how.lower() == "bearer" else None
        now = asyncio.get_running_loop().time()
        address = address_of(request.scope, headers.get("x-forwarded-for", ""))
        if key is None or key.shop not in self.front.fronts:
            if address is not None and not self._strangers.take(address, now):
                raise Refusal(Cause.TOO_OFTEN)
            raise Refusal(Cause.UNKNOWN_KEY)
        if not key.secret and address is not None:
            if operation.name == CHECKOUT and not self._buyers[key.shop].take(address, now):
                often = Refusal(Cause.TOO_OFTEN)
                often.headers["retry-after"] = str(ceil(60 / self.front.fronts[key.shop].said.client_checkouts))
                raise often
            if not self._clients[key.shop].take(address, now):
                raise Refusal(Cause.TOO_OFTEN)
        if not self._keys[key.shop].take(key.id, now):
            raise Refusal(Cause.TOO_OFTEN)
        origin = headers.get("origin")
        if key.secret and (origin is not None or "sec-fetch-site" in headers):  # a GET to one's own origin names none
            _log.warning("the secret key %s came from a page: revoke it", key.id)
            raise Refusal(Cause.FORBIDDEN, "a secret key came from a page: revoke it, and give pages a publishable one")
        if not key.secret and origin is not None and origin not in key.origins:
            raise Refusal(Cause.FORBIDDEN, "this key is for other pages")
        if operation.scope not in key.scopes:
            raise Refusal(Cause.FORBIDDEN, f"this key may not do that: it lacks the scope {operation.scope}")
        return key

    async def _form(
        self, form: type[msgspec.Struct], request: Request[Any, Any, Any], headers: Mapping[str, str]
    ) -> msgspec.Struct:  # fmt: skip
        if headers.get("content-type", "").partition(";")[0].strip().lower() not in KINDS:
            raise Refusal(Cause.KIND)
        length = headers.get("content-length", "").encode("ascii", "replace")
        body = await self._bodies.read(request.receive, length, LARGE)
        decoder = self._decoders.get(form)
        if decoder is None:
            decoder = self._decoders[form] = msgspec.json.Decoder(form)
        try:
            found: msgspec.Struct = decoder.decode(body)
        except msgspec.ValidationError as wrong:
            raise Refusal(Cause.INVALID, _short(str(wrong))) from None
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise Refusal(Cause.UNREADABLE) from None
        return found


def _short(said: str) -> str:
    """What is wrong, and where: names of fields that somebody made up may be as long as a body."""
    return said if len(said) <= SHOWN else f"{said[: SHOWN // 2]} … {said[-SHOWN // 2 :]}"


def _tagged(said: Said, known: str) -> Said:
    """With its ETag; without a body, where the client has this one."""
    tag = said.headers.get("etag") or f'"{hashlib.sha256(said.body).hexdigest()[:24]}"'
    headers = {**said.headers, "etag": tag}
    if not {tag, "*"}.isdisjoint(one.strip().removeprefix("W/") for one in known.split(",")):
        return Said(304, b"", headers)
    return Said(said.status, said.body, headers)


def refusal_of(status: int, detail: str) -> Refusal:
    """What the framework, or the reading of a body, ended a request for."""
    cause = _CAUSES.get(status, Cause.UNREADABLE)
    return Refusal(cause, "" if status in (404, 405) else detail)


def refused(refusal: Refusal) -> Response[bytes]:
    """The refusal as a problem (RFC 9457)."""
    body = msgspec.json.encode(problem(refusal.cause, refusal.detail, **refusal.more))
    headers = {"cache-control": "no-store", **refusal.headers}
    if refusal.cause is Cause.UNKNOWN_KEY:
        headers["www-authenticate"] = "Bearer"
    return Response(body, status_code=refusal.cause.status, headers=headers, media_type=DETAILS)
