"""A vendor that signs nothing: the address ends with a secret, and nobody is believed for anything else."""

from __future__ import annotations

import pytest

from pawline.kit import PATH, Headers, Secret, SecretPath, Unsigned

NEW, OLD = Secret("n" * 24), Secret("Old-secret_of-32-characters-0123")
SCHEME = SecretPath()


def believed(headers: Headers, secrets: tuple[Secret, ...] = (NEW, OLD)) -> bool:
    try:
        SCHEME.verify(secrets, headers, b"{}", 0.0)
    except Unsigned:
        return False
    return True


def test_each_live_secret_is_believed_whatever_the_body_says() -> None:
    for secret in (NEW, OLD):
        for body in (b"{}", b"", b"\xff"):
            SCHEME.verify((NEW, OLD), [(PATH, secret.reveal())], body, 0.0)


@pytest.mark.parametrize(
    "headers",
    [
        [], [(PATH, "")], [(PATH, "n" * 23)], [(PATH, "n" * 25)], [(PATH, NEW.reveal().upper())],
        [(PATH, f"{NEW.reveal()}/x")], [(PATH, NEW.reveal()), (PATH, NEW.reveal())], [("path", NEW.reveal())],
        [(PATH, "\udcff" * 24)],
    ],
)  # fmt: skip
def test_nothing_else_is(headers: Headers) -> None:
    assert not believed(headers)


def test_without_a_secret_and_by_one_that_may_be_guessed_nobody_is() -> None:
    assert not believed([(PATH, NEW.reveal())], ())
    assert not believed([(PATH, "short")], (Secret("short"),))
    assert believed([(PATH, NEW.reveal())], (Secret("short"), NEW))


@pytest.mark.parametrize("secret", ["short", "n" * 23, "n" * 129, "n" * 24 + "/", "ü" * 24])
def test_such_a_secret_is_refused_when_an_account_is_set_up(secret: str) -> None:
    with pytest.raises(ValueError, match="24 to 128 letters") as refused:
        SCHEME.check((NEW, Secret(secret)))
    assert secret not in str(refused.value)
    SCHEME.check((NEW, OLD))
