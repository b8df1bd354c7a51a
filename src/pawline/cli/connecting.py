"""`pawline connect`: an account is asked for, checked, written into the settings, and told where its webhooks go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import Config, Json, run
from pawline.cli.draft import Draft, cleared
from pawline.cli.rehearsing import summary
from pawline.cli.writing import Answers, confirmed, given_by, questions
from pawline.hub import (
    Connections,
    Enrols,
    HubRefused,
    Settings,
    asked_at,
    card_of,
    connections_of,
    guard_of,
    heard_at,
    keyring_of,
    load_settings,
    probed,
    rehearsed,
    seal,
    sealed_at,
)
from pawline.hub.numbering import alike
from pawline.hub.settings import CONFIG, FILE
from pawline.kit import BadSettings, Connector, Guard
from pawline.ports import PortError

_GIVEN: Final = "[green]✓[/green]"
_NEXT: Final = "[yellow]→[/yellow]"


def connect(
    account: Annotated[str, typer.Argument(help="Connector and account, such as shopify/eu.")],
    shop: Annotated[str, typer.Option("--shop", help="Whose it is, if it is one shop's only.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", help="A setting, NAME=VALUE; may be given again.")] = None,
    secret: Annotated[
        list[str] | None, typer.Option("--secret", help="A secret, NAME=VARIABLE that holds it; may be given again.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Connect an account: ask for what it needs, check it, write it down, and have its webhooks sent to us."""
    settings, file = load_settings(config), _file(config)
    for left in cleared(file):
        typer.echo(f"a `pawline connect` that was killed had left {left}: it is removed", err=True)
    there = any(one.name == account for one in settings.accounts)
    if there and (set_ or secret or shop):
        raise HubRefused(f"{account} is in the settings already: change it there, then `pawline connect {account}`")
    card = card_of("ACCOUNT", account)
    following: list[str] = []
    if there:
        told = run(_connected(settings, account))
    else:
        ask = _ask if sys.stdin.isatty() and not json else None
        answers = questions(card.settings, _given(shop, set_, secret), ask)
        if ask is not None and card.shows is not None:
            answers = confirmed(answers, run(_shown(card, guard_of(settings), answers)), _sure)
        with Draft(file, account, answers) as draft:
            told = run(_connected(load_settings(draft.place), account, draft.keep))
        told.insert(0, f"{account} is in {draft.file}")
        following.append(
            f"start the hub anew: one that runs knows nothing of {account}, and tells its webhooks 404 until then"
        )
    if json:
        showing.json({"account": account, "told": told, "next": following})
        return
    for mark, said in ((_GIVEN, told), (_NEXT, following)):
        for one in said:
            showing.console().print(f"{mark} {escape(one)}")


def _file(config: Path | None) -> Path:
    return config or Path(os.environ.get(CONFIG) or FILE)


def _given(shop: str, set_: list[str] | None, secret: list[str] | None) -> Answers:
    named = _pairs(secret, "--secret")
    return Answers(
        shop, _once(_pairs(set_, "--set"), "--set"), {one: values[0] for one, values in named.items()},
        more={one: tuple(values[1:]) for one, values in named.items() if len(values) > 1},
    )  # fmt: skip


