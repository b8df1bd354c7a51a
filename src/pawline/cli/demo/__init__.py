"""`pawline demo`: 2,000 orders, pretended vendors that fail, a hub that is killed; and what the vendors say of it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pawline.cli import showing
from pawline.cli.asking import Json, run
from pawline.cli.demo.day import Day

if TYPE_CHECKING:
    from pawline.cli.demo.day import Progress as State
    from pawline.cli.demo.figures import Figures


def demo(
    orders: Annotated[int, typer.Option("--orders", min=1, max=100_000, help="How many orders come in.")] = 2_000,
    kills: Annotated[int, typer.Option("--kills", min=0, max=50, help="How often the hub's process is killed.")] = 5,
    seed: Annotated[int, typer.Option("--seed", help="Of chance: faults of the vendors, moments of the kills.")] = 1,
    json: Json = False,
) -> None:
    """A day of a pet shop on this machine: nothing may be lost or doubled. Exit code 0 only if nothing was."""
    folder = Path(tempfile.mkdtemp(prefix="pawline-demo-"))
    if json:
        figures = run(Day(folder, orders=orders, kills=kills, seed=seed, tell=lambda _: None).play())
        showing.json(msgspec.to_builtins(figures) | {"good": figures.good})
    else:
        figures = _watched(folder, orders, kills, seed)
        _summary(figures)
    if figures.good:  # else its store and log stay, to be looked at
        shutil.rmtree(folder)
    if not figures.good:
        raise typer.Exit(1)


def _watched(folder: Path, orders: int, kills: int, seed: int) -> Figures:
    console = showing.console()
    console.print(
        f"[bold]A day of a pet shop[/bold]: {orders:,} orders, five vendors that fail now and then, "
        f"{kills} kills of the hub. SQLite, every commit synced."
    )
    bar = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    with bar:
        accepted = bar.add_task("accepted", total=orders)
        ended = bar.add_task("ended   ", total=orders)
        told = 0

        def tell(state: State) -> None:
            nonlocal told
            bar.update(accepted, completed=state.accepted)
            bar.update(ended, completed=state.ended)
            for text in state.says[told:]:
                bar.console.print(f"[red]✗[/red] {text}")
            told = len(state.says)

        return run(Day(folder, orders=orders, kills=kills, seed=seed, tell=tell).play())


def _summary(figures: Figures) -> None:
    console = showing.console()
    refused = ", ".join(f"{count} {why}" for why, count in figures.refused.items())
    console.print("\n[bold]What the vendors' ledger says[/bold]")
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(justify="right")
    facts.add_column(style="dim")
    facts.add_row("orders placed", f"{figures.orders:,}", "")
    facts.add_row("confirmed", f"{figures.confirmed:,}", "reserved, paid, shipped from stock, and told, once each")
    facts.add_row("refused", f"{sum(figures.refused.values()):,}", f"{refused}; nothing left over" if refused else "")
    facts.add_row("kills", f"{figures.kills}", "SIGKILL, in the middle of it")
    facts.add_row("time", f"{figures.seconds:.1f} s", f"{figures.orders_per_second:,.0f} orders/s, restarts included")
    console.print(facts)
    vendors = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2))
    for name, side in (
        ("vendor", "left"),
        ("effects", "right"),
        ("settled after doubt", "right"),
        ("doubled", "right"),
    ):
        vendors.add_column(name, justify=side)  # type: ignore[arg-type]
    for name, one in figures.vendors.items():
        vendors.add_row(name, f"{one.effects:,}", f"{one.settled_after_doubt:,}", _zero(one.doubled))
    console.print()
    console.print(vendors)
    console.print(
        f"\nlost {_zero(len(figures.lost))} · half done {_zero(len(figures.half_done))}"
        f" · doubled {_zero(len(figures.doubled))}"
        f" · repeated where it does no harm {figures.repeated_harmlessly}"
    )
    for name in ("lost", "half_done", "doubled"):
        for what in getattr(figures, name)[:5]:
            console.print(f"  [red]{name.replace('_', ' ')}[/red] {what}")


def _zero(count: int) -> str:
    return "[green]0[/green]" if count == 0 else f"[bold red]{count:,}[/bold red]"
