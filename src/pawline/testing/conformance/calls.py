"""What comes of a call, whatever the vendor does: the right one of four errors, in time, sent once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from pawline.ports import Code, Malformed, PortError, Rejected, Transient, Unauthorised
from pawline.testing.conformance.trying import OnTrial
from pawline.testing.counter import Counter, json

SLACK: Final = 5.0
"""Seconds by which a busy machine may be late to end a call: below any client's own time-out."""
ANSWERS: Final[tuple[tuple[str, bytes | None, type[PortError], frozenset[Code]], ...]] = (
    ("400", json(400), Rejected, frozenset()),
    ("401", json(401), Unauthorised, frozenset({Code.CREDENTIALS})),
    ("404", json(404), Rejected, frozenset()),
    ("429", json(429, b"{}", "retry-after: 7"), Transient, frozenset({Code.RATE_LIMITED})),
    ("503", json(503), Transient, frozenset({Code.UNAVAILABLE})),
    ("a page", json(200, b"<html>Welcome</html>"), Malformed, frozenset()),
    ("nothing", json(200, b""), Malformed, frozenset()),
    ("truncated JSON", json(200, b'{"a": '), Malformed, frozenset()),
    ("ten megabytes", json(200, b'"' + b"x" * 10_000_000 + b'"'), Malformed, frozenset({Code.TOO_LARGE})),
    ("a redirect", json(302, b"", "location: http://169.254.169.254/"), Malformed, frozenset()),
    ("a closed line", None, Transient, frozenset({Code.DISCONNECTED})),
)
"""What a vendor may answer to anything, the error that it must become, and (where it matters) the code."""


class CallPromises(OnTrial):
    """Calls."""

    def test_whatever_the_vendor_answers_is_the_right_one_of_four_errors(self) -> None:
        for what, told, error, codes in ANSWERS:
            answer = json(int(what), self.refusal) if error is Rejected else told
            for called, outcome, heard, _ in self._all_calls(answer):
                if called in self.unread and told is not None and b" 200 " in told[:16]:
                    assert not isinstance(outcome, Exception), f"{called}, answered with {what}: {outcome!r}"
                    assert len(heard) == 1, f"{called}, answered with {what}, was sent {len(heard)} times"
                    continue
                assert type(outcome) is error, f"{called}, answered with {what}: {outcome!r}"
                assert len(heard) == 1, f"{called}, answered with {what}, was sent {len(heard)} times"
                if codes:
                    assert outcome.code in codes, f"{called}, answered with {what}: {outcome!r}"
                if isinstance(outcome, Transient) and what == "429":
                    assert outcome.retry_after == timedelta(seconds=7), called

    def test_a_vendor_that_is_silent_is_given_up_before_the_settle_by_time(self) -> None:
        async def silent(counted: Counter) -> None:
            async def never(_: object) -> bytes:
                await asyncio.sleep(60)
                return b""

            counted.answer = never

        for called, outcome, heard, seconds in self._all_calls(None, before=silent, seconds=0.3, until_heard=True):
            assert isinstance(outcome, Transient), f"{called}: {outcome!r}"
            assert outcome.code is Code.TIMED_OUT, f"{called}: {outcome!r}"
            assert len(heard) == 1, f"{called}: it was sent {len(heard)} times"
            assert seconds < SLACK, f"{called}: it ended {seconds:.2f} s later, and its time was 0.3 s"

    def test_nothing_is_sent_once_the_time_is_over(self) -> None:
        for called, outcome, heard, _ in self._all_calls(json(200), seconds=-1):
            assert isinstance(outcome, Transient), f"{called}: {outcome!r}"
            assert outcome.code is Code.UNREACHABLE, f"{called}: {outcome!r}"
            assert heard == [], called

    def test_reads_and_look_ups_need_no_attempt(self) -> None:
        """They belong to no step: the runtime gives them neither a key nor a time of their own."""
        effects = {
            f"{port.__name__}.{name}" for port, offer in self.connector.offers.items() for name in offer.operations
        }
        for called, outcome, heard, _ in self._all_calls(json(503), without_attempt=True, but=effects):
            assert isinstance(outcome, Transient), f"{called}, outside of an attempt: {outcome!r}"
            assert len(heard) == 1, called
