"""A mailbox is read and left as it is, against an independent server; and a server that lies is one of four errors."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pawline.kit import Guard, Imap, Place, Received, Secret, Unread
from pawline.ports import Code, Malformed, PortError, Transient, Unauthorised
from tests.unit.kit.imap_servers import LOOPBACK, PASSWORD, USER, listening, mailbox, reader

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGO = AT - timedelta(days=1)


def mail(n: int) -> bytes:
    return b"Subject: %d\r\n\r\nbody of %d\r\n" % (n, n)


async def failure(asking: Awaitable[object]) -> PortError:
    with pytest.raises(PortError) as problem:
        await asking
    return problem.value


async def test_it_goes_on_where_it_was_and_changes_nothing() -> None:
    async with mailbox() as box:
        inbox = reader(box.port)
        assert (await inbox.since("INBOX", None, most=2, size=100, after=AGO)).messages == ()
        for n in range(5):
            await box.put(mail(n), AT + timedelta(minutes=n))
        first = await inbox.since("INBOX", None, most=2, size=100, after=AGO)
        validity, last = first.place
        assert first == Unread(
            tuple(Received(last - 1 + n, AT + timedelta(minutes=n), mail(n)) for n in range(2)), first.place, more=True
        )
        rest = await inbox.since("INBOX", first.place, most=100, size=12, after=AGO)
        assert rest == Unread(
            tuple(Received(last - 1 + n, AT + timedelta(minutes=n), mail(n)[:12]) for n in range(2, 5)),
            Place(validity, last + 3), more=False,
        )  # fmt: skip
        assert await inbox.since("INBOX", rest.place, most=100, size=12, after=AGO) == Unread(
            (), rest.place, more=False
        )
        assert await box.flags() == [[]] * 5
        await inbox.close()


async def test_more_than_one_answer_holds_are_read_in_order() -> None:
    async with mailbox() as box:
        for n in range(40):
            await box.put(mail(n))
        found = await reader(box.port).since("INBOX", None, most=64, size=1_000, after=AGO)
        assert [one.raw for one in found.messages] == [mail(n) for n in range(40)]


async def test_a_folder_that_was_made_anew_is_read_from_its_beginning() -> None:
    async with mailbox() as box:
        await box.put(mail(1))
        before = await reader(box.port).since("INBOX", None, most=9, size=100, after=AGO)
        await box.anew()
        await box.put(mail(2))
        after = await reader(box.port).since("INBOX", before.place, most=9, size=100, after=AGO)
        assert [one.raw for one in after.messages] == [mail(2)]
        assert after.place.validity != before.place.validity


async def test_years_of_mail_are_not_read_for_what_is_new() -> None:
    """The server's clock may be anywhere: what came two days before is passed over for certain, and nothing after."""
    async with mailbox() as box:
        far = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))
        for n, at in enumerate(
            [AGO - timedelta(days=900), AGO - timedelta(hours=48), *(AGO.astimezone(one) for one in far)]
        ):
            await box.put(mail(n), at)
        found = await reader(box.port).since("INBOX", None, most=9, size=100, after=AGO)
        assert [one.raw for one in found.messages] == [mail(2), mail(3)]
        assert found.more is False


async def test_who_may_not_and_what_is_not_there() -> None:
    async with mailbox() as box:
        wrong = await failure(reader(box.port, word="guessed").check("INBOX"))
        assert (type(wrong), "guessed" in repr(wrong)) == (Unauthorised, False)
        folder = await failure(reader(box.port).check('No"where'))
        assert (type(folder), folder.code) == (Malformed, Code.NOT_FOUND)
        private = await failure(reader(box.port, guard=Guard()).check("INBOX"))
        assert (type(private), "allow_networks" in private.text) == (Malformed, True)
        safe = await failure(reader(box.port, tls="implicit").check("INBOX"))
        assert (type(safe), "no TLS" in safe.text) == (Malformed, True)
        none = await failure(reader(box.port, tls="starttls").check("INBOX"))
        assert (type(none), none.text) == (Malformed, "the mailbox does not offer STARTTLS")
        port = box.port
    assert (await failure(reader(port).check("INBOX"))).code is Code.UNREACHABLE
    with pytest.raises(ValueError, match="`tls` is implicit"):
        reader(1, tls="ssl")
    assert PASSWORD not in repr(reader(1)) + str(vars(reader(1)))


