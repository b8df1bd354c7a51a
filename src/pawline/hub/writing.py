"""No letter goes to an address that letters come back from: whichever account sends it, and whichever flow wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pawline.model import Letter, MessageId, household_by_email
from pawline.ports import Code, Mail, Rejected, current_attempt
from pawline.runtime import Binding

if TYPE_CHECKING:
    from pawline.store import Store

LAPSES: Final = timedelta(days=90)
"""After which an address is tried again: a mailbox may be opened again, and a domain paid for."""


class Reaching:
    """See `Mail`. What the views say is enough: whoever is told a moment too late has a letter more come back."""

    def __init__(self, mail: Mail, store: Store) -> None:
        self._mail, self._store = mail, store

    def __getattr__(self, name: str) -> Any:  # what the account is asked by besides: a look-up
        return getattr(self._mail, name)

    async def send(self, letter: Letter) -> MessageId:
        """Raises Rejected(undeliverable) where one came back from there for good in the last 90 days."""
        shop, mark = current_attempt().shop, household_by_email(letter.to)
        found = await self._store.fetch("bounced", (shop, letter.household, letter.medium.value, mark))
        if found and found[0][0] > self._store.now() - LAPSES.total_seconds():
            since = datetime.fromtimestamp(found[0][0], UTC)
            raise Rejected(f"letters came back from there on {since:%Y-%m-%d}: ask for another address",
                           Code.UNDELIVERABLE)  # fmt: skip
        return await self._mail.send(letter)


def reaching(bindings: Iterable[Binding], store: Store) -> list[Binding]:
    """The same, with those that play Mail asking first."""
    return [
        replace(one, implementation=Reaching(one.implementation, store)) if one.port is Mail else one
        for one in bindings
    ]  # fmt: skip
