"""The jobs as the real client does them; run as a script by the Python that has it, and answers lines of JSON."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import inputs
import numpy as np
import pydantic_core
import wandb
import wandblog
from PIL import Image
from stopwatch import Stopwatch, Work
from wandb import util
from wandb.proto.wandb_internal_pb2 import Record
from wandb.sdk.data_types.table import _numpy_arrays_to_lists
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


@job
def graph(run: Any, count: int) -> Work:
    layers = inputs.layers(count)

    def run_(_: int, turn: int) -> Node:
        made = wandb.Graph()
        nodes = [made.add_node(**layer) for layer in layers]
        for pair in pairwise(nodes):
            made.add_edge(*pair)
        node: Node = val_to_json(run, "graph", made, turn)
        return node

    return Work(run_, facts=lambda node: inputs.told_of_graph(stored(run, node).read_bytes()))


def table_of(rows: list[list[Any]]) -> Any:
    """A table of the client, mixed columns refused."""
    return wandb.Table(columns=inputs.COLUMNS, data=rows)


@job
def table(run: Any, rows: str, count: int) -> Work:
    given = getattr(inputs, rows)(count)
    return Work(lambda _, turn: table_of(given), facts=lambda made: inputs.told(made.data))


@job
def table_of_frame(run: Any, count: int) -> Work:
    frame = inputs.frame(count)
    return Work(
        lambda _, turn: wandb.Table(dataframe=frame), facts=lambda made: [made.columns, len(made.data)]
    )


@job
def table_text(run: Any, count: int) -> Work:
    made = table_of(inputs.rows(count))

    def run_(path: Path, turn: int) -> Path:
        with codecs.open(str(path), "w", encoding="utf-8") as out:  # as `Table.bind_to_run` has it
            util.json_dump_safer(_numpy_arrays_to_lists(made._to_table_json(count)), out)
        return path

    return Work(
        run_,
        inputs.gone(Path(run.dir, "text.table.json")),
        lambda path: inputs.told(json.loads(path.read_bytes())["data"]),
    )


@job
def table_text_by_pydantic(run: Any, count: int) -> Work:
    document = {"columns": inputs.COLUMNS, "data": inputs.rows(count)}

    def run_(path: Path, turn: int) -> Path:
        path.write_bytes(pydantic_core.to_json(document, inf_nan_mode="constants"))
        return path

    return Work(
        run_,
        inputs.gone(Path(run.dir, "floor.table.json")),
        lambda path: inputs.told(json.loads(path.read_bytes())["data"]),
    )


@job
def table_read(run: Any, path: str, count: int) -> Work:
    artifact = wandb.Artifact("bench", "table")

    def run_(_: int, turn: int) -> Any:
        return wandb.Table.from_json(json.loads(Path(path).read_bytes()), artifact)

    return Work(run_, facts=lambda made: inputs.told(made.data))


@job
def table_of_images(run: Any, count: int, side: int) -> Work:
    pictures = inputs.natural(side, side, count)

    def run_(arrays: list[Any], turn: int) -> Node:
        cells = [[wandb.Image(array), row] for row, array in enumerate(arrays)]
        node: Node = val_to_json(run, "table", wandb.Table(columns=["image", "n"], data=cells), turn)
        return node

    return Work(run_, prepare=lambda turn: [inputs.stamped(picture, turn) for picture in pictures])


def histories(path: str) -> Iterator[Any]:
    """The history of each record that has one, parsed by the client's own protobuf messages."""
    for data in wandblog.records(Path(path)):
        record = Record.FromString(data)
        if record.HasField("history"):
            yield record.history


def naive_row(history: Any) -> dict[str, Any]:
    """A row as one would write it at first: the JSON of each item parsed for itself."""
    return {item.nested_key[0]: json.loads(item.value_json) for item in history.item}


def joined_row(history: Any) -> dict[str, Any]:
    """A row whose items are parsed as one JSON text."""
    items = history.item
    values = json.loads("[" + ",".join([item.value_json for item in items]) + "]")
    return dict(zip([item.nested_key[0] for item in items], values, strict=True))


@job
def naive_log(run: Any, path: str) -> Work:
    return Work(lambda _, turn: wandblog.told(map(naive_row, histories(path))), facts=list)


@job
def joined_log(run: Any, path: str) -> Work:
    return Work(lambda _, turn: wandblog.told(map(joined_row, histories(path))), facts=list)


class Desk:
    """Answers requests, one after the other, over one run.

    Attributes:
        run: the client's run.
        clocks: the stopwatches over the jobs at hand, one for each column of the table.
    """

    def __init__(self, run: Any) -> None:
        self.run = run
        self.clocks: dict[str, Stopwatch] = {}

    def hello(self) -> list[str]:
        """The client's version, and the folder of the run's files."""
        return [wandb.__version__, self.run.dir]

    def open(self, column: str, name: str, settings: dict[str, Any]) -> None:
        """Make a job ready in place of the one before in that column."""
        self.clocks[column] = Stopwatch(JOBS[name](self.run, **settings))

    def seconds(self, column: str, calls: int) -> float:
        """The mean time of so many calls."""
        return self.clocks[column].seconds(calls)

    def facts(self, column: str) -> Any:
        """What the last outcome says."""
        return self.clocks[column].facts()


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
