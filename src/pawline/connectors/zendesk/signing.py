"""Who signed a webhook: base64 of an HMAC-SHA256 over the time, as its header has it, and right behind it the body.

https://developer.zendesk.com/documentation/webhooks/verifying/
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pawline.kit import Headers, Hmac, Signed, Unsigned, decoded, only

SIGNATURE: Final = "X-Zendesk-Webhook-Signature"
TIMESTAMP: Final = "X-Zendesk-Webhook-Signature-Timestamp"


def signed(headers: Headers, body: bytes) -> Signed:
    """The time is `2021-03-25T05:09:27Z`. Raises Unsigned for a time without a zone, and for what is none."""
    at = only(headers, TIMESTAMP)
    signature = decoded(only(headers, SIGNATURE), "base64")
    try:
        moment = datetime.fromisoformat(at).astimezone(UTC) if at.endswith(("Z", "+00:00")) else None
        over = at.encode("ascii") + body
    except (ValueError, OverflowError):
        moment, over = None, b""
    if moment is None:
        raise Unsigned("the signed time is no time")
    return Signed((signature,), over, moment.timestamp())


SCHEME: Final = Hmac(signed)
