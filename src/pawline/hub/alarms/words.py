"""What an alarm says: what happened, since when, what it means for the shop, what to do. In the clear, about nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.alarms.found import UNTRIED
from pawline.hub.alarms.settings import zone_of
from pawline.hub.health import span

if TYPE_CHECKING:
    from pawline.hub.alarms.found import Alarm


class Said(NamedTuple):
    """The words of one alarm, in the reader's zone. `what` is one line without its time; `more` may be empty."""

    what: str
    more: str
    means: str
    do: str


def when(at: float, zone: str) -> str:
    """A moment as its reader's clock and calendar say it."""
    return datetime.fromtimestamp(at, zone_of(zone)).strftime("%a %-d %b %H:%M %Z")


def said(alarm: Alarm, zone: str) -> Said:
    """The words; a rule that this version does not know any more is named as it is."""
    words = WORDS.get(alarm.rule)
    return Said(f"{alarm.rule}: {alarm.subject}", "", "", "`pawline doctor`") if words is None else words(alarm, zone)


def _no_orders(alarm: Alarm, _: str) -> Said:
    facts, weeks = alarm.facts, int(alarm.facts["weeks"])
    if "usual" in facts:
        more = (
            f"Usual in that time on this weekday: {facts['usual']:g} orders ({weeks} weeks). Of normal days one in"
            f" {_one_in(float(facts['chance']))} has such a silence."
        )
    else:
        more = f"Its history is too young to judge by ({weeks} whole weeks): the fixed time of the settings is over."
    return Said(
        f"no order in {alarm.shop}", more,
        "shoppers may not get through the checkout, or what they order does not reach Pawline.",
        "place an order as a shopper would, then `pawline doctor`.",
    )  # fmt: skip


def _one_in(chance: float) -> str:
    return f"{round(1 / chance):,}" if chance > 1e-6 else "a million"


def _vendor_down(alarm: Alarm, _: str) -> Said:
    facts = alarm.facts
    if "watch" in facts:
        return Said(
            f"{facts['account']}: {facts['watch']} cannot be looked at", "",
            "what comes that way (orders, stock) is late; what was not seen yet is not lost.",
            "`pawline doctor` says why.",
        )  # fmt: skip
    plays = f"It plays {facts['plays']}." if facts["plays"] else ""
    return Said(
        f"{facts['account']} does not answer", plays,
        "what needs it waits, is not lost, and goes on by itself once it answers.",
        f"look at its status page; `pawline stop account {facts['account']} --reason \"…\"` holds all calls to it.",
    )  # fmt: skip


def _file_late(alarm: Alarm, zone: str) -> Said:
    facts = alarm.facts
    last = f"something came last on {when(float(facts['last']), zone)}" if facts["last"] else "nothing ever came"
    return Said(
        f"{facts['account']}: {facts['watch']} is not here",
        f"It was expected by {when(float(facts['by']), zone)}; {last}.",
        "the figures that it brings are those of the last one, older than the shop believes.",
        "ask whoever sends it; `pawline doctor` says whether it can be looked at.",
    )  # fmt: skip


def _case_opened(alarm: Alarm, _: str) -> Said:
    facts = alarm.facts
    count = int(facts["count"])
    what = f"{_many(count, 'case')} for {alarm.team} in {alarm.shop}"
    return Said(
        f"{what}: {facts['title'] or 'a question of a flow'}", "",
        "what each is about stands still until a person has answered; the rest goes on.",
        f"`pawline cases show {facts['case']}`"
        + ("; `--all-like-it` answers all of them at once." if count > 1 else "."),
    )  # fmt: skip


def _oldest_run(alarm: Alarm, _: str) -> Said:
    facts = alarm.facts
    count = int(facts["count"])
    return Said(
        f"run {facts['run']} ({facts['flow']} of {alarm.shop}) does not get on",
        f"{count} runs of that flow are as late." if count > 1 else "",
        "whoever waits for it, a shopper or a system, still waits.",
        f"`pawline runs show {facts['run']}` says what it waits for.",
    )  # fmt: skip


def _many(count: float | str, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _lane_stuck(alarm: Alarm, _: str) -> Said:
    facts = alarm.facts
    if alarm.subject == "webhooks":
        return Said(
            f"{_many(facts['count'], 'webhook')} not taken apart", "",
            "their senders were told that they are here, and nobody works on what they say: an order among them is not"
            " sent.",
            "`pawline events waiting` says which do not open; for the others see the hub's log and `pawline doctor`,"
            " then start the hub again.",
        )  # fmt: skip
    if alarm.subject == "owners":
        what = f"the owner of {_many(facts['lanes'], 'lane')} is silent"
    else:
        what = f"{_many(facts['count'], 'event')} in {_many(facts['lanes'], 'lane')} not dispatched"
    return Said(
        what, "", "what is recorded there is safe, but nobody works on it: orders are taken and not sent.",
        "see the hub's log and `pawline doctor`, then start the hub again.",
    )  # fmt: skip


WORDS: Final[Mapping[str, Callable[[Alarm, str], Said]]] = {
    "no_orders": _no_orders, "vendor_down": _vendor_down, "file_late": _file_late, "case_opened": _case_opened,
    "oldest_run": _oldest_run, "lane_stuck": _lane_stuck,
}  # fmt: skip


def headline(alarm: Alarm, zone: str) -> str:
    """One line: how bad, what, since when; that it was told before; or that it is over."""
    what = said(alarm, zone).what
    if alarm.closed is not None:
        if UNTRIED in alarm.facts:
            return f"[over] {what}: it began {when(alarm.since, zone)}, and nobody has called it for an hour"
        lasted = f"it began {when(alarm.since, zone)} and lasted {span(alarm.closed - alarm.since)}"
        return f"[over] {what}: {lasted}"
    again = f", told {alarm.times} time{'s' if alarm.times > 1 else ''} before" if alarm.times else ""
    return f"[{alarm.severity}{again}] {what}, since {when(alarm.since, zone)}"


def paragraph(alarm: Alarm, zone: str) -> str:
    """The whole: what it means and what to do, and how to say that one has seen it."""
    if alarm.closed is not None:
        return headline(alarm, zone)
    words = said(alarm, zone)
    lines = [words.more, f"Means: {words.means}" if words.means else "", f"Do: {words.do}",
             f"Seen it: `pawline alarms ack {alarm.no} --by NAME`"]  # fmt: skip
    return "\n  ".join([headline(alarm, zone), *filter(None, lines)])
