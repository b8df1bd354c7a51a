"""Cases by cause: thirty-seven orders with one cause are one line in the inbox, and one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from pawline.hub.settings import HubRefused
from pawline.runtime import Refused

if TYPE_CHECKING:
    from pawline.store import Store

AT_ONCE: Final = 50
"""Orders under way at once: each waits until its run's owner took it."""
Order = Callable[..., Awaitable[dict[str, Any]]]


class Groups:
    """What open cases have in common, and orders to all of one cause. `order` is the desk's, of one case."""

    def __init__(self, store: Store, order: Order) -> None:
        self._store, self._order = store, order

    async def list(self, shop: str, limit: int = 50) -> list[dict[str, Any]]:
        """A shop's open cases by cause, the largest group first; `no` and `title` are of its oldest."""
        told = []
        for _, kind, team, count, no, opened in await self._store.fetch("case_groups", (shop, limit)):
            case = await self._store.case(no)
            if case is not None:
                told.append({"count": count, "no": no, "team": team, "kind": kind, "title": case.title,
                             "opened": opened})  # fmt: skip
        return told

    async def order(
        self, action: str, case: int, by: str, reason: str, said: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Answers, or tries again, every open case of this one's cause: how many were, and what was said against it.

        One that does not take it keeps no other from it. Raises HubRefused for a case that is not open.
        """
        found = await self._store.case(case)
        if found is None or found.state != "open":
            raise HubRefused(f"case {case} is not open: `pawline cases groups` shows what is")
        done, refused, after = 0, dict[str, int](), -1
        while rows := await self._store.fetch("cases_like", (found.shop, found.fingerprint, after, AT_ONCE)):
            after = rows[-1][0]
            ends = await asyncio.gather(
                *[self._one(action, no, run, path, by, reason, said or {}) for no, run, path in rows]
            )
            done += ends.count(None)
            for why in filter(None, ends):
                refused[why] = refused.get(why, 0) + 1
        return {"case": case, "action": action, "done": done, "refused": refused}

    async def _one(
        self, action: str, no: int, run: int | None, path: str, by: str, reason: str, said: dict[str, Any]
    ) -> str | None:
        """None, or why not."""
        target, more = (f"run:{run}", {"path": path}) if action == "retry" else (f"case:{no}", {})
        try:
            await self._order(action, target, by, reason, said=said | more)
        except (Refused, HubRefused) as problem:
            return str(problem).replace(f"case:{no}", "it").replace(f"run {run}", "its run")
        return None
