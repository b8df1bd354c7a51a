"""`pawline catalog`: how much is known of what is sold, and a sheet of what the labels say, to look over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from pawline.cli import sheets, showing
from pawline.cli.asking import By, Config, Json, Shop, asked, paged, shop_of
from pawline.hub import HubRefused, load_settings, person

app = typer.Typer(no_args_is_help=True, help="Catalog: how much is known of what is sold, and what its labels say.")
FIELD_OF = {
    "kcal": "kcal", "kcal per cup or can": "kcal_per_unit", "allergens": "allergens", "complete": "complete",
    "life stages": "life_stages", "species": "species",
}  # fmt: skip
"""The column of a report, and the field that a label may fill."""
ROWS = 1_000
"""Lines of a sheet in one question."""
SHOWN = 20
"""Lines that are wrong, which people see one by one."""
Sheet = Annotated[Path, typer.Argument(help="The sheet, as CSV.", show_default=False)]


@app.command()
def coverage(
    days: Annotated[int, typer.Option("--days", min=1, max=3_650, help="Of how many days orders count.")] = 90,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="How many SKUs that lack it are named.")] = 3,
    shop: Shop = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """How many SKUs say what is in them, and how much of what was sold those are; who lacks it and sells most."""
    found = paged(config, "catalog_coverage", shop, days=days, top=top)
    if json:
        showing.json(found)
        return
    if not any(one["skus"] for one in found["fields"]):
        showing.console().print("No account describes any product, and nothing was sold.", style="dim")
        return
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("field", "SKUs", f"sold in {days} days", "to confirm", "most sold that lack it"):
        made.add_column(column, overflow="fold")
    for one in found["fields"]:
        lacking = "; ".join(f"{each['sku']} ({each['lines']:,})" for each in one["top"])
        waiting = found["to_confirm"].get(FIELD_OF.get(one["field"], ""), 0)
        made.add_row(
            one["field"], share(one["known"], one["skus"]), share(one["lines_known"], one["lines"]),
            f"{waiting:,}" if waiting else "", lacking,
        )  # fmt: skip
    showing.console().print(made)
    if found["to_confirm"]:
        showing.console().print("What labels say: `pawline catalog propose FILE`, look it over, `confirm FILE`.")


def share(some: int, whole: int) -> str:
    """As people read it: never 100 % where something lacks, nor 0 % where something is there."""
    if not whole:
        return "-"
    percent = min(99, max(1, round(100 * some / whole))) if 0 < some < whole else round(100 * some / whole)
    return f"{percent} % ({some:,} of {whole:,})"


@app.command()
def propose(
    file: Sheet,
    semicolon: Annotated[bool, typer.Option("--semicolon", help="For a spreadsheet that parts cells so.")] = False,
    shop: Shop = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Write what the labels say and nobody else does into a new sheet: put `yes` into `take` where it is right.

    Nothing of it counts until `pawline catalog confirm` reads the sheet back.
    """
    settings = load_settings(config)
    where = shop_of(settings, shop)
    found, after = list[dict[str, Any]](), ""
    while True:
        page = asked(config, "catalog_proposals", shop=where, after=after)
        found += page["proposals"]
        if page["after"] is None:
            break
        after = page["after"]
    if found:
        sheets.write(file, found, ";" if semicolon else ",")
    skus = len({one["sku"] for one in found})
    if json:
        showing.json({"file": str(file) if found else None, "proposals": len(found), "skus": skus})
    elif not found:
        showing.console().print("No label says anything that is not known.", style="dim")
    else:
        showing.console().print(
            f"[green]{len(found)}[/green] proposals for {skus} SKUs are in {file}: look each over, and write `yes` into"
            f" `take`; correct `value` where it is not right. Then `pawline catalog confirm {file}`."
        )


@app.command()
def confirm(file: Sheet, shop: Shop = "", by: By = "", config: Config = None, json: Json = False) -> None:
    """Take from a sheet what somebody looked over and marked: all of it or, where a line is wrong, nothing. Audited."""
    where = shop_of(load_settings(config), shop)
    rows = sheets.read(file)
    if not rows:
        raise HubRefused(f"{file}: no line has `yes` in `take`: nothing is confirmed by silence")
    pages = [rows[begin : begin + ROWS] for begin in range(0, len(rows), ROWS)]
    who, wrong = by or person(), list[tuple[int, str]]()
    for page in pages:
        wrong += asked(config, "catalog_confirm", shop=where, rows=page, by=who, dry=True)["wrong"]
    if wrong:
        told = "\n".join(f"line {line}: {why}" for line, why in wrong[:SHOWN])
        more = f"\nand {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise HubRefused(f"{file}: nothing was taken, for {len(wrong)} line(s) are wrong:\n{told}{more}")
    done = [asked(config, "catalog_confirm", shop=where, rows=page, by=who) for page in pages]
    if left := [tuple(one) for each in done for one in each["wrong"]]:
        raise HubRefused(f"{file}: line {left[0][0]} {left[0][1]}; of its page nothing was taken: read it once more")
    taken, known = sum(one["taken"] for one in done), sum(one["known"] for one in done)
    if json:
        showing.json({"taken": taken, "known": known, "counts": all(one["counts"] for one in done)})
        return
    showing.console().print(f"[green]{taken}[/green] confirmed; {known} had been said before")
    if not all(one["counts"] for one in done):
        showing.console().print("They count once a hub runs: `pawline up` starts it.", style="yellow")
