"""The client's side of the table check: it reads what we wrote, holds that against what was given and against what it reads of
its own file of the same values, and writes it again."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cases
import wandb
from facts import box, digest, fact, picture
from local import LocalArtifact, forget_source, written
from PIL import Image
from wandb import data_types, util
from wandb.sdk.data_types.base_types.media import _numpy_arrays_to_lists

NAMES = SimpleNamespace(
    **{
        name: getattr(data_types, name)
        for name in (
            *(
                "Table",
                "JoinedTable",
                "PartitionedTable",
                "Image",
                "Audio",
                "Video",
                "Html",
                "Object3D",
                "Molecule",
            ),
            *("Plotly", "Bokeh", "Histogram", "Classes", "Graph", "WBTraceTree"),
        )
    },
    Node=wandb.sdk.data_types.graph.Node,
    Span=wandb.sdk.data_types.trace_tree.Span,
    class_ids=lambda classes: classes.get_type(),
)

DROPPED = ("Video", "Object3D", "Molecule")
"""Media whose captions the client writes, and drops when it reads; `losses_read.py` shows it."""

FAILING = {
    "audio without caption": ("KeyError", "KeyError at read"),
    "plotly": ("ValueError", "ValueError at read"),
    "histogram": ("NotImplementedError", "NotImplementedError at read"),
    "trace": ("KeyError", "KeyError at read"),
    "bytes": ("TypeError", "TypeError at read"),
    "decimal": ("TypeError", "TypeError at read"),
    "images in a dict": ("TypeError", "TypeError at read"),
    "classes": ("TypeError", "TypeError at read"),
    "graph": ("TypeError", "KeyError at read"),  # its own cell has no file, so it fails a step before
    "complex": ("TypeError", "TypeError at write"),
    "array 0-d": ("TypeError", "TypeError at read"),
    "tables in a list": ("TypeError", "TypeError at read"),
}
"""Cells that the client cannot read back, of its own files either: what it raises for ours, and what for its own."""

ONLY_OURS = {
    "numpy text": "TypeError at read",
    "array with nan": "TypeError at read",
    "array of booleans": "TypeError at read",
    "array of text": "TypeError at read",
    "array of complex numbers": "TypeError at write",
    "array and none": "ValueError at write",
    "array in a list": "ValueError at make",
    "object": "ValueError at write",
    "table with keys": "TypeError at read",
    "odd names": "FileNotFoundError at write",
}
"""Cells that the client reads of our files though it fails on its own."""

AS_JSON = {"images in a list"}
"""Cells whose media the client leaves as JSON when it reads."""

WITHHELD = {"array and none"}
"""Cells that the client's form cannot hold: it reads None, and they stand beside for us alone."""

OTHER_TYPES = {
    *("numpy text", "array with nan", "array of booleans", "array of text", "table with keys", "classes"),
    *("array 1-d and none", "array after none"),
}
"""Columns whose types are not the client's: with those it cannot read its own file, or forgets that None is there."""

ARRAYS_STILL = {"array of moments"}
"""Cells that the client reads of our files as they were given, while its own hold less."""

OTHER_COPIES = {
    "bytes": "text, where the client writes a list of numbers",
    "datetime64 ns": "text, where the client writes nanoseconds, which nobody can tell from numbers",
    "array 0-d": "a number, where the client has a list of one",
    "aware moment": "UTC is +00:00, as with all clients before it, where this one writes Z",
}
"""Columns whose run's copy is not the client's to the letter."""

WORK = Path(sys.argv[1], "own")
NUMBERS = count()


# -- facts ----------------------------------------------------------------------------------------------------


