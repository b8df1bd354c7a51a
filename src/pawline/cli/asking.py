"""What every command shares: its options, one question to the desk, and how a failure is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop

from pawline.hub import HubRefused, Reach, Settings, load_settings, person

T = TypeVar("T")

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings; else PAWLINE_CONFIG, else ./pawline.toml.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
Shop = Annotated[str, typer.Option("--shop", help="Which shop; else the first of the settings.", show_default=False)]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000, help="At most so many.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show personal data; that you did is audited.")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why: it is audited.", show_default=False)]
By = Annotated[str, typer.Option("--by", help="Who you are; else your name on this machine.", show_default=False)]
Step = Annotated[str, typer.Option("--step", "-s", help="The step, as the timeline names it; '' is the whole run.")]


def run(work: Awaitable[T]) -> T:
    """Run to the end, in an event loop of its own."""

    async def whole() -> T:
        return await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(whole())


def asked(config: Path | None, do: str, **given: Any) -> Any:
    """One question to the desk of the store that the settings name. Raises a sentence for people."""
    settings = load_settings(config)
    return run(_ask(settings, do, given))


async def _ask(settings: Settings, do: str, given: dict[str, Any]) -> Any:
    async with Reach(settings) as desk:
        return await desk.ask(do, **given)


def paged(config: Path | None, do: str, shop: str, **given: Any) -> Any:
    """A question about one shop."""
    settings = load_settings(config)
    return run(_ask(settings, do, given | {"shop": shop_of(settings, shop)}))


def shop_of(settings: Settings, shop: str) -> str:
    """The shop that is meant. Raises HubRefused for one that the settings do not name."""
    if shop and shop not in settings.shops:
        raise HubRefused(f"there is no shop {shop!r} in the settings: {', '.join(settings.shops)}")
    return shop or settings.shops[0]


def ordered(
    config: Path | None, action: str, target: str, *, by: str, reason: str, shop: str = "", **said: Any
) -> dict[str, Any]:
    """An operator's order; waits a moment for its end."""
    if not reason:
        raise HubRefused("say why with --reason: every action of an operator is audited")
    given = {name: value for name, value in said.items() if value is not None}
    done: dict[str, Any] = asked(
        config, "order", action=action, target=target, by=by or person(), reason=reason, shop=shop, said=given
    )
    return done


Work = Callable[[], Awaitable[None]]
