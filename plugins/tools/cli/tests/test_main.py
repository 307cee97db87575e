"""The front door: help, names of commands, statuses, streams."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path
from typing import Any

import pytest

from wbtypes_cli import main as front
from wbtypes_core import index

FOLDER = Path(__file__).parents[1]
COMMAND = (sys.executable, "-m", "wbtypes_cli")


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help(wbtypes: Any, words: tuple[str, ...]) -> None:
    done = wbtypes(*words)
    assert (done.status, done.out, done.err) == (0, front.HELP, "")


def test_help_names_our_commands_as_they_name_themselves(wbtypes: Any) -> None:
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = dict(re.findall(r"^  (\w+) .*?  +(\S.*\.)$", front.HELP, re.MULTILINE))
    assert told.keys() == project["entry-points"]["wbtypes.commands"].keys()
    for name, summary in told.items():
        assert summary in wbtypes("help", name).out


def test_help_loads_neither_core_nor_plugins() -> None:
    code = "import sys; from wbtypes_cli.main import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.removeprefix(front.HELP).split()
    assert {"wbtypes_cli.main"} <= set(loaded)
    assert not {"argparse", "attrs", "importlib.metadata", "rich", "wbtypes_core", "wbtypes_runs"} & set(
        loaded
    )


def test_version(wbtypes: Any) -> None:
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert wbtypes("--version").out == f"wbtypes {project['version']}\n"


@pytest.mark.parametrize("name", ["show", "extract", "plugins", "help"])
def test_help_of_a_command(wbtypes: Any, name: str) -> None:
    done = wbtypes(name, "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"usage: wbtypes {name}")
    assert done.out == wbtypes("help", name).out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("shw",), "shw: no such command; did you mean show? wbtypes help lists them all"),
        (("qqq",), "qqq: no such command; wbtypes help lists them all"),
        (
            ("--verbose", "show"),
            "--verbose: no such option; options go after the command, wbtypes --help shows how",
        ),
        (
            ("show",),
            "show: the following arguments are required: RUN; wbtypes show --help shows how it is called",
        ),
        (("show", "a", "b"), "show: unrecognized arguments: b; wbtypes show --help shows how it is called"),
        (
            ("extract", "a"),
            "extract: the following arguments are required: --to; wbtypes extract --help shows how it is called",
        ),
        (
            ("show", "a", "--js"),
            "show: unrecognized arguments: --js; wbtypes show --help shows how it is called",
        ),
        (("help", "shw"), "shw: no such command; did you mean show? wbtypes help lists them all"),
    ],
)
def test_wrong_calls(wbtypes: Any, words: tuple[str, ...], line: str) -> None:
    done = wbtypes(*words)
    assert (done.status, done.out, done.lines) == (2, "", [f"wbtypes: error: {line}"])


# -- commands of others -------------------------------------------------------------------------------------------

ALIEN = '''
"""A command of somebody else."""

def command(parser):
    """Count to a number.

    One by one.
    """
    parser.add_argument("number", type=int)
    parser.set_defaults(run_command=count)

def count(args):
    import warnings
    from wbtypes_cli import Refusal
    if args.number < 0:
        raise Refusal("a number below zero: nothing to count; say 1 or more")
    if args.number > 9:
        raise RuntimeError("too\\nmany")
    if args.number == 9:
        warnings.warn("nine\\x1b is much", stacklevel=1)
    print(*range(args.number))
    return args.number % 2
'''


@pytest.fixture
def alien(install: Any) -> None:
    install("alien", {"commands": {"count": "alien_count:command"}}, {"alien_count": ALIEN})


@pytest.mark.usefixtures("alien")
def test_a_third_partys_command(wbtypes: Any) -> None:
    assert (wbtypes("count", 4).status, wbtypes("count", 3).status) == (0, 1)
    assert wbtypes("count", 2).out == "0 1\n"
    assert "count    alien==1.0          Count to a number." in wbtypes("help").out
    assert "One by one." in wbtypes("count", "--help").out


@pytest.mark.usefixtures("alien")
@pytest.mark.parametrize(
    ("number", "line"),
    [
        ("-1", "error: a number below zero: nothing to count; say 1 or more"),
        ("10", "error: RuntimeError: too\\nmany; please report this with what WBTYPES_DEBUG=1 shows"),
        (
            "x",
            "error: count: argument number: invalid int value: 'x'; wbtypes count --help shows how it is called",
        ),
    ],
)
def test_what_it_raises_is_one_line(wbtypes: Any, number: str, line: str) -> None:
    words = ("count", "--", number) if number.startswith("-") else ("count", number)
    done = wbtypes(*words)
    assert (done.status, done.out, done.lines) == (2, "", [f"wbtypes: {line}"])


@pytest.mark.usefixtures("alien")
def test_its_warnings_are_one_line(wbtypes: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert wbtypes("count", 9).lines == ["wbtypes: warning: nine\\x1b is much"]


@pytest.mark.usefixtures("alien")
def test_debug_shows_where(wbtypes: Any, program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Traceback" in program("count", 10, WBTYPES_DEBUG="1").err
    monkeypatch.setenv("WBTYPES_DEBUG", "1")
    with pytest.raises(RuntimeError):
        wbtypes("count", 10)


def test_a_command_that_cannot_be_loaded(wbtypes: Any, install: Any) -> None:
    install("alien", {"commands": {"count": "alien_count:command"}}, {"alien_count": "1 / 0"})
    line = (
        "wbtypes: error: count: alien==1.0 does not work: ZeroDivisionError: division by zero; "
        "reinstall it, or tell its author"
    )
    assert wbtypes("count").lines == [line]
    done = wbtypes("help")
    assert (done.status, done.lines) == (2, [line])
    assert "show" in done.out


def test_two_packages_with_one_command(wbtypes: Any, install: Any) -> None:
    for name in ("alien-a", "alien-b"):
        install(name, {"commands": {"count": "alien_count:command"}}, {"alien_count": ALIEN})
    done = wbtypes("count", 1)
    assert done.status == 2
    assert re.fullmatch(
        r"wbtypes: error: count: alien-[ab]==1\.0 and alien-[ab]==1\.0 both have this command; uninstall one",
        done.lines[0],
    )


# -- streams ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("toys")
def test_a_terminal_of_few_characters(full: Path, program: Any) -> None:
    done = program("show", full, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.status, done.err) == (0, "")
    assert "'h\\xe9" in done.out


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise there")
def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "import sys; from wbtypes_cli.main import main; sys.exit(main(['help']))"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(os.name == "nt", reason="shells are others there")
@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("help >&-", 0, ""),
        ("help 2>&- >/dev/null", 0, ""),
        ("nothing 2>&-", 2, ""),
        ("nothing 2>/dev/full", 2, ""),
        (
            "help >/dev/full",
            2,
            "wbtypes: error: No space left on device; make room, or choose another place\n",
        ),
    ],
)
def test_streams_that_take_nothing(words: str, status: int, said: str) -> None:
    if "/dev/full" in words and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join(COMMAND)} {words}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
@pytest.mark.usefixtures("install")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_quietly_and_leaves_nothing(
    tmp_path: Path, install: Any, begin: Any, number: int, status: int
) -> None:
    slow = "def command(parser):\n    parser.set_defaults(run_command=wait)\n"
    slow += "def wait(args):\n    from pathlib import Path\n    import time\n    from wbtypes_cli.folder import whole_folder\n"
    slow += "    with whole_folder(Path('out'), last='x') as folder:\n"
    slow += "        (folder / 'x').touch()\n        print('begun', flush=True)\n        time.sleep(60)\n"
    install("alien", {"commands": {"wait": "alien_wait:command"}}, {"alien_wait": slow})
    process = begin("wait")
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == status
    assert not (tmp_path / "out").exists()


def test_it_may_run_beside_the_main_thread(capsys: pytest.CaptureFixture[str]) -> None:
    import threading

    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(front.main(["plugins", "--json"])))
    thread.start()
    thread.join()
    assert statuses == [0]


def test_plugins(wbtypes: Any, toys: None) -> None:
    import json

    found = {each["distribution"]: each for each in json.loads(wbtypes("plugins", "--json").out)}
    assert found["wbtypes-sketch"] == {
        "distribution": "wbtypes-sketch",
        "version": "1.0",
        "module": "wbtypes_sketch",
        "tags": ["toy-sketch", "toy-sketches", "toy-stain", "toy-tally"],
        "natives": [],
        "state": "available",
        "reason": None,
    }
    assert re.search(
        r"^wbtypes-sketch +1\.0 +available +toy-sketch, toy-sketches, ", wbtypes("plugins").out, re.MULTILINE
    )
    done = wbtypes("plugins", "--check")
    assert (done.status, done.err) == (0, "")
    assert re.search(r"^wbtypes-sketch +1\.0 +loaded ", done.out, re.MULTILINE)


def test_plugins_that_do_not_work(wbtypes: Any, install: Any) -> None:
    install("alien", {"types": {"alien": "alien_plugin"}}, {"alien_plugin": "raise OSError('no\\nway')"})
    assert wbtypes("plugins").status == 0
    done = wbtypes("plugins", "--check")
    assert done.status == 1
    assert re.search(r"^alien +1\.0 +broken +alien$", done.out, re.MULTILINE)
    assert done.lines == [
        "wbtypes: error: the plugin alien==1.0 does not work: OSError: no way; reinstall it, or report this to its author"
    ]


def test_no_plugins(wbtypes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from wbtypes_core import registry

    monkeypatch.setattr(registry, "_default", registry.Registry(index.Index(()), registry._Policy()))
    entries = tuple(entry for entry in index.installed().entries if entry.group == "commands")
    monkeypatch.setattr(index, "_installed", index.Index(entries))
    assert wbtypes("plugins").out == "no type package is installed; for example: pip install wbtypes-image\n"
    assert wbtypes("plugins", "--json").out == "[]\n"
