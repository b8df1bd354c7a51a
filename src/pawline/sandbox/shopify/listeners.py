"""Who is told of what happens, and who is asked for rates."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Listener:
    """A webhook subscription; `failed` counts its failures in a row."""

    id: int
    topic: str
    uri: str
    at: float
    fields: list[str] = field(default_factory=list)
    filter: str | None = None
    name: str | None = None
    failed: int = 0


@dataclass(kw_only=True)
class Carrier:
    """A carrier service, asked for rates at `uri` while it is active. Who is not `ours` may not change it."""

    id: int
    name: str
    uri: str
    active: bool
    discovery: bool
    ours: bool = True
