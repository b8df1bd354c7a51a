"""What holds for lists that come in pages: they are read to their end, and they end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import unquote_plus

from pawline.kit import Page, pages
from pawline.ports import Attempt, Malformed, attempting, port_methods
from pawline.testing.conformance.trying import KEY, OnTrial
from pawline.testing.counter import Counter, Request, counter, json
from pawline.testing.examples import example

PATIENCE: Final = 10.0
"""Seconds in which a list of a few pages has ended."""
ROUNDS: Final = 8
"""So often a vendor tells its last page again; then it hangs up, for whoever goes on by itself would go on for ever."""


class PagingPromises(OnTrial):
    """Pages: of each read with `after`, the vendor's answers, two at least, the last of them without a next page.

    `vendor_pages` has them by the read's name (`Shop.changed_since`): bodies, or whole answers where headers matter.
    """

    vendor_pages: ClassVar[Mapping[str, Sequence[bytes]]] = {}

    def test_every_list_in_pages_is_tried(self) -> None:
        paged = sorted(name for name, _ in self._paged(None))
        assert sorted(self.vendor_pages) == paged, f"`vendor_pages` has the vendor's answers to {', '.join(paged)}"
        for name, answers in self.vendor_pages.items():
            assert len(set(answers)) == len(answers) >= 2, f"{name}: two different pages at least"

    def test_a_list_is_read_to_its_end(self) -> None:
        for name, answers in self.vendor_pages.items():
            read, heard, problem = self._walked(name, answers)
            assert problem is None, f"{name}: {problem!r}"
            assert len(read) == len(heard) == len(answers), f"{name}: of {len(answers)} pages it read {len(heard)}"
            for page, request in zip(read, heard[1:], strict=False):
                asked = f"{unquote_plus(request.target)} {request.body.decode('utf-8', 'replace')}"
                assert str(page.after) in asked, f"{name}: the page after {page.after} is not asked for by its cursor"

    def test_a_list_that_names_a_cursor_again_ends(self) -> None:
        for name, answers in self.vendor_pages.items():
            _, heard, problem = self._walked(name, answers[:1])
            assert isinstance(problem, Malformed), f"{name}: its vendor went round in circles, and it said {problem!r}"
            assert len(heard) == 2, f"{name}: it was asked {len(heard)} times before that was seen"

    def _paged(self, account: Any) -> list[tuple[str, Callable[[str | None], Any]]]:  # noqa: ANN401 - Connected or None
        """Reads that take `after` as their last argument, by name; without an account, only the names matter."""
        found: list[tuple[str, Callable[[str | None], Any]]] = []
        for port in self.connector.offers:
            for name, method in port_methods(port).items():
                kinds = dict(method.parameters)
                if method.is_read and kinds.pop("after", None) is not None:
                    given = {one: example(kind, self.examples) for one, kind in kinds.items()}
                    read = _nobody if account is None else getattr(account.plays[port], name)
                    found.append((f"{port.__name__}.{name}", partial(_page, read, given)))
        return found

    def _walked(self, name: str, answers: Sequence[bytes]) -> tuple[list[Page[Any]], list[Request], Exception | None]:
        """The pages that were read, what the vendor heard (the last answer stands for all later ones), and the end."""

        async def run() -> tuple[list[Page[Any]], list[Request], Exception | None]:
            read: list[Page[Any]] = []
            problem: Exception | None = None
            async with counter(Counter(), PATIENCE * 2) as counted:
                whole = [one if one.startswith(b"HTTP/") else json(200, one) for one in answers]
                counted.says(*whole, *whole[-1:] * ROUNDS, None)
                account = self._connect(f"http://127.0.0.1:{counted.port}")
                until = datetime.now(UTC) + timedelta(seconds=PATIENCE)
                try:
                    with attempting(Attempt(KEY, 1, until, "shop", f"{self.connector.name}/test")):
                        async for page in pages(dict(self._paged(account))[name]):
                            read.append(page)  # noqa: PERF401 - what was read before it broke counts
                except Exception as wrong:  # noqa: BLE001 - told by the promise
                    problem = wrong
                await account.http.close()
            return read, counted.heard, problem

        return asyncio.run(run())


async def _nobody(**_: object) -> Any:  # noqa: ANN401 - never called
    raise AssertionError


async def _page(read: Callable[..., Any], given: Mapping[str, object], after: str | None) -> Page[Any]:
    """A port's page as the kit's: `after` is all that matters of it."""
    page = await read(**given, after=after)
    return Page((page,), page.after)
