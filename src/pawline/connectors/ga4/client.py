"""An account's client. Google wants the secret in the address: it stands there for every call, and nowhere else."""

from __future__ import annotations

from typing import Final

from pawline.connectors.ga4.settings import Settings
from pawline.kit import Guard, Http, Secret


class Client(Http):
    """What is counted is answered 2xx, whatever it is, and nothing of that is read; `checking` asks what is wrong."""

    def __init__(self, settings: Settings, guard: Guard) -> None:
        standing: dict[str, str | Secret] = {
            "measurement_id": settings.measurement_id, "api_secret": settings.api_secret,
        }  # fmt: skip
        super().__init__(settings.host, guard=guard, key_header=None, unread=True, standing=standing)
        self.checking: Final = Http(settings.host, guard=guard, key_header=None, standing=standing)

    async def close(self) -> None:
        """See `Http.close`."""
        await self.checking.close()
        await super().close()


def client(settings: Settings, guard: Guard) -> Client:
    """By https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference ."""
    return Client(settings, guard)
