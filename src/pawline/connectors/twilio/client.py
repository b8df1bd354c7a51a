"""An account's client: its SID, or an API key's, is the user of HTTP's basic authentication."""

from __future__ import annotations

import base64
from datetime import timedelta
from functools import partial
from typing import Any, Final

from pawline.connectors.twilio.errors import explain
from pawline.connectors.twilio.settings import Settings
from pawline.kit import Guard, Http, Secret

TIMEOUT: Final = timedelta(seconds=10)
"""Of one request."""
MOST: Final = 8 << 20
"""Bytes of an answer: a page of five hundred messages of 1,600 characters, in whatever letters."""
VERSION: Final = "2010-04-01"


class TwilioHttp(Http):
    """`messaging` is the client for what Twilio keeps at another address: Messaging Services."""

    def __init__(self, settings: Settings, guard: Guard) -> None:
        user = settings.key or settings.account
        given = base64.b64encode(f"{user}:{settings.token.reveal()}".encode()).decode()
        said: dict[str, Any] = {
            "guard": guard, "timeout": TIMEOUT, "key_header": None,
            "explain": partial(explain, short=settings.short),
            "headers": {"authorization": Secret(f"Basic {given}"), "accept": "application/json"},
        }  # fmt: skip
        super().__init__(f"{settings.url}/{VERSION}", most=MOST, **said)
        self.messaging: Final = Http(f"{settings.messaging_url}/v1", **said)
        self._account: Final = settings.account

    def of(self, *path: str) -> tuple[str, ...]:
        """The path of something of the account's."""
        return ("Accounts", self._account, *path)

    async def close(self) -> None:
        """See `Http.close`."""
        await super().close()
        await self.messaging.close()


def client(settings: Settings, guard: Guard) -> TwilioHttp:
    """https://www.twilio.com/docs/usage/requests-to-twilio . Twilio knows no keys of repeated calls: none is sent."""
    return TwilioHttp(settings, guard)
