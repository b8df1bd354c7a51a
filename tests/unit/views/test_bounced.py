"""Which addresses letters came back from for good; and no letter that goes there, whichever account would send it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.hub.ageing import Spoken
from pawline.hub.writing import LAPSES, Reaching, give_keys, reaching
from pawline.kit import Guard, Http, Smtp
from pawline.model import HouseholdId, Letter, Medium, MessageBounced, MessageId, Purpose, household_by_email
from pawline.ports import Attempt, Code, Mail, Operation, Rejected, Senders, Settle, attempting
from pawline.runtime import Binding
from pawline.store import Keyring, Purged, Retention, purge
from tests.unit.views.desk import SHOP, Desk

ANN, WORK = "ann@example.com", "ann@work.example"
DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(microsecond=0)


def bounced(name: str, to: str | None = ANN, household: str = "h1", **more: Any) -> MessageBounced:
    given: dict[str, Any] = {"medium": Medium.EMAIL, "lasting": True} | more
    address = None if to is None else household_by_email(to)
    return MessageBounced(message=MessageId(name), household=HouseholdId(household), address=address, **given)


class Sent:
    """An account that plays Mail."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, letter: Letter) -> MessageId:
        self.sent.append(letter.to)
        return MessageId(f"m{len(self.sent)}")

    async def asked(self) -> str:
        return "what it is asked by besides"


async def send(
    mail: Mail, to: str, household: str = "h1", medium: Medium = Medium.EMAIL, shop: str = SHOP,
    purpose: Purpose = Purpose.TRANSACTION,
) -> str:  # fmt: skip
    letter = Letter(household=HouseholdId(household), purpose=purpose, medium=medium, to=to, text="x")
    with attempting(Attempt("k", 1, datetime.now(UTC) + DAY, shop, "smtp/x")):
        try:
            return await mail.send(letter)
        except Rejected as no:
            return no.text if no.code is Code.UNDELIVERABLE else repr(no)


async def test_what_came_back_for_good_is_kept_by_address_and_the_latest_of_it(desk: Desk) -> None:
    await desk.open()
    at = (NOW - 3 * DAY).timestamp()
    await desk.tell(bounced("m1"), bounced("m3", WORK, "h2"), when=NOW - 3 * DAY)
    await desk.tell(bounced("m4"), when=NOW - 5 * DAY)
    await desk.tell(
        bounced("m5", WORK, lasting=False), bounced("m6", None), bounced("m7", "", medium=Medium.SMS, lasting=False)
    )
    mark, work = household_by_email(ANN), household_by_email(WORK)
    kept = [(SHOP, "h1", "email", mark, at), (SHOP, "h2", "email", work, at)]
    assert await desk.rows("view_bounced") == kept
    await desk.views.rebuild("bounced@1")
    assert await desk.rows("view_bounced") == kept
    await desk.tell(bounced("m8"), when=NOW)
    assert (await desk.rows("view_bounced"))[0][4] == NOW.timestamp()
    await desk.views.erase(SHOP, HouseholdId("h1"), 1.0, NOW.timestamp())
    assert await desk.raw("select household from view_bounced") == [("h2",)]


async def test_no_letter_goes_to_a_dead_address_and_each_to_another_one(desk: Desk) -> None:
    await desk.open()
    await desk.tell(bounced("m1"), when=NOW - DAY)
    assert await desk.views.caught_up(30)
    account = Sent()
    mail = Reaching(account, desk.store)
    dead = f"letters came back from there on {NOW - DAY:%Y-%m-%d}: ask for another address"
    assert [await send(mail, to) for to in (ANN, " Ann@Example.com ", WORK)] == [dead, dead, "m1"]
    assert await send(mail, ANN, household="h2") == "m2"  # whoever else says that they are there
    assert await send(mail, ANN, medium=Medium.SMS) == "m3"
    assert await send(mail, ANN, shop="other") == "m4"
    assert account.sent == [WORK, ANN, ANN, ANN]
    assert await send(mail, ANN, purpose=Purpose.SAFETY) == "m5"  # whoever said that nobody is there may be wrong
    assert await mail.asked() == "what it is asked by besides"


async def test_no_text_goes_to_a_number_that_is_dead_as_far_as_a_list_tells(desk: Desk) -> None:
    """A list of texts knows no household: it is told of the number's own, and nobody's text arrives there."""
    await desk.open()
    number, own = "+15550123456", household_by_email("+15550123456")
    told = bounced("m1", number, own, medium=Medium.SMS), bounced("m2", WORK, household_by_email(WORK))
    await desk.tell(*told, when=NOW - DAY)
    assert await desk.views.caught_up(30)
    account = Sent()
    mail = Reaching(account, desk.store)
    assert "letters came back" in await send(mail, number, medium=Medium.SMS)
    assert await send(mail, "+15550123457", medium=Medium.SMS) == "m1"
    assert await send(mail, number, medium=Medium.SMS, shop="other") == "m2"
    assert await send(mail, WORK) == "m3"  # of a letter it is known whose it was: whoever else says that they are there
    assert account.sent == ["+15550123457", number, WORK]


@pytest.mark.parametrize(("ago", "goes"), [(LAPSES - DAY, False), (LAPSES + DAY, True)])
async def test_after_a_while_it_is_tried_again(desk: Desk, ago: timedelta, goes: bool) -> None:
    await desk.open()
    await desk.tell(bounced("m1"), when=NOW - ago)
    assert await desk.views.caught_up(30)
    assert (await send(Reaching(Sent(), desk.store), ANN) == "m1") is goes


@pytest.mark.parametrize("batch", [1, 500])
async def test_what_is_tried_again_is_not_kept(desk: Desk, batch: int) -> None:
    """Also of a household that a Pawline erased which knew nothing of this view."""
    await desk.open()
    for n, ago in enumerate([LAPSES + DAY, LAPSES + 2 * DAY, LAPSES - DAY]):
        await desk.tell(bounced(f"m{n}", household=f"h{n}"), when=NOW - ago)
    assert await desk.views.caught_up(30)
    assert await purge(desk.store, Retention(batch=batch)) == Purged(bounces=2)
    assert await desk.raw("select household from view_bounced") == [("h2",)]
    assert await purge(desk.store, Retention(batch=batch)) == Purged()


def test_each_account_has_keys_of_its_own_and_those_from_before_the_rotation() -> None:
    old, guard = Keyring.generate(), Guard()
    accounts = [Spoken(name, SHOP, Smtp("m", 25, guard=guard), None) for name in ("smtp/a", "smtp/b", "smtp/a")]
    silent = Spoken("stripe/a", SHOP, Http("https://a.example", guard=guard), None)
    give_keys([accounts[0], accounts[1], silent], old)
    give_keys([accounts[2]], old.rotated())
    (a,), (b,), (new, kept) = [one.http.keys for one in accounts if isinstance(one.http, Smtp)]
    assert kept == a
    assert len({a, b, new}) == 3
    assert {len(one) for one in (a, b, new)} == {64}
    assert not hasattr(silent.http, "keys")


def test_only_who_plays_mail_asks_first() -> None:
    operations = {"send": Operation(settle=Settle.ASK)}
    mail, register = Binding("smtp/x", Mail, Sent(), operations), Binding("pawline/r", Senders, object())
    found = reaching([mail, register], store=None)  # type: ignore[arg-type]
    assert [(one.account, one.port, one.operations) for one in found] == [
        (one.account, one.port, one.operations) for one in (mail, register)
    ]
    assert isinstance(found[0].implementation, Reaching)
    assert found[1] is register
