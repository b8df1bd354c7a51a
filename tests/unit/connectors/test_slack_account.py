"""An account of Slack is set up: what its settings may say, what lacks, who is believed, and what is clicked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from pawline.connectors.slack import connector
from pawline.connectors.slack.errors import problem
from pawline.connectors.slack.health import probe
from pawline.connectors.slack.hook import CLICK, HOOK
from pawline.kit import Answer, BadSettings, Secret, Unsigned
from pawline.model import CardId, CaseClicked
from pawline.ports import Code, Malformed, PortError, Rejected, Transient, Unauthorised
from pawline.sandbox import Manner
from pawline.sandbox.slack.telling import signed
from tests.unit.connectors.slack_scene import ANN, CARE, Scene, run

GIVEN: dict[str, Any] = {"token": "xoxb-1", "channel": CARE}
NOW = 1_531_420_618.0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"channel": "#care"}, "`channel` is a channel's id"),
        ({"channel": "care"}, "`channel` is a channel's id"),
        ({"channel": "U0ANN"}, "`channel` is a channel's id"),
        ({"people": {"ann": "ann"}}, "`people` names 'ann', which is no id"),
        ({"people": {"S0CARE": "ann"}}, "`people` names 'S0CARE', which is no id"),
        ({"people": {"U0ANN": " "}}, "`people.U0ANN` is the name under which they answer"),
        ({"people": {"U0ANN": "x" * 61}}, "`people.U0ANN` is the name"),
        ({"people": {"U0ANN": "a\nb"}}, "`people.U0ANN` is the name"),
        ({"groups": {"U0ANN": "care"}}, "`groups` names 'U0ANN', which is no id"),
        ({"groups": {f"S0{n}A": "care" for n in range(11)}}, "`groups` names 11, and may name 10: Slack is"),
        ({"detail": "all"}, "this value is not known"),
        ({"signing_secrets": [""]}, "a secret is not empty"),
    ],
)
def test_settings_that_cannot_be_are_told_by_name(given: dict[str, Any], told: str) -> None:
    with pytest.raises(BadSettings) as no:
        connector.configure(GIVEN | given)
    assert told in str(no.value)


@pytest.mark.parametrize(
    ("scopes", "given", "told"),
    [
        (["chat:write", "channels:history"], {}, None),
        (["chat:write", "groups:history"], {}, None),
        (["chat:write", "channels:history", "usergroups:read"], {"groups": {"S0CARE": "care"}}, None),
        (["channels:history"], {}, "the app lacks chat:write: add it, and install the app again"),
        (["chat:write"], {}, "the app lacks channels:history or groups:history: add it"),
        (["chat:write", "channels:history"], {"groups": {"S0CARE": "care"}}, "the app lacks usergroups:read: add it"),
        ([], {"groups": {"S0CARE": "care"}},
         "the app lacks chat:write, channels:history or groups:history, usergroups:read: add it"),
        (["chat:write", "channels:history"], {"people": {}}, None),  # they are named once the account is there
        (["chat:write", "channels:history", "usergroups:read"], {"groups": {"S0GONE": "x"}}, "S0GONE is no user group"),
    ],
)  # fmt: skip
def test_a_probe_names_what_lacks(scopes: list[str], given: dict[str, Any], told: str | None) -> None:
    async def play(here: Scene) -> None:
        here.act("app", scopes=scopes)
        here.act("groups", group="S0CARE", users=[])
        if told is None:
            await probe(here.http, here.settings, frozenset({"Board"}))
        else:
            with pytest.raises(Unauthorised) as no:
                await probe(here.http, here.settings, frozenset({"Board"}))
            assert told in no.value.text
        assert here.did() == []

    run(play, **given)


def test_a_probe_tells_a_channel_that_the_app_is_not_in_and_a_token_that_is_no_bots() -> None:
    async def play(here: Scene) -> None:
        here.act("channels", channel=CARE, joined=False)
        with pytest.raises(Unauthorised, match="the app is not in its channel: invite it there"):
            await probe(here.http, here.settings, frozenset({"Board"}))
        here.books.person = ANN
        with pytest.raises(Unauthorised, match="the token is a person's"):
            await probe(here.http, here.settings, frozenset({"Board"}))
        here.desk.manners["slack"] = Manner(stranger=True)
        with pytest.raises(Unauthorised) as no:
            await probe(here.http, here.settings, frozenset({"Board"}))
        assert no.value.code is Code.CREDENTIALS

    run(play)


def test_a_probe_tells_a_group_that_cannot_be_read_and_an_app_that_is_of_no_one_workspace() -> None:
    async def play(here: Scene) -> None:
        here.act("groups", group="S0CARE", users=[])
        here.refuses["usergroups.users.list"] = "plan_upgrade_required"
        with pytest.raises(Unauthorised) as no:
            await probe(here.http, here.settings, frozenset({"Board"}))
        assert no.value.text == (
            "S0CARE cannot be read: correct `groups` (usergroups.users.list: Slack says plan_upgrade_required)"
        )
        here.refuses.clear()
        here.books.enterprise = "E0PAWS"
        await probe(here.http, here.settings, frozenset({"Board"}))
        here.books.everywhere = True
        with pytest.raises(Unauthorised, match="the app is installed for a whole organisation: install it"):
            await probe(here.http, here.settings, frozenset({"Board"}))
        assert here.did() == []

    run(play, groups={"S0CARE": "care"})


def form(payload: object) -> bytes:
    return urlencode({"payload": msgspec.json.encode(payload).decode()}).encode()


def click(**given: Any) -> dict[str, Any]:
    action = {"action_id": "pawline_choice_2", "action_ts": "1.5", "value": "pawline/17/m17/2", "type": "button"}
    whole: dict[str, Any] = {
        "type": CLICK, "user": {"id": "U1", "team_id": "T1"},
        "container": {"type": "message", "message_ts": "1.25", "channel_id": "C1"}, "actions": [action],
    }  # fmt: skip
    return whole | given


def test_slacks_own_way_to_sign_is_ours_two_secrets_are_live_and_nobody_else_is_believed() -> None:
    body = form(click())
    old, new = Secret("8f742231b10e8888abcd99yyyzzz85a5"), Secret("another")
    for made in (old, new):
        HOOK.signature.verify([old, new], list(signed(body, made.reveal(), NOW).items()), body, NOW)
    good = list(signed(body, old.reveal(), NOW).items())
    for secrets, headers, said, at in (
        ([], good, body, NOW), ([new], good, body, NOW), ([old], good, body + b" ", NOW), ([old], [], body, NOW),
        ([old], good * 2, body, NOW), ([old], good, body, NOW + 301), ([old], good, body, NOW - 301),
    ):  # fmt: skip
        with pytest.raises(Unsigned):
            HOOK.signature.verify(secrets, headers, said, at)
    HOOK.signature.verify([old], good, body, NOW + 300)


def test_a_click_says_which_button_of_which_card_and_who() -> None:
    read = HOOK.read([], form(click()))
    assert (read.type, read.id, read.at.timestamp()) == (CLICK, "C1/1.25/U1/1.5", 1.5)
    (found,) = HOOK.hears[CLICK](read.payload)
    assert isinstance(found, CaseClicked)
    assert found == CaseClicked(
        card=CardId("C1/1.25"), case=17, mark="m17", choice=2, who="T1/U1", click="1.5", at=read.at
    )  # fmt: skip
    assert found.told_by("slack/main").fact == "case.clicked/slack/main/C1/1.25/T1/U1/1.5"
    assert HOOK.taken == 200


def test_one_address_is_for_all_channels_of_an_app() -> None:
    assert HOOK.whose([], form(click())) == "C1"
    assert HOOK.own(connector.configure(GIVEN)) == CARE
    for body in (b"", b"{}", b"payload=", form({}), form([]), form({"type": "shortcut"}), b"\xff", b"payload=[" * 9):
        assert HOOK.whose([], body) is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"payload", b"payload=", b"payload=%7B", b"payload=1&payload=2", b"other=%7B%7D", b"\xff=1",
        form(None), form([]), form({}), form(click(actions=[])), form(click(user=None)), form(click(container={})),
        b"&".join([b"a=1"] * 9),
    ],
)  # fmt: skip
def test_what_is_no_interaction_is_kept_whole(body: bytes) -> None:
    with pytest.raises((ValueError, msgspec.MsgspecError)):
        HOOK.read([], body)


@pytest.mark.parametrize("at", ["nan", "inf", "", "-1", "1e9", "1.5.5", "9" * 13, "\u0661"])
def test_a_time_that_is_none_is_not_taken_for_one(at: str) -> None:
    action = click()["actions"][0] | {"action_ts": at}
    with pytest.raises((ValueError, msgspec.MsgspecError)):
        HOOK.read([], form(click(actions=[action])))


@pytest.mark.parametrize("value", [None, 1, "", "pawline/17/m17", "pawline/17/m17/0"])
def test_a_button_of_a_card_that_does_not_say_of_which_is_kept_and_one_of_others_is_not_ours(value: Any) -> None:
    action = click()["actions"][0] | {"value": value}
    payload = msgspec.json.encode(click(actions=[action]))
    with pytest.raises(ValueError, match="does not say of which"):
        HOOK.hears[CLICK](payload)
    others = msgspec.json.encode(click(actions=[action | {"action_id": "lunch"}]))
    assert HOOK.hears[CLICK](others) == ()


def test_another_kind_of_interaction_is_named_and_heard_by_nobody() -> None:
    body = form({"type": "view_submission"})
    read = HOOK.read([("X-Slack-Request-Timestamp", "1531420618")], body)
    assert (read.type, len(read.id), read.at.timestamp(), read.type in HOOK.hears) == (
        "view_submission",
        64,
        NOW,
        False,
    )


@pytest.mark.parametrize(
    ("body", "kind", "code", "text"),
    [
        (b'{"ok":false,"error":"invalid_auth"}', Unauthorised, Code.CREDENTIALS, "does not let this token in"),
        (b'{"ok":false,"error":"missing_scope","needed":"chat:write,<x>"}', Unauthorised, Code.FORBIDDEN,
         "add chat:write to the app's scopes"),
        (b'{"ok":false,"error":"fatal_error"}', Transient, Code.UNAVAILABLE, "fatal_error"),
        (b'{"ok":false,"error":"update_failed"}', Transient, Code.UNAVAILABLE, "update_failed"),
        (b'{"ok":false,"error":"external_channel_migrating"}', Transient, Code.UNAVAILABLE, "channel_migrating"),
        (b'{"ok":false,"error":"ratelimited"}', Transient, Code.RATE_LIMITED, "too many"),
        (b'{"ok":false,"error":"msg_too_long"}', Rejected, Code.INVALID, "msg_too_long"),
        (b'{"ok":false,"error":"ann@b.c"}', Malformed, Code.BAD_REPLY, "without a word"),
        (b'{"ok":false}', Malformed, Code.BAD_REPLY, "without a word"),
        (b'{"ok":"yes"}', Malformed, Code.BAD_REPLY, "not as promised"),
        (b"{}", Malformed, Code.BAD_REPLY, "not as promised"),
        (b"ok", Malformed, Code.BAD_REPLY, "not as promised"),
        (b'{"ok":true}', None, None, ""),
    ],
)  # fmt: skip
def test_what_a_refusal_means(body: bytes, kind: type[PortError] | None, code: Code | None, text: str) -> None:
    found = problem(Answer(200, {}, body), "chat.postMessage", ours=True)
    assert (None if found is None else type(found)) == kind
    if found is not None:
        assert (found.code, text in found.text, "ann@" in found.text, "<x>" in found.text) == (code, True, False, False)


def test_a_channel_that_is_lost_is_for_people_where_it_is_the_accounts_own() -> None:
    for word in ("channel_not_found", "not_in_channel", "is_archived", "is_inactive"):
        body = msgspec.json.encode({"ok": False, "error": word})
        ours, theirs = (problem(Answer(200, {}, body), "chat.update", ours=one) for one in (True, False))
        assert isinstance(ours, Unauthorised)
        assert isinstance(theirs, Rejected)
        assert theirs.code is Code.GONE
