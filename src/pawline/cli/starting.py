"""`pawline up`, `init`, `doctor`: from nothing to a hub that runs, and whether it is well."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import Config, Json, run
from pawline.cli.sample import FILES
from pawline.hub import (
    Connections,
    Hub,
    HubRefused,
    Reach,
    Settings,
    access_check,
    check_free,
    compared,
    connections_of,
    enrolment_check,
    flows_of,
    keyring_of,
    load_settings,
    prepared,
    rates_check,
    room,
    tune,
)
from pawline.hub.numbering import alike
from pawline.ports import Board
from pawline.store import Keyring, StoreError


def up(config: Config = None, json: Json = False) -> None:
    """Run the hub until it is told to stop (Ctrl-C, SIGTERM)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run(_up(load_settings(config), as_json=json))


async def _up(settings: Settings, *, as_json: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tune()
    async with await Hub.open(settings) as hub, _web(hub) as address:
        flows = [f"{flow.name} {flow.version}" for flow in hub.engine.flows]
        if as_json:
            told = {"up": True, "shops": settings.shops, "flows": flows, "listens": address}
            typer.echo(msgspec.json.encode(told).decode())
        else:
            showing.console().print(
                f"[green]Pawline is up[/green]: {', '.join(settings.shops)}; {len(flows)} flow(s); Ctrl-C ends it"
            )
            for account in hub.hearing.ears if address else ():
                showing.console().print(f"  hears {address}/hooks/{account}")
            for account in hub.quoting.askers if address else ():
                showing.console().print(f"  tells rates at {address}/rates/{account}")
            for account in hub.visits.sites if address else ():
                showing.console().print(f"  counts visits at {address}/pixels/{account}/…")
        stopped = asyncio.create_task(stop.wait())
        ends: set[asyncio.Future[Any]] = {stopped, hub.broken}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if hub.broken.done():
            raise hub.broken.result()


def _web(hub: Hub) -> AbstractAsyncContextManager[str]:
    if not hub.settings.listen:
        return nullcontext("")
    from pawline.console import pages  # noqa: PLC0415 - a seventh of every command's start, for one that listens
    from pawline.web import serving  # noqa: PLC0415

    return serving(hub, pages(hub))


def init(
    folder: Annotated[Path, typer.Argument(help="Where; it is made if it is not there.")] = Path(),
    shop: Annotated[str, typer.Option("--shop", help="What your shop is called.")] = "my-shop",
    json: Json = False,
) -> None:
    """Write settings, a key, and a sample flow with its test. Nothing that is there is overwritten."""
    if not shop or set(shop) & set('"\\*'):
        raise HubRefused('a shop\'s name is a word such as "pets-eu"')
    folder.mkdir(parents=True, exist_ok=True)
    key, made, kept = folder / "pawline.key", [], []
    for name, text in FILES.items():
        if (folder / name).exists():
            kept.append(name)
            continue
        (folder / name).write_text(text.replace("{shop}", shop), "utf-8")
        made.append(name)
    if key.exists():
        kept.append(key.name)
    else:
        Keyring.generate().save(key)
        made.append(key.name)
    if json:
        showing.json({"folder": str(folder), "made": made, "kept": kept})
        return
    console, where = showing.console(), "" if folder == Path() else f"cd {folder} && "
    console.print(
        f"[green]made[/green] {', '.join(made) or 'nothing'}"
        + (f"; left as they are: {', '.join(kept)}" if kept else "")
    )
    console.print(
        "Copy pawline.key to a safe place: without it nobody can read the store, not even you.", style="yellow"
    )
    console.print(
        f"Next: [bold]{where}pawline dev --send sample.json[/bold], and python -m pytest for the flow's rehearsal."
    )


def doctor(config: Config = None, json: Json = False) -> None:
    """Ask everything that can be asked of a hub and its store. Exit code 1 if something will not work."""
    checks = run(_doctor(config))
    bad = any(check["state"] == "bad" for check in checks)
    if json:
        showing.json({"well": not bad, "checks": checks})
    else:
        marks = {"good": "[green]✓[/green]", "look": "[yellow]•[/yellow]", "bad": "[red]✗[/red]"}
        for check in checks:
            showing.console().print(f"{marks[check['state']]} [bold]{check['name']:<11}[/bold] {escape(check['says'])}")
    if bad:
        raise typer.Exit(1)


async def _doctor(config: Path | None) -> list[dict[str, Any]]:
    checks: list[dict[str, Any]] = []

    def told(name: str, problem: Exception | None, good: str) -> bool:
        state, says = ("good", good) if problem is None else ("bad", str(problem))
        checks.append({"name": name, "state": state, "says": says})
        return problem is None

    try:
        settings = load_settings(config)
    except HubRefused as problem:
        told("settings", problem, "")
        return checks
    told("settings", None, f"shops {', '.join(settings.shops)}; store {settings.url.rpartition('@')[2]}")
    told("key", _problem(keyring_of, settings), f"{settings.key_path} or PAWLINE_KEY is readable")
    importable = told("flows", _problem(flows_of, settings), "every module is importable")
    if told("accounts", _problem(connections_of, settings), f"{len(settings.accounts)} can be connected"):
        connections = connections_of(settings)
        checks.append(_numbers(settings))
        checks.append(_webhooks(settings, connections))
        checks += _declared(connections)
        checks += await _accounts(settings, connections)
        if importable:
            checks += map(msgspec.to_builtins, prepared(settings, flows_of(settings), connections))
    checks.append(msgspec.to_builtins(room(settings)))
    try:
        async with Reach(settings) as desk:
            if settings.listen and not (desk.by_line or settings.on_postgres):  # else a hub has it, and ought to
                told("listen", _problem(lambda one: check_free(one.listen), settings), f"{settings.listen} is free")
            told("store", None, "opens" + (", a hub answers" if desk.by_line else ""))
            checks += await desk.ask("health")
    except (HubRefused, StoreError) as problem:
        told("store", problem, "")
    except OSError as problem:
        where = settings.url.rpartition("@")[2]
        told("store", HubRefused(f"{where} cannot be opened ({problem.strerror}): make its folder ours to write"), "")
    return checks


def _numbers(settings: Settings) -> dict[str, Any]:
    """Whether an order's number says which it is."""
    found = alike(settings)
    says = "; ".join(found) or "no two accounts of a shop number their orders alike"
    return {"name": "numbers", "state": "look" if found else "good", "says": says}


def _webhooks(settings: Settings, connections: Connections) -> dict[str, Any]:
    """Whether webhooks have a way in, and somebody who hears them."""
    hear, deaf = ", ".join(ear.account for ear in connections.ears), ", ".join(connections.deaf)
    says, state = f"{hear} hears at {settings.listen}" if hear else "no account hears any", "good"
    boards = {one.account for one in connections.bindings if one.port is Board}
    if hear and not settings.listen:
        says, state = f"{hear} could hear, but `listen` is empty: name an address there, or nothing comes in", "bad"
    elif settings.listen and deaf:
        says, state = f"{deaf} believes no webhook, for its settings hold no webhook secret: add it", "look"
    elif settings.listen and not hear and not any(one.account in boards for one in settings.helpdesks):
        says, state = "`listen` names an address, but no account hears webhooks", "look"
    return {"name": "webhooks", "state": state, "says": says}


def _declared(connections: Connections) -> list[dict[str, Any]]:
    """What settings say of a system that nobody here can verify, for people to read again."""
    return [
        {"name": "declared", "state": "good", "says": f"{account}: {'; '.join(said)}"}
        for account, said in connections.states.items()
    ]


async def _accounts(settings: Settings, connections: Connections) -> list[dict[str, Any]]:
    """What is asked of the accounts themselves. Closes their clients: nobody else asks."""
    hear = frozenset(ear.account for ear in connections.ears)
    try:
        asked = [
            await access_check(connections.probes),
            await enrolment_check(connections.enrols, settings.public, hear),
            await rates_check(settings, connections),
        ]
        return [*map(msgspec.to_builtins, asked), await _messages(settings, connections)]
    finally:
        await connections.close()


async def _messages(settings: Settings, connections: Connections) -> dict[str, Any]:
    """Whether each message has one sender, as far as the accounts tell."""
    found = await compared(settings, connections.sends)
    says = "; ".join([*found.wrong, *found.unknown])
    state = "bad" if found.wrong else "look" if found.unknown else "good"
    says = says or f"{len(settings.messages)} in the register, each with one sender"
    return {"name": "messages", "state": state, "says": says}


def _problem(what: Any, settings: Settings) -> Exception | None:
    try:
        what(settings)
    except HubRefused as problem:
        return problem
    return None
