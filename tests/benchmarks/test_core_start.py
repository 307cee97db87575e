"""Start-up: importing core and finding every plugin, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from harness import Wanted
from stopwatch import Work

from wbtypes_core import Registry

OURS = "import wbtypes_core; print(len(wbtypes_core.default_registry().providers()))"
FLOOR = "import attrs, importlib.metadata, pluggy"


def script(python, text, facts=None):
    """A fresh interpreter that runs one line."""
    command = [python, "-c", text]
    return Work(
        run=lambda _, turn: subprocess.run(command, check=True, capture_output=True, text=True).stdout,
        facts=facts,
    )


def test_import_and_discovery(bench, client_python):
    found = bench(
        "import core, find the plugins",
        ours=script(sys.executable, OURS, int),
        theirs=client_python and script(client_python, "import wandb"),
        floor=script(sys.executable, FLOOR),
        wanted=Wanted(theirs=10, floor=1.3),
        remarks="theirs: import wandb; floor: import attrs, pluggy, importlib.metadata",
    )
    assert found == len(Registry.installed().providers()) > 0
