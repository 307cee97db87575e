"""The facade: what it gives, what it refuses and how, and that it costs nothing until asked."""

from __future__ import annotations

import ast
import doctest
import inspect
import os
import pickle
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import wbtypes
import wbtypes_core
import wbtypes_runs
from wbtypes_core import index

Install = Callable[..., None]

FOLDER = Path(__file__).parents[1]
ALIEN = 'class Alien:\n    """A value of somebody else."""\n'


def public(library: ModuleType) -> set[str]:
    """What a library has for everybody."""
    return {str(name) for name in library.__all__} - wbtypes._FOR_AUTHORS


def test_core_and_runs_are_here() -> None:
    for library in (wbtypes_core, wbtypes_runs):
        for name in public(library):
            assert getattr(wbtypes, name) is getattr(library, name)


def test_what_only_authors_need_is_not_here() -> None:
    assert set(wbtypes_core.__all__) > wbtypes._FOR_AUTHORS
    for name in wbtypes._FOR_AUTHORS:
        with pytest.raises(AttributeError, match=f"from wbtypes_core import {name}$"):
            getattr(wbtypes, name)


def test_all_is_what_is_installed(install: Install) -> None:
    install("alien", {"Alien": "alien_values:Alien"}, {"alien_values": ALIEN})
    found: dict[str, object] = {}
    exec("from wbtypes import *", found)
    assert found["Alien"] is wbtypes.Alien
    assert (
        found.keys() - {"__builtins__"} == set(wbtypes.__all__) >= public(wbtypes_core) | public(wbtypes_runs)
    )
    assert "__all__" not in vars(wbtypes)  # it changes with what is installed


def test_from_import() -> None:
    from wbtypes import DirectoryStore, decode, open_run

    assert (DirectoryStore, decode) == (wbtypes_core.DirectoryStore, wbtypes_core.decode)
    assert open_run is wbtypes_runs.open_run


def test_a_third_partys_class(install: Install) -> None:
    install("wbtypes-alien", {"Alien": "alien_values:Alien"}, {"alien_values": ALIEN})
    assert wbtypes.Alien.__module__ == "alien_values"
    assert vars(wbtypes)["Alien"] is wbtypes.Alien
    assert "Alien" in dir(wbtypes)


def test_a_nested_name(install: Install) -> None:
    install(
        "alien",
        {"Alien": "alien_values:Outer.Alien"},
        {"alien_values": "class Outer:\n    class Alien: ...\n"},
    )
    assert wbtypes.Alien.__qualname__ == "Outer.Alien"


def test_a_class_that_is_looked_up_is_loaded_and_no_other(install: Install) -> None:
    install("alien", {"Alien": "alien_one:Alien", "Bug": "alien_two:Bug"}, {"alien_one": ALIEN})
    assert wbtypes.Alien
    assert "alien_one" in sys.modules
    assert "alien_two" not in sys.modules


def test_dir_lists_what_is_installed() -> None:
    names = dir(wbtypes)
    assert names == sorted(set(names))
    assert {*wbtypes.__all__, *index.installed().group("values")} == set(names)
    assert not {"Any", "NoReturn", "annotations", "sys"} & set(names)
    assert not [name for name in names if name.startswith("_")]


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_installed", index.Index(()))
    for name in wbtypes_core.hints.PACKAGE_OF_CLASS:
        monkeypatch.delitem(vars(wbtypes), name, raising=False)


@pytest.mark.usefixtures("nothing_installed")
def test_a_missing_package_is_named_with_its_pip_line() -> None:
    with pytest.raises(
        AttributeError, match=r"^wbtypes\.Audio needs its package: pip install wbtypes-audio$"
    ):
        _ = wbtypes.Audio
    assert not hasattr(wbtypes, "ImageMask")


@pytest.mark.usefixtures("nothing_installed")
def test_from_import_says_the_same() -> None:
    with pytest.raises(ImportError, match=r"^wbtypes\.Audio needs its package: pip install wbtypes-audio$"):
        from wbtypes import Audio  # noqa: F401


def test_an_unknown_name() -> None:
    with pytest.raises(
        AttributeError, match="no attribute 'Imagee', and no installed package adds it"
    ) as caught:
        _ = wbtypes.Imagee
    assert caught.value.name == "Imagee"  # what Python's own "did you mean" needs
    assert caught.value.obj is wbtypes
    with pytest.raises(ImportError, match="no attribute 'Imagee'"):
        from wbtypes import Imagee  # noqa: F401


def test_two_packages_with_one_name(install: Install) -> None:
    install("alien-one", {"Alien": "alien_one:Alien"}, {"alien_one": ALIEN})
    install("alien-two", {"Alien": "alien_two:Alien"}, {"alien_two": ALIEN}, "2.5")
    with pytest.raises(AttributeError) as caught:
        _ = wbtypes.Alien
    message = str(caught.value)
    assert "alien-one==1.0 and alien-two==2.5" in message or "alien-two==2.5 and alien-one==1.0" in message
    assert "from alien_one import Alien" in message
    assert "uninstall one" in message
    assert "\n" not in message
    assert not {"alien_one", "alien_two"} & sys.modules.keys()


