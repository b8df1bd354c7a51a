"""Whoever listens, over HTTP: Standard Webhooks 1.0 around a CloudEvent 1.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md says: three headers; any 2xx
is taken, anything else is not; 3xx is not followed; 410 means no more; 15 to 30 seconds; small payloads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from msgspec import Raw

from pawline.connectors.webhooks.settings import Settings
from pawline.kit import Guard, Http, Secret, error_of, standard_headers
from pawline.model.cloudevents import CloudEvent
from pawline.model.cloudevents_wire import STRUCTURED, to_structured
from pawline.ports import Code, Notice, Operation, Receipt, Rejected, Settle

TIMEOUT: Final = timedelta(seconds=20)
LONG: Final = timedelta(days=60)
"""The hub says for how long a receiver is tried, and ends it: see docs/why/0039."""
TRIED: Final = "pawline.tried@1"
"""The type of what `pawline connect` sends. No event has it."""


def client(settings: Settings, guard: Guard) -> Http:
    """An account's client."""
    headers: dict[str, str | Secret] = {"accept": "*/*"}
    if settings.token is not None:
        headers["authorization"] = Secret(f"Bearer {settings.token.reveal()}")
    return Http(settings.address, guard=guard, headers=headers, timeout=TIMEOUT, key_header=None, unread=True)


class TellListener:
    """See `Listener`."""

    OPERATIONS: ClassVar = {
        "tell": Operation(settle=Settle.REPEAT, timeout=TIMEOUT + timedelta(seconds=2), patience=LONG)
    }

    def __init__(self, http: Http, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._http, self._secrets, self._clock = http, settings.secrets, clock

    async def tell(self, notice: Notice) -> Receipt:
        """Signed anew at each attempt: receivers refuse what was signed more than five minutes ago."""
        body = to_structured(cloud_event(notice))
        signed = standard_headers(self._secrets, notice.id, int(self._clock()), body)
        answer = await self._http.ask("POST", json=Raw(body), headers={"content-type": STRUCTURED, **signed})
        if answer.status == 410:
            raise Rejected("it answered 410: nothing more is wanted there", Code.GONE)
        if (error := error_of(answer, "what was told")) is not None:
            error.__cause__ = None  # what a stranger said of it may repeat what we sent
            raise error
        return Receipt()


def cloud_event(notice: Notice) -> CloudEvent:
    """The notice as CloudEvents have it; `sequence` is their extension of that name, `payload` one of ours."""
    extensions = {"payload": "whole" if notice.whole else "ids"}
    if notice.sequence is not None:
        extensions["sequence"] = notice.sequence
    return CloudEvent(
        id=notice.id, source=notice.source, type=notice.type, subject=notice.subject, time=notice.at.astimezone(UTC),
        datacontenttype="application/json", data=notice.data.encode(), extensions=extensions,
    )  # fmt: skip


async def tries(http: Http, settings: Settings) -> str:
    """A signed notice that no event is behind."""
    at = datetime.now(UTC)
    notice = Notice(
        id=f"tried_{at.timestamp() * 1000:.0f}", source="/pawline", type=TRIED, at=at, owed=at,
        data=f'{{"type":"{TRIED}"}}',
    )  # fmt: skip
    await TellListener(http, settings).tell(notice)
    return f"it took {notice.id} ({TRIED}), signed by {len(settings.secrets)} secret(s)"
