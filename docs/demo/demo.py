"""The main job on real input: a run that the wandb client recorded, opened without wandb.

It shows and extracts the run, then writes fresh values of every installed type into a new run folder, reads them again, and says
what came back equal. Everything is written to ``demo-output`` beside the README.
"""

from __future__ import annotations

import datetime
import io
import json
import os
import shutil
import sys
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sheet import draw_sheet

import wbtypes
from wbtypes_cli.main import main as cli
from wbtypes_core import DirectoryStore, ValueWarning, decode, default_registry, encode
from wbtypes_core.jsonio import dumps, loads

ROOT = Path(__file__).resolve().parents[2]
RECORDING = ROOT / "tests" / "wire" / "recordings" / "wandb-0.31.0.tar.xz"
THEME = "image-boxes-masks"
OUTPUT = Path("demo-output")


def unpack() -> Path:
    """A run as the client left it."""
    with tarfile.open(RECORDING) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # since 3.11.4
        members = [member for member in archive if member.name.startswith(f"wandb-0.31.0-{THEME}/")]
        archive.extractall(OUTPUT / "recorded", members=members)
    return OUTPUT / "recorded" / f"wandb-0.31.0-{THEME}"


def run(*words: str) -> None:
    """Run a command of the cli, as a person would."""
    print(f"\n$ wbtypes {' '.join(words)}", flush=True)
    status = cli(list(words))
    if status:
        sys.exit(status)


def scene() -> tuple[Any, Any]:
    """A picture of a road under an evening sky with a car on it, and the class of each pixel."""
    height, width = 180, 320
    y, x = np.mgrid[0:height, 0:width]
    picture = np.stack([90 + y * 0.6, 110 + y * 0.3, 200 - y * 0.5], axis=-1)
    classes = np.zeros((height, width), np.uint8)
    picture[y > 110] = (70, 120, 70)
    road = (y > 110) & (abs(x - 160) < (y - 100) * 1.6)
    picture[road], classes[road] = (80, 80, 90), 1
    car = ((y > 118) & (y < 146) & (abs(x - 190) < 36)) | ((y > 102) & (y < 120) & (abs(x - 188) < 20))
    picture[car], classes[car] = (190, 50, 50), 2
    sun = (x - 60) ** 2 + (y - 60) ** 2 < 22**2
    picture[sun] = (250, 220, 150)
    return picture.clip(0, 255).astype(np.uint8), classes


def image() -> Any:
    """A picture with a mask, boxes and labels."""
    pixels, classes = scene()
    labels = {0: "scenery", 1: "road", 2: "car"}
    box = {"position": {"minX": 154, "maxX": 226, "minY": 102, "maxY": 146}, "domain": "pixel", "class_id": 2}
    return wbtypes.Image(
        pixels,
        caption="a road at dusk",
        masks={"truth": {"mask_data": classes, "class_labels": labels}},
        boxes={"pred": {"box_data": [{**box, "scores": {"p": 0.93}}], "class_labels": labels}},
    )


def batch() -> Any:
    """Three images that are one value on the wire; their captions and float ranges survive."""
    ramp = np.linspace(-1, 1, 64 * 64).reshape(64, 64)
    return [wbtypes.Image(ramp**power, caption=f"ramp ** {power}") for power in (1, 2, 3)]


def page() -> Any:
    """A fragment, to which the client's style sheet is added."""
    return wbtypes.Html("<h1>Epoch 3</h1><p>loss is <b>0.21</b></p>")


def histogram() -> Any:
    """Ten thousand numbers, two of which are no numbers."""
    numbers = np.random.default_rng(7).normal(size=10_000)
    numbers[:2] = np.nan, np.inf
    return wbtypes.Histogram(numbers)


def chime() -> Any:
    """A second of two notes, as floats."""
    time = np.arange(16_000) / 16_000
    sound = np.sin(2 * np.pi * 440 * time) * np.exp(-3 * time) + 0.5 * np.sin(2 * np.pi * 660 * time)
    return wbtypes.Audio((0.5 * sound).astype(np.float32), sample_rate=16_000, caption="a chime")


def clip() -> Any:
    """A ball that crosses the picture."""
    y, x = np.mgrid[0:48, 0:64]
    ball = [((x - 8 - 6 * t) ** 2 + (y - 24) ** 2 < 49) * 255 for t in range(8)]
    return wbtypes.Video(np.repeat(np.array(ball, np.uint8)[:, None], 3, axis=1), fps=8, format="gif")


def cloud() -> Any:
    """A spiral of points with a colour each."""
    t = np.linspace(0, 6, 300)
    return wbtypes.Object3D(np.stack([np.cos(t), np.sin(t), t / 6, 40 * t, 0 * t, 255 - 40 * t], axis=1))


def water() -> Any:
    """A molecule as the text of a PDB file."""
    atoms = (("O", 0.000, 0.117), ("H1", 0.757, -0.469), ("H2", -0.757, -0.469))
    lines = [
        f"HETATM{at:5}  {name:<3} HOH A   1    {x:8.3f}{0:8.3f}{z:8.3f}  1.00  0.00           {name[0]}"
        for at, (name, x, z) in enumerate(atoms, 1)
    ]
    return wbtypes.Molecule(io.StringIO("\n".join([*lines, "END", ""])), caption="water", file_type="pdb")


