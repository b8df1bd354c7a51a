"""What is kept is told as it was decided, and what somebody changed by hand as nothing."""

from __future__ import annotations

from datetime import timedelta

from pawline.kit.kept import Kept, covers, decisions, name_of
from pawline.model import Consent, HouseholdId, Medium, Purpose
from pawline.testing.clock import NOON

ANN = HouseholdId("h-ann")
KEPT = Kept(True, NOON, "checkout", NOON + timedelta(hours=1), "Mail me")


def said(medium: Medium | None, granted: bool = True) -> Consent:
    return Consent(
        household=ANN, purpose=Purpose.REMINDERS, granted=granted, at=NOON, source="checkout", medium=medium,
        wording="Mail me",
    )  # fmt: skip


def test_what_is_kept_under_its_name_is_told_as_it_was_decided() -> None:
    every = [said(Medium.EMAIL), said(None)]
    assert [name_of(one) for one in every] == ["reminders/email", "reminders/all"]
    assert name_of(every[0], "", "a/b@example.com", "") == "reminders/email/a/b@example.com"
    for more in ((), ("a/b@example.com", "h-bo")):
        assert decisions(ANN, {name_of(one, *more): KEPT for one in every}) == every


def test_names_that_are_of_nothing_are_passed_over() -> None:
    names = [
        "",
        "/",
        "all",
        "reminders",
        "reminders/",
        "reminders/pigeon",
        "gossip/email",
        "reminders/email2",
        "email/all",
    ]
    assert decisions(ANN, dict.fromkeys(names, KEPT)) == []
    assert not any(covers(name, Purpose.REMINDERS, Medium.EMAIL) for name in names)


def test_a_name_covers_its_own_medium_and_all_means_each() -> None:
    covered = {
        name: [medium for medium in Medium if covers(name, Purpose.REMINDERS, medium)]
        for name in ("reminders/sms", "reminders/sms/x", "reminders/all", "marketing/all")
    }
    assert covered == {
        "reminders/sms": [Medium.SMS], "reminders/sms/x": [Medium.SMS], "reminders/all": list(Medium),
        "marketing/all": [],
    }  # fmt: skip


def test_the_newer_outlasts_and_a_no_among_equals() -> None:
    no = Kept(False, NOON, "checkout", NOON)
    assert no.outlasts(said(None))
    assert not no.outlasts(said(None, granted=False))
    assert not KEPT.outlasts(said(None, granted=False))
    assert not KEPT.outlasts(said(None))
    later = Kept(True, NOON + timedelta(seconds=1), "checkout", NOON)
    assert later.outlasts(said(None, granted=False))
