"""What makes one effect of a call that is sent again: its key."""

from __future__ import annotations

from pawline.ports import Settle
from pawline.testing.conformance.trying import KEY, OTHER_KEY, Called, OnTrial
from pawline.testing.counter import Request, json


class KeyPromises(OnTrial):
    """Keys."""

    def test_what_is_settled_by_its_key_is_sent_with_it(self) -> None:
        by_key = self._by_key()
        for called, _, heard, _ in self._all_calls(json(503)):
            if called in by_key:
                (one,) = heard
                assert KEY in _said(one), f"{called} is settled by its key, which it does not send"

    def test_an_attempt_has_one_key_and_the_next_attempt_another(self) -> None:
        by_key, tried = self._by_key(), dict[str, list[Called]]()
        for one in self._all_calls(json(503), keys=(KEY, KEY, OTHER_KEY)):
            if one.name in by_key:
                tried.setdefault(one.name, []).append(one)
        for called, calls in tried.items():
            ((first,), (again,), (other,)) = (one.heard for one in calls)
            assert KEY in _said(again), f"{called}: sent again, its key is another"
            assert (again.target, again.body) == (first.target, first.body), f"{called}: its key comes with other words"
            assert OTHER_KEY in _said(other), f"{called}: another attempt is sent without its own key"
            assert KEY not in _said(other), f"{called}: another attempt is sent with the key of the one before"

    def _by_key(self) -> set[str]:
        return {
            f"{port.__name__}.{name}"
            for port, operations in self._operations().items()
            for name, operation in operations.items()
            if operation.settle is Settle.KEY
        }


def _said(request: Request) -> str:
    return " ".join([request.target, *request.headers.values(), request.body.decode("utf-8", "replace")])
