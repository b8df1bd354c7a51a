"""An account's client: its key is the user of HTTP's basic authentication, and there is no password."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Final

from pawline.connectors.easypost.errors import explain
from pawline.connectors.easypost.settings import Settings
from pawline.kit import Guard, Http, Secret

TIMEOUT: Final = timedelta(seconds=40)
"""Of one request. A carrier makes a label in a second, or in half a minute; EasyPost's own client waits a minute."""
MOST: Final = 8 << 20
"""Bytes of an answer: a page of a hundred shipments with all that became of them."""
VERSION: Final = "v2"


def client(settings: Settings, guard: Guard) -> Http:
    """https://docs.easypost.com/docs/authentication . EasyPost knows no keys of repeated calls, so none is sent."""
    given = base64.b64encode(f"{settings.key.reveal()}:".encode()).decode()
    return Http(
        f"{settings.url}/{VERSION}", guard=guard, timeout=TIMEOUT, most=MOST, key_header=None, explain=explain,
        headers={"authorization": Secret(f"Basic {given}"), "accept": "application/json"},
    )  # fmt: skip
