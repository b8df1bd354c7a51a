"""`/answer/{connector}/{account}/{token}`: where a link in a letter leads to.

Reading shows the case and does nothing: mail is opened by scanners and previews before anybody reads it. A button there
sends the answer, which is taken as a click on a board is; who may answer, and whether it is too late, the flow decides.
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.params import FromPath

from pawline.console.drawing import HEADERS, drawn
from pawline.hub import NoAnswer, Shown, Stand
from pawline.store import StoreError

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from pawline.hub import Answering

PATH: Final = "/answer/{connector:str}/{account:str}/{token:str}"
BODY: Final = 4_096
"""Bytes of a form: it has two short fields."""
FOR: Final = 30
"""Seconds that a page looks again by itself for an answer that is on its way."""


def answer_routes(answering: Answering) -> list[ControllerRouterHandler]:
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
        sent = _number(request.query_params.get("sent"))
        return _page(shown, _number(request.query_params.get("choice")), sent)

    @post(PATH, status_code=303, request_max_body_size=BODY)
    async def answer(
        request: Request[Any, Any, Any], connector: FromPath[str], account: FromPath[str], token: FromPath[str]
    ) -> Response[str]:
        """Takes one choice, and leads back to the case: whoever loads that page again answers nothing twice."""
        form = await request.form()
        choice, nonce = _number(form.get("choice")), str(form.get("nonce") or "")
        try:
            if not 8 <= len(nonce) <= 64 or not nonce.isascii() or not nonce.isalnum():
                raise NoAnswer("this was not sent by the page of a letter", gone=False)
            await answering.click(f"{connector}/{account}", token, choice, nonce)
        except NoAnswer as no:
            return _refused(no)
        except StoreError:
            return drawn("no.html", 503, text="Your answer is not taken: go back, and try again in a moment.")
        back = f"{token}?choice={choice}&sent={int(time.time())}"
        return Response("", status_code=303, headers={**HEADERS, "location": back})

    return [read, answer]


def _page(shown: Shown, choice: int, sent: int) -> Response[str]:
    waits = shown.stand is Stand.OPEN and 0 <= time.time() - sent < FOR
    return drawn(
        "answer.html", again=2 if waits else None, case=shown, choice=choice, sent=bool(sent), waits=waits,
        until=_local(shown.until, shown.zone), nonce=secrets.token_hex(16), open=shown.stand is Stand.OPEN,
    )  # fmt: skip


def _refused(no: NoAnswer) -> Response[str]:
    text = str(no)
    return drawn("no.html", 410 if no.gone else 404, text=f"{text[0].upper()}{text[1:]}.")


def _local(moment: datetime | None, zone: str) -> str:
    return "" if moment is None else f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


def _number(said: object) -> int:
    """A number of up to twelve digits; 0 for anything else."""
    return int(said) if isinstance(said, str) and said.isascii() and said.isdecimal() and len(said) <= 12 else 0
