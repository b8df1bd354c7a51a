"""Cells of the tables: what one column's rows come to under one heading, with the rows that it was reckoned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pawline.lab import curves
from pawline.lab.figures import Figure, exactly, proportion, quantile, quantiles
from pawline.lab.judging import half_done, lost
from pawline.lab.rows import LOOKED, Back, Fate, Left

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pawline.lab.rows import Column, Round, Visit

LIMIT: Final = 250.0
"""Milliseconds: an answer within which nobody waits."""
SHARES: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
NOT: Final = "not measured"
PROBED: Final = "a SKU's stock at /v1/products, told every half second, each counted from when it was due"
SCRIPT_KEEPS: Final = "the script keeps nothing that a page could show"


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """`text` is shown; `figures` are behind it; `raw` names the rows (`visits`, `orders`, …), see `Column`.

    `path` is where they are in the report, as a JSON pointer whose `*` is every day. `why` says why nothing was
    measured, or what is to be known of it.
    """

    text: str
    raw: str
    figures: tuple[Figure, ...] = ()
    why: str = ""
    good: bool | None = None
    path: str = ""


def missing(why: str, raw: str) -> Cell:
    """Of what was not measured."""
    return Cell(text=NOT, raw=raw, why=why)


def in_trouble(visit: Visit, day: Round) -> bool:
    """Whether anything was wrong between their coming and their first answer, or their leaving."""
    end = visit.due + visit.stayed / 1_000
    return any(one.begin < end and visit.due < one.end for one in day.troubles)


def shoppers(day: Round) -> list[Visit]:
    """Who waited: a renewal is ordered by a machine."""
    return [one for one in day.visits if not one.autoship]


def answers(column: Column, *, trouble: bool) -> Cell:
    """How long shoppers waited; who left before has the time at which they left, so it is at least so long."""
    rounds = [[v.stayed for v in shoppers(day) if in_trouble(v, day) is trouble] for day in column.rounds]
    found = [quantiles(name, share, rounds) for name, share in SHARES]
    figures = tuple(one for one in found if one is not None)
    if not figures:
        return missing("nobody came at such a time: let more come (--orders)", "visits")
    return Cell(text=" / ".join(ms(one.value) for one in figures), raw="visits", figures=figures)


def parts(column: Column) -> Cell:
    """What must be kept running."""
    one = column.parts
    count = one.processes + one.stores + one.systems
    text = f"{count}: {one.processes} process, {one.stores} store, {one.systems} accounts"
    if not column.way.ours:
        text = f"{count}: {one.processes} process, {one.systems} systems called"
    return Cell(text=text, raw="parts", figures=(exactly("moving parts", count),))


def settings(column: Column) -> Cell:
    """What must be set, and written."""
    one = column.parts
    figures = exactly("settings", one.settings), exactly("lines of code", one.code_lines)
    return Cell(text=f"{one.settings}; {one.code_lines} lines of own code", raw="parts", figures=figures)


def seen(column: Column) -> Cell:
    """Shoppers whose page showed an error at least once."""
    each = [(sum(v.broken > 0 for v in shoppers(day)), len(shoppers(day))) for day in column.rounds]
    return _shared("saw an error", each, "visits")


def recovered(column: Column) -> Cell:
    """Of the orders placed while something was wrong, those that became whole, or were undone and said so."""
    each = []
    for day in column.rounds:
        hard = [o for o in day.orders if any(s.begin <= o.placed < s.end for s in day.troubles)]
        fine = [o for o in hard if o.fate is Fate.WHOLE or ((o.refused or o.back) and o.fate is not Fate.HALF)]
        each.append((sum(not o.doubled for o in fine), len(hard)))
    return _shared("recovered", each, "orders")


def wrong(column: Column) -> Cell:
    """What nobody may ever have: lost, half done, doubled, sold over what there is."""
    rows = [one for day in column.rounds for one in day.orders]
    counts = {
        "lost": len(lost(rows)), "half done": len(half_done(rows)), "doubled": sum(one.doubled > 0 for one in rows),
        "oversold": sum(sum(day.oversold.values()) for day in column.rounds),
    }  # fmt: skip
    figures = tuple(exactly(name, count, len(rows)) for name, count in counts.items())
    text = " / ".join(f"{count:,}" for count in counts.values())
    return Cell(text=text, raw="orders", figures=figures, good=not any(counts.values()))


def holds(column: Column) -> Cell:
    """The highest rate of the ramp at which the p99 was under LIMIT, and nobody was answered by an error."""
    if not column.ramp:
        return missing("the ramp was left out (--no-ramp)", "ramp")
    held = _held(column, lambda p99: p99 < LIMIT)
    first = column.ramp[0]
    if held is None:
        return Cell(text=f"none: p99 is {ms(first.p99_ms)} at {first.rate:g}/s", raw="ramp",
                    figures=(exactly("orders a second", 0),))  # fmt: skip
    return _rate(column, held)


def keeps_up(column: Column) -> Cell:
    """The highest rate of the ramp at which the p99 was at most twice that of the lowest rate, or under LIMIT."""
    if not column.ramp:
        return missing("the ramp was left out (--no-ramp)", "ramp")
    least = max(column.ramp[0].p99_ms, LIMIT / 2)
    return _rate(column, _held(column, lambda p99: p99 <= 2 * least) or 0.0)


def gave_up(column: Column) -> Cell:
    """Shoppers who left without an answer, once or for good."""
    each = [(sum(v.gave_up for v in shoppers(day)), len(shoppers(day))) for day in column.rounds]
    return _shared("gave up", each, "visits")


def unsold(column: Column) -> Cell:
    """Of those whose goods were there: nothing of theirs arrived in the end, whether they know it or not."""
    each = []
    for day in column.rounds:
        whole = {one.number for one in day.orders if one.arrived or one.back is Back.CALLED_OFF}
        could = [v for v in shoppers(day) if v.left is not Left.SOLD_OUT]
        each.append((sum(v.number not in whole for v in could), len(could)))
    return _shared("not sold", each, "visits")


def by_curves(column: Column) -> Cell:
    """What the waits of this run cost by published studies."""
    found = curves.costs([v.stayed for day in column.rounds for v in shoppers(day)])
    if found is None:
        return missing("nobody came", "visits")
    text = f"−{found.value:.0%} (−{found.low:.0%} to −{found.high:.0%})"
    return Cell(text=text, raw="visits", figures=(found,), why=curves.SOURCES)


def freshness(column: Column) -> Cell:
    """From when a stock figure is due until the page of its product shows it, or a later one.

    What it never showed took as long as was looked. It is about one SKU's stock, told every half second: no page is
    chosen by anybody's pet.
    """
    rounds = [[1_000 * LOOKED if lag.ms is None else lag.ms for lag in day.lags] for day in column.rounds]
    found = [quantiles(name, share, rounds) for name, share in SHARES[:2]]
    figures = tuple(one for one in found if one is not None)
    if not figures:
        return missing("no figure was due" if column.way.ours else SCRIPT_KEEPS, "lags")
    return Cell(text=" / ".join(ms(one.value) for one in figures), raw="lags", figures=figures, why=PROBED)


def manual(column: Column) -> Cell:
    """Questions to a person, and orders that the ledgers show to need one, for 1,000 orders."""
    rate = manual_rate(column)
    if rate is None:
        return missing("there is no order", "orders")
    return Cell(text=f"{rate.value:,.0f}", raw="orders", figures=(rate,))


def manual_rate(column: Column) -> Figure | None:
    """For 1,000 orders, with the interval of a share: one order, one piece of work."""
    each = []
    for day in column.rounds:
        bad = sum(one.fate is Fate.HALF or one.doubled > 0 for one in day.orders) + len(lost(day.orders))
        each.append((min(len(day.orders), bad + len(day.cases) + day.by_hand), len(day.orders)))
    share = proportion("for 1,000 orders", sum(one for one, _ in each), sum(all_ for _, all_ in each), each)
    if share is None:
        return None
    value, low, high = (round(1_000 * one, 1) for one in (share.value, share.low, share.high or 0.0))
    return msgspec.structs.replace(share, value=value, low=low, high=high)


def surveys(column: Column) -> Cell:
    """Survey tools that can be connected without code; nobody was asked in this run."""
    if not column.way.ours:
        return missing("no system of the script asks anybody", "parts")
    tools = column.parts.tools
    why = "counted from the connectors that play Surveys; no survey tool takes part in the day, so nobody was asked"
    text = f"{len(tools)} tools: {', '.join(tools)}"
    return Cell(text=text, raw="parts", figures=(exactly("tools", len(tools)),), why=why)


def workflow(column: Column) -> Cell:
    """From the order to the last system's effect, of orders that are whole, and that nobody called off or sent back."""
    rounds = [
        [
            1_000 * (o.done - o.placed)
            for o in day.orders
            if o.fate is Fate.WHOLE and o.done is not None and o.back is None
        ]
        for day in column.rounds
    ]
    figures = tuple(one for name, share in SHARES if (one := quantiles(name, share, rounds)) is not None)
    if not figures:
        return missing("no order is whole", "orders")
    return Cell(text=" / ".join(ms(one.value) for one in figures), raw="orders", figures=figures)


