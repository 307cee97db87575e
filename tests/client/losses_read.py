"""What the client loses on its own: each case that `tests/together/test_client_losses.py` lists, tried with its own files."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import cases
import numpy as np
import wandb
from local import written

WORK = Path(sys.argv[1], "own")
NUMBERS = count()
MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5, 678901)


def back(*cells: Any) -> list[Any]:
    """A column of these cells as the client reads it of its own file."""
    artifact = wandb.Artifact("own", "dataset")
    artifact.add(wandb.Table(columns=["cell"], data=[[cell] for cell in cells]), "t")
    table: Any = written(artifact, WORK / str(next(NUMBERS))).get("t")
    return [row[0] for row in table.data]


def fails(kind: type[Exception], *cells: Any) -> bool:
    """Whether the client writes these cells and cannot read them."""
    try:
        back(*cells)
    except kind as error:
        return type(error) is kind
    return False


def figure() -> Any:
    """A figure of plotly."""
    import plotly.graph_objects as go

    return wandb.Plotly(go.Figure(go.Scatter(y=[1, 2])))


def labelled() -> Any:
    """An image with two sets of boxes and masks that call one class by two names."""
    box = {"position": {"minX": 0.0, "maxX": 0.5, "minY": 0.0, "maxY": 0.5}, "class_id": 1}
    boxes = {key: {"box_data": [box], "class_labels": {1: f"box {key}"}} for key in "ab"}
    mask = np.ones((5, 7), np.uint8)
    masks = {key: {"mask_data": mask, "class_labels": {1: f"mask {key}"}} for key in "ab"}
    return wandb.Image(cases.pixels(), boxes=boxes, masks=masks)


def types_of(cells: list[Any]) -> list[str]:
    """The names of the classes of cells."""
    return [type(cell).__name__ for cell in cells]


def claims(assets: Path) -> dict[str, Callable[[], bool]]:
    """What is said of the client, each with whether it is so."""
    tone, clip, atoms = (str(assets / name) for name in ("tone.wav", "clip.gif", "ala.pdb"))
    return {
        "a Histogram cell cannot be read (NotImplementedError)": lambda: fails(
            NotImplementedError, wandb.Histogram([1, 2])
        ),
        "a Plotly cell cannot be read (ValueError)": lambda: fails(ValueError, figure()),
        "an Audio cell without a caption cannot be read (KeyError)": lambda: fails(
            KeyError, wandb.Audio(tone)
        ),
        "the caption of a Video is dropped": lambda: back(wandb.Video(clip, caption="c"))[0]._caption is None,
        "the caption of an Object3D is dropped": lambda: (
            back(wandb.Object3D(np.ones((2, 3)), caption="c"))[0]._caption is None
        ),
        "the caption of a Molecule is dropped": lambda: (
            back(wandb.Molecule(atoms, caption="c"))[0]._caption is None
        ),
        "a mask has no labels, and of two names for a class one is left": lambda: _mask_labels(
            back(labelled())[0]
        ),
        "a set of boxes has the labels class_<id>": lambda: (
            [boxes._class_labels for boxes in back(labelled())[0]._boxes.values()] == [{1: "class_1"}] * 2
        ),
        "NaN is None": lambda: back(math.nan, 0.5, None) == [None, 0.5, None],
        "microseconds are cut to milliseconds": lambda: back(MOMENT)[0].microsecond == 678000,
        "a moment without a zone is one in UTC": lambda: back(MOMENT)[0].tzinfo == dt.UTC,
        "a moment in another zone is one in UTC": lambda: (
            back(MOMENT.replace(tzinfo=cases.EAST))[0].utcoffset() == dt.timedelta()
        ),
        "short arrays are lists, their dtype gone": lambda: (
            types_of(back(np.ones(2, "f4"), np.ones(2, "f4"))) == ["list"] * 2
        ),
        # said of the client too, and not so: in history its core makes 1 of 1.0, in tables it does not
        "ints and floats are told apart all the same": lambda: (
            types_of(back(1, 1.0, 2)) == ["int", "float", "int"]
        ),
    }


def _mask_labels(image: Any) -> bool:
    bare = not any(hasattr(mask, "_val") for mask in image._masks.values())
    names = [each["name"] for each in image._classes._class_set]
    return bare and names == ["mask b"]


def main(folder: Path) -> int:
    """Try all claims; the number of those that are not so."""
    assets = folder / "assets"
    if not assets.is_dir():
        cases.make_assets(assets)
    tried = {claim: so() for claim, so in claims(assets).items()}
    for claim, so in tried.items():
        print(f"{'so     ' if so else 'NOT SO '} {claim}")
    print(f"wandb {wandb.__version__}: {sum(tried.values())} of {len(tried)} claims are so")
    return len(tried) - sum(tried.values())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) and 1)
