"""SMTP against a real server on a socket: what it takes it takes once, and every failure is what it is."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pawline.connectors.smtp import Settings, connector
from pawline.connectors.smtp.mail import SmtpMail
from pawline.kit import BadSettings, Guard, Secret, Smtp
from pawline.model import HouseholdId, Letter, Medium, Purpose
from pawline.ports import (
    Attempt,
    Code,
    Malformed,
    PortError,
    Rejected,
    Settle,
    Transient,
    Unauthorised,
    attempting,
)
from pawline.sandbox.post import Post, Temper, posted

LOOPBACK = Guard(["127.0.0.0/8"])


def letter(**more: Any) -> Letter:
    given = {"to": "ann@example.com", "text": "Grüße, Ann\n", "subject": "Füttern", "html": "<p>Grüße</p>"} | more
    return Letter(
        household=HouseholdId("h1"), purpose=Purpose.TRANSACTION, medium=given.pop("medium", Medium.EMAIL), **given
    )


def attempt(seconds: float = 10, key: str = "k1") -> Attempt:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return Attempt(key=key, number=1, settle_by=until, shop="paws", account="smtp/x")


class Books:
    """What the server took."""

    def __init__(self) -> None:
        self.took: list[tuple[str, bool]] = []

    def __call__(self, name: str, again: bool) -> None:
        self.took.append((name, again))


def mail(port: int, **more: Any) -> SmtpMail:
    given: dict[str, Any] = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "desk@paws.example"} | more
    settings = Settings(**given)
    client = connector.http(settings, LOOPBACK)
    assert isinstance(client, Smtp)
    return SmtpMail(client, settings)


@asynccontextmanager
async def server(login: tuple[str, str] | None = None) -> AsyncIterator[tuple[Post, Books, int]]:
    books = Books()
    post = Post(books, login)
    async with posted(post) as port:
        yield post, books, port


def lines(part: Any) -> list[str]:
    text: str = part.get_content()
    return text.splitlines()


async def failure(sending: Any) -> PortError:
    with pytest.raises(PortError) as problem:
        await sending
    return problem.value


async def test_a_letter_arrives_as_it_was_meant_under_a_name_of_its_step() -> None:
    async with server() as (post, books, port):
        sender = mail(port, sender_name="Päws", reply_to="help@paws.example")
        with attempting(attempt()):
            first = await sender.send(letter())
        with attempting(attempt()):
            assert await sender.send(letter()) == first
        with attempting(attempt(key="k2")):
            assert await sender.send(letter()) != first
        assert [again for _, again in books.took] == [False, True, False]
        assert (books.took[0][0], re.fullmatch(r"<[0-9a-f]{32}@paws\.example>", first) is not None) == (first, True)
        got = post.messages[0]
        assert (got["From"], got["To"]) == ("Päws <desk@paws.example>", "ann@example.com")
        assert (got["Subject"], got["Reply-To"], got["Auto-Submitted"]) == (
            "Füttern",
            "help@paws.example",
            "auto-generated",
        )
        text, html = got.iter_parts()
        assert (lines(text), lines(html)) == (["Grüße, Ann"], ["<p>Grüße</p>"])
        await sender.send(letter(html=None, subject=None))  # outside of a step, too
        assert lines(post.messages[-1]) == ["Grüße, Ann"]


@pytest.mark.parametrize(
    ("temper", "kind", "code", "took"),
    [
        (Temper.GREYLISTS, Transient, Code.RATE_LIMITED, 0),
        (Temper.DROPS_BEFORE, Transient, Code.UNREACHABLE, 0),
        (Temper.DROPS_AFTER, Transient, Code.DISCONNECTED, 1),
        (Temper.SILENT, Transient, Code.TIMED_OUT, 1),
    ],
)
async def test_what_broke_before_the_last_dot_did_not_happen_and_after_it_nobody_knows(
    temper: Temper, kind: type[PortError], code: Code, took: int
) -> None:
    async with server() as (post, books, port):
        post.temper = temper
        with attempting(attempt(0.5)):
            problem = await failure(mail(port).send(letter()))
        assert (type(problem), problem.code, len(books.took)) == (kind, code, took)
        assert "ann" not in problem.text


async def test_it_is_settled_by_a_person_and_what_is_proven_not_sent_is_no_doubt() -> None:
    assert SmtpMail.OPERATIONS["send"].settle is Settle.ASK
    with attempting(attempt(-1)):
        problem = await failure(mail(9).send(letter()))
    assert (type(problem), problem.code) == (Transient, Code.UNREACHABLE)


async def test_who_is_not_there_and_what_is_no_letter_is_rejected() -> None:
    async with server() as (post, books, port):
        post.unknown = {"gone@example.com"}
        for given, code in (
            ({"to": "gone@example.com"}, Code.UNDELIVERABLE),
            ({"to": "no address"}, Code.UNDELIVERABLE),
            ({"to": "änn@example.com"}, Code.UNDELIVERABLE),
            ({"to": "a@b.example,c@d.example"}, Code.UNDELIVERABLE),
            ({"subject": "Hi\r\nBcc: everybody@example.com"}, Code.INVALID),
            ({"subject": "Hi\x0b\x00"}, Code.INVALID),
            ({"subject": "Rex =?utf-8?q?a=0d=0aBcc:victim@x.example?="}, Code.INVALID),
            ({"subject": "=?utf-8?b?YQ0KDQpQaGlzaA==?="}, Code.INVALID),
            ({"subject": "=?utf-8?b?qf?="}, Code.INVALID),  # no text at all once it is decoded
            ({"to": "ann@(x"}, Code.UNDELIVERABLE),
            ({"to": "ann@["}, Code.UNDELIVERABLE),
            ({"to": ".ann@x.example"}, Code.UNDELIVERABLE),
            ({"medium": Medium.SMS, "to": "+4930123456"}, Code.UNSUPPORTED),
        ):
            problem = await failure(mail(port).send(letter(**given)))
            assert (type(problem), problem.code) == (Rejected, code), given
        assert books.took == []


async def test_a_server_that_is_not_there_or_not_to_be_reached() -> None:
    async with server() as (_, books, port):
        private = SmtpMail(Smtp("127.0.0.1", port, tls="none"), Settings(host="x", sender="a@b.example"))
        assert type(await failure(private.send(letter()))) is Malformed
        assert books.took == []
    assert (await failure(mail(port).send(letter()))).code is Code.UNREACHABLE  # nobody listens any more
    assert (await failure(mail(port, host="nowhere.invalid").send(letter()))).code is Code.UNREACHABLE
    problem = await failure(Smtp("127.0.0.1", 25, tls="none", guard=Guard()).check())
    assert "allow_networks" in problem.text


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's context, and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    cert = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem = tmp_path / "cert.pem"
    plain = serialization.NoEncryption()
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + cert.public_bytes(serialization.Encoding.PEM)
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    return serving, ssl.create_default_context(cafile=str(pem))


@pytest.mark.parametrize("way", ["starttls", "implicit"])
async def test_over_tls_with_a_login_and_not_without(tls: tuple[ssl.SSLContext, ssl.SSLContext], way: str) -> None:
    serving, trusting = tls
    books = Books()
    post = Post(books, ("desk", "s3cret"))
    settings = Settings(host="localhost", sender="desk@paws.example")
    early, late = (None, serving) if way == "starttls" else (serving, None)

    def sender(password: str, context: ssl.SSLContext | None) -> SmtpMail:
        login = ("desk", Secret(password))
        return SmtpMail(Smtp("localhost", port, tls=way, login=login, guard=LOOPBACK, context=context), settings)

    async with posted(post, tls=late, implicit=early) as port:
        await sender("s3cret", trusting).send(letter())
        wrong = await failure(sender("wrong", trusting).send(letter()))
        assert (type(wrong), len(books.took)) == (Unauthorised, 1)
        assert "wrong" not in repr(wrong)
        stranger = await failure(sender("s3cret", None).send(letter()))
        assert (type(stranger), len(books.took)) == (Malformed, 1)
    async with posted(Post(books)) as port:
        plain = await failure(
            sender("s3cret", trusting).send(letter())
        )  # it must not go over a line that anybody reads
        assert type(plain) in (Malformed, Transient)
        assert len(books.took) == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "`host`"),
        ({"host": "m", "sender": "nobody"}, "`sender` is no e-mail address"),
        ({"host": "m", "sender": "a@b.example", "user": "x"}, "`user` and `password` go together"),
        (
            {"host": "m", "sender": "a@b.example", "tls": "none", "user": "x", "password": "p"},
            "a password goes over TLS only",
        ),
        ({"host": "m", "sender": "a@b.example", "tls": "ssl"}, "this value is not known"),
    ],
)
def test_settings_that_would_not_do_are_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(BadSettings) as problem:
        connector.configure(given)
    assert says in str(problem.value)
    assert "'p'" not in str(problem.value)


def test_its_client_says_nothing_of_its_login() -> None:
    smtp = Smtp("mail.example", 587, login=("desk", Secret("s3cret")))
    assert repr(smtp) == "Smtp('mail.example', 587)"
    with pytest.raises(ValueError, match="a login goes over TLS only"):
        Smtp("mail.example", 25, tls="none", login=("desk", Secret("s3cret")))


class Scripted:
    """A server that answers each command by its word; None hangs up."""

    def __init__(self, **replies: str | None) -> None:
        self.replies: dict[str, str | None] = {
            "GREETING": "220 hi", "EHLO": "250 scripted", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on",
            "DOT": "250 ok",
        }  # fmt: skip
        self.replies |= replies
        self.body = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self._say(writer, "GREETING"):
                return
            while line := await reader.readline():
                word = line.split()[0].decode().upper()
                if word == "QUIT" or not self._say(writer, word):
                    return
                if word == "DATA":
                    self.body = await reader.readuntil(b"\r\n.\r\n")
                    if not self._say(writer, "DOT"):
                        return
        finally:
            writer.close()

    def _say(self, writer: asyncio.StreamWriter, word: str) -> bool:
        reply = self.replies.get(word, "500 what")
        if reply is not None:
            writer.write(f"{reply}\r\n".encode())
        return reply is not None


@pytest.mark.parametrize(
    ("replies", "kind", "code"),
    [
        ({"GREETING": "554 no service"}, Transient, Code.UNREACHABLE),
        ({"MAIL": "550 you are on a list"}, Rejected, Code.NOT_ALLOWED),
        ({"RCPT": "550 no such user"}, Rejected, Code.UNDELIVERABLE),
        ({"RCPT": "452 full"}, Transient, Code.RATE_LIMITED),
        ({"DATA": None}, Transient, Code.UNREACHABLE),
        ({"DATA": "451 later"}, Transient, Code.RATE_LIMITED),
        ({"DOT": None}, Transient, Code.DISCONNECTED),
        ({"DOT": "550 spam"}, Rejected, Code.NOT_ALLOWED),
        ({"DOT": "421 going down"}, Transient, Code.RATE_LIMITED),
        ({}, None, None),
    ],
)
async def test_whom_a_reply_is_about_and_when_nothing_was_sent(
    replies: dict[str, str | None], kind: type[PortError] | None, code: Code | None
) -> None:
    script = Scripted(**replies)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    if kind is None:
        await mail(port).send(letter())
        assert script.body.isascii()  # it did not offer eight bits
        assert b"Gr=C3=BC=C3=9Fe, Ann" in script.body
    else:
        problem = await failure(mail(port).send(letter()))
        assert (type(problem), problem.code) == (kind, code)
    server.close()
    await server.wait_closed()
