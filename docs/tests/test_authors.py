"""The tutorial for authors, followed to the letter: its files are written, its commands run, their answers compared."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wbtypes_cli
import wbtypes_core
import wbtypes_core.testing

PAGE = Path(__file__).parents[1] / "authors" / "index.md"

BLOCK = re.compile(
    r"^```(?P<kind>console|\{code-block\} \w+)\n(?::caption: (?P<file>\S+)\n\n)?(?P<text>.*?)^```",
    re.M | re.S,
)

CHECKER = doctest.OutputChecker()
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

INSTALLED = "Metadata-Version: 2.1\nName: wbtypes-confusion\nVersion: 0.1.0\n"
POINTS = """\
[wbtypes.types]
confusion-matrix = wbtypes_confusion.plugin
[wbtypes.values]
Confusion = wbtypes_confusion:Confusion
"""


def steps(text: str) -> Iterator[tuple[str, str]]:
    """Each file of the page as its path and text, and each command, with ``$`` before it, as that and its answer."""
    for block in BLOCK.finditer(text):
        if block["file"]:
            yield block["file"], block["text"]
            continue
        for told in re.split(r"^\$ ", block["text"], flags=re.M)[1:]:
            command, _, answer = told.partition("\n")
            yield f"$ {command}", answer


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the two installations of the page come to: the package's metadata, and its folder on the path."""
    info = tmp_path / "site" / "wbtypes_confusion-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(INSTALLED)
    (info / "entry_points.txt").write_text(POINTS)
    path = os.pathsep.join(map(str, (info.parent, tmp_path / "wbtypes-confusion" / "src")))
    return {**os.environ, "PYTHONPATH": path}


def test_the_tutorial(tmp_path: Path, environment: dict[str, str]) -> None:
    folder = tmp_path
    seen = 0
    for what, text in steps(PAGE.read_text(encoding="utf-8")):
        if not what.startswith("$ "):
            target = folder / what
            assert target.parent.is_dir(), f"{what}: `wbtypes new` makes no such folder"
            target.write_text(text, encoding="utf-8")
            continue
        words = shlex.split(what[2:], comments=True)
        if words[0] == "cd":
            folder /= words[1]
        elif words[0] in ("wbtypes", "pytest", "python"):
            answered(words, text, folder, environment)
            seen += 1
    assert seen >= 6


def answered(words: list[str], answer: str, folder: Path, environment: dict[str, str]) -> None:
    """Run a command, and hold what it says against the page."""
    modules = {
        "wbtypes": ("-m", "wbtypes_cli"),
        "pytest": ("-m", "pytest", "-p", "no:cacheprovider"),
        "python": (),
    }
    command = [sys.executable, *modules[words[0]], *words[1:]]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(words)}:\n{done.stdout}{done.stderr}"
    said = done.stdout.splitlines()[-1] + "\n" if words[0] == "pytest" else done.stdout
    assert CHECKER.check_output(answer, said, FLAGS), f"{shlex.join(words)} says\n{said}\nand not\n{answer}"


def test_the_style_of_its_files() -> None:
    """They are as long as lines may be, and end where files end."""
    files = [text for what, text in steps(PAGE.read_text(encoding="utf-8")) if not what.startswith("$ ")]
    assert files
    assert max(len(line) for text in files for line in text.splitlines()) <= 110


OFFERED = re.compile(r"^\| (?P<names>`\w+`(?:, `\w+`)*) \| (?P<use>.*) \|$", re.M)


def test_what_core_offers_is_there() -> None:
    _, offered = PAGE.read_text(encoding="utf-8").split("## What core offers")
    rows = OFFERED.findall(offered.partition("\n## ")[0])
    assert len(rows) >= 20
    for names, use in rows:
        library = wbtypes_core.testing if "`wbtypes_core.testing`" in use else wbtypes_core
        assert set(re.findall(r"`(\w+)`", names)) <= set(library.__all__), (
            f"{library.__name__} lacks one of {names}"
        )


EXAMPLES = sorted(PAGE.parent.glob("examples/*/*/**/*.py"))
TEMPLATE = sorted(Path(wbtypes_cli.__file__).parent.glob("template/*/**/*.py.jinja"))
IMPORT = re.compile(r"^ *from (wbtypes_core[.\w]*) import (\([^)]*\)|.*)$|^ *import (wbtypes_core.*)$", re.M)


@pytest.mark.parametrize("path", [PAGE, *EXAMPLES, *TEMPLATE], ids=lambda path: path.name)
def test_authors_import_public_names_alone(path: Path) -> None:
    """From core itself, and from its kit for tests: the one rule of the page."""
    for module, names, whole in IMPORT.findall(path.read_text(encoding="utf-8")):
        assert not whole, f"{path}: import names, not the module {whole}"
        library = {"wbtypes_core": wbtypes_core, "wbtypes_core.testing": wbtypes_core.testing}.get(module)
        assert library, f"{path} imports from {module}, which is not where authors import from"
        strangers = set(re.findall(r"\w+", names)) - set(library.__all__)
        assert not strangers, f"{path} imports {sorted(strangers)}, which {module}.__all__ does not name"


def test_there_are_examples_and_a_template() -> None:
    assert {"wbtypes_keypoints", "wbtypes_rawarray"} <= {path.parent.name for path in EXAMPLES}
    assert {"file", "value", "both"} <= {part for path in TEMPLATE for part in path.parts}
