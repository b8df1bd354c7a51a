"""`pawline lab`: one seeded day under each profile and by hand, and the two tables that somebody decides by."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import typer
from rich.live import Live

from pawline.cli import showing
from pawline.cli.asking import Config, Json, Shop, run
from pawline.cli.demo import Checkout
from pawline.cli.lab.logs import log_of
from pawline.cli.lab.options import (
    Day,
    FromLog,
    Latencies,
    Once,
    Only,
    Orders,
    Owner,
    Page,
    Patience,
    Ramp,
    Rounds,
    Seed,
    Zone,
)
from pawline.cli.lab.playing import Playing
from pawline.cli.lab.screen import drawn, progress
from pawline.hub import HubRefused
from pawline.lab.day import PATIENCE, planned
from pawline.lab.latencies import WrongLatencies, read
from pawline.lab.replay import replayed
from pawline.lab.report import Report, reported
from pawline.lab.rows import Way
from pawline.lab.tables import THEIRS

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pawline.cli.lab.playing import State
    from pawline.lab.day import Plan
    from pawline.lab.rows import Column

ORDERS: Final = 300


def lab(
    seed: Seed = 1,
    orders: Orders = None,
    rounds: Rounds = 1,
    patience: Patience = PATIENCE,
    latencies: Latencies = None,
    from_log: FromLog = None,
    day: Day = "",
    zone: Zone = "UTC",
    shop: Shop = "",
    config: Config = None,
    page: Page = None,
    ramp: Ramp = True,
    only: Only = None,
    checkout: Owner = Checkout.OURS,
    once: Once = False,
    json: Json = False,
) -> None:
    """The same day of shoppers by hand and under each profile, on this machine, with vendors that are slow and fail.

    Exit code 1 where anything was lost, half done, doubled or oversold in a column of Pawline's.
    """
    measured = None if latencies is None else _measured(latencies)
    whose = "" if latencies is None else f"whoever made {latencies.name}"
    if from_log is None:
        plan = planned(seed, orders or ORDERS, patience, measured, whose)
    else:
        plan = replayed(seed, log_of(from_log, day, zone, config, shop, orders), patience, measured, whose)
    _check(page)
    playing = Playing(plan, rounds, ramp=ramp, ways=tuple(way for way in Way if way in (only or Way)))
    columns, took = _played(plan, playing, quiet=once or json, silent=json)
    report = reported(plan, columns, theirs=checkout is Checkout.THEIRS, seconds=took)
    _show(report, page, json=json)
    if not report.good:
        raise typer.Exit(1)


def _check(page: Path | None) -> None:
    if page is None:
        return
    if page.is_dir() or not page.resolve().parent.is_dir():
        raise HubRefused(f"--page {page}: name a file in a folder that is there")
    if not os.access(page if page.exists() else page.resolve().parent, os.W_OK):
        raise HubRefused(f"--page {page}: it may not be written")


def _show(report: Report, page: Path | None, *, json: bool) -> None:
    if page is not None:
        from pawline.lab.page import drawn as page_of  # noqa: PLC0415 - only who wants one waits for its templates

        page.write_text(page_of(report), "utf-8")
    if json:
        showing.json(msgspec.to_builtins(report))
    else:
        _tell(report, page)


def _measured(path: Path) -> dict[str, list[float]]:
    try:
        return read(path.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        raise HubRefused(f"--latencies {path}: it is no text") from None
    except WrongLatencies as problem:
        raise HubRefused(f"--latencies {path}: {problem}") from None


def _played(plan: Plan, playing: Playing, *, quiet: bool, silent: bool) -> tuple[tuple[Column, ...], float]:
    """What came of it, and in how many seconds."""
    console, begun = showing.console(), time.monotonic()
    if not silent:
        console.print(
            f"[bold]{_called(plan)}[/bold] at a checkout of its own: {len(plan.shoppers):,} orders in"
            f" {plan.seconds:.0f} s, seed {plan.seed}, for each way of taking orders; vendors that are slow, refuse"
            f" and die by plan, and one kill. {_made_up(plan)}"
        )

    def line(state: State) -> None:
        if not silent:
            console.print(f"{time.monotonic() - begun:5.0f} s  {state.way.value}: {state.what}", style="dim")

    if quiet or not console.is_terminal:
        playing.news = line
        return run(ending(_unwrapped(playing))), time.monotonic() - begun
    with Live(console=console, refresh_per_second=4, transient=True,
              get_renderable=lambda: progress(playing.states.values(), time.monotonic() - begun)):  # fmt: skip
        return run(ending(_unwrapped(playing))), time.monotonic() - begun


def _called(plan: Plan) -> str:
    return "A day of a pet shop" if plan.recorded is None else f"The shop's own {plan.recorded.day}"


def _made_up(plan: Plan) -> str:
    if plan.recorded is None:
        return "All of it is made up, all of it is run."
    return "What was taken from its log and what is assumed stands below the tables."


async def ending(work: Awaitable[tuple[Column, ...]]) -> tuple[Column, ...]:
    """Told to end (SIGTERM), it is cancelled as by Ctrl-C, and leaves no process and no file. Raises typer.Exit."""
    told, me = asyncio.Event(), asyncio.current_task()

    def end() -> None:
        told.set()
        if me is not None:
            me.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        return await work
    except asyncio.CancelledError:
        if told.is_set():
            raise typer.Exit(128 + signal.SIGTERM) from None
        raise


async def _unwrapped(playing: Playing) -> tuple[Column, ...]:
    """A refusal out of the groups in which it came."""
    try:
        return await playing.play()
    except* HubRefused as refused:
        first: BaseException = refused
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    raise first


def _tell(report: Report, page: Path | None) -> None:
    console = showing.console()
    for table in report.tables:
        console.print("", drawn(table, report.columns, console.width))
    if report.theirs:
        console.print(THEIRS, style="yellow")
    console.print(report.says, style="dim")
    if report.recorded is not None:
        for title, said in (("Taken from the log", report.recorded.taken), ("Assumed", report.recorded.assumed)):
            console.print(title, style="bold")
            for one in said:
                console.print(f"  • {one}", markup=False, soft_wrap=True)
    for one in report.broken:
        console.print(f"✗ {one}", style="bold red", markup=False)
    if page is not None:
        console.print(f"The page: [bold]{page}[/bold]")
