"""The vendors' end of the demo: what only they can know, whom they refused and what they were asked again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.sandbox import LOOK_UPS

if TYPE_CHECKING:
    from pawline.sandbox import Reply, Request, Vendors

_LOOKS: Final = frozenset(f"{effect.partition('.')[0]}.{name}" for effect, name in LOOK_UPS.items())


class Watched:
    """A line to the vendors that notes whom they refused and why, and by port what was settled after doubt.

    `settled` counts repeats under a key that they knew, and look-ups that found the effect.
    """

    def __init__(self, vendors: Vendors) -> None:
        self.vendors = vendors
        self.refused: dict[str, str] = {}
        self.settled: Counter[str] = Counter()
        self._seen: set[str] = set()

    async def ask(self, request: Request) -> Reply:
        """See `Line.ask`."""
        before = len(self.vendors.books.read()) if request.key in self._seen else 0
        try:
            reply = await self.vendors.ask(request)
        finally:
            self._seen.add(request.key)
        self._note(request, reply, before)
        return reply

    def _note(self, request: Request, reply: Reply, before: int) -> None:
        port = request.method.partition(".")[0]
        if reply.error is None:
            found = request.method in _LOOKS and bytes(reply.value) != b"null"
            if found or (request.key and before and len(self.vendors.books.read()) == before):
                self.settled[port] += 1
        elif reply.error[0] == "rejected":
            order = str(msgspec.json.decode(request.args)[0])
            self.refused.setdefault(order, reply.error[1].replace("_", " "))
