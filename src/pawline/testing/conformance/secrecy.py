"""What is never seen: an account's secrets, and the personal data of its calls."""

from __future__ import annotations

import msgspec

from pawline.kit import Secret
from pawline.testing.conformance.trying import SECRETS, TOKEN, OnTrial, logged
from pawline.testing.counter import LOOPBACK, json
from pawline.testing.examples import CANARY


class SecrecyPromises(OnTrial):
    """Secrets, and personal data."""

    def test_no_secret_is_seen(self) -> None:
        assert TOKEN in repr(self.settings), "give the connector's token as TOKEN, so that leaks are found"
        settings = self._configured("http://127.0.0.1:1")
        secrets = [value for value in msgspec.structs.astuple(settings) if isinstance(value, Secret)]
        account = self.connector.connect(settings, LOOPBACK)
        seen = " ".join(map(repr, [settings, account, account.http, *account.plays.values(), self.connector]))
        assert not [one for one in secrets if one.reveal() in seen]
        assert not [one for one in SECRETS if one in seen], "a webhook secret is seen"
        assert TOKEN not in seen, "a token that is not a `Secret` is seen"

    def test_personal_data_and_secrets_never_reach_a_log(self) -> None:
        said = f'{{"error": "{CANARY} {TOKEN}"}}'.encode()
        with logged() as lines:
            for status in (200, 422, 500):
                self._all_calls(json(status, said))
        assert not [line for line in lines if CANARY in line or TOKEN in line]
