"""What a person sees of an adopted day: both sides while they work, and what the ledgers say in the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pawline.cli.demo.screen import NEWS, judged

if TYPE_CHECKING:
    from pawline.cli.demo.adopted.figures import Figures
    from pawline.cli.demo.adopted.given import Given
    from pawline.cli.demo.adopted.world import World

KEYS: Final = "K kill the hub   S stop the warehouse   P pull the power   Ctrl-C end"


def columns(hand: World, ours: World) -> RenderableType:
    """Both sides, now."""
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(_side("wired by hand", "red", hand), _side("Pawline", "green", ours))
    news = [Text.assemble(("• ", "cyan"), one) for one in ours.progress.says[-NEWS:]]
    keys = [Text(KEYS, style="dim")] if ours.progress.keys else []
    return Group(grid, *keys, *news)


def _side(title: str, colour: str, world: World) -> RenderableType:
    state = world.progress
    grid = Table.grid(padding=(0, 1))
    for name, count in (("placed", state.placed), (world.packed, state.asked), ("in the books", state.booked)):
        bar = ProgressBar(state.orders, count, width=24, complete_style=colour, finished_style=colour)
        grid.add_row(name, bar, f"{count:,}")
    grid.add_row("killed", Text("✗ " * state.kills, style="red"), str(state.kills))
    return Panel(grid, title=title, border_style=colour)


def summary(
    hand: Figures, ours: Figures, source: Given | None = None, notes: Mapping[str, str] | None = None
) -> RenderableType:  # fmt: skip
    """The two days, line by line, and what a person decided; `notes` are other words beside a line, by its name."""
    table = Table(title="What the vendors' ledgers say (simulated)", title_justify="left", title_style="bold",
                  box=None, pad_edge=False, padding=(0, 1, 0, 1))  # fmt: skip
    for name, style in (("", None), ("by hand", None), ("Pawline", "bold"), ("", "dim")):
        table.add_column(name, justify="right" if name else "left", style=style)
    table.add_row(
        "orders placed",
        f"{hand.orders:,}",
        f"{ours.orders:,}",
        "40 % of them renewals, at once" if source is None else "real ones, as far apart as they were",
    )
    table.add_row("called off in time", f"{hand.cancelled:,}", f"{ours.cancelled:,}", "")
    table.add_row("kills", str(hand.kills), str(ours.kills), "SIGKILL, at work")
    table.add_row("time", f"{hand.seconds:.1f} s", f"{ours.seconds:.1f} s", "both at once")
    for name, left, right, note in _bad(hand, ours):
        table.add_row(name, judged(f"{left:,}"), judged(f"{right:,}"), (notes or {}).get(name, note))
    table.add_row("warned of the recall", f"{hand.warned:,}", f"{ours.warned:,}", "by hand nobody wired it")
    table.add_row("asked to write a card", str(hand.cards), str(ours.cards), "one pet died: one ticket")
    table.add_row(
        "webhooks that never came", f"{hand.given_up:,}", f"{ours.given_up:,}", "found by looking at the list"
    )
    decided = [
        Text.assemble("a person decided: ", (value, "bold"), f"  {title}") for title, value in ours.answered.items()
    ]
    inbox = [Text.assemble(("still in the inbox: ", "red"), title) for title in ours.left]
    told = [] if source is None else [Text(one, style="dim") for one in source.says()]
    return Group(table, Text(""), *decided, *inbox, *told)


def _bad(hand: Figures, ours: Figures) -> list[tuple[str, int, int, str]]:
    return [
        ("lost", len(hand.lost), len(ours.lost), "no warehouse was asked"),
        ("doubled", len(hand.doubled), len(ours.doubled), "packed twice"),
        ("not in the books", len(hand.not_booked), len(ours.not_booked), "the ERP does not have it"),
        ("sent though called off", len(hand.sent_anyway), len(ours.sent_anyway), ""),
        ("mailed twice", len(hand.mailed_twice), len(ours.mailed_twice), "messages, over all senders"),
        ("have the lot, not warned", len(hand.not_warned), len(ours.not_warned), "orders"),
        ("money wrong", len(hand.money_wrong), len(ours.money_wrong), f"orders; {ours.returned:,} parcels came back"),
        ("about a pet that died", hand.about_the_dead, ours.about_the_dead, "messages and autoships"),
        ("charged again", hand.authorised, ours.authorised, "the shop took the money"),
    ]
