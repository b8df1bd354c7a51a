"""From an account's settings to bindings: its connector's card, its secrets from elsewhere, a client of its own."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pawline.hub.ageing import Spoken
from pawline.hub.enrolling import heard_at
from pawline.hub.hearing import Ear
from pawline.hub.quoting import Asker, asker_of
from pawline.hub.sealing import unsealed
from pawline.hub.settings import HubRefused
from pawline.hub.watching import Watched
from pawline.kit import BadSettings, Connector, Enrolment, Guard, Http, Listening, Secret, Watch
from pawline.runtime import Binding

if TYPE_CHECKING:
    from pawline.hub.settings import AccountSettings, Settings
    from pawline.kit.connector import Client

NAME: Final = re.compile(r"([a-z][a-z0-9_]*)/([a-z0-9][a-z0-9_-]*)")
CONNECTORS: Final = "pawline.connectors"
"""The package of ours, and the entry points by which other packages bring theirs: name = "package:card"."""


Sends = Callable[[], Awaitable[frozenset[str]]]
"""Asks an account which messages it sends by itself. Raises PortError."""
Tries = Callable[[], Awaitable[str]]
"""Tells an account something, and says what came of it. Raises PortError."""
Probe = Callable[[], Awaitable[None]]
"""Asks an account whether it can do its work. Raises PortError, naming what lacks."""


class Enrols(NamedTuple):
    """How an account is told to send its webhooks to an address; see `Enrolment`."""

    lacking: Callable[[str], Awaitable[tuple[str, ...]]]
    enrol: Callable[[str], Awaitable[tuple[str, ...]]]
    issue: Callable[[str], Awaitable[Secret | None]] | None = None
    issues: str = ""


class Account(NamedTuple):
    """A connected account: what it plays, its client, closed when the hub leaves, how it hears, sends and is seen.

    `deaf`: it could hear webhooks, and has no secret to believe one. `probe` and `enrols`: how it is asked whether it
    can work, and told where to send; None where its connector does not know how. `asker` and `asks`: how its checkout
    asks for rates, and is told where; None where its shop has none, or nobody would be believed. `unseen` is what it
    cannot be asked.
    """

    name: str
    bindings: list[Binding]
    http: Client
    ear: Ear | None
    sends: Sends | None
    watched: tuple[Watched, ...]
    deaf: bool
    probe: Probe | None
    enrols: Enrols | None
    asker: Asker | None
    asks: Enrols | None
    spoken: Spoken
    listening: tuple[str, Listening] | None = None
    tries: Tries | None = None
    unseen: str = ""


def guard_of(settings: Settings) -> Guard:
    """Which networks the accounts may reach besides the public one. Raises HubRefused for what is no network."""
    try:
        return Guard(settings.allow_networks)
    except ValueError as problem:
        raise HubRefused(f"`allow_networks`: {problem}") from problem


def connected(settings: Settings, number: int, account: AccountSettings, guard: Guard) -> Account:
    """The account. Raises HubRefused, naming the setting and what to do, where it cannot be connected."""
    where = f"accounts[{number}]"
    connector = card_of(where, account.name)
    try:
        read = connector.configure(account.settings, partial(secret_of, settings))
    except BadSettings as problem:
        raise HubRefused(f"`{where}.settings{problem.at}`: {problem.text}") from problem
    served = account.shops or settings.shops
    try:
        http, plays = connector.connect(read, guard, served[0] if len(served) == 1 else None)
    except ValueError as problem:
        raise HubRefused(f"`{where}.settings`: {account.name}: {problem}") from problem
    shops, able = frozenset(account.shops) or None, {port.__name__ for port in plays}
    if strange := sorted(set(account.plays) - able):
        raise HubRefused(
            f"`{where}.plays`: {account.name} cannot play {strange[0]}: {', '.join(sorted(able)) or 'none'}"
        )
    limits = account.limits.over(connector.limits)
    bindings = [
        Binding(account.name, port, one, connector.offers[port].operations, limits, shops)
        for port, one in plays.items() if not account.plays or port.__name__ in account.plays
    ]  # fmt: skip
    sends = None if connector.sends is None else partial(connector.sends, http, read)
    watched = _watched(where, settings, account, connector, (http, read))
    ear = _ear(where, settings, account, connector, (http, read))
    if ear is not None and isinstance(http, Http) and settings.public:
        http.heard_at = heard_at(settings.public, account.name)
    deaf = connector.hook is not None and not connector.hook.optional and ear is None
    plays_as = frozenset(one.port.__name__ for one in bindings)
    probe = None if connector.probe is None else partial(connector.probe, http, read, plays_as)
    asker = _asker(where, settings, account, connector, read)
    asks = None if asker is None else _enrols(asker.quotes.enrolment, http, read)
    enrols = _enrols(connector.enrolment, http, read)
    spoken = Spoken(account.name, served[0], http, connector.api)
    tries = None if connector.tries is None else partial(connector.tries, http, read)
    return Account(
        account.name, bindings, http, ear, sends, watched, deaf, probe, enrols, asker, asks, spoken,
        _listening(where, settings, account, connector, read), tries, connector.unseen,
    )  # fmt: skip


def _listening(
    where: str, settings: Settings, account: AccountSettings, connector: Connector[Any], read: Any
) -> tuple[str, Listening] | None:
    """Of which shop it is told, and what. Raises HubRefused where it is for two shops."""
    if connector.listens is None:
        return None
    return _shop(where, settings, account, "listens to events"), connector.listens(read)


def _enrols(told: Enrolment[Any] | None, http: Client, read: Any) -> Enrols | None:
    if told is None:
        return None
    issue = None if told.issue is None else partial(told.issue, http, read)
    return Enrols(partial(told.lacking, http, read), partial(told.enrol, http, read), issue, told.issues)


def _ear(
    where: str, settings: Settings, account: AccountSettings, connector: Connector[Any], given: tuple[Client, Any]
) -> Ear | None:
    """How it hears; None without secrets, for then nobody is believed. Raises HubRefused where it is for two shops."""
    hook = connector.hook
    secrets = () if hook is None else hook.secrets(given[1])
    if hook is None or not secrets:
        return None
    shop = _shop(where, settings, account, "hears webhooks")
    about = None if hook.about is None else partial(hook.about, *given)
    return Ear(account.name, shop, hook, secrets, hook.own(given[1]), about)


def _asker(
    where: str, settings: Settings, account: AccountSettings, connector: Connector[Any], read: Any
) -> Asker | None:
    """How its checkout asks, if its shop has rates. Raises HubRefused where it is for two shops."""
    rated = {shop for one in settings.rates for shop in one.shops or settings.shops}
    secrets = () if connector.quotes is None else connector.quotes.secrets(read)
    if connector.quotes is None or not secrets or not rated & set(account.shops or settings.shops):
        return None
    shop = _shop(where, settings, account, "asks for rates")
    return asker_of(settings, account.name, shop, connector.quotes, secrets)


def _watched(
    where: str, settings: Settings, account: AccountSettings, connector: Connector[Any], given: tuple[Any, Any]
) -> tuple[Watched, ...]:
    """How it is looked at."""
    wanted = [one for one in connector.watched(given[1]) if one.every(given[1]).total_seconds() > 0]
    shop = _shop(where, settings, account, "is looked at for events") if wanted else ""
    return tuple(_followed(account.name, shop, one, *given) for one in wanted)


def _followed(account: str, shop: str, watch: Watch[Any], client: Client, read: Any) -> Watched:
    rehearse = None if watch.rehearse is None else partial(watch.rehearse, client, read)
    due = None if watch.due is None else watch.due(read)
    every = watch.every(read).total_seconds()
    return Watched(account, shop, watch.name, every, partial(watch.look, client, read), due, rehearse)


def _shop(where: str, settings: Settings, account: AccountSettings, does: str) -> str:
    """The shop of an account that brings events. Raises HubRefused where it is for two."""
    shops = account.shops or settings.shops
    if len(shops) != 1:
        raise HubRefused(
            f"`{where}.shops`: {account.name} {does}, which are of one shop: name that shop, and give each"
            " other shop an account of its own"
        )
    return shops[0]


def card_of(where: str, name: str) -> Connector[Any]:
    """The card of the connector that an account's name begins with. Raises HubRefused where there is none."""
    found = NAME.fullmatch(name)
    if found is None:
        raise HubRefused(f"`{where}.name` is {name!r}: write it as connector/account, such as shopify/eu")
    module = f"{CONNECTORS}.{found[1]}"
    try:
        card = importlib.import_module(module).connector
    except ModuleNotFoundError as problem:
        if problem.name != module:
            raise
        card, module = _installed(where, found[1])
    if not isinstance(card, Connector) or card.name != found[1]:
        raise HubRefused(f"`{where}.name`: {module} has no card of a connector {found[1]}")
    return card


