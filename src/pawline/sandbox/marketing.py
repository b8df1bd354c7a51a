"""A marketing tool: it sends what it is asked to, sends by itself by flows of its own, and honours who said no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from pawline.model import Consent, HouseholdId, Message, MessageId, PetId, Purpose, allowed
from pawline.ports import Code, Occurrence, Receipt, Rejected, Suppression

if TYPE_CHECKING:
    from pawline.sandbox.trades import Note


class Planned(NamedTuple):
    """A message that the tool will send by itself, as it was set up long ago."""

    household: HouseholdId
    pet: PetId | None
    message: str
    on: date


class Marketing:
    """`flows` are its own: of an occurrence's name, the message that it sends by itself. `mailed` writes those down.

    What it sends by itself needs no asking, and so nobody to forget to ask whether a pet still lives.
    """

    def __init__(self, mailed: Callable[[str], object]) -> None:
        self.flows: dict[str, str] = {}
        self._mailed = mailed
        self._tracked: set[str] = set()
        self._stopped: set[tuple[HouseholdId, PetId | None]] = set()
        self._consents: list[Consent] = []
        self._planned: list[Planned] = []

    def plan(self, planned: Planned) -> None:
        """Somebody set up a flow that ends in this message."""
        self._planned.append(planned)

    def run(self, today: date) -> None:
        """Sends by itself what was planned for today or before."""
        due = [one for one in self._planned if one.on <= today]
        self._planned = [one for one in self._planned if one.on > today]
        for one in due:
            if not self._silenced(one.household, (one.pet,) if one.pet else ()):
                self._mailed(f"{one.pet or one.household}/{one.message}")

    # -- the port ------------------------------------------------------------------------------------------------

    def send(self, note: Note, message: Message) -> MessageId:
        safety = message.purpose is Purpose.SAFETY
        if not safety and (self._said_no(message) or self._silenced(message.household, message.pets)):
            raise Rejected(f"{message.household} is not to be written to", Code.NOT_ALLOWED)
        about = message.order or message.household
        return MessageId(note(f"{about}/{message.name}", order=str(about)))

    def track(self, note: Note, occurrence: Occurrence) -> Receipt:
        again = occurrence.key in self._tracked
        self._tracked.add(occurrence.key)
        receipt = Receipt(note(occurrence.key, again=again))
        message = self.flows.get(occurrence.name)
        if message is not None and not again and not self._silenced(occurrence.household, ()):
            self._mailed(f"{occurrence.values.get('order', occurrence.household)}/{message}")
        return receipt

    def consent(self, note: Note, consent: Consent) -> Receipt:
        again = consent in self._consents
        self._consents.append(consent)
        return Receipt(note(f"{consent.household}/{consent.purpose}", again=again))

    def suppress(self, note: Note, suppression: Suppression) -> Receipt:
        what = (suppression.household, suppression.pet)
        again = what in self._stopped
        self._stopped.add(what)
        return Receipt(note(f"{suppression.household}/{suppression.pet or ''}", again=again))

    def _silenced(self, household: HouseholdId, pets: tuple[PetId, ...]) -> bool:
        return any((household, pet) in self._stopped for pet in (None, *pets))

    def _said_no(self, message: Message) -> bool:
        """Only a no counts here: whoever never answered is the asker's business."""
        purpose = message.purpose
        about = [one for one in self._consents if one.household == message.household and one.purpose is purpose]
        return bool(about) and not allowed(about, purpose, message.medium)
