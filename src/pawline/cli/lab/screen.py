"""What a person sees of the lab: the columns while they are played, and the two tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table as Drawn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.cli.lab.playing import State
    from pawline.lab.rows import Column
    from pawline.lab.tables import Table


def progress(states: Iterable[State], seconds: float) -> RenderableType:
    """All columns, now."""
    grid = Drawn.grid(padding=(0, 2))
    for one in states:
        colour = "green" if one.way.ours else "red"
        bar = ProgressBar(one.of, one.done, width=30, complete_style=colour, finished_style=colour)
        grid.add_row(Text(one.way.value, style="bold"), bar, f"{one.done:,}", Text(one.what, style="dim"))
    return Group(grid, Text(f"{seconds:.0f} s", style="dim"))


WIDE: Final = 132
"""Columns of a terminal in which it can be said what each row is; a narrow one has the numbers alone."""


def drawn(table: Table, columns: Sequence[Column], width: int) -> RenderableType:
    """One table as text."""
    made = Drawn(title=table.title, title_justify="left", title_style="bold", box=None, pad_edge=False, expand=True,
                 padding=(0, 2, 1, 0) if width >= WIDE else (0, 1, 0, 0))  # fmt: skip
    made.add_column("", ratio=2)
    for column in columns:
        made.add_column(column.way.value, ratio=2, style="bold" if column.way.ours else "")
    for row in table.rows:
        name = Text(row.name)
        if width >= WIDE or not row.applies:
            name.append(f"\n{row.says}" if row.applies else "\nnot of your checkout", style="dim")
        made.add_row(name, *[_cell(one.text, good=one.good, applies=row.applies) for one in row.cells])
    return made


def _cell(text: str, *, good: bool | None, applies: bool) -> Text:
    if not applies:
        return Text(text, style="dim strike")
    return Text(text, style={None: "", True: "green", False: "bold red"}[good])
