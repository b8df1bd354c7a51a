"""Keys of the storefront: publishable ones for pages, secret ones for the shop's own servers. Kept as digests.

What is random for 178 bits needs no slow hash. The last six characters are a checksum, so that a scanner for leaked
secrets, and we, know a key from what looks like one without asking anybody (as GitHub's tokens do it).
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.store import Store

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM, SUM, SHOWN = 30, 6, 11
ORIGIN: Final = re.compile(r"https://[a-z0-9][a-z0-9.-]*(:[1-9][0-9]{0,4})?|http://(127\.0\.0\.1|localhost)(:[0-9]+)?")
USUAL: Final = {"https": "443", "http": "80"}
_KEY: Final = re.compile(rf"(pk|sk)_[0-9A-Za-z]{{{RANDOM + SUM}}}")


class Scope(StrEnum):
    """What a key may. The strings are stored: add, never rename."""

    CATALOG = "catalog"
    CARTS = "carts"
    CHECKOUT = "checkout"
    ORDERS = "orders"
    CANCEL = "cancel"
    RETURNS = "returns"
    HOUSEHOLDS = "households"
    """What they allow, and their pets; of a publishable key only the one whose pass comes with the request."""


SHOPPER: Final = frozenset(Scope)
"""What a publishable key may: everything, and of carts and orders only those whose token comes with the request."""


class ApiKey(NamedTuple):
    """A key that is live. `id` is its beginning, which may be shown."""

    id: str
    shop: str
    scopes: frozenset[Scope]
    origins: frozenset[str]

    @property
    def secret(self) -> bool:
        """Whether it is the shop's own, and no shopper has it."""
        return self.id.startswith("sk_")


def made(secret: bool) -> str:
    """A new key. Whoever makes it sees it now, and nobody later."""
    body = "".join(secrets.choice(DIGITS) for _ in range(RANDOM))
    return f"{'sk' if secret else 'pk'}_{body}{_sum(body)}"


def digest(key: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(key.encode()).digest()


def well_formed(key: str) -> bool:
    """Whether it may be one: nobody is asked about what is not."""
    return _KEY.fullmatch(key) is not None and key[-SUM:] == _sum(key[3:-SUM])


def _sum(body: str) -> str:
    left, said = zlib.crc32(body.encode()), ""
    for _ in range(SUM):
        left, digit = divmod(left, len(DIGITS))
        said = DIGITS[digit] + said
    return said


def check(*, secret: bool, scopes: Iterable[str], origins: Sequence[str]) -> tuple[list[Scope], list[str]]:
    """The key's scopes and origins. Raises ValueError with a sentence that says what to do."""
    known = {str(one) for one in Scope}
    if unknown := sorted(set(scopes) - known):
        raise ValueError(f"there is no scope {unknown[0]!r}: {', '.join(sorted(known))}")
    if secret and origins:
        raise ValueError("a secret key is for servers and has no origins: leave --origin out, or --secret")
    if secret and not scopes:
        raise ValueError(f"say what it may with --scope: {', '.join(sorted(known))}")
    if not secret and scopes:
        raise ValueError("a publishable key may what a shopper may: leave --scope out, or make a --secret one")
    if not secret and not origins:
        raise ValueError("name the pages that use it with --origin, such as https://pets.example")
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin: https:// and a host in lower case, and nothing behind it")
        if origin.endswith((":80", ":443")) and USUAL[origin.partition(":")[0]] == origin.rpartition(":")[2]:
            raise ValueError(f"{origin!r}: no browser names the usual port; leave it out")
    return sorted(map(Scope, scopes)), sorted(set(origins))


class ApiKeys:
    """The live keys of all shops, as of the last `read`. A revoked one is of no use a moment later."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._live: dict[bytes, ApiKey] = {}
        self._ids: set[tuple[str, str]] = set()
        self.origins: frozenset[str] = frozenset()

    async def read(self) -> None:
        """Takes note of what was made and revoked, here or by another process."""
        live: dict[bytes, ApiKey] = {}
        for id_, shop, known, _, scopes, origins, _, _, revoked in await self._store.fetch("api_keys"):
            if revoked is None:
                said = SHOPPER if id_.startswith("pk_") else scopes.split()  # a newer version may know more
                may = frozenset(scope for scope in Scope if scope in said)
                live[bytes(known)] = ApiKey(id_, shop, may, frozenset(origins.split()))
        self._live, self._ids = live, {(key.shop, key.id) for key in live.values()}
        self.origins = frozenset(origin for key in live.values() for origin in key.origins)

    def secret(self, shop: str) -> list[str]:
        """Ids of the shop's secret keys that are live."""
        return [id_ for where, id_ in self._ids if where == shop and id_.startswith("sk_")]

    def lives(self, key: ApiKey) -> bool:
        """Whether one that was found is of use still."""
        return (key.shop, key.id) in self._ids

    def find(self, key: str) -> ApiKey | None:
        """The key, if it is live. By its digest: how long that takes tells nothing of any other one."""
        return self._live.get(digest(key)) if well_formed(key) else None
