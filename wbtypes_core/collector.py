"""The garbage collector at rest, while very many objects are made that cannot hold one another in a ring."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """Let no collection begin meanwhile.

    What is parsed from JSON, or laid out in rows, holds no cycles, so there is nothing to find; looking for it again
    and again as the objects grow in number takes longer than making them. A collector that the program has turned off
    stays off.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
