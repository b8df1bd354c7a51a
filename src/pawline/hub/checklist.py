"""`pawline checklist`: what a hub knows of itself, handed to the judgement in `measure`. Nothing personal is told."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.hub.connecting import card_of
from pawline.hub.done import HEARD
from pawline.hub.figures import SPAN, Figures, known
from pawline.hub.health import span
from pawline.hub.offered import offers
from pawline.hub.settings import HubRefused
from pawline.insight.advice import ROLES
from pawline.measure import checklist as judged
from pawline.measure.asynchrony import Queues, asynchronous
from pawline.model import SurveyAnswered, public_name
from pawline.store import PURGED, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pawline.hub.hearing import Hearing
    from pawline.hub.quoting import Quoting
    from pawline.hub.settings import AccountSettings, Settings
    from pawline.hub.watching import Sight, Watching
    from pawline.measure.checklist import Line
    from pawline.runtime import Engine
    from pawline.views import Projector

ANSWERS: Final = 20_000
"""Answers of surveys that are looked at, the newest: those about orders are many, those of who leaves few."""
TURN: Final = 200
"""Answers after which others have their turn."""
WORST: Final = (judged.State.NOT_MET, judged.State.UNKNOWN, judged.State.MET)
CASES: Final = 1_000
BOOKS: Final = frozenset({"shop", "erp", "inventory", "fulfilment", "payments", "subscriptions"})
"""Roles that keep books of orders, stock or money: what is to agree with us."""
OURS: Final = "pawline"
"""How accounts begin that are the hub itself."""
PERSONAL: Final = ("remember_a_pet", "introduce_order", "look_ahead")
"""Flows that know of households and pets: what a page for a pet could stand on."""


class ChecklistDesk:
    """Answers `checklist` and `figures`. Without a hub that runs, nothing can be audited."""

    def __init__(
        self, settings: Settings, engine: Engine, projector: Projector, *,
        hearing: Hearing | None, watching: Watching | None, quoting: Quoting | None,
    ) -> None:  # fmt: skip
        self._settings, self._engine, self._store, self._projector = settings, engine, engine.store, projector
        self._hearing, self._watching, self._quoting = hearing, watching, quoting
        self._figures = Figures(engine.store)
        self.questions: dict[str, Callable[..., Awaitable[Any]]] = {
            "checklist": self.checklist, "figures": self.figures,
        }  # fmt: skip

    async def figures(self, shop: str) -> dict[str, Any]:
        """What a shop's history answers of `pawline assess`: the answers, and runs that needed nobody, by flow."""
        answers = known(shop, await self._figures.volumes(shop))
        runs = await self._figures.touchless(frozenset({shop}), self._store.now() - SPAN, await self._live())
        for flow in await self._observed():
            runs.pop(flow, None)  # that nobody was needed to watch says nothing
        answers["editor"] = True  # who has a hub edits its settings
        if len(systems := self._systems()) > 1:  # whether there are more, not connected yet, nobody here knows
            answers["systems"] = systems
        return {"answers": answers, "touchless": {flow: list(one) for flow, one in runs.items()}}

    async def checklist(self) -> list[Line]:
        """The lines, in the checklist's order. Raises HubRefused where no hub is running."""
        if self._hearing is None and not await self._worked():
            raise HubRefused("no hub is running, and only one that runs can be audited: `pawline up` starts it")
        observed = await self._observed()
        since = self._store.now() - SPAN
        peaks = {shop: (await self._figures.volumes(shop)).peak_hour for shop in self._settings.shops}
        touchless = await self._figures.touchless(frozenset(self._settings.shops), since, await self._live())
        here = {flow.name for flow in self._engine.flows}
        return [
            judged.modular(await self._parts(), _others()),
            asynchronous(await self._queues(), span),
            judged.consistent(await self._consistency(observed), span),
            await self._feedback(since),
            judged.personal([name for name in PERSONAL if name in here]),
            judged.automatic(touchless, observed),
            judged.scalable(peaks, on_postgres=self._settings.on_postgres, cores=os.cpu_count() or 1),
        ]  # fmt: skip

    def _systems(self) -> list[dict[str, Any]]:
        """What is connected already; an account that is read only has no role, and is none of them."""
        return [
            {"name": account, "roles": sorted(plays), "access": [_access(account)], "connected": True}
            for account, plays in sorted(self._plays().items()) if plays
        ]  # fmt: skip

    def _plays(self) -> dict[str, set[str]]:
        """By account of the settings, its roles: by what runs here, else by the cards."""
        alive = self._hearing is not None
        named = [one for one in self._settings.accounts if one.name]
        roles = {one.name: set() if alive else _by_card(one) for one in named}
        for one in self._engine.bindings:
            if not one.account.startswith(OURS):
                roles.setdefault(one.account, set())
                if one.port.__name__.lower() in ROLES:
                    roles[one.account].add(one.port.__name__.lower())
        return roles

    async def _parts(self) -> list[judged.Part]:
        brakes, modes = await self._store.fetch("brakes"), await self._store.fetch("modes")
        off = {"*" if scope == "all" else name for _, scope, name, *_ in brakes if scope in {"all", "account"}}
        off |= {who for _, flow, who, mode, _ in modes if mode == "paused" and (who != "*" or flow == "*")}
        return [
            judged.Part(account=account, roles=tuple(sorted(plays)), paused=account in off or "*" in off)
            for account, plays in sorted(self._plays().items())
        ]  # fmt: skip

    async def _queues(self) -> Queues:
        now, runs = self._store.now(), dict[str, int]()
        for shop in self._settings.shops:
            for _, status, many in await self._store.fetch("run_counts", (shop,)):
                name = Status(status).name.lower()
                runs[name] = runs.get(name, 0) + many
        tray, since = (await self._store.fetch("deliveries_waiting"))[0]
        oldest = await self._store.fetch("oldest_undispatched", (CASES,))
        quoting = self._quoting if self._quoting is not None and self._quoting.askers else None
        return Queues(
            tray=tray, tray_age=now - since if tray else 0.0, undispatched=len(oldest),
            undispatched_age=now - min(row[4] for row in oldest) if oldest else 0.0, runs=runs,
            rates=() if quoting is None else tuple(sorted(quoting.askers)),
            rates_well=quoting is None or quoting.check().state == "good", here=self._hearing is not None,
            stopped=await self._stopped(), checkouts=await self._checkouts(),
        )  # fmt: skip

    async def _checkouts(self) -> tuple[tuple[str, str, float], ...]:
        """Those of our own, each as its profile stands now."""
        changed = {row[0]: row[1] for row in await self._store.fetch("profiles")}
        return tuple(
            (shop, changed.get(shop, str(one.profile)), one.deadline)
            for one in self._settings.storefronts for shop in one.shops or self._settings.shops
        )  # fmt: skip

    async def _stopped(self) -> tuple[str, ...]:
        """What brakes hold; a SKU that is off sale holds up nothing, and whose cap it is stays with the cap."""
        ours = {*self._settings.shops, "*"}
        held = {(scope, name) for shop, scope, name, *_ in await self._store.fetch("brakes") if shop in ours}
        return tuple(sorted({
            scope if scope == "all" else f"{scope} {name.partition('/')[0] if scope == 'cap' else name}"
            for scope, name in held if scope != "sku"
        }))  # fmt: skip

    async def _worked(self) -> bool:
        """Whether a worker on PostgreSQL has a lane: a command line asks the database there, and not a hub."""
        now = self._store.now()
        return any(owner and until > now for _, owner, _, until in await self._store.fetch("lanes"))

    async def _consistency(self, observed: tuple[str, ...]) -> judged.Consistency:
        now, cases, parked = self._store.now(), 0, 0
        for shop in self._settings.shops:  # what looks ask has no run
            cases += sum(one.run is None for one in await self._store.open_cases(shop, CASES))
            counts = await self._store.fetch("run_counts", (shop,))
            parked += sum(many for _, status, many in counts if status == Status.PARKED)
        ears = {} if self._hearing is None else self._hearing.ears
        sights = [] if self._watching is None else self._watching.sights()
        told = []
        for account in sorted({one.account for one in sights} | set(ears)):
            ear = ears.get(account)
            rows = await self._store.fetch("checkpoint", (ear.shop, account, HEARD)) if ear else []
            told.append(_looked(account, [one for one in sights if one.account == account], now, rows))
        lags = await self._projector.lags()
        books = {account for account, plays in self._plays().items() if plays & BOOKS} if self._hearing else set[str]()
        return judged.Consistency(accounts=tuple(told), parked=parked, told=cases, observed=observed,
                                  skipped=sum(one.skipped for one in lags), here=self._hearing is not None,
                                  behind=max((one.seconds for one in lags), default=0.0),
                                  silent=tuple(sorted(books - {one.account for one in told})))  # fmt: skip

    async def _feedback(self, since: float) -> Line:
        """Of several shops the one where it stands worst: who asks in one asks nobody in the other."""
        parts = [one for one in await self._parts() if "surveys" in one.roles]
        only = {one.name: one.shops for one in self._settings.accounts if one.shops}
        lines = {}
        for shop in self._settings.shops:
            tools = [one for one in parts if shop in only.get(one.account, [shop])]
            surveys = await self._surveys(shop, since) if tools else ()
            said = self._settings.surveys
            found = judged.Feedback(
                accounts=tuple(one.account for one in tools), surveys=surveys, exit_intent=tuple(said.exit_intent),
                post_purchase=tuple(said.post_purchase), paused=tuple(one.account for one in tools if one.paused),
            )  # fmt: skip
            lines[shop] = judged.feedback(found, span)
        worst = min(lines.values(), key=lambda one: WORST.index(one.state))
        if len(lines) == 1:
            return worst
        return msgspec.structs.replace(worst, says="; ".join(f"{shop}: {one.says}" for shop, one in lines.items()))

    async def _surveys(self, shop: str, since: float) -> tuple[judged.Survey, ...]:
        """Those that were answered since; what is older and was brought in lately counts for nothing."""
        counts: dict[str, tuple[int, float, int]] = {}
        numbers = await self._figures.newest(shop, public_name(SurveyAnswered), since, ANSWERS)
        for begin in range(0, len(numbers), TURN):
            for row in (await self._store.events(numbers[begin : begin + TURN])).values():
                event = None if row.codec == PURGED else await self._engine.open_event(row)
                if not isinstance(event, SurveyAnswered):
                    continue
                response = event.response
                if (at := min(row.recorded, response.at.timestamp())) >= since:
                    many, last, bought = counts.get(response.survey, (0, 0.0, 0))
                    counts[response.survey] = (many + 1, max(last, at), bought + (response.order is not None))
            await asyncio.sleep(0)
        now = self._store.now()
        return tuple(
            judged.Survey(id=id_, answers=many, age=now - last, of_orders=bought)
            for id_, (many, last, bought) in sorted(counts.items())
        )

    async def _live(self) -> dict[tuple[str, str], float]:
        """Since when a flow that was handed over is live."""
        now, found = self._store.now(), dict[tuple[str, str], float]()
        for shop, flow, at, mode in await self._store.fetch("handovers"):
            if mode == "live" and at <= now:
                found[shop, flow] = at
        return found

    async def _observed(self) -> tuple[str, ...]:
        """Flows that only watch now, in one of the shops: by themselves, or because all that has no own mode does."""
        now, last, whole = self._store.now(), dict[tuple[str, str], str](), set[str]()
        for shop, flow, at, mode in await self._store.fetch("handovers"):
            if at <= now:
                last[shop, flow] = mode
        for shop, flow, account, mode, _ in await self._store.fetch("modes"):
            if account == "*" and flow != "*":
                last[shop, flow] = mode
            elif account == "*" and mode == "observe":
                whole.add(shop)
        found = {flow for (_, flow), mode in last.items() if mode == "observe"}
        names = {flow.name for flow in self._engine.flows}
        found |= {name for name in names for shop in whole if shop == "*" or (shop, name) not in last}
        return tuple(sorted(found))


def _looked(account: str, sights: list[Sight], now: float, heard: list[Any]) -> judged.Looked:
    """Of several looks the one that succeeded longest ago counts."""
    done = [one.succeeded for one in sights if one.succeeded is not None]
    return judged.Looked(
        account=account, looks=bool(sights), looked=now - min(done) if done and len(done) == len(sights) else None,
        heard=now - heard[0][1] if heard else None,
        problem="; ".join(f"{one.name}: {one.problem}" for one in sights if one.problem),
    )  # fmt: skip


def _by_card(account: AccountSettings) -> set[str]:
    plays = {one.lower() for one in account.plays}
    offered = {port.__name__.lower() for port in card_of("accounts", account.name).offers}
    return {role for role in ROLES if role in offered and (not plays or role in plays)}


def _access(account: str) -> str:
    connector = account.partition("/")[0]
    return connector if connector in {"files", "database"} else "api"


def _others() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for connector, roles in offers().items():
        for role in roles:
            found.setdefault(role, []).append(connector)
    return found
