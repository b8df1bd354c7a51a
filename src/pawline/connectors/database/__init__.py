"""Database: a system of which there is only its database. Feeds of rows are read, and nothing is ever written."""

from __future__ import annotations

from datetime import timedelta

from pawline.connectors.database.feed import Feed
from pawline.connectors.database.health import probe
from pawline.connectors.database.looking import Look
from pawline.connectors.database.settings import Settings
from pawline.kit import Connector, Guard, Watch
from pawline.kit.database import Database
from pawline.ports import Breaker, Limits


def client(settings: Settings, guard: Guard) -> Database:
    """An account's database; nothing is connected yet."""
    return Database(
        settings.address, password=settings.password, guard=guard, tls=settings.tls, ca=settings.ca,
        timeout=timedelta(seconds=settings.timeout),
    )  # fmt: skip


def watches(settings: Settings) -> tuple[Watch[Settings], ...]:
    """A watch for each feed, by its name."""
    return tuple(map(_watch, settings.feeds))


def _watch(feed: Feed) -> Watch[Settings]:
    look = Look(feed)
    return Watch(
        feed.called,
        lambda settings: settings.every_of(feed),
        look,
        lambda settings: settings.due_of(feed),
        look.rehearse,
    )


connector = Connector(
    name="database",
    title="Database",
    settings=Settings,
    http=client,
    probe=probe,
    watches=watches,
    limits=Limits(concurrency=1, breaker=Breaker(cool_down=timedelta(seconds=30))),
)
