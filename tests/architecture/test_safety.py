"""Nothing in the data names code: no module has the means."""

from __future__ import annotations

import ast

BUILTINS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}

UNSAFE = {
    "cloudpickle",
    "code",
    "dill",
    "ftplib",
    "http",
    "httpx",
    "joblib",
    "marshal",
    "pickle",
    "requests",
    "runpy",
    "shelve",
    "smtplib",
    "socket",
    "ssl",
    "subprocess",
    "telnetlib",
    "urllib.request",
    "webbrowser",
}

# the kit pickles the values that its own samples made, and starts the Python that runs it, as the doctor does
BY_HAND = {
    "wbtypes_core/testing/conformance.py": {"pickle", "subprocess"},
    "plugins/tools/cli/src/wbtypes_cli/doctor.py": {"subprocess"},
}

IMPORTERS = {
    "wbtypes_core/errors.py": "a library that a conversion needs, named by our code",
    "wbtypes_core/registry.py": "a plugin module, named by installed metadata",
    "wbtypes_core/testing/conformance.py": "the plugin under test",
    "plugins/tools/cli/src/wbtypes_cli/main.py": "a subcommand, named by installed metadata",
    "plugins/tools/meta/src/wbtypes/__init__.py": "a value's class, named by installed metadata",
}


def calls(module):
    """Every call of a module, as its name in dots and its node."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_no_module_runs_text(module):
    used = {name for name, _ in calls(module)} & BUILTINS
    assert used == set(), f"{module} calls {sorted(used)}"


def test_no_module_unpickles_fetches_or_starts_programs(module):
    unsafe = {name for name in module.imports() if name in UNSAFE or name.partition(".")[0] in UNSAFE}
    unsafe -= BY_HAND.get(str(module), set())
    assert unsafe == set(), f"{module} imports {sorted(unsafe)}"


def test_modules_are_imported_by_name_in_few_places(module):
    used = {name for name, _ in calls(module) if name.rpartition(".")[2] in ("import_module", "exec_module")}
    assert used == set() or str(module) in IMPORTERS, (
        f"{module} imports by name: use errors.need for a library, the registry for a plugin"
    )


def test_numpy_never_unpickles(module):
    for name, call in calls(module):
        keywords = {each.arg: ast.unparse(each.value) for each in call.keywords}
        assert keywords.get("allow_pickle", "False") == "False", f"{module}:{call.lineno} allows pickles"
        if name in ("np.load", "numpy.load", "np.lib.npyio.NpzFile"):
            assert keywords.get("allow_pickle") == "False", f"{module}:{call.lineno}: say allow_pickle=False"


def test_only_the_index_reads_entry_points(module):
    """Rescanning every distribution costs tens of milliseconds; one room does it, once."""
    if str(module) == "wbtypes_core/index.py":
        return
    names = {name.rpartition(".")[2] for name, _ in calls(module)}
    used = names & {"entry_points", "distributions", "load_setuptools_entrypoints", "iter_entry_points"}
    assert used == set(), f"{module} calls {sorted(used)}: ask wbtypes_core.index"


def test_the_index_still_reads_them(core):
    (index,) = [module for module in core.modules() if module.room == "index"]
    assert "distributions" in {name for name, _ in calls(index)}


def test_the_places_that_are_allowed_are_still_there(core):
    """A list of exceptions that nobody needs any more is a hole."""
    import importlib.util
    from pathlib import Path

    root = Path(core.folder)
    for place in {*BY_HAND, *IMPORTERS}:
        path = root / place
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "import_module" in text or "importlib" in text or "pickle" in text, (
                f"{place} needs no exception"
            )
    assert importlib.util.find_spec("wbtypes_core") is not None
