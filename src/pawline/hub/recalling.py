"""A recall that a person enters: first who would be touched, then, once confirmed, the event that all follows."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from pawline.hub.settings import HubRefused
from pawline.model import Envelope, LotId, LotRecalled, Packed, Recall, RecallClass, RecallId, SkuId
from pawline.ports import PortError
from pawline.runtime import fact_digest
from pawline.views import Projector
from pawline.views.answers import OwnOrders

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from pawline.runtime import Engine

SHELF_LIFE: Final = timedelta(days=730)
"""How far back parcels count: as far as `act_on_recall` looks."""
FLOW: Final = "act_on_recall"
FLOWS: Final = (FLOW, "search_recall", "stop_recalled_order")
"""What has to act, for orders to be held and households told."""
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LONGEST: Final = 500
"""Characters of a reason or an address: they are told to households."""
PATIENCE: Final = 5.0
"""Seconds that an answer waits for the views."""
LARGEST: Final = 32_000
"""Bytes of a recall: a flow's step, and its question, hold all of it."""
MOST: Final = 1_000
"""SKUs, and lots, of one recall."""


class AsItIs(Projector):
    """The views of a store that no hub keeps at the moment: as they are."""

    async def caught_up(self, seconds: float) -> bool:  # noqa: ARG002 - nobody reads on
        """Nobody would wait for anybody."""
        return True


class Touched(NamedTuple):
    """Orders of which some may have it, each with its household if anybody said: those that wait, those that left."""

    waiting: dict[str, str | None]
    left: dict[str, str | None]
    parcels: int
    unknown: int


