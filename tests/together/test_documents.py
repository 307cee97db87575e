"""The examples of the README and of the quickstart, run as they stand."""

from __future__ import annotations

import doctest
import re
import tarfile
from pathlib import Path

import pytest

from wbtypes_core.index import installed

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "tests" / "wire" / "recordings" / "wandb-0.31.0.tar.xz"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the recorded run that the demo leaves, which the examples open."""
    with tarfile.open(RECORDING) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # since 3.11.4
        members = [each for each in archive if each.name.startswith("wandb-0.31.0-image-boxes-masks/")]
        archive.extractall(tmp_path / "demo-output" / "recorded", members)
    monkeypatch.chdir(tmp_path)
    return tmp_path


SHOWN = {"wbtypes-image", "wbtypes-mask", "wbtypes-boxes2d", "wbtypes-histogram", "wbtypes-table"}
"""What the examples use; where the folder of one is deleted they cannot run."""

DOCUMENTS = ["README.md", "docs/quickstart.md"]


@pytest.mark.parametrize(
    "name", DOCUMENTS if {each.distribution for each in installed().providers} >= SHOWN else []
)
def test_examples(name: str, folder: Path) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, name, name, 0)
    assert example.examples
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(example, out=told.append)
    assert not runner.failures, "".join(told)
