"""What an outside system told us that nobody here understood."""

from __future__ import annotations

from pawline.model.event import Event


class WebhookUnclaimed(Event, tag="webhook.unclaimed@1"):
    """A signed delivery whose type nobody hears, or which could not be read: kept whole, begins no flow by itself.

    `named` is the vendor's type, empty where not even that could be read; `why` says what was wrong; `body` is the
    payload as it came, `headers` what came with it: enough to hear it again once its connector is mended. It may hold
    anybody's personal data, under the shop's own key: an erasure does not reach it, and it goes with the payloads of
    its day.
    """

    account: str
    named: str
    why: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def subject(self) -> str:
        """Account and type: what a list shows without opening a body."""
        return f"{self.account} {self.named}".strip()
