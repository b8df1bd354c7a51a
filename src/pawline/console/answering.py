"""`/answer/{connector}/{account}/{token}`: where a link in a letter leads to.

Reading shows the case and does nothing: mail is opened by scanners and previews before anybody reads it. A button there
sends the answer, which is taken as a click on a board is; who may answer, and whether it is too late, the flow decides.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qsl

from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from pawline.console.drawing import HEADERS, drawn
from pawline.hub import NoAnswer, Shown, Stand
from pawline.kit import read_at
from pawline.store import StoreError, StoreUnsure

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler, Receive

    from pawline.hub import Answering

Reading: TypeAlias = "Callable[[Receive, bytes], Awaitable[bytes]]"
"""Reads a body of this content-length, within the time and the memory that the server has for all bodies."""

PATH: Final = "/answer/{connector:str}/{account:str}/{token:str}"
BODY: Final = 4_096
"""Bytes of a form: it has two short fields."""
KIND: Final = "application/x-www-form-urlencoded"
AWAY: Final = "Your answer is not taken: go back, and try again in a moment."
UNSURE: Final = "Your answer may be taken, or not: open the link again in a moment, and look."
FOR: Final = 30
"""Seconds that a page looks again by itself for an answer that is on its way."""


def answer_routes(answering: Answering, reading: Reading) -> list[ControllerRouterHandler]:
    """The addresses of one hub's links."""

    @get(PATH, status_code=200)
    async def read(
        request: Request[Any, Any, Any], connector: FromPath[str], account: FromPath[str], token: FromPath[str]
    ) -> Response[str]:
        """The case as it is now."""
        try:
            shown = await answering.shown(f"{connector}/{account}", token)
        except NoAnswer as no:
            return _refused(no)
        except StoreError:
            return drawn("no.html", 503, text="The case cannot be shown just now: load this page again in a moment.")
        sent = _number(request.query_params.get("sent"))
        return _page(shown, _number(request.query_params.get("choice")), sent)

    @post(PATH, status_code=303)
    async def answer(
        request: Request[Any, Any, Any], connector: FromPath[str], account: FromPath[str], token: FromPath[str]
    ) -> Response[str]:
        """Takes one choice, and leads back to the case: whoever loads that page again answers nothing twice."""
        try:
            choice, nonce = await _form(request, reading)
            await answering.click(f"{connector}/{account}", token, choice, nonce)
        except NoAnswer as no:
            return _refused(no)
        except HTTPException as problem:
            return drawn("no.html", problem.status_code, text=AWAY)
        except StoreUnsure:
            return drawn("no.html", 503, heading="Nobody knows yet", text=UNSURE)
        except StoreError:
            return drawn("no.html", 503, text=AWAY)
        back = f"?choice={choice}&sent={int(time.time())}"  # where the form was, however that was written
        return Response("", status_code=303, headers={**HEADERS, "location": back})

    return [read, answer]


async def _form(request: Request[Any, Any, Any], reading: Reading) -> tuple[int, str]:
    """The choice, and the number of the page. Raises NoAnswer for what no page of ours sends, and HTTPException."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > BODY:
        raise HTTPException(status_code=413)
    body = await reading(request.receive, length.encode())
    if len(body) > BODY:
        raise HTTPException(status_code=413)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    fields = dict(parse_qsl(body.decode("ascii", "replace"))) if kind == KIND else {}
    nonce = fields.get("nonce", "")
    if not 8 <= len(nonce) <= 64 or not nonce.isascii() or not nonce.isalnum():
        raise NoAnswer("this was not sent by the page of a letter", gone=False)
    return _number(fields.get("choice")), nonce


def _page(shown: Shown, choice: int, sent: int) -> Response[str]:
    waits = shown.stand is Stand.OPEN and 0 <= time.time() - sent < FOR
    until = "" if shown.until is None else read_at(shown.until, shown.zone)
    return drawn(
        "answer.html", again=2 if waits else None, case=shown, choice=choice, sent=bool(sent), waits=waits,
        until=until, nonce=secrets.token_hex(16), open=shown.stand is Stand.OPEN,
    )  # fmt: skip


def _refused(no: NoAnswer) -> Response[str]:
    text = str(no)
    return drawn("no.html", 410 if no.gone else 404, text=f"{text[0].upper()}{text[1:]}.")


def _number(said: object) -> int:
    """A number of up to twelve digits; 0 for anything else."""
    return int(said) if isinstance(said, str) and said.isascii() and said.isdecimal() and len(said) <= 12 else 0
