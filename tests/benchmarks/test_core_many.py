"""Start-up with five hundred packages of types installed beside those that are: what each of them costs those who use none of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from harness import Wanted
from stopwatch import Work

MANY = 500

FIND = "import wbtypes_core; print(len(wbtypes_core.default_registry().providers()))"

READ = """
import attrs, importlib.metadata, pluggy
found = 0
for each in importlib.metadata.distributions():
    if "wbtypes." in (each.read_text("entry_points.txt") or ""):
        found += len({point.value for point in each.entry_points if each.metadata["Name"] and point.group == "wbtypes.types"})
print(found)
"""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """A folder of installed packages, each with an entry point of ours; their modules are not even there."""
    folder = tmp_path_factory.mktemp("crowd")
    for number in range(MANY):
        info = folder / f"crowd_{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: crowd-{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[wbtypes.types]\ncrowd-{number} = crowd{number}.plugin\n")
    return folder


def script(text, folder=None):
    """A fresh interpreter that runs a text, with the packages of a folder installed."""
    env = {**os.environ, "PYTHONPATH": str(folder or "")}
    command = [sys.executable, "-c", text]
    return Work(
        run=lambda _, turn: (
            subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout
        ),
        facts=int,
    )


def test_finding_plugins_among_many(bench, crowd):
    found = bench(
        f"import core, find {MANY} more plugins",
        ours=script(FIND, crowd),
        floor=script(READ, crowd),
        wanted=Wanted(floor=1.3),
        remarks="floor: importlib.metadata reads the same",
    )
    assert found >= MANY


def test_what_many_cost(bench, crowd):
    """The same process with none of them; the difference is what they cost, most of it Python's own reading."""
    ours, none = script(FIND, crowd), script(FIND)
    facts = bench(
        f"the same, against none of the {MANY}",
        ours=Work(ours.run, facts=lambda said: int(said) > 0),
        floor=Work(none.run, facts=lambda said: int(said) > 0),
        remarks="floor: the same without them",
    )
    assert facts
