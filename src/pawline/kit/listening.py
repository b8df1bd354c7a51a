"""What an account that plays Listener is told of."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

PATIENCE = timedelta(days=5)
"""As long as Svix has it before it disables an endpoint (docs.svix.com/retries)."""


class Listening(NamedTuple):
    """`events` are what may leave: public names (`order.placed@1`) or a noun with all that is told of it (`order.*`).

    Of those in `whole`, by their exact names, the whole body leaves, of all others their ids. An event that is not
    taken for so long as `patience`, while nothing else is, shuts the account.
    """

    events: tuple[str, ...]
    whole: tuple[str, ...] = ()
    patience: timedelta = PATIENCE
