"""What flows hand to the runtime's words, read from their code: the doctor asks before any of them has run."""

from __future__ import annotations

import dis
from itertools import pairwise
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from pawline.runtime import use

if TYPE_CHECKING:
    from pawline.runtime import Flow


def ports_of(flow: Flow[Any, Any]) -> set[type[Any]]:
    """The ports that a flow, or a function which it calls by its name, hands to `use` by theirs."""
    return handed(flow, use)


def handed(flow: Flow[Any, Any], to: Any) -> set[type[Any]]:
    """The same of any of a flow's words. What is handed to `accounts` may be played by nobody: the flow looks."""
    found, seen, left = set[type[Any]](), set[CodeType](), [(flow.function.__code__, flow.function.__globals__)]
    while left:
        code, names = left.pop()
        if code in seen:
            continue
        seen.add(code)
        left += [(one, names) for one in code.co_consts if isinstance(one, CodeType)]
        known = [names[name] for name in code.co_names if name in names]
        left += [(one.__code__, one.__globals__) for one in known if isinstance(one, FunctionType) and one is not to]
        loaded = [names.get(one.argval) if one.opname == "LOAD_GLOBAL" else None for one in dis.get_instructions(code)]
        found |= {port for word, port in pairwise(loaded) if word is to and isinstance(port, type)}
    return found
