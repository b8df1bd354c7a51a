"""What an account of files is told: where they are, what each export holds, how an order is written."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from pawline.connectors.files.export import Export, check_export
from pawline.connectors.files.orders import TAKEN, Orders, check_orders, check_refusals
from pawline.insight.rows import Above, check_zone
from pawline.kit import Due, Secret

_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class Server(NamedTuple):
    """Where an SFTP server is."""

    host: str
    port: int
    user: str
    root: str


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account needs. `place` is a folder (`/srv/erp`) or `sftp://user@host:port/path`.

    A server is believed by `host_keys` only: fingerprints as `ssh-keygen -lf` shows them. `zone` is that of times
    without one. `every` is seconds between two looks. Raises ValueError, naming what is wrong and what to do.
    """

    place: str
    exports: tuple[Export, ...] = ()
    orders: Orders | None = None
    zone: str = "UTC"
    every: Above = 30.0
    host_keys: tuple[str, ...] = ()
    password: Secret | None = None
    key_file: str | None = None
    passphrase: Secret | None = None

    def __post_init__(self) -> None:
        self._check_place()
        check_zone("`zone`", self.zone)
        names = [one.called for one in self.exports]
        if self.orders is not None:
            check_orders(self.orders)
            if any(one.kind == "refused" for one in self.exports):
                check_refusals(self.orders)
            names += [TAKEN] if self.orders.acknowledged == TAKEN else []
        for one in self.exports:
            if names.count(one.called) > 1:
                raise ValueError(f"two exports are called {one.called}: give each a `name` of its own")
            check_export(one)
            self._check_shared(one)

    @property
    def server(self) -> Server | None:
        """None for a folder of this machine."""
        if not self.place.startswith("sftp://"):
            return None
        url = urlsplit(self.place)
        return Server(url.hostname or "", url.port or 22, unquote(url.username or ""), unquote(url.path) or "/")

    def _check_place(self) -> None:
        server = self.server
        if server is None:
            if not Path(self.place).is_absolute() or self.host_keys or self.password or self.key_file:
                raise ValueError(
                    "`place` is an absolute path, such as /srv/erp, or sftp://user@host/path; only the latter has"
                    " `host_keys`, `password` and `key_file`"
                )
            return
        if urlsplit(self.place).password is not None:
            raise ValueError("a password does not stand in `place`: give it as `password`, and change it")
        if not server.host or not server.user:
            raise ValueError("`place` is sftp://user@host/path, with the user who logs in")
        if (self.password is None) == (self.key_file is None):
            raise ValueError("give either `password` or `key_file`: it is what the server knows the user by")
        if self.key_file is not None and not Path(self.key_file).is_absolute():
            raise ValueError("`key_file` is an absolute path to a private key that only its owner may read")
        if wrong := [one for one in self.host_keys if not _FINGERPRINT.fullmatch(one)]:
            raise ValueError(f"`host_keys`: {wrong[0][:60]} is no fingerprint such as SHA256:… of 43 characters")

    def _check_shared(self, one: Export) -> None:
        """A file that two exports read must not be moved away by one of them."""
        for other in self.exports if one.done else ():
            apart = other is one or other.folder != one.folder or one.cannot_be_of(other)
            if not apart:
                raise ValueError(
                    f"export {one.called}: `done` moves away what export {other.called} may read, too: leave it out, or"
                    " name their files so that they begin differently"
                )

    @property
    def told_within(self) -> timedelta | None:
        """How long it may take until it is told that an order is in the books; None: nothing tells it."""
        orders = self.orders
        if orders is None or (orders.acknowledged != TAKEN and all(one.kind != "booked" for one in self.exports)):
            return None
        return timedelta(hours=orders.booked_hours)

    def zone_of(self, own: str) -> ZoneInfo:
        """An export's own zone, else the account's."""
        return ZoneInfo(own or self.zone)

    def due_of(self, export: Export) -> Due | None:
        """By when its file is to be here."""
        if not export.due:
            return None
        return Due(export.due, export.zone or self.zone, export.due_days, export.due_hours)
