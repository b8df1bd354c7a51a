"""History of WooCommerce's: all orders since a day, fetched page by page, broken off on the way and gone on with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.woocommerce.past import PAST
from pawline.sandbox.woocommerce.calls import Listed
from tests.unit.connectors.fetching import broken_off, fetched, killed_while_it_wrote, told_of
from tests.unit.connectors.woocommerce_scene import Scene, back, run

DAY = timedelta(days=1)


def shop(here: Scene) -> list[str]:
    """A hundred and ten orders of as many days; the names of what is to be told."""
    names = []
    for number in range(110):
        name = here.place(at=(datetime.now(UTC) - (300 - number) * DAY).isoformat())
        names += [f"order.placed/{name}", f"order.paid/{name}"]
    return names


def test_each_order_is_told_as_what_happened_to_it_and_one_that_is_bad_is_set_aside(tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        names, file = shop(here), tmp_path / "x"
        first = here.shop.order(names[0].partition("/")[2])
        order = await first
        await here.step(here.shop.refund(order.id, back(order, 100), ()))
        strange = here.place(status="awaiting-vet", at=(datetime.now(UTC) - DAY).isoformat())
        said = await fetched(PAST, here, file)
        assert len(said) == 3
        found, bad, offsets = await told_of(PAST, here, file)
        assert list(dict.fromkeys(found)) == [*names[:2], "refund.issued/r1", *names[2:]]
        assert len(found) == len(set(found)) + 2 * 2  # the last one of a page begins the next one
        assert bad == [f"answer {strange}"]
        assert (await told_of(PAST, here, file, offsets[-2]))[1] == bad
        assert list(dict.fromkeys((await told_of(PAST, here, file, offsets[0]))[0])) == names[2:]

    run(told)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_broken_off_and_killed_it_goes_on_where_it_was(at: int, tmp_path: Path) -> None:
    async def told(here: Scene) -> None:
        names, file = shop(here), tmp_path / "x"
        await broken_off(PAST, here, file, at)
        killed_while_it_wrote(file)
        await fetched(PAST, here, file)
        assert list(dict.fromkeys((await told_of(PAST, here, file))[0])) == names
        assert len(here.api.asked) == 3 + 1

    run(told)


def test_what_woocommerce_cannot_load_ends_no_list(tmp_path: Path) -> None:
    """It is left out of its page, which is one short then, or empty: `array_filter` in `get_objects`."""

    async def told(here: Scene) -> None:
        names, file = shop(here), tmp_path / "x"
        answer, left_out = here.api.answer, {0, 7, *range(50, 101)}
        orders = [int(name.partition("/")[2]) for name in names[::2]]
        gone = {orders[number] for number in left_out}

        def broken(call: Any) -> Any:
            found = answer(call)
            rows = [one for one in found.rows if one["id"] not in gone] if isinstance(found, Listed) else []
            return found._replace(rows=rows) if isinstance(found, Listed) else found

        here.api.answer = broken  # type: ignore[method-assign]
        await fetched(PAST, here, file)
        there = [name for name in names if int(name.partition("/")[2]) not in gone]
        assert list(dict.fromkeys((await told_of(PAST, here, file))[0])) == there

    run(told)