def recovery(column: Column) -> Cell:
    """From the end of a trouble until the orders that were placed in it are done: p50, p95, and the last one.

    Where troubles overlap, an order counts once, from the end of the last one.
    """
    lags, never = list[list[float]](), 0
    for day in column.rounds:
        spans = [(o, [s.end for s in day.troubles if s.begin <= o.placed < s.end]) for o in day.orders]
        mine = [(max(ends), o) for o, ends in spans if ends and o.back is None]
        never += sum(o.done is None and not (o.refused and o.fate is Fate.NOTHING) for _, o in mine)
        lags.append([1_000 * max(0.0, o.done - end) for end, o in mine if o.done is not None])
    every = sorted(one for each in lags for one in each)
    if not every:
        return missing("no order was placed in trouble", "orders")
    figures = [one for one in (quantiles("p50", 0.5, lags), quantiles("p95", 0.95, lags)) if one is not None]
    text = f"{ms(quantile(every, 0.5))} / {ms(quantile(every, 0.95))} / {ms(every[-1])}"
    if never:
        text += f"; {never} never"
    return Cell(text=text, raw="orders", figures=(*figures, exactly("never", never, len(every) + never)))


def personal(column: Column) -> Cell:
    """Read models that a page could be made from, counted, and how late one of them shows what is due."""
    if not column.parts.views:
        return missing(SCRIPT_KEEPS, "parts")
    fresh = freshness(column)
    text = f"{column.parts.views} views; stock {fresh.text}"
    figures = exactly("views", column.parts.views), *fresh.figures
    return Cell(text=text, raw="lags", figures=figures, why=PROBED)


