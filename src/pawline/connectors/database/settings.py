"""What an account of a database is told: where it is, whom it lets in, and the feeds that are read of it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from pawline.connectors.database.feed import Feed, check_feed
from pawline.insight.rows import Above, check_zone
from pawline.kit import Due, Secret
from pawline.kit.database import Address, check_ca


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url` is `postgresql://user@host/name`, `mysql://…` or `sqlite:///path`, with no password in it.

    `zone` is that of times without one, and of `due`. `timeout` is seconds that a query may take, `every` those between
    two looks. Raises ValueError, naming what is wrong and what to do.
    """

    url: str
    feeds: tuple[Feed, ...] = ()
    password: Secret | None = None
    zone: str = "UTC"
    tls: bool = True
    ca: str = ""
    timeout: Above = 30.0
    every: Above = 60.0

    def __post_init__(self) -> None:
        address = Address.of(self.url)
        if address.engine == "sqlite" and (self.password is not None or self.ca):
            raise ValueError("a file of SQLite has neither `password` nor `ca`")
        check_ca(self.ca)
        check_zone("`zone`", self.zone)
        names = [one.called for one in self.feeds]
        for one in self.feeds:
            if names.count(one.called) > 1:
                raise ValueError(f"two feeds are called {one.called}: give each a `name` of its own")
            check_feed(one)

    @property
    def address(self) -> Address:
        """Where it is."""
        return Address.of(self.url)

    def zone_of(self, feed: Feed) -> ZoneInfo:
        """A feed's own zone, else the account's."""
        return ZoneInfo(feed.zone or self.zone)

    def every_of(self, feed: Feed) -> timedelta:
        """How often it is looked at."""
        return timedelta(seconds=feed.every or self.every)

    def due_of(self, feed: Feed) -> Due | None:
        """By when a row of it is to be here."""
        if not feed.due:
            return None
        return Due(feed.due, feed.zone or self.zone, feed.due_days, feed.due_hours)
