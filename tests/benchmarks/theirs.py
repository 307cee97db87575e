"""The jobs as the real client does them; run as a script by the Python that has it, and answers lines of JSON."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inputs
import numpy as np
import wandb
from PIL import Image
from stopwatch import Stopwatch, Work
from wandb.sdk.data_types.utils import val_to_json

JOBS: dict[str, Callable[..., Work]] = {}
Node = dict[str, Any]


def job(make: Callable[..., Work]) -> Callable[..., Work]:
    """Make a job known by its function's name, which takes the run and the job's settings."""
    JOBS[make.__name__] = make
    return make


def pixels(run: Any, node: Node) -> str:
    """The digest of a logged picture."""
    with Image.open(stored(run, node)) as picture:
        return inputs.digest(np.asarray(picture))


def stored(run: Any, node: Node) -> Path:
    """The file that a logged value names."""
    return Path(run.dir, node["path"])


@job
def image(run: Any, height: int, width: int) -> Work:
    picture = inputs.natural(height, width)[0]
    return Work(
        prepare=lambda turn: inputs.stamped(picture, turn),
        run=lambda array, turn: val_to_json(run, "image", wandb.Image(array), turn),
        facts=lambda node: {"pixels": pixels(run, node), "width": node["width"], "height": node["height"]},
    )


@job
def images(run: Any, count: int, side: int) -> Work:
    wandb.Image.MAX_ITEMS = count  # the client drops those beyond 108
    pictures = inputs.natural(side, side, count)

    def facts(node: Node) -> Any:
        return [pixels(run, {"path": path}) for path in node["filenames"]]

    return Work(
        prepare=lambda turn: [inputs.stamped(picture, turn) for picture in pictures],
        run=lambda arrays, turn: val_to_json(run, "images", [wandb.Image(array) for array in arrays], turn),
        facts=facts,
    )


@job
def histogram(run: Any, dtype: str, size: int) -> Work:
    numbers = inputs.numbers(dtype, size)
    return Work(
        run=lambda _, turn: val_to_json(run, "histogram", wandb.Histogram(numbers), turn),
        facts=lambda node: {"values": node["values"], "bins": node["bins"]},
    )


@job
def html(run: Any, size: int) -> Work:
    return Work(
        prepare=lambda turn: inputs.page(size, turn),
        run=lambda page, turn: val_to_json(run, "html", wandb.Html(page), turn),
        facts=lambda node: hashlib.sha256(stored(run, node).read_bytes()).hexdigest(),
    )


@job
def file(run: Any, path: str) -> Work:
    def run_(_: int, turn: int) -> Node:
        node: Node = val_to_json(run, "file", wandb.Video(path), turn)  # a class that takes any bytes by path
        return node

    def prepare(turn: int) -> int:
        for earlier in Path(run.dir, "media", "videos").glob("file_*"):
            earlier.unlink()
        return turn

    return Work(
        prepare=prepare, run=run_, facts=lambda node: [node["sha256"], stored(run, node).stat().st_size]
    )


class Desk:
    """Answers requests, one after the other, over one run.

    Attributes:
        run: the client's run.
        clock: the stopwatch over the job that was opened last.
    """

    def __init__(self, run: Any) -> None:
        self.run = run
        self.clock: Stopwatch | None = None

    def hello(self) -> list[str]:
        """The client's version, and the folder of the run's files."""
        return [wandb.__version__, self.run.dir]

    def open(self, name: str, settings: dict[str, Any]) -> None:
        """Make a job ready."""
        self.clock = Stopwatch(JOBS[name](self.run, **settings))

    def seconds(self, calls: int) -> float:
        """The mean time of so many calls."""
        assert self.clock
        return self.clock.seconds(calls)

    def facts(self) -> Any:
        """What the last outcome says."""
        assert self.clock
        return self.clock.facts()


def serve(folder: str) -> None:
    """Start a run, then answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what the client prints is no answer
    quiet = wandb.Settings(silent=True, console="off", x_disable_stats=True, disable_git=True)
    run = wandb.init(mode="offline", project="benchmarks", dir=folder, settings=quiet)
    desk = Desk(run)
    for line in sys.stdin:
        what, *rest = json.loads(line)
        try:
            answer = {"answer": getattr(desk, what)(*rest)}
        except Exception:
            answer = {"failed": traceback.format_exc()}
        print(json.dumps(answer), file=answers)
    run.finish()


if __name__ == "__main__":
    serve(sys.argv[1])