def reduction(column: Column, hand: Column | None) -> Cell:
    """Against the column by hand."""
    if hand is None:
        return missing("the column by hand was left out (--only)", "orders")
    if column.way is hand.way:
        return Cell(text="–", raw="orders", why="what the others are compared with")
    before, now = manual_rate(hand), manual_rate(column)
    if before is None or now is None or not before.value:
        return missing("by hand nobody had anything to do", "orders")
    less = Figure(
        name="less manual work", value=1 - now.value / before.value, high=1 - now.low / (before.high or before.value),
        low=1 - (now.high or now.value) / max(before.low, 0.1), n=now.n,
    )  # fmt: skip
    text = f"{'+' if less.value < 0 else '−'}{abs(less.value):.0%}"
    return Cell(text=text, raw="orders", figures=(less,))


def ms(value: float) -> str:
    """Milliseconds as people read them."""
    if value >= 9_950:
        return f"{value / 1_000:.0f} s"
    return f"{value / 1_000:.1f} s" if value >= 999.5 else f"{value:.0f} ms"


def _held(column: Column, fits: Callable[[float], bool]) -> float | None:
    held = None
    for pace in column.ramp:
        if pace.broken or not fits(pace.p99_ms):
            break
        held = pace.rate
    return held


def _rate(column: Column, held: float) -> Cell:
    top = column.ramp[-1].rate if not column.ramp[-1].broken else 0.0
    more = " or more" if held == top else ""
    nexts = [pace.rate for pace in column.ramp if pace.rate > held]
    figure = Figure(name="orders a second", value=held, low=held, high=nexts[0] if nexts else None, n=len(column.ramp))
    return Cell(text=f"{held:g}/s{more}", raw="ramp", figures=(figure,))


def _shared(name: str, each: Sequence[tuple[int, int]], raw: str) -> Cell:
    hits, of = sum(one for one, _ in each), sum(all_ for _, all_ in each)
    found = proportion(name, hits, of, each)
    if found is None:
        return missing("nobody came", raw)
    high = 1.0 if found.high is None else found.high
    return Cell(text=f"{found.value:.1%} ({found.low:.1%}–{high:.1%})", raw=raw, figures=(found,))
