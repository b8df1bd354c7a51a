"""A table in the role of Tax."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from pawline.connectors.taxtable.books import credited, recorded, refused
from pawline.connectors.taxtable.settings import Settings
from pawline.connectors.taxtable.table import MOST, Table, read, reckoned
from pawline.kit import Folder, safe_name
from pawline.model import Order, OrderId, Refund
from pawline.ports import Code, LineTaxes, Operation, Receipt, Rejected, Settle, TaxRequest


class TaxTable:
    """See `Tax`. A table that cannot be read any more is none: nobody is told taxes of yesterday."""

    OPERATIONS: ClassVar = {name: Operation(settle=Settle.REPEAT) for name in ("record", "credit")}
    """The same file once more."""

    def __init__(self, files: Folder, settings: Settings) -> None:
        self._files, self._settings = files, settings
        self._table: Table | None = None
        self._data = b""
        self._read = float("-inf")
        self._reads = asyncio.Lock()

    async def quote(self, request: TaxRequest) -> tuple[LineTaxes, ...]:
        if any(line.amount.minor < 0 for line in request.lines):
            raise Rejected("an amount is negative: a credit has the taxes of its order", Code.INVALID)
        return reckoned(await self._now(), request)

    async def record(self, order: Order) -> Receipt:
        name = f"{safe_name(order.id)}.csv"
        await self._files.drop(recorded(order), self._settings.books, name)
        return Receipt(reference=name)

    async def credit(self, order: OrderId, refund: Refund) -> Receipt:
        name = f"{safe_name(f'{order}/{refund.id}')}.csv"
        await self._files.drop(credited(order, refund), self._settings.books, name)
        return Receipt(reference=name)

    async def _now(self) -> Table:
        async with self._reads:  # whoever asks meanwhile does not read it, too
            now = time.monotonic()
            if self._table is None or now - self._read >= self._settings.every:
                part = await self._files.part(0, MOST + 1, self._settings.table)
                if self._table is None or part.data != self._data:
                    self._table = None
                    self._table = await self._parsed(part.data)
                    self._data = part.data
                self._read = now
            return self._table

    async def _parsed(self, data: bytes) -> Table:
        """Beside the pages: a long one takes a second."""
        try:
            return await asyncio.to_thread(read, data)
        except ValueError as problem:
            raise refused(self._settings.table, problem) from None