def network() -> Any:
    """Two layers and the edge between them."""
    graph = wbtypes.Graph()
    graph.add_node(id=0, name="input", class_name="Input")
    graph.add_node(id=1, name="dense", class_name="Dense", num_parameters=15)
    graph.add_edge(graph[0], graph[1])
    return graph


def trace() -> Any:
    """A call of a model."""
    from wbtypes_trace import Span

    answer = Span(name="answer", span_kind="LLM", start_time_ms=0, end_time_ms=120)
    answer.add_named_result({"question": "?"}, {"answer": "!"})
    return wbtypes.TraceTree(answer)


def table() -> Any:
    """Rows of anything: an image and its caption, a moment with microseconds, NaN beside None, an array."""
    moment = datetime.datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=datetime.UTC)
    rows: list[list[Any]] = [
        ["dusk", 0.93, image(), moment, np.eye(2, dtype=np.float32)],
        [
            "noon",
            float("nan"),
            None,
            moment + datetime.timedelta(microseconds=1),
            np.ones((2, 2), np.float32),
        ],
        ["fog", None, None, moment, np.zeros((2, 2), np.float32)],
    ]
    return wbtypes.Table(columns=["name", "score", "image", "seen", "weights"], data=rows)


FIGURE = {"data": [{"type": "scatter", "y": [1, 3, 2]}], "layout": {"title": {"text": "loss"}}}
DOCUMENT = {"version": "3.0.0", "title": "empty", "roots": []}


def source_file() -> Any:
    """A file, byte for byte."""
    return wbtypes.File(Path(__file__))


FRESH: dict[str, tuple[str, Callable[[], Any]]] = {
    "image": ("Image", image),
    "batch": ("Image", batch),
    "page": ("Html", page),
    "weights": ("Histogram", histogram),
    "classes": ("Classes", lambda: wbtypes.Classes([{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}])),
    "chime": ("Audio", chime),
    "clip": ("Video", clip),
    "cloud": ("Object3D", cloud),
    "water": ("Molecule", water),
    "network": ("Graph", network),
    "trace": ("TraceTree", trace),
    "figure": ("Plotly", lambda: wbtypes.Plotly(FIGURE)),
    "app": ("Bokeh", lambda: wbtypes.Bokeh(io.StringIO(json.dumps(DOCUMENT)))),
    "notes": ("JSONMetadata", lambda: wbtypes.JSONMetadata({"lr": [0.1, 0.01], "best": float("nan")})),
    "results": ("Table", table),
    "source": ("File", source_file),
}


def write_and_read() -> dict[str, Any]:
    """Write a row of fresh values into a new run folder, and read it again from what is on the disk."""
    folder = OUTPUT / "written"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ValueWarning)  # the odd values here are on purpose
        row = {key: make() for key, (name, make) in FRESH.items() if name in dir(wbtypes)}
    row["loss"] = 0.21
    encoded = encode(row, DirectoryStore(folder / "files"), step=0)
    (folder / "history.jsonl").write_text(dumps(encoded.json) + "\n", encoding="utf-8")

    wire = loads((folder / "history.jsonl").read_text(encoding="utf-8"))
    again = decode(wire, DirectoryStore(folder / "files"))
    print(f"\nfresh values, written to {folder} and read back:\n")
    for key, value in row.items():
        equal = again[key] == value
        shape = again[key].describe() if hasattr(again[key], "describe") else again[key]
        print(f"  {key:8} {type(again[key]).__name__:12} {shape!s:56.56} {'equal' if equal else 'DIFFERS'}")
        if not equal:
            sys.exit(1)
    print(
        f"\n{len(row)} of {len(row)} came back equal, in {len(encoded.files)} files; wandb was not imported:",
        end=" ",
    )
    print("wandb" not in sys.modules)
    return dict(again)


def main() -> None:
    """Open, show, extract, write, read."""
    os.chdir(ROOT)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    recorded = unpack()
    run("plugins")
    run("show", str(recorded))
    run("extract", str(recorded), "--to", str(OUTPUT / "extracted"))
    (row,) = wbtypes.open_run(recorded).history(keys=["mask_labels"])
    image = row["mask_labels"]
    mask = image.masks["pred"]
    picture, ids = image.to_pil(), mask.to_numpy()
    print("\n>>> image = row['mask_labels']")
    print(
        f">>> image.to_pil()                    # mode {picture.mode}, {image.width} x {image.height} pixels"
    )
    print(f">>> image.masks['pred'].to_numpy()    # {ids.dtype}, shape {ids.shape}")
    print(f">>> image.masks['pred'].class_labels\n{mask.class_labels}")
    again = write_and_read()
    draw_sheet(again, OUTPUT / "sheet.png")
    print(f"a picture of what was read: {OUTPUT / 'sheet.png'}")
    for broken in default_registry().check():
        sys.exit(f"a plugin does not work: {broken.reason}")


if __name__ == "__main__":
    main()
