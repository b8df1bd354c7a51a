"""A vendor whose older versions sign nothing: each secret does one thing, and an address is no signature."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import standardwebhooks

from pawline.kit import PATH, Headers, Secret, SignedOrSecretPath, Unsigned

KEY = base64.b64encode(b"k" * 32).decode()
SIGNING, ENDING = Secret(f"whsec_{KEY}"), Secret("n" * 24)
LOOKS_LIKE_A_SEGMENT = Secret(f"whsec_{base64.b64encode(b'k' * 24).decode()}")
SCHEME = SignedOrSecretPath()
BODY = b'{"event": "responseFinished"}'
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def signature(body: bytes = BODY, key: str = KEY) -> list[tuple[str, str]]:
    made = standardwebhooks.Webhook(key).sign("m1", NOW, body.decode())
    at = str(int(NOW.timestamp()))
    return [("webhook-id", "m1"), ("webhook-timestamp", at), ("webhook-signature", made)]


def believed(headers: Headers, *secrets: Secret, body: bytes = BODY, now: float = NOW.timestamp()) -> bool:
    try:
        SCHEME.verify(secrets, headers, body, now)
    except Unsigned:
        return False
    return True


def test_a_signature_is_believed_without_an_address_and_an_address_without_a_signature() -> None:
    for secrets in ((SIGNING, ENDING), (ENDING, SIGNING)):
        assert believed(signature(), *secrets)
        assert believed([(PATH, ENDING.reveal())], *secrets, body=b"\xff")


def test_neither_secret_does_the_work_of_the_other() -> None:
    assert not believed(signature(), ENDING)
    assert not believed(signature(key=base64.b64encode(ENDING.reveal().encode()).decode()), ENDING)
    assert not believed([(PATH, ENDING.reveal())], SIGNING)
    assert not believed([(PATH, LOOKS_LIKE_A_SEGMENT.reveal())], LOOKS_LIKE_A_SEGMENT)
    assert not believed([])
    assert not believed(signature())


def test_a_good_signature_at_a_wrong_address_is_not_believed_and_altered_or_old_nowhere() -> None:
    assert not believed([(PATH, "guessed-secret-of-24-chars"), *signature()], SIGNING, ENDING)
    assert not believed(signature(), SIGNING, ENDING, body=BODY + b" ")
    assert not believed(signature(), SIGNING, ENDING, now=NOW.timestamp() + 301)
    assert not believed(signature()[:2], SIGNING, ENDING)


@pytest.mark.parametrize(("secret", "why"), [("whsec_short", "copy it again"), ("short", "24 to 128 letters")])
def test_what_can_be_neither_is_refused_when_an_account_is_set_up(secret: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        SCHEME.check((SIGNING, ENDING, Secret(secret)))
    assert secret not in str(refused.value)
    SCHEME.check((SIGNING, ENDING))
