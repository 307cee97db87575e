"""Start-up of the command line: what a user waits for before the first word."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from stopwatch import Work


def program(*command, facts=None):
    """A program that runs to its end."""
    return Work(
        run=lambda _, turn: subprocess.run(command, check=True, capture_output=True, text=True).stdout,
        facts=facts,
    )


def test_help(bench, client_python):
    command = shutil.which("wbtypes", path=Path(sys.executable).parent)
    told = bench(
        "wbtypes --help",
        ours=program(command, "--help", facts=str),
        theirs=client_python and program(client_python, "-m", "wandb", "--help"),
        floor=program(sys.executable, "-c", ""),
        remarks="theirs: wandb --help; floor: a bare python",
    )
    assert "extract" in told
