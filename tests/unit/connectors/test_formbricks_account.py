"""What `pawline connect formbricks` asks and tells: what the key lacks, and where webhooks go."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.connectors.formbricks import connector, enrolling, health
from pawline.connectors.formbricks.enrolling import NEWS, UNKNOWN, digest, enrol, issue, lacking
from pawline.connectors.formbricks.health import probe
from pawline.kit import BadSettings, Score, Secret
from pawline.model import Scale
from pawline.ports import Code, Malformed, PortError, Rejected, Unauthorised
from pawline.sandbox import Fault, Faults, Manner
from pawline.sandbox.formbricks.books import Webhook, question
from tests.unit.connectors.formbricks_scene import ADDRESS, NEW, OLD, Scene, run

NONE = frozenset[str]()
CSAT, NPS = Score(scale=Scale.CSAT), Score(scale=Scale.NPS)
SIGNING = Secret("whsec_" + "a" * 43 + "=")


async def lacks(here: Scene, **changed: object) -> str:
    with pytest.raises(Unauthorised) as told:
        await probe(here.http, msgspec.structs.replace(here.settings, **changed), NONE)
    return f"{told.value.code.value}: {told.value.text}"


def test_a_key_that_is_good_lacks_nothing_and_what_it_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MANY", 2)

    async def told(here: Scene) -> None:
        for n in range(4):
            here.another(question(f"food{n}", "rating", "How was it?", range=10))
        await probe(here.http, here.settings, NONE)
        whole = {"surveys": (here.survey.id,), "scores": {"stars": CSAT, "nps": NPS, "why": CSAT}}
        await probe(here.http, msgspec.structs.replace(here.settings, **whole), NONE)
        await probe(here.http, msgspec.structs.replace(here.settings, scores={"stars": CSAT}), NONE)
        assert here.books.webhooks == {}
        assert (
            await lacks(here, surveys=("s9",)) == "forbidden: `surveys` names s9, which is no survey of that workspace"
        )
        assert await lacks(here, scores={"q9": NPS}) == (
            "forbidden: `scores` names q9, which is no question of these surveys"
        )
        assert await lacks(here, scores={"food0": CSAT}) == (
            "forbidden: `scores.food0`: it counts 1 to 10, which is not csat: give a word for each"
        )
        assert await lacks(here, scores={"nps": CSAT}) == (
            "forbidden: `scores.nps`: it counts 0 to 10, which is not csat: give a word for each"
        )
        assert await lacks(here, workspace="w9") == "forbidden: there is no workspace w9: copy its id from Formbricks"
        here.api.may_write = False
        assert await lacks(here) == (
            f"forbidden: the key may not write in the workspace {here.books.workspace}: give it that at Formbricks"
        )
        here.desk.manners["formbricks"] = Manner(stranger=True)
        assert await lacks(here) == "credentials: Formbricks does not know the key"

    run(told)


@pytest.mark.parametrize(
    "given",
    [
        {"workspace": ""}, {"workspace": "a/b"}, {"surveys": ["ok", ""]}, {"scores": {"a b": {"scale": "nps"}}},
        {"scores": {"s": {"scale": "csat", "words": {"good": 6}}}},
        {"scores": {"s": {"scale": "ces", "words": {"1": 7, "2": 6, "3": 5}}}}, {"webhook_secrets": [NEW]},
        {"webhook_secrets": ["whsec_short"]}, {"path_secrets": [SIGNING.reveal()]}, {"path_secrets": ["too short"]},
        {"links": "http://surveys.paws.example"},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, object]) -> None:
    connector.configure({"key": "k", "workspace": "w", "webhook_secrets": [SIGNING.reveal()], "path_secrets": [NEW]})
    with pytest.raises(BadSettings):
        connector.configure({"key": "k", "workspace": "w"} | given)


def with_secrets(here: Scene, *secrets: Secret, **more: object) -> Any:
    return msgspec.structs.replace(here.settings, webhook_secrets=secrets, **more)


def theirs(here: Scene, *triggers: str, surveys: tuple[str, ...] = (), name: str | None = "by hand") -> Webhook:
    made = Webhook(here.books.id("webhook"), ADDRESS, name, "user", list(triggers), list(surveys), None, "x")
    here.books.webhooks[made.id] = made
    return made


def test_the_webhook_is_made_once_its_secret_kept_and_the_one_before_goes_when_the_next_is_in_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(enrolling, "MANY", 1)

    async def told(here: Scene) -> None:
        books = here.books
        assert await lacking(here.http, here.settings, ADDRESS) == (NEWS,)
        assert await enrol(here.http, here.settings, ADDRESS) == ()
        first = await issue(here.http, here.settings, ADDRESS)
        assert first is not None
        (made,) = books.webhooks.values()
        assert (made.secret, made.url, made.triggers, made.surveys) == (
            first.reveal(),
            ADDRESS,
            ["responseFinished"],
            [],
        )
        assert made.name == f"Pawline {digest(ADDRESS, first.reveal())}"
        assert first.reveal() not in made.name
        known = with_secrets(here, first)
        assert await lacking(here.http, known, ADDRESS) == ()
        assert (await issue(here.http, known, ADDRESS), await enrol(here.http, known, ADDRESS)) == (None, ())
        assert await lacking(here.http, here.settings, ADDRESS) == (UNKNOWN,)
        second = await issue(here.http, here.settings, ADDRESS)  # the first one was lost
        assert second is not None
        assert await enrol(here.http, here.settings, ADDRESS) == ()
        assert [one.secret for one in books.webhooks.values()] == [first.reveal(), second.reveal()]
        did = await enrol(here.http, with_secrets(here, second), ADDRESS)
        assert did == ("a webhook of ours that was there before is removed",)
        assert [one.secret for one in books.webhooks.values()] == [second.reveal()]
        assert here.did() == [
            "Formbricks.webhook", "Formbricks.change", "Formbricks.webhook", "Formbricks.change", "Formbricks.remove",
        ]  # fmt: skip

    run(told)


def test_a_webhook_that_lost_something_gets_it_back_and_what_a_person_made_stays() -> None:
    async def told(here: Scene) -> None:
        secret = await issue(here.http, here.settings, ADDRESS)
        assert secret is not None
        known = with_secrets(here, secret)
        (made,) = here.books.webhooks.values()
        made.triggers, made.surveys = ["responseCreated"], [here.survey.id]
        assert await lacking(here.http, known, ADDRESS) == (NEWS,)
        assert await enrol(here.http, known, ADDRESS) == (f"{NEWS} are sent to {ADDRESS}",)
        assert (made.triggers, made.surveys) == (["responseCreated", "responseFinished"], [])
        made.surveys = ["s8"]
        named = msgspec.structs.replace(known, surveys=(here.survey.id,))
        assert await lacking(here.http, named, ADDRESS) == (NEWS,)
        await enrol(here.http, named, ADDRESS)
        assert made.surveys == sorted(["s8", here.survey.id])
        assert await lacking(here.http, named, ADDRESS) == ()
        person = theirs(here, "responseFinished")
        assert (await enrol(here.http, known, ADDRESS))[0].startswith(NEWS)
        assert list(here.books.webhooks) == [made.id, person.id]

    run(told)


def test_one_that_a_person_made_is_believed_by_whatever_secret_is_set() -> None:
    async def told(here: Scene) -> None:
        theirs(here, "responseFinished")
        assert await lacking(here.http, here.settings, ADDRESS) == (UNKNOWN,)
        known = with_secrets(here, SIGNING)
        assert (await lacking(here.http, known, ADDRESS), await issue(here.http, known, ADDRESS)) == ((), None)

    run(told)


def test_a_version_that_signs_nothing_is_told_so_and_gets_an_address_with_a_secret() -> None:
    async def told(here: Scene) -> None:
        here.books.signs = False
        with pytest.raises(Malformed, match="path_secrets"):
            await issue(here.http, here.settings, ADDRESS)
        here.books.webhooks.clear()
        by_path = msgspec.structs.replace(here.settings, path_secrets=(Secret(NEW), Secret(OLD)))
        assert await lacking(here.http, by_path, ADDRESS) == (NEWS,)
        assert await issue(here.http, by_path, ADDRESS) is None
        for expected in (1, 0):
            did = await enrol(here.http, by_path, ADDRESS)
            assert did == (f"{NEWS} are told to {ADDRESS}, with the first of `path_secrets` at its end",) * expected
        assert [one.url for one in here.books.webhooks.values()] == [f"{ADDRESS}/{NEW}"]
        assert await lacking(here.http, by_path, ADDRESS) == ()
        turned = msgspec.structs.replace(by_path, path_secrets=(Secret(OLD), Secret(NEW)))
        assert len(await enrol(here.http, turned, ADDRESS)) == 2
        assert [one.url for one in here.books.webhooks.values()] == [f"{ADDRESS}/{OLD}"]
        here.books.signs = True  # it was upgraded: the line of `path_secrets` is taken out
        secret = await issue(here.http, here.settings, ADDRESS)
        assert secret is not None
        await enrol(here.http, with_secrets(here, secret), ADDRESS)
        assert [one.url for one in here.books.webhooks.values()] == [ADDRESS]

    run(told)


def test_another_workspaces_webhooks_are_not_ours() -> None:
    async def told(here: Scene) -> None:
        theirs(here, "responseFinished")
        strange = with_secrets(here, SIGNING, workspace="w9")
        assert await lacking(here.http, strange, ADDRESS) == (NEWS,)
        with pytest.raises(Rejected) as no:
            await issue(here.http, strange, ADDRESS)
        assert no.value.code is Code.NOT_FOUND
        with pytest.raises(Rejected) as no:
            await issue(here.http, here.settings, "ftp://x")
        assert (no.value.code, no.value.text) == (Code.INVALID, "Formbricks does not take it: url")

    run(told)


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.UNAVAILABLE, Fault.LIMITED, Fault.UNHEARD, Fault.STORED_ERROR])
def test_broken_off_anywhere_and_done_again_one_webhook_tells(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> bool:
        here.desk.vendors.faults = Faults(at={at: fault}, retry_after=0.0)
        try:
            await issue(here.http, here.settings, ADDRESS)
            broken = False
        except PortError:
            broken = True
        here.desk.vendors.faults = Faults()
        secret = await issue(here.http, here.settings, ADDRESS) if broken else None
        if secret is None:
            (one,) = here.books.webhooks.values()
            secret = Secret(one.secret or "")
        known = with_secrets(here, secret)
        await enrol(here.http, known, ADDRESS)
        assert [one.secret for one in here.books.webhooks.values()] == [secret.reveal()]
        assert await lacking(here.http, known, ADDRESS) == ()
        return broken

    # a list, a POST, and a PUT that names its secret
    assert [run(lambda here, at=at: told(here, at)) for at in range(1, 5)] == [True, True, True, False]  # type: ignore[misc]
