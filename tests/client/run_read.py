"""The client's side of the run check: everything of the client that reads a log reads ours, and finds what was written.

Usage: ``python run_read.py FOLDER``, where wandb is installed and nothing of ours; FOLDER is what `run_write.py` wrote.

* The client's protobuf classes parse every record, know every field, and write the same bytes again.
* Where the client has a Python reader of logs (up to 0.28), that reads the same records.
* Where it has ``wandb leet inspect`` (0.31), its viewer's own reader prints every record, and the summary.
* ``wandb sync`` of a client whose core reads logs (0.31) uploads it to a stand-in on this machine: rows, summary, config,
  files and artifacts arrive as they were written.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import wandb
from run_server import Received, serving
from wandb.proto import wandb_internal_pb2 as pb

BLOCK = 32_768
OWN_CORE = tuple(map(int, wandb.__version__.split(".")[:2])) >= (0, 31)
"""Whether the client's Go core reads logs by itself, and has the commands that this check uses."""

RECOUNTED = ("_wandb", "_runtime", "_step")
"""Keys of the summary that the client works out anew while it uploads."""


def records(path: Path) -> list[bytes]:
    """The records of a log, by a plain reading of its chunks."""
    data, at, found, parts = path.read_bytes(), 7, [], b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        payload = data[at + 7 : at + 7 + length]
        at += 7 + length
        if len(payload) < length:
            break
        parts = payload if kind in (1, 2) else parts + payload
        if kind in (1, 4):
            found.append(parts)
    return found


def check_protobuf(path: Path) -> Counter[str]:
    """How many records of each kind the client's classes find."""
    kinds: Counter[str] = Counter()
    for number, data in enumerate(records(path), 1):
        record = pb.Record.FromString(data)
        assert record.num == number
        assert record.SerializeToString(deterministic=True) == data, (
            f"record {number} is written in another way"
        )
        kind = record.WhichOneof("record_type")
        if kind != "artifact" or OWN_CORE:  # older clients do not know, and pass over, its `digest_algorithm`
            record.DiscardUnknownFields()
            assert record.SerializeToString(deterministic=True) == data, f"record {number} has unknown fields"
        kinds[kind] += 1
    return kinds


def check_python_reader(path: Path) -> bool:
    """Whether the client has a reader in Python, which then reads the same records."""
    if find_spec("wandb.sdk.internal.datastore") is None:
        return False
    from wandb.sdk.internal.datastore import DataStore

    wandb._assert_is_internal_process = True
    store = DataStore()
    store.open_for_scan(str(path))
    found = list(iter(store.scan_data, None))
    store.close()
    assert found == records(path)
    return True


def wandb_says(*arguments: str | Path, **environment: str) -> str:
    """What a command of the client prints, away from everything of the user's."""
    with tempfile.TemporaryDirectory() as home:
        quiet = {"HOME": home, "WANDB_ERROR_REPORTING": "false", "NO_COLOR": "1"}
        # only what is needed: no setting or proxy of the user's may lead anywhere else
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-m", "wandb", *map(str, arguments)],
            env={**kept, **quiet, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=120,
            cwd=home,
        )
    assert done.returncode == 0, done.stdout
    return done.stdout


def check_viewer(path: Path, kinds: Counter[str], facts: Any) -> None:
    """The client's viewer prints as many records of each kind, and the run's state."""
    lines = wandb_says("leet", "inspect", "--json", path).splitlines()
    found = Counter(json.loads(line)["type"] for line in lines if line.startswith("{"))
    assert found == kinds, (found, kinds)
    said = wandb_says("leet", "inspect", "--summary", path)
    state = "finished (exit code 0)" if facts["exit"] == 0 else "running"
    assert state in said or facts["exit"] is None, said
    for key, value in facts["summary"].items():
        if isinstance(value, dict) and value.get("_type") == "image-file":
            assert f"image-file {value['path']}" in said, (key, said)


def leaves(json_: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The leaves of a tree; empty dicts, which the client drops, are none."""
    if isinstance(json_, dict):
        for key, each in json_.items():
            yield from leaves(each, (*path, key))
    else:
        yield path, json_


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values mean the same: NaN is itself, and 1 is 1.0."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return bool(left == right)


def check_sync(path: Path, facts: Any) -> None:
    """The client uploads the run, and what arrives is what was written."""
    with serving() as (url, received):
        wandb_says("sync", "--no-skip-synced", path.parent, WANDB_BASE_URL=url, WANDB_API_KEY="0" * 40)
    assert received.unknown == [], received.unknown
    rows = [dict(leaves(json.loads(line))) for line in received.lines("wandb-history.jsonl")]
    expected = [dict(leaves(row)) for row in facts["rows"]]
    assert len(rows) == len(expected), (len(rows), len(expected))
    for row, wanted in zip(rows, expected, strict=True):
        assert row.keys() == wanted.keys(), (row, wanted)
        for at, value in wanted.items():
            assert same(row[at], value), (at, row[at], value)
    check_state(received, facts)
    for name, sha256 in facts["files"].items():
        assert hashlib.sha256(received.files[name]).hexdigest() == sha256, name
    for artifact in facts["artifacts"]:
        asked, files = received.asked[artifact["client_id"]], received.artifacts[artifact["client_id"]]
        assert asked["artifactCollectionName"] == artifact["name"]
        assert (asked["artifactTypeName"], asked["digest"]) == (artifact["type"], artifact["digest"])
        digests = {
            name: base64.b64encode(hashlib.md5(data).digest()).decode() for name, data in files.items()
        }
        assert digests == artifact["entries"], artifact["name"]


def check_state(received: Received, facts: Any) -> None:
    """Summary, config and end of the run."""
    summary = json.loads(received.files["wandb-summary.json"])
    for key, value in facts["summary"].items():
        if key not in RECOUNTED and value is not None:  # a null sets nothing, in the client's summary
            assert same(dict(leaves(summary[key])), dict(leaves(value))), (key, summary[key], value)
    config = {key: each["value"] for key, each in received.config.items()}
    ours = facts["config"].pop("_wandb")
    theirs = config.pop("_wandb")
    assert same(config, facts["config"]), config
    for kind, labels in ours.items():
        assert same(theirs[kind], labels), kind
    assert received.complete["exitcode"] == (1 if facts["exit"] is None else facts["exit"])


def main(folder: Path) -> None:
    """Check every run, and say what was looked at."""
    for name, facts in json.loads(folder.joinpath("runs.json").read_text(encoding="utf-8")).items():
        path = folder / facts["folder"] / facts["log"]
        kinds = check_protobuf(path)
        looked = [f"{sum(kinds.values())} records by protobuf"]
        if facts["exit"] is not None and check_python_reader(path):  # it gives up on a log that is cut
            looked.append("the Python reader")
        if OWN_CORE:
            check_viewer(path, kinds, facts)
            looked.append("leet inspect")
            check_sync(path, facts)
            count = sum(len(each["entries"]) for each in facts["artifacts"])
            looked.append(
                f"sync: {len(facts['rows'])} rows, {len(facts['files'])} files, {count} artifact entries"
            )
        print(f"{name}: {', '.join(looked)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
