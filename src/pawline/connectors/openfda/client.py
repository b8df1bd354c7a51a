"""An account's client: a key is sent as the name of basic authentication, never in an address."""

from __future__ import annotations

import base64
from typing import Final

from pawline.connectors.openfda.settings import Settings
from pawline.kit import Answer, Guard, Http, Secret
from pawline.ports import Code, PortError, Rejected, Unauthorised

MOST: Final = 8 << 20
"""Bytes of a page of 100 reports: their texts are free."""
NOTHING: Final = "openFDA lists nothing in that time"
NONE: Final = b"No matches found"
"""How an answer says that there is nothing: by a 404 of this text. Any other 404 is a wrong address."""


def explain(answer: Answer) -> PortError | None:
    """What its statuses mean."""
    if answer.status == 404:
        if NONE in answer.body:
            return Rejected(NOTHING, Code.NOT_FOUND)
        return Rejected("openFDA has no such address: correct `url`", Code.NOT_FOUND)
    if answer.status == 403 and b"API_KEY" in answer.body:
        return Unauthorised("openFDA does not know the key", Code.CREDENTIALS)
    return None


def client(settings: Settings, guard: Guard) -> Http:
    """See https://open.fda.gov/apis/authentication/ ."""
    headers: dict[str, str | Secret] = {"accept": "application/json"}
    if settings.key is not None:
        given = base64.b64encode(f"{settings.key.reveal()}:".encode()).decode()
        headers["authorization"] = Secret(f"Basic {given}")
    return Http(settings.url, guard=guard, most=MOST, key_header=None, explain=explain, headers=headers)
