"""Whether an account can do its work: the token is a bot's, has its scopes, and the app is in its channel."""

from __future__ import annotations

from typing import Final

from pawline.connectors.slack import groups
from pawline.connectors.slack.board import History
from pawline.connectors.slack.client import Api, SlackHttp
from pawline.connectors.slack.settings import Settings
from pawline.ports import Code, Rejected, Unauthorised

POST: Final = "chat:write"
READS: Final = ("channels:history", "groups:history")
"""Of a public channel the first, of a private one the second."""
GROUPS: Final = "usergroups:read"


async def probe(http: SlackHttp, settings: Settings, _: frozenset[str]) -> None:
    """Raises Unauthorised, naming the scope, the channel or the user group that lacks.

    That nobody may answer yet is no reason to refuse an account: people are named in the settings once it is there.
    """
    api = Api(http)
    scopes = await api.scopes()
    me = await api.me()
    if me.is_enterprise_install:
        raise Unauthorised("the app is installed for a whole organisation: install it in one workspace", Code.FORBIDDEN)
    if me.bot_id is None:
        raise Unauthorised("the token is a person's: take the app's bot token, xoxb-…", Code.FORBIDDEN)
    if scopes is not None and (lacks := lacking(scopes, settings)):
        raise Unauthorised(f"the app lacks {', '.join(lacks)}: add it, and install the app again", Code.FORBIDDEN)
    query = {"channel": settings.channel, "limit": "1", "include_all_metadata": "true"}
    await api.read("conversations.history", query=query, into=History)
    for group in settings.groups:
        try:
            await groups.read(api, group)
        except Rejected as no:
            what = "is no user group there" if no.code is Code.NOT_FOUND else "cannot be read"
            raise Unauthorised(f"{group} {what}: correct `groups` ({no.text})", Code.FORBIDDEN) from no


def lacking(scopes: frozenset[str], settings: Settings) -> list[str]:
    """The scopes that are asked for and are not there."""
    lacks = [] if POST in scopes else [POST]
    lacks += [] if scopes.intersection(READS) else [" or ".join(READS)]
    return lacks + ([GROUPS] if settings.groups and GROUPS not in scopes else [])
