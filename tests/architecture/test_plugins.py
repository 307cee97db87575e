"""Plugins: the same rooms in all of them, and nothing that the others would miss."""

from __future__ import annotations

import ast
import json
import re
import sys

import pytest
from jsonschema import Draft202012Validator

from wbtypes_core import hints

ROOMS = {"__init__", "values", "codec", "plugin"}
NO_ROOMS = {"util", "utils", "helper", "helpers", "base", "manager", "common", "misc", "core", "tools", "lib"}


def test_there_are_plugins(types):
    assert types, "no plugin was found: the folders moved, and these tests must follow"


def test_a_plugin_has_the_five_rooms(plugin):
    rooms = {module.room.split("/")[0] for module in plugin.modules()}  # a large room may be a folder
    assert rooms >= ROOMS, f"{plugin.name} lacks {sorted(ROOMS - rooms)}"
    if "native" not in rooms:  # a type without foreign objects has nothing to put there
        asks = [str(module) for module in plugin.modules() if re.search(r"\bnative\b", _imported(module))]
        assert asks == [], f"{asks} import a native.py that is not there"


def _imported(module) -> str:
    """Every name that a module imports from its own package."""
    nodes = [node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom) and node.level]
    return " ".join(f"{node.module or ''} {' '.join(alias.name for alias in node.names)}" for node in nodes)


def test_a_plugin_module_is_under_fifteen_lines(plugin):
    (module,) = [module for module in plugin.modules() if module.room == "plugin"]
    assert module.code_lines() < 15, (
        f"{module} has {module.code_lines()} lines of code: it says how it is found, no more"
    )


def test_entry_points_lead_to_the_plugin_module(plugin):
    module = f"{plugin.package.name}.plugin"
    assert plugin.entries("types"), f"{plugin.name} advertises no tag"
    for group in ("types", "natives"):
        targets = set(plugin.entries(group).values())
        assert targets <= {module}, f"{plugin.name} advertises {targets} under wbtypes.{group}, not {module}"
    for name, target in plugin.entries("values").items():
        assert target.startswith(f"{plugin.package.name}:"), (
            f"{name} = {target} is not in {plugin.package.name}"
        )


def test_one_schema_per_tag(plugin):
    folder = plugin.package / "schemas"
    files = {path.name for path in folder.glob("*.json")}
    expected = {f"{tag.replace('/', '.')}.json" for tag in plugin.entries("types")}
    assert files == expected, (
        f"{plugin.name}: schemas missing {expected - files}, too many {files - expected}"
    )
    identities = set()
    for name in files:
        schema = json.loads((folder / name).read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        identities.add(schema["$id"])
    assert len(identities) == len(files), f"{plugin.name}: two schemas have one $id"


def test_a_plugin_depends_on_core_by_its_major_version(plugin):
    needs = [need for need in plugin.said["project"]["dependencies"] if need.startswith("wbtypes-core")]
    assert [re.fullmatch(r"wbtypes-core>=(\d+)[\d.]*,<(\d+)", need) is not None for need in needs] == [
        True
    ], needs


def test_a_plugin_is_tested_by_the_kit(plugin):
    test = plugin.folder / "tests" / "test_conformance.py"
    assert test.is_file(), f"{plugin.name} has no tests/test_conformance.py"
    assert "CodecConformance" in test.read_text(encoding="utf-8")


# -- every distribution ---------------------------------------------------------------------------------------


def test_a_distribution_is_typed_and_explained(project):
    assert (project.package / "py.typed").is_file(), f"{project.name} has no py.typed"
    readme = (project.folder / "README.md").read_text(encoding="utf-8")
    if project.name != "wbtypes-core":  # its README is the project's, which starts with the metapackage
        line = rf"pip install [\"']?{re.escape(project.name)}\b"
        assert re.search(line, readme), f"the README of {project.name} does not say how to install it"


def test_a_released_distribution_has_its_papers(ours):
    for each in ours:
        for name in ("CHANGELOG.md", "LICENSE"):
            assert (each.folder / name).is_file(), f"{each.name} has no {name}"


def test_no_room_is_a_cupboard(module):
    names = set(module.room.split("/"))
    assert names.isdisjoint(NO_ROOMS), f"{module}: name the file by what it does"


def test_a_module_opens_with_a_sentence(module):
    opening = ast.get_docstring(module.tree)
    assert opening, f"{module} does not say which room it is"
    first = opening.splitlines()[0]
    assert first.rstrip().endswith((".", ":", "?", "``")), f"{module} opens with half a sentence: {first!r}"


def test_a_distribution_imports_only_what_it_declares_of_ours(project, ours):
    """So that any folder can be deleted and the rest still passes."""
    names = {each.package.name: each.name for each in ours if each.name != project.name}
    allowed = project.needs()
    for module in project.modules():
        used = {
            names[root] for root in (name.partition(".")[0] for name in module.imports()) if root in names
        }
        assert used <= allowed, (
            f"{module} imports {sorted(used - allowed)}, which {project.name} does not declare"
        )


def test_tools_import_no_type(tool, types):
    packages = {each.package.name for each in types}
    for module in tool.modules():
        used = {name.partition(".")[0] for name in module.imports()} & packages
        assert used == set(), f"{module} imports {sorted(used)}: ask the registry"


def test_only_native_rooms_import_libraries(plugin, ours):
    """Values, codecs and plugin modules cost nothing to import; a function may import its own native room."""
    light = {"attr", "attrs", "pluggy", *(each.package.name for each in ours), plugin.package.name}
    for module in plugin.modules():
        if module.room.split("/")[0] == "native":
            continue
        roots = {name.partition(".")[0] for name in module.imports()}
        heavy = roots - light - set(sys.stdlib_module_names) - _for_types_only(module)
        assert heavy == set(), f"{module} imports {sorted(heavy)}: only native.py may"


def _for_types_only(module) -> set[str]:
    """Roots that are imported for type checkers alone."""
    found = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in inner.names}
                elif isinstance(inner, ast.ImportFrom) and inner.module:
                    found.add(inner.module.partition(".")[0])
    return found


# -- the table of pip lines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "table"),
    [
        ("types", hints.PACKAGE_OF_TAG),
        ("values", hints.PACKAGE_OF_CLASS),
        ("natives", hints.PACKAGE_OF_NATIVE),
    ],
    ids=["tags", "classes", "natives"],
)
def test_hints_are_what_the_plugins_of_this_tree_advertise(types, group, table):
    for each in types:
        advertised = set(each.entries(group))
        hinted = {name for name, package in table.items() if package == each.name}
        assert hinted == advertised, (
            f"wbtypes_core/hints.py and {each.name} differ under wbtypes.{group}: only hinted "
            f"{sorted(hinted - advertised)}, only advertised {sorted(advertised - hinted)}"
        )


def test_hints_speak_of_our_packages_only():
    for table in (hints.PACKAGE_OF_TAG, hints.PACKAGE_OF_CLASS, hints.PACKAGE_OF_NATIVE):
        assert all(re.fullmatch(r"wbtypes-[a-z0-9]+", package) for package in table.values())
