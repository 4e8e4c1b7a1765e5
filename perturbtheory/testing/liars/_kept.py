"""How liars are kept: by name, one of each, with the law that it breaks."""

import dataclasses
from collections.abc import Callable
from typing import Any

from perturbtheory.numerics import register


def kept_in(made: dict[str, Any]) -> Callable[[str], Any]:
    """A decorator for classes of liars, ``@liar("law that it breaks")``, that adds to a table."""

    def liar(law: str) -> Any:
        def keep(cls: Any) -> Any:
            registered = register(dataclasses.dataclass(frozen=True, eq=False)(cls))
            made[cls.__name__] = (registered(), law)
            return registered

        return keep

    return liar
