"""What can go wrong between the hub and its database, each with what to do about it."""

from __future__ import annotations


class StoreError(Exception):
    """The store could not do what was asked; nothing was half written."""


class Unstorable(StoreError):
    """The database does not take this row, however often it is offered: it is the row's own fault."""


class StaleOwner(StoreError):
    """A lane of this unit belongs to another owner or epoch by now: drop its runs from memory and do not repeat."""


class Conflict(StoreError):
    """A row was not in a state from which this change is allowed: load it again and decide anew."""


class OutOfStock(StoreError):
    """Not all that was to be held is there: nothing was stored. `skus` are those of which there is too little."""

    def __init__(self, skus: tuple[str, ...]) -> None:
        super().__init__(f"out of {', '.join(skus)}")
        self.skus = skus


class StoreBusy(StoreError):
    """The queue to the writer is full: answer 503 with Retry-After, nothing was recorded."""


class StoreFull(StoreError):
    """No space is left on the disk: free some; the hub goes on by itself when there is space again."""


class StoreBroken(StoreError):
    """The disk failed a write or a sync: what was acknowledged is safe, but this process must end and start anew."""


class StoreInUse(StoreError):
    """Another hub holds this file: stop it first, or use its own command line, which talks to it."""


class StoreTooNew(StoreError):
    """A newer version of Pawline wrote this store: upgrade this one, or restore a backup made before the upgrade."""


class StoreUnsure(StoreError):
    """The connection broke while committing: the batch is stored as a whole or not at all. Load again and see."""


class HouseholdErased(StoreError):
    """The key of this household was destroyed `at` (epoch seconds): what it did until then is not kept nor read."""

    def __init__(self, at: float) -> None:
        super().__init__(f"the key of this household was destroyed (erased at {at:.0f})")
        self.at = at


class KeyGone(StoreError):
    """Keys that this unit was made with were destroyed since: make it again without what they had sealed."""

    def __init__(self, numbers: frozenset[int]) -> None:
        super().__init__(f"data keys were destroyed since they were used: {', '.join(map(str, sorted(numbers)))}")
        self.numbers = numbers


class Unreadable(StoreError):
    """Sealed bytes do not open: they were altered, moved to another row, or their key-encryption key is not given."""
