"""From names in the settings to code: flows, bindings, hints, the keyring. Each refusal says what to do."""

from __future__ import annotations

import importlib
import secrets
import sys
from itertools import combinations
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pawline.backbone.hints import Alone
from pawline.hub.connecting import connected, guard_of
from pawline.hub.listeners import Listens, listens_of
from pawline.hub.people import AccountPeople
from pawline.hub.register import register_of
from pawline.hub.settings import HubRefused
from pawline.kit import Http
from pawline.runtime import Binding, Bindings, Flow, FlowError, Flows
from pawline.store import Keyring, Notices, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pawline.backbone.hints import Hints
    from pawline.hub.ageing import Spoken
    from pawline.hub.connecting import Account, Enrols, Probe, Sends, Tries
    from pawline.hub.hearing import Ear
    from pawline.hub.quoting import Asker
    from pawline.hub.settings import AccountSettings, Settings
    from pawline.hub.watching import Watched
    from pawline.kit.connector import Client
    from pawline.store import Store

HUB: Final = "hub"
"""In `meta`: the hub's name."""


def keyring_of(settings: Settings) -> Keyring:
    """PAWLINE_KEY, else the key file. Raises HubRefused where there is none, or others may read it."""
    try:
        return Keyring.load(settings.key_path)
    except StoreError as problem:
        text = str(problem)
        if text.startswith("no key"):
            text += f" ({settings.key_path} is not there): `pawline init` makes one; a store opens with its own only"
        raise HubRefused(text) from problem


def hints_of(settings: Settings) -> Hints:
    """How processes of the store wake one another: by the server's messages, or not at all where there is one only."""
    return Notices(settings.url) if settings.on_postgres else Alone()


def flows_of(settings: Settings) -> Flows:
    """Every flow that the modules define. Raises HubRefused for a module that fails or defines none."""
    found: dict[int, Flow[Any, Any]] = {}
    for name in settings.flows:
        flows = [one for one in vars(_module(settings, name, "flows")).values() if isinstance(one, Flow)]
        if not flows:
            raise HubRefused(f"`flows`: {name} defines no flow: decorate one with @flow, or take the module out")
        found.update({id(one): one for one in flows})
    try:
        return Flows(found.values())
    except FlowError as problem:
        raise HubRefused(f"`flows`: {problem}") from problem


class Connections(NamedTuple):
    """Who plays which port, the clients that are to be closed, who hears, sends by itself, is looked at, is deaf.

    `probes`, `enrols` and `asks`, by account: whether it can work, and how it is told where its webhooks go and its
    checkout asks for rates, which those of `askers` do. `unseen` is what nobody can ask an account.
    """

    bindings: Bindings
    clients: tuple[Client, ...]
    ears: tuple[Ear, ...]
    sends: Mapping[str, Sends]
    watched: tuple[Watched, ...]
    deaf: tuple[str, ...]
    probes: Mapping[str, Probe]
    enrols: Mapping[str, Enrols]
    askers: tuple[Asker, ...]
    asks: Mapping[str, Enrols]
    spoken: tuple[Spoken, ...] = ()
    listens: Mapping[str, Listens] = {}
    tries: Mapping[str, Tries] = {}
    unseen: Mapping[str, str] = {}

    async def name(self, store: Store) -> None:
        """Clients say which hub their shop is of: another hub may have the same shop, and the same systems.

        The name is the store's, drawn once. A copy of the store has it, too: after a restore what was written is ours.
        What accounts call our households is kept there as well.
        """
        for one in self.spoken:
            if isinstance(one.http, Http) and one.http.whose == one.shop:  # `*` is of several
                one.http.people = AccountPeople(store, one.shop, one.account)
        if (error := (await store.written([("name_hub", (HUB, secrets.token_hex(4)))])).error) is not None:
            raise error
        meta: dict[str, str] = dict(await store.fetch("meta"))
        for client in self.clients:
            if isinstance(client, Http):
                client.whose = f"{client.whose}.{meta[HUB]}"

    async def close(self) -> None:
        """Closes the clients."""
        for client in self.clients:
            await client.close()


def connections_of(settings: Settings) -> Connections:
    """All accounts, connected. Raises HubRefused, naming the account, where one cannot be."""
    bindings: list[Binding] = []
    made: list[Account] = []
    guard = guard_of(settings)
    for n, account in enumerate(settings.accounts):
        if account.name:
            made.append(connected(settings, n, account, guard))
            bindings += made[-1].bindings
        else:
            bindings += _own(settings, n, account)
    bindings.append(register_of(settings, bindings))
    try:
        bound = Bindings(bindings)
    except FlowError as problem:
        raise HubRefused(f"`accounts`: {problem}") from problem
    ears = tuple(one.ear for one in made if one.ear is not None)
    _check_told_apart(ears)
    return Connections(
        bound,
        tuple(one.http for one in made),
        ears,
        {one.name: one.sends for one in made if one.sends is not None},
        tuple(each for one in made for each in one.watched),
        tuple(one.name for one in made if one.deaf),
        {one.name: one.probe for one in made if one.probe is not None},
        {one.name: one.enrols for one in made if one.enrols is not None},
        tuple(one.asker for one in made if one.asker is not None),
        {one.name: one.asks for one in made if one.asks is not None},
        tuple(one.spoken for one in made),
        _listens(settings, made),
        {one.name: one.tries for one in made if one.tries is not None},
        {one.name: one.unseen for one in made if one.unseen},
    )


def _listens(settings: Settings, made: Sequence[Account]) -> dict[str, Listens]:
    """Who listens to what. Raises HubRefused for what is no event; the flows' modules may define some of them."""
    found: dict[str, Listens] = {}
    for one in made:
        if one.listening is not None:
            for name in settings.flows:
                _module(settings, name, "flows")
            try:
                found[one.name] = listens_of(one.name, *one.listening)
            except ValueError as problem:
                raise HubRefused(f"`accounts`: {one.name}: {problem}") from problem
    return found


def _check_told_apart(ears: Sequence[Ear]) -> None:
    """Raises HubRefused where a sender has one name for two accounts: one of them alone would hear of both."""
    for one, other in combinations((ear for ear in ears if ear.name), 2):
        if one.hook is other.hook and one.name == other.name and set(one.secrets) & set(other.secrets):
            raise HubRefused(
                f"`accounts`: {one.account} and {other.account} share a secret and are both {one.name}: nobody could "
                "say of which a webhook is. Give each its own, or leave one out"
            )


def _own(settings: Settings, n: int, account: AccountSettings) -> list[Binding]:
    """What an account's function returns."""
    where, (module, _, name) = f"accounts[{n}].use", account.use.partition(":")
    make = getattr(_module(settings, module, where), name, None)
    if not callable(make):
        raise HubRefused(f"`{where}`: {module} has no function {name}: correct the name")
    try:
        made = list(make())
    except Exception as problem:
        raise HubRefused(f"`{where}`: {account.use} failed with {type(problem).__name__}: {problem}") from problem
    if not all(isinstance(one, Binding) for one in made):
        raise HubRefused(f"`{where}`: {account.use} returns what is no Binding: return a list of Bindings")
    return made


def _module(settings: Settings, name: str, where: str) -> ModuleType:
    if settings.home not in sys.path:
        sys.path.insert(0, settings.home)
    try:
        return importlib.import_module(name)
    except Exception as problem:
        if isinstance(problem, ModuleNotFoundError) and problem.name == name:
            raise HubRefused(f"`{where}`: there is no module {name} in {settings.home} or installed") from problem
        raise HubRefused(f"`{where}`: {name} failed with {type(problem).__name__}: {problem}") from problem