@pytest.fixture
def pem(tmp_path: Path) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    cert = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    file = tmp_path / "cert.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + cert.public_bytes(serialization.Encoding.PEM)
    )
    return str(file)


@pytest.mark.parametrize("way", ["implicit", "starttls"])
async def test_over_tls_by_a_name_that_is_proven(pem: str, way: str) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    trusting = ssl.create_default_context(cafile=pem)
    opened = mailbox(tls=serving) if way == "implicit" else mailbox(cert=pem)
    async with opened as box:
        await box.put(mail(1))
        found = await reader(box.port, tls=way, context=trusting).since("INBOX", None, most=9, size=100, after=AGO)
        assert [one.raw for one in found.messages] == [mail(1)]
        stranger = await failure(reader(box.port, tls=way).check("INBOX"))
        assert (type(stranger), "certificate" in stranger.text) == (Malformed, True)


OK = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n",
    "LOGIN": "{tag} OK done\r\n",
    "EXAMINE": "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n{tag} OK [READ-ONLY]\r\n",
    "SEARCH": "* SEARCH 4 5 6\r\n{tag} OK done\r\n",
    "FETCH": (
        '* 1 FETCH (UID 4 INTERNALDATE "01-Mar-2026 13:00:00 +0100" BODY[]<0> {{3}}\r\nabc)\r\n'
        '* 2 FETCH (BODY[]<0> {{2}}\r\nxy INTERNALDATE " 1-Mar-2026 12:00:00 +0000" UID 5)\r\n'
        '* 3 FETCH (FLAGS (\\Seen))\r\n'
        '* 3 FETCH (UID 6 INTERNALDATE "01-Foo-2026 12:00:00 +0000" BODY[]<0> {{1}}\r\nz)\r\n{tag} OK done\r\n'
    ),
    "LOGOUT": "* BYE\r\n{tag} OK done\r\n",
}  # fmt: skip


@asynccontextmanager
async def scripted(greeting: str = "* OK hi\r\n", **changed: str | None) -> AsyncIterator[tuple[int, list[str]]]:
    """A server that answers each command by its word; None: it says nothing more."""
    script, heard = OK | changed, list[str]()

    async def serve(reading: asyncio.StreamReader, writing: asyncio.StreamWriter) -> None:
        writing.write(greeting.encode())
        while line := (await reading.readline()).decode():
            heard.append(line.partition(" ")[2].strip())
            tag, word, *more = line.split()
            answer = script.get(more[0] if word == "UID" else word, "{tag} BAD what\r\n")
            if answer is not None:
                writing.write(answer.format(tag=tag).encode("latin-1"))
            await writing.drain()

    async with listening(serve) as port:
        yield port, heard


async def test_items_of_a_message_stand_in_any_order_and_what_says_no_time_is_passed_over() -> None:
    async with scripted() as (port, heard):
        found = await reader(port).since("INBOX", Place(7, 3), most=9, size=10, after=AGO)
        assert found == Unread((Received(4, AT, b"abc"), Received(5, AT, b"xy")), Place(7, 6), more=False)
    assert heard[1:] == [
        f'LOGIN "{USER}" "{PASSWORD}"', 'EXAMINE "INBOX"', "UID SEARCH UID 4:* SINCE 27-Feb-2026",
        "UID FETCH 4,5,6 (UID INTERNALDATE BODY.PEEK[]<0.10>)", "LOGOUT",
    ]  # fmt: skip


