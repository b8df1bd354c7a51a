"""`pawline assess`: whether this approach fits a shop, how large, and what first."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from pawline.cli import questions, showing
from pawline.cli.asking import Config, Json, Shop, paged
from pawline.console.drawing import written
from pawline.hub import HubRefused, offers
from pawline.insight.advice import (
    Advice,
    Answers,
    Mistakes,
    Observed,
    Reason,
    Saving,
    Touchless,
    Verdict,
    advise,
)
from pawline.measure.xray import WrongBaseline, read_baseline

KEPT = Path("xray") / "baseline.json"
"""Where `pawline xray` keeps what it counted, unless it is told otherwise."""
TONES = {Verdict.FITS: "green", Verdict.FITS_NOT: "red", Verdict.UNKNOWN: "yellow"}


def assess(
    answers: Annotated[
        Path | None, typer.Option("--answers", help="Answers in TOML, instead of questions.", show_default=False)
    ] = None,
    from_hub: Annotated[bool, typer.Option("--from-hub", help="What the hub's own history says is not asked.")] = False,
    save: Annotated[
        Path | None, typer.Option("--save", help="Write the answers there, to be given again.", show_default=False)
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", help="Write the advice there, as one HTML page.", show_default=False)
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(help="What `pawline xray` counted; else xray/baseline.json, if it is there.", show_default=False),
    ] = None,
    shop: Shop = "",
    config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Whether Pawline fits a shop: profile, size, what to connect first, the first flows by hours saved, or why not."""
    given = {} if answers is None else _read(answers)
    seen = seen_of(baseline)
    touchless: dict[str, Touchless] = {}
    if from_hub:
        figures = paged(config, "figures", shop)
        given = figures["answers"] | given
        touchless = {flow: Touchless(*counts) for flow, counts in figures["touchless"].items()}
    asks = answers is None and not from_hub
    told = questions.asked(given, offers()) if asks else _converted(given, answers)
    if save is not None:
        _write(save, _toml(told))
    advice = _advised(told, touchless, seen)
    if page is not None:
        _write(page, written("advice.html", advice=advice, verdict=_verdict(advice), size=_sized(advice)))
    if json:
        showing.json({"answers": told, "advice": advice})
        return
    _show(advice)


def _advised(told: Answers, touchless: dict[str, Touchless], seen: Observed | None) -> Advice:
    try:
        return advise(told, offers(), touchless, seen)
    except ValueError as problem:
        raise HubRefused(f"{seen.name if seen else 'the answers'}: {problem}") from problem


def seen_of(path: Path | None) -> Observed | None:
    """What an X-ray counted: of this file, or of the one that lies where it is written. Raises HubRefused."""
    place = KEPT if path is None else path
    if path is None and not place.is_file():
        return None
    try:
        found = read_baseline(place.read_bytes())
    except OSError as problem:
        raise HubRefused(f"--baseline {place} cannot be read: {problem.strerror}") from None
    except WrongBaseline as problem:
        raise HubRefused(f"--baseline {place}: {problem}") from None
    titles, hands = found.titles(), found.hands
    return Observed(
        name=str(place), until=datetime.fromtimestamp(found.until, UTC).date().isoformat(), days=found.days,
        orders=found.orders, touches=None if hands is None else hands.touches,
        touched=0 if hands is None else hands.orders,
        mistakes={
            key: Mistakes(found=one.found, judged=one.judged, title=titles[key], sure=not one.misfits)
            for key, one in found.kinds.items() if one.found is not None and key in titles
        },
    )  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise HubRefused(f"there is no {path}: `pawline assess --save {path}` asks, and writes it") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise HubRefused(f"{path} cannot be read ({problem}): give a file that can") from problem
    except tomllib.TOMLDecodeError as problem:
        raise HubRefused(f"{path} is no TOML: {problem}") from problem


def _converted(given: dict[str, Any], path: Path | None) -> Answers:
    try:
        return msgspec.convert(given, Answers)
    except msgspec.ValidationError as problem:
        raise HubRefused(
            f"{path or 'the hub'}: {problem}; correct it, or leave it out: that is “I don't know”"
        ) from problem


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise HubRefused(f"{path} is there already: name another file, or remove it") from None


