"""What flows ask of a system that nobody knows: where it goes, as whom, signed how, and what its answer means."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from pawline.connectors.http import connector
from pawline.connectors.http.health import probe, states, tries
from pawline.kit import BadSettings, Guard, Http, OwnScheme, Secret
from pawline.ports import Call, Calls, Code, Get, Malformed, PortError, Rejected, Reply, Settle, Transient, Unauthorised
from pawline.testing.conformance import SECRETS, TOKEN
from pawline.testing.counter import LOOPBACK, Counter, counter, json
from tests.unit.connectors.http_scene import BECAUSE, CALL, GIVEN, KEYED, LOOKED_UP, REPEATED, asked, called, calls

SIGNS = "of the till and of us"
BARE = {name: value for name, value in GIVEN.items() if name not in ("token", "hears")}


def send(call: Call = CALL) -> Any:
    return lambda port: port.send(call)


def test_it_goes_below_the_address_with_the_very_body_and_its_answer_comes_back() -> None:
    done, there = asked(json(201, b'{"id": "n1"}'), send())
    assert done == Reply(status=201, body='{"id": "n1"}')
    (heard,) = there.heard
    assert (heard.method, heard.target, heard.body) == ("POST", "/api/notes", b'{"text":"Momo is ready"}')
    assert heard.headers["authorization"] == f"Bearer {TOKEN}"
    assert heard.headers["content-type"] == "application/json"
    assert not [name for name in heard.headers if name.startswith(("webhook-", "idempotency"))]


def test_a_read_is_a_get_with_the_parameters_that_are_allowed() -> None:
    done, there = asked(json(200, b"[1]"), lambda port: port.get(Get(path=("notes", "a b&c"), query={"full": "y&z=1"})))
    assert done == Reply(status=200, body="[1]")
    assert [(one.method, one.target) for one in there.heard] == [("GET", "/api/notes/a%20b%26c?full=y%26z%3D1")]


@pytest.mark.parametrize(
    "call",
    [
        Call(path=("bills",)), Call(path=("notes", "1", "2")), Call(path=("notes", "..")), Call(path=("notes", "")),
        Call(path=("notes", ".")), Call(path=("notes", "a/b")), Call(path=("notes", "..\\x")),
        Call(path=("notes", "%2e%2E")), Call(path=("notes", "a%252fb")), Call(path=("notes", "..;x")),
        Call(path=("notes", ";")), Call(path=("notes", "%2e.%3b")), Call(path=("notes", "a\r\nX-Y: 1")),
        Call(path=("notes", "\x7f")), Call(path=("https://evil.example",)),
        Call(path=("notes",), query={"page": "1"}), Call(path=("*",)),
    ],
    ids=str,
)  # fmt: skip
def test_what_the_settings_do_not_allow_is_not_sent(call: Call) -> None:
    done, there = asked(json(200), send(call))
    assert isinstance(done, Rejected)
    assert (done.code, there.heard) == (Code.NOT_ALLOWED, [])
    done, there = asked(json(200), lambda port: port.get(Get(path=call.path, query=call.query)))
    assert isinstance(done, Rejected)
    assert (done.code, there.heard) == (Code.NOT_ALLOWED, [])


@pytest.mark.parametrize(("part", "sent"), [("100%", "100%25"), ("a;b=1", "a%3Bb%3D1"), ("50% off", "50%25%20off")])
def test_a_part_that_leads_nowhere_else_is_sent_whatever_it_holds(part: str, sent: str) -> None:
    _, there = asked(json(200), send(Call(path=("notes", part))))
    assert [one.target for one in there.heard] == [f"/api/notes/{sent}"]


def test_a_path_that_may_be_written_to_may_not_be_read_and_the_address_alone_is_the_default() -> None:
    done, there = asked(json(200), lambda port: port.get(Get(path=("notes",))))
    assert (done.code, there.heard) == (Code.NOT_ALLOWED, [])
    done, there = asked(json(200), send(Call()), BARE | {"calls": {}})
    assert [(one.target, one.body) for one in there.heard] == [("/api", b"{}")]
    for closed in (lambda port: port.get(Get()), send(CALL)):
        done, there = asked(json(200), closed, BARE | {"calls": {}})
        assert (done.code, there.heard) == (Code.NOT_ALLOWED, [])


@pytest.mark.parametrize(
    ("body", "code"),
    [("", Code.INVALID), ("{", Code.INVALID), ('"' + "x" * 31_000 + '"', Code.TOO_LARGE), ("\ud800", Code.INVALID)],
    ids=["empty", "half", "long", "no text"],
)
def test_a_body_that_is_none_is_not_sent(body: str, code: Code) -> None:
    done, there = asked(json(200), send(Call(path=("notes",), body=body)))
    assert (done.code, there.heard) == (code, [])


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, Rejected, Code.INVALID), (404, Rejected, Code.NOT_FOUND), (409, Rejected, Code.CONFLICT),
        (401, Unauthorised, Code.CREDENTIALS), (403, Unauthorised, Code.FORBIDDEN), (429, Transient, Code.RATE_LIMITED),
        (500, Transient, Code.UNAVAILABLE), (302, Malformed, Code.BAD_REPLY),
    ],
)  # fmt: skip
def test_a_status_is_one_of_the_four_errors_and_none_of_its_words(status: int, kind: type, code: Code) -> None:
    done, there = asked(json(status, b"canary words", "location: http://127.0.0.1:1/"), send())
    assert (type(done), done.code, len(there.heard)) == (kind, code, 1)
    assert "canary" not in done.text


def test_while_a_call_of_its_key_is_at_work_nothing_is_told_of_it() -> None:
    done, there = asked(json(409), send(), calls(**KEYED))
    assert (type(done), done.code) == (Transient, Code.IN_PROGRESS)
    assert there.heard[0].headers["idempotency-key"] == "k-1"
    done, _ = asked(json(425), send(), calls(**KEYED, in_progress=425))
    assert (type(done), done.code) == (Transient, Code.IN_PROGRESS)
    done, _ = asked(json(409), send(), calls(**KEYED, in_progress=0))
    assert (type(done), done.code) == (Rejected, Code.CONFLICT)


def find(port: Any) -> Any:
    return port.find(CALL)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (json(404, b"<html>no</html>"), None),
        (json(200, b'{"id": 1}'), Reply(status=200, body='{"id": 1}')),
        (json(200, b"<html>not found</html>"), Malformed),
        (json(204, b""), Malformed),
        (json(410), Rejected),
        (json(500), Transient),
        (json(403), Unauthorised),
        (None, Transient),
    ],
    ids=["404", "found", "a page", "nothing", "410", "500", "403", "broken"],
)
def test_only_404_says_that_it_did_not_happen(answer: bytes | None, found: Any) -> None:
    done, there = asked(answer, find, calls(**LOOKED_UP))
    assert done == found if not isinstance(found, type) else type(done) is found
    assert [(one.method, one.target) for one in there.heard] == [("GET", "/api/notes/by-name/n-1")]


@pytest.mark.parametrize("reference", ["", "a/b", "..", "x" * 201])
def test_what_could_not_be_looked_up_is_not_sent(reference: str) -> None:
    done, there = asked(json(200), send(Call(path=("notes",), reference=reference)), calls(**LOOKED_UP))
    assert (type(done), done.code, there.heard) == (Rejected, Code.INVALID, [])


def test_by_standard_webhooks_its_package_believes_us_and_the_id_is_the_steps() -> None:
    _, there = asked(json(200), send(), calls(signs={"secrets": list(SECRETS[:2])}))
    (heard,) = there.heard
    assert heard.headers["webhook-id"] == "k-1"
    for secret in SECRETS[:2]:
        assert Webhook(secret).verify(heard.body, heard.headers) == {"text": "Momo is ready"}


def test_signed_in_its_own_way_its_own_way_believes_us() -> None:
    own = {"header": "X-Sig", "prefix": "sha256=", "time": "X-At"}
    _, there = asked(json(200), send(), calls(signs={"secrets": ["of the till and of us"], "own": own}))
    (heard,) = there.heard
    scheme = OwnScheme(header="X-Sig", prefix="sha256=", time="X-At").hmac(300.0)
    at = float(heard.headers["x-at"])
    scheme.verify([Secret("of the till and of us")], list(heard.headers.items()), heard.body, at)


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({}, "authorization", None),
        ({"token": "t-1"}, "authorization", "Bearer t-1"),
        (
            {"user": "paws", "password": "ä-77"}, "authorization",
            "Basic " + base64.b64encode("paws:ä-77".encode()).decode(),
        ),
        ({"header": "X-Api-Key", "header_secret": "k-77"}, "x-api-key", "k-77"),
    ],
    ids=["nobody", "bearer", "basic", "header"],
)  # fmt: skip
def test_we_are_known_as_the_settings_say(given: dict[str, Any], name: str, value: str | None) -> None:
    done, there = asked(json(200), send(), BARE | given)
    assert isinstance(done, Reply)
    assert there.heard[0].headers.get(name) == value


@pytest.mark.parametrize("answer", [json(503), None], ids=["away", "broken"])
def test_where_no_token_is_to_be_had_nothing_was_sent_and_nobody_is_asked_whether_it_happened(
    answer: bytes | None,
) -> None:
    async def run() -> PortError:
        async with counter() as there:
            there.says(answer)
            oauth = {"url": f"http://127.0.0.1:{there.port}/token", "client": "paws", "secret": "s-77"}
            done: PortError = await called(there, send(), BARE | {"oauth": oauth})
            assert [one.target for one in there.heard] == ["/token"]
            return done

    done = asyncio.run(run())
    assert (type(done), done.code) == (Transient, Code.UNREACHABLE)


def test_by_oauth_a_token_is_asked_for_once_with_its_scope() -> None:
    async def run() -> Counter:
        async with counter() as there:
            there.says(json(200, b'{"access_token": "t-9", "token_type": "bearer"}'), json(200))
            oauth = {
                "url": f"http://127.0.0.1:{there.port}/token",
                "client": "paws",
                "secret": "s-77",
                "scope": "notes",
            }
            assert isinstance(await called(there, send(), BARE | {"oauth": oauth}), Reply)
            return there

    token, call = asyncio.run(run()).heard
    assert (token.target, call.headers["authorization"]) == ("/token", "Bearer t-9")
    assert token.body == b"scope=notes&grant_type=client_credentials&client_id=paws&client_secret=s-77"


@pytest.mark.parametrize(
    ("settle", "operation"),
    [
        ({}, (Settle.ASK, None, None)),
        (REPEATED, (Settle.REPEAT, None, None)),
        (LOOKED_UP, (Settle.LOOK_UP, None, "find")),
        (KEYED, (Settle.KEY, Settle.ASK, None)),
        (KEYED | {"look_up": "notes/{reference}"}, (Settle.KEY, Settle.LOOK_UP, "find")),
    ],
    ids=["ask", "repeat", "look_up", "key", "key, then look_up"],
)
def test_it_is_settled_as_declared_and_by_asking_where_nothing_is(settle: dict[str, Any], operation: Any) -> None:
    (offer,) = connector.offers.values()
    (one,) = offer.settled(connector.configure(calls(**settle) | {"url": "https://till.example"})).values()
    after = one.after_key_life if one.settle is Settle.KEY else None
    assert (one.settle, after, one.look_up) == operation
    assert offer.operations["send"].settle is Settle.ASK


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"settle": "key", "because": BECAUSE}, "`calls.key_header` names the header of the key"),
        ({"settle": "key", "because": BECAUSE, "key_header": "K"}, "`calls.key_hours` for how long"),
        ({"key_header": "K", "key_hours": 3}, 'by `settle = "key"`, and only by it'),
        ({k: v for k, v in KEYED.items() if k != "because"}, "`calls.because`: say who promises"),
        (REPEATED | {"because": " "}, "`calls.because`: say who promises"),
        ({"because": BECAUSE}, "without one a person is asked"),
        (KEYED | {"key_hours": 0.001}, "longer than two time-outs"),
        (KEYED | {"key_hours": 90_000}, "at most a year"),
        (KEYED | {"key_header": "Authorization"}, "`calls.key_header` is 'Authorization'"),
        (KEYED | {"key_header": "a b"}, "`calls.key_header` is 'a b'"),
        ({"settle": "look_up", "because": BECAUSE}, "`calls.look_up` is the path to ask"),
        (LOOKED_UP | {"look_up": "notes"}, "one of its segments is {reference}"),
        (LOOKED_UP | {"look_up": "{reference}/{reference}"}, "one of its segments is {reference}"),
        (LOOKED_UP | {"look_up": "../{reference}"}, "is no path below the address"),
        (LOOKED_UP | {"look_up": "{reference}"}, "its first part is a word"),
        (LOOKED_UP | {"look_up": "notes/*/{reference}"}, "is asked as it stands"),
        ({"well": "notes/*"}, "is asked as it stands"),
        (REPEATED | {"look_up": "notes/{reference}"}, "`calls.look_up` is never asked"),
        ({"seen_after_seconds": 5}, "`calls.seen_after_seconds` is of a `look_up`"),
        (LOOKED_UP | {"seen_after_seconds": 0}, "and 1 to 3600"),
        (
            KEYED | {"look_up": "n/{reference}", "seen_after_seconds": 3_600, "key_hours": 2},
            "longer than two time-outs",
        ),
        (KEYED | {"in_progress": 200}, "a status of 400 to 599"),
        ({"paths": ["*"]}, "the first part is a word"),
        ({"paths": ["/notes"]}, "is no path below the address"),
        ({"paths": ["https://x"]}, "is no path below the address"),
        ({"reads": ["notes/.."]}, "`calls.reads`"),
        ({"well": "a?b"}, "`calls.well`"),
        ({"timeout_seconds": 0.5}, "1 to 60"),
        ({"settle": "always"}, "this value is not known"),
        ({"signs": {"secrets": []}}, "`secrets` sign"),
        ({"signs": {"secrets": ["short"]}}, "makes no key"),
        ({"signs": {"secrets": ["a" * 20] * 2, "own": {"header": "X-S"}}}, "`secrets` sign: one"),
        ({"signs": {"secrets": ["a" * 20], "own": {"header": "Host"}}}, "`signs.own.header` is 'Host'"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_told(given: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings) as no:
        connector.configure(calls(**given) | {"url": "https://till.example"})
    assert says in str(no.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "neither `hears` nor `calls`"),
        ({"calls": {}}, "`calls` needs an address"),
        ({"calls": {}, "url": "https://a.example", "secret_url": "https://b.example"}, "give one of them"),
        ({"hears": GIVEN["hears"], "url": "https://a.example"}, "an address is of `calls`"),
        ({"hears": GIVEN["hears"], "token": "t"}, "only where we call"),
        (BARE | {"user": "a"}, "`user` and `password` go together"),
        (BARE | {"user": "a:b", "password": "c"}, "a user has no colon"),
        (BARE | {"header": "X-A"}, "`header` and `header_secret` go together"),
        (BARE | {"header": "Host", "header_secret": "x"}, "`header` is 'Host'"),
        (BARE | {"token": "t", "user": "a", "password": "c"}, "one of `token`, `user`"),
        (
            calls(**KEYED) | {"token": None, "header": "idempotency-key", "header_secret": "x"},
            "headers of their own each",
        ),
        (
            calls(signs={"secrets": [SIGNS], "own": {"header": "X-A"}})
            | {"token": None, "header": "x-a", "header_secret": "x"},
            "headers of their own each",
        ),
        (
            calls(**KEYED, signs={"secrets": [SIGNS], "own": {"header": "X-A", "time": "idempotency-key"}}),
            "headers of their own each",
        ),
    ],
)
def test_an_account_that_cannot_be_is_told(given: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings) as no:
        connector.configure({name: value for name, value in given.items() if value is not None})
    assert says in str(no.value)


@pytest.mark.parametrize("url", ["http://till.example", "https://till.example?a=1", "https://u:p@till.example", "till"])
def test_an_address_that_would_leak_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"plain http|no blanks, no \? and no #|no user and no password|begins with"):
        connector.connect(connector.configure(BARE | {"url": url}), Guard())


def test_an_account_that_only_hears_plays_nothing_and_calls_nobody() -> None:
    account = connector.connect(connector.configure({"hears": GIVEN["hears"]}), LOOPBACK)
    assert isinstance(account.http, Http)
    assert (dict(account.plays), repr(account.http)) == ({}, "Http(nobody.invalid)")


def checked(answers: dict[str, bytes], given: dict[str, Any]) -> tuple[str, list[str]]:
    """What `connect` is told of the account, and what was asked; `answers` by the path's last part."""

    async def run() -> tuple[str, list[str]]:
        async with counter() as there:

            async def answer(request: Any) -> bytes:
                return answers.get(request.target.rpartition("/")[2], answers["*"])

            there.answer = answer
            settings = connector.configure(given | {"url": f"http://127.0.0.1:{there.port}/api"})
            http = connector.http(settings, LOOPBACK)
            assert isinstance(http, Http)
            try:
                said = await tries(http, settings)
                await probe(http, settings, frozenset())
            except PortError as problem:
                said = f"{type(problem).__name__}: {problem.text}"
            finally:
                await http.close()
            return said, [f"{one.method} {one.target}" for one in there.heard]

    return asyncio.run(run())


