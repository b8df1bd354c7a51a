"""Where Zigpoll sends its webhooks: one for each survey, to our address with the first secret at its end.

Zigpoll makes webhooks and takes them away (`/n8n/hooks`, as its own n8n node does), and shows none: nobody can ask
whether one is there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from pawline.connectors.zigpoll.health import account_of, polls_of
from pawline.connectors.zigpoll.settings import Settings
from pawline.kit import Enrolment, Http
from pawline.ports import Code, PortError, Rejected


async def lacking(_: Http, settings: Settings, __: str) -> tuple[str, ...]:
    """Raises Rejected: it cannot be asked. What no webhook tells the look finds."""
    look = f"every {settings.poll:g} s" if settings.poll > 0 else "not, for `poll` is 0"
    raise Rejected(f"Zigpoll shows no webhooks; what none told is looked for {look}", Code.UNSUPPORTED)


async def enrol(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """Makes one for each live survey, and takes away those of ours that it may have: the same twice tells twice."""
    if not settings.webhook_secrets:
        return ()
    account = await account_of(http, settings)
    live = [one.id for one in await polls_of(http, account) if one.live]
    wanted = [one for one in live if one in settings.polls] if settings.polls else live
    for poll in wanted:
        for secret in settings.webhook_secrets:
            with suppress(PortError):  # it may never have been there: what Zigpoll says then is not known
                old = {"pollId": poll, "targetUrl": f"{address}/{secret.reveal()}"}
                await http.send("DELETE", "n8n", "hooks", json=old, into=object)
        new = {"pollId": poll, "targetUrl": f"{address}/{settings.webhook_secrets[0].reveal()}"}
        await http.post("n8n", "hooks", json=new, into=object)
    if not wanted:
        return ("no survey is live: connect again once one is, until then the look finds answers",)
    return (f"answers to {len(wanted)} surveys are told to {address}, with the first of `webhook_secrets` at its end",)


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