LIES: list[tuple[dict[str, Any], type[PortError], Code | None]] = [
    ({"greeting": "220 smtp\r\n"}, Transient, Code.DISCONNECTED),
    ({"greeting": "* BYE go away\r\n"}, Malformed, None),
    ({"greeting": "\0" * 3_000_000}, Malformed, None),
    ({"LOGIN": "{tag} NO [UNAVAILABLE] later\r\n"}, Transient, Code.UNAVAILABLE),
    ({"LOGIN": "{tag} NO [AUTHENTICATIONFAILED] no\r\n"}, Unauthorised, None),
    ({"EXAMINE": "* 3 EXISTS\r\n{tag} OK done\r\n"}, Malformed, None),
    ({"EXAMINE": "* OK [UIDVALIDITY 99999999999999999999999999] x\r\n{tag} NO no\r\n"}, Malformed, Code.NOT_FOUND),
    ({"SEARCH": "{tag} NO no\r\n"}, Transient, Code.UNAVAILABLE),
    ({"SEARCH": "* SEARCH " + "7 " * 600_000 + "\r\n{{tag}} OK done\r\n"}, Malformed, None),
    ({"FETCH": "* 1 FETCH (UID 4 BODY[] {{999999999}}\r\n"}, Malformed, None),
    ({"FETCH": "* 1 FETCH (UID 4 BODY[] {{" + "9" * 400 + "}}\r\n"}, Malformed, None),
    ({"FETCH": ("* 1 FETCH (UID 4 BODY[] {{1000}}\r\n" + "x" * 1000 + ")\r\n") * 40_000}, Malformed, None),
    ({"FETCH": "{tag} OK"}, Transient, Code.TIMED_OUT),
    ({"FETCH": None}, Transient, Code.TIMED_OUT),
]  # fmt: skip


@pytest.mark.parametrize(("lie", "kind", "code"), LIES)
async def test_a_server_that_lies_is_one_of_the_four_errors(
    lie: dict[str, Any], kind: type[PortError], code: Code | None
) -> None:
    async with scripted(**lie) as (port, _):
        inbox = reader(port, timeout=timedelta(seconds=1 if code is Code.TIMED_OUT else 30))
        problem = await failure(inbox.since("INBOX", None, most=9, size=100, after=AGO))
        assert type(problem) is kind
        assert code is None or problem.code is code
        assert "xxx" not in problem.text
        await inbox.close()


async def test_a_search_that_has_the_last_message_in_any_case_tells_nothing_twice() -> None:
    async with scripted(SEARCH="* SEARCH 6\r\n{tag} OK done\r\n") as (port, heard):
        assert await reader(port).since("INBOX", Place(7, 6), most=9, size=9, after=AGO) == Unread(
            (), Place(7, 6), more=False
        )
        assert not any("FETCH" in one for one in heard)


async def test_what_is_said_before_it_is_safe_is_not_believed(pem: str) -> None:
    """Somebody in between says what the server would, before the line is safe."""
    async with scripted(
        CAPABILITY="* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n",
        STARTTLS="{tag} OK done\r\n* CAPABILITY IMAP4rev1\r\n",
    ) as (port, heard):
        problem = await failure(
            reader(port, tls="starttls", context=ssl.create_default_context(cafile=pem)).check("INBOX")
        )
        assert (type(problem), "in between" in problem.text) == (Malformed, True)
        assert not any(PASSWORD in one for one in heard)


async def test_whoever_gives_up_ends_the_thread() -> None:
    async with scripted(FETCH=None) as (port, heard):
        inbox = reader(port, timeout=timedelta(minutes=10))
        task = asyncio.create_task(inbox.since("INBOX", None, most=9, size=9, after=AGO))
        while not any("FETCH" in one for one in heard):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (thread,) = inbox._pool._threads
        await inbox.close()
        await asyncio.to_thread(thread.join, 30)
        assert not thread.is_alive()


async def test_each_has_a_login_in_any_letters_where_the_server_can_take_it() -> None:
    said = Secret("pässwörd")
    async with scripted() as (port, heard):
        problem = await failure(Imap("127.0.0.1", port, (USER, said), tls="none", guard=LOOPBACK).check("INBOX"))
        assert (type(problem), "ASCII" in problem.text, len(heard)) == (Unauthorised, True, 1)
    plain = "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n"
    async with scripted(CAPABILITY=plain, AUTHENTICATE="+ \r\n") as (port, heard):
        inbox = Imap("127.0.0.1", port, (USER, said), tls="none", guard=LOOPBACK, timeout=timedelta(seconds=1))
        await failure(inbox.check("INBOX"))
        assert heard[1] == "AUTHENTICATE PLAIN"
