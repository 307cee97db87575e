"""Core: small, cold, without a favourite."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys

import wbtypes_core
from wbtypes_core import Registry, hints

# standard library parts that cost much and serve no first import; reading metadata is for the first look-up
COSTLY = {
    "asyncio",
    "concurrent",
    "ctypes",
    "email",
    "html",
    "http",
    "importlib.metadata",
    "importlib.resources",
    "multiprocessing",
    "pickle",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "unittest",
    "urllib",
    "xml",
    "zipfile",
}


def imported_by(code: str) -> set[str]:
    """The modules that a fresh Python holds after this code, beyond those of its own start."""

    def names(code: str) -> set[str]:
        words = [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"]
        return set(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())

    return names(code) - names("pass")


def test_importing_core_imports_little():
    roots = {name.partition(".")[0] for name in imported_by("import wbtypes_core")}
    strangers = roots - set(sys.stdlib_module_names) - {"wbtypes_core", "attr", "attrs", "pluggy"}
    assert strangers == set(), f"import wbtypes_core also imports {sorted(strangers)}"


def test_importing_core_does_nothing_costly():
    bare = imported_by("import attrs, pathlib, pluggy")
    more = imported_by("import wbtypes_core") - bare
    costly = {name for name in more if any(name == each or name.startswith(f"{each}.") for each in COSTLY)}
    assert costly == set(), f"import wbtypes_core also imports {sorted(costly)}: import it where it is used"


def test_core_needs_two_libraries(core):
    needs = {re.match(r"[\w-]+", need)[0] for need in core.said["project"]["dependencies"]}
    assert needs == {"attrs", "pluggy"}


def test_core_ships_no_tag(core):
    assert Registry.of().by_tag == {}
    assert core.entries("types") == core.entries("natives") == core.entries("values") == {}


def test_core_names_no_tag(core):
    """A type's name in core's code would be a favourite; the table of pip lines is the one place for them."""
    for module in core.modules():
        if module.room == "hints":
            continue
        texts = {node.value for node in ast.walk(module.tree) if isinstance(node, ast.Constant)}
        named = {text for text in texts if isinstance(text, str) and text in hints.PACKAGE_OF_TAG}
        named -= {"file", "table"}  # words of every day: a repr, and what it is for
        assert named == set(), f"{module} speaks of {sorted(named)}"


def test_public_names_are_documented_and_there():
    names = wbtypes_core.__all__
    assert len(set(names)) == len(names)
    for name in names:
        found = getattr(wbtypes_core, name)
        assert inspect.getdoc(found), f"wbtypes_core.{name} says nothing about itself"


def test_public_methods_are_documented():
    for name in wbtypes_core.__all__:
        found = getattr(wbtypes_core, name)
        if not inspect.isclass(found) or not found.__module__.startswith("wbtypes_core"):
            continue
        for method, made in vars(found).items():
            if not method.startswith("_") and (inspect.isfunction(made) or isinstance(made, property)):
                assert inspect.getdoc(made), f"wbtypes_core.{name}.{method} says nothing about itself"


def test_the_version_is_the_one_that_is_released(core):
    assert wbtypes_core.__version__ == core.said["project"]["version"]


def test_the_kit_is_no_pytest_plugin(core):
    """Core must not be imported into strangers' test runs."""
    assert "pytest11" not in core.said["project"].get("entry-points", {})
    kit = importlib.import_module("wbtypes_core.testing")
    assert all(hasattr(kit, name) for name in kit.__all__)
