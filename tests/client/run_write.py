"""Our side of the run check: writes runs into a folder, with the facts that the client must find in them.

Usage: ``python run_write.py FOLDER``, where wbtypes and its plugins are installed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

import wbtypes
from wbtypes_runs import RunWriter, open_run


def scalars(folder: Path) -> None:
    """Numbers, text, nested dicts, steps that leap, metrics, and records of all sizes."""
    with RunWriter(
        folder,
        project="p",
        name="scalars",
        config={"lr": 0.5, "deep": {"a": [1, 2]}},
        notes="n",
        tags=["x", "y"],
    ) as writer:
        writer.define_metric("epoch")
        writer.define_metric("acc", step_metric="epoch", summary="max,mean")
        writer.define_metric("val/*", step_metric="epoch", hidden=True)
        for step in range(200):
            writer.log({"loss": step / 7, "epoch": step // 10, "acc": math.sin(step)}, step=step * 2)
        writer.log(
            {"nan": math.nan, "inf": -math.inf, "none": None, "yes": True, "text": 'h\u00e9 "\n\u2603'}
        )
        writer.log({"a": {"b": {"c": 1, "d.e": 2}}, "val/x": 3, "list": [1, [2, {"x": 3}]], "empty": {}})
        writer.log({"long": "x" * 100_000})
        writer.log({"acc": 2})
        writer.summary["best"] = {"loss": 0, "at": 1}
        writer.config["late"] = True
        del writer.config["deep"]


def media(folder: Path) -> None:
    """Media of many kinds, masks and boxes with their labels, tables and artifacts."""
    pixels = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
    labels = {0: "sky", 1: "road"}
    image = wbtypes.Image(
        pixels,
        caption="with masks",
        masks={"pred": {"mask_data": pixels[..., 0] % 2, "class_labels": labels}},
        boxes={
            "gt": {
                "box_data": [
                    {
                        "position": {"minX": 1, "maxX": 4, "minY": 0, "maxY": 3},
                        "domain": "pixel",
                        "class_id": 1,
                    }
                ],
                "class_labels": labels,
            }
        },
    )
    with RunWriter(folder, project="p", name="media") as writer:
        writer.log({"picture": image, "val": {"picture": wbtypes.Image(pixels[::-1])}, "n": 1})
        writer.log({"pictures": [wbtypes.Image(pixels, caption="a"), wbtypes.Image(255 - pixels)]})
        writer.log({"histogram": wbtypes.Histogram([1, 2, 2, 3]), "page": wbtypes.Html("<b>x</b>")})
        writer.log({"sound": wbtypes.Audio(np.zeros(800), sample_rate=8000, caption="silence")})
        writer.log({"points": wbtypes.Object3D(np.zeros((5, 3)))})
        table = wbtypes.Table(columns=["n", "picture"], data=[[1, wbtypes.Image(pixels)]])
        writer.log({"table": table})
        table.add_data(2, wbtypes.Image(255 - pixels))
        writer.log({"table": table, "odd key/of table": table})
        writer.summary["best"] = wbtypes.Image(pixels, caption="best")
        source = folder.parent / "data"
        source.joinpath("sub").mkdir(parents=True)
        source.joinpath("a.txt").write_bytes(b"a")
        source.joinpath("sub", "b.bin").write_bytes(bytes(range(256)) * 300)
        writer.log_artifact(
            source, "data-set", "dataset", description="d", metadata={"n": 1}, aliases=["best"]
        )


def resumed(folder: Path) -> None:
    """A run of three writers, the second of which was killed, with rows of several calls."""
    pixels = np.zeros((4, 4, 3), np.uint8)
    for part in range(3):
        writer = RunWriter(folder, project="p", name="resumed", id="again", resume=True)
        writer.define_metric("best", summary="best,copy", goal="maximize")
        writer.define_metric("plain", summary="copy")
        for step in range(4):
            writer.log({"best": step, "picture": wbtypes.Image(pixels + part)}, commit=False)
            writer.log({"plain": step, "deep": {"a": step}}, step=part * 10 + step)
        writer.log_artifact(Path(__file__), "code", "code")
        writer.close()
        if part == 1:
            log = folder / "run-again.wandb"
            log.write_bytes(log.read_bytes()[:-5])


def unfinished(folder: Path) -> None:
    """A run whose process ended in the middle of a record."""
    whole = folder.parent / "whole"
    with RunWriter(whole, project="p", name="unfinished", id="cut") as writer:
        for step in range(20):
            writer.log({"x": step})
        writer.flush()
        shutil.copytree(whole, folder, ignore=shutil.ignore_patterns(".*"))
    log = folder / "run-cut.wandb"
    log.write_bytes(log.read_bytes()[:-5])
    shutil.rmtree(whole)


def facts(folder: Path) -> dict[str, Any]:
    """What a run holds: rows, summary, config, files and artifacts."""
    run = open_run(folder)
    files = {
        path.relative_to(run.files.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in run.files.root.rglob("*")
        if path.is_file()
    }
    return {
        "log": run.path.name,
        "rows": [row.json for row in run.history()],
        "summary": run.summary_json,
        "config": run.config_json,
        "exit": run.exit.code if run.exit else None,
        "files": files,
        "artifacts": [artifact_facts(each.record) for each in run.artifacts],
    }


def artifact_facts(record: Any) -> dict[str, Any]:
    """An artifact as the log says it, once its staged files are what its manifest says."""
    for entry in record.entries:
        data = Path(entry.local_path).read_bytes()
        assert base64.b64encode(hashlib.md5(data).digest()).decode() == entry.digest
    return {
        "name": record.name,
        "type": record.type,
        "client_id": record.client_id,
        "digest": record.digest,
        "entries": {entry.path: entry.digest for entry in record.entries},
    }


def main(folder: Path) -> None:
    """Write every run, and its facts beside it."""
    folder.mkdir(parents=True)
    found = {}
    for write in (scalars, media, resumed, unfinished):
        target = folder / write.__name__ / f"offline-run-20260131_101500-{write.__name__}"
        write(target)
        found[write.__name__] = {"folder": target.relative_to(folder).as_posix(), **facts(target)}
    folder.joinpath("runs.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
