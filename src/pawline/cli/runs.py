"""`pawline runs`: what is under way, how it came there, and what an operator may do about it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Limit, Reason, Reveal, Shop, Step, asked, ordered, paged
from pawline.hub import HubRefused, person

app = typer.Typer(no_args_is_help=True, help="Runs: what is under way, how it came there, what to do about it.")
Number = Annotated[int, typer.Argument(help="The run's number.", show_default=False)]


@app.command("list")
def list_(
    flow: Annotated[str, typer.Option("--flow", "-f", help="Only of this flow.")] = "",
    status: Annotated[str, typer.Option("--status", help="Only in this status: waiting, parked, done, …")] = "",
    shop: Shop = "",
    limit: Limit = 50,
    config: Config = None,
    json: Json = False,
) -> None:
    """The newest runs of a shop."""
    rows = paged(config, "runs", shop, flow=flow, status=status, limit=limit)
    if json:
        showing.json(rows)
        return
    columns = ("no", "flow", "version", "key", "status", "created", "ended")
    showing.table(rows, columns, empty="There is no such run.")


@app.command()
def show(no: Number, reveal: Reveal = False, by: By = "", config: Config = None, json: Json = False) -> None:
    """One run as a timeline, with what it waits for."""
    found = asked(config, "run", no=no, reveal=reveal, by=by or person())
    if json:
        showing.json(found)
        return
    console = showing.console()
    status = showing.tinted(found["status"], showing.STATES.get(found["status"], ""))
    console.print(f"[bold]run {no}[/bold]  {found['flow']} {found['version']}  {escape(found['key'])}  {status}")
    showing.facts(found, ("shop", "event", "generation", "deaths", "created", "ended", "outcome", "erased"))
    console.print(f"\ntimes in {showing.zone()}", style="dim")
    console.print(_timeline(found["timeline"]))
    for wait in found["waits"]:
        until = f" until {showing.moment(wait['until'])}" if wait["until"] else ""
        console.print(f"[yellow]waits[/yellow] at step {wait['step']} for {escape(wait['for'])}{until}")
    for case in found["cases"]:
        console.print(f"[magenta]case {case['no']}[/magenta] ({case['kind']}): {escape(case['title'])}")


def _timeline(entries: list[dict[str, Any]]) -> Table:
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim")
    made.add_column(style="dim", justify="right")
    made.add_column(overflow="fold")
    day = ""
    for entry in entries:
        at = showing.moment(entry["at"], exact=True)
        shown = at if at[:10] != day else " " * 11 + at[11:]
        day = at[:10]
        what = showing.tinted(entry["what"], showing.TONES.get(entry.get("tone", ""), ""))
        value = entry.get("value")
        made.add_row(shown, entry["step"], what + (f" [dim]{escape(value)}[/dim]" if value else ""))
    return made


@app.command()
def retry(
    no: Number, reason: Reason = "", step: Step = "", by: By = "", config: Config = None, json: Json = False
) -> None:
    """Try a parked step, or a parked run, again."""
    showing.said(ordered(config, "retry", f"run:{no}", by=by, reason=reason, path=step), json)


@app.command()
def skip(
    no: Number,
    step: Step,
    value: Annotated[str, typer.Option("--value", help="The result that stands in for the step's, as JSON.")],
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Go on as if the step had returned a value: you made sure that it happened, or that it need not."""
    done = ordered(config, "skip", f"run:{no}", by=by, reason=reason, path=step, value=_parsed(value))
    showing.said(done, json)


@app.command()
def refuse(
    no: Number,
    step: Step,
    code: Annotated[str, typer.Option("--code", help="What the flow is told: declined, out_of_stock, …")] = "invalid",
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Go on as if the other side had refused the step for good; the flow decides."""
    showing.said(ordered(config, "refuse", f"run:{no}", by=by, reason=reason, path=step, code=code), json)


@app.command()
def edit(
    no: Number,
    step: Step,
    args: Annotated[str, typer.Option("--args", help="All arguments of the call, as a JSON list.")],
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Try a step again with other arguments."""
    done = ordered(config, "edit", f"run:{no}", by=by, reason=reason, path=step, args=_parsed(args))
    showing.said(done, json)


@app.command()
def cancel(no: Number, reason: Reason = "", by: By = "", config: Config = None, json: Json = False) -> None:
    """End a run: what it did is undone, newest first."""
    showing.said(ordered(config, "cancel", f"run:{no}", by=by, reason=reason), json)


@app.command("pass")
def pass_(no: Number, reason: Reason = "", by: By = "", config: Config = None, json: Json = False) -> None:
    """Let the next run of the same key pass this one, which waits for a person."""
    showing.said(ordered(config, "pass", f"run:{no}", by=by, reason=reason), json)


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as problem:
        raise HubRefused(
            f"{text!r} is no JSON ({problem}): put texts in double quotes, the whole in single ones"
        ) from None
