"""`pawline demo`: one day twice, wired by hand and with Pawline, and what the vendors' ledgers say of both."""

from __future__ import annotations

import asyncio
import enum
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.live import Live

from pawline.cli import showing
from pawline.cli.asking import Json, run
from pawline.cli.demo import adopted
from pawline.cli.demo.day import Day
from pawline.cli.demo.hand_day import HandDay
from pawline.cli.demo.screen import columns, summary
from pawline.cli.demo.side import Side
from pawline.hub import HubRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.cli.demo.figures import Figures
    from pawline.cli.demo.side import Progress


class Checkout(enum.StrEnum):
    """Who owns the shop's checkout."""

    THEIRS = "theirs"
    OURS = "ours"


def demo(
    orders: Annotated[int, typer.Option("--orders", min=1, max=100_000, help="How many orders come in.")] = 2_000,
    kills: Annotated[int, typer.Option("--kills", min=0, max=50, help="How often each side's process is killed.")] = 5,
    seed: Annotated[int, typer.Option("--seed", help="Of chance: faults of the vendors, moments of the kills.")] = 1,
    checkout: Annotated[
        Checkout, typer.Option("--checkout", help="Whose it is: the shop's (orders come by webhook), or ours.")
    ] = Checkout.THEIRS,
    json: Json = False,
) -> None:
    """A day of a pet shop on this machine, wired by hand and with Pawline, against the same vendors.

    Nothing may be lost or doubled by Pawline: exit code 0 only if nothing was.
    """
    folder = Path(tempfile.mkdtemp(prefix="pawline-demo-"))
    if checkout is Checkout.THEIRS:
        _end(folder, good=_theirs(folder, adopted.Size(orders, kills, seed), as_json=json))
        return
    hand, ours = Side(orders, kills, seed), Side(orders, kills, seed)
    if json:
        by_hand, figures = run(_both(folder, hand, ours, lambda _: None))
        told = msgspec.to_builtins(figures) | {"good": figures.good, "by_hand": msgspec.to_builtins(by_hand)}
        showing.json(told)
    else:
        by_hand, figures = _watched(folder, hand, ours)
        showing.console().print("\n", summary(by_hand, figures))
    _end(folder, good=figures.good)


def _end(folder: Path, *, good: bool) -> None:
    if good:
        shutil.rmtree(folder)
        return
    typer.echo(f"its store and its log stay in {folder}", err=True)
    raise typer.Exit(1)


def _theirs(folder: Path, size: adopted.Size, *, as_json: bool) -> bool:
    """A shop whose checkout is its own. Whether nothing was lost or doubled."""
    sides = [folder / "hand", folder / "ours"]
    for one in sides:
        one.mkdir()
    worlds = [adopted.World(one, size) for one in sides]
    days = adopted.both(adopted.HandDay(worlds[0]), adopted.OurDay(sides[1], worlds[1]))
    if as_json:
        by_hand, figures = run(days)
        showing.json(msgspec.to_builtins(figures) | {"good": figures.good, "by_hand": msgspec.to_builtins(by_hand)})
        return figures.good
    console = showing.console()
    console.print(
        f"[bold]A day of a pet shop[/bold] that has its own checkout: {size.orders:,} orders over webhooks that come"
        f" twice, late or never; vendors that fail; an ERP that knows files only; {size.kills} kills of each side's"
        " process. Left a plain script, as shops wire it by hand; right Pawline on SQLite. All of it is made up."
    )
    with Live(console=console, refresh_per_second=5, get_renderable=lambda: adopted.columns(*worlds)):
        by_hand, figures = run(days)
    console.print("\n", adopted.summary(by_hand, figures))
    return figures.good


async def _both(folder: Path, hand: Side, ours: Side, tell: Callable[[Progress], None]) -> tuple[Figures, Figures]:
    """Both days at once: they share the machine, and nothing else. Raises HubRefused where one cannot be played."""
    try:
        async with asyncio.TaskGroup() as group:
            by_hand = group.create_task(HandDay(hand, tell).play())
            figures = group.create_task(Day(folder, ours, tell).play())
    except* HubRefused as refused:
        first: BaseException = refused
    else:
        return by_hand.result(), figures.result()
    while isinstance(first, BaseExceptionGroup):  # a day has a group of its own
        first = first.exceptions[0]
    raise first


def _watched(folder: Path, hand: Side, ours: Side) -> tuple[Figures, Figures]:
    console, orders, kills = showing.console(), ours.progress.orders, len(ours.kills_at)
    console.print(
        f"[bold]A day of a pet shop[/bold]: {orders:,} orders, vendors over HTTP that fail now and then, {kills} kills"
        " of each side's process. Left a plain script, as shops wire it by hand; right Pawline on SQLite. All of it is"
        " made up."
    )
    with Live(console=console, refresh_per_second=5, get_renderable=lambda: columns(hand, ours)):
        return run(_both(folder, hand, ours, lambda _: None))
