"""`wbtypes explain`: what is true of a value is said, and what is wrong with it is not overlooked."""

from __future__ import annotations

import hashlib
import io
import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wbtypes_core
from wbtypes_cli.account import accounts
from wbtypes_core import DirectoryStore, Limits, default_registry, jsonio
from wbtypes_core.testing import mutations

SKETCH = {"_type": "toy-sketch", "path": "media/s.png", "width": 7}
TALLY = {"_type": "toy-tally", "counts": [1, 2]}


def explain(wbtypes: Any, document: Any, *words: object) -> tuple[int, list[Any]]:
    done = wbtypes("explain", json.dumps(document), "--json", *words)
    assert done.err == ""
    return done.status, json.loads(done.out)


def put(folder: Path, path: str, data: bytes) -> dict[str, Any]:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def test_a_value_is_explained(wbtypes: Any, toys: None, tmp_path: Path) -> None:
    stain = {"_type": "toy-stain", **put(tmp_path, "media/stain.png", b"stain")}
    node = {**SKETCH, **put(tmp_path, "media/s.png", b"sketch"), "caption": "a cat", "stains": {"ink": stain}}
    status, (said,) = explain(wbtypes, node, "--files", tmp_path)
    assert status == 0
    assert said == {
        "path": [],
        "type": "toy-sketch",
        "class": "Sketch",
        "looks": "7 wide, 'a cat', 1 stains",
        "package": "wbtypes-sketch==1.0",
        "form": None,  # the toys are read, and forget their width and stains when they are written
        "files": [
            {"path": "media/s.png", "state": "there, 6 bytes, as stated", "problem": False},
            {"path": "media/stain.png", "state": "there, 5 bytes, as stated", "problem": False},
        ],
        "odd": ["written again, it is not quite the same JSON"],
        "problems": [],
    }


def test_it_is_printed_for_people(wbtypes: Any, toys: None, tmp_path: Path) -> None:
    row = {"loss": 1, "val": [{**TALLY, "new\x1b": 1}], "gone": {**SKETCH, "path": "no.png"}}
    file = tmp_path / "row.json"
    file.write_text(json.dumps(row))
    done = wbtypes("explain", file)
    assert (done.status, done.err) == (1, "")
    assert done.out.splitlines() == [
        '["val"][0]: Tally, toy-tally, read by wbtypes-sketch==1.0, in the run or artifact form',
        "  looks    2 counts",
        "  odd      keys that Tally does not know, kept: new\\x1b",
        '["gone"]: Sketch, toy-sketch, read by wbtypes-sketch==1.0',
        "  looks    7 wide, None, 0 stains",
        f"  WRONG    no.png: missing-file: no.png is not in {tmp_path}; copy it there, or pass the source that has it",
        "  odd      written again, it is not quite the same JSON",
    ]


def test_each_value_of_a_row_is_explained(wbtypes: Any, toys: None) -> None:
    pair = {"_type": "toy-sketches", "sketches": [SKETCH, {**SKETCH, "path": "t.png"}]}
    status, said = explain(wbtypes, {"a": TALLY, "b": {"c": [pair, 3]}, "_step": 4})
    assert status == 0
    assert [(each["path"], each["class"]) for each in said] == [
        (["a"], "Tally"),
        (["b", "c", 0], "Sketch batch"),
    ]
    assert [each["path"] for each in said[1]["files"]] == ["media/s.png", "t.png"]
    assert {each["state"] for each in said[1]["files"]} == {"not looked for: --files names the folder"}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"path": "gone.png"}, "missing-file: "),
        ({"path": "../x.png"}, "unsafe-path: the path '../x.png' leaves its folder"),
        ({"path": "/etc/passwd"}, "unsafe-path: "),
        ({"sha256": "0" * 64}, "altered: 6 bytes, and not what the value says"),
        ({"size": 7}, "altered: 6 bytes"),
    ],
)
def test_a_file_that_is_not_what_the_value_says(
    wbtypes: Any, toys: None, tmp_path: Path, change: dict[str, Any], state: str
) -> None:
    node = {"_type": "toy-stain", **put(tmp_path, "media/s.png", b"sketch"), **change}
    status, (said,) = explain(wbtypes, node, "--files", tmp_path)
    assert status == 1
    (file,) = said["files"]
    assert file["problem"]
    assert file["state"].startswith(state)


