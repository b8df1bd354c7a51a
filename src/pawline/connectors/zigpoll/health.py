"""Whether an account can do its work: Zigpoll knows the key, and the key sees the account and its surveys."""

from __future__ import annotations

from pawline.connectors.zigpoll.settings import Settings
from pawline.connectors.zigpoll.told import Me, ToldPoll, ToldSlide, bare
from pawline.kit import Http
from pawline.ports import Code, Unauthorised


async def account_of(http: Http, settings: Settings) -> str:
    """The account's id. Raises Unauthorised where the key sees several and the settings name none."""
    return settings.account or _only((await http.get("me", into=Me)).accounts)


async def probe(http: Http, settings: Settings, _: frozenset[str]) -> None:
    """Raises Unauthorised, naming what the key does not see: Zigpoll's keys have no scopes."""
    accounts = (await http.get("me", into=Me)).accounts
    account = settings.account or _only(accounts)
    if account not in accounts:
        raise Unauthorised(f"the key does not see the account {account}: {_named(accounts)}", Code.FORBIDDEN)
    polls = {one.id for one in await polls_of(http, account)}
    if strange := sorted(set(settings.polls) - polls):
        raise Unauthorised(f"`polls` names {strange[0]}, which is no survey of that account", Code.FORBIDDEN)
    slides = set[str]()
    for poll in sorted(polls & set(settings.polls) or polls) if settings.scores else ():
        found = await bare(http, "slides", {"pollId": poll}, tuple[ToldSlide, ...])
        slides.update(one.id for one in found)
    if strange := sorted(set(settings.scores) - slides):
        raise Unauthorised(f"`scores` names {strange[0]}, which is no question of these surveys", Code.FORBIDDEN)


async def polls_of(http: Http, account: str) -> tuple[ToldPoll, ...]:
    """All of an account: they come in one page."""
    return await bare(http, "polls", {"accountId": account}, tuple[ToldPoll, ...])


def _only(accounts: tuple[str, ...]) -> str:
    if len(accounts) != 1:
        raise Unauthorised(f"{_named(accounts)}: say which in `account`", Code.FORBIDDEN)
    return accounts[0]


def _named(accounts: tuple[str, ...]) -> str:
    return f"the key sees {', '.join(sorted(accounts)[:10]) or 'no account'}"
