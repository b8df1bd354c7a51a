"""Events that a flow publishes: sealed for their own household, stored in the same commit as what published them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.model import public_name
from pawline.runtime import ending
from pawline.runtime.records import Published
from pawline.runtime.step import Again, FlowError, Publish
from pawline.store import HouseholdErased, StoreError

if TYPE_CHECKING:
    from pawline.model import Event
    from pawline.runtime.run import Run
    from pawline.store import DataKey


def key_for(run: Run, event: Event) -> DataKey | None:
    """The data key of an event that the flow publishes, if it is at hand."""
    if event.household == run.row.household:
        return run.key
    return run.engine.keys.cached(run.row.shop, event.household)


def lacks_keys(run: Run) -> bool:
    """Whether keys must be fetched first; the run then flushes again by itself."""
    missing = [publish.event.household for _, publish in run.driver.published if key_for(run, publish.event) is None]
    if missing:
        run.committing = True
        run.engine.spawn(_fetch(run, missing))
    return bool(missing)


async def _fetch(run: Run, households: list[str | None]) -> None:
    try:
        for household in households:
            await run.engine.keys.obtain(run.row.shop, household)
    except HouseholdErased:
        _refuse(run)
    except StoreError as problem:
        if not run.lost:
            run.engine.lose(run, problem)
        return
    run.committing = False
    run.flush()


def _refuse(run: Run) -> None:
    """Nothing can be sealed for a household that was erased: the run stops, and what it had recorded stays."""
    driver = run.driver
    driver.published.clear()
    driver.fresh.clear()
    driver.ended, driver.error = True, FlowError("it publishes an event for a household that was erased")
    ending.park(run, "code", f"{run.row.flow}: {driver.error}")


def take(run: Run) -> None:
    """Rows for what was published, and a record of each."""
    driver = run.driver
    for path, publish in driver.published:
        if run.observed:  # nobody hears it: it would begin what acts
            driver.records.append(Published(path, public_name(type(publish.event)), 0))
            continue
        again = path == "again"
        at = run.happened if again else driver.now  # whose it was, and had the flow at that time, it stays
        row, digests, envelope = run.engine.intake.published(run, path, publish.event, at)
        if again:
            digests = digests[:1]  # the fact is that of the event before: as its double it would begin nothing
        run.moved_events.append((row, digests, envelope))
        run.engine.intake.dispatching.add(row.no, row.lane)  # by this run, once its commit is on disk
        driver.records.append(Published(path, row.type, row.no))
    driver.published.clear()


def renew(run: Run) -> None:
    """`again`: this history ends and its event goes out, which begins the next one of the key."""
    driver = run.driver
    if driver.ended and isinstance(driver.error, Again):
        if type(driver.error.event) is run.flow.on:
            driver.published.append(("again", Publish(driver.error.event)))
            driver.error = None
        else:
            driver.error = FlowError(f"again takes the event that begins {run.flow.name}: {run.flow.on.__name__}")
