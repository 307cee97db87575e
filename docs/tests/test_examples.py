"""The examples of the manual and of every README, run as they stand."""

from __future__ import annotations

import ast
import doctest
import io
import re
import tarfile
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pictures

from wbtypes_core import ValueWarning
from wbtypes_core.hints import PACKAGE_OF_CLASS

ROOT = Path(__file__).resolve().parents[2]
RECORDING = ROOT / "tests" / "wire" / "recordings" / "wandb-0.31.0.tar.xz"
CHECKER = doctest.OutputChecker()
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)

ALIASES = {
    "wandb/offline-run-20261122_235957-lc68afno": "image-boxes-masks",
    "wandb/offline-run-20240131_101500-a1b2c3d4": "image-batches",
}
"""Runs as examples call them, and the recordings that stand for them."""

NOT_RUN = {
    ROOT / "docs" / "security.md": "opens what is the reader's own",
}


def documents() -> Iterator[Path]:
    """Every page and README that shows Python."""
    skipped = {"_build", "examples", "wire"}
    pages = [path for path in (ROOT / "docs").rglob("*.md") if not skipped & set(path.parts)]
    readmes = [*ROOT.glob("plugins/*/*/README.md"), ROOT / "README.md"]
    for path in sorted([*pages, *readmes]):
        blocks = "".join(BLOCK.findall(path.read_text(encoding="utf-8")))
        if blocks and path not in NOT_RUN and all(map(is_here, types_in(path, blocks))):
            yield path


def types_in(path: Path, blocks: str) -> Iterator[str]:
    """The packages of types that a document shows."""
    if path.parent.name == "types":
        yield f"wbtypes-{path.stem}"
    for names in re.findall(r"from wbtypes import (.*)", blocks):
        yield from filter(None, map(PACKAGE_OF_CLASS.get, names.split(", ")))


def is_here(package: str) -> bool:
    """Whether the folder of a type is there; any one may be deleted."""
    return (ROOT / "plugins" / "types" / package.removeprefix("wbtypes-")).is_dir()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recordings of one client, unpacked."""
    folder = tmp_path_factory.mktemp("recorded")
    with tarfile.open(RECORDING) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # since 3.11.4
        archive.extractall(folder)
    return folder


@pytest.fixture
def folder(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the examples have it: recorded runs, and a photograph."""
    (tmp_path / "wandb").mkdir()
    (tmp_path / "recorded").mkdir()
    for run in recorded.iterdir():
        (tmp_path / "recorded" / run.name.removeprefix("wandb-0.31.0-")).symlink_to(run)
    for alias, name in ALIASES.items():
        (tmp_path / alias).symlink_to(recorded / f"wandb-0.31.0-{name}")
    Pictures.new("RGB", (8, 6), "green").save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", list(documents()), ids=lambda path: str(path.relative_to(ROOT)))
def test_examples(path: Path, folder: Path) -> None:
    said: dict[str, Any] = {"__name__": "example"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)  # odd values are there on purpose
        for block in BLOCK.findall(path.read_text(encoding="utf-8")):
            if block.startswith(">>>"):
                converse(block, said, path.name)
            else:
                execute(block, said)


def converse(block: str, said: dict[str, Any], name: str) -> None:
    """Run a session, and compare what it prints."""
    example = doctest.DocTestParser().get_doctest(block, {}, name, name, 0)
    example.globs = said
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(example, out=told.append, clear_globs=False)
    assert not runner.failures, "".join(told)


def execute(block: str, said: dict[str, Any]) -> None:
    """Run statements; an expression with a literal in the comment behind it must give that."""
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(block).readline)
        if token.type == tokenize.COMMENT
    }
    for statement in ast.parse(block).body:
        source = ast.Module([statement], [])
        if not isinstance(statement, ast.Expr):
            exec(compile(source, "example", "exec"), said)
            continue
        found = eval(compile(ast.Expression(statement.value), "example", "eval"), said)
        expected = literal(comments.get(statement.end_lineno or 0, ""))
        alike = CHECKER.check_output(f"{expected!r}\n", f"{found!r}\n", FLAGS)  # a text may have ... in it
        assert expected is ... or found == expected or alike, f"{ast.unparse(statement)} gives {found!r}"


def literal(comment: str) -> Any:
    """The value that a comment states, alone or before a colon or semicolon; ... where it states none."""
    for text in (comment, re.split(r"[:;] ", comment)[0]):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            continue
    return ...
