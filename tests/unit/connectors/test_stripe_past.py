"""What Stripe had seen before the account was connected."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pawline.connectors.stripe.past import PAST
from pawline.kit import Recalled
from pawline.model import DisputeClosed, OrderId, PaymentDisputed, PayoutPaid, RefundFailed
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.stripe_scene import Scene, card, run

DAY = 86_400.0


async def had(here: Scene) -> tuple[str, str, str]:
    """A payout, a refund that failed, and a dispute that waits; beside them what is not told."""
    taken = await here.captured(card("pm_card_refundFail"))
    back = (await here.refunded(taken, 500)).reference
    here.act("end", of=back, status="failed")
    await here.refunded(taken, 100)
    (payout,) = here.act("pay-out", False)
    here.act("end", of=payout, status="paid")
    here.act("end", of=payout, status="reconciled")
    for order in ("o2", "o3"):
        await here.captured(order=OrderId(order))
        here.act("dispute", intent=f"{order}/card")
    first, second = here.books.disputes
    here.act("end", of=second, status="won")
    return payout, back, first


async def recalled(here: Scene, file: Path, offset: int = 0) -> list[Recalled]:
    return [one async for one in PAST.read(here.http, here.settings, file, offset)]


def test_history_is_told_with_its_own_times_and_gone_on_with_where_it_was(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        here.clock.ahead = -90 * DAY
        payout, back, dispute = await had(here)
        here.clock.ahead = 0.0
        file, said = tmp_path / "past", list[str]()
        since = datetime.now(UTC) - timedelta(days=100)
        await PAST.fetch(here.http, here.settings, LOOPBACK, since, file, said.append)
        assert said == ["1 of payouts", "1 of refunds", "1 of disputes"]
        found = await recalled(here, file)
        events: list[Any] = [each.event for one in found for each in one.sightings]
        assert [(type(one), one.fact) for one in events] == [
            (PayoutPaid, f"payout.paid/{payout}"), (RefundFailed, f"refund.failed/{back}"),
            (PaymentDisputed, f"payment.disputed/{dispute}"),
        ]  # fmt: skip
        arrived = datetime.fromtimestamp(int(here.books.payouts[payout].arrives), UTC)
        assert found[0].sightings[0].at == events[0].at == arrived
        assert await recalled(here, file, found[0].offset) == found[1:]
        assert found[-1].offset == file.stat().st_size
        assert file.stat().st_mode & 0o077 == 0

    run(told)


def test_what_is_older_is_not_fetched_and_what_does_not_add_up_is_said(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        payout, back, dispute = await had(here)
        here.books.payouts[payout].amount += 1
        del here.books.refunds[back]
        here.act("end", of=dispute, status="lost")
        here.books.disputes[dispute].status = "needs_response"
        file = tmp_path / "past"
        soon = datetime.now(UTC) + timedelta(days=1)
        await PAST.fetch(here.http, here.settings, LOOPBACK, soon, file, lambda _: None)
        assert await recalled(here, file) == []
        await PAST.fetch(here.http, here.settings, LOOPBACK, soon - timedelta(days=9), file, lambda _: None)
        here.books.disputes[dispute].status = "lost"
        one, other = await recalled(here, file)
        assert one.bad is not None
        assert one.bad.why == f"payout {payout}: its transactions do not come to its amount"
        assert (other.sightings, other.bad) == ((), None)  # it has ended meanwhile: nobody knows when
        assert not any(isinstance(each.event, DisputeClosed) for each in other.sightings)

    run(told)
