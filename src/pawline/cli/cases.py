"""`pawline cases`: questions that only a person can answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Limit, Reason, Reveal, Shop, asked, ordered, paged
from pawline.hub import HubRefused, person

app = typer.Typer(no_args_is_help=True, help="Cases: questions that only a person can answer.")
AllLikeIt = Annotated[bool, typer.Option("--all-like-it", help="Every open case of the same cause too.")]
Number = Annotated[int, typer.Argument(help="The case's number.", show_default=False)]


@app.command("list")
def list_(shop: Shop = "", limit: Limit = 50, config: Config = None, json: Json = False) -> None:
    """The open cases of a shop, oldest first."""
    rows = paged(config, "cases", shop, limit=limit)
    if json:
        showing.json(rows)
        return
    showing.table(rows, ("no", "team", "kind", "title", "run", "opened", "until"), empty="No case is open.")


@app.command()
def groups(shop: Shop = "", limit: Limit = 50, config: Config = None, json: Json = False) -> None:
    """The open cases of a shop by cause, the largest group first."""
    rows = paged(config, "groups", shop, limit=limit)
    if json:
        showing.json(rows)
        return
    showing.table(rows, ("count", "no", "team", "kind", "title", "opened"), empty="No case is open.")


@app.command()
def show(no: Number, reveal: Reveal = False, by: By = "", config: Config = None, json: Json = False) -> None:
    """One case: what is asked, what may be answered."""
    found = asked(config, "case", no=no, reveal=reveal, by=by or person())
    if json:
        showing.json(found)
        return
    showing.console().print(f"[bold]case {no}[/bold]  {escape(found['title'])}  [{found['state']}]", markup=True)
    names = ("shop", "team", "kind", "flow", "run", "step", "opened", "until", "choices", "suggested", "otherwise",
             "evidence", "answered_by", "detail")  # fmt: skip
    showing.facts(found, names)


@app.command()
def answer(
    no: Number,
    value: Annotated[str, typer.Argument(help="The answer: JSON, or a plain word.", show_default=False)],
    all_like_it: AllLikeIt = False,
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Answer a question; its run goes on."""
    try:
        given = msgspec.json.decode(value)
    except msgspec.DecodeError:
        given = value
    if all_like_it:
        _all(config, "answer", no, by, reason, json, said={"value": given})
    else:
        showing.said(ordered(config, "answer", f"case:{no}", by=by, reason=reason, value=given), json)


@app.command()
def retry(
    no: Number,
    all_like_it: AllLikeIt = False,
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Try the step again that became a case: once what was wrong with it is mended."""
    if all_like_it:
        _all(config, "retry", no, by, reason, json)
        return
    case = asked(config, "case", no=no, reveal=False, by=by or person())
    showing.said(ordered(config, "retry", f"run:{case['run']}", by=by, reason=reason, path=case["step"]), json)


@app.command()
def close(no: Number, reason: Reason = "", by: By = "", config: Config = None, json: Json = False) -> None:
    """Close a case about no run, such as a file that could not be read, once it is seen to."""
    showing.said(ordered(config, "close", f"case:{no}", by=by, reason=reason), json)


def _all(
    config: Path | None, action: str, no: int, by: str, reason: str, json: bool, said: dict[str, Any] | None = None
) -> None:
    if not reason:
        raise HubRefused("say why with --reason: every action of an operator is audited")
    done = asked(config, "order_all", action=action, case=no, by=by or person(), reason=reason, said=said)
    if json:
        showing.json(done)
    else:
        console = showing.console()
        console.print(f"[green]{done['done']}[/green] case(s) of this cause: {action} done")
        for why, count in done["refused"].items():
            console.print(f"[red]{count}[/red] refused: {escape(why)}")
    if done["refused"]:
        raise typer.Exit(1)
