"""What somebody who listens needs to be told of, and where."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from pawline.kit import Listening, Secret, standard_key


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where what happens is told, to whom, and of what.

    `url` is where: https, no query. Where the address itself is a secret it is `secret_url` instead. `secrets` sign
    what is told, each a Standard Webhooks secret (`whsec_…`): two while one is changed. `events` are what leaves and
    `whole` those whose whole body does, see `Listening`. `token` is sent as a bearer's, for a gateway that wants one.
    `patience_days` is for how long a receiver that takes nothing is tried.

    Raises ValueError where one of them cannot be.
    """

    url: str = ""
    secret_url: Secret | None = None
    secrets: tuple[Secret, ...]
    events: tuple[str, ...]
    whole: tuple[str, ...] = ()
    token: Secret | None = None
    patience_days: float = 5.0

    def __post_init__(self) -> None:
        if bool(self.url) == (self.secret_url is not None):
            raise ValueError("either `url` or `secret_url` says where it is told: give one of them")
        if not self.secrets:
            raise ValueError("`secrets` is empty: what is not signed could be anybody's")
        try:
            for one in self.secrets:
                standard_key(one.reveal())
        except ValueError:
            raise ValueError(
                "a secret of `secrets` is no Standard Webhooks secret: `whsec_` and base64 of 24 to 64 random bytes"
            ) from None
        if not self.events:
            raise ValueError("`events` is empty: name what is told, such as order.placed@1")
        if not 0 < self.patience_days <= 30:
            raise ValueError("`patience_days` is above 0 and at most 30")

    @property
    def address(self) -> str:
        """Where, whichever setting says it."""
        return self.url if self.secret_url is None else self.secret_url.reveal()


def listening(settings: Settings) -> Listening:
    """What the account is told of."""
    return Listening(settings.events, settings.whole, timedelta(days=settings.patience_days))
