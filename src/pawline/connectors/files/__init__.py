"""Files: a system that writes exports and takes orders as files, in a folder or behind SFTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pawline.connectors.files.erp import TIMEOUT, FilesErp
from pawline.connectors.files.export import Export
from pawline.connectors.files.health import probe, shows
from pawline.connectors.files.looking import Look
from pawline.connectors.files.orders import TAKEN
from pawline.connectors.files.settings import Settings
from pawline.connectors.files.taking import taken
from pawline.kit import Connector, Files, Folder, Guard, Offer, Watch
from pawline.ports import Breaker, Erp, Limits


def client(settings: Settings, guard: Guard) -> Files:
    """An account's place of files."""
    if (server := settings.server) is None:
        return Folder(settings.place)
    from pawline.kit.sftp import Sftp  # noqa: PLC0415 - its library takes 16 MB, and time at each start

    return Sftp(
        server.host, server.port, server.user, server.root, host_keys=frozenset(settings.host_keys),
        password=settings.password, key_file=None if settings.key_file is None else Path(settings.key_file),
        passphrase=settings.passphrase, guard=guard, timeout=TIMEOUT,
    )  # fmt: skip


def watches(settings: Settings) -> tuple[Watch[Settings], ...]:
    """A watch for each export, by its name; one for what was taken, where that is how orders are acknowledged."""
    made = [_watch(one) for one in settings.exports]
    if settings.orders is not None and settings.orders.acknowledged == TAKEN:
        made.append(Watch(TAKEN, every, taken))
    return tuple(made)


def _watch(export: Export) -> Watch[Settings]:
    look = Look(export)
    return Watch(export.called, every, look, lambda settings: settings.due_of(export), look.rehearse)


def every(settings: Settings) -> timedelta:
    """How often exports are looked for."""
    return timedelta(seconds=settings.every)


connector = Connector(
    name="files",
    title="Files",
    settings=Settings,
    http=client,
    probe=probe,
    shows=shows,
    offers={Erp: Offer(FilesErp, FilesErp.OPERATIONS, lambda settings: settings.orders is not None)},
    watches=watches,
    limits=Limits(concurrency=16, breaker=Breaker(cool_down=timedelta(seconds=3))),  # a look at a folder harms nobody
)
