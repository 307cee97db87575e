#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox[uv]>=2025.10"]
# ///
"""Every habit of the project, one session each; `python3 noxfile.py --list` names them.

On a machine that has only python3 and pip, run as a script, this file first puts nox and uv into the git-ignored folder `.tools`.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the one line that an older Python is meant to reach
    sys.exit(
        "noxfile.py: wbtypes needs Python 3.11 or newer, and {} is {}.{}: run this file with a newer one".format(
            sys.executable, *sys.version_info[:2]
        )
    )

import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
CONSTRAINTS = ROOT / "constraints.txt"


def equip() -> None:
    """Make nox and uv importable from `.tools`, which `pip install --target` may fill where PEP 668 stops a plain install."""
    if not TOOLS.is_dir():
        if importlib.util.find_spec("pip") is None:
            sys.exit(
                f"noxfile.py: {sys.executable} has no pip: install it (on Debian, `apt install python3-pip`), "
                "or, where uv is at hand, `uv run noxfile.py`"
            )
        fetch_tools()
    sys.path.insert(0, str(TOOLS))
    os.environ["PATH"] = os.pathsep.join((str(TOOLS / "bin"), os.environ.get("PATH", os.defpath)))


def fetch_tools() -> None:
    """Fill `.tools` in one move, so that a call that was cut off leaves no half of it."""
    print("noxfile.py: putting nox and uv into .tools", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix=".tools-", dir=ROOT) as folder:
        fresh = Path(folder, "tools")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore"]
        words = ["--target", str(fresh), "--constraint", str(CONSTRAINTS), "nox[uv]"]
        plain = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        if subprocess.run([*pip, *words], env={**os.environ, **plain}, check=False).returncode:
            sys.exit("noxfile.py: pip could not install nox and uv; its own words are above")
        if not TOOLS.is_dir():
            fresh.rename(TOOLS)


if __name__ == "__main__":
    equip()

import nox

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "uv"
nox.options.sessions = ["lint", "types", "imports", "tests"]

os.environ["UV_SYSTEM_CERTS"] = "true"  # for machines behind a private certificate authority
os.environ["UV_PYTHON_DOWNLOADS"] = "never"
os.environ["UV_NO_SOURCES"] = "true"  # folders are named below, so that one fewer breaks no other
os.environ["MPLBACKEND"] = "agg"
os.environ["MPLCONFIGDIR"] = str(ROOT / ".nox" / "matplotlib")  # which it would make in the home folder
os.environ.pop("PYTHONPATH", None)  # a session sees what it installs, and nothing else


def read(folder: Path) -> dict[str, Any]:
    """The `pyproject.toml` of a folder."""
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


TYPES = sorted(path.parent for path in ROOT.glob("plugins/types/*/pyproject.toml"))
PLUGINS = TYPES + sorted(path.parent for path in ROOT.glob("plugins/tools/*/pyproject.toml"))
EXAMPLES = sorted(path.parent for path in ROOT.glob("docs/authors/examples/*/pyproject.toml"))


def package(folder: Path) -> Path:
    """The import package of a distribution's folder."""
    (target,) = read(folder)["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return Path(folder, target)


def closure(folders: Iterable[Path]) -> list[Path]:
    """These folders, and those of ours that they declare to need, through and through."""
    homes = {read(folder)["project"]["name"]: folder for folder in (ROOT, *PLUGINS)}
    found: set[Path] = set()
    waiting = list(folders)
    while waiting:
        folder = waiting.pop()
        if folder not in found:
            found.add(folder)
            needs = (re.match(r"[\w.-]+", need) for need in read(folder)["project"]["dependencies"])
            waiting += [homes[need[0]] for need in needs if need and need[0] in homes]
    return sorted(found)


def editable(folders: Iterable[Path]) -> list[str]:
    """The installer's words for these folders as they stand, and for what they need of ours."""
    return [word for folder in closure(folders) for word in ("--editable", str(folder))]


def groups(folders: Iterable[Path]) -> list[str]:
    """The installer's words for the test libraries that these folders ask for on their own account."""
    asking = [folder for folder in folders if "tests" in read(folder).get("dependency-groups", {})]
    return [word for folder in asking for word in ("--group", f"{folder / 'pyproject.toml'}:tests")]


def testable(*folders: Path) -> list[str]:
    """The installer's words for core with its testing kit, these folders, and their own test libraries."""
    return ["--editable", f"{ROOT}[testing]", *editable(folders), *groups(folders)]


def install(session: nox.Session, *words: str) -> None:
    """Install with the versions that `constraints.txt` names, build tools included."""
    session.install("--constraints", str(CONSTRAINTS), "--build-constraints", str(CONSTRAINTS), *words)


def pytest(session: nox.Session, *words: str, **env: str) -> None:
    """Run pytest on what the words say, and on what follows `--`; what tests write stays in the session's folder."""
    session.create_tmp()
    session.run("pytest", *words, *session.posargs, env=env)


def build(session: nox.Session, source: Path, *words: str) -> list[str]:
    """Build an sdist, and the wheel from that sdist; returns the wheels."""
    target = Path(session.create_tmp(), "dist")
    shutil.rmtree(target, ignore_errors=True)
    words = ("--quiet", "--build-constraints", str(CONSTRAINTS), "--out-dir", str(target), *words)
    session.run("uv", "build", *words, str(source), external=True)
    return sorted(map(str, target.glob("*.whl")))


@nox.session
def demo(session: nox.Session) -> None:
    """Open a bundled recording, show it, extract it, write it again."""
    install(session, *editable([ROOT, *PLUGINS]))
    session.run("python", "docs/demo/demo.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, with all plugins together in one environment."""
    install(session, *testable(*PLUGINS))
    pytest(session)


@nox.session
@nox.parametrize("plugin", [nox.param(folder, id=folder.name) for folder in PLUGINS])
def isolated(session: nox.Session, plugin: Path) -> None:
    """Run one plugin's tests with core and what that plugin declares, and nothing else."""
    install(session, *testable(plugin))
    pytest(session, str(plugin / "tests"))


@nox.session
def core(session: nox.Session) -> None:
    """Run core's tests with core alone: no plugin, no NumPy."""
    install(session, *testable())
    pytest(session, "tests/core")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run every test with the oldest libraries that the distributions say they take."""
    built = build(session, ROOT, "--all-packages")
    projects = [read(folder)["project"] for folder in (ROOT, *PLUGINS)]
    direct = [need for project in projects for need in project["dependencies"]]
    direct += projects[0]["optional-dependencies"]["testing"]
    session.install("--resolution", "lowest-direct", "--no-build", *built, *direct, *groups(PLUGINS))
    pytest(session)


NAME_PACKAGES = "import importlib.metadata as m; print(*m.packages_distributions())"

ASK_REGISTRY = """
import json, sys, wbtypes_core
registry = wbtypes_core.Registry.installed()
found = [f"{state.provider}: {state.reason}" for state in registry.check()]
found += [f"{tag}: {why}" for tag in json.loads(sys.argv[1]) if (why := registry.why(tag))]
sys.exit("\\n".join(found) or None)
"""


@nox.session
def wheels(session: nox.Session) -> None:
    """Build every sdist and wheel, install the wheels, and hold what they advertise against what they register."""
    built = build(session, ROOT, "--all-packages")
    for folder in (ROOT, *PLUGINS):
        if lacking := sorted(expected(folder) - contents(wheel_of(folder, built))):
            session.error(f"the wheel of {read(folder)['project']['name']} lacks {', '.join(lacking)}")
    install(session, *built)
    tags = [tag for folder in TYPES for tag in entry_points(folder, "wbtypes.types")]
    session.run("python", "-c", ASK_REGISTRY, json.dumps(tags))


def entry_points(folder: Path, group: str) -> dict[str, str]:
    """What a distribution advertises under one group."""
    points: dict[str, str] = read(folder)["project"].get("entry-points", {}).get(group, {})
    return points


def expected(folder: Path) -> set[str]:
    """The data files that a distribution's wheel must carry."""
    name = package(folder).name
    tags = entry_points(folder, "wbtypes.types")
    return {f"{name}/py.typed", "LICENSE", *(f"{name}/schemas/{tag.replace('/', '.')}.json" for tag in tags)}


def wheel_of(folder: Path, built: list[str]) -> str:
    """The one wheel among those built that is the folder's."""
    stem = read(folder)["project"]["name"].replace("-", "_")
    (wheel,) = (wheel for wheel in built if Path(wheel).name.startswith(f"{stem}-"))
    return wheel


def contents(wheel: str) -> set[str]:
    """The files in a wheel; a licence goes by its bare name."""
    with ZipFile(wheel) as archive:
        return {re.sub(r".*\.dist-info/licenses/", "", name) for name in archive.namelist()}


@nox.session
def lint(session: nox.Session) -> None:
    """Hold the style: ruff, and ruff's format."""
    install(session, "--group", "lint")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types: mypy over every package, mypy and pyright over what a user's code sees."""
    install(session, "--group", "types", *testable(*PLUGINS), "nox")
    sources = [str(package(folder)) for folder in (ROOT, *PLUGINS, *EXAMPLES)]
    session.run("mypy", "noxfile.py", *sources, "tests/typing")
    session.run("pyright", "tests/typing")


@nox.session
def imports(session: nox.Session) -> None:
    """Hold who may import whom, by import-linter."""
    install(session, "--group", "imports", *editable([ROOT, *PLUGINS]))
    names = session.run("python", "-c", NAME_PACKAGES, silent=True)
    config = Path(session.create_tmp(), "importlinter.toml")
    config.write_text("\n".join(contracts(set(str(names).split()))), encoding="utf-8")
    session.run("lint-imports", "--no-cache", "--config", str(config))


def contracts(installed: set[str]) -> Iterator[str]:
    """The import rules as import-linter reads them, for the plugins that are there and the packages `installed` beside them."""
    rules = read(ROOT)["tool"]["wbtypes"]["imports"]
    core = package(ROOT).name
    types = {folder.name: package(folder).name for folder in TYPES}
    tools = [package(folder).name for folder in PLUGINS if folder not in TYPES]
    ours = {core, *types.values(), *tools}
    natives = {name.split(".")[0] for folder in TYPES for name in entry_points(folder, "wbtypes.natives")}
    heavy = sorted((installed | natives) - ours - set(rules["light"]))

    yield "[tool.importlinter]"
    yield f"root_packages = {json.dumps(sorted(ours))}"
    yield "include_external_packages = true"
    yield "exclude_type_checking_imports = true"
    yield from forbid("core imports no plugin", [core], [*types.values(), *tools])
    # testing is an extra; what is handed to plain is an array already, so NumPy is there
    own = (f"{core}.testing.** -> *", f"{core}.plain -> numpy")
    yield from forbid("core imports attrs and pluggy alone", [core], heavy, *own)
    yield from forbid("tools import no type", tools, types.values())
    native = ("*.native -> *", "*.native.** -> *")
    yield from forbid("only native.py imports a library", types.values(), heavy, *native)
    for name, module in types.items():
        others = {types[other] for other in types.keys() - {name, *rules["siblings"].get(name, ())}}
        yield from forbid(f"{name} imports no tool, and no type but its own", [module], [*others, *tools])


def forbid(name: str, sources: Iterable[str], targets: Iterable[str], *but: str) -> Iterator[str]:
    """One contract: these sources import none of these targets themselves, `but` where it says so."""
    yield "[[tool.importlinter.contracts]]"
    yield f"name = {json.dumps(name)}"
    yield 'type = "forbidden"'
    yield f"source_modules = {json.dumps(sorted(sources))}"
    yield f"forbidden_modules = {json.dumps(sorted(targets))}"
    yield f"ignore_imports = {json.dumps(but)}"
    yield 'unmatched_ignore_imports_alerting = "none"'
    yield "allow_indirect_imports = true"


@nox.session
def docs(session: nox.Session) -> None:
    """Build the manual with warnings as errors, and run every example in it and in the READMEs."""
    install(session, "--group", "docs", *testable(*PLUGINS))
    strict = ["--fail-on-warning", "--keep-going", "--quiet", "--fresh-env"]
    session.run("sphinx-build", *strict, "--builder", "html", "docs", "docs/_build/html")
    pytest(session, "docs/tests")


@nox.session
def template(session: nox.Session) -> None:
    """Write packages with `wbtypes new`, outside the workspace; hold their style and types, build them, run their tests."""
    cli = ROOT / "plugins/tools/cli"
    install(session, "--group", "lint", "--group", "types", *testable(cli))
    with tempfile.TemporaryDirectory(prefix="wbtypes-template-") as folder:
        for kind in ("file", "value"):
            made = Path(folder, kind)
            session.run("wbtypes", "new", f"sample-{kind}", "--kind", kind, "--folder", str(made))
            install(session, *build(session, made))
            with session.chdir(made):
                session.run("ruff", "check")
                session.run("ruff", "format", "--check")
                session.run("mypy")
                pytest(session, "--config-file", "pyproject.toml", "tests")


@nox.session
@nox.parametrize("example", [nox.param(folder, id=folder.name) for folder in EXAMPLES])
def examples(session: nox.Session, example: Path) -> None:
    """Build one of the examples for plugin authors outside the workspace, and run its tests from its own folder."""
    copy = Path(session.create_tmp(), example.name)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(example, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    needed = [folder for folder in closure([copy]) if folder != copy]
    install(session, *testable(*needed), *groups([copy]), *build(session, copy))
    session.chdir(copy)
    pytest(session, "--config-file", "pyproject.toml", "tests")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against the real wandb client, which lives in an environment of its own."""
    install(session, *testable(*PLUGINS))
    python = install_wandb(session)
    pytest(session, "--capture=no", "tests/benchmarks", WBTYPES_WANDB_PYTHON=python)


@nox.session
def client(session: nox.Session) -> None:
    """Let the real wandb client read what we write: each `tests/client/<name>_write.py` here, then its `_read.py` over there."""
    install(session, *testable(*PLUGINS))
    python = install_wandb(session, "bokeh", "plotly", "soundfile")  # of which it makes values of its own
    place = Path(session.create_tmp(), "written").resolve()
    shutil.rmtree(place, ignore_errors=True)
    homes = ("HOME", *(f"WANDB_{each}_DIR" for each in ("ARTIFACT", "CACHE", "CONFIG", "DATA")), "WANDB_DIR")
    offline = {"WANDB_MODE": "offline", "WANDB_ERROR_REPORTING": "false", "WANDB_SILENT": "true"}
    for reader in sorted(ROOT.glob("tests/client/*_read.py")):
        name = reader.stem.removesuffix("_read")
        if session.posargs and name not in session.posargs:
            continue
        folder, home = place / name / "folder", place / name / "home"
        home.mkdir(parents=True)
        writer = reader.with_name(f"{name}_write.py")
        if writer.is_file():
            session.run("python", str(writer), str(folder))
        env = {**offline, **dict.fromkeys(homes, str(home))}
        session.run(python, str(reader), str(folder), env=env, external=True)


def install_wandb(session: nox.Session, *words: str) -> str:
    """Put the real client, with what the words name, into an environment of its own; returns its interpreter."""
    home = Path(session.create_tmp(), "client")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    session.run_install("uv", "venv", "--quiet", "--allow-existing", str(home), external=True)
    options = ["--python", str(python), "--constraints", str(CONSTRAINTS), "--group", "wandb"]
    session.run_install("uv", "pip", "install", "--quiet", *options, *words, external=True)
    return str(python)


@nox.session
def constraints(session: nox.Session) -> None:
    """Write `constraints.txt` anew: the newest version of everything that a session installs."""
    projects = {folder: read(folder) for folder in (ROOT, *PLUGINS, *EXAMPLES)}
    wanted = [*nox.project.load_toml(__file__)["dependencies"], f"--editable {ROOT}[testing]"]
    wanted += [f"--editable {folder}" for folder in (*PLUGINS, *EXAMPLES)]
    wanted += [need for project in projects.values() for need in project["build-system"]["requires"]]
    listed = Path(session.create_tmp(), "wanted.in")
    listed.write_text("\n".join(wanted), encoding="utf-8")
    own = [word for name in projects[ROOT]["dependency-groups"] for word in ("--group", name)]
    own += groups((*PLUGINS, *EXAMPLES))
    names = [project["project"]["name"] for project in projects.values()]
    ours = [word for name in names for word in ("--no-emit-package", name)]
    style = ["--universal", "--python-version=3.11", "--no-header", "--no-annotate", "--upgrade", "--quiet"]
    words = [*style, *ours, *own, "--output-file", str(CONSTRAINTS), str(listed)]
    session.run("uv", "pip", "compile", *words, external=True)


if __name__ == "__main__":
    os.chdir(ROOT)
    nox.main()
