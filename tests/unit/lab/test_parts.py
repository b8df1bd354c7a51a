"""Complexity is counted."""

from __future__ import annotations

from pawline.lab.parts import of_script, of_settings
from pawline.lab.rows import Parts

SCRIPT = '''"""A script."""
TRIES = 3
OTHER = 4
# a comment


class Till:
    """A till."""

    def sell(self) -> None:
        """All of it."""
        for _ in range(TRIES):
            call("payments/authorize", order=1)
            call("payments/capture", order=1)
            rest()


def rest() -> None:
    call("crm/upsert", household=1)


def elsewhere() -> None:
    call("shop/order", order=1)
'''


def test_a_script_is_what_its_checkout_comes_to() -> None:
    assert of_script(SCRIPT, "Till") == Parts(
        processes=1, stores=0, systems=2, flows=0, settings=1, code_lines=9
    )  # fmt: skip


def test_a_hub_is_its_settings() -> None:
    text = 'shops = ["a"]\nflows = ["f", "g"]\n[[accounts]]\nname = "x"\n[accounts.settings]\nurl = "u"\n'
    assert of_settings(text, 10, ["zigpoll"]) == Parts(
        processes=1, stores=1, systems=1, flows=2, settings=4, code_lines=0, views=10, tools=("zigpoll",)
    )  # fmt: skip
