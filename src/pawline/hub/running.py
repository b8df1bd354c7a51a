"""The running hub: store, keyring, flows, bindings and engine put together, its line, and its daily purge."""

from __future__ import annotations

import asyncio
import gc
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

from pawline.hub.ageing import Ageing
from pawline.hub.alarms.making import Kept, alarms_of
from pawline.hub.answering import Answering, answering_of
from pawline.hub.bells import Bells
from pawline.hub.desk import Desk
from pawline.hub.hearing import Hearing
from pawline.hub.helpdesks import CaseDesks, check_wired
from pawline.hub.line import Caller, Line, line_of
from pawline.hub.listeners import Following, ListenerDesk, Standings, heeded
from pawline.hub.listeners import check_wired as check_listeners
from pawline.hub.pickups import pickup_bindings
from pawline.hub.preparing import spare
from pawline.hub.quoting import Quoting
from pawline.hub.refused import for_good
from pawline.hub.returning import return_bindings
from pawline.hub.settings import HubRefused
from pawline.hub.storefront import Storefront, check_taxes, longest_holds
from pawline.hub.subscribed import Subscribed, told_of
from pawline.hub.tray import Tray
from pawline.hub.visits import Visits
from pawline.hub.watching import Watching
from pawline.hub.wiring import connections_of, flows_of, hints_of, keyring_of
from pawline.hub.writing import give_keys, reaching
from pawline.runtime import Binding, Bindings, Engine, FlowError, Flows
from pawline.store import Store, StoreInUse, purge
from pawline.views import ALL, Projector
from pawline.views.answers import own_bindings
from pawline.views.catalog import catalog_bindings
from pawline.views.holds import inventory_bindings
from pawline.views.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from pawline.backbone.hints import Hints
    from pawline.hub.answering import Mailed
    from pawline.hub.settings import Settings
    from pawline.hub.wiring import Connections
    from pawline.store import Keyring

_log = logging.getLogger("pawline.hub")
PATIENCE: Final = 2.0
"""Seconds to wait for a store that somebody is just letting go of: a command line, or a hub that ends."""
DAY: Final = 86_400.0


def tune() -> None:
    """What a process that is a hub does once: what lives for ever is not looked at again, garbage looked for rarely.

    Runs leave no reference circles, so little is left for the collector; with Python's own thresholds it took a seventh
    of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)


class Hub:
    """A hub that runs. Made by `open`; leave it by `close`, or by the end of its `async with`."""

    def __init__(
        self, settings: Settings, engine: Engine, projector: Projector, connections: Connections, standings: Standings
    ) -> None:  # fmt: skip
        self.settings, self.engine, self.store, self.projector = settings, engine, engine.store, projector
        self.bells = Bells(engine)
        self.hearing = Hearing(
            engine.record, connections.ears, self.bells.ring, partial(for_good, engine, engine.store.now())
        )
        self.tray = Tray(engine, self.hearing)
        self.shelf = Shelf(engine.store, projector)
        self.quoting = Quoting(connections.askers, self.shelf, engine.store.now, self.tray.somebody_waits)
        self.visits = Visits(connections.sites, engine.store, spare=partial(spare, settings))
        self.answering = Answering(engine, ())
        self.storefront: Storefront | None = None
        self.watching = Watching(connections.watched)
        self.ageing = Ageing(connections.spoken)
        self.subscribed = Subscribed(told_of(settings, connections))
        self.following = Following(engine.store, connections.listens, standings)
        self.kept: Kept = alarms_of(settings, engine, projector, connections, self.watching)
        self.desk = Desk(
            settings, engine, projector, alive=True, hearing=self.hearing, watching=self.watching, quoting=self.quoting,
            listeners=ListenerDesk(engine, self.following, standings), visits=self.visits,
        )  # fmt: skip
        self.desk.alarms.kept = self.kept
        self.broken: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._line: Line | None = None
        self._clients = (*connections.clients, *self.kept.clients)

    @classmethod
    async def open(cls, settings: Settings) -> Hub:
        """Begins to work where the last hub stopped.

        Raises HubRefused, StoreInUse, StoreTooNew, StoreError: each says why and what to do; nothing was begun then.
        """
        keyring, flows, connections = keyring_of(settings), flows_of(settings), connections_of(settings)
        mailed = _wired(settings, connections, flows, keyring)
        store = await _opened(settings, keyring)
        projector = Projector(store, ALL)
        desks = CaseDesks(settings.helpdesks, settings.shops, store)
        standings, accounts = heeded(connections.bindings, connections.listens, store, projector)
        bindings = _bindings(settings, store, projector, (accounts, desks.bindings()))
        engine = Engine(store, flows, bindings, settings.for_runtime(), hints=hints_of(settings))
        engine.schedules.shops = tuple(settings.shops)
        hub = cls(settings, engine, projector, connections, standings)
        hub.answering = Answering(engine, mailed)
        store.on_broken = hub._broke
        try:
            await connections.name(store)
            await engine.start()
            await projector.start(engine)
            hub.tray.start()
            await hub._sell(keyring)
            hub.watching.start(engine)
            await desks.start(engine)
            await hub.following.start(engine)
            hub._look()
            if not settings.on_postgres and settings.url != ":memory:":
                line = Line(line_of(settings.url), hub.desk.answer)
                await line.open()
                hub._line = line
        except FlowError as problem:
            await hub._give_up()
            raise HubRefused(str(problem)) from problem
        except BaseException:
            await hub._give_up()
            raise
        engine.spawn(hub._purge())
        return hub

    def _look(self) -> None:
        """Begins what looks now and then."""
        if self.quoting.askers or self.storefront is not None:
            self.engine.spawn(self.shelf.follow())
        if self.visits.sites:
            self.engine.spawn(self.visits.follow())
            self.engine.erasing.before.append(self.visits.spill)
        for one in (self.ageing, self.subscribed, self.kept):
            one.start(self.engine)

    async def _sell(self, keyring: Keyring) -> None:
        """Opens the checkouts that are ours."""
        if self.settings.storefronts:
            room = partial(spare, self.settings)
            self.storefront = Storefront(self.settings, self.engine, self.projector, self.shelf, keyring, room)
            await self.storefront.start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leaves in order: what is in flight is settled by the next hub, as after a death."""
        if self._line is not None:
            await self._line.close()
        if not self.broken.done():
            await self.tray.rest()
            await self.visits.flush()
        await self.engine.stop()
        await self._give_up()

    async def _give_up(self) -> None:
        await self.shelf.close()
        for client in self._clients:
            await client.close()
        await self.engine.hints.close()
        await self.store.close()

    def _broke(self, error: Exception) -> None:
        """The disk failed: nothing more can be promised here, so the process must end loudly."""
        if not self.broken.done():
            self.broken.set_result(error)

    async def _purge(self) -> None:
        """Once a day, by the owner of the first lane: what retention no longer keeps."""
        while True:
            await asyncio.sleep(DAY / 24)
            if 0 in self.engine.lanes:
                purged = await purge(self.store, self.settings.for_retention())
                _log.info("purged %s", purged)
                await asyncio.sleep(DAY * 23 / 24)


