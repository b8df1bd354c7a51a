"""Owning lanes: taken when free, renewed in one statement, given back at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pawline.store.database import Database


def claim(db: Database, owner: int, lanes: list[int], ttl: float) -> dict[int, int]:
    """Takes those of `lanes` that are free, with a higher epoch; what ran there in somebody's memory is READY again.

    Where a batch holds a lane whose time ran out, its owner stands still in it: that batch ends without a commit.
    """
    taken: dict[int, int] = dict(db.fetch("claim_lanes", (ttl, owner, owner, lanes)))
    if db.fetch("end_silent", (owner, lanes)):
        taken |= dict(db.fetch("claim_lanes", (ttl, owner, owner, lanes)))
    if taken:
        db.fetch("ready_again", (sorted(taken),))
    return dict(sorted(taken.items()))


def renew(db: Database, owner: int, ttl: float) -> dict[int, int]:
    """Every lane that is still ours, with its epoch."""
    return dict(sorted(db.fetch("renew_lanes", (ttl, owner))))


def release(db: Database, owner: int) -> None:
    """Gives every lane back at once: whoever looks next may take them."""
    released = [lane for (lane,) in db.fetch("release_lanes", (owner,))]
    if released:
        db.fetch("ready_at_leave", (released,))
