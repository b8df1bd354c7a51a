"""Where a workspace sends its webhooks: one of ours, for responses that are finished.

Formbricks makes the secret, and shows it once: when a webhook is made. So it is made by `pawline connect` only, which
keeps the secret; the webhook's name then says which secret that is, by a digest. One whose secret nobody has is made
anew, and goes once the new secret is in the settings. What a person made is never removed.

Versions that sign nothing are told an address that ends with a secret of ours, where `path_secrets` are set.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from pawline.connectors.formbricks.hook import FINISHED
from pawline.connectors.formbricks.settings import SIGNS, Settings
from pawline.connectors.formbricks.told import Data, ToldWebhook
from pawline.kit import Enrolment, Http, Page, Secret, every_item
from pawline.ports import Malformed

NEWS: Final = "responses that are finished"
MADE: Final = "Pawline"
UNKNOWN: Final = f"{NEWS} signed with what is in `webhook_secrets`"
MANY: Final = 100
_OURS: Final = re.compile(rf"{MADE}( [0-9a-f]{{12}})?")


def digest(address: str, secret: str) -> str:
    """Which secret it is; of the same at another address another one."""
    return hashlib.sha256(f"{address}\n{secret}".encode()).hexdigest()[:12]


async def lacking(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """What keeps news from coming to this address, or from being believed."""
    one = _chosen(await _there(http, settings, _at(settings, address)), settings, address)
    if one is None or not _whole(one, settings):
        return (NEWS,)
    return () if _known(one, settings, address) else (UNKNOWN,)


async def enrol(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there by the webhook that is there, which keeps its secret. None is made: see `issue`.

    For an address that ends with a secret it is made. Webhooks of ours that gave way are removed.
    """
    at, did = _at(settings, address), list[str]()
    there = await _there(http, settings, at)
    one = _chosen(there, settings, address)
    if one is None and at != address:
        await _make(http, settings, at)
        did.append(f"{NEWS} are told to {address}, with the first of `path_secrets` at its end")
    if one is not None and not _whole(one, settings):
        surveys = sorted({*one.survey_ids, *settings.surveys}) if one.survey_ids and settings.surveys else []
        await _put(http, one, one.name or MADE, tuple(sorted({*one.triggers, FINISHED})), surveys)
        did.append(f"{NEWS} are sent to {address}")
    if at != address or (one is not None and _known(one, settings, address)):
        gone = [two for two in there if one is not None and two.id != one.id and _ours(two)]
        for two in [*gone, *await _former(http, settings, address)]:
            await http.delete("v2", "management", "webhooks", two.id, into=object)
            did.append("a webhook of ours that was there before is removed")
    return tuple(did)


async def issue(http: Http, settings: Settings, address: str) -> Secret | None:
    """Makes the webhook and hands over its secret. None where one is there that we know the secret of."""
    if _at(settings, address) != address:
        return None
    if any(_known(one, settings, address) for one in await _there(http, settings, address)):
        return None
    made = await _make(http, settings, address)
    if not made.secret or not made.secret.startswith(SIGNS):
        raise Malformed("Formbricks made a webhook, and shows no secret: if it signs nothing, set `path_secrets`")
    await _put(http, made, f"{MADE} {digest(address, made.secret)}", made.triggers, list(made.survey_ids))
    return Secret(made.secret)


async def _make(http: Http, settings: Settings, url: str) -> ToldWebhook:
    """https://formbricks.com/docs/api-v2-reference - older versions have the workspace's id as an environment's."""
    body = {
        "name": MADE, "url": url, "source": "user", "triggers": [FINISHED], "surveyIds": list(settings.surveys),
        "workspaceId": settings.workspace, "environmentId": settings.workspace,
    }  # fmt: skip
    return (await http.post("v2", "management", "webhooks", json=body, into=Data[ToldWebhook])).data


async def _put(http: Http, one: ToldWebhook, name: str, triggers: tuple[str, ...], surveys: list[str]) -> None:
    """All that can be changed has to be said."""
    body = {"name": name, "url": one.url, "source": one.source, "triggers": list(triggers), "surveyIds": surveys}
    await http.put("v2", "management", "webhooks", one.id, json=body, into=object)


def _at(settings: Settings, address: str) -> str:
    """Where webhooks go: with a secret at its end only where none is there that signs."""
    if settings.webhook_secrets or not settings.path_secrets:
        return address
    return f"{address}/{settings.path_secrets[0].reveal()}"


async def _former(http: Http, settings: Settings, address: str) -> list[ToldWebhook]:
    """Those of ours at addresses that ended with a secret of before."""
    every, at = await _listed(http, settings), _at(settings, address)
    return [one for one in every if one.url.startswith(f"{address}/") and one.url != at and _ours(one)]


def _whole(one: ToldWebhook, settings: Settings) -> bool:
    """Whether it tells what we hear, of all that we hear of."""
    return FINISHED in one.triggers and (
        not one.survey_ids or (bool(settings.surveys) and set(settings.surveys) <= set(one.survey_ids))
    )


def _ours(one: ToldWebhook) -> bool:
    """Whether `pawline connect` made it, and no person did."""
    return _OURS.fullmatch(one.name or "") is not None


def _known(one: ToldWebhook, settings: Settings, address: str) -> bool:
    """Whether we have its secret. Of one that a person made any is taken for its own; an address needs none."""
    if one.url != address:
        return True
    if not _ours(one):
        return bool(settings.webhook_secrets)
    digests = {f"{MADE} {digest(address, secret.reveal())}" for secret in settings.webhook_secrets}
    return one.name in digests


def _chosen(there: list[ToldWebhook], settings: Settings, address: str) -> ToldWebhook | None:
    """Of several, one whose secret we have; of ours that is certain."""

    def how_good(one: ToldWebhook) -> tuple[bool, ...]:
        return _known(one, settings, address), _ours(one), _whole(one, settings)

    return max(there, key=how_good, default=None)


async def _there(http: Http, settings: Settings, url: str) -> list[ToldWebhook]:
    return [one for one in await _listed(http, settings) if one.url == url]


async def _listed(http: Http, settings: Settings) -> list[ToldWebhook]:
    """The workspace's."""

    async def fetch(after: str | None) -> Page[ToldWebhook]:
        query = {"limit": str(MANY), "skip": after or "0", "sortBy": "createdAt", "order": "asc"}
        told = (await http.get("v2", "management", "webhooks", query=query, into=Data[tuple[ToldWebhook, ...]])).data
        return Page(told, str(int(after or 0) + MANY) if len(told) == MANY else None)

    return [
        one async for one in every_item(fetch, lambda one: one.id)
        if settings.workspace in (one.workspace_id, one.environment_id)
    ]  # fmt: skip


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol, issue, "webhook_secrets")
