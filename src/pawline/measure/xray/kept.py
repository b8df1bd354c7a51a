"""The baseline of an X-ray: what is kept of it, and how it is read again, by advice now and by what is measured later.

Append fields with defaults, never rename one; what means something else than before is another version.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pawline.measure.xray.judging import Settings
from pawline.measure.xray.kinds import KINDS
from pawline.measure.xray.report import Hands, Misfit, Report, Spread, Taken

VERSION: Final = 2
"""1 had neither misfits nor settings nor sources."""
END: Final = 253_402_300_800
"""The year 10,000, which no date has."""
BIGGEST: Final = 1 << 20
"""Bytes: a baseline has some thousands."""


class WrongBaseline(ValueError):
    """This is no baseline that can be read; the text says what to do."""


class KeptKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind. `per_1000` is found of a thousand that were looked at; None where none was.

    `misfits` are groups that were not counted, as two files did not fit; None where its version does not say.
    """

    found: int | None
    judged: int
    young: int
    unsure: int
    per_1000: float | None
    amounts: dict[str, int]
    misfits: tuple[Misfit, ...] | None = None
    nameless: int = 0


class KeptSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How it was looked. `as_of` is the moment that was said of all files, if one was."""

    days: int
    zone: str
    times_in: str
    as_of: int | None


class KeptSource(msgspec.Struct, frozen=True, kw_only=True):
    """One file: how many of its rows were read, and from when to when it was taken to tell of everything."""

    kind: str
    file: str
    rows: int
    bad: int
    nameless: int
    unmatched: int
    since: int | None
    until: int | None
    latest: int | None
    early: bool


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The figures alone: no rows, and nobody's data. Moments are seconds since 1970.

    `settings` and `sources` are None where its version does not say.
    """

    version: int
    since: int
    until: int
    orders: int
    late_erp_seconds: int
    late_label_seconds: int
    kinds: dict[str, KeptKind]
    to_label: Spread | None = None
    hands: Hands | None = None
    settings: KeptSettings | None = None
    sources: tuple[KeptSource, ...] | None = None
    absent: tuple[str, ...] = ()

    @property
    def days(self) -> float:
        """That were looked at."""
        return (self.until - self.since) / 86_400

    def titles(self) -> dict[str, str]:
        """What people call its kinds."""
        return {one.key: one.title for one in KINDS if one.key in self.kinds}


def baseline(report: Report, settings: Settings) -> Baseline:
    """What is kept of a report."""
    return Baseline(
        version=VERSION, since=report.since, until=report.until, orders=report.orders,
        late_erp_seconds=report.late_erp, late_label_seconds=report.late_label,
        kinds={
            one.key: KeptKind(
                found=one.found, judged=one.judged, young=one.young, unsure=one.unsure, misfits=one.misfits,
                per_1000=round(1000 * one.found / one.judged, 3) if one.found is not None and one.judged else None,
                amounts={amount.currency: amount.minor for amount in one.amounts}, nameless=one.nameless,
            )
            for one in report.figures
        },
        to_label=report.to_label, hands=report.hands,
        settings=KeptSettings(
            days=settings.days, zone=settings.zone, times_in=settings.times_in, as_of=settings.until
        ),
        sources=tuple(map(_source, report.sources)), absent=report.absent,
    )  # fmt: skip


def _source(one: Taken) -> KeptSource:
    return KeptSource(**{name: getattr(one, name) for name in KeptSource.__struct_fields__})


def read_baseline(text: bytes) -> Baseline:
    """This version's, or an older one. Raises WrongBaseline."""
    if len(text) > BIGGEST:
        raise WrongBaseline("it is longer than 1 MB: no baseline is")
    try:
        found: Any = msgspec.json.decode(text)
        version = found.get("version") if isinstance(found, dict) else None
        if type(version) is not int:
            raise WrongBaseline("it is no baseline: `pawline xray` writes one, as baseline.json")
        if not 1 <= version <= VERSION:
            raise WrongBaseline(f"it is of version {version}, and this Pawline reads 1 to {VERSION}: upgrade it")
        made = msgspec.convert(found, Baseline)
    except msgspec.ValidationError as problem:
        raise WrongBaseline(f"{problem}: make it anew with `pawline xray`") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise WrongBaseline("it is no JSON: `pawline xray` writes a baseline.json") from None
    if not 0 <= made.since < made.until < END:
        raise WrongBaseline("its `since` and `until` are no span of time: make it anew with `pawline xray`")
    return made