def test_connect_asks_what_may_be_read_and_looks_up_what_was_never_sent() -> None:
    said, asked_for = checked({"status": json(200), "*": json(404)}, calls(**LOOKED_UP, well="status"))
    assert said == "it is well, by `calls.well`; it does not find what was never sent, by `calls.look_up`"
    assert [one.partition("pawline-never-sent-")[0] for one in asked_for] == [
        "GET /api/status", "GET /api/notes/by-name/",
    ] * 2  # fmt: skip


def test_a_look_up_that_finds_everything_is_found_out() -> None:
    said, _ = checked({"*": json(200)}, calls(**LOOKED_UP))
    assert said.startswith("Malformed: `calls.look_up` finds what was never sent (answered 200)")
    for status, error in ((401, "Unauthorised"), (500, "Transient"), (400, "Rejected"), (302, "Malformed")):
        said, _ = checked({"*": json(status)}, calls(**LOOKED_UP))
        assert said.startswith(f"{error}: `calls.look_up` of what was never sent"), status


def test_who_cannot_be_asked_anything_is_sent_nothing() -> None:
    said, asked_for = checked({"*": json(500)}, calls(**KEYED))
    assert said.startswith("nothing was sent: name a path in `calls.well`")
    assert asked_for == []
    said, _ = checked({"*": json(503)}, calls(well=""))
    assert said == "Transient: GET of `calls.well` was answered 503"


