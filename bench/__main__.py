"""`python -m bench [NAME…]`: measures, prints a line for each check, and keeps each in `bench/results/NAME.json`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import (
    backfilling,
    buying,
    clients,
    database,
    dying,
    ears,
    files,
    flooding,
    isolating,
    lab,
    late_stock,
    machine,
    near,
    promises,
    quoting,
    race,
    selling,
    speed,
    xraying,
)
from bench.line import SCRATCH
from bench.registry import Check, Options, Result, Skipped, keep, result, tell

CHECKS: dict[str, Check] = {
    one.name: one
    for part in (
        speed, promises, clients, near, ears, buying, selling, isolating, dying, quoting, backfilling, late_stock,
        files, database, flooding, lab, xraying,
    ) for one in part.CHECKS
}  # fmt: skip


def races(checks: list[Check], options: Options) -> list[Result]:
    """All that compare contenders share their rounds; one whose contender is missing is skipped."""
    found, wanted = list[Result](), list[Check]()
    names: dict[str, None] = {}
    for check in checks:
        try:
            for name in check.contenders:
                race.command(name, options)
        except Skipped as reason:
            found.append(result(check, options, None, {}, load=[machine.load()], skipped=str(reason)))
        else:
            wanted.append(check)
            names.update(dict.fromkeys(check.contenders))
    if wanted:
        stolen = machine.Stolen()
        rounds = race.run(list(names), options)
        share = stolen.share()
        load = [line["load_before"] for lines in rounds for line in lines.values()]
        for check in wanted:
            assert check.judge is not None
            value, detail = check.judge(rounds)
            found.append(result(check, options, value, detail, load=[min(load), max(load)], stolen=share))
    return found


def alone(check: Check, options: Options) -> Result:
    """A check with work of its own."""
    assert check.work is not None
    before, stolen = machine.load(), machine.Stolen()
    try:
        value, detail = check.work(options)
    except Skipped as reason:
        return result(check, options, None, {}, load=[before], skipped=str(reason))
    return result(check, options, value, detail, load=[before, machine.load()], stolen=stolen.share())


def main() -> int:
    """Zero where every bar held, or could not be measured here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, if none is given")
    parser.add_argument("--list", action="store_true", help="name the checks and their bars")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full numbers (a million sleepers …)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds of rest before each contender")
    parser.add_argument("--dir", type=Path, default=SCRATCH, help="where stores go: a real disk")
    given = parser.parse_args()
    if given.list:
        for check in CHECKS.values():
            print(f"{check.name:24} {check.bar!s:14} {check.about}")
        return 0
    if unknown := [name for name in given.names if name not in CHECKS]:
        parser.error(f"there is no check {unknown[0]}; --list names them")
    options = Options(given.scale, given.rounds, given.dir.resolve(), given.pause)
    wanted = [CHECKS[name] for name in given.names or CHECKS]
    misses = 0
    for found in races([check for check in wanted if check.contenders], options):
        keep(found)
        tell(found)
        misses += found.holds is False
    for check in wanted:
        if not check.contenders:
            found = alone(check, options)
            keep(found)
            tell(found)
            misses += found.holds is False
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
