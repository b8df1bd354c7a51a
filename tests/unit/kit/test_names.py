"""What the kit offers by name is no module of it: whoever imports that module would have it instead, from then on."""

from __future__ import annotations

import pkgutil

from pawline import kit


def test_no_name_of_the_kit_is_a_module_of_it() -> None:
    assert not {one.name for one in pkgutil.iter_modules(kit.__path__)} & set(kit.__all__)
