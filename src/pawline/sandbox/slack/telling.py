"""What is clicked, in the vendor's form: signed over its time and body, and never sent again.

https://docs.slack.dev/interactivity/handling-user-interaction : whoever does not answer 200 within three seconds has
not heard it, and who clicked sees that.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from pawline.sandbox.posting import Moods, Post

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


class Teller:
    """Tells the app's one address. `hooks` is the sandbox's own outbox: its mishaps and its silence are this one's too.

    Signed by the machine's clock, for whoever hears looks at it. `lost` is what nobody took: each who clicked sees a
    warning.
    """

    def __init__(self, secret: str, hooks: Hooks) -> None:
        self.secret, self.address = secret, ""
        self._moods, self._post = Moods(hooks), Post(PATIENCE)
        self.clock: Callable[[], float] = time.time
        self.told: list[dict[str, Any]] = []
        self.lost: list[dict[str, Any]] = []

    def tell(self, payload: dict[str, Any]) -> None:
        """Somebody clicked. Never waits."""
        waits = self._moods.waits() if self.address else ()
        if waits == ():
            self.lost.append(payload)
        for wait in waits or ():
            self._post.begin(self._deliver(payload, wait))

    async def _deliver(self, payload: dict[str, Any], wait: float) -> None:
        await asyncio.sleep(wait)
        body = urlencode({"payload": msgspec.json.encode(payload).decode()}).encode()
        async with self._post.gate:
            headers = {
                "Content-Type": "application/x-www-form-urlencoded", **signed(body, self.secret, self.clock()),
            }  # fmt: skip
            taken = await self._post.taken(self.address, body, headers, only=TAKEN)
        (self.told if taken else self.lost).append(payload)

    async def rest(self) -> None:
        """Until nothing is under way."""
        await self._post.rest()

    async def close(self) -> None:
        """Forget what is under way."""
        await self._post.close()
