"""Four errors, each named by its remedy, that a journal can keep and a replay can raise again."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.ports import (
    Code,
    ErrorRecord,
    Malformed,
    PortError,
    Rejected,
    Transient,
    Unauthorised,
    from_record,
    to_record,
)

FOUR: list[type[PortError]] = [Transient, Rejected, Unauthorised, Malformed]


@pytest.mark.parametrize(
    ("kind", "word", "code"),
    [
        (Transient, "transient", "unavailable"),
        (Rejected, "rejected", "invalid"),
        (Unauthorised, "unauthorised", "credentials"),
        (Malformed, "malformed", "bad_reply"),
    ],
)
def test_an_error_has_a_usual_code(kind: type[PortError], word: str, code: str) -> None:
    error = kind("the vendor says so")
    assert to_record(error) == (word, code, "the vendor says so", None)
    assert str(error) == "the vendor says so"
    assert repr(error) == f"{kind.__name__}('the vendor says so', {code})"


@given(
    kind=st.sampled_from(FOUR),
    code=st.sampled_from(Code),
    text=st.text(max_size=20),
    wait=st.none() | st.timedeltas(timedelta(0), timedelta(days=3650)),
)
def test_an_error_comes_back_from_the_journal(
    kind: type[PortError], code: Code, text: str, wait: timedelta | None
) -> None:
    error = Transient(text, code, retry_after=wait) if kind is Transient else kind(text, code)

    stored = msgspec.json.encode(to_record(error))
    back = from_record(*msgspec.json.decode(stored, type=ErrorRecord))

    assert type(back) is kind
    assert (back.code, back.text) == (code, text)
    assert to_record(back) == to_record(error)
    if isinstance(back, Transient):
        assert back.retry_after == wait


def test_a_record_of_another_release_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="no port error is of kind 'cosmic'"):
        from_record("cosmic", "declined", "", None)
    with pytest.raises(ValueError, match="'too_purple' is not a valid Code"):
        from_record("rejected", "too_purple", "", None)


def test_only_the_four_are_raised() -> None:
    with pytest.raises(TypeError, match="raise one of Transient, Rejected, Unauthorised, Malformed"):
        PortError("something")
    for parent in FOUR:
        with pytest.raises(TypeError, match="OutOfFish: the four errors are final"):
            type("OutOfFish", (parent,), {})
    assert PortError.__subclasses__() == FOUR


def test_the_strings_of_the_codes_are_stored_and_stay() -> None:
    assert [code.value for code in Code] == [
        "declined",
        "insufficient_funds",
        "expired",
        "out_of_stock",
        "not_found",
        "gone",
        "conflict",
        "invalid",
        "too_large",
        "unsupported",
        "undeliverable",
        "not_allowed",
        "too_late",
        "key_reused",
        "rate_limited",
        "unavailable",
        "unreachable",
        "timed_out",
        "disconnected",
        "in_progress",
        "not_taken",
        "kept_failure",
        "credentials",
        "forbidden",
        "bad_reply",
        "bad_request",
    ]
