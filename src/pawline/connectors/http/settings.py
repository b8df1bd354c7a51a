"""What an account of any system over HTTP is told."""

from __future__ import annotations

import msgspec

from pawline.connectors.http.calling import Calling, check_header
from pawline.connectors.http.hearing import Hears
from pawline.kit import Secret

NOWHERE = "https://nobody.invalid"
"""The address of an account that calls nobody: no name ends so (RFC 6761)."""


class OAuth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Client credentials (RFC 6749, 4.4): where a token is had, for whom; `scope` and `audience` if it wants them."""

    url: str
    client: str
    secret: Secret
    scope: str = ""
    audience: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One system: `url` is where it is called, `hears` what is believed from it, `calls` what it may be asked to do.

    Where the address itself is a secret it is `secret_url`. We are known by `token` (a bearer's), `user` and
    `password`, `header` and `header_secret`, or `oauth`: by one of them, or by nothing.

    Raises ValueError where one of them cannot be.
    """

    url: str = ""
    secret_url: Secret | None = None
    token: Secret | None = None
    user: str = ""
    password: Secret | None = None
    header: str = ""
    header_secret: Secret | None = None
    oauth: OAuth | None = None
    hears: Hears | None = None
    calls: Calling | None = None

    def __post_init__(self) -> None:
        if self.hears is None and self.calls is None:
            raise ValueError("neither `hears` nor `calls`: say what it tells, or what it is asked")
        if self.calls is not None and bool(self.url) == (self.secret_url is not None):
            raise ValueError("`calls` needs an address, by `url` or by `secret_url`: give one of them")
        if self.calls is None and (self.url or self.secret_url is not None):
            raise ValueError("an address is of `calls`: leave it out, or say what may be asked there")
        if bool(self.user) != (self.password is not None) or ":" in self.user:
            raise ValueError("`user` and `password` go together, and a user has no colon")
        if bool(self.header) != (self.header_secret is not None):
            raise ValueError("`header` and `header_secret` go together")
        ways = [self.token is not None, bool(self.user), bool(self.header), self.oauth is not None]
        if sum(ways) > 1 or (any(ways) and self.calls is None):
            raise ValueError("we are known by one of `token`, `user`, `header` and `oauth`, and only where we call")
        if self.header:
            check_header("`header`", self.header)
        headers = [one.lower() for one in (self.header, *self._of_calls()) if one]
        if len(set(headers)) != len(headers):
            raise ValueError(
                "`header`, `calls.key_header` and those of `calls.signs.own` are headers of their own each"
            )

    def _of_calls(self) -> tuple[str, ...]:
        calls = self.calls
        if calls is None:
            return ()
        own = None if calls.signs is None else calls.signs.own
        return (calls.key_header, *(() if own is None else (own.header, own.time)))

    @property
    def address(self) -> str:
        """Where it is called."""
        return (self.url if self.secret_url is None else self.secret_url.reveal()) or NOWHERE
