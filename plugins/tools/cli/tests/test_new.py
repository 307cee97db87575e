"""`wbtypes new`: what it writes is whole, sound and works; what it cannot write it refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import pytest

KINDS = ("file", "value")

LONG = ("--class", "Abcdefghij0123456789Abcdefghij", "--tag", "A.2345678_0-bcd/efghijlmnopqrs")


def written(folder: Path) -> dict[str, str]:
    """Every file of a folder with its text."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_is_whole(wbtypes: Any, tmp_path: Path, kind: str) -> None:
    made = tmp_path / "made"
    done = wbtypes("new", "Key_Points", "--kind", kind, "--folder", made, "--tag", "key/points", "--json")
    assert (done.status, done.err) == (0, "")
    files = written(made)
    assert sorted(files) == json.loads(done.out)["files"]
    assert {path for path in files if "/" not in path} == {
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "noxfile.py",
        "pyproject.toml",
    }
    package = "src/wbtypes_key_points"
    rooms = ("__init__.py", "codec.py", "native.py", "plugin.py", "py.typed", "values.py")
    assert {f"{package}/{name}" for name in (*rooms, "schemas/key.points.json")} <= files.keys()
    assert {f"tests/test_{name}.py" for name in ("conformance", "native", "values")} <= files.keys()
    assert sum(path.startswith("tests/corpus/key.points/") for path in files) >= 2
    assert not [path for path, text in files.items() if "{{" in path + text]


@pytest.mark.parametrize("kind", KINDS)
def test_it_advertises_what_it_registers(wbtypes: Any, tmp_path: Path, kind: str) -> None:
    made = tmp_path / "made"
    wbtypes("new", "key-points", "--kind", kind, "--folder", made)
    project = tomllib.loads((made / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tag = "key-points-file" if kind == "file" else "key-points"
    assert project["name"] == "wbtypes-key-points"
    assert project["entry-points"] == {
        "wbtypes.types": {tag: "wbtypes_key_points.plugin"},
        "wbtypes.values": {"KeyPoints": "wbtypes_key_points:KeyPoints"},
    }
    (core,) = (need for need in project["dependencies"] if need.startswith("wbtypes-core"))
    assert re.fullmatch(r"wbtypes-core>=(\d+)[\d.]*,<(\d+)", core)
    schema = json.loads((made / f"src/wbtypes_key_points/schemas/{tag}.json").read_text(encoding="utf-8"))
    assert schema["$id"] == f"urn:wbtypes:schema:{tag}:1"


def test_names_may_carry_the_prefix(wbtypes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert wbtypes("new", "wbtypes-story").out.startswith("wbtypes-story: Story, written as story-file, in ")
    assert (tmp_path / "wbtypes-story/src/wbtypes_story/values.py").is_file()


INSTALLED = """\
Metadata-Version: 2.1
Name: {distribution}
Version: 0.1.0
"""


@pytest.mark.parametrize(
    ("kind", "words"), [("file", ("a",)), ("value", ("b" * 30, *LONG))], ids=("short", "long")
)
def test_it_passes_its_own_tests(wbtypes: Any, tmp_path: Path, kind: str, words: tuple[str, ...]) -> None:
    """Installed as metadata and a folder on the path; the `template` session builds and installs it truly."""
    made, site = tmp_path / "made", tmp_path / "site"
    said = json.loads(wbtypes("new", *words, "--kind", kind, "--folder", made, "--json").out)
    info = site / f"{said['package']}-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(INSTALLED.format_map(said))
    points = tomllib.loads((made / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    lines = [
        f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in each.items()) for group, each in points.items()
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
    path = os.pathsep.join(map(str, (site, made / "src")))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=made,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
    (example,) = re.findall(
        r"^```python\n(.*?)^```", (made / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    done = subprocess.run(
        [sys.executable, "-c", example],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("3d",),
            "3d: is no name for a package; letters, digits and hyphens are, 30 at most, a letter first",
        ),
        (("a/b",), "a/b: is no name"),
        (("ä",), "ä: is no name"),
        (("wbtypes-",), "wbtypes-: is no name"),
        (("a" * 31,), "is no name for a package"),
        (
            ("a", "--tag", "a b"),
            "--tag a b: is no tag; letters, digits and -_. are, and / between them, 30 at most",
        ),
        (("a", "--tag", "../a"), "--tag ../a: is no tag"),
        (("a", "--tag", "a//b"), "--tag a//b: is no tag"),
        (("a", "--tag", 'a"'), '--tag a": is no tag'),
        (("a", "--tag", "a=b"), "--tag a=b: is no tag"),
        (("a", "--class", "lower"), "--class lower: is no name for a class; write it as KeyPoints"),
        (("a", "--class", "A-B"), "--class A-B: is no name for a class"),
        (("a", "--class", "None"), "--class None: is no name for a class"),
        (("a", "--class", "Media"), "--class Media: is what Python or wbtypes calls something else by"),
        (
            ("a", "--class", "TypeError"),
            "--class TypeError: is what Python or wbtypes calls something else by",
        ),
        (("a", "--author", 'x" }'), "--author: is a name in one line"),
        (("a", "--author", " "), "--author: is a name in one line"),
        (("a", "--author", "x\ny"), "--author: is a name in one line"),
    ],
)
def test_what_is_no_name_is_refused(wbtypes: Any, tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    made = tmp_path / "made"
    done = wbtypes("new", *words, "--folder", made)
    assert (done.status, done.out, len(done.lines)) == (2, "", 1)
    assert line in done.err
    assert not made.exists()


def test_nothing_is_overwritten(wbtypes: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("mine")
    done = wbtypes("new", "a", "--folder", tmp_path)
    assert done.status == 2
    assert "is not empty; nothing is overwritten" in done.err
    assert written(tmp_path) == {"mine.py": "mine"}


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        (
            ("sketch",),
            "wbtypes-sketch is installed already: installing yours replaces it; choose another NAME",
        ),
        (("table",), "wbtypes-table is "),
        (
            ("other", "--tag", "toy-sketch"),
            "wbtypes-sketch reads toy-sketch too: where both are installed neither",
        ),
        (("other", "--tag", "table-file"), "wbtypes-table reads table-file too"),
        (
            ("other", "--class", "Table"),
            "wbtypes-table has a Table too: `from wbtypes import Table` is unclear",
        ),
    ],
)
def test_a_clash_is_told_and_left_to_the_author(
    wbtypes: Any, toys: None, tmp_path: Path, words: tuple[str, ...], warning: str
) -> None:
    done = wbtypes("new", *words, "--folder", tmp_path / "made")
    assert done.status == 0
    assert f"wbtypes: warning: {warning}" in done.err
    assert (tmp_path / "made/pyproject.toml").is_file()


def test_a_new_name_clashes_with_nothing(wbtypes: Any, tmp_path: Path) -> None:
    assert wbtypes("new", "no-such-thing", "--folder", tmp_path / "made").err == ""


def test_every_file_of_the_template_is_one() -> None:
    """A file without the ending would be left out without a word."""
    template = Path(str(resources("wbtypes_cli"))) / "template"
    paths = [path for path in template.rglob("*") if path.is_file()]
    assert paths
    assert {path.suffix for path in paths} == {".jinja"}
