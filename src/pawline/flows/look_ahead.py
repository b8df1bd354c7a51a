"""Renewals, looked at a week ahead: what cannot go as it stands is one question for each cause, not one a household."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from pawline.flows.telling import tell_or_ask
from pawline.model import (
    CauseId,
    Medium,
    Message,
    Purpose,
    RenewalAtRisk,
    RenewalDeclined,
    Renewals,
    RenewalsDecided,
    Sent,
    Skipped,
    SkuId,
    Subscription,
    SubscriptionId,
    SubscriptionRenewalDue,
    SubscriptionState,
)  # fmt: skip
from pawline.ports import Code, Households, Rejected, Stock, Subscriptions
from pawline.runtime import Account, Question, accounts, ask, flow, now, publish, use, wait_for

AHEAD = timedelta(days=7)
WEEK = timedelta(days=7)
CARD = CauseId("card/over")
MOMENT = timedelta(seconds=5)
"""How long a question waits to find that its cause was just decided."""


@flow(on=SubscriptionRenewalDue, key=lambda due: f"{due.subscription}/{due.on.isoformat()}", version=3)
async def look_ahead(due: SubscriptionRenewalDue) -> str | Skipped:
    """A renewal that cannot go as it stands is known before it is charged, and goes as a person decided."""
    found = await _found(due.subscription)
    if found is None:
        return Skipped("no account knows the subscription")
    app, autoship = found
    if autoship.state is not SubscriptionState.ACTIVE:
        return Skipped(f"it is {autoship.state.value}")
    if autoship.pets and len(await use(Households).lost(autoship.pets)) == len(autoship.pets):
        return await _over(app, autoship)
    risk = await _risk(due, autoship)
    if risk is None:
        return "goes as it stands"
    await publish(risk)
    charged = datetime.combine(due.on, time(), UTC)
    decided = await wait_for(RenewalsDecided, key=f"renewals/{risk.cause}", until=charged)
    return await _done(app, due, Renewals.LEAVE if decided is None else decided.decision)


async def _over(app: Account, autoship: Subscription) -> str:
    """No pet is left that it is for; where the charge was faster, it is a person's."""
    try:
        await use(Subscriptions, app).end(autoship.id, "the pets that it is for died")
    except Rejected as no:
        if no.code is not Code.TOO_LATE:
            raise
        return await ask(
            Question(
                f"autoship {autoship.id} is being charged, though the pets that it is for died", choices=("settled",),
                team="care", cause="autoships of pets that died are being charged",
            )
        )  # fmt: skip
    return "ended"


async def _found(subscription: SubscriptionId) -> tuple[Account, Subscription] | None:
    for app in accounts(Subscriptions):
        try:
            return app, await use(Subscriptions, app).subscription(subscription)
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
    return None


async def _risk(due: SubscriptionRenewalDue, autoship: Subscription) -> RenewalAtRisk | None:
    """The first cause there is: one decision is enough to stop it, and the next look finds the next."""
    if autoship.card_until is not None and autoship.card_until < due.on:
        return _of(due, CARD, "their cards end before they are charged")
    skus = tuple(item.sku for item in autoship.items)
    for sku in await use(Stock).recalled(skus):
        return _of(due, f"recall/{sku}", f"{sku} is recalled")
    today = now().date()
    for one in await use(Stock).sellable(skus):
        ahead = await use(Stock).ahead(one.sku, today, max(due.on, today + AHEAD))
        if ahead.units > one.quantity:
            return _of(due, f"stock/{one.sku}", f"{one.sku}: autoships want {ahead.units}, {one.quantity} are there")
    return None


def _of(due: SubscriptionRenewalDue, cause: str, says: str) -> RenewalAtRisk:
    return RenewalAtRisk(
        subscription=due.subscription, household=due.household, on=due.on, cause=CauseId(cause), says=says
    )


async def _done(app: Account, due: SubscriptionRenewalDue, decision: Renewals) -> str:
    """Unless they moved, paused or ended it meanwhile: what its customer decided stands."""
    if decision is Renewals.LEAVE:
        return decision.value
    try:
        autoship = await use(Subscriptions, app).subscription(due.subscription)
        if autoship.state is not SubscriptionState.ACTIVE or autoship.next_on != due.on:
            return "its customer changed it"
        if decision is Renewals.MOVE:
            await use(Subscriptions, app).move(due.subscription, due.on + WEEK)
        else:
            await use(Subscriptions, app).pause(due.subscription, None)
    except Rejected as no:
        if no.code not in (Code.TOO_LATE, Code.NOT_FOUND):
            raise
        return f"too late to {decision.value}"
    return decision.value


@flow(on=RenewalAtRisk, key=lambda risk: f"{risk.subscription}/{risk.on.isoformat()}")
async def warn_of_card(risk: RenewalAtRisk) -> Sent | Skipped:
    """Only they can name another card. Beside the question: a mail that does not go keeps no person from deciding."""
    if risk.cause != CARD:
        return Skipped("there is nothing that they could do")
    notice = Message(
        name="card_expiring", household=risk.household, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL,
        values={"subscription": risk.subscription, "on": risk.on.isoformat()},
    )  # fmt: skip
    return await tell_or_ask(notice)


@flow(on=RenewalDeclined, key=lambda declined: f"{declined.subscription}/{declined.on.isoformat()}")
async def warn_of_declined(declined: RenewalDeclined) -> Sent | Skipped:
    """The same: of the first try that was refused, and of the last. The app may write it itself: the register says."""
    if declined.retry_on is not None and declined.attempt > 1:
        return Skipped("they know of the try before")
    values = {"subscription": str(declined.subscription), "on": declined.on.isoformat()}
    if declined.retry_on is not None:
        values["retry_on"] = declined.retry_on.isoformat()
    notice = Message(
        name="renewal_declined" if declined.retry_on is not None else "renewal_given_up", values=values,
        household=declined.household, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL,
    )  # fmt: skip
    return await tell_or_ask(notice)


@flow(on=RenewalAtRisk, key=lambda risk: risk.cause)
async def decide_renewals(risk: RenewalAtRisk) -> Renewals | Skipped:
    """One question for each cause: whoever shares it waits for that answer. Until the first charge, then they go."""
    kind, _, sku = risk.cause.partition("/")
    ahead = await use(Stock).ahead(SkuId(sku), now().date(), now().date() + AHEAD)
    evidence: dict[str, object] = {"cause": kind, "first charge": risk.on}
    evidence |= {} if risk.cause == CARD else {"sku": sku, "autoships": ahead.autoships, "units": ahead.units}
    # From here on it is now: a run that queued behind the question began, to itself, when its event was recorded.
    if await wait_for(RenewalsDecided, key=f"renewals/{risk.cause}", until=now() + MOMENT) is not None:
        return Skipped("it was decided")
    charged = datetime.combine(risk.on, time(), UTC)
    decision = await ask(
        Question(
            f"renewals at risk: {risk.says}", choices=tuple(Renewals), answer=Renewals, evidence=evidence,
            until=max(charged, now() + MOMENT), otherwise=Renewals.LEAVE, suggested=Renewals.MOVE, cause=risk.cause,
        )
    )  # fmt: skip
    await publish(RenewalsDecided(cause=risk.cause, decision=decision))
    return decision
