"""`pawline demo`: one day twice, wired by hand and with Pawline, and what the vendors' ledgers say of both."""

from __future__ import annotations

import asyncio
import enum
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.live import Live

from pawline.cli import showing
from pawline.cli.asking import Json, run
from pawline.cli.demo import adopted
from pawline.cli.demo.day import Day
from pawline.cli.demo.hand_day import HandDay
from pawline.cli.demo.own import OwnWiring, OwnWorld
from pawline.cli.demo.screen import columns, summary
from pawline.cli.demo.side import Side
from pawline.hub import HubRefused
from pawline.kit.exports import WrongExport

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.cli.demo.figures import Figures
    from pawline.cli.demo.side import Progress


PEAK: Final = 15_000
"""Orders of a peak day."""
CHAOS: Final = 15
"""Kills of each side, at least."""


class Checkout(enum.StrEnum):
    """Who owns the shop's checkout."""

    THEIRS = "theirs"
    OURS = "ours"


class Made(enum.StrEnum):
    """At whose interfaces the day is played, of a shop whose checkout is its own."""

    PLAIN = "plain"
    OWN = "own"


MOST: Final = {Made.PLAIN: 2_000, Made.OWN: 300}
"""Orders, unless it is said how many."""
Orders = Annotated[
    int | None,
    typer.Option(
        "--orders", min=1, max=100_000, show_default=False,
        help="How many orders come in: 300, or 2,000 at plain vendors.",
    ),
]  # fmt: skip
Vendors = Annotated[
    Made | None,
    typer.Option(
        "--vendors", show_default=False,
        help="own: Shopify and the rest, by their contracts; plain for --peak, --orders-from, --checkout ours.",
    ),
]  # fmt: skip
OrdersFrom = Annotated[
    Path | None,
    typer.Option(
        help="Real orders, the first --orders of them: a Shopify order export (CSV), or Olist's tables.",
        show_default=False,
    ),
]
Peak = Annotated[bool, typer.Option("--peak", help="Twelve hours of a peak day: 15,000 made-up orders.")]
Chaos = Annotated[
    bool, typer.Option("--chaos", help="15 kills at least, some without power after; every vendor is away once.")
]


