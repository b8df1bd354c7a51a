"""Whether an account can do its work: the token is good, and its agent may do what it is for."""

from __future__ import annotations

from pawline.connectors.zendesk.client import Api, ZendeskHttp
from pawline.connectors.zendesk.settings import Settings
from pawline.ports import Code, Unauthorised


async def probe(http: ZendeskHttp, settings: Settings, _: frozenset[str]) -> None:
    """Raises Unauthorised for a token that is not known, and for an agent that may not do enough.

    Exports and webhooks are for administrators only:
    https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ .
    """
    http.me = None  # asked anew: a role may have been changed
    me = await Api(http).me()
    if not me.decides:
        raise Unauthorised("the token's user is no agent with a full seat who is active", Code.FORBIDDEN)
    if me.role != "admin" and (settings.poll > 0 or settings.webhook_secrets):
        raise Unauthorised(
            "the token's user is no administrator, which looks (`poll`) and webhooks ask for", Code.FORBIDDEN
        )  # fmt: skip
