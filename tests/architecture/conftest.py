"""What the architecture tests look at: the distributions of this tree and their modules, found by their folders.

A test that takes ``plugin``, ``tool``, ``project`` or ``module`` runs once for each of them.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import attrs
import pytest

ROOT = Path(__file__).parents[2]


@attrs.frozen(slots=False)
class Module:
    """One Python file of a distribution.

    Attributes:
        path: where it is.
        room: its path inside the package without suffix, as ``codec``.
    """

    path: Path
    room: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def code_lines(self) -> int:
        """Lines that hold code: no blank ones, comments or docstrings."""
        kept: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.stmt) and not _is_text(node):
                kept.update(_own_lines(node))
        return len(kept)

    def imports(self) -> set[str]:
        """The modules that it imports, wherever it does; its own package's are left out."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module)
        return names


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _own_lines(node: ast.stmt) -> range:
    """The lines of a statement, without those of the statements in it."""
    inner = [child.lineno for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
    last = min(inner) - 1 if inner else (node.end_lineno or node.lineno)
    return range(node.lineno, max(last, node.lineno) + 1)


@attrs.frozen
class Project:
    """One distribution of the tree.

    Attributes:
        folder: where its pyproject.toml is.
        said: what is in that file.
        package: the folder of its import package.
    """

    folder: Path
    said: dict[str, Any] = attrs.field(repr=False, hash=False)
    package: Path

    @classmethod
    def at(cls, folder: Path) -> Project:
        """The distribution in a folder."""
        said = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        (package,) = said["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        return cls(folder, said, folder / package)

    @property
    def name(self) -> str:
        """The distribution's name."""
        name: str = self.said["project"]["name"]
        return name

    def entries(self, group: str) -> dict[str, str]:
        """What it advertises under a group."""
        found: dict[str, str] = self.said["project"].get("entry-points", {}).get(f"wbtypes.{group}", {})
        return found

    def needs(self) -> set[str]:
        """The names of the distributions it depends on, its extras' included."""
        said = self.said["project"]
        extras = said.get("optional-dependencies", {}).values()
        wanted = chain(said.get("dependencies", ()), *extras)
        return {re.match(r"[\w.-]+", need)[0] for need in wanted}  # type: ignore[index]

    def modules(self) -> list[Module]:
        """Its Python files, tests left out."""
        paths = sorted(self.package.rglob("*.py"))
        return [Module(path, path.relative_to(self.package).with_suffix("").as_posix()) for path in paths]


def found(pattern: str) -> list[Project]:
    """The distributions whose pyproject.toml matches a pattern."""
    return [Project.at(path.parent) for path in sorted(ROOT.glob(pattern))]


CORE = Project.at(ROOT)
TYPES = found("plugins/types/*/pyproject.toml")
TOOLS = found("plugins/tools/*/pyproject.toml")
EXAMPLES = found("docs/authors/examples/*/pyproject.toml")

CASES: dict[str, list[Any]] = {
    "plugin": [*TYPES, *EXAMPLES],
    "tool": TOOLS,
    "project": [CORE, *TYPES, *TOOLS, *EXAMPLES],
    "module": [module for project in (CORE, *TYPES, *TOOLS, *EXAMPLES) for module in project.modules()],
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each plugin, tool, project or module."""
    for name, cases in CASES.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, cases, ids=[getattr(case, "name", str(case)) for case in cases])


@pytest.fixture
def core() -> Project:
    """Core itself."""
    return CORE


@pytest.fixture
def types() -> list[Project]:
    """The type plugins of this tree."""
    return TYPES


@pytest.fixture
def ours() -> list[Project]:
    """Every distribution of this tree that is released."""
    return [CORE, *TYPES, *TOOLS]
