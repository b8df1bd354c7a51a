"""Whether accounts can do their work, and whether their webhooks are sent to where we hear them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from pawline.hub.health import Check
from pawline.ports import PortError

if TYPE_CHECKING:
    from pawline.hub.connecting import Enrols, Probe
    from pawline.hub.settings import Settings
    from pawline.hub.wiring import Connections

T = TypeVar("T")
PATIENCE: Final = 30.0
"""Seconds for each account: who asks waits at a terminal."""


def heard_at(public: str, account: str) -> str:
    """Where an account's webhooks are sent to; `public` as the settings have it."""
    return f"{public.rstrip('/')}/hooks/{account}"


def asked_at(public: str, account: str) -> str:
    """Where an account's checkout asks for rates."""
    return f"{public.rstrip('/')}/rates/{account}"


async def probed(probes: Mapping[str, Probe]) -> dict[str, str]:
    """What each account lacks to do its work, by name: a sentence, or nothing. All are asked at once."""
    problems = await asyncio.gather(*(tried(probe()) for probe in probes.values()))
    return {name: problem for name, (_, problem) in zip(probes, problems, strict=True)}


async def enrolled(
    enrols: Mapping[str, Enrols], public: str, at: Callable[[str, str], str] = heard_at
) -> dict[str, tuple[tuple[str, ...], str]]:
    """What is not sent to us, by account, and why that cannot be told, if it cannot."""
    found = await asyncio.gather(*(tried(one.lacking(at(public, name))) for name, one in enrols.items()))
    return {name: (lacking or (), problem) for name, (lacking, problem) in zip(enrols, found, strict=True)}


async def tried(asks: Awaitable[T]) -> tuple[T | None, str]:
    """What came of it, or None and why it failed, after PATIENCE at the latest."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await asks, ""
    except PortError as problem:
        return None, problem.text
    except TimeoutError:
        return None, f"it did not answer within {PATIENCE:g} s"


async def access_check(probes: Mapping[str, Probe], unseen: Mapping[str, str]) -> Check:
    """The doctor's question whether they can work, and what of some nobody can ask them."""
    wrong = [f"{name}: {problem}" for name, problem in (await probed(probes)).items() if problem]
    sure = sorted(set(probes) - set(unseen))
    fine = f"{', '.join(sure)}: all that is needed is allowed" if sure else "" if unseen else "nobody can be asked"
    asked = "; ".join(wrong) or fine
    says = "; ".join(filter(None, (asked, *(f"{name} cannot be asked: {what}" for name, what in unseen.items()))))
    return Check(name="access", state="bad" if wrong else "good", says=says)


async def enrolment_check(enrols: Mapping[str, Enrols], public: str, hearing: frozenset[str]) -> Check:
    """The doctor's question whether their webhooks are sent to us: of those that hear, where an API can tell."""
    asked = {name: one for name, one in enrols.items() if name in hearing}
    if not asked:
        return Check(name="enrolled", state="good", says="no account is told by its API where to send webhooks")
    if not public:
        says = (
            f"`public` is empty: whether {', '.join(asked)} sends its webhooks to us cannot be told; name the address"
        )
        return Check(name="enrolled", state="look", says=says)
    found = await enrolled(asked, public)
    unknown = [f"{name} does not say: {problem}" for name, (_, problem) in found.items() if problem]
    wrong = [
        f"{name} does not send {', '.join(lacking)}: `pawline connect {name}` has it sent"
        for name, (lacking, _) in found.items() if lacking
    ]  # fmt: skip
    says = "; ".join([*wrong, *unknown]) or f"{', '.join(asked)} sends its webhooks to us"
    return Check(name="enrolled", state="bad" if wrong else "look" if unknown else "good", says=says)


async def rates_check(settings: Settings, connections: Connections) -> Check:
    """The doctor's question whether checkouts ask us for the rates that the settings have."""
    rated = {shop for one in settings.rates for shop in one.shops or settings.shops}
    if not rated:
        return Check(name="rates", state="good", says="no shop has rates in the settings")
    deaf = sorted(rated - {one.shop for one in connections.askers})
    wrong = [
        f"nobody asks for the rates of {shop}: give an account whose checkout asks its webhook secret" for shop in deaf
    ]
    if connections.askers and not (settings.public and settings.listen):
        wrong.append("`listen` or `public` is empty, so nobody can ask for rates: name both addresses")
    found = {} if wrong else await enrolled(connections.asks, settings.public, asked_at)
    unknown = [f"{name} does not say: {problem}" for name, (_, problem) in found.items() if problem]
    wrong += [
        f"{name}: {', '.join(lacking)}: `pawline connect {name}` sees to it"
        for name, (lacking, _) in found.items() if lacking
    ]  # fmt: skip
    good = f"{', '.join(one.account for one in connections.askers)} asks us for rates"
    state = "bad" if wrong else "look" if unknown else "good"
    return Check(name="rates", state=state, says="; ".join([*wrong, *unknown]) or good)
