"""What can be found out of an account, and what only a person can see."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pawline.connectors.segment.analytics import LIBRARY, iso, send
from pawline.connectors.segment.settings import Settings
from pawline.kit import Http, pseudonym

TRIED: Final = "Pawline Tried"
UNSEEN: Final = (
    "Segment answers 200 to a key that it does not know, and to a workspace of the other region: whether events arrive"
    " only the Debugger of the source shows (Connections, Sources)"
)


def states(_: Settings) -> tuple[str, ...]:
    """What it cannot be asked, whatever its settings."""
    return (UNSEEN,)


async def tries(http: Http, settings: Settings) -> str:
    """One event that nothing is behind: a person looks for it. Raises PortError where not even that is answered."""
    at = datetime.now(UTC)
    no = f"pl-tried-{at.timestamp() * 1000:.0f}"
    call = {
        "type": "track", "event": TRIED, "userId": pseudonym(settings.people_secret, "tried").hex()[:32],
        "messageId": no, "timestamp": iso(at), "properties": {}, "context": {"library": {"name": LIBRARY}},
    }  # fmt: skip
    await send(http, [call], at)
    return f"{settings.region} answered, which proves nothing: look for {TRIED!r} ({no}) in the Debugger."
