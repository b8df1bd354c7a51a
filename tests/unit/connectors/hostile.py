"""The connector that breaks promises one at a time: here it is right, and what is wrong is given to `promises`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from pawline.kit import Connector, Guard, Http, Offer, Secret
from pawline.ports import Operation, Receipt, Settle
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises


class Bell(Protocol):
    """A port of this test."""

    async def ring(self, text: str) -> Receipt: ...


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    token: Secret
    webhook_secrets: tuple[Secret, ...] = ()


class GoodBell:
    def __init__(self, http: Http, settings: Any) -> None:
        self.http, self.settings = http, settings

    async def ring(self, text: str) -> Receipt:
        return await self.http.post("rings", json={"text": text}, into=Receipt)

    async def rung(self, text: str) -> Receipt | None:
        return await self.http.get("rings", query={"text": text}, into=Receipt | None)


def http(settings: Any, guard: Guard) -> Http:
    return Http(settings.url, guard=guard)


def promises(
    play: type[Any] = GoodBell, *, port: type[Any] = Bell, vendor_pages: Mapping[str, Sequence[bytes]] | None = None,
    **given: Any,
) -> ConnectorPromises:  # fmt: skip
    """A connector of this test, on trial: right but for what is given."""
    ring = Operation(settle=Settle.KEY, after_key_life=Settle.LOOK_UP, look_up="rung")
    fields: dict[str, Any] = {"name": "connectors", "title": "Hostile", "settings": Settings, "http": http}
    fields["offers"] = {port: Offer[Any](play, {"ring": ring} if port is Bell else {})}

    class TestIt(ConnectorPromises):
        connector = Connector[Any](**fields | given)
        settings = {"url": "{url}", "token": TOKEN, "webhook_secrets": list(SECRETS[:2])}  # noqa: RUF012 - a card's settings

    TestIt.vendor_pages = vendor_pages or {}
    TestIt.__test__ = False  # type: ignore[attr-defined]
    return TestIt()