def _installed(where: str, name: str) -> tuple[object, str]:
    """A connector of another package, and what it says its card is; ours cannot be replaced so."""
    there = entry_points(group=CONNECTORS, name=name)
    if len(there) > 1:
        packages = sorted({one.dist.name for one in there if one.dist is not None})
        raise HubRefused(f"`{where}.name`: {' and '.join(packages)} both bring a connector {name}: remove one of them")
    for one in there:
        try:
            return one.load(), one.value
        except (ImportError, AttributeError) as problem:
            raise HubRefused(f"`{where}.name`: {one.value} cannot be loaded: {problem}") from problem
    raise HubRefused(f"`{where}.name`: there is no connector {name}: {_known()}")


def _known() -> str:
    folder = Path(importlib.import_module(CONNECTORS).__path__[0])
    names = {one.parent.name for one in folder.glob("*/__init__.py")}
    return f"there are {', '.join(sorted(names | {one.name for one in entry_points(group=CONNECTORS)}))}"


def secret_of(settings: Settings, said: object) -> Secret:
    """A secret stands in the file as `{ env = "NAME" }` or `{ file = "path" }`, never itself: else ValueError.

    `{ sealed = "path" }` is one that `pawline connect` kept.
    """
    match said:
        case {"env": str(name), **more} if not more:
            value = os.environ.get(name, "")
            if not value:
                raise ValueError(f"the variable {name} is not set: set it where the hub is started")
        case {"file": str(path), **more} if not more:
            value = _read(Path(settings.home) / path)
        case {"sealed": str(path), **more} if not more:
            return unsealed(settings, path)
        case _:
            raise ValueError(
                'a secret does not stand in the file itself: write { env = "NAME" } or { file = "path" }, and change'
                " the secret if it was committed"
            )
    return Secret(value)


def _read(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise ValueError(f"others may read {path}: chmod 600 {path}")
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ValueError(f"{path} cannot be read ({type(problem).__name__}): put the secret there") from None
