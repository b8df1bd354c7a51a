"""What a note says that answers a case."""

from __future__ import annotations

import pytest

from pawline.ports import choice_of


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("#pawline 2", 2), ("#pawline 2 because", 2), ("\n  #pawline\t12, well", 12), ("#pawline 99.", 99),
        ("", None), ("#pawline", None), ("#pawline 0", None), ("#pawline 02", None), ("#pawline 100", None),
        ("#pawline -1", None), ("#pawline\n2", None), ("#pawline2", None), ("#Pawline 2", None), ("> #pawline 2", None),
        ("yes #pawline 2", None), ("#pawline \uff12", None),
    ],
)  # fmt: skip
def test_only_a_number_at_the_very_beginning_is_an_answer(text: str, choice: int | None) -> None:
    assert choice_of(text) == choice
