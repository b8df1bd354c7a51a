"""Whether an account can do its work: its place lets us in, and each folder that it names is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pawline.connectors.files.settings import Settings
from pawline.kit import Files
from pawline.ports import Code, Transient, Unauthorised

if TYPE_CHECKING:
    from pawline.kit.sftp import Sftp


async def probe(files: Files, settings: Settings, _: frozenset[str]) -> None:
    """Raises Unauthorised where a folder is not there, naming all that lack; and what the place itself says."""
    await files.entries()
    lacking = [folder for folder in folders(settings) if not await _is_there(files, folder)]
    if lacking:
        raise Unauthorised(f"{', '.join(lacking)} is not there: make it, or correct the settings", Code.FORBIDDEN)


async def shows(files: Sftp, settings: Settings) -> Mapping[str, str]:
    """The key of a server that nobody confirmed yet; a folder shows nothing, and is not asked."""
    if settings.server is None or settings.host_keys:
        return {}
    return {"host_keys": await files.host_key()}


def folders(settings: Settings) -> list[str]:
    """Every folder that the settings name, below `place`."""
    named = ["/".join(one.folder) for one in settings.exports] + [one.done for one in settings.exports]
    if settings.orders is not None:
        orders = settings.orders
        places = [orders.put, *orders.places, *([] if orders.rejects is None else [orders.rejects])]
        named += ["/".join(one.folder) for one in places]
    return [one for one in dict.fromkeys(named) if one]


async def _is_there(files: Files, folder: str) -> bool:
    try:
        await files.entries(*PurePosixPath(folder).parts)
    except Transient as problem:
        if problem.code != Code.UNREACHABLE:
            raise
        return False
    return True
