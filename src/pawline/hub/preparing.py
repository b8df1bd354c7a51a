"""The doctor's questions about settings and machine, before any store is opened, each answered in a sentence."""

from __future__ import annotations

import ipaddress
import shutil
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pawline.hub.ageing import versions_check
from pawline.hub.alarms.checking import alarms_check
from pawline.hub.answering import lettered_of
from pawline.hub.connecting import secret_of
from pawline.hub.health import Check
from pawline.hub.helpdesks import check_wired
from pawline.hub.listeners import check_wired as check_listeners
from pawline.hub.parcels import parcels_check
from pawline.hub.register import ACCOUNT
from pawline.hub.settings import HubRefused
from pawline.hub.using import handed, ports_of
from pawline.ports import Behaviour, Bills, Catalog, Goods, Households, Inventory, Invitations, Orders, Returns, Stock
from pawline.runtime import accounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pawline.hub.settings import AccountSettings, Settings
    from pawline.hub.wiring import Connections
    from pawline.runtime import Flows

OWN: Final = frozenset({Behaviour, Bills, Goods, Households, Invitations, Orders, Stock})
"""Ports that every hub plays itself."""
ROOM: Final = 1 << 30
"""Bytes that a store's disk has at least: a full one takes no order."""
METADATA: Final = ipaddress.ip_address("169.254.169.254")
"""Where a cloud's machine is told its own credentials."""


def prepared(settings: Settings, flows: Flows, connections: Connections) -> list[Check]:
    """Everything that settings which can be wired may still have wrong."""
    ports = {one: sorted(ports_of(one), key=lambda port: port.__name__) for one in flows}
    return [
        _ports(settings, connections, ports), _choices(settings, connections, ports), _shops(settings, connections),
        _caps(settings, flows), _modules(settings), _returns(settings, flows), _networks(settings),
        _secrets(settings, connections), _helpdesks(settings, connections, flows),
        _listeners(connections, flows),
        parcels_check(settings, connections, flows),
        alarms_check(settings, connections), versions_check(connections.spoken, datetime.now(UTC).date()),
    ]  # fmt: skip