def _wired(settings: Settings, connections: Connections, flows: Flows, keyring: Keyring) -> tuple[Mailed, ...]:
    """That cases go where they can be answered; those that are answered from letters. Raises HubRefused."""
    try:
        check_wired(settings.helpdesks, settings.shops, connections.bindings, flows)
        check_listeners(connections.listens, flows)
        check_taxes(settings.storefronts, settings.shops, connections.bindings)
    except ValueError as problem:
        raise HubRefused(str(problem)) from problem
    give_keys(connections.spoken, keyring)
    return answering_of(settings, connections, keyring)


def _bindings(
    settings: Settings, store: Store, projector: Projector, more: tuple[Iterable[Binding], Iterable[Binding]]
) -> Bindings:  # fmt: skip
    """Who plays which port: `more`, and the hub itself."""
    # First, so that it is asked also where an account plays Inventory, too.
    longest = longest_holds(settings.storefronts, settings.shops)
    decides = inventory_bindings(settings.shops, store, longest) if settings.stock == "hub" else []
    decides += catalog_bindings(settings.shops, store, projector) if settings.catalog == "hub" else []
    own = own_bindings(settings.shops, store, projector, settings.surveys.every)
    carriers = pickup_bindings(settings.pickups, settings.shops, store.now)
    returns = return_bindings(settings.returns, settings.shops)
    accounts, desks = more
    return Bindings([*decides, *reaching(accounts, store), *own, *carriers, *returns, *desks])


async def _opened(settings: Settings, keyring: Keyring) -> Store:
    until = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return await Store.open(settings.url, keyring)
        except StoreInUse:
            if asyncio.get_running_loop().time() >= until or await _answers(settings):
                raise
            await asyncio.sleep(0.05)


async def _answers(settings: Settings) -> bool:
    """Whether a hub is at work there: then waiting is no use."""
    try:
        caller = await Caller.reach(line_of(settings.url))
    except HubRefused:
        return False
    await caller.close()
    return True


class Reach:
    """The way of a command line to its store: over the hub's line, or by itself where no hub holds the file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._caller: Caller | None = None
        self._store: Store | None = None
        self._desk: Desk
        self._hints: Hints

    @property
    def by_line(self) -> bool:
        """Whether a running hub answers."""
        return self._caller is not None

    async def __aenter__(self) -> Self:
        settings = self._settings
        if not settings.on_postgres:
            try:
                self._caller = await Caller.reach(line_of(settings.url))
            except HubRefused:
                self._caller = None
            else:
                return self
        store = self._store = await _opened(settings, keyring_of(settings))
        self._hints = hints_of(settings)
        engine = Engine(store, await _tolerant(settings), Bindings([]), settings.for_runtime(), hints=self._hints)
        engine.loop = asyncio.get_running_loop()
        self._desk = Desk(settings, engine, Projector(store, ALL), alive=False)
        return self

    async def ask(self, do: str, **given: Any) -> Any:
        """The desk's answer. Raises a sentence for people."""
        if self._caller is not None:
            return await self._caller.ask(do, **given)
        return await self._desk.answer(do, given)

    async def __aexit__(self, *_: object) -> None:
        if self._caller is not None:
            await self._caller.close()
        if self._store is not None:
            await self._hints.close()
            await self._store.close()


async def _tolerant(settings: Settings) -> Flows:
    """The flows, or none: a broken module must not keep people from looking."""
    try:
        return flows_of(settings)
    except HubRefused as problem:
        _log.warning("%s", problem)
        return Flows([])
