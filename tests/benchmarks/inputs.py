"""What is measured with: inputs that come out the same in every process, from NumPy alone."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Array = Any


def natural(height: int, width: int, count: int = 1) -> Array:
    """Pictures as a camera makes them, smooth gradients under a little noise: count x height x width x 3, uint8."""
    row, column = np.mgrid[:height, :width]
    waves = [128 + 60 * np.sin(column / 37 + hue) + 40 * np.cos(row / 23 + hue) for hue in range(3)]
    smooth = np.stack(waves, -1).astype(np.int16)
    noise = np.random.default_rng(0).integers(-6, 7, (count, height, width, 3), np.int8)
    return (smooth + noise).clip(0, 255).astype(np.uint8)


def stamped(pixels: Array, turn: int) -> Array:
    """A copy that no other turn has: the turn's number lies in the first pixel."""
    pixels = pixels.copy()
    pixels.reshape(-1)[:3] = turn & 255, turn >> 8 & 255, turn >> 16 & 255
    return pixels


def digest(pixels: Array) -> str:
    """What tells one array from another: its dtype, its shape and its elements."""
    told = hashlib.sha256(f"{pixels.dtype} {pixels.shape}".encode())
    told.update(np.ascontiguousarray(pixels).data)
    return told.hexdigest()


def numbers(dtype: str, size: int) -> Array:
    """Normally distributed numbers; integers have three more digits before the point."""
    drawn = np.random.default_rng(0).standard_normal(size)
    return (drawn * 1000).astype(dtype) if dtype.startswith("int") else drawn.astype(dtype)


def page(size: int, turn: int) -> str:
    """An HTML page of about so many bytes, which no other turn has."""
    paragraph = "<p>The quick brown fox jumps over the lazy dog &amp; runs away.</p>\n"
    return (
        f"<html><head><title>{turn}</title></head><body>{paragraph * (size // len(paragraph))}</body></html>"
    )


def layers(count: int) -> list[dict[str, Any]]:
    """What a chain of layers says of each node, as the client's own reader of Keras models has it; ids are whole numbers."""
    return [
        {
            "id": number,
            "name": f"dense_{number}",
            "class_name": "Dense",
            "output_shape": (None, 64),
            "num_parameters": 4160,
            "is_output": False,
        }
        for number in range(count)
    ]


def told_of_graph(text: str | bytes) -> list[Any]:
    """What tells one graph's file from another: how many nodes and edges there are, and the digest of both."""
    graph = json.loads(text)
    both = json.dumps([graph["nodes"], graph["edges"]], sort_keys=True)
    return [len(graph["nodes"]), len(graph["edges"]), hashlib.sha256(both.encode()).hexdigest()]


COLUMNS = list("abcdefghij")
"""The names of the columns of tables."""


def rows(count: int) -> list[list[Any]]:
    """Rows of ten scalars: ints, floats, text, booleans, a column with NaN and two with None."""
    draw = np.random.default_rng(0)
    floats = draw.standard_normal(count).tolist()
    columns = [
        draw.integers(0, 1 << 40, count).tolist(),
        floats,
        [f"text {row}" for row in range(count)],
        (draw.random(count) < 0.5).tolist(),
        [float("nan") if row % 100 == 0 else each for row, each in enumerate(floats)],
        [None if row % 10 == 0 else row for row in range(count)],
        list(range(count)),
        draw.random(count).tolist(),
        [f"label {row % 100}" for row in range(count)],
        [None if row % 7 else f"note {row}" for row in range(count)],
    ]
    return list(map(list, zip(*columns, strict=True)))


def mixed_rows(count: int) -> list[list[Any]]:
    """Rows of ten cells, six of them dicts, lists, arrays and moments."""
    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((count, 8))
    begin = datetime.datetime(2024, 1, 1)
    return [
        [
            {"loss": row / 7, "step": row, "tag": "train"},
            [row, row + 1, row + 2],
            vectors[row],
            begin + datetime.timedelta(seconds=row),
            {"box": [0.5, 0.25], "labels": ["cat", "dog"]},
            [f"token {row}", "end"],
            row,
            row / 3,
            f"text {row}",
            row % 2 == 0,
        ]
        for row in range(count)
    ]


def frame(count: int) -> Any:
    """A data frame of pandas with ten columns: numbers, text, booleans, categories and moments."""
    import pandas as pd

    draw = np.random.default_rng(0)
    floats = draw.standard_normal(count)
    return pd.DataFrame(
        {
            "a": draw.integers(0, 1 << 40, count),
            "b": floats,
            "c": [f"text {row}" for row in range(count)],
            "d": draw.random(count) < 0.5,
            "e": np.where(np.arange(count) % 100, floats, np.nan),
            "f": pd.Categorical([f"label {row % 100}" for row in range(count)]),
            "g": np.arange(count),
            "h": floats.astype("float32"),
            "i": pd.date_range("2024-01-01", periods=count, freq="s"),
            "j": draw.integers(0, 255, count).astype("uint8"),
        }
    )


def gone(path: Path) -> Callable[[int], Path]:
    """Gives a path whose file is not there any more: to write over a large one waits for the disk, which no run does."""

    def prepare(turn: int) -> Path:
        path.unlink(missing_ok=True)
        return path

    return prepare


def told(table: Any) -> list[Any]:
    """What tells one list of rows from another: how many there are, and the digest of their JSON."""
    text = json.dumps(
        [list(row) for row in table], default=lambda cell: getattr(cell, "tolist", cell.__str__)()
    )
    return [len(table), hashlib.sha256(text.encode()).hexdigest()]
