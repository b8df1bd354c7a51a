"""Mail in the role of Board: a case is a letter to each of its people, answered by a link that is theirs alone.

A letter cannot be taken back or changed; what its links lead to is up to date. See docs/why/0038.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pawline.connectors.smtp.cards import Card, not_taken, written
from pawline.connectors.smtp.mail import TIMEOUT, SmtpMail
from pawline.kit import CaseLink, Smtp, card_of
from pawline.model import CardId
from pawline.ports import CaseCard, Code, Operation, PortError, Receipt, Rejected, Settle, Transient

if TYPE_CHECKING:
    from pawline.connectors.smtp import Settings
    from pawline.connectors.smtp.people import Person
    from pawline.kit import Links

_log = logging.getLogger("pawline.connectors.smtp")
REMEMBERED: Final = 1_000
"""Cards of which is remembered who has a letter already, while others are still tried."""


class _Tried:
    """Who has the letter of one card, and in which order the others are tried: who takes all the time is the last."""

    def __init__(self, people: tuple[Person, ...]) -> None:
        self.told, self.order = set[str](), people

    def last(self, person: Person) -> None:
        """Of those who follow nobody was tried for long, for the time may have been over: next time they go first."""
        after = self.order.index(person) + 1
        self.order = (*self.order[after:], *self.order[:after])


class SmtpBoard:
    """See `Board`.

    A post that broke off is made again: who had a letter may have it twice, under one Message-ID, by which most
    programs show one. While the hub lives nobody gets it twice because another one's server says "not now".
    """

    OPERATIONS: Final = {
        "post": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=TIMEOUT)),
        "settle": Operation(settle=Settle.REPEAT),
        "tell": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=TIMEOUT)),
    }

    def __init__(self, smtp: Smtp, settings: Settings) -> None:
        self._smtp, self._settings = smtp, settings
        self._mail: Final = SmtpMail(smtp, settings)
        self._tried: dict[CardId, _Tried] = {}

    async def post(self, card: CaseCard) -> CardId:
        """A letter to each of `people`. Whom the server does not take is left out, unless that is everybody."""
        links = self._links()
        there, left, later = card_of(card.mark, card.asked), list[PortError](), list[PortError]()
        tried = self._tried.setdefault(there, _Tried(self._settings.people))
        for person in [one for one in tried.order if one.name not in tried.told]:
            try:
                await self._post(card, there, person, links)
            except Rejected as no:
                _log.warning("case %d: %s cannot be told by mail: %s", card.case, person.name, no.text)
                left.append(no)
            except Transient as no:
                if not later:
                    tried.last(person)
                later.append(no)
            else:
                tried.told.add(person.name)
        while len(self._tried) > REMEMBERED:
            del self._tried[next(iter(self._tried))]
        if later:
            raise later[0]
        self._tried.pop(there, None)
        if left and not tried.told:
            raise left[0]
        return there

    async def _post(self, card: CaseCard, there: CardId, person: Person, links: Links) -> None:
        link = CaseLink(case=card.case, mark=card.mark, asked=card.asked, who=person.who, zone=person.zone)
        shown = Card(card, person, self._settings.detail, lambda choice: links.to(link, choice))
        await self._mail.deliver(written(shown), _name(there, person.name))

    async def settle(self, there: CardId, card: CaseCard, said: str) -> Receipt:  # noqa: ARG002 - the port's
        """Nothing is left to be done: the page behind the links says it, and takes no answer any more."""
        return Receipt(there)

    async def tell(self, there: CardId, who: str, text: str) -> Receipt:
        """A short letter to whoever answered."""
        person = self._person(who)
        if person is None:
            raise Rejected("nobody of this name has letters from here", Code.UNDELIVERABLE)
        digest = hashlib.sha256(text.encode()).hexdigest()
        await self._mail.deliver(not_taken(person, text), _name(there, f"{who}/{digest}"))
        return Receipt()

    async def may(self, who: str) -> str | None:
        """Who is in `people` now, at the address that the letter went to: a letter outlives that."""
        person = self._person(who)
        return None if person is None else person.name

    def _person(self, who: str) -> Person | None:
        return next((one for one in self._settings.people if one.who == who), None)

    def _links(self) -> Links:
        if self._smtp.links is None:
            raise Rejected("nobody can answer by mail: name `listen` and `public` in the settings", Code.UNSUPPORTED)
        return self._smtp.links


def _name(there: CardId, whose: str) -> str:
    return hashlib.sha256(f"{there}/{whose}".encode()).hexdigest()[:32]