class RecallDesk:
    """Answers about recalls of one store. `alive`: its views are kept by this process, so an answer waits for them."""

    def __init__(self, engine: Engine, projector: Projector, *, alive: bool) -> None:
        self._engine, self._store, self._alive = engine, engine.store, alive
        self._projector = projector if alive else AsItIs(engine.store, ())
        self.questions: Final[dict[str, Callable[..., Awaitable[Any]]]] = {
            "recalls": self.begun, "recall_begin": self.begin,
        }  # fmt: skip

    async def begun(self, shop: str) -> list[dict[str, Any]]:
        """Each recall that is known of, with what was decided about the orders that it held."""
        if not await self._projector.caught_up(PATIENCE):
            raise HubRefused("the views are behind: `pawline views list` says how far; ask again")
        found = dict[str, dict[str, Any]]()
        for recall, sku, whole, cancel in await self._store.fetch("recalls_begun", (shop,)):
            decided = "" if cancel is None else "cancelled" if cancel else "released"
            row = {"recall": recall, "skus": [], "lots": "all" if whole else "some", "decided": decided}
            found.setdefault(recall, row)["skus"].append(sku)
        return list(found.values())

    async def begin(
        self, shop: str, recall: dict[str, Any], by: str, *, dry: bool = True
    ) -> dict[str, Any]:  # fmt: skip
        """Who would be touched; unless `dry`, also that it begins, audited. Raises HubRefused, naming what is wrong."""
        made = recall_of(recall)
        await self._check(shop, made)
        made, spelled = await self._spelled(shop, made)
        touched = await self._touched(shop, made)
        told = _told(made, touched) | {"warnings": spelled + await self._brakes(shop), "begun": False}
        if dry:
            return told
        now, target = self._store.now(), f"recall:{made.id}"
        lots = ", ".join(made.lots) or "every lot"
        audit = (shop, now, by, "begin recall", target, f"{', '.join(made.skus)}: {lots}: {made.reason}")
        if (error := (await self._store.written([("insert_audit", audit)])).error) is not None:
            raise error
        at = datetime.fromtimestamp(now, UTC)
        event = LotRecalled(recall=made)
        recorded = await self._engine.record(
            Envelope(shop=shop, source="accounts/pawline/recalls", id=made.id, at=at, event=event)
        )
        if not recorded.new:
            raise HubRefused(f"recall {made.id} began a moment ago: `pawline recalls list` shows it")
        return told | {"begun": True, "no": recorded.no, "acts": self._alive}

    async def _check(self, shop: str, recall: Recall) -> None:
        fact = fact_digest(shop, LotRecalled(recall=recall))
        began = {row[0] for row in await self._store.fetch("recalls_begun", (shop,))}  # also where its fact was purged
        if recall.id in began or await self._store.fetch("fact", (fact,)):
            raise HubRefused(
                f"recall {recall.id} is known already, and what it says cannot be changed: where more is recalled,"
                " begin another one under a name of its own"
            )
        unknown = [sku for sku in recall.skus if not await self._is_known(shop, sku)]
        if unknown:
            near = await self._near(shop, unknown[0])
            raise HubRefused(f"nobody ever described, counted, sold or packed {', '.join(unknown)}{near}")

    async def _is_known(self, shop: str, sku: SkuId) -> bool:
        return bool((await self._store.fetch("sku_known", (shop, sku) * 4))[0][0])

    async def _near(self, shop: str, sku: SkuId) -> str:
        known = [one for (one,) in await self._store.fetch("skus_known", (shop, shop, shop))]
        near = difflib.get_close_matches(sku, known, n=3, cutoff=0.7)
        return f": is it {' or '.join(near)}?" if near else ": correct the SKU"

    async def _spelled(self, shop: str, recall: Recall) -> tuple[Recall, list[str]]:
        """The recall with each lot as lists and parcels spell it, and what a person ought to look at before it begins.

        A flow compares lots letter by letter: `l2411-a` would find no parcel of L2411A.
        """
        if not recall.lots:
            return recall, []
        known = sorted({lot for sku in recall.skus for lot in await self._lots(shop, sku)})
        alike = dict[str, list[str]]()
        for lot in known:
            alike.setdefault(_letters(lot), []).append(lot)
        meant, found = dict.fromkeys(map(str, recall.lots)), list[str]()
        for lot in recall.lots:
            others = [one for one in alike.get(_letters(lot), ()) if one not in meant]
            if others:
                found.append(f"lot {lot} is written {', '.join(others)}, too: it is recalled however it is written")
                meant |= dict.fromkeys(others)
            elif not alike.get(_letters(lot)):
                near = difflib.get_close_matches(lot, known, n=3, cutoff=0.6)
                more = f": is it {' or '.join(near)}?" if near else ""
                found.append(f"no list and no parcel has lot {lot}{more}")
        return msgspec.structs.replace(recall, lots=tuple(map(LotId, meant))), found

    async def _brakes(self, shop: str) -> list[str]:
        """Why less would come of it than is said here: nobody is told, or not by all."""
        if not any(one.name == FLOW for one in self._engine.flows):
            return [f"no flow {FLOW} is loaded: nobody would be told and nothing be held; add it to `flows`"]
        brakes, now, found = self._engine.brakes, self._store.now(), dict[str, None]()
        await brakes.load()
        played = sorted({one.account for one in self._engine.bindings if one.shops is None or shop in one.shops})
        for flow in FLOWS:
            if brakes.way(shop, flow, now).value != "live":
                found[f"{flow} is the old way's by now (`pawline cutover`): it does nothing"] = None
            for account in ["", *played]:
                mode = brakes.mode(shop, flow, account)[0]
                what = f"{flow} at {account}" if account else flow
                if mode != "live" and (not account or mode != brakes.mode(shop, flow, "")[0]):
                    found[f"{what} is on {mode}: what it would do is not done (`pawline mode`)"] = None
                if brakes.stopped(shop, flow, account) and (not account or not brakes.stopped(shop, flow, "")):
                    found[f"{what} is stopped: it waits until that is lifted (`pawline go-on`)"] = None
        return list(found)

    async def _lots(self, shop: str, sku: SkuId) -> set[str]:
        listed = {lot for lot, _ in await self._store.fetch("lots_listed", (shop, sku))}
        return listed | {lot for (lot,) in await self._store.fetch("lots_packed", (shop, sku))}

    async def _touched(self, shop: str, recall: Recall) -> Touched:
        """As `act_on_recall` will look for them."""
        orders = OwnOrders(shop, self._store, self._projector)
        since = datetime.fromtimestamp(self._store.now(), UTC) - SHELF_LIFE
        waiting, left = dict[str, str | None](), dict[str, str | None]()
        parcels = unknown = 0
        try:
            for sku in recall.skus:
                async for bought in _all(partial(orders.waiting_with, sku), "orders"):
                    waiting[bought.order] = bought.household
                async for one in _all(partial(orders.parcels_with, sku, since), "parcels"):
                    if recall.affects(Packed(sku=sku, quantity=one.quantity, lot=one.lot)):
                        left[one.order] = one.household
                        parcels, unknown = parcels + 1, unknown + (one.lot is None)
                async for bought in _all(partial(orders.sent_with, sku, since), "orders"):
                    left[bought.order] = bought.household
                    parcels, unknown = parcels + 1, unknown + 1
        except PortError as problem:
            raise HubRefused(f"who would be touched cannot be said: {problem.text}") from problem
        return Touched(waiting, left, parcels, unknown)