def of_value(value: Any) -> Any:
    """The fact of one of the client's values; None where it is none."""
    if isinstance(value, data_types.Table):
        return fact_of(value)
    if isinstance(value, data_types.Classes):
        return {"class": "Classes", "class_set": list(value._class_set)}
    if not isinstance(value, data_types.WBValue):
        return None
    said: dict[str, Any] = {
        "class": type(value).__name__,
        "caption": vars(value).get("_caption"),
        "sha256": vars(value).get("_sha256"),
    }
    if isinstance(value, data_types.Image):
        return {**said, **labelled_picture(value)}
    if "_path" in vars(value):
        assert digest(Path(vars(value)["_path"]).read_bytes()) == said["sha256"][:20], (
            "the file is another one"
        )
    return said


def labelled_picture(image: Any) -> Any:
    """The pixels, boxes, masks and classes of an image."""
    labels = {each["id"]: each["name"] for each in image._classes._class_set} if image._classes else {}
    return {
        **picture(Image.open(image._path)),
        "format": image.format,
        "grouping": image._grouping,
        "boxes": {key: [box(each) for each in item._val] for key, item in (image._boxes or {}).items()},
        "masks": {key: picture(Image.open(item._path)) for key, item in (image._masks or {}).items()},
        "classes": [[at, labels[at]] for at in sorted(labels)],
    }


def fact_of(value: Any) -> Any:
    """The fact of a table of any kind."""
    if isinstance(value, data_types.JoinedTable):
        return {
            "class": "JoinedTable",
            "key": value._join_key,
            "parts": list(map(fact_of, (value._table1, value._table2))),
        }
    data = [row for _, row in value.iterrows()]
    facts = [[fact(cell, of_value) for cell in row] for row in data]
    if isinstance(value, data_types.PartitionedTable):
        return {"class": "PartitionedTable", "rows": facts}
    return {"class": "Table", "columns": value.columns, "rows": facts}


def without_lost_captions(said: Any) -> Any:
    """Facts without what the client drops."""
    if isinstance(said, dict):
        dropped = {"caption"} if said.get("class") in DROPPED else set()
        return {key: without_lost_captions(each) for key, each in said.items() if key not in dropped}
    return [without_lost_captions(each) for each in said] if isinstance(said, list) else said


def without_encodings(said: Any) -> Any:
    """Facts without the hashes of files, and the names that come of these, for both libraries encode in their own ways."""
    if isinstance(said, dict):
        return {key: without_encodings(each) for key, each in said.items() if key not in ("sha256", "path")}
    return [without_encodings(each) for each in said] if isinstance(said, list) else said


def types_of(document: Any) -> Any:
    """The column types of a document, but for the names of files and the order in sets."""
    if isinstance(document, dict):
        if document.get("wb_type") == "const" and document["params"].get("is_set"):
            return {**document, "params": {**document["params"], "val": sorted(document["params"]["val"])}}
        if document.get("type") == "classes-file":
            return "classes-file"
        if document.get("wb_type") in ("foreignKey", "foreignIndex"):
            return {**document, "params": {**document["params"], "table": "a table"}}
        if document.get("wb_type") == "ndarray":
            path = document["params"]["serialization_path"]
            return {**document, "params": {**document["params"], "serialization_path": path and path["key"]}}
        if document.get("wb_type") == "image-file":
            return _layers(document)
        return {key: types_of(each) for key, each in document.items()}
    return [types_of(each) for each in document] if isinstance(document, list) else document


def _layers(node: Any) -> Any:
    """An image's type, the class ids of its layers sorted."""
    params = dict(node["params"])
    for name in ("box_layers", "mask_layers"):
        value = params[name]["params"]["val"]
        params[name] = {layer: sorted(ids) for layer, ids in value.items()}
    params["box_score_keys"] = sorted(params["box_score_keys"]["params"]["val"])
    return {**node, "params": params}


# -- what happens ---------------------------------------------------------------------------------------------


class Outcome:
    """What became of some steps of the client: a result, or the step at which it failed and the error."""

    def __init__(self, start: Any = None) -> None:
        self.result = start
        self.failed = self.error = ""

    def then(self, step: str, do: Callable[[Any], Any]) -> Outcome:
        """Do one more step with the result of the last, unless one has failed."""
        if not self.failed:
            try:
                self.result = do(self.result)
            except Exception as error:
                self.failed, self.error = step, type(error).__name__
        return self

    def __str__(self) -> str:
        return f"{self.error} at {self.failed}" if self.failed else "reads"


