"""The examples of the manual and of every README, run as they stand."""

from __future__ import annotations

import ast
import doctest
import io
import re
import shlex
import tarfile
import tokenize
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pictures

from wbtypes_cli.main import main as cli
from wbtypes_core import ValueWarning
from wbtypes_core.hints import PACKAGE_OF_CLASS

ROOT = Path(__file__).resolve().parents[2]
RECORDING = ROOT / "tests" / "wire" / "recordings" / "wandb-0.31.0.tar.xz"
CHECKER = doctest.OutputChecker()
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)

BATCHES = "wandb-0.31.0-image-batches"
"""The recording that stands for ``wandb/latest-run``: a reader has runs of their own."""

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
    """The recordings of one client, unpacked as the pages of types say."""
    folder = tmp_path_factory.mktemp("recorded")
    with tarfile.open(RECORDING) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # since 3.11.4
        archive.extractall(folder / "demo-output" / "recorded")
    return folder / "demo-output"


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo unpacks, and nothing else."""
    folder = tmp_path_factory.mktemp("shown")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs" / "demo")
        patch.chdir(folder)
        import_module("demo").unpack()
    return folder / "demo-output"


@pytest.fixture
def folder(path: Path, recorded: Path, shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the reader of a page has it: after the demo, with a run of their own and a photograph."""
    (tmp_path / "demo-output").symlink_to(recorded if path.parent.name == "types" else shown)
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "latest-run").symlink_to(recorded / "recorded" / BATCHES)
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


COMMAND = re.compile(r"^\$ (wbtypes (?:show|extract) demo-output/.*)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)
"""A command about what the demo leaves, and what it says."""


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", ROOT / "docs" / "quickstart.md"], ids=lambda path: path.stem
)
def test_commands(path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = COMMAND.findall(path.read_text(encoding="utf-8"))
    assert commands
    for words, answer in commands:
        assert cli(shlex.split(words)[1:]) == 0
        said = capsys.readouterr().out.strip()
        assert not answer or CHECKER.check_output(answer.strip(), said, FLAGS), f"{words} says\n{said}"


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
