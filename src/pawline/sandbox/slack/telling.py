"""What is clicked, in the vendor's form: signed over its time and body, and never sent again.

https://docs.slack.dev/interactivity/handling-user-interaction : whoever does not answer 200 within three seconds has
not heard it, and who clicked sees that.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from pawline.sandbox.posting import Letter, Telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.hooks import Hooks

PATIENCE: Final = aiohttp.ClientTimeout(total=3)
TAKEN: Final = 200


def signed(body: bytes, secret: str, at: float) -> dict[str, str]:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack ."""
    stamp = str(int(at))
    made = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={made}"}


class Teller(Telling[dict[str, Any], str]):
    """Tells the app's one address. What nobody took is lost: each who clicked sees a warning.

    Signed by the machine's clock, for whoever hears looks at it.
    """

    def __init__(self, secret: str, hooks: Hooks) -> None:
        super().__init__(hooks, PATIENCE)
        self.secret, self.address = secret, ""
        self.clock: Callable[[], float] = time.time

    def tell(self, payload: dict[str, Any]) -> None:
        """Somebody clicked. Never waits."""
        if self.address:
            self.send(payload, self.address)
        else:
            self.lose(payload)

    def letter(self, made: dict[str, Any], to: str) -> Letter:
        body = urlencode({"payload": msgspec.json.encode(made).decode()}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", **signed(body, self.secret, self.clock())}
        return Letter(to, body, headers, TAKEN)
