"""Addresses that letters came back from for good, as far as they are known by their mark."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pawline.model import MessageBounced
from pawline.views.view import Seen, View, Write


def _bounced(seen: Seen) -> Iterable[Write]:
    told = seen.event
    if told.lasting and told.address:
        yield "view_bounced", (seen.shop, told.household, told.medium.value, told.address, seen.at)


BOUNCED: Final = View("bounced@1", "addresses that letters came back from for good", {MessageBounced: _bounced})