def fresh() -> Path:
    """A new folder."""
    folder = WORK / str(next(NUMBERS))
    folder.mkdir(parents=True)
    return folder


def write_own(value: Any) -> LocalArtifact:
    """What the client writes of a value."""
    artifact = wandb.Artifact("own", "dataset")
    artifact.add(value, "t")
    return written(artifact, fresh())


def write_own_parts(assets: Path) -> LocalArtifact:
    """The partitioned table as the client writes it."""
    artifact = wandb.Artifact("own", "dataset")
    for name in cases.PARTS:
        artifact.add(cases.part(NAMES, assets, name), f"parts/{name}")
    artifact.add(NAMES.PartitionedTable("parts"), "t")
    return written(artifact, fresh())


def own_of(name: str, assets: Path) -> tuple[Outcome, LocalArtifact | None]:
    """What the client makes of a case, and reads of that; and the artifact that it wrote."""
    own = Outcome()
    if name == "partitioned":
        own.then("write", lambda _: write_own_parts(assets))
    else:
        own.then("make", lambda _: cases.make(NAMES, assets, name)).then("write", write_own)
    artifact = None if own.failed else own.result
    return own.then("read", read), artifact


def read(artifact: LocalArtifact) -> tuple[Any, Any]:
    """The table in an artifact, and its fact."""
    table = artifact.get("t")
    return table, fact_of(table)


def document(artifact: LocalArtifact, entry: str) -> Any:
    """The JSON of an entry."""
    return json.loads(Path(artifact.download(), entry).read_text(encoding="utf-8"))


def again(value: Any, said: Any) -> str:
    """Whether the client can write again what it has read, and reads the same of that."""
    forget_source(value)
    if isinstance(value, data_types.PartitionedTable):
        return "it is a folder's name"
    rewritten = (
        Outcome(value).then("write again", write_own).then("read again", lambda a: fact_of(a.get("t")))
    )
    if rewritten.failed:
        return str(rewritten)  # as "KeyError at write again"
    same = without_encodings(rewritten.result) == without_encodings(said)
    return "" if same else f"reads otherwise once it is written again: {rewritten.result} after {said}"


# -- the check ------------------------------------------------------------------------------------------------


def check_case(case: dict[str, Any], folder: Path) -> tuple[str, list[str]]:
    """What the client makes of a case, in short, and what is wrong with ours."""
    name = case["name"]
    said, wrong = "", []
    for place, entry in case["places"]:
        own, own_artifact = own_of(name, folder / "assets")
        artifact = LocalArtifact(folder / "tables" / place)
        ours = Outcome(artifact).then("read", read)
        wrong += compare(case, ours, own)
        if own_artifact is not None:
            alike = name not in OTHER_TYPES | ARRAYS_STILL
            wrong += compare_documents(document(artifact, entry), document(own_artifact, entry), types=alike)
        said = f"{ours}, its own: {own}"
        if not ours.failed:
            problem = again(*ours.result)
            # where its own fails already, or holds less, no more is asked of ours
            own_problem = problem if own.failed or name in ARRAYS_STILL else again(*own.result)
            said += f"; cannot be written again: {own_problem}" if own_problem else "; is written again"
            if problem != own_problem:
                wrong.append(f"again: {problem or 'works'}, while the client's own: {own_problem or 'works'}")
    if "path" in case["logged"]:
        made = Outcome().then("make", lambda _: cases.make(NAMES, folder / "assets", name))
        wrong += [] if made.failed else compare_run_copies(case, folder, made.result)
    return said, wrong