def _pairs(given: list[str] | None, option: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not equals or not name or not value:
            raise HubRefused(f"{option} {one.partition('=')[0]!r}: write NAME=VALUE")
        found.setdefault(name, []).append(value)
    return found


def _once(pairs: dict[str, list[str]], option: str) -> dict[str, str]:
    for name, values in pairs.items():
        if len(values) > 1:
            raise HubRefused(f"{option} {name} is given {len(values)} times: give it once")
    return {name: values[0] for name, values in pairs.items()}


def _ask(name: str, *, hidden: bool, optional: bool) -> str:
    said: Any = typer.prompt(
        f"{name}{' (empty: none)' if optional else ''}", hide_input=hidden, default="" if optional else None,
        show_default=False,
    )  # fmt: skip
    return str(said).strip()


def _sure(name: str, value: str) -> bool:
    return typer.confirm(f"it shows {name} = {value}: is that what its owner told you?", default=False)


async def _shown(card: Connector[Any], guard: Guard, answers: Answers) -> Mapping[str, str]:
    """What the system says of itself. Raises HubRefused where it cannot be asked."""
    try:
        read = card.configure(given_by(answers))
    except BadSettings as problem:
        raise HubRefused(f"{problem}: nothing was changed") from problem
    client = card.http(read, guard)
    try:
        return {} if card.shows is None else await card.shows(client, read)
    except (PortError, TimeoutError) as problem:
        raise HubRefused(f"it cannot be asked what it is: {problem}: nothing was changed") from problem
    finally:
        await client.close()


async def _connected(settings: Settings, account: str, keep: Callable[[], None] = lambda: None) -> list[str]:
    """What was found and done, in sentences; `keep` is called once it is proved, and before others are told of us.

    Raises HubRefused where the account cannot work.
    """
    connections, told = _of_it(settings, account)
    told += alike(settings, account)
    try:
        told += [*await _access(connections, account), *connections.states.get(account, ())]
        if any(one.account == account and one.rehearse for one in connections.watched):
            told += [f"{summary(one)}: `pawline look {account}`" for one in await rehearsed(connections, account)]
        keep()
        told += [*await _enrolled(settings, connections, account), *await _asked(settings, connections, account)]
        return told
    finally:
        await connections.close()


def _of_it(settings: Settings, account: str) -> tuple[Connections, list[str]]:
    """All accounts; where others cannot be connected this one alone: their secrets may be where the hub is started."""
    try:
        return connections_of(settings), []
    except HubRefused as problem:
        own = [one for one in settings.accounts if one.name == account]
        alone = msgspec.structs.replace(settings, accounts=own, messages=[])
        return connections_of(alone), [f"another account cannot be connected here: {problem}"]


async def _access(connections: Connections, account: str) -> list[str]:
    if account in connections.tries:
        try:
            return [await connections.tries[account]()]
        except PortError as no:
            raise HubRefused(f"{account}: {no.text}: nothing was changed") from no
    if account not in connections.probes:
        return ["its connector cannot ask whether it works: the first call tells"]
    problem = (await probed({account: connections.probes[account]}))[account]
    if problem:
        raise HubRefused(f"{account}: {problem}: nothing was changed")
    return ["it lets us in, and lacks nothing"]


async def _enrolled(settings: Settings, connections: Connections, account: str) -> list[str]:
    if settings.public and (kept := await _issued(settings, connections, account)):
        return kept
    hears = any(ear.account == account for ear in connections.ears)
    if not hears and account not in connections.deaf:
        return []
    if not hears:
        return ["it believes no webhook, for it has no webhook secret: add it to the settings, and connect again"]
    if not settings.public:
        return ["`public` is empty in the settings: name what `listen` is called from outside, and connect again"]
    seen_to = "webhooks", "its webhooks are sent to", "have its webhooks sent to"
    return await _seen_to(connections.enrols.get(account), heard_at(settings.public, account), account, seen_to)


async def _issued(settings: Settings, connections: Connections, account: str) -> list[str]:
    """What came of having its webhooks made, by a system that makes their secret and shows it once."""
    enrols = connections.enrols.get(account)
    if enrols is None or enrols.issue is None:
        return []
    keyring, address = keyring_of(settings), heard_at(settings.public, account)
    try:
        secret = await enrols.issue(address)
    except PortError as problem:
        return [f"its webhooks could not be seen to ({problem.text}): `pawline connect {account}` does it again"]
    if secret is None:
        return []
    path = sealed_at(account, enrols.issues)
    seal(settings, keyring, path, secret)
    line = f'{enrols.issues} = [{{ sealed = "{path}" }}]'
    return [
        f"its webhooks are sent to {address}",
        f"what they are signed with is kept, sealed: its settings are to say `{line}`, or none of them is believed",
    ]


async def _asked(settings: Settings, connections: Connections, account: str) -> list[str]:
    """What came of having its checkout ask for rates, where its shop has some."""
    if all(one.account != account for one in connections.askers) or not settings.public:
        return []
    seen_to = "rates", "rates are asked for at", "have its checkout ask for rates at"
    return await _seen_to(connections.asks.get(account), asked_at(settings.public, account), account, seen_to)


async def _seen_to(enrols: Enrols | None, address: str, account: str, words: tuple[str, str, str]) -> list[str]:
    what, done, by_hand = words
    if enrols is None:
        return [f"{by_hand} {address}: its connector cannot"]
    try:
        did = await enrols.enrol(address)
    except PortError as problem:
        return [f"its {what} could not be seen to ({problem.text}): `pawline connect {account}` does it again"]
    return [*did] or [f"{done} {address}"]
