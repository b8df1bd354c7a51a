"""Stories that once went wrong, each with the defect that it found. A change of the stories makes them others: then
the defect is still held by the thousands beside them."""

import pytest

from tests.simulation.telling import tell

FOUND = {
    10: "a retry that its timer put on the shelf was never written, and the run was stuck",
    24: "the value of `skip`, `answer` and `edit` could not be read: msgspec reads no `Raw | None`",
    0: "`again` with a named fact was taken for its own double, and the loop ended silently",
    48: "a call whose commit was slow left after its settle-by",
    155: "a wait ended before it had looked for what was recorded before it",
    196: "a cancellation was recorded before results that came first, and the journal did not replay",
    309: "an event that was recorded later overtook one whose dispatch had failed",
    311: "a retry sent a step a second time while its first intent was on its way to disk",
    416: "a read that a row brought back was begun twice",
    554: "a decision about one step closed the case of another",
    1248: "an intent was recorded for a step that had been cancelled before it was taken up",
    2105: "a short sleep ended early when the clock was put back",
    2591: "a queued run whose key came free in the same commit escaped its cancellation",
    4132: "a cancellation by key was lost with a commit in doubt, and its command was done",
    261: "a wait of a parked run was deleted, and the whole look stumbled over it",
    300: "a command was refused because its run left memory while the command waited for its commit",
    524: "a refusal (429) hid that an attempt before it may have happened",
    19771: "what woke a suspect on its way to its trial was lost",
    184: "a replay that did not fit published what the wrong code said",
}


@pytest.mark.parametrize("seed", FOUND)
def test_a_story_that_went_wrong_is_well(seed: int) -> None:
    told = tell(seed)
    assert not told.wrong, f"{FOUND[seed]}\n{told}"