@pytest.mark.parametrize(
    ("module", "cause"),
    [
        ("raise RuntimeError('of a\\nreason')", "RuntimeError: of a reason"),
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("", "AttributeError: module 'alien_values' has no attribute 'Alien'"),
    ],
)
def test_a_package_that_does_not_work(install: Install, module: str, cause: str) -> None:
    install("alien", {"Alien": "alien_values:Alien"}, {"alien_values": module})
    with pytest.raises(AttributeError) as caught:
        _ = wbtypes.Alien
    assert str(caught.value) == (
        f"wbtypes.Alien of alien==1.0 does not work: {cause}; reinstall alien, or tell its author"
    )
    with pytest.raises(ImportError, match=r"alien==1\.0 does not work"):
        from wbtypes import Alien  # noqa: F401


def test_core_goes_before_a_package_that_takes_its_names(install: Install) -> None:
    vars(wbtypes).pop("decode", None)
    install("alien", {"decode": "alien_values:Alien"}, {"alien_values": ALIEN})
    assert wbtypes.decode is wbtypes_core.decode


@pytest.mark.parametrize("name", ["__wrapped__", "__path_hooks__", "_ipython_display_", "__bases__"])
def test_private_names_are_refused_before_anything_is_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "installed", lambda: pytest.fail("the index was read"))
    with pytest.raises(AttributeError, match=f"module 'wbtypes' has no attribute '{name}'"):
        getattr(wbtypes, name)


def test_tools_that_look_into_modules() -> None:
    assert inspect.unwrap(wbtypes) is wbtypes  # type: ignore[arg-type]  # as doctest calls it
    assert inspect.getdoc(wbtypes)
    assert {"encode", "open_run"} <= {name for name, _ in inspect.getmembers(wbtypes)}
    assert doctest.DocTestFinder().find(wbtypes)
    assert pickle.loads(pickle.dumps(wbtypes.Limits)) is wbtypes_core.Limits


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    return done.stdout.strip()


def test_importing_it_loads_nothing() -> None:
    heavy = "{'attrs', 'numpy', 'pluggy', 'typing', 'wbtypes_core', 'wbtypes_runs'}"
    fresh = f"before = set(sys.modules); import wbtypes; print((set(sys.modules) - before) & {heavy})"
    assert run(f"import sys; {fresh}") in ("set()", "{'typing'}")


def test_a_message_needs_no_plugin_loaded() -> None:
    code = "import sys, wbtypes; hasattr(wbtypes, 'Nothing'); print([m for m in sys.modules if m.endswith('.plugin')])"
    assert run(code) == "[]"


def stub() -> ast.Module:
    return ast.parse((FOLDER / "src/wbtypes/__init__.pyi").read_text(encoding="utf-8"))


def stub_imports() -> dict[str, set[str]]:
    lines = [node for node in stub().body if isinstance(node, ast.ImportFrom) and node.module != "typing"]
    return {str(node.module): {alias.name for alias in node.names} for node in lines}


def test_the_stub_has_the_libraries_names() -> None:
    for library in (wbtypes_core, wbtypes_runs):
        assert stub_imports()[library.__name__] == public(library)


def test_the_stub_has_every_extras_classes() -> None:
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = {f"wbtypes_{extra}" for extra in project["optional-dependencies"].keys() - {"all"}}
    assert stub_imports().keys() == packages | {"wbtypes_core", "wbtypes_runs"}
    for name, package in wbtypes_core.hints.PACKAGE_OF_CLASS.items():
        module = package.replace("-", "_")
        assert name in stub_imports().get(module, {name})


def test_the_stub_exports_what_it_imports() -> None:
    (listed,) = (node for node in stub().body if isinstance(node, ast.Assign))
    assert set(ast.literal_eval(listed.value)) == set().union(*stub_imports().values())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("init", r"RunWriter\(folder, project=..., config=...\) begins a run"),
        ("log", "RunWriter.log writes a row"),
        ("Registy", "did you mean Registry"),
        ("xyzzy", "no installed package adds it$"),
    ],
)
def test_a_name_that_is_not_here_says_what_may_be_meant(name: str, words: str) -> None:
    with pytest.raises(AttributeError, match=words):
        getattr(wbtypes, name)


WANDBS = (
    *("Settings", "Span", "alert", "box3d", "config", "data_types", "define_metric", "log_artifact", "login"),
    *("plot", "run", "save", "summary", "sweep", "use_artifact", "watch"),
)


@pytest.mark.parametrize("name", WANDBS)
def test_what_users_of_wandb_look_for_is_named_or_said_to_be_missing(name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(wbtypes, name)
    message = str(caught.value)
    assert message.endswith(f"; {wbtypes._CALLED_OTHERWISE[name]}")
    assert "did you mean" not in message
    assert "\n" not in message


def test_hints_name_what_there_is() -> None:
    hints = wbtypes._CALLED_OTHERWISE
    assert not hints.keys() & set(wbtypes.__all__)
    for name, member in re.findall(r"\b(RunWriter|Run)\.(\w+)", " ".join(hints.values())):
        found = getattr(wbtypes, name)
        assert hasattr(found, member) or f"self.{member} = " in inspect.getsource(found)
    ours = wbtypes_core.hints.PACKAGE_OF_CLASS
    for module, name in re.findall(r"from (\w+) import (\w+)", " ".join(hints.values())):
        assert module.replace("_", "-") in ours.values() if module != "wbtypes" else name in ours
    for name in re.findall(r"\bopen_\w+|\bencode\b", " ".join(hints.values())):
        assert hasattr(wbtypes, name)
