"""The runtime's numbers, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawline.ports import EffectKind


@dataclass(frozen=True)
class Caps:
    """The most effects of one kind that a flow may cause in an hour. `by_flow` overrules `default`; absent: no cap."""

    default: Mapping[EffectKind, int] = field(default_factory=dict)
    by_flow: Mapping[tuple[str, EffectKind], int] = field(default_factory=dict)

    def of(self, flow: str, kind: EffectKind) -> int | None:
        """The cap of this flow for this kind of effect, or None."""
        return self.by_flow.get((flow, kind), self.default.get(kind))


@dataclass(frozen=True)
class RuntimeSettings:
    """How the runtime behaves. Defaults suit the shop of 3,000 orders a day; times are seconds."""

    live: int = 2_000
    """Runs in memory at once; more wait as rows."""
    later: float = 10.0
    """Runs that may wait, as renewals may, begin so many a second beside other work: it is hardly slower then."""
    moment: float = 2.0
    """A wait shorter than this stays in memory: replaying it would cost more."""
    look: float = 0.25
    """How often to look for what no hint told of."""
    lease: float = 15.0
    """How long a lane stays ours without renewal."""
    first_retry: float = 0.5
    last_retry: float = 3_600.0
    """Back-off: doubling from the first to the last, with full jitter."""
    read_timeout: float = 15.0
    """A call without effect is given up after so long, and tried again."""
    observed_first: float = 30.0
    observed_last: float = 3_600.0
    observed_within: float = timedelta(days=1).total_seconds()
    """An observed step looks for what the old way did after the first pause, then ever later; then it is missing."""
    give_up: float = timedelta(days=3).total_seconds()
    """A step that was retried for so long becomes a case."""
    most_records: int = 5_000
    most_bytes: int = 4 * 1024 * 1024
    """A longer history parks: use `again`."""
    deaths: int = 3
    """A run in memory at so many deaths without progress is not driven again here."""
    caps: Caps = field(default_factory=Caps)
