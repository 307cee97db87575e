"""A look at installed packages from a process of its own, which a package may slow, litter or end: `python -m wbtypes_cli.probe`."""

from __future__ import annotations

import json
import sys
import time
import warnings
from contextlib import redirect_stdout
from typing import Any

from wbtypes_core import OpaqueWarning, Registry, index

from . import Refusal
from .main import load
from .plugins import as_json


def states() -> list[dict[str, Any]]:
    """Every plugin and how it is, by the environment's own wishes; none is loaded but modules of hooks."""
    return [as_json(state) for state in Registry.installed().providers()]


def trial(distribution: str) -> dict[str, Any]:
    """What becomes of one package when all that it brings is loaded, alone: the seconds it takes, and what is wrong."""
    entries = index.installed().entries  # what finding them takes is not theirs
    begin = time.perf_counter()
    registry = Registry.installed(only=[distribution])
    problems = [
        str(state.reason) for state in registry.check() if state.provider.distribution == distribution
    ]
    for entry in entries:
        if entry.distribution == distribution and entry.group in ("values", "commands"):
            try:
                load(entry)
            except Refusal as refusal:
                problems.append(str(refusal))
    return {"seconds": time.perf_counter() - begin, "problems": problems}


def main() -> None:
    """Print what was asked for as the last line; what packages print goes elsewhere."""
    warnings.simplefilter("ignore", OpaqueWarning)  # told in what is printed
    with redirect_stdout(sys.stderr):
        said: Any = trial(sys.argv[1]) if len(sys.argv) > 1 else states()
    print(f"\n{json.dumps(said)}")


if __name__ == "__main__":
    main()
