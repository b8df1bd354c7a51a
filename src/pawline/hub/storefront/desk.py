"""What people do to a storefront: make, list and revoke keys, and choose how much shoppers wait for. All audited."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pawline.hub.health import Check
from pawline.hub.settings import HubRefused
from pawline.hub.storefront.api_keys import SHOWN, check, digest, made
from pawline.hub.storefront.settings import Profile
from pawline.model import OrderPlaced
from pawline.store import RESTORED, Conflict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from pawline.hub.settings import Settings
    from pawline.runtime import Flow
    from pawline.store import Store

Write = tuple[str, tuple[object, ...]]
ADOPTING: Final = frozenset({"adopt_order", "introduce_order", "count_placed"})
"""Flows that begin with an order and leave those of our own checkout to another one."""
FULFILS: Final = "fulfil_order"
LABELS: Final = "label_return"
NEVER: Final = -1.0
"""When a store was restored that never was."""


class StorefrontDesk:
    """Answers for one store, whether a hub runs or not: a running one takes note within a second."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store = store
        self._said = {shop: one for one in settings.storefronts for shop in one.shops or settings.shops}
        self._takes = {shop for one in settings.returns for shop in one.shops or settings.shops}
        self.questions: dict[str, Callable[..., Awaitable[Any]]] = {
            "keys": self._list, "key_make": self._make, "key_revoke": self._revoke, "key_release": self._release,
            "profiles": self._profiles, "profile": self._profile,
        }  # fmt: skip

    async def checks(self, flows: Iterable[Flow[Any, Any]]) -> list[Check]:
        """The doctor's question whether anybody can buy, and whether anything becomes of it, and of what comes back."""
        if not self._said:
            return []
        keys = Counter(shop for _, shop, *_, revoked in await self._store.fetch("api_keys") if revoked is None)
        said = [
            f"{row['shop']} is {row['profile']}, with {keys[row['shop']]} live keys" for row in await self._profiles()
        ]
        held = Counter(shop for shop, _ in await self._held())
        lacking = [
            f"{shop} has {held[shop]} held since the restore: `pawline keys release`" if held[shop]
            else f"{shop} has none: `pawline keys make`"
            for shop in sorted(self._said) if held[shop] or not keys[shop]
        ]  # fmt: skip
        names = {one.name: one.on for one in flows}
        if all(on is not OrderPlaced or name in ADOPTING for name, on in names.items()):
            lacking.append(
                "no flow fulfils an order of ours, so all stay placed: add pawline.flows.fulfil_order to `flows`"
            )
        if FULFILS in names and LABELS not in names and (taking := sorted(set(self._said) & self._takes)):
            lacking.append(f"{taking[0]} takes returns that nobody sees to: add pawline.flows.{LABELS} to `flows`")
        return [Check(name="storefront", state="look" if lacking else "good", says="; ".join([*said, *lacking]))]

    def check_handover(self, shop: str, flow: str, mode: str) -> None:
        """Raises HubRefused where orders would be taken that nobody fulfils."""
        if shop in self._said and flow in {FULFILS, LABELS} and mode == "observe":
            what = "orders" if flow == FULFILS else "returns"
            raise HubRefused(
                f"{shop} sells by a checkout of ours, whose {what} have no old way: take its `storefronts` out, "
                f"or hold them with `pawline stop flow {flow}`"
            )

    async def _list(self, shop: str) -> list[dict[str, Any]]:
        held = await self._held()
        return [
            {"id": id_, "name": name, "may": scopes or "what a shopper may", "origins": origins, "made": at, "by": by,
             "revoked": "held" if (shop, id_) in held else revoked}
            for id_, where, _, name, scopes, origins, at, by, revoked in await self._store.fetch("api_keys")
            if where == shop
        ]  # fmt: skip

    async def _make(
        self, shop: str, name: str, by: str, *, secret: bool = False, scopes: Sequence[str] = (),
        origins: Sequence[str] = (),
    ) -> dict[str, Any]:  # fmt: skip
        """The key itself is in this answer, and nowhere else."""
        self._front(shop)
        may, pages = check(secret=secret, scopes=scopes, origins=origins)
        key, now = made(secret), self._store.now()
        row = (key[:SHOWN], shop, digest(key), name, " ".join(may), " ".join(pages), now, by, None)
        await self._write(("insert_api_key", row), _audited(shop, now, by, "make key", key[:SHOWN], name))
        return {"key": key, "id": key[:SHOWN], "shop": shop}

    async def _revoke(self, shop: str, id: str, by: str, reason: str) -> dict[str, Any]:
        if not reason:
            raise HubRefused("say why with --reason: every action of an operator is audited")
        now, held = self._store.now(), (await self._held()).get((shop, id), NEVER)
        try:
            revoke = ("revoke_api_key", (id, shop, now, held))
            await self._write(revoke, _audited(shop, now, by, "revoke key", id, reason))
        except Conflict:
            raise HubRefused(f"{shop} has no live key {id}: `pawline keys list` shows those there are") from None
        return {"action": "revoke key", "about": id, "state": "done"}

    async def _release(self, shop: str, by: str, reason: str, id: str = "") -> dict[str, Any]:
        """Those that a restore holds, or one of them, live again. What a person revoked does not."""
        if not reason:
            raise HubRefused("say why with --reason: every action of an operator is audited")
        held = await self._held()
        if not (found := [key for where, key in held if where == shop and id in ("", key)]):
            which = f"key {id}" if id else "key"
            raise HubRefused(f"{shop} has no {which} that a restore holds: `pawline keys list` shows those there are")
        now = self._store.now()
        for key in found:
            release = ("release_api_key", (key, shop, held[shop, key]))
            await self._write(release, _audited(shop, now, by, "release key", key, reason))
        return {"action": "release key", "about": ", ".join(found), "state": "done"}

    async def _held(self) -> dict[tuple[str, str], float]:
        """Shop and id of keys that ended by the restore itself, with when that was."""
        meta: dict[str, str] = dict(await self._store.fetch("meta"))
        at = float(meta.get(RESTORED, NEVER))
        return {(row[1], row[0]): at for row in await self._store.fetch("api_keys") if row[-1] == at}

    async def _profiles(self) -> list[dict[str, Any]]:
        changed = {row[0]: row for row in await self._store.fetch("profiles")}
        found = []
        for shop, said in sorted(self._said.items()):
            _, profile, by, at, reason = changed.get(shop, (shop, said.profile, "pawline.toml", None, ""))
            found.append({"shop": shop, "profile": str(profile), "by": by, "at": at, "reason": reason})
        return found

    async def _profile(self, shop: str, profile: str, by: str, reason: str) -> dict[str, Any]:
        self._front(shop)
        if profile not in {str(one) for one in Profile}:
            raise HubRefused(f"there is no profile {profile!r}: {', '.join(Profile)}")
        if not reason:
            raise HubRefused("say why with --reason: every action of an operator is audited")
        now = self._store.now()
        row = (shop, profile, by, now, reason)
        await self._write(("set_profile", row), _audited(shop, now, by, "profile", profile, reason))
        return {"action": "profile", "about": f"{profile} in {shop}", "state": "done"}

    def _front(self, shop: str) -> None:
        if shop not in self._said:
            raise HubRefused(f"{shop} has no `storefronts` in the settings: its checkout is another's; add them")

    async def _write(self, *writes: Write) -> None:
        if (error := (await self._store.written(writes)).error) is not None:
            raise error


def _audited(shop: str, at: float, by: str, action: str, target: str, detail: str) -> Write:
    return "insert_audit", (shop, at, by, action, target, detail)
