"""What must be true when all is quiet, judged by the vendor's ledger and by what the journals say the flows saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pawline.model import decode_event
from pawline.runtime.driver import Driver
from pawline.runtime.records import Cancelling, Done, Record, Waiting
from pawline.runtime.seal import event_aad
from pawline.runtime.step import FlowError
from pawline.store import ENDED, RunRow, Status
from tests.simulation.shop import CHANGED, FLOWS, OPERATIONS, SEEN, Act, Begun, Counted, Paid, Withdrawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.hub import Hub
    from tests.simulation.people import Operators, Sent

EXACT = frozenset({"keyed", "found", "forever", "once"})


@dataclass
class Told:
    """A run, as its journal tells it."""

    row: RunRow
    event: Any
    history: list[Record]
    seen: dict[str, tuple[Any, ...]]


class Oracle:
    """Gathers what is wrong; an empty list means that every promise was kept."""

    def __init__(self, hub: Hub, sent: list[Sent], people: Operators) -> None:
        self.hub, self.sent, self.people, self.shop = hub, sent, people, hub.shop
        self.wrong = list(hub.shop.violations)
        self.runs: list[Told] = []
        self.noted: list[str] = []

    def check(self) -> list[str]:
        self._read()
        self._every_event_has_its_run()
        for run in self.runs:
            if run.row.flow == "tell":
                self._run(run)
        self._notes()
        self._order()
        self._latest()
        self._withdrawn()
        return self.wrong

    # -- reading -------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        store = self.hub.store
        assert store is not None
        fetch = store._opened.database.fetch
        rows = [RunRow._make(row) for row in fetch("runs_page", ("s", "", -1, 1 << 60, 500))]
        events = {row[0]: row for row in fetch("events_page", ("s", "", 1 << 60, 500))}
        for row in sorted(rows):
            held = {one.keyhash for one in rows if one.no in self.hub.misfits}
            if row.status not in ENDED and row.keyhash not in held:
                self.wrong.append(f"run {row.no} of {row.flow} did not end: {Status(row.status).name}")
            self.runs.append(self._told(row, events[row.event]))
        self.noted = [row[5] for row in events.values() if row[4] == "sim.noted@1"]

    def _told(self, row: RunRow, event: Any) -> Told:
        store = self.hub.store
        assert store is not None
        key: Any = _now(store.keys.by_no(event[14]))
        body = decode_event(event[4], key.open(event[15], event_aad(event[0])))
        flow = FLOWS.get(row.flow, row.version)
        assert flow is not None
        history = _now(self.hub.journal(row.no))
        problem = self._replay(row, flow, body, history)
        if problem and CHANGED:
            was = set(CHANGED)
            CHANGED.clear()
            problem = self._replay(row, flow, body, history)
            CHANGED.update(was)
        if problem:
            self.wrong.append(f"run {row.no} {problem}")
        return Told(row, body, history, dict(SEEN))

    def _replay(self, row: RunRow, flow: Any, body: Any, history: list[Record]) -> str:
        """Drive the flow through its journal, for what it saw; what is wrong with that."""
        SEEN.clear()
        if row.status not in ENDED - {Status.SUPERSEDED, Status.SKIPPED} or not history:
            return ""
        driver = Driver(flow.function(body), row.created, lambda _: ("vendor/x",))
        problem = ""
        try:
            driver.start(history)
            if not driver.ended:
                problem = "ended, but its journal does not tell how"
        except (FlowError, ValueError) as misfit:
            problem = f"does not replay: {misfit}"
        driver.close()
        return problem

    # -- events and runs -----------------------------------------------------------------------------------------

    def _every_event_has_its_run(self) -> None:
        told: dict[tuple[str, int], list[Told]] = {}
        for run in self.runs:
            if isinstance(run.event, Begun):
                told.setdefault((run.event.id, run.event.round), []).append(run)
        wanted = {(s.event.id, 0) for s in self.sent if isinstance(s.event, Begun)}
        for (name, number), runs in list(told.items()):
            if any(r.row.status == Status.DONE for r in runs) and number < runs[0].event.rounds:
                wanted.add((name, number + 1))
        for what in sorted(wanted | set(told)):
            if len(told.get(what, ())) != (what in wanted):
                self.wrong.append(f"event {what} has {len(told.get(what, ()))} runs")
        for name in sorted({s.id for s in self.sent}):
            if sum(s.new for s in self.sent if s.id == name) > 1:
                self.wrong.append(f"event {name} was new twice")

    # -- one run -------------------------------------------------------------------------------------------------

    def _run(self, run: Told) -> None:
        for act, block in _walk(run.event.acts, None):
            label = f"{run.event.id}.{run.event.round}.{act.n}"
            saw = run.seen.get(label)
            if act.op in OPERATIONS:
                self._call(run, act, label, saw, block)
            elif act.op == "publish" and run.row.status in ENDED:
                happened = len(self.shop.effects(f"note:{label}"))
                if happened != (saw is not None) or self.noted.count(label) != happened:
                    self.wrong.append(f"{label} published {saw}: {happened} effects, {self.noted.count(label)} events")
            elif saw is not None and saw[0] == "awake" and saw[2] < saw[1] - 1e-6:
                self.wrong.append(f"{label} slept until {saw[1]} and woke at {saw[2]}")
        self._waits(run)

    def _call(self, run: Told, act: Act, label: str, saw: Any, block: Act | None) -> None:
        effects = self.shop.effects(label)
        careless = act.op == "once" and run.row.no in self.people.retried  # a person had it sent again, unasked
        if act.op in EXACT and len(effects) > 1 and not careless:
            self.wrong.append(f"{act.op} {label} happened {len(effects)} times")
        happened = saw is not None and (saw[0] == "ok" or (saw[0] == "late" and saw[1]))
        if run.row.status not in ENDED:
            return
        if bool(effects) != happened and act.op in EXACT and not careless:
            self.wrong.append(f"{act.op} {label} happened {len(effects)} times, the flow saw {saw}")
        if happened and saw[-1] not in [effect.receipt for effect in effects]:
            self.wrong.append(f"{act.op} {label}: the flow saw {saw}, which is no receipt")
        state = None if block is None else run.seen.get(f"{run.event.id}.{run.event.round}.{block.n}")
        due = int(happened and state is not None and state[0] != "kept")
        backs = len(self.shop.effects(label, back=True))
        if backs != due:
            self.wrong.append(f"{label} was undone {backs} times, not {due}: {saw}, block {state and state[0]}")

    def _waits(self, run: Told) -> None:
        """Each wait takes the first event since the run's own that no earlier wait took; none is missed."""
        offered = [s for s in self.sent if isinstance(s.event, Paid) and s.event.key == run.event.key]
        begun = [s for s in self.sent if s.no == run.row.event]
        since = min((s.called or 0.0 for s in begun), default=None)
        taken: set[int] = set()
        open_: dict[str, float] = {}
        before: dict[str, set[int]] = {}  # by wait: what had been taken when it began
        for record in run.history:
            if isinstance(record, Waiting) and record.type is not None:
                open_[record.path] = record.until or 0.0
                before[record.path] = set(taken)
            elif isinstance(record, Done) and record.path in open_:
                got = self._paid(record)
                if got is not None and got in before[record.path]:
                    self.wrong.append(f"run {run.row.no} took the event {got} twice")
                elif got is None and since is not None:
                    self._missed(run, offered, taken, since, open_[record.path])
                taken |= set() if got is None else {got}

    def _paid(self, record: Done) -> int | None:
        return next((s.no for s in self.sent if s.no == record.event), record.event)

    def _missed(self, run: Told, offered: list[Sent], taken: set[int], since: float, due: float) -> None:
        start = 1_800_000_000.0
        since = max((s.acked or 0.0 for s in self.sent if s.no == run.row.event), default=since)
        for paid in offered:
            called, acked = paid.called, paid.acked
            if called is None or acked is None or not paid.new or paid.no in taken or self.hub.story.steps:
                continue
            if called > since and start + acked < due:
                self.wrong.append(f"run {run.row.no} missed the event {paid.id}, recorded in time")

    # -- between runs --------------------------------------------------------------------------------------------

    def _notes(self) -> None:
        for label in {e.label for e in self.shop.ledger if e.label.startswith("note:")}:
            if len(self.shop.effects(label)) > 1 or label[5:] not in self.noted:
                self.wrong.append(f"{label} happened {len(self.shop.effects(label))} times")

    def _order(self) -> None:
        """Runs of one key follow one another, in the order of their events."""
        spans: list[tuple[float, float, Told]] = []
        for run in self.runs:
            if isinstance(run.event, Begun):
                prefix = f"/{run.event.id}.{run.event.round}."
                times = [at for at, name, _ in self.shop.arrivals if prefix in name]
                times += [e.at for e in self.shop.ledger if e.op in EXACT and f"/{e.label}".startswith(prefix)]
                if times:
                    spans.append((min(times), max(times), run))
        spans.sort(key=lambda span: span[:2])
        for (_, last, one), (first, _, other) in _pairs(spans):
            if one.event.key != other.event.key:
                continue
            if first < last - 1e-9:
                self.wrong.append(f"runs {one.row.no} and {other.row.no} of one key ran side by side")
            a, b = self._sent_of(one), self._sent_of(other)
            if self.hub.story.takeovers or self.hub.story.failing or self.hub.story.doubtful:
                continue  # events that others recorded, or whose dispatch failed, may be overtaken
            if a is not None and b is not None and (b.acked or 0.0) < (a.called or 0.0):
                self.wrong.append(f"run {one.row.no} ran before {other.row.no}, whose event came first")

    def _sent_of(self, run: Told) -> Sent | None:
        return next((s for s in self.sent if s.no == run.row.event), None)

    def _latest(self) -> None:
        counted = [run for run in self.runs if isinstance(run.event, Counted)]
        for run in counted:
            effects = len(self.shop.effects(f"count:{run.event.key}.{run.event.n}"))
            if effects != (run.row.status == Status.DONE) and run.row.status != Status.FAILED:
                self.wrong.append(f"run {run.row.no} is {Status(run.row.status).name} with {effects} effects")
        if self.hub.story.takeovers or self.hub.story.failing or self.hub.story.doubtful:
            return
        last = max((s for s in self.sent if isinstance(s.event, Counted)), key=lambda s: s.called or 0.0, default=None)
        for run in counted:
            if last is not None and run.row.event == last.no and run.row.status == Status.SUPERSEDED:
                others = [s for s in self.sent if isinstance(s.event, Counted) and s is not last]
                if all((s.acked or 0.0) < (last.called or 0.0) for s in others):
                    self.wrong.append(f"run {run.row.no} was the latest and is superseded")

    def _withdrawn(self) -> None:
        withdrawn = {sent.event.key for sent in self.sent if isinstance(sent.event, Withdrawn)}
        for run in self.runs:
            asked = run.row.no in self.people.cancelled or getattr(run.event, "key", "") in withdrawn
            if run.row.status == Status.CANCELLED and not asked:
                self.wrong.append(f"run {run.row.no} was cancelled, and nobody asked for it")
        for sent in self.sent:
            if not isinstance(sent.event, Withdrawn):
                continue
            quiet = 1_800_000_000 + max(sent.acked or 0.0, self.hub.story.closes) + 10
            for run in self.runs:
                mine = self._sent_of(run)
                if run.row.flow != "tell" or run.event.key != sent.event.key or mine is None or run.event.round:
                    continue
                # What another process recorded waits for a look, and what the owner recorded later overtakes it.
                before = (mine.acked or 0.0) < (sent.called or 0.0) and not self.hub.story.takeovers
                if any(isinstance(record, Cancelling) for record in run.history):
                    continue  # it stopped, and something that was under way ended badly, much later
                if before and run.row.status in {Status.DONE, Status.FAILED} and (run.row.ended or 0.0) > quiet:
                    self.wrong.append(f"run {run.row.no} was withdrawn and went on")


def _walk(acts: tuple[Act, ...], block: Act | None) -> Iterator[tuple[Act, Act | None]]:
    for act in acts:
        yield act, block
        yield from _walk(act.acts, act if act.op == "undoing" else block)


def _pairs(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    for at, one in enumerate(items):
        for other in items[at + 1 :]:
            yield one, other


def _now(coroutine: Any) -> Any:
    """The result of a coroutine that never really waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")
