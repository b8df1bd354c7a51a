"""What an account may be asked to do, and what its owner declares about it: where, how signed, and how settled."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final, Literal
from urllib.parse import unquote

import msgspec

from pawline.kit import OwnScheme, Secret, standard_key
from pawline.kit.own import NAME, keyed
from pawline.ports import EffectKind, Operation, Settle

REFERENCE: Final = "{reference}"
"""In the path of a look-up: what the call is called."""
ANY: Final = "*"
"""In a path: any one segment."""
LONGEST_LIFE: Final = 24 * 366.0
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~@:+=,-]{1,100}")
_OURS: Final = frozenset({
    "authorization", "content-type", "content-length", "host", "connection", "transfer-encoding", "cookie", "expect",
    "webhook-id", "webhook-timestamp", "webhook-signature", "te", "upgrade", "trailer",
})  # fmt: skip
"""Headers that no setting may name: somebody else writes them."""


class Signs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How our calls are signed: by Standard Webhooks, whose id is the step's key, or as its `own` scheme says."""

    secrets: tuple[Secret, ...]
    own: OwnScheme | None = None

    def __post_init__(self) -> None:
        if not self.secrets or (self.own is not None and len(self.secrets) != 1):
            raise ValueError("`secrets` sign: one, or by Standard Webhooks two while one is changed for another")
        key = standard_key if self.own is None else keyed(self.own.key)
        try:
            for one in self.secrets:
                key(one.reveal())
        except ValueError:
            raise ValueError(
                "a secret of `signs.secrets` makes no key: it is `whsec_` and base64 of 24 to 64 random bytes, or as"
                " `own.key` says"
            ) from None
        if self.own is not None:
            check_header("`signs.own.header`", self.own.header)
            check_header("`signs.own.time`", self.own.time or "x-free")


class Calling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What flows may ask of it.

    `paths` are those of effects and `reads` those of reads, below the account's address, `*` for any one segment; an
    empty text is the address itself. `query` names the parameters that a flow may give. `settle` is what is done when
    nobody knows whether a call took effect, and `because` where the system's owner says that it is so.
    """

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    paths: tuple[str, ...] = ("",)
    reads: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    settle: Literal["ask", "key", "look_up", "repeat"] = "ask"
    because: str = ""
    key_header: str = ""
    key_hours: float | None = None
    in_progress: int = 409
    look_up: str = ""
    seen_after_seconds: float = 1.0
    counts_as: EffectKind | None = None
    reply: Literal["json", "none"] = "json"
    timeout_seconds: float = 10.0
    well: str | None = None
    signs: Signs | None = None

    def __post_init__(self) -> None:
        for name, paths in {"paths": self.paths, "reads": self.reads}.items():
            for one in paths:
                _check_path(f"`calls.{name}`", one)
        if self.well is not None:
            _check_path("`calls.well`", self.well, any_part=False)
        if not 1 <= self.timeout_seconds <= 60:
            raise ValueError("`calls.timeout_seconds` is 1 to 60")
        self._check_settling()

    def _check_settling(self) -> None:
        if (self.settle == "ask") == bool(self.because.strip()):
            raise ValueError(
                f"`calls.because`: say who promises that a call may be settled by {self.settle}, and where"
                if self.settle != "ask"
                else "`calls.because` is of a `settle`: without one a person is asked"
            )
        if (self.settle == "key") != bool(self.key_header) or bool(self.key_header) != (self.key_hours is not None):
            raise ValueError(
                'by `settle = "key"`, and only by it, `calls.key_header` names the header of the key, and'
                " `calls.key_hours` for how long the system knows a key: both are in its documentation"
            )
        if self.key_header:
            check_header("`calls.key_header`", self.key_header)
        if self.in_progress and not 400 <= self.in_progress <= 599:
            raise ValueError("`calls.in_progress` is a status of 400 to 599, or 0")
        least = 2 * (self.timeout_seconds + self.seen_after_seconds) / 3_600
        if self.key_hours is not None and not least <= self.key_hours <= LONGEST_LIFE:
            raise ValueError("`calls.key_hours` is longer than two time-outs, and at most a year")
        self._check_look_up()

    def _check_look_up(self) -> None:
        if not 1 <= self.seen_after_seconds <= 3_600 or (self.seen_after_seconds != 1 and not self.look_up):
            raise ValueError("`calls.seen_after_seconds` is of a `look_up`, and 1 to 3600")
        if self.settle == "look_up" and not self.look_up:
            raise ValueError('by `settle = "look_up"` `calls.look_up` is the path to ask, with {reference} in it')
        if self.look_up and self.settle not in ("key", "look_up"):
            raise ValueError(
                f'`calls.look_up` is never asked by `settle = "{self.settle}"`: leave it out, or say look_up'
            )
        if self.look_up:
            parts = self.look_up.split("/")
            if parts.count(REFERENCE) != 1:
                raise ValueError(
                    "`calls.look_up`: one of its segments is {reference}, such as bookings/by-key/{reference}"
                )
            # errors tell the first part, and a reference may be of a person
            if parts[0] == REFERENCE:
                raise ValueError("`calls.look_up`: its first part is a word: leave the end of `url` to it")
            filled = "/".join("x" if one == REFERENCE else one for one in parts)
            _check_path("`calls.look_up`", filled, any_part=False)

    @property
    def operation(self) -> Operation:
        """As declared."""
        timeout, margin = timedelta(seconds=self.timeout_seconds + 0.5), timedelta(seconds=self.seen_after_seconds)
        find = "find" if self.look_up else None
        if self.settle == "key" and self.key_hours is not None:
            after = Settle.LOOK_UP if find else Settle.ASK
            life = timedelta(hours=self.key_hours)
            return Operation(
                settle=Settle.KEY,
                key_life=life,
                after_key_life=after,
                look_up=find,
                kind=self.counts_as,
                timeout=timeout,
                margin=margin,
            )
        return Operation(settle=Settle(self.settle), look_up=find, kind=self.counts_as, timeout=timeout, margin=margin)


def check_header(what: str, name: str) -> None:
    """Raises ValueError for a header that is none, or that is not the settings' to name."""
    if not NAME.fullmatch(name) or name.lower() in _OURS:
        raise ValueError(f"{what} is {name[:40]!r}: give a header's name of its own, such as Idempotency-Key")


def _check_path(what: str, path: str, *, any_part: bool = True) -> None:
    parts = path.split("/") if path else []
    if not any_part and ANY in parts:
        raise ValueError(f"{what}: {path[:60]!r} is asked as it stands: * is of `paths` and `reads`")
    if any(one in (".", "..") or (one != ANY and not _SEGMENT.fullmatch(one)) for one in parts) or parts[:1] == [ANY]:
        raise ValueError(
            f"{what}: {path[:60]!r} is no path below the address, such as bookings or bookings/*/notes: the first part"
            " is a word, and * is any one part"
        )


def allowed(paths: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether a path is one of those."""
    for one in paths:
        parts = one.split("/") if one else []
        if len(parts) == len(path) and all(want in (ANY, got) for want, got in zip(parts, path, strict=True)):
            return all(map(is_segment, path))
    return False


def is_segment(text: str) -> bool:
    """Whether it is one part of a path, however a server in between may read it: quoted, or with parameters."""
    plain = unquote(text)
    if plain != text and not is_segment(plain):
        return False
    return text.partition(";")[0] not in ("", ".", "..") and not any(
        one in "/\\" or ord(one) < 32 or ord(one) == 127 for one in text
    )