def check_free(listen: str) -> None:
    """Raises HubRefused where the address cannot be had.

    Granian shares its port with whoever has it already: half of the webhooks would go to somebody else.
    """
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a hub that died are nobody's
            one.bind((host, int(port)))
    except (OSError, OverflowError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise HubRefused(f"`listen`: {host} port {port} cannot be had ({why}): free it, or name another") from None


def room(settings: Settings) -> Check:
    """Whether the disk of a store's file has some left; a server's is its own business."""
    if settings.on_postgres or settings.url == ":memory:":
        return _check("disk", good="no file of ours is on it")
    folder = _folder(settings)
    if not folder.is_dir():
        return _check("disk", f"there is no folder {folder}: make it, or correct `store`", state="bad")
    free = shutil.disk_usage(folder).free
    short = f"{free // 1_000_000} MB are left at {folder}: free some, for a full disk takes no order"
    return _check("disk", short if free < ROOM else "", good=f"{free / 1e9:.0f} GB are free")


def spare(settings: Settings) -> bool:
    """Whether there is room for what may be lost; of a server's disk nothing is known here, so there is."""
    if settings.on_postgres or settings.url == ":memory:":
        return True
    try:
        return shutil.disk_usage(_folder(settings)).free >= ROOM
    except OSError:  # what is wrong with it, the store finds out
        return True


def _folder(settings: Settings) -> Path:
    return Path(settings.url.removeprefix("sqlite:///")).parent


def _check(name: str, wrong: str = "", *, good: str = "", state: str = "look") -> Check:
    return Check(name=name, state=state if wrong else "good", says=wrong or good)


def _ports(settings: Settings, connections: Connections, ports: Mapping[Any, list[type[Any]]]) -> Check:
    own = OWN | set(_by_hub(settings))
    lacking = sorted({
        f"{flow.name} needs {port.__name__}, which no account plays for {shop}: connect one, or take the flow out"
        for flow, used in ports.items() for port in used for shop in settings.shops
        if port not in own and port not in handed(flow, accounts) and not connections.bindings.accounts(shop, port)
    })  # fmt: skip
    return _check("ports", "; ".join(lacking), good="each port that a flow uses is played", state="bad")


def _by_hub(settings: Settings) -> dict[type[Any], str]:
    """Ports that accounts may play, and the hub does: by which setting."""
    said = ((Inventory, "stock", settings.stock), (Catalog, "catalog", settings.catalog))
    return {port: word for port, word, who in said if who == "hub"}


def _choices(settings: Settings, connections: Connections, ports: Mapping[Any, list[type[Any]]]) -> Check:
    used = {port for some in ports.values() for port in some}
    hearing, playing = {ear.account for ear in connections.ears}, {one.account for one in connections.bindings}
    useful = {one.account for one in connections.bindings if one.port in used}
    notes = [
        f"{account} plays nothing that a flow uses: load its flow, or take the account out"
        for account in sorted(playing - useful - hearing - {ACCOUNT})
    ]
    for port in sorted(used, key=lambda one: one.__name__):
        for shop in settings.shops:
            word = _by_hub(settings).get(port, "")
            first, *others = [*(["the hub"] if word else []), *connections.bindings.accounts(shop, port)] or [""]
            if others and word != "catalog":  # what they say is in what the hub says
                why = f'`{word} = "hub"`' if word else "it stands first"
                keep = f'that, or say `{word} = "accounts"`' if word else "that order, or give each its `shops`"
                notes.append(
                    f"{port.__name__} of {shop} is played by {first}, because {why}; {', '.join(others)} only"
                    f" where a flow names it: keep {keep}"
                )
    return _check("choices", "; ".join(notes), good="each port has one account, and each account a use")


def _shops(settings: Settings, connections: Connections) -> Check:
    played = [one.shops for one in connections.bindings if one.account != ACCOUNT]
    heard = {ear.shop for ear in connections.ears}
    alone = [
        shop for shop in settings.shops if shop not in heard and not any(one is None or shop in one for one in played)
    ]
    lacking = f"no account is for {', '.join(alone)}: add it to an account's `shops`, or take it out of `shops`"
    return _check("shops", lacking if alone and settings.accounts else "", good="each has its accounts")


def _caps(settings: Settings, flows: Flows) -> Check:
    names, caps = {one.name for one in flows}, settings.caps
    wrong = [
        f"`caps.flows.{name}`: no flow is called {name}, so nothing is capped: correct the name"
        for name in caps.flows if name not in names
    ]  # fmt: skip
    for where, given in (("default", caps.default), *((f"flows.{name}", one) for name, one in caps.flows.items())):
        wrong += [
            f"`caps.{where}.{kind.value}` is {most}: nothing of that kind ever leaves; give 1 at least, or"
            " use `pawline stop`"
            for kind, most in given.items() if most < 1
        ]  # fmt: skip
    return _check("caps", "; ".join(wrong), good="each lets something through", state="bad")


def _modules(settings: Settings) -> Check:
    twice = sorted({one for one in settings.flows if settings.flows.count(one) > 1})
    return _check(
        "modules", f"`flows` names {', '.join(twice)} twice: take one out" if twice else "", good="named once"
    )


def _listeners(connections: Connections, flows: Flows) -> Check:
    """The same of those who listen to our events."""
    try:
        check_listeners(connections.listens, flows)
    except ValueError as problem:
        return _check("listening", str(problem), state="bad")
    told = [f"{name} is told of {len(one.types)} kinds of events" for name, one in connections.listens.items()]
    return _check("listening", good="; ".join(told) or "nobody listens to our events")


def _helpdesks(settings: Settings, connections: Connections, flows: Flows) -> Check:
    """What keeps a hub from starting: `up` says no more than this."""
    try:
        check_wired(settings.helpdesks, settings.shops, connections.bindings, flows)
        letters = [one.account for one in lettered_of(settings, connections) if one.desks]
    except (HubRefused, ValueError) as problem:
        return _check("helpdesks", str(problem), state="bad")
    told = [f"cases of {' and '.join(one.teams)} go to {one.account}" for one in settings.helpdesks]
    told += [f"letters of {one} lead to {settings.public}" for one in letters]
    return _check("helpdesks", good="; ".join(told) or "cases are answered in the inbox alone")


def _returns(settings: Settings, flows: Flows) -> Check:
    """Half of it makes no label, and says so nowhere else."""
    makes = [one.name for one in flows if Returns in handed(one, accounts)]
    wrong = ""
    if makes and not settings.returns:
        wrong = f"{makes[0]} makes no label: say in `[[returns]]` where returns go, or take the flow out"
    elif settings.returns and not makes:
        wrong = "`[[returns]]` says where returns go, and no flow makes labels: load pawline.flows.label_return"
    return _check("returns", wrong, good="labels are made where it is said where they go")


def _networks(settings: Settings) -> Check:
    wide = []
    for one in settings.allow_networks:
        network = ipaddress.ip_network(one)
        if network.prefixlen == 0 or METADATA in network:
            wide.append(one)
    says = (
        f"`allow_networks`: {', '.join(wide)} lets calls reach this machine's own cloud credentials, too: name the"
        " network of the system that is meant"
    )
    return _check("networks", says if wide else "", good="none is wide open")


def _secrets(settings: Settings, connections: Connections) -> Check:
    live = {ear.account: {one.reveal() for one in ear.secrets} for ear in connections.ears}
    same = [
        f"{account.name}: a webhook secret is its `{name}`, too: whoever may call could then sign; have two"
        for account in settings.accounts if account.name in live
        for name in _doubled(settings, account, live[account.name])
    ]  # fmt: skip
    return _check("secrets", "; ".join(same), good="none is used twice")


def _doubled(settings: Settings, account: AccountSettings, live: set[str]) -> list[str]:
    """Settings that hold a webhook secret although they hold other things: all but one of those that hold it."""
    holds = {name: {*_revealed(settings, value)} & live for name, value in account.settings.items()}
    hooks = {name for name, held in holds.items() if held and isinstance(account.settings[name], list)}
    single = sorted(name for name, held in holds.items() if held and name not in hooks)
    return single if hooks else single[1:]


def _revealed(settings: Settings, value: object) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _revealed(settings, one)
    elif isinstance(value, dict) and set(value) in ({"env"}, {"file"}):
        yield secret_of(settings, value).reveal()
