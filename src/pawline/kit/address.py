"""Where a call goes: an account's base, path segments that are quoted, and what stands behind the `?`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from yarl import URL

from pawline.kit.secret import Secret
from pawline.ports import Code, Malformed

Query = Mapping[str, str] | Sequence[tuple[str, str]]
"""Parameters behind the `?`; as pairs, where one name may come more than once."""
_ADDRESS: Final = re.compile(r"[!-~]+")


class Address:
    """An account's. A path's segments are quoted, whatever they hold; without any it is the base, exactly as given.

    `standing` are parameters of every call; those that are secrets are revealed where a call leaves, and are in no
    `repr`, text or error before that.

    Raises ValueError for a base that is no address with a host and a path at most.
    """

    def __init__(self, base: str, standing: Mapping[str, str | Secret] | None = None) -> None:
        self._whole: Final = _checked(base)
        self._base: Final = self._whole.rstrip("/")
        self._standing: Final = dict(standing or {})
        secrets = [one.reveal() for one in self._standing.values() if isinstance(one, Secret) and one.reveal()]
        spelt = {word for one in secrets for word in (one, quote(one, safe=""), quote_plus(one))}
        self._hidden: Final = [word.encode() for word in sorted(spelt, key=len, reverse=True)]
        parts = urlsplit(self._base)
        self.host: Final = parts.hostname
        self.plain: Final = parts.scheme == "http"

    def hiding(self, body: bytes) -> bytes:
        """An answer without the secrets: a page that says where else to look repeats the address."""
        for word in self._hidden:
            body = body.replace(word, b"***")
        return body

    def at(self, path: tuple[str, ...], query: Query | None) -> URL:
        """Of a call. Raises Malformed for what is no text, and for a segment that leads elsewhere."""
        pairs = [(name, revealed(value)) for name, value in self._standing.items()]
        pairs += query.items() if isinstance(query, Mapping) else query or ()
        try:
            url = self._base + "/" + "/".join(map(_segment, path)) if path else self._whole
            return URL(url + "?" + urlencode(pairs) if pairs else url, encoded=True)
        except ValueError:  # half of a surrogate pair: no text at all
            pass
        raise Malformed("a path or a query holds what is no text", Code.BAD_REQUEST)


def revealed(value: str | Secret) -> str:
    """As it is sent."""
    return value.reveal() if isinstance(value, Secret) else value


def _checked(base: str) -> str:
    what = "an account's address begins with https:// and a host, and ends with a path at most"
    if not _ADDRESS.fullmatch(base) or set(base) & set("?#\\"):
        raise ValueError(f"{what}: no blanks, no ? and no #")
    parts = urlsplit(base)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError(what)
    if parts.username is not None or parts.password is not None:
        raise ValueError("an account's address holds no user and no password: they are settings of their own")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"{what}; its port is 1 to 65535")
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _segment(text: str) -> str:
    if text in {"", ".", ".."}:
        raise Malformed("a path holds a segment that is empty or leads elsewhere", Code.BAD_REQUEST)
    return quote(text, safe="")
