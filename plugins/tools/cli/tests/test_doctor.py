"""`wbtypes doctor`: whatever is wrong with an installation is told, and costs the doctor nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from wbtypes_cli import doctor
from wbtypes_core import __version__ as core_version

PLUGIN = """
from wbtypes_core import Codec, WBValue, hookimpl
from attrs import frozen

@frozen(kw_only=True)
class Thing(WBValue):
    pass

class ThingCodec(Codec):
    tag, value_type = "{tag}", Thing

    def encode(self, value, ctx):
        return {{}}

    def decode(self, node, ctx):
        return Thing()

@hookimpl
def wbtypes_register(types):
    types.add(ThingCodec())
"""


@define
class Ward:
    """Installs packages for a test, and has the doctor examine those."""

    install: Callable[..., Path]
    wbtypes: Any
    names: list[str] = field(factory=list)

    def __call__(self, name: str, points: dict[str, dict[str, str]], **modules: str) -> Path:
        self.names.append(name)
        return self.install(name, points, modules)

    def examine(self) -> tuple[Any, Any]:
        """How the command ended, and what it printed."""
        done = self.wbtypes("doctor", "--json", *self.names)
        return done, json.loads(done.out)


@pytest.fixture
def ward(install: Callable[..., Path], wbtypes: Any) -> Ward:
    """The packages of a test."""
    return Ward(install, wbtypes)


def types(tag: str, module: str) -> dict[str, dict[str, str]]:
    return {"types": {tag: module}}


def test_what_is_sound_is_told_with_its_time(ward: Ward) -> None:
    ward(
        "a-sound",
        {**types("s", "sound_one"), "values": {"Thing": "sound_one:Thing"}},
        sound_one=PLUGIN.format(tag="s"),
    )
    done, said = ward.examine()
    assert (done.status, done.err, said["problems"]) == (0, "", [])
    (package,) = said["packages"]
    assert package["state"] == "works"
    assert 0 < package["seconds"] < doctor.PATIENCE
    assert package["brings"] == {"types": ["s"], "values": ["Thing"]}
    assert said["wbtypes-core"] == core_version
    assert "sound_one" not in sys.modules


def test_the_table(ward: Ward) -> None:
    site = ward(
        "a-sound", {**types("s", "sound_one"), "hooks": {"h": "sound_one"}}, sound_one=PLUGIN.format(tag="s")
    )
    plain, verbose = (ward.wbtypes("doctor", "a-sound", *words).out for words in ((), ("-v",)))
    assert plain.startswith(f"wbtypes-core {core_version}, Python 3.")
    assert "s; hooks: h" in plain
    assert str(site) in verbose
    assert str(site) not in plain


BROKEN = {
    "import": (
        "import no_such_library",
        "does not work: ModuleNotFoundError: No module named 'no_such_library'",
    ),
    "lie": (PLUGIN.format(tag="other"), "registered but not advertised: other"),
    "leave": ("import os; os._exit(3)", "ends Python when it is loaded: exit status 3"),
    "signal": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ends Python with signal 9"),
    "exit": ("import sys; sys.exit('so long')", "does not work: SystemExit: so long"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_broken_is_told_and_all_others_are_examined(ward: Ward, fault: str) -> None:
    source, words = BROKEN[fault]
    ward("a-broken", types("b", "broken_one"), broken_one=source)
    ward("a-sound", types("s", "sound_one"), sound_one=PLUGIN.format(tag="s"))
    done, said = ward.examine()
    assert done.status == 1
    (problem,) = said["problems"]
    assert problem.partition("a-broken==1.0")[1] and words in problem
    assert done.lines == [f"wbtypes: error: {problem}"]
    assert {each["distribution"]: each["state"] for each in said["packages"]} == {
        "a-broken": "broken",
        "a-sound": "works",
    }


def test_what_hangs_is_given_up(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 3)
    ward("a-slow", types("b", "slow_one"), slow_one="import time; time.sleep(600)")
    done, said = ward.examine()
    assert (done.status, said["problems"]) == (
        1,
        ["a-slow==1.0 is not loaded after 3 seconds; tell its author"],
    )


def test_what_prints_while_it_is_loaded_disturbs_nothing(ward: Ward) -> None:
    ward("a-loud", types("s", "loud_one"), loud_one="print('{loud}')\n" + PLUGIN.format(tag="s"))
    done, said = ward.examine()
    assert (done.status, said["problems"]) == (0, [])


def test_the_folder_it_runs_in_is_not_imported_from(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pluggy.py").write_text("raise RuntimeError('data became code')")
    monkeypatch.chdir(tmp_path)
    ward("a-sound", types("s", "sound_one"), sound_one=PLUGIN.format(tag="s"))
    done, said = ward.examine()
    assert (done.status, said["problems"]) == (0, [])


def test_where_a_package_is_is_told_when_asked(ward: Ward) -> None:
    site = ward("a-sound", types("s", "sound_one"), sound_one=PLUGIN.format(tag="s"))
    (package,) = json.loads(ward.wbtypes("doctor", "--json", "-v", "a-sound").out)["packages"]
    assert package["location"] == str(site)
    assert "location" not in ward.examine()[1]["packages"][0]


def test_rivals_are_told_and_a_wish_settles_it(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    for side in ("left", "right"):
        ward(f"a-{side}", types("both", f"{side}_one"), **{f"{side}_one": PLUGIN.format(tag="both")})
    done, said = ward.examine()
    assert done.status == 1
    assert [problem.partition(":")[0] for problem in said["problems"]] == [
        "a-left==1.0 and a-right==1.0 both claim 'both'"
    ]
    assert {each["state"] for each in said["packages"]} == {"contested"}
    monkeypatch.setenv("WBTYPES_PREFER", "both=a-left")
    done, said = ward.examine()
    assert (done.status, said["problems"]) == (0, [])
    assert said["settings"] == {"WBTYPES_PREFER": "both=a-left"}


def test_what_is_blocked_is_not_loaded(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WBTYPES_BLOCK", "a-broken")
    ward("a-broken", types("b", "broken_one"), broken_one="raise RuntimeError")
    done, said = ward.examine()
    assert (done.status, said["problems"]) == (0, [])
    assert [(each["state"], each["seconds"]) for each in said["packages"]] == [("blocked", None)]
    assert "WBTYPES_BLOCK=a-broken" in ward.wbtypes("doctor", *ward.names).out


def test_strictness_does_not_end_the_doctor(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WBTYPES_STRICT", "1")
    ward("a-hook", {"hooks": {"h": "hook_one"}}, hook_one="raise RuntimeError('no luck')")
    done, said = ward.examine()
    assert done.status == 1
    assert "a-hook==1.0 does not work: RuntimeError: no luck" in said["problems"][0]


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("WBTYPES_BLOCK", "a-sound, no-such", "WBTYPES_BLOCK names no-such, and no package by that name"),
        ("WBTYPES_LOAD", "sound_one,nothing", "WBTYPES_LOAD names nothing, and no package by that name"),
        ("WBTYPES_PREFER", "s=nobody", "WBTYPES_PREFER says s=nobody, and no installed package claims that"),
        ("WBTYPES_PREFER", "a-sound", "WBTYPES_PREFER says a-sound, and no installed package claims that"),
    ],
)
def test_settings_that_name_what_is_not_there(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, words: str
) -> None:
    ward("a-sound", types("s", "sound_one"), sound_one=PLUGIN.format(tag="s"))
    monkeypatch.setenv(setting, value)
    done, said = ward.examine()
    assert done.status == 1
    (problem,) = said["problems"]
    assert problem.startswith(words)


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (
            "wbtypes-core>=2,<3",
            f"requires wbtypes-core<3,>=2, and {core_version} is installed: install versions that go",
        ),
        (
            "no-such-thing>=1",
            "requires no-such-thing>=1, which is not installed: pip install 'no-such-thing>=1'",
        ),
        ("not a requirement", "requires 'not a requirement', which nothing can read: tell its author"),
        ("attrs>=22; python_version < '3'", None),
        ("no-such-thing; extra == 'more'", None),
        ("wbtypes_core[testing]>=1.0.0.dev1,<2", None),
    ],
)
def test_requirements_that_are_not_met(ward: Ward, need: str, words: str | None) -> None:
    site = ward("a-sound", types("s", "sound_one"), sound_one=PLUGIN.format(tag="s"))
    metadata = site / "a_sound-1.0.dist-info" / "METADATA"
    metadata.write_text(f"{metadata.read_text()}Requires-Dist: {need}\n")
    done, said = ward.examine()
    assert [each["state"] for each in said["packages"]] == ["works" if words is None else "unfit"]
    assert done.status == (0 if words is None else 1)
    assert all(
        words is not None and problem.startswith(f"a-sound==1.0 {words}") for problem in said["problems"]
    )
    assert len(said["problems"]) == (0 if words is None else 1)


@pytest.mark.parametrize(("group", "word"), [("values", "a class"), ("commands", "a command")])
def test_two_owners_of_a_name(ward: Ward, group: str, word: str) -> None:
    for side in ("left", "right"):
        source = {f"{side}_one": PLUGIN.format(tag=side)}
        ward(f"a-{side}", {**types(side, f"{side}_one"), group: {"Thing": f"{side}_one:Thing"}}, **source)
    done, said = ward.examine()
    assert done.status == 1
    assert said["problems"] == [f"a-left and a-right both bring {word} named Thing: uninstall one"]


def test_a_class_that_is_not_where_its_entry_point_says(ward: Ward) -> None:
    points = {**types("s", "sound_one"), "values": {"Gone": "sound_one:Gone"}}
    ward("a-sound", points, sound_one=PLUGIN.format(tag="s"))
    done, said = ward.examine()
    assert done.status == 1
    assert said["problems"][0].startswith("Gone: a-sound==1.0 does not work: AttributeError")


def test_all_are_examined_unless_some_are_named(ward: Ward) -> None:
    ward("a-sound", types("s", "sound_one"), sound_one=PLUGIN.format(tag="s"))
    every = json.loads(ward.wbtypes("doctor", "--json").out)["packages"]
    assert {"a-sound", "wbtypes-cli"} <= {each["distribution"] for each in every}
    done = ward.wbtypes("doctor", "no-such")
    assert (done.status, done.out) == (2, "")
    assert "no-such: no package of wbtypes by that name is installed" in done.err
