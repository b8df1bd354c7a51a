"""Where Zigpoll sends its webhooks: one for each survey, to our address with the first secret at its end.

Zigpoll makes webhooks and takes them away (`/n8n/hooks`, as its own n8n node does), and shows none: nobody can ask
whether one is there.
"""

from __future__ import annotations

from typing import Final

from pawline.connectors.zigpoll.health import account_of, polls_of
from pawline.connectors.zigpoll.settings import Settings
from pawline.kit import Enrolment, Http
from pawline.ports import Code, Rejected


async def lacking(_: Http, settings: Settings, __: str) -> tuple[str, ...]:
    """Raises Rejected: it cannot be asked. What no webhook tells the look finds."""
    look = f"every {settings.poll:g} s" if settings.poll > 0 else "not, for `poll` is 0"
    raise Rejected(f"Zigpoll shows no webhooks; what none told is looked for {look}", Code.UNSUPPORTED)


async def enrol(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """Makes one for each live survey, and takes away those of ours that it may have: the same twice tells twice.

    How one is taken away is not certain: Zigpoll's node for n8n sends the id that its making gave as `targetUrl`.
    Nobody keeps that here, so the address is sent, and what Zigpoll does not take back is said: rings that come
    together are one, so that a second webhook does no harm.
    """
    if not settings.webhook_secrets:
        return ()
    account = await account_of(http, settings)
    live = [one.id for one in await polls_of(http, account) if one.live]
    wanted = [one for one in live if one in settings.polls] if settings.polls else live
    kept = 0
    for poll in wanted:
        taken = [await _taken(http, poll, f"{address}/{secret.reveal()}") for secret in settings.webhook_secrets]
        kept += not any(taken)
        new = {"pollId": poll, "targetUrl": f"{address}/{settings.webhook_secrets[0].reveal()}"}
        await http.post("n8n", "hooks", json=new, into=object)
    if not wanted:
        return ("no survey is live: connect again once one is, until then the look finds answers",)
    did = f"answers to {len(wanted)} surveys are told to {address}, with the first of `webhook_secrets` at its end"
    if not kept:
        return (did,)
    return (did, f"Zigpoll took back no webhook of {kept} of them: if there was one, it tells on, which does no harm")


async def _taken(http: Http, poll: str, url: str) -> bool:
    """Whether Zigpoll says that it took it back; it may never have been there."""
    try:
        await http.send("DELETE", "n8n", "hooks", json={"pollId": poll, "targetUrl": url}, into=object)
    except Rejected:
        return False
    return True


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
