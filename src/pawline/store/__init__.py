"""The database: one writer, SQLite or PostgreSQL, sealed bodies."""

from pawline.store.backup import Backup, back_up
from pawline.store.clock import Clock
from pawline.store.datakey import DataKey, Erased
from pawline.store.errors import (
    Conflict,
    HouseholdErased,
    KeyGone,
    OutOfStock,
    StaleOwner,
    StoreBroken,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreInUse,
    StoreTooNew,
    StoreUnsure,
    Unreadable,
    Unstorable,
)  # fmt: skip
from pawline.store.keyring import Keyring
from pawline.store.keys import DataKeys
from pawline.store.notices import Notices
from pawline.store.restoring import RESTORED, Restored, erasures_of, handovers_of, restore, revocations_of
from pawline.store.retention import DEAD, PURGED, Purged, Retention, purge
from pawline.store.rows import (
    ENDED,
    LANES,
    NOBODY_LOOKED,
    Body,
    Busy,
    CaseRow,
    CommandRow,
    EventRow,
    HoldRow,
    JournalRow,
    Look,
    Move,
    NewRun,
    Outcome,
    RunRow,
    Status,
    Unit,
    WaitKind,
    WaitRow,
)  # fmt: skip
from pawline.store.store import Bounds, Store

__all__ = [
    "DEAD", "ENDED", "LANES", "NOBODY_LOOKED", "PURGED", "RESTORED", "Backup", "Body", "Bounds", "Busy", "CaseRow",
    "Clock", "CommandRow", "Conflict", "DataKey", "DataKeys", "Erased", "EventRow", "HoldRow", "HouseholdErased",
    "JournalRow", "KeyGone", "Keyring", "Look", "Move", "NewRun", "Notices", "OutOfStock", "Outcome", "Purged",
    "Restored", "Retention", "RunRow", "StaleOwner", "Status", "Store", "StoreBroken", "StoreBusy", "StoreError",
    "StoreFull", "StoreInUse", "StoreTooNew", "StoreUnsure", "Unit", "Unreadable", "Unstorable", "WaitKind", "WaitRow",
    "back_up", "erasures_of", "handovers_of", "purge", "restore", "revocations_of",
]  # fmt: skip