@pytest.mark.parametrize(
    "name", [{"path": "s3://bucket/x.png"}, {"artifact_path": "wandb-artifact://00/x.png"}]
)
def test_a_reference_is_not_looked_for(
    wbtypes: Any, toys: None, tmp_path: Path, name: dict[str, str]
) -> None:
    status, (said,) = explain(wbtypes, {"_type": "toy-stain", **name}, "--files", tmp_path)
    assert (status, said["files"][0]["state"][:16]) == (0, "only a reference")


def test_nothing_is_written(wbtypes: Any, toys: None, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    node = {"_type": "toy-stain", **put(folder, "media/s.png", b"sketch")}
    assert explain(wbtypes, node, "--files", folder)[1][0]["form"] == "run"
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["s.png"]


def test_which_form_it_is_in(wbtypes: Any, toys: None) -> None:
    file = {"path": "x.png", "sha256": "0" * 64}
    assert explain(wbtypes, {"_type": "toy-stain", **file, "size": 3})[1][0]["form"] == "run"
    assert explain(wbtypes, {"_type": "toy-stain", **file})[1][0]["form"] == "run or artifact"


@pytest.mark.parametrize(
    ("node", "status", "words"),
    [
        (
            {**TALLY, "counts": ["x"]},
            1,
            'cannot be read: ["counts"]: has a count that is no number (bad-value)',
        ),
        ({"_type": "toy-tally"}, 1, 'cannot be read: ["counts"]: is missing (missing-key)'),
        (
            {"_type": "image/none"},
            0,
            "a type that is none of wandb's, and nobody's here; it is kept as it is",
        ),
        ({**TALLY, "newer": 1}, 0, "keys that Tally does not know, kept: newer"),
        ({**SKETCH, "caption": None}, 0, "null where a Sketch has nothing to say, kept: caption"),
    ],
)
def test_what_is_odd_or_wrong(wbtypes: Any, toys: None, node: Any, status: int, words: str) -> None:
    done, (said,) = explain(wbtypes, node)
    assert done == status
    assert words in said["problems" if status else "odd"]


def test_a_type_whose_package_is_blocked_is_a_problem(
    wbtypes: Any, toys: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WBTYPES_BLOCK", "wbtypes-sketch")
    node = {"_type": "toy-stain", **put(tmp_path, "a.png", b"a")}
    status, (said,) = explain(wbtypes, node, "--files", tmp_path)
    assert status == 1
    assert (said["class"], said["package"], said["form"]) == ("toy-stain", None, None)
    assert "wbtypes-sketch==1.0 is blocked" in said["problems"][0]
    assert said["files"][0]["state"] == "there, 1 byte, as stated"


OLD = """
import warnings
from attrs import frozen
from wbtypes_core import Codec, WBValue, ValueWarning, hookimpl

@frozen(kw_only=True)
class Old(WBValue):
    text: str

def upgrade(node):
    return {"_type": node["_type"], "text": node["was"].strip()} if "was" in node else node

class OldCodec(Codec):
    tag, value_type, keys, upgrades = "toy-old", Old, ("text",), (upgrade,)

    def encode(self, value, ctx):
        return {"text": value.text}

    def decode(self, node, ctx):
        if node["text"] == "odd":
            warnings.warn("an odd text was taken as it is", ValueWarning)
        return Old(text=node["text"])

@hookimpl
def wbtypes_register(types):
    types.add(OldCodec())
"""


@pytest.mark.parametrize(
    ("node", "status", "odd"),
    [
        ({"was": "x"}, 0, "an old shape, read as today's without was and with text"),
        (
            {"was": 3},
            1,
            "an old shape that cannot be brought up to date: 'int' object has no attribute 'strip'",
        ),
        ({"text": "odd"}, 0, "an odd text was taken as it is"),
    ],
)
def test_old_shapes_and_warnings_are_told(
    wbtypes: Any, install: Any, node: Any, status: int, odd: str
) -> None:
    install("wbtypes-old", {"types": {"toy-old": "wbtypes_old"}}, {"wbtypes_old": OLD})
    done, (said,) = explain(wbtypes, {"_type": "toy-old", **node})
    assert (done, said["odd"]) == (status, [odd])
    assert said["form"] == (None if status else "run or artifact")


def test_the_schema_is_held_up(wbtypes: Any, install: Any) -> None:
    site = install("wbtypes-old", {"types": {"toy-old": "wbtypes_old.plugin"}}, {})
    (site / "wbtypes_old" / "schemas").mkdir(parents=True)
    (site / "wbtypes_old" / "plugin.py").write_text(OLD)
    schema = {"properties": {"text": {"maxLength": 3}}}
    (site / "wbtypes_old" / "schemas" / "toy-old.json").write_text(json.dumps(schema))
    status, (said,) = explain(wbtypes, {"_type": "toy-old", "text": "long"})
    assert (status, said["problems"]) == (1, ["[\"text\"]: 'long' is too long (schema)"])


@pytest.mark.filterwarnings("ignore")
def test_damaged_values_are_accounted_for(toys: None, tmp_path: Path) -> None:
    """Whatever the data: an account, and no exception."""
    node = {
        **SKETCH,
        **put(tmp_path, "media/s.png", b"x"),
        "stains": {"ink": {"_type": "toy-stain", "path": "a"}},
    }
    nodes = [node, TALLY, {"_type": "toy-sketches", "sketches": [node, node]}]

    @settings(max_examples=60, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(nodes).flatmap(mutations), st.sampled_from([None, DirectoryStore(tmp_path)]))
    def check(document: Any, folder: DirectoryStore | None) -> None:
        (told,) = accounts(document, folder, default_registry())
        assert told.tag == document["_type"]
        assert told.reader == "wbtypes-sketch==1.0"

    check()


def test_plain_json_is_plain(wbtypes: Any) -> None:
    done = wbtypes("explain", '{"a": {"_type": 3}}')
    assert (done.status, done.out) == (0, "plain JSON: nothing in it has a _type that is text\n")
    assert explain(wbtypes, [1, NAN]) == (0, [])


NAN = float("nan")


def test_stdin_is_read(wbtypes: Any, toys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(json.dumps(TALLY).encode())))
    assert "Tally, toy-tally" in wbtypes("explain", "-").out


def test_lines_of_json_are_a_list(wbtypes: Any, toys: None, tmp_path: Path) -> None:
    rows = tmp_path / "history.jsonl"
    rows.write_text(f'{{"_step": 0}}\n\n{json.dumps({"seen": TALLY})}\n')
    assert wbtypes("explain", rows).out.startswith('[1]["seen"]: Tally, toy-tally')


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("{", "the JSON: "),
        ("[]\n{}\n{", "the JSON: line 3: this is not JSON: "),
        ("[\n{}\n{", "the JSON: this is not JSON: "),
        (
            "no-such.json",
            "no-such.json: No such file or directory; explain takes a file of JSON, the JSON itself, or -",
        ),
        ("x" * 5000, f"{'x' * 150}...{'x' * 40}: File name too long; explain takes a file of JSON"),
        (".", ".: is a run; wbtypes show tells what is in it, explain takes JSON"),
        ("run.wandb", "run.wandb: is a run; wbtypes show"),
        ("[" * 600 + "]" * 600, "the JSON: "),
    ],
)
def test_what_is_no_json_is_refused(wbtypes: Any, what: str, line: str) -> None:
    done = wbtypes("explain", what)
    assert (done.status, done.out, len(done.lines)) == (2, "", 1)
    assert done.err.startswith(f"wbtypes: error: {line}")