def test_what_nobody_can_verify_is_said_again() -> None:
    def said(**settle: Any) -> str:
        return states(connector.configure(calls(**settle) | {"url": "https://till.example/secret"}))[0]

    begins = "POST to till.example: where nobody knows whether it happened, "
    unasked = "; whether it is there is not asked, for `calls.well` names no path"
    assert said() == f"{begins}a person is asked; it is not signed{unasked}"
    assert said(well="") == f"{begins}a person is asked; it is not signed"
    assert said(**KEYED, signs={"secrets": list(SECRETS[:1])}) == (
        f"{begins}the same call again under its key (Idempotency-Key, known for 24 h; later it is asked about), "
        f"because: {BECAUSE}{unasked}"
    )
    assert said(**KEYED, look_up="notes/{reference}").startswith(
        f"{begins}the same call again under its key (Idempotency-Key, known for 24 h; later it is looked up), because: "
    )
    assert said(**LOOKED_UP).startswith(f"{begins}it is looked up at notes/by-name/{{reference}} 1 s after its time")
    assert said(**REPEATED).startswith("PUT to till.example: where nobody knows whether it happened, it is sent again")


@pytest.mark.parametrize("timeout", [1, 60])
def test_whatever_may_be_declared_is_an_operation_and_the_client_gives_up_before_it(timeout: float) -> None:
    shortest = 2 * (timeout + 1) / 3_600
    for settle in ({}, REPEATED, LOOKED_UP, LOOKED_UP | {"seen_after_seconds": 3_600}, KEYED | {"key_hours": shortest}):
        given = calls(**settle, timeout_seconds=timeout) | {"url": "https://till.example"}
        (one,) = connector.offers[Calls].settled(connector.configure(given)).values()
        assert one.timeout.total_seconds() == timeout + 0.5
        assert one.margin.total_seconds() == settle.get("seen_after_seconds", 1)


def test_calls_is_the_one_port() -> None:
    assert list(connector.offers) == [Calls]
