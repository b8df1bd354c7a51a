"""The sandbox's ERP: a folder into which orders are dropped, and out of which exports come."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec

from pawline.connectors.sandbox_erp.erp import SandboxErp
from pawline.connectors.sandbox_erp.files import booked, refused, stock
from pawline.kit import Connector, Folder, Guard, Offer, Watch
from pawline.ports import Breaker, Erp, Limits


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account needs. `folder` is an absolute path that the hub may read and write; `every` is in seconds.

    Raises ValueError for a path that is not absolute, or a time that is not above zero.
    """

    folder: str
    every: float = 30.0

    def __post_init__(self) -> None:
        if not Path(self.folder).is_absolute():
            raise ValueError("`folder` is an absolute path, such as /srv/erp")
        if not self.every > 0:
            raise ValueError("`every` is seconds, above zero")


def http(settings: Settings, _: Guard) -> Folder:
    """An account's client: its folder."""
    return Folder(settings.folder)


def every(settings: Settings) -> timedelta:
    """How often exports are looked for."""
    return timedelta(seconds=settings.every)


connector = Connector(
    name="sandbox_erp",
    title="Sandbox ERP",
    settings=Settings,
    http=http,
    offers={Erp: Offer(SandboxErp, SandboxErp.OPERATIONS)},
    watches=(Watch("stock", every, stock), Watch("orders", every, booked), Watch("refusals", every, refused)),
    limits=Limits(concurrency=16, breaker=Breaker(cool_down=timedelta(seconds=3))),  # a look at a folder harms nobody
)