def demo(
    orders: Orders = None,
    kills: Annotated[int, typer.Option("--kills", min=0, max=50, help="How often each side's process is killed.")] = 5,
    seed: Annotated[int, typer.Option("--seed", help="Of chance: faults of the vendors, moments of the kills.")] = 1,
    checkout: Annotated[
        Checkout, typer.Option("--checkout", help="Whose it is: the shop's (orders come by webhook), or ours.")
    ] = Checkout.THEIRS,
    vendors: Vendors = None,
    orders_from: OrdersFrom = None,
    peak: Peak = False,
    chaos: Chaos = False,
    once: Annotated[
        bool, typer.Option("--once", help="End with the day; else, at a terminal, the hub stays up until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """A day of a pet shop on this machine, wired by hand and with Pawline, against the same vendors.

    Nothing may be lost or doubled by Pawline: exit code 0 only if nothing was.
    """
    _refuse(checkout, vendors, orders_from, peak=peak, chaos=chaos)
    made = vendors or (Made.PLAIN if checkout is Checkout.OURS or orders_from or peak else Made.OWN)
    orders = orders or MOST[made]
    source = None if orders_from is None else _read(orders_from, orders, as_json=json)
    folder = Path(tempfile.mkdtemp(prefix="pawline-demo-"))
    if checkout is Checkout.THEIRS:
        size = adopted.Size(PEAK if peak else orders, max(kills, CHAOS) if chaos else kills, seed, chaos)
        day = _Day(folder, size, source, own=made is Made.OWN)
        _end(folder, good=day.play(once=once, as_json=json))
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


def _refuse(checkout: Checkout, vendors: Made | None, orders_from: Path | None, *, peak: bool, chaos: bool) -> None:
    """Raises HubRefused for what does not go together."""
    if checkout is Checkout.OURS and (orders_from or peak or chaos or vendors is Made.OWN):
        what = "--orders-from, --peak, --chaos and --vendors own"
        raise HubRefused(f"{what} are of the shop's own checkout: leave --checkout out")
    if vendors is Made.OWN and (orders_from or peak):
        raise HubRefused("--orders-from and --peak are of the plain vendors: leave --vendors out")
    if peak and orders_from:
        raise HubRefused(
            "--peak makes up its orders: leave it out, and say with --orders how many of the export's are played"
        )


def _end(folder: Path, *, good: bool) -> None:
    if good:
        shutil.rmtree(folder)
        return
    typer.echo(f"its store and its log stay in {folder}", err=True)
    raise typer.Exit(1)


def _read(path: Path, most: int, *, as_json: bool) -> adopted.Given:
    """Orders of an export; what of it is not played is told."""
    try:
        found = adopted.given(path, most)
    except WrongExport as problem:
        raise HubRefused(str(problem)) from None
    console = Console(stderr=True, highlight=False)
    for bad in found.bad[: 0 if as_json else adopted.SHOWN]:
        console.print(f"line {bad.line}, order {bad.order}: {bad.why}", style="dim", markup=False)
    if len(found.bad) > adopted.SHOWN and not as_json:
        console.print(f"{len(found.bad):,} orders are passed over; the first {adopted.SHOWN} are above", style="yellow")
    return found


class _Day:
    """A day of a shop whose checkout is its own."""

    def __init__(self, folder: Path, size: adopted.Size, source: adopted.Given | None, *, own: bool) -> None:
        self.source, self.own = source, own
        hand, self.folder = folder / "hand", folder / "ours"
        for one in (hand, self.folder):
            one.mkdir()
        self.wiring = OwnWiring() if own else adopted.Wiring()
        self.worlds = [OwnWorld(one, size) if own else adopted.World(one, size, source) for one in (hand, self.folder)]
        self.hand = adopted.HandDay(self.worlds[0], self.wiring)
        self.ours = adopted.OurDay(self.folder, self.worlds[1], self.wiring)

    def play(self, *, once: bool, as_json: bool) -> bool:
        """Whether nothing was lost or doubled."""
        if as_json:
            by_hand, figures = run(adopted.both(self.hand, self.ours))
            told = msgspec.to_builtins(figures) | {"good": figures.good, "by_hand": msgspec.to_builtins(by_hand)}
            showing.json(told)
            return figures.good
        console = showing.console()
        console.print(self._says())
        live = Live(console=console, refresh_per_second=5, get_renderable=lambda: adopted.columns(*self.worlds))

        async def after(by_hand: adopted.Figures, figures: adopted.Figures) -> None:
            live.stop()
            console.print("\n", adopted.summary(by_hand, figures, self.source, self.wiring.bad))
            if console.is_terminal and sys.stdin.isatty() and not once:
                await _stays(self.folder)

        with live:
            _, figures = run(adopted.both(self.hand, self.ours, after))
        return figures.good

    def _says(self) -> str:
        size = self.worlds[0].size
        who = "made-up vendors that fail"
        if self.own:
            who = "Shopify, Recharge, Klaviyo, EasyPost and Zendesk, pretended by their own contracts, that fail"
        return (
            f"[bold]A day of a pet shop[/bold] that has its own checkout: {size.orders:,} orders over webhooks that"
            f" come twice, late or never; {who}; an ERP that knows files only; {size.kills} kills of each side's"
            " process. Left a plain script, as shops wire it by hand; right Pawline on SQLite. "
        ) + (
            "All of it is made up."
            if self.source is None
            else f"The orders are from {self.source.source}, all else is made up."
        )


async def _stays(folder: Path) -> None:
    """Until Ctrl-C: whoever wants to look looks."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    told = f"pawline runs list --config {folder / 'pawline.toml'}"
    showing.console().print(f"\nThe hub is still up: [bold]{told}[/bold]; cases, events and views too. Ctrl-C ends it.")
    await stop.wait()


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