def _toml(answers: Answers) -> str:
    """What is known, as `--answers` reads it. JSON's numbers, texts and lists are TOML's."""
    told: dict[str, Any] = msgspec.to_builtins(answers)
    systems = told.pop("systems")
    lines = [f"{name} = {_value(value)}" for name, value in told.items() if value not in (None, [], ())]
    if systems is not None and not systems:
        lines.append("systems = []")
    for one in systems or ():
        lines += ["", "[[systems]]"]
        lines += [f"{name} = {_value(value)}" for name, value in one.items() if value is not None]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    return msgspec.json.encode(value).decode()


# -- how it is shown ------------------------------------------------------------------------------------------------


def _show(advice: Advice) -> None:
    say = showing.console().print
    say(f"[bold {TONES[advice.verdict]}]Pawline {_verdict(advice)}[/]")
    for misfit in advice.misfits:
        say(f"  • [bold]{misfit.criterion}[/bold]: {escape(misfit.says)}{_from(misfit.answers)}", soft_wrap=True)
        say(f"    instead: {escape(misfit.instead)}", soft_wrap=True)
    if advice.verdict is Verdict.FITS_NOT:
        return
    if advice.profile is not None:
        _part(f"Profile: {advice.profile.profile or 'cannot tell yet'}", advice.profile.reasons)
    _size(advice)
    say("\n[bold]First flows, by hours a week[/bold]")
    showing.table([_flow(one) for one in advice.flows], ("flow", "hours", "reckoned"),
                  empty="Of no flow is it known what it saves: answer what is named below.")  # fmt: skip
    for one in advice.later:
        lacks = f"unknown without {', '.join(one.lacks)}" if one.lacks else f"{_hours(one)} hours"
        say(f"  later: {one.flow} ({lacks})", style="dim")
    say("\n[bold]Connect, in this order[/bold]")
    showing.table(
        [{"role": one.role, "system": one.system, "with": "is connected" if one.connected else one.connector or "–",
          "why": one.why.says, "how": one.how} for one in advice.connect],
        ("role", "system", "with", "why", "how"), empty="No system was named.",
    )  # fmt: skip
    _part("", advice.notes)
    if advice.counted:
        _part("Counted by the X-ray, as nobody said otherwise", advice.counted)
    if advice.unknown:
        told = ", ".join(advice.unknown)
        say(f"\nNobody said: {told}. What is assumed instead stands where it is used.", style="dim", soft_wrap=True)


def _verdict(advice: Advice) -> str:
    if advice.verdict is Verdict.UNKNOWN:
        return f"may fit: it hangs on {', '.join(advice.asks)}. What can be said without:"
    return f"{advice.verdict.value} this shop"


def _size(advice: Advice) -> None:
    if advice.sizing is not None:
        _part(_sized(advice), advice.sizing.reasons)


def _sized(advice: Advice) -> str:
    sizing = advice.sizing
    if sizing is None:
        return ""
    size = {"sqlite": "one process on SQLite", "postgres": f"PostgreSQL, {sizing.workers} workers"}
    what = size.get(sizing.store or "", "cannot tell yet")
    room = "" if sizing.head_room is None else f"; head room {_span(sizing.head_room)} times"
    disk = "" if sizing.disk_gb is None else f"; {_span(sizing.disk_gb)} GB of disk for 30 days"
    return f"Size: {what}{room}{disk}"


def _flow(one: Saving) -> dict[str, str]:
    takes = f"; takes a connector of your own for {', '.join(one.takes)}" if one.takes else ""
    seen = f"; {one.seen}" if one.seen else ""
    return {"flow": one.flow, "hours": _hours(one), "reckoned": one.formula + takes + seen}


def _hours(one: Saving) -> str:
    return "unknown" if one.hours is None else _span(one.hours)


def _span(span: tuple[float, float]) -> str:
    return f"{span[0]:g}" if span[0] == span[1] else f"{span[0]:g} to {span[1]:g}"


def _part(title: str, reasons: Iterable[Reason]) -> None:
    say = showing.console().print
    say(f"\n[bold]{escape(title)}[/bold]" if title else "", soft_wrap=True)
    for one in reasons:
        say(f"  • {escape(one.says)}{_from(one.answers)}", soft_wrap=True)


def _from(answers: Iterable[str]) -> str:
    named = ", ".join(dict.fromkeys(answers))
    return f" [dim]({escape(named)})[/dim]" if named else ""