def compare(case: dict[str, Any], ours: Outcome, own: Outcome) -> list[str]:
    """What is wrong with what the client reads of ours."""
    name = case["name"]
    if name in FAILING:
        both = (ours.error, str(own))
        return (
            []
            if both == FAILING[name]
            else [f"ours {ours}, its own {own}, which is said to be {FAILING[name]}"]
        )
    if ours.failed or str(own) != ONLY_OURS.get(name, "reads"):
        return [f"ours {ours}, its own {own}, which is said to be {ONLY_OURS.get(name, 'read')}"]
    table, said = ours.result
    wrong = []
    given = without_lost_captions(case["fact"])
    if name in WITHHELD:
        given = {**given, "rows": [[None] for _ in given["rows"]]}
    if name not in AS_JSON and without_lost_captions(said) != given:
        wrong.append(f"it reads {without_lost_captions(said)}, and given was {given}")
    if not own.failed and name not in ARRAYS_STILL:
        its, its_said = own.result
        if without_encodings(said) != without_encodings(its_said):
            wrong.append(f"it reads {without_encodings(said)}, and of its own {without_encodings(its_said)}")
        if (
            isinstance(table, data_types.Table)
            and name not in OTHER_TYPES
            and table._column_types != its._column_types
        ):
            wrong.append(f"column types {table._column_types}, and its own {its._column_types}")
    return wrong


def compare_run_copies(case: dict[str, Any], folder: Path, its: Any) -> list[str]:
    """What is wrong with our run's copy beside the client's, which it makes when it logs a table."""
    made = Outcome(its).then("copy", run_copy)
    if made.failed or case["name"] in OTHER_COPIES:
        return []
    path = folder / "tables" / case["places"][0][0].partition("/")[0] / "run" / case["logged"]["path"]
    ours = path.read_text(encoding="utf-8")
    same = repr(json.loads(ours)) == repr(made.result)  # so that NaN is equal, and 1 is not 1.0
    return [] if same else [f"the run's copy is {ours}, and its own {made.result}"]


def run_copy(table: Any) -> Any:
    """What the client writes into a run's copy of a table."""
    text = io.StringIO()
    util.json_dump_safer(_numpy_arrays_to_lists(table._to_table_json(warn=False)), text)
    return json.loads(text.getvalue())


def compare_documents(ours: Any, own: Any, *, types: bool) -> list[str]:
    """What is wrong with our file beside the client's of the same table, but for its cells."""
    keys = ("_type", "columns", "ncols", "nrows", "log_mode", "join_key", "parts_path")
    wrong = [
        f"{key}: {ours.get(key)}, and its own {own.get(key)}" for key in keys if ours.get(key) != own.get(key)
    ]
    if types and types_of(ours.get("column_types")) != types_of(own.get("column_types")):
        wrong.append(
            f"column_types {types_of(ours['column_types'])}, and its own {types_of(own['column_types'])}"
        )
    return wrong


def check_increments(case: dict[str, Any], folder: Path) -> tuple[str, list[str]]:
    """Whether the client puts an incremental table together from the versions of our artifact."""
    artifact = LocalArtifact(*(folder / "tables" / place for place in case["places"]))
    last = case["logged"]["artifact_path"].rpartition("/")[2]
    ours = Outcome(artifact).then("read", lambda artifact: artifact.get(last)).then("look", fact_of)
    same = not ours.failed and ours.result == case["fact"]
    return str(ours), [] if same else [f"ours: {ours}, {ours.result}, and given was {case['fact']}"]


def main(folder: Path) -> int:
    """Check all cases; the number of those that are wrong."""
    expected = json.loads(folder.joinpath("expected.json").read_text(encoding="utf-8"))
    bad = 0
    for case in expected:
        check = check_increments if case["name"] == "incremental" else check_case
        said, wrong = check(case, folder)
        bad += bool(wrong)
        print(f"{'WRONG' if wrong else 'ok'}  {case['name']}: {said}", *wrong, sep="\n       ")
    print(f"wandb {wandb.__version__}: {len(expected) - bad} of {len(expected)} tables are as they should be")
    return bad


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) and 1)