async def _all(fetch: Callable[[str | None], Awaitable[Any]], name: str) -> Any:
    after: str | None = None
    while True:
        page = await fetch(after)
        for one in getattr(page, name):
            yield one
        if (after := page.after) is None:
            return


def _told(recall: Recall, touched: Touched) -> dict[str, Any]:
    homes = {home for home in touched.left.values() if home is not None}
    return {
        "recall": recall.id, "severity": recall.severity, "skus": recall.skus, "lots": recall.lots,
        "held": len(touched.waiting), "left": len(touched.left), "parcels": touched.parcels,
        "unknown_lots": touched.unknown if recall.lots else 0, "households": len(homes),
        "nobody": sum(home is None for home in touched.left.values()),
    }  # fmt: skip


def recall_of(said: dict[str, Any]) -> Recall:
    """The recall as it was entered. Raises HubRefused, naming the option and what to write."""
    name = str(said.get("id") or "").strip()
    if NAME.fullmatch(name) is None:
        raise HubRefused("--id is the recall's name, such as 2026-11-salmonella: letters, digits, - . _")
    reason, source = " ".join(str(said.get("because") or "").split()), str(said.get("source") or "").strip()
    if not reason or len(reason) > LONGEST:
        raise HubRefused(f"--because says what is wrong with the goods, in at most {LONGEST} characters")
    url = urlsplit(source)
    if url.scheme not in ("http", "https") or not url.hostname or len(source) > LONGEST or re.search(r"\s", source):
        raise HubRefused("--source is the address of the notice, such as https://maker.example/recall")
    try:
        severity = RecallClass(str(said.get("severity") or ""))
    except ValueError:
        raise HubRefused("--class is I (serious harm), II or III, as the notice says; in doubt, I") from None
    skus, lots = _words("--sku", said.get("skus")), _words("--lot", said.get("lots"))
    if not skus:
        raise HubRefused("--sku names what is recalled; give it again for each SKU")
    if bool(lots) == bool(said.get("every_lot")):
        raise HubRefused("say --lot for each lot, or --every-lot: a recall of no lot is one of all")
    made = Recall(
        id=RecallId(name), severity=severity, skus=tuple(map(SkuId, skus)), lots=tuple(map(LotId, lots)), reason=reason,
        source=source,
    )  # fmt: skip
    if len(msgspec.json.encode(made)) > LARGEST:
        raise HubRefused("--sku and --lot are too many for one recall: begin several, each with a part of them")
    return made


def _letters(lot: str) -> str:
    """Of a lot, what is left where people write it differently."""
    return re.sub(r"[\W_]", "", lot).upper()


def _words(option: str, given: Iterable[str] | None) -> list[str]:
    """Each once, as it was entered."""
    said = [str(one).strip() for one in given or ()]
    if not all(said):
        raise HubRefused(f"{option} is empty: leave it out, or write what it is")
    if len(set(said)) > MOST or any(len(one) > 200 for one in said):
        raise HubRefused(f"{option}: at most {MOST} of at most 200 characters")
    return list(dict.fromkeys(said))
