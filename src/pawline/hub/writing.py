"""Letters: no other goes where they come back from, whoever sends it; and what names those of an account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pawline.kit import Smtp
from pawline.model import Letter, Medium, MessageId, Purpose, household_by_email
from pawline.ports import Code, Mail, Rejected, current_attempt
from pawline.runtime import Binding
from pawline.store import DEAD

if TYPE_CHECKING:
    from pawline.hub.ageing import Spoken
    from pawline.store import Keyring, Store

LAPSES: Final = timedelta(seconds=DEAD)
"""After which an address is tried again: a mailbox may be opened again, and a domain paid for."""


class Reaching:
    """See `Mail`. What the views say is enough: whoever is told a moment too late has a letter more come back.

    What is about safety (`Purpose.SAFETY`) goes all the same: that nobody is there was said by a mail which anybody who
    got a letter can forge, and it costs one more that comes back. Then a person is told: `tell_by_hand`.
    """

    def __init__(self, mail: Mail, store: Store) -> None:
        self._mail, self._store = mail, store

    def __getattr__(self, name: str) -> Any:  # what the account is asked by besides: a look-up
        return getattr(self._mail, name)

    async def send(self, letter: Letter) -> MessageId:
        """Raises Rejected(undeliverable) where one came back from there for good in the last 90 days.

        A list of texts knows a number and no household: what it tells is kept with the number's own, and holds for all.
        """
        if letter.purpose is Purpose.SAFETY:
            return await self._mail.send(letter)
        shop, mark = current_attempt().shop, household_by_email(letter.to)
        for whose in {letter.household, mark} if letter.medium is Medium.SMS else {letter.household}:
            found = await self._store.fetch("bounced", (shop, whose, letter.medium.value, mark))
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


def give_keys(spoken: Iterable[Spoken], keyring: Keyring) -> None:
    """Gives each account that writes letters keys of its own: what one of them named, no other one believes."""
    for one in spoken:
        if isinstance(one.http, Smtp):
            one.http.keys = keyring.derived(f"pawline letters\0{one.account}".encode())
