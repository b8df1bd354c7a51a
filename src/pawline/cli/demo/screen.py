"""What a person sees of the demo: both sides while they work, and what the ledgers say in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pawline.cli.demo.figures import Figures
    from pawline.cli.demo.side import Side

NEWS = 6
"""Lines of news under the bars."""


def columns(hand: Side, ours: Side) -> RenderableType:
    """Both sides, now."""
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(_side("wired by hand", "red", hand), _side("Pawline", "green", ours))
    news = ours.progress.says[-NEWS:]
    return Group(grid, *[Text.assemble(("✗ ", "red"), one) for one in news])


def _side(title: str, colour: str, side: Side) -> RenderableType:
    state = side.progress
    grid = Table.grid(padding=(0, 1))
    for name, count in (("answered", state.accepted), ("ended", state.ended)):
        bar = ProgressBar(state.orders, count, width=24, complete_style=colour, finished_style=colour)
        grid.add_row(name, bar, f"{count:,}")
    grid.add_row("killed", Text("✗ " * state.kills, style="red"), str(state.kills))
    return Panel(grid, title=title, border_style=colour)


def summary(hand: Figures, ours: Figures) -> RenderableType:
    """The two days, line by line."""
    table = Table(title="What the vendors' ledgers say (simulated)", title_justify="left", title_style="bold",
                  box=None, pad_edge=False, padding=(0, 1, 0, 1))  # fmt: skip
    table.add_column("")
    table.add_column("by hand", justify="right")
    table.add_column("Pawline", justify="right", style="bold")
    table.add_column("", style="dim")
    for name, left, right, note in _good(hand, ours):
        table.add_row(name, left, right, note)
    for name, left, right, note in _bad(hand, ours):
        table.add_row(name, judged(left), judged(right), note)
    table.add_section()
    for name, one in ours.vendors.items():
        other = hand.vendors.get(name)
        effects = f"{other.effects:,}" if other else "0"
        doubt = f"{one.settled_after_doubt:,} doubts settled" if one.settled_after_doubt else ""
        table.add_row(f"effects at {name}", effects, f"{one.effects:,}", doubt)
    return table


def _good(hand: Figures, ours: Figures) -> list[tuple[str, str, str, str]]:
    why = ", ".join(f"{count} {reason}" for reason, count in ours.refused.items())
    return [
        ("orders placed", f"{hand.orders:,}", f"{ours.orders:,}", "the same for both"),
        ("confirmed, whole", f"{hand.confirmed:,}", f"{ours.confirmed:,}", "reserved, paid, told"),
        ("refused, undone", f"{sum(hand.refused.values()):,}", f"{sum(ours.refused.values()):,}", why),
        ("kills", f"{hand.kills}", f"{ours.kills}", "SIGKILL, at work"),
        ("time", f"{hand.seconds:.1f} s", f"{ours.seconds:.1f} s", "both at once"),
    ]


def _bad(hand: Figures, ours: Figures) -> list[tuple[str, str, str, str]]:
    left, right = (", ".join(f"{minor / 100:,.2f} {currency}" for currency, minor in one.taken_too_much.items()) or "0"
             for one in (hand, ours))  # fmt: skip
    return [
        ("lost", f"{len(hand.lost):,}", f"{len(ours.lost):,}", "nobody knows of it"),
        ("half done or doubled", f"{len(hand.half_done):,}", f"{len(ours.half_done):,}", "orders"),
        ("effects doubled", f"{len(hand.doubled):,}", f"{len(ours.doubled):,}", "cards, stock"),
        ("households told twice", f"{hand.written_twice:,}", f"{ours.written_twice:,}", ""),
        ("money taken twice", left, right, ""),
        ("stock tied up", f"{hand.stock_tied_up:,}", f"{ours.stock_tied_up:,}", "units nobody bought"),
    ]


def judged(text: str) -> Text:
    """A count of what should not be: green at 0."""
    return Text(text, style="green" if text == "0" else "bold red")
