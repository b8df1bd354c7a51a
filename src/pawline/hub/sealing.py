"""Secrets that a system made and showed once: sealed with the hub's key, in a file beside the settings."""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pawline.kit import Secret
from pawline.store import Keyring, StoreError, Unreadable

if TYPE_CHECKING:
    from pawline.hub.settings import Settings

FOLDER: Final = "secrets"
_NAME: Final = re.compile(r"[^a-z0-9_.-]")


def sealed_at(account: str, setting: str) -> str:
    """Where the secret of an account is kept, as the settings name it."""
    return f"{FOLDER}/{_NAME.sub('-', account)}.{setting}.sealed"


def seal(settings: Settings, keyring: Keyring, path: str, secret: Secret) -> None:
    """Keeps it there, in place of one of before: whole, or not at all. Only the hub's key opens it, and only there."""
    place = Path(settings.home) / path
    if not place.parent.exists():
        place.parent.mkdir(mode=0o700)
        _give(place.parent, settings)
    wrapper, wrapped = keyring.wrap(secret.reveal().encode(), _aad(path))
    part = place.with_name(f"{place.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"{wrapper} {base64.b64encode(wrapped).decode()}\n")
        file.flush()
        os.fsync(file.fileno())
    _give(part, settings)
    part.replace(place)


def unsealed(settings: Settings, path: str) -> Secret:
    """What is kept there. Raises ValueError, which says what to do."""
    place = Path(settings.home) / path
    try:
        wrapper, _, wrapped = place.read_text("ascii").strip().partition(" ")
        keyring = Keyring.load(settings.key_path)
        return Secret(keyring.unwrap(wrapper, base64.b64decode(wrapped, validate=True), _aad(path)).decode())
    except (OSError, UnicodeDecodeError, binascii.Error, StoreError, Unreadable) as problem:
        raise ValueError(
            f"{place} cannot be opened ({type(problem).__name__}): take it out of the settings, and connect again"
        ) from None


def _give(place: Path, settings: Settings) -> None:
    """To whose the settings' folder is: whoever connects, the hub has to read it."""
    owner, now = Path(settings.home).stat(), place.stat()
    if (owner.st_uid, owner.st_gid) != (now.st_uid, now.st_gid):
        os.chown(place, owner.st_uid, owner.st_gid)


def _aad(path: str) -> bytes:
    """It is of this place: put into another one, it opens nothing."""
    return b"pawline sealed secret\0" + path.encode()
