"""What a household allows, told over HTTP: by who may speak for it, once, with the words they saw; a no at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.hub.storefront.consents import A_DAY
from pawline.model import Consent, ConsentChanged, Contact, HouseholdId, Medium, Purpose, household_by_email
from pawline.store import Retention, purge
from tests.unit.hub.shop import settled
from tests.unit.web.storefront.shop import MAIL, Shopper, Town, town
from tests.unit.web.storefront.test_again import problem

ANN, BOB = household_by_email(MAIL), household_by_email("bob@example.com")
YES: dict[str, Any] = {"purpose": "marketing", "granted": True, "medium": "email", "wording": "newsletter, 3rd text"}
NO: dict[str, Any] = {"purpose": "marketing", "granted": False, "medium": "email"}


def path(household: str = ANN) -> str:
    return f"/v1/households/{household}/consents"


async def let_in(server: Shopper, **form: Any) -> str:
    said = await server.ask("POST", "/v1/passes", form or {"email": MAIL})
    assert said.status == 200, said
    return str(said.body["token"])


async def recorded(one: Town) -> list[Consent]:
    """The oldest first."""
    found = []
    for row in await one.hub.store.fetch("events_page", ("pets", "consent.changed@1", 2**62, 1_000)):
        event = await one.hub.engine.open_event((await one.hub.store.events([row[0]]))[row[0]])
        if isinstance(event, ConsentChanged):
            found.append(event.consent)
    return found[::-1]


async def test_a_yes_has_its_words_and_a_no_counts_at_once(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        nothing = await server.ask("GET", path())
        assert nothing.body == {"household": ANN, "consents": [], "allows": {}}
        said_on = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
        yes = await server.ask("POST", path(), YES | {"at": said_on.isoformat(), "contact": {"email": MAIL}})
        assert (yes.status, yes.body["allows"]) == (200, {"marketing": ["email"]})
        (told,) = yes.body["consents"]
        assert told["wording"] == "newsletter, 3rd text"
        assert datetime.fromisoformat(told["at"]) == said_on
        no = await server.ask("POST", path(), NO)
        assert (no.body["allows"], [each["granted"] for each in no.body["consents"]]) == ({}, [False])
        read = await server.ask("GET", path())
        assert read.body == no.body
        assert (await server.ask("GET", path(), if_none_match=read.headers["etag"])).status == 304
        first, last = await recorded(one)
        assert first == Consent(
            household=ANN, purpose=Purpose.MARKETING, granted=True, at=said_on, source="the shop's server",
            medium=Medium.EMAIL, wording="newsletter, 3rd text", contact=Contact(email=MAIL),
        )  # fmt: skip
        assert (last.granted, last.at > first.at) == (False, True)
        assert await one.types() == ["consent.changed@1"] * 2


async def test_a_decision_is_one_however_often_it_is_told(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        said = [await server.ask("POST", path(), YES, idempotency_key="mine") for _ in range(3)]
        assert {each.status for each in said} == {200}
        assert len({str(each.body) for each in said}) == 1
        assert len(await recorded(one)) == 1
        assert problem(await server.ask("POST", path(), NO, idempotency_key="mine")) == (422, "idempotency-key-reused")


async def test_a_no_comes_after_a_yes_of_a_clock_ahead_and_of_the_same_moment(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        ahead = datetime.now(UTC) + timedelta(minutes=5)
        await one.tell(ConsentChanged(consent=Consent(
            household=ANN, purpose=Purpose.MARKETING, granted=True, at=ahead, source="a tool"
        )))  # fmt: skip
        await settled(one.hub)
        media = (await server.ask("GET", path())).body["allows"]["marketing"]
        assert media == [one.value for one in Medium]
        no = await server.ask("POST", path(), NO)
        assert no.body["allows"]["marketing"] == [one for one in media if one != "email"]
        none = await server.ask("POST", path(), {"purpose": "marketing", "granted": False})
        assert none.body["allows"] == {}
        assert [each["medium"] for each in none.body["consents"]] == [None]
        assert (await recorded(one))[1].at == ahead + timedelta(microseconds=1)
        late = await server.ask("POST", path(), YES | {"at": (datetime.now(UTC) - timedelta(days=9)).isoformat()})
        assert late.body["allows"] == {}  # told late: the no is newer
        same = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        for _ in range(2):  # one moment, one yes
            assert (await server.ask("POST", path(), YES | {"at": same})).status == 200
        assert len(await recorded(one)) == 5


async def test_of_a_yes_and_a_no_of_one_moment_neither_is_lost_and_the_no_counts(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server, at = await one.key(secret=True), datetime.now(UTC) - timedelta(days=1)
        await one.tell(ConsentChanged(consent=Consent(
            household=ANN, purpose=Purpose.MARKETING, granted=False, at=at, source="a tool", medium=Medium.EMAIL
        )))  # fmt: skip
        said = await server.ask("POST", path(), YES | {"at": at.isoformat()}, idempotency_key="mine")
        assert (said.status, said.body["allows"]) == (200, {})
        assert [(each.granted, each.at) for each in await recorded(one)] == [
            (False, at), (True, at - timedelta(microseconds=1)),
        ]  # fmt: skip
        await one.hub.store.job(lambda db: db.db.execute("delete from answered"))  # type: ignore[attr-defined]
        long_after = await server.ask("POST", path(), YES | {"at": at.isoformat()}, idempotency_key="mine")
        assert problem(long_after) == (422, "idempotency-key-reused")
        assert len(await recorded(one)) == 2


async def test_a_page_may_speak_for_whom_the_shop_let_in_and_for_nobody_else(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        ann, server = await one.key(), await one.key(secret=True)
        order = (await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))).body  # typed by anybody
        cart = await ann.cart(("bowl", 1))
        mine, theirs = await let_in(server), await let_in(server, household=BOB)
        for token in ("", "x", "..", "9.9.9", order["token"], cart["token"], theirs, mine[:-1], f"9{mine}", f"{mine}ä"):
            for method, body in (("GET", None), ("POST", NO)):
                assert problem(await ann.ask(method, path(), body, pawline_token=token)) == (404, "not-found"), token
        assert await recorded(one) == []
        yes = await ann.ask("POST", path(), YES, pawline_token=mine)
        assert yes.body["allows"] == {"marketing": ["email"]}
        assert (await recorded(one))[0].source == "the shop's page"
        assert (await ann.ask("GET", path(), pawline_token=mine)).body == yes.body
        assert problem(await ann.ask("POST", "/v1/passes", {"email": MAIL})) == (403, "forbidden")


async def test_a_page_names_no_stranger_s_address_and_no_time(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann, server = await one.key(), await one.key(secret=True)
        mine = await let_in(server)
        for more in (
            {"contact": {"email": "bob@example.com"}}, {"contact": {"phone": "+4930123456"}},
            {"contact": {"email": MAIL, "phone": "+4930123456"}}, {"at": datetime.now(UTC).isoformat()},
        ):  # fmt: skip
            assert problem(await ann.ask("POST", path(), YES | more, pawline_token=mine)) == (403, "forbidden"), more
        assert await recorded(one) == []
        own = await ann.ask("POST", path(), YES | {"contact": {"email": MAIL.upper()}}, pawline_token=mine)
        assert own.status == 200


async def test_a_pass_ends_and_dies_with_the_key_that_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path) as one:
        ann, server, other = await one.key(), await one.key(secret=True), await one.key(secret=True)
        assert one.hub.storefront is not None
        short, long = await let_in(server, email=MAIL, minutes=1), await let_in(server)
        kept = await let_in(other)
        now = one.hub.engine.now()
        with monkeypatch.context() as patch:
            patch.setattr(one.hub.storefront.passes, "_now", lambda: now + 61)
            assert problem(await ann.ask("GET", path(), pawline_token=short)) == (404, "not-found")
            assert (await ann.ask("GET", path(), pawline_token=long)).status == 200
        revoke = {"shop": "pets", "id": server.key[:11], "by": "ann", "reason": "it leaked"}
        await one.hub.desk.answer("key_revoke", revoke)
        await one.hub.storefront.read()
        assert problem(await ann.ask("GET", path(), pawline_token=long)) == (404, "not-found")
        assert (await ann.ask("GET", path(), pawline_token=kept)).status == 200
        assert server.key[3:11] not in kept + long


@pytest.mark.parametrize(
    ("form", "says"),
    [
        (YES | {"wording": " "}, "wording: say which text they agreed to"),
        ({"purpose": "marketing", "granted": True}, "wording: say which text they agreed to"),
        (YES | {"purpose": "safety"}, "purpose: safety needs no consent, and no opt-out stops it"),
        (
            YES | {"at": "2099-01-01T00:00:00Z"},
            "at: a yes may be told later, of the last ten years; a no counts",
        ),
        (YES | {"at": "0001-01-01T00:00:00+14:00"}, "at: a yes may be told later"),
        (NO | {"at": "2026-01-01T00:00:00Z"}, "at: a yes may be told later"),
        (YES | {"contact": {"email": "x"}}, "this is no e-mail address"),
    ],
)
async def test_what_cannot_be_decided_is_named(tmp_path: Path, form: dict[str, Any], says: str) -> None:
    async with town(tmp_path) as one:
        no = await (await one.key(secret=True)).ask("POST", path(), form)
        assert problem(no) == (422, "invalid")
        assert says in no.body["detail"]
        assert await one.types() == []


async def test_it_is_kept_until_its_household_is_erased(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        await server.ask("POST", path(), YES, idempotency_key="mine")
        await settled(one.hub)
        await one.hub.store.job(
            lambda db: db.db.execute("update event set recorded = recorded - 86400 * 400")  # type: ignore[attr-defined]
        )
        await purge(one.hub.store, Retention())
        assert (await server.ask("GET", path())).body["allows"] == {"marketing": ["email"]}
        await one.hub.engine.erase("pets", ANN)
        assert (await server.ask("GET", path())).body == {"household": ANN, "consents": [], "allows": {}}
        assert (await one.hub.store.fetch("answered", ("pets", server.key[:11], "mine------------"))) == []
        assert problem(await server.ask("POST", path(), NO)) == (422, "invalid")
        again = await server.ask("POST", path(), YES)  # of their own accord, and later
        assert again.body["allows"] == {"marketing": ["email"]}
        assert len(again.body["consents"]) == 1


async def test_who_decides_all_day_says_no_all_the_same(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann, server = await one.key(), await one.key(secret=True)
        mine = await let_in(server)
        for n in range(A_DAY):
            said = await ann.ask("POST", path(), YES if n % 2 else NO, pawline_token=mine)
            assert said.status == 200
        often = await ann.ask("POST", path(), YES, pawline_token=mine)
        assert (problem(often), int(often.headers["retry-after"]) >= 3_600) == ((429, "too-often"), True)
        for _ in range(3):
            no = await ann.ask("POST", path(), NO, pawline_token=mine)
            assert (no.status, no.body["allows"]) == (200, {})
        assert len(await recorded(one)) == A_DAY + 1  # the first of them was news
        assert (await server.ask("POST", path(), YES)).body["allows"] == {"marketing": ["email"]}


async def test_every_tool_is_told_by_the_flow(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        settings = (tmp_path / "pawline.toml").read_text("utf-8")
    (tmp_path / "spread").mkdir()
    flows = 'flows = ["pawline.flows.fulfil_order", "pawline.flows.spread_consent"]'
    settings = settings.replace('flows = ["pawline.flows.fulfil_order"]', flows).replace(
        str(tmp_path), str(tmp_path / "spread")
    )
    async with town(tmp_path / "spread", settings=settings) as one:
        server = await one.key(secret=True)
        for form in (YES, NO):
            await server.ask("POST", path(), form)
            await settled(one.hub)
        told = [each for each in one.vendors.effects() if "consent" in str(each)]
        assert len(told) == 2, one.vendors.effects()


def test_households_are_named_alike_everywhere() -> None:
    assert household_by_email(" Ann.Canary@Example.com ") == HouseholdId(ANN)