def test_too_many_values_are_refused_before_they_are_parsed(
    wbtypes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wbtypes_core, "Limits", partial(Limits, nodes=1000))
    monkeypatch.setattr(jsonio, "loads", lambda _: pytest.fail("it was parsed"))
    done = wbtypes("explain", f"[{'[],' * 1000}[]]")
    assert (done.status, len(done.lines)) == (2, 1)
    assert "over the limit nodes=1,000" in done.err


@pytest.mark.parametrize("document", ["[[1, 2], [3, 4]]", "[1, 2]\n[3, 4]"])
def test_values_are_counted_over_all_lines(
    wbtypes: Any, monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    monkeypatch.setattr(wbtypes_core, "Limits", partial(Limits, nodes=6))
    done = wbtypes("explain", document)
    assert (done.status, len(done.lines)) == (2, 1)
    assert "over the limit nodes=6" in done.err


def test_a_closed_stdin_is_refused(wbtypes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert wbtypes("explain", "-").lines == [
        "wbtypes: error: stdin: is closed; name a file of JSON, or pipe JSON into this"
    ]


def test_a_file_that_is_no_json_is_refused(wbtypes: Any, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    done = wbtypes("explain", tmp_path / "a.png")
    assert (done.status, len(done.lines)) == (2, 1)
    assert "explain takes JSON as a run or an artifact holds it" in done.err
    assert wbtypes("explain", "{}", "--files", tmp_path / "none").status == 2
