"""`pawline backup`, `restore`, `purge`: what keeps a store safe and small."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawline.cli import showing
from pawline.cli.asking import By, Config, Json, Reason, asked, run
from pawline.hub import HubRefused, Settings, keyring_of, load_settings, person
from pawline.store import Restored, erasures_of, handovers_of, revocations_of
from pawline.store import restore as restored


def backup(
    file: Annotated[
        Path, typer.Argument(help="The new file. The key is not in it: keep that elsewhere.", show_default=False)
    ],
    config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Write the whole store, as it is at one moment, into a new file, while the hub runs."""
    made = asked(config, "backup", target=str(file.resolve()))
    if json:
        showing.json(made)
        return
    showing.console().print(
        f"[green]backup[/green] {made['file']}: {made['bytes'] / 1e6:.1f} MB in {made['seconds']:.1f} s, checked"
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `pawline backup` wrote.", show_default=False)],
    erasures_from: Annotated[
        str,
        typer.Option(
            "--erasures-from",
            help="The lost store, or a later backup: erasures, hand-overs, revoked keys of it.",
        ),
    ] = "",
    reason: Reason = "",
    by: By = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a new store of a backup, at the place that the settings name. It opens with the main switch on `observe`."""
    if not reason:
        raise HubRefused("say why with --reason: a restore is audited")
    settings = load_settings(config)
    found = run(_restore(settings, file, erasures_from, by or person(), reason))
    if json:
        showing.json(found)
        return
    console = showing.console()
    console.print(
        f"[green]restored[/green] {found.store}: {found.unfinished} unfinished run(s), {found.erased} erasure(s)"
    )
    if found.held:
        console.print(f"{found.held} key(s) of storefronts are held, for some may have been revoked since the backup:")
        console.print('look at `pawline keys list`, revoke what leaked, then: `pawline keys release --reason "…"`.')
    console.print("Nothing but reads and look-ups leaves for now. Start it with `pawline up`, let it settle what is")
    console.print('unknown, answer `pawline cases list`, then: `pawline mode live --reason "…"`.')


async def _restore(settings: Settings, file: Path, erasures_from: str, by: str, reason: str) -> Restored:
    erasures = await erasures_of(erasures_from) if erasures_from else []
    handovers = await handovers_of(erasures_from) if erasures_from else None
    revocations = await revocations_of(erasures_from) if erasures_from else []
    return await restored(
        file, settings.url, keyring_of(settings), by=by, reason=reason, erasures=erasures, handovers=handovers,
        revocations=revocations,
    )  # fmt: skip


def purge(
    payloads: Annotated[float | None, typer.Option("--payloads", help="Days, instead of the settings'.")] = None,
    facts: Annotated[float | None, typer.Option("--facts", help="Days, instead of the settings'; 60 at least.")] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Remove payloads and digests whose time of retention is over. A running hub does so once a day by itself."""
    gone = asked(config, "purge", payloads=payloads, facts=facts)
    if json:
        showing.json(gone)
        return
    told = ", ".join(f"{count} {name}" for name, count in gone.items() if count)
    showing.console().print(f"purged: {told}" if told else "There was nothing to purge.")
