"""`wbtypes diff`: what differs between two runs, and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wbtypes_cli import diff

pytestmark = pytest.mark.usefixtures("toys")

Begun = Callable[..., Any]
CLIENT = "wandb-client-artifact://"


@pytest.fixture
def begun(recording: Any, tmp_path: Path) -> Begun:
    """Begins a run of a name."""

    def begin(name: str, lr: float = 0.1) -> Any:
        folder = tmp_path / name
        folder.mkdir()
        made = type(recording)(folder)
        made.change(5, {"lr": lr, "opt": {"name": "sgd"}})
        return made

    return begin


def found(wbtypes: Any, left: Path, right: Path) -> list[dict[str, Any]]:
    done = wbtypes("diff", left, right, "--json")
    listed: list[dict[str, Any]] = json.loads(done.out)
    assert done.status == bool(listed)
    return listed


def test_equal_runs(wbtypes: Any, full: Path) -> None:
    done = wbtypes("diff", full, full)
    assert (done.status, done.out, done.err) == (0, "", "")


def test_times_names_and_ids_are_no_difference(wbtypes: Any, begun: Begun) -> None:
    runs: list[Path] = []
    for name, token in (("one", "a"), ("two", "b")):
        made = begun(name)
        node = {"_type": "toy-sketch", **made.file(f"media/{token}.png", b"same")}
        urls = {"artifact_path": f"{CLIENT}{token}/t", "_latest_artifact_path": f"{CLIENT}{token}:latest/t"}
        unnamed = {"_type": "toy-sketches", "filenames": [f"media/{token}.png"]}
        hashed = {"_type": "toy-sketches", "filenames": [f"media/{token}_0_{'0' * 20}.png"]}
        row = {"img": {**node, **urls}, "unnamed": unnamed, "hashed": hashed, "_runtime": len(runs)}
        made.record(2, b"")
        made.row(0, row)
        runs.append(made.end({"img": node, "_runtime": len(runs)}))
    assert found(wbtypes, *runs) == []


def test_of_a_path_only_the_end_is_looked_at(
    wbtypes: Any, begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(diff, "_HASHED", SimpleNamespace(search=looked.append))
    runs: list[Path] = []
    for token in ("a", "b"):  # and files that are not there end nothing
        made = begun(token)
        made.row(0, {"img": {"_type": "toy-sketch", "path": f"{token}/{f'_{0:020}.' * 10}/{'_' * 300}"}})
        runs.append(made.end())
    assert [each["path"] for each in found(wbtypes, *runs)] == [["img"]]
    assert set(looked) == {"_" * 255}


def test_differences_are_listed(wbtypes: Any, begun: Begun) -> None:
    left, right = begun("one"), begun("two", lr=0.2)
    for made, data in ((left, b"left"), (right, b"right")):
        made.row(
            0, {"loss": 1.0, "same": 1, "img": {"_type": "toy-sketch", **made.file("media/i.png", data)}}
        )
    left.row(1, {"loss": 2, "same": 1})
    right.row(1, {"loss": 3, "same": 1, "more": [1]})
    left.row(2, {"loss": 4})
    right.row(2, {"loss": 5})
    left.row(3, {"loss": 6})
    listed = found(wbtypes, left.end({"best": {"a": 1, "b": 2}}), right.end({"best": {"a": 1}}))
    assert [(each["where"], each["path"], each["rows"], each["step"]) for each in listed] == [
        ("config", ["lr"], 0, None),
        ("summary", ["best", "b"], 0, None),
        ("history", ["img"], 1, 0),
        ("history", ["loss"], 2, 1),
        ("history", ["more"], 1, 1),
        ("history", [], 1, 3),
    ]
    assert (listed[0]["left"], listed[0]["right"]) == (0.1, 0.2)
    assert (listed[1]["left"], "right" in listed[1]) == (2, False)
    assert (listed[3]["left"], listed[3]["right"]) == (2, 3)
    assert (listed[5]["left"], "right" in listed[5]) == ({"loss": 6}, False)


def test_the_page(wbtypes: Any, begun: Begun) -> None:
    left, right = begun("one"), begun("two", lr=0.2)
    left.row(4, {"loss": 1})
    done = wbtypes("diff", left.end(), right.end())
    assert done.status == 1
    assert done.out.splitlines() == [
        "where    key           rows  step  left         right",
        "config   lr                        0.1          0.2",
        "history  (whole rows)  1     4     {'loss': 1}  -",
    ]


def test_a_value_is_shown_by_its_looks_and_its_digest(wbtypes: Any, begun: Begun) -> None:
    runs = []
    for name, data in (("one", b"left"), ("two", b"right")):
        made = begun(name)
        made.row(0, {"img": {"_type": "toy-sketch", **made.file(f"media/{name}.png", data), "width": 3}})
        runs.append(made.end())
    digests = [hashlib.sha256(data).hexdigest()[:8] for data in (b"left", b"right")]
    _, line = wbtypes("diff", *runs).out.splitlines()
    assert re.split(" {2,}", line)[-2:] == [f"Sketch: 3 wide, None, 0 stains #{digest}" for digest in digests]


def test_how_equal_values_were_written_is_no_difference(wbtypes: Any, begun: Begun) -> None:
    """As with tables that two clients wrote."""
    left, right = begun("one"), begun("two")
    for made, counts in ((left, [1, 2]), (right, [2, 1])):
        tally = {"_type": "toy-tally", "counts": counts}
        made.row(0, {"tally": tally, "list": [tally], "deep": {"below": tally}})
    right.row(1, {"tally": {"_type": "toy-tally", "counts": [1]}, "list": [1]})
    left.row(1, {"tally": {"_type": "toy-tally", "counts": [2]}, "list": [1, 1]})
    listed = found(wbtypes, left.end(), right.end())
    assert [(each["path"], each["rows"], each["step"]) for each in listed] == [
        (["tally"], 1, 1),
        (["list"], 1, 1),
    ]


def test_damage_that_both_have_is_told(wbtypes: Any, begun: Begun) -> None:
    runs: list[Path] = []
    for name in ("one", "two"):
        made = begun(name)
        made.row(0, {"unique": name})
        folder = made.end()
        made.path.write_bytes(made.path.read_bytes().replace(b"unique", b"UNIQUE"))
        runs.append(folder)
    done = wbtypes("diff", *runs)
    assert (done.status, done.out, len(done.lines)) == (1, "", 2)
    for run, line in zip(runs, done.lines, strict=True):
        assert line.startswith(f"wbtypes: error: {run}: ") and "checksum" in line


def test_deep_trees_are_compared_too(wbtypes: Any, begun: Begun) -> None:
    deep = ["[" * 400 + str(number) + "]" * 400 for number in range(2)]
    runs = [begun(name) for name in ("one", "two", "three")]
    for made, text in zip(runs, (deep[0], deep[0], deep[1]), strict=True):
        made.row(0, {"deep": text.encode()})
    one, two, three = (made.end() for made in runs)
    assert found(wbtypes, one, two) == []
    assert [each["path"] for each in found(wbtypes, one, three)] == [["deep"]]
