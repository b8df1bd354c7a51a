"""Who signed a webhook. Recharge signs each twice: over time and body, and (older) over the body alone.

The newer is `X-Recharge-Webhook-Signature: t=…,v1=hex`, an HMAC over `t.body`. The older, `X-Recharge-Hmac-Sha256`, is
in spite of its name no HMAC: SHA-256 over the secret and then the body. Both take the API client secret, not the token.
https://developer.rechargepayments.com/2021-11/webhooks_endpoints ,
https://docs.getrecharge.com/docs/webhooks-overview#validating-webhooks
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pawline.kit import Hashed, Headers, Hmac, Secret, Signed, decoded, of_timed, only

TIMED: Final = "X-Recharge-Webhook-Signature"
PLAIN: Final = "X-Recharge-Hmac-Sha256"
TOLERANCE: Final = 23 * 3_600.0
"""Seconds. Recharge goes on with a delivery for 48 hours, and asks for as long; what came before the last day is found
by a look, and the same again is told by its id."""
_timed: Final = of_timed(TIMED)


def signed(headers: Headers, body: bytes) -> Signed:
    """The newer signature where there is one: a delivery that bears it is judged by nothing else."""
    if any(name.lower() == TIMED.lower() for name, _ in headers):
        return _timed(headers, body)
    return Signed((decoded(only(headers, PLAIN), "hex"),), body, None)


@dataclass(frozen=True)
class Twice(Hmac):
    """Recharge's two schemes."""

    def verify(self, secrets: Iterable[Secret], headers: Headers, body: bytes, now: float) -> None:
        """See `Hmac.verify`, and `Hashed` where only the body is signed."""
        if self.read(headers, body).at is not None:
            super().verify(secrets, headers, body, now)
        else:
            Hashed(self.read).verify(secrets, headers, body, now)


SIGNATURE: Final = Twice(signed, tolerance=TOLERANCE)
