"""Charts as SVG, drawn here: no script, no font, nothing from elsewhere. Each says in words what it shows."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, LEFT, RIGHT = 720, 130, 700
LINE: Final = 30
TICKS: Final = ((1, "1 ms"), (10, "10 ms"), (100, "100 ms"), (1_000, "1 s"), (10_000, "10 s"), (100_000, "100 s"))
HUES: Final = ("hand", "sync", "hybrid", "event")
"""Classes of the columns, in their order; the page says which colours they are."""


def _x(ms: float) -> float:
    """A place on the scale, which is logarithmic: from 1 ms to 100 s."""
    share = math.log10(min(max(ms, 1.0), 100_000.0)) / 5
    return LEFT + (RIGHT - LEFT) * share


def whiskers(title: str, rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    """For each name its p50, p95 and p99 as dots on a line (milliseconds)."""
    height = LINE * len(rows) + 44
    parts = [_open(title, height), _grid(height)]
    for n, (name, values) in enumerate(rows):
        y = LINE * n + 24
        parts.append(f'<text x="0" y="{y + 4}">{escape(name)}</text>')
        if not values:
            parts.append(f'<text x="{LEFT}" y="{y + 4}" class="dim">not measured</text>')
            continue
        xs = [_x(value) for value in values]
        hue = HUES[n % len(HUES)]
        parts.append(f'<line x1="{xs[0]:.1f}" y1="{y}" x2="{xs[-1]:.1f}" y2="{y}" class="bar {hue}"/>')
        for x, radius in zip(xs, (7, 5, 4), strict=False):
            parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="{radius}" class="{hue}"/>')
    return "".join([*parts, "</svg>"])


def dots(
    title: str, points: Sequence[tuple[float, float, bool]], spans: Sequence[tuple[str, float, float]], seconds: float,
    hue: str,
) -> str:  # fmt: skip
    """Waits (ms) over the day's seconds; hollow are shoppers who gave up. `spans` are troubles, shaded."""
    height, top, bottom = 190, 14, 160

    def x(second: float) -> float:
        return LEFT - 80 + (RIGHT - LEFT + 80) * min(max(second / seconds, 0.0), 1.0)

    def y(ms: float) -> float:
        return bottom - (bottom - top) * math.log10(min(max(ms, 1.0), 100_000.0)) / 5

    parts = [_open(title, height)]
    for name, begin, end in spans:
        parts.append(
            f'<rect x="{x(begin):.1f}" y="{top}" width="{max(1.0, x(end) - x(begin)):.1f}" height="{bottom - top}"'
            f' class="span"><title>{escape(name)}</title></rect>'
        )
    for tick, word in TICKS:
        parts.append(f'<line x1="{x(0):.0f}" y1="{y(tick):.1f}" x2="{RIGHT}" y2="{y(tick):.1f}" class="grid"/>')
        parts.append(f'<text x="{x(0) - 6:.0f}" y="{y(tick) + 4:.1f}" text-anchor="end" class="dim">{word}</text>')
    for second, ms, left in points:
        kind = f"hollow {hue}" if left else hue
        parts.append(f'<circle cx="{x(second):.1f}" cy="{y(ms):.1f}" r="2.4" class="{kind}"/>')
    parts.append(f'<text x="{x(0):.0f}" y="{height - 8}" class="dim">0 s</text>')
    parts.append(f'<text x="{RIGHT}" y="{height - 8}" text-anchor="end" class="dim">{seconds:.0f} s</text>')
    return "".join([*parts, "</svg>"])


def bars(title: str, rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Shares of 1 with their interval: name, value, low, high."""
    height = LINE * len(rows) + 44
    parts = [_open(title, height)]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = round(LEFT + (RIGHT - LEFT) * share, 1)
        parts.append(f'<line x1="{x}" y1="8" x2="{x}" y2="{height - 28}" class="grid"/>')
        parts.append(f'<text x="{x}" y="{height - 10}" text-anchor="middle" class="dim">{share:.0%}</text>')
    for n, (name, value, low, high) in enumerate(rows):
        y, hue = LINE * n + 14, HUES[n % len(HUES)]
        width = (RIGHT - LEFT) * value
        parts.append(f'<text x="0" y="{y + 14}">{escape(name)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{max(1.0, width):.1f}" height="18" class="{hue} soft"/>')
        one, other = LEFT + (RIGHT - LEFT) * low, LEFT + (RIGHT - LEFT) * high
        parts.append(f'<line x1="{one:.1f}" y1="{y + 9}" x2="{other:.1f}" y2="{y + 9}" class="whisker"/>')
    return "".join([*parts, "</svg>"])


def _grid(height: int) -> str:
    return "".join(
        f'<line x1="{_x(ms):.0f}" y1="8" x2="{_x(ms):.0f}" y2="{height - 28}" class="grid"/>'
        f'<text x="{_x(ms):.0f}" y="{height - 10}" text-anchor="middle" class="dim">{word}</text>'
        for ms, word in TICKS
    )


def _open(title: str, height: int) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
