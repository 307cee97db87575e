"""Writers: rows, summary, config, metrics, artifacts; what waits in the background, and what is lost there."""

from __future__ import annotations

import base64
import errno
import hashlib
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from writer_toys import Faulty, Growing, Picture, Sheet, toys

from wbtypes_core import EncodeError, Registry
from wbtypes_core.files import LazyFile
from wbtypes_core.jsonio import same
from wbtypes_core.layout import artifact_url
from wbtypes_runs import LostValueWarning, Run, RunWriter, open_run
from wbtypes_runs.writing.logfile import LogFile
from wbtypes_runs.writing.rows import PENDING
from wbtypes_runs.writing.staging import RunFiles

ADDED = {"_step", "_timestamp", "_runtime"}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return toys()


@pytest.fixture(params=[True, False], ids=["background", "at once"])
def writer(tmp_path: Path, registry: Registry, request: pytest.FixtureRequest) -> Iterator[RunWriter]:
    made = RunWriter(
        tmp_path / "run",
        project="p",
        name="n",
        config={"lr": 0.5},
        background=request.param,
        registry=registry,
    )
    yield made
    made.close()


def reopened(writer: RunWriter) -> Run:
    writer.flush()
    return open_run(writer.folder, registry=toys())


def user_rows(run: Run) -> list[dict[str, Any]]:
    return [{key: each for key, each in row.json.items() if key not in ADDED} for row in run.history()]


class Gate:
    """A picture that is not encoded before it is let through."""

    def __init__(self, data: bytes = b"gated") -> None:
        self.open = threading.Event()
        self.picture = Picture.restore(file=LazyFile(lambda: data if self.open.wait(30) else b"", ".pic"))


# -- rows -----------------------------------------------------------------------------------------------------------


def test_a_row_comes_back_as_it_was_logged(writer: RunWriter) -> None:
    row = {
        "loss": 0.1,
        "count": 3,
        "wide": 2**70,
        "name": "hé \N{SNOWMAN} \x00 \ud800",
        "none": None,
        "yes": True,
        "nan": math.nan,
        "low": -math.inf,
        "list": [1, [2, {"a": 3}], "x"],
        "deep": {"a": {"b": 1, "c": {}}, "d/e.f": 2},
        "empty": {},
        "": "a key without a name",
        "a/b": 1,
        "of user": {"_type": 3},
    }
    assert writer.log(row) == 0
    (back,) = reopened(writer).history()
    assert same({key: each for key, each in back.json.items() if key not in ADDED}, row)
    assert back.json["_step"] == back.step == 0
    assert list(back.json)[: len(row)] == list(row)
    assert type(back.json["loss"]) is float
    assert type(back.json["count"]) is int
    assert back.timestamp is not None
    assert back.json["_runtime"] >= 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.text(st.characters(codec="utf-8"), max_size=12).filter(lambda key: key not in {"_wandb", *ADDED})


@given(rows=st.lists(st.dictionaries(KEYS, JSON, max_size=5), max_size=6))
@settings(max_examples=60)
def test_rows_of_any_json_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("runs") / "run"
    with RunWriter(folder, registry=toys()) as writer:
        for row in rows:
            halves = not all(_whole(each) for each in row.values())
            if halves:
                with pytest.raises(EncodeError, match="half a character"):
                    writer.log(row)
            else:
                writer.log(row)
    run = open_run(folder, registry=toys())
    whole = [{key: each for key, each in row.items() if _whole(each)} for row in rows]
    assert same(user_rows(run), whole)
    assert run.check() == []


def _whole(json: Any) -> bool:
    """Whether no key on the way to a leaf holds half a character; lists are leaves."""
    if not isinstance(json, dict):
        return True
    return all(key.isprintable() or _text(key) for key in json) and all(map(_whole, json.values()))


def _text(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def test_steps_grow_and_may_leap_but_neither_repeat_nor_go_back(writer: RunWriter) -> None:
    assert [writer.log({"a": 1}), writer.log({"a": 2}, step=5), writer.log({"a": 4, "_step": 7})] == [0, 5, 7]
    with pytest.raises(ValueError, match=r"step 6 does not come after that of the row before, 7; .*step=8"):
        writer.log({"a": 5}, step=6)
    for commit in (None, True, False):
        with pytest.raises(
            ValueError, match=r"the row of step 7 is written already; pass commit=False .*step=8"
        ):
            writer.log({"a": 5}, step=7, commit=commit)
    with pytest.raises(ValueError, match="step=8 and the row's own _step 9 differ"):
        writer.log({"_step": 9}, step=8)
    for bad in (1.0, "1", True, -1, 1 << 63):
        with pytest.raises((TypeError, ValueError), match="step is a whole number"):
            writer.log({"a": 5}, step=bad)  # type: ignore[arg-type]
    assert writer.log({"a": 6}) == writer.step == 8
    assert [row.step for row in reopened(writer).history()] == [0, 5, 7, 8]


def test_a_recorded_row_can_be_logged_again_with_its_times(writer: RunWriter, tmp_path: Path) -> None:
    writer.log({"a": 1, "picture": Picture.of(b"p")}, step=4)
    run = reopened(writer)
    with RunWriter(tmp_path / "copy", registry=toys()) as copy:
        for row in run.history():
            copy.log(row)
    assert [row.json for row in open_run(copy.folder).history()] == [row.json for row in run.history()]
    assert open_run(copy.folder, registry=toys()).check() == []


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ([1], "log takes a dict of values by key, not list"),
        ({1: 2}, "a key of a row is int; keys are text"),
        ({"_wandb": 1}, "'_wandb' is a key of the client's own in a row"),
    ],
)
def test_what_is_no_row_is_an_error_and_writes_nothing(writer: RunWriter, row: Any, error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        writer.log(row)
    assert writer.step == -1
    assert user_rows(reopened(writer)) == []


def test_a_value_that_cannot_be_logged_is_left_out_and_told(writer: RunWriter) -> None:
    with pytest.raises(
        EncodeError,
        match=r'^history step 0, \["odd"\]\["in"\]: .* cannot be logged.*; the row was written without it$',
    ):
        writer.log({"a": 1, "odd": {"in": object()}, "b": 2})
    with pytest.raises(EncodeError, match=r"half a character.*\(and 1 more value, see the writer's lost\)"):
        writer.log({"\ud800": 1, "digits": 10**5000})
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    with pytest.raises(EncodeError, match="nested too deep, or hold themselves"):
        writer.log({"cyclic": cyclic})
    assert user_rows(reopened(writer)) == [{"a": 1, "b": 2}, {}, {}]
    assert len(writer.lost) == 4


def test_what_is_done_to_a_value_after_log_changes_nothing(tmp_path: Path, registry: Registry) -> None:
    gate, items = Gate(), [1, 2]
    with RunWriter(tmp_path / "run", registry=registry) as writer:
        writer.log({"gate": gate.picture, "mixed": {"items": items, "other": gate.picture}})
        items.append(3)
        gate.open.set()
    (row,) = open_run(writer.folder).history()
    assert row.json["mixed"]["items"] == [1, 2]


# -- rows that are logged by several calls ----------------------------------------------------------------------------


def test_values_are_gathered_until_a_log_writes_them(writer: RunWriter) -> None:
    first = {"a": 1, "n": {"x": 1, "y": {"z": 1}}, "l": [1], "v": {"_type": "x", "old": 1}, "d": {"k": 1}}
    assert writer.log(first, commit=False) == 0
    second = {"b": 2, "n": {"x": 5, "y": {"w": 2}}, "l": [2], "v": {"_type": "x"}, "d": 4}
    assert writer.log(second, commit=False) == 0
    assert writer.step == -1
    assert user_rows(open_run(writer.folder)) == []
    assert writer.log({"a": 9}) == writer.step == 0
    assert writer.log({"c": 1}) == 1
    whole = {"a": 9, "n": {"x": 5, "y": {"z": 1, "w": 2}}, "l": [2], "v": {"_type": "x"}, "d": 4, "b": 2}
    run = reopened(writer)
    assert user_rows(run) == [whole, {"c": 1}]
    assert run.summary_json["n"] == whole["n"]


def test_a_step_may_be_named_in_each_of_its_calls_and_a_later_one_ends_it(writer: RunWriter) -> None:
    assert writer.log({"a": 1}, step=3, commit=False) == 3
    with pytest.raises(ValueError, match="step 2 does not come after that of the row before, 3"):
        writer.log({"a": 2}, step=2)
    assert writer.log({"b": 1}, step=3) == 3
    assert writer.log({"c": 1}, commit=False) == 4
    assert writer.log({"c": 2}, step=7, commit=False) == 7
    assert writer.log({"_step": 9, "c": 3}, commit=False) == 9
    assert writer.log({"d": 3}, commit=True) == 9
    writer.log({"e": 1}, step=20, commit=False)
    assert [(row.step, set(row.json) - ADDED) for row in reopened(writer).history()] == [
        (3, {"a", "b"}),
        (4, {"c"}),
        (7, {"c"}),
        (9, {"c", "d"}),
        (20, {"e"}),
    ]
    writer.log({"last": 1}, commit=False)
    writer.close()
    assert [row.step for row in open_run(writer.folder).history()] == [3, 4, 7, 9, 20, 21]


def test_what_is_gathered_may_hold_media_and_is_as_it_was_when_it_was_logged(writer: RunWriter) -> None:
    growing, items = Growing.of("a"), [1]
    writer.log({"rows": growing, "deep": {"pic": Picture.of(b"one")}, "items": items}, commit=False)
    growing.texts.append("b")
    items.append(2)
    writer.log({"deep": {"loss": 1}}, commit=False)
    writer.log({"pic": Picture.of(b"two"), "rows_": growing})
    run = reopened(writer)
    (row,) = run.history()
    assert row["deep"]["pic"].file.read() == b"one"
    assert row["deep"]["loss"] == 1
    assert row["pic"].file.read() == b"two"
    assert row["items"] == [1]
    assert [row.json[key]["texts"] for key in ("rows", "rows_")] == [["a"], ["b"]]
    assert run.check() == []


def test_a_gathered_value_that_cannot_be_logged_is_told_when_its_row_is_written(writer: RunWriter) -> None:
    writer.log({"odd": object(), "worse": object(), "a": 1}, commit=False)
    writer.log({"worse": 2}, commit=False)
    with pytest.raises(EncodeError, match=r'^history step 0, \["odd"\]: .*the row was written without it$'):
        writer.log({"b": 1})
    writer.log({"odd": object()}, commit=False)
    with pytest.raises(EncodeError, match=r'^history step 1, \["odd"\]'):
        writer.log({"c": 1}, step=8)
    writer.log({"odd": object()}, commit=False)
    with pytest.raises(EncodeError, match=r'^history step 9, \["odd"\]'):
        writer.flush()
    assert user_rows(reopened(writer)) == [{"a": 1, "worse": 2, "b": 1}, {}, {"c": 1}, {}]


@pytest.mark.parametrize("what", [LogFile.append, RunFiles.bundle], ids=["the log", "its files"])
def test_what_was_gathered_still_is_when_its_row_cannot_be_written(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch, what: Any
) -> None:
    owner = LogFile if what is LogFile.append else RunFiles
    with RunWriter(tmp_path / "run", background=False, registry=registry) as writer:
        writer.log({"a": 1, "sheet": Sheet.of("text")}, commit=False)
        with monkeypatch.context() as full:
            error = OSError(errno.ENOSPC, "No space left on device")
            full.setattr(owner, what.__name__, Mock(side_effect=error))
            for log in (lambda: writer.log({"b": 2}), lambda: writer.log({"b": 2}, step=5), writer.flush):
                with pytest.raises(OSError, match="No space left"):
                    log()
        writer.log({"b": 3})
    (row,) = open_run(writer.folder).history()
    assert (row["a"], row["b"], row.step) == (1, 3, 0)
    assert row.json["sheet"]["_type"] == "sheet-file"


def test_threads_that_gather_lose_nothing_and_steps_grow(writer: RunWriter) -> None:
    def work(number: int) -> None:
        for at in range(40):
            values: dict[str, Any] = {f"{number}.{at}": at}
            if at % 9 == 0:
                values[f"pic {number}.{at}"] = Picture.of(bytes((number, at)))
            writer.log(values, commit=at % 3 == number % 3)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    run = reopened(writer)
    rows = list(run.history())
    assert [row.step for row in rows] == list(range(len(rows)))
    found = [key for row in rows for key in set(row.json) - ADDED]
    wanted = {f"{number}.{at}" for number in range(4) for at in range(40)}
    assert sorted(key for key in found if not key.startswith("pic")) == sorted(wanted)
    assert len(found) == len(wanted) + 4 * 5
    assert run.check() == []


# -- media ----------------------------------------------------------------------------------------------------------


def test_media_are_files_of_the_run_with_labels_in_its_config(writer: RunWriter) -> None:
    writer.log({"a": 1, "pic": Picture.of(b"one", {"0": "sky"}), "deep": {"er": Picture.of(b"two")}})
    writer.log({"pic": Picture.of(b"three", {"0": "sky"}), "list": [Picture.of(b"4"), Picture.of(b"5")]})
    writer.config["more"] = [1]
    run = reopened(writer)
    first, second = run.history()
    assert first["pic"].file.read() == b"one"
    assert first["pic"].labels["value"] == {"0": "sky"}
    assert first["deep"]["er"].file.read() == b"two"
    assert [each.file.read() for each in second["list"]] == [b"4", b"5"]
    node = first.json["pic"]
    sha256 = hashlib.sha256(b"one").hexdigest()
    assert node["path"] == f"media/pictures/pic_0_{sha256[:20]}.pic"
    assert (node["sha256"], node["size"]) == (sha256, 3)
    assert run.config_json == {
        "_wandb": {
            "mask/class_labels": {
                "pic_wandb_delimeter_set": {
                    "type": "mask/class_labels",
                    "key": "pic_wandb_delimeter_set",
                    "value": {"0": "sky"},
                }
            }
        },
        "lr": 0.5,
        "more": [1],
    }
    assert run.check() == []


def test_a_row_with_media_returns_before_they_are_encoded_and_rows_keep_their_order(
    tmp_path: Path, registry: Registry
) -> None:
    gates = [Gate(b"0"), Gate(b"1")]
    with RunWriter(tmp_path / "run", registry=registry) as writer:
        writer.log({"before": 0})
        for gate in gates:
            writer.log({"pic": gate.picture})
        writer.log({"after": 1})
        assert user_rows(open_run(writer.folder)) == [{"before": 0}]
        gates[1].open.set()
        assert user_rows(open_run(writer.folder)) == [{"before": 0}]
        gates[0].open.set()
        writer.flush()
        rows = list(open_run(writer.folder, registry=registry).history())
    assert [row.step for row in rows] == [0, 1, 2, 3]
    assert [rows[1]["pic"].file.read(), rows[2]["pic"].file.read(), rows[3]["after"]] == [b"0", b"1", 1]


def test_no_row_comes_after_the_greatest_step(writer: RunWriter) -> None:
    greatest = (1 << 63) - 1
    assert writer.log({"a": 1}, step=greatest) == greatest
    for step in (None, 5):
        with pytest.raises(ValueError, match="the greatest there is"):
            writer.log({"a": 2}, step=step)
    assert [row.step for row in reopened(writer).history()] == [greatest]


def test_containers_are_encoded_as_they_were_when_logged_in_their_order_and_behind_the_callers_back(
    tmp_path: Path, registry: Registry
) -> None:
    gate = Gate()
    other = Growing.of("x", slow=0.01)
    with RunWriter(tmp_path / "run", registry=registry) as writer:
        growing = Growing.of()
        for each in "abcdef":
            growing.texts.append(each)
            growing.slow = 0.02 if each in "ad" else 0.0
            writer.log({"pic": gate.picture, "deep": {"er": [growing]}} if each == "a" else {"rows": growing})
        writer.log({"other": other, "number": 1})
        other.texts.append("too late")
        assert user_rows(open_run(writer.folder, registry=registry)) == []
        threading.Timer(0.05, gate.open.set).start()
        growing.texts.append("g")
        writer.summary["rows"] = growing  # in this thread, and behind those that wait
    run = open_run(writer.folder, registry=registry)
    first, *rows, last = (row.json for row in run.history())
    assert first["deep"]["er"] == [{"_type": "growing", "texts": ["a"]}]
    assert [row["rows"]["texts"] for row in rows] == [["b"], ["c"], ["d"], ["e"], ["f"]]
    assert last["other"]["texts"] == ["x"]
    assert run.summary_json["rows"]["texts"] == ["g"]


def test_a_container_that_cannot_be_encoded_holds_no_other_up(tmp_path: Path, registry: Registry) -> None:
    writer = RunWriter(tmp_path / "run", registry=registry)
    bad = Growing.of()
    bad.done = []
    writer.log({"rows": bad})
    writer.log({"rows": Growing.of("fine")})
    with pytest.raises(EncodeError, match="history step 0"):
        writer.close()
    assert [set(row.json) - ADDED for row in open_run(writer.folder).history()] == [set(), {"rows"}]


def test_every_row_is_in_the_log_when_log_returns_without_a_background(
    tmp_path: Path, registry: Registry
) -> None:
    with RunWriter(tmp_path / "run", background=False, registry=registry) as writer:
        for step in range(5):
            writer.log({"pic": Picture.of(bytes((step,)))})
            assert len(user_rows(open_run(writer.folder))) == step + 1


@pytest.mark.parametrize("gathered", [False, True])
def test_only_so_many_rows_wait_for_their_media(tmp_path: Path, registry: Registry, gathered: bool) -> None:
    gate = Gate()
    with RunWriter(tmp_path / "run", registry=registry) as writer:

        def log_one_more() -> None:
            writer.log({"pic": gate.picture}, commit=not gathered)
            if gathered:
                writer.log({})

        for _ in range(PENDING):
            log_one_more()
        more = threading.Thread(target=log_one_more)
        more.start()
        more.join(0.2)
        assert more.is_alive()
        gate.open.set()
        more.join(30)
        assert not more.is_alive()
    assert len(user_rows(open_run(writer.folder))) == PENDING + 1


def test_what_is_lost_in_the_background_is_told_at_the_next_log_and_raised_by_flush(
    tmp_path: Path, registry: Registry
) -> None:
    writer = RunWriter(tmp_path / "run", registry=registry)
    writer.log({"a": 1, "bad": {"in": Faulty.of()}, "pic": Picture.of(b"p")})
    writer.log({"worse": Faulty.of(ValueError("no\nwords"))})
    told = r"^history step [01], .*the row was written without it \(and 1 more value, see the writer's lost\)"
    with pytest.raises(EncodeError, match=told):
        writer.flush()
    assert sorted(map(str, writer.lost)) == [
        'history step 0, ["bad"]["in"]: is faulty; the row was written without it',
        "history step 1, [\"worse\"]: 'faulty-file' cannot be written: ValueError: no words; the row was written without it",
    ]
    writer.flush()
    writer.flush()
    writer.log({"bad": Faulty.of()})
    while len(writer.lost) < 3:
        threading.Event().wait(0.001)
    with pytest.warns(LostValueWarning, match=r'history step 2, \["bad"\]: is faulty') as warned:
        writer.log({"b": 2})
    assert len(warned) == 1
    with pytest.raises(EncodeError, match="history step 2"):
        writer.close()
    run = open_run(writer.folder, registry=registry)
    assert [sorted(row) for row in user_rows(run)] == [["a", "pic"], [], [], ["b"]]
    assert run.exit is not None
    assert run.check() == []


def test_many_threads_share_a_writer(tmp_path: Path, registry: Registry) -> None:
    with RunWriter(tmp_path / "run", registry=registry) as writer:

        def work(number: int) -> None:
            for at in range(50):
                row: dict[str, Any] = {"who": number, "at": at}
                if at % 10 == number:
                    row["pic"] = Picture.of(bytes((number, at)))
                writer.log(row)
                if at % 25 == 0:
                    writer.summary[f"by {number}"] = at

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    run = open_run(writer.folder, registry=registry)
    rows = list(run.history())
    assert [row.step for row in rows] == list(range(300))
    for number in range(6):
        assert [row["at"] for row in rows if row["who"] == number] == list(range(50))
    assert run.check() == []


# -- the summary ----------------------------------------------------------------------------------------------------


def test_the_summary_keeps_what_was_last(writer: RunWriter) -> None:
    writer.log({"loss": 3, "deep": {"a": 1}, "pic": Picture.of(b"one"), "gone": 1})
    writer.log({"loss": 2, "deep": {"b": 2}, "pic": None})
    writer.summary["best"] = 2
    writer.summary["shown"] = Picture.of(b"two", {"1": "x"})
    writer.log({"loss": 4, "best": 1, "pic": {"a": 1}})
    writer.summary.update(loss=0, deep={"c": 3})
    del writer.summary["gone"]
    with pytest.raises(KeyError):
        del writer.summary["never"]
    with pytest.raises(KeyError):
        writer.summary["never"]
    writer.summary["deep"]["c"] = "a copy"
    assert writer.summary["deep"] == {"c": 3}
    assert writer.summary["shown"].file.read() == b"two"
    writer.close()
    summary = open_run(writer.folder, registry=toys()).summary_json
    node = summary.pop("shown")
    assert node["path"].startswith("media/pictures/shown_summary_")
    assert {key: summary[key] for key in summary if key not in ADDED} == {
        "loss": 0,
        "deep": {"c": 3},
        "pic": {"a": 1},
        "best": 1,
        "_wandb": {"runtime": 0},
    }
    assert {**writer.summary, "shown": None}.keys() == {*summary, "shown"} - {"_wandb"}


def test_a_value_in_the_summary_is_replaced_whole(writer: RunWriter) -> None:
    writer.log({"a": {"_type": "x", "old": 1}, "b": {"c": {"_type": "x", "old": 1}}})
    writer.log({"a": {"plain": 2}, "b": {"c": {"_type": "y"}}})
    assert writer.summary["a"] == {"plain": 2}
    summary = reopened(writer).summary_json
    assert (summary["a"], summary["b"]) == ({"plain": 2}, {"c": {"_type": "y"}})


def test_a_value_that_the_summary_cannot_hold_is_told(writer: RunWriter) -> None:
    with pytest.raises(
        EncodeError, match=r'^the summary, \["bad"\]: is faulty; the summary was written without it$'
    ):
        writer.summary.update(good=1, bad=Faulty.of())
    assert writer.summary["good"] == 1
    assert "bad" not in writer.summary


# -- metrics --------------------------------------------------------------------------------------------------------


def test_metrics_say_what_the_summary_keeps(writer: RunWriter) -> None:
    writer.define_metric("epoch")
    writer.define_metric("acc", step_metric="epoch", summary="max, mean,first,last,min")
    writer.define_metric("val/*", summary="min", hidden=True)
    writer.define_metric("deep.x", summary="none")
    for step, acc in enumerate((0.5, math.nan, 0.25, 0.75)):
        writer.log(
            {
                "acc": acc,
                "val/loss": step,
                "deep": {"x": step, "y": step},
                **({"epoch": 9} if step == 1 else {}),
            }
        )
    run = reopened(writer)
    assert run.summary_json["acc"] == {"min": 0.25, "max": 0.75, "mean": 0.5, "last": 0.75, "first": 0.5}
    assert run.summary_json["val/loss"] == {"min": 0}
    assert run.summary_json["deep"] == {"y": 3}
    assert [row.get("epoch") for row in run.history()] == [None, 9, 9, 9]
    metric = run.metrics["acc"]
    assert (metric.step_metric, metric.step_sync, metric.defined) == ("epoch", True, True)
    assert metric.summary == ("min", "max", "mean", "last", "first")
    assert run.metrics["val/*"].hidden
    writer.summary["acc"] = 1
    assert reopened(writer).summary_json["acc"] == 1


@pytest.mark.parametrize(
    ("values", "mean"),
    [((2**2000, 1), math.inf), ((math.inf, -math.inf), math.nan), ((1e308, 1e308), 1e308), ((1, 2), 1.5)],
)
def test_a_mean_is_that_of_its_numbers(writer: RunWriter, values: tuple[float, ...], mean: float) -> None:
    writer.define_metric("x", summary="mean")
    for value in values:
        writer.log({"x": value})
    assert same(reopened(writer).summary_json["x"], {"mean": mean})


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"name": ""}, "takes a name, or the begin of names and a \\*"),
        ({"name": "a*b"}, "takes a name, or the begin of names and a \\*"),
        ({"name": 3}, "name of define_metric is text, not int"),
        ({"name": "a", "summary": "median"}, "a summary keeps min, max, .* and not 'median'"),
        ({"name": "a", "goal": "up"}, "the goal of a metric is minimize or maximize, and not 'up'"),
    ],
)
def test_a_metric_that_is_none_is_an_error(writer: RunWriter, arguments: Any, error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        writer.define_metric(**arguments)


def test_a_summary_may_keep_the_best_or_copy_or_nothing(writer: RunWriter) -> None:
    low = writer.define_metric("low", summary="best", goal="minimize")
    high = writer.define_metric("high", summary="BEST, last", goal="max")
    for summary in ("copy", "copy,first", "none,max"):
        writer.define_metric(summary, summary=summary)
    for value in (3, 1, 7, 2):
        writer.log(dict.fromkeys(("low", "high", "copy", "copy,first", "none,max"), value))
    run = reopened(writer)
    assert {key: run.summary_json[key] for key in run.summary_json if key not in ADDED} == {
        "low": {"best": 1},
        "high": {"best": 7, "last": 2},
        "copy": 2,
        "copy,first": {"first": 3},
    }
    assert (low, high) == (run.metrics["low"], run.metrics["high"])
    assert (high.summary, high.goal) == (("best", "last"), "maximize")
    writer.define_metric("none,max", summary="min")
    writer.log({"none,max": 5})
    assert writer.summary["none,max"] == {"min": 1, "max": 7}


def test_what_a_metric_keeps_is_of_all_rows_whenever_it_was_defined(writer: RunWriter) -> None:
    for loss in (3, 1):
        writer.log({"epoch": loss, "loss": loss, "deep": {"x": loss}})
    writer.define_metric("loss", summary="max,first")
    writer.define_metric("deep.*", step_metric="epoch", summary="mean")
    writer.log({"loss": 2})
    writer.log({"deep": {"x": 2}})
    run = reopened(writer)
    assert run.summary_json["loss"] == {"max": 3, "first": 3}
    assert run.summary_json["deep"] == {"x": {"mean": 2}}
    assert [row.get("epoch") for row in run.history()] == [3, 1, None, 1]


def test_which_definition_holds_for_a_name(writer: RunWriter) -> None:
    step = writer.define_metric("the.step")
    writer.define_metric("_own", summary="max")
    writer.define_metric("a/*", step_metric=step, summary="max")
    writer.define_metric("a/exact", summary="min")
    writer.define_metric("dot\\.ted", summary="max")
    writer.define_metric("*", summary="first")
    pattern = writer.define_metric("a/*", hidden=True)
    assert (pattern.name, pattern.glob, pattern.hidden, pattern.step_metric) == ("", "a/*", True, "")
    for value in (2, 3, 1):
        names = ("_own", "_other", "a/x", "a/exact", "dot.ted", "word")
        writer.log({"the": {"step": 5}} | dict.fromkeys(names, value) | {"word": "w", "v": {"_type": "x"}})
    run = reopened(writer)
    summary = run.summary_json
    assert {key: summary[key] for key in summary if key not in {"_timestamp", "_runtime"}} == {
        "the": {"step": 5},
        "_own": {"max": 3},
        "_other": 1,
        "a/x": {"max": 3},
        "a/exact": {"min": 1},
        "dot.ted": {"max": 3},
        "word": {"first": "w"},
        "v": {"_type": "x"},
        "_step": 2,
    }
    assert run.metrics["a/*"].step_metric == "the.step"


def test_a_metric_is_added_to_unless_it_is_overwritten(writer: RunWriter) -> None:
    writer.define_metric("x", summary="min")
    writer.define_metric("x", summary="max")
    writer.log({"x": 1})
    assert writer.summary["x"] == {"min": 1, "max": 1}
    assert reopened(writer).metrics["x"].summary == ("min", "max")
    writer.define_metric("x", overwrite=True)
    writer.log({"x": 2})
    assert writer.summary["x"] == 2
    assert reopened(writer).metrics["x"].summary == ()


# -- the config -----------------------------------------------------------------------------------------------------


def test_the_config_is_written_as_it_changes(writer: RunWriter) -> None:
    given = {"a": [1]}
    writer.config["nested"] = given
    given["a"].append(2)
    writer.config.update({"x": 1}, y=(1, 2))
    del writer.config["lr"]
    writer.config["nested"]["a"].append(3)  # type: ignore[index,call-overload,union-attr]  # a copy
    assert dict(writer.config) == {"nested": {"a": [1]}, "x": 1, "y": [1, 2]}
    assert reopened(writer).config == dict(writer.config)


def test_keys_of_config_and_summary_are_attributes_too(writer: RunWriter) -> None:
    writer.config.lr = 1
    writer.config.update({"x": 1}, allow_val_change=True)
    writer.log({"loss": 0.5})
    writer.summary.best = 2
    assert (writer.config.lr, writer.config.x, writer.summary.loss, writer.summary.best) == (1, 1, 0.5, 2)
    with pytest.raises(AttributeError, match="the config has no key 'gone'"):
        writer.config.gone  # noqa: B018
    assert not hasattr(writer.summary, "gone") and not hasattr(writer.summary, "_gone")
    run = reopened(writer)
    assert run.config == {"lr": 1, "x": 1}
    assert run.summary_json["best"] == 2
    assert (writer.name, writer.project) == (run.name, run.project) == ("n", "p")


@pytest.mark.parametrize(("key", "value"), [("x", object()), (1, 1), ("_wandb", {}), ("\ud800", 1)])
def test_a_config_that_is_no_json_is_an_error_and_changes_nothing(
    writer: RunWriter, key: Any, value: Any
) -> None:
    with pytest.raises((TypeError, ValueError)):
        writer.config.update({"good": 1, key: value})
    assert dict(writer.config) == {"lr": 0.5}
    assert reopened(writer).config == {"lr": 0.5}


def test_threads_that_set_the_config_lose_nothing(writer: RunWriter) -> None:
    def work(number: int) -> None:
        for at in range(50):
            writer.config[f"{number}.{at}"] = at
            if at % 2:
                del writer.config[f"{number}.{at}"]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(writer.config) == 1 + 8 * 25
    assert reopened(writer).config == dict(writer.config)


# -- artifacts ------------------------------------------------------------------------------------------------------


def test_a_value_that_lies_in_an_artifact_stages_one_before_its_row(writer: RunWriter) -> None:
    for each in ("first", "second"):
        writer.log({"my sheet": Sheet.of(each)})
    run = reopened(writer)
    name = f"run-{writer.id}-mysheet-"
    first, second = records = [made.record for made in run.artifacts]
    assert first.name == second.name
    assert first.name.startswith(name)
    assert len(first.name) == len(name) + 6
    for record, row, text in zip(records, run.history(), (b"first", b"second"), strict=True):
        (entry,) = record.entries
        digest = base64.b64encode(hashlib.md5(text).digest()).decode()
        url = artifact_url(row.json["my sheet"]["artifact_path"])
        latest = artifact_url(row.json["my sheet"]["_latest_artifact_path"])
        assert url is not None
        assert latest is not None
        assert (entry.path, entry.digest, entry.size) == ("my sheet.sheet.txt", digest, len(text))
        assert Path(entry.local_path).read_bytes() == text
        assert Path(entry.local_path).is_relative_to(writer.folder / "artifacts")
        assert (record.type, url.id, url.entry) == ("run_table", record.client_id, entry.path)
        assert (latest.id, latest.alias) == (record.sequence_client_id, "latest")
        assert len(record.client_id) == len(record.sequence_client_id) == 128
        listed = f"wandb-artifact-manifest-v1\n{entry.path}:{digest}\n"
        assert record.digest == hashlib.md5(listed.encode()).hexdigest()
    assert first.client_id != second.client_id
    assert first.sequence_client_id == second.sequence_client_id


def test_an_artifact_of_a_value_that_fails_leaves_nothing(tmp_path: Path, registry: Registry) -> None:
    with RunWriter(tmp_path / "run", background=False, registry=registry) as writer:
        with pytest.raises(EncodeError, match="is refused once it is staged"):
            writer.log({"sheet": Sheet.of("refused")})
        assert [each for each in writer.folder.joinpath("artifacts").rglob("*") if each.is_file()] == []
    assert open_run(writer.folder).artifacts == ()


def test_files_become_an_artifact(writer: RunWriter, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.joinpath("sub").mkdir(parents=True)
    data.joinpath("a.txt").write_bytes(b"a")
    data.joinpath("sub", "b.txt").write_bytes(b"b")
    address = writer.log_artifact(
        data, "set", "dataset", description="d", metadata={"n": (1,)}, aliases=["latest", "best"]
    )
    data.joinpath("a.txt").write_bytes(b"changed")
    writer.log_artifact(data / "a.txt", "set", "dataset")
    writer.log_artifact([data / "a.txt", data / "sub" / "b.txt"], "flat", "model")
    writer.log_artifact({"x/y.txt": data / "a.txt"}, "named", "model")
    made = [each.record for each in reopened(writer).artifacts]
    assert [[each.path for each in record.entries] for record in made] == [
        ["a.txt", "sub/b.txt"],
        ["a.txt"],
        ["a.txt", "b.txt"],
        ["x/y.txt"],
    ]
    assert [Path(each.local_path).read_bytes() for each in made[0].entries] == [b"a", b"b"]
    assert (made[0].name, made[0].type, made[0].description) == ("set", "dataset", "d")
    assert (made[0].metadata, made[0].aliases) == ('{"n": [1]}', ("latest", "best"))
    assert (made[0].client_id, made[0].sequence_client_id) == (address.client_id, address.sequence_id)
    assert made[1].sequence_client_id == made[0].sequence_client_id


def test_what_is_no_artifact_is_an_error_and_leaves_nothing(writer: RunWriter, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"a")
    empty = tmp_path / "empty"
    empty.mkdir()
    for files, name, kind, error in (
        (file, "a b", "dataset", "artifact's name has letters"),
        (file, "a", "run_table", "no type for an artifact of yours"),
        (empty, "a", "dataset", "has at least one file"),
        ([file, file], "a", "dataset", "two files are named a.txt"),
        ({"wandb_manifest.json": file}, "a", "dataset", "name this one otherwise"),
    ):
        with pytest.raises(ValueError, match=error):
            writer.log_artifact(files, name, kind)
    with pytest.raises(FileNotFoundError):
        writer.log_artifact([file, tmp_path / "none.txt"], "a", "dataset")
    with pytest.raises(EncodeError, match="leaves its folder"):
        writer.log_artifact({"../up.txt": file}, "a", "dataset")
    assert reopened(writer).artifacts == ()
    assert [each for each in writer.folder.joinpath("artifacts").rglob("*") if each.is_file()] == []


# -- begin and end --------------------------------------------------------------------------------------------------


def test_a_run_says_what_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "offline-run-20260131_101500-ab12cd34"
    with RunWriter(
        folder,
        project="p",
        name="n",
        entity="e",
        group="g",
        job_type="j",
        notes="line\nline",
        tags=["x", "y"],
        config={"a": 1},
    ) as writer:
        assert repr(writer) == f"RunWriter({str(folder)!r})"
    run = open_run(folder)
    assert writer.path == run.path == folder / "run-ab12cd34.wandb"
    info = run.info
    assert (run.id, run.project, run.name, info.entity, info.group) == ("ab12cd34", "p", "n", "e", "g")
    assert (info.job_type, info.notes, info.tags) == ("j", "line\nline", ("x", "y"))
    assert info.started is not None
    assert run.config == {"a": 1}
    assert run.exit is not None
    assert (run.exit.code, run.check()) == (0, [])


def test_a_run_has_an_id_of_its_own(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "a") as one, RunWriter(tmp_path / "b") as other:
        assert len(one.id) == len(other.id) == 8
        assert one.id != other.id
    with RunWriter(tmp_path / "c", id="my-run") as writer:
        assert writer.path.name == "run-my-run.wandb"
    for bad in ("", "a/b", "..\\x", "a b", "x" * 129):
        with pytest.raises(ValueError, match="a run's id has letters"):
            RunWriter(tmp_path / "d", id=bad)
    with pytest.raises(TypeError, match="tags is a list of texts"):
        RunWriter(tmp_path / "d", tags="one")
    with pytest.raises(TypeError, match=r"config\['x'\] is object"):
        RunWriter(tmp_path / "d" / "e", config={"x": object()})
    assert not (tmp_path / "d").exists()


def test_a_folder_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        RunWriter(tmp_path / "file" / "run")
    (tmp_path / "run" / "run-x.wandb").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="holds a run already"):
        RunWriter(tmp_path / "run", id="x")
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["file", "run", "run-x.wandb"]


def test_an_error_ends_the_run_with_a_code_and_goes_first(tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(ZeroDivisionError) as caught, RunWriter(tmp_path / "run", registry=registry) as writer:
        writer.log({"bad": Faulty.of()})
        writer.log({"x": 1 / 0})
    assert ["is faulty" in note for note in caught.value.__notes__] == [True]
    run = open_run(writer.folder)
    assert run.exit is not None
    assert run.exit.code == 1
    assert len(list(run.history())) == 1


def test_finish_is_close(writer: RunWriter) -> None:
    writer.log({"a": 1})
    writer.finish(3)
    run = open_run(writer.folder)
    assert run.exit is not None
    assert run.exit.code == 3


def test_a_closed_writer_says_so(writer: RunWriter) -> None:
    writer.log({"a": 1})
    writer.close()
    writer.close()
    for act in (
        lambda: writer.log({"a": 1}),
        writer.flush,
        lambda: writer.summary.update(a=1),
        lambda: writer.config.update(a=1),
        lambda: writer.define_metric("a"),
        lambda: writer.log_artifact("a", "b", "c"),
    ):
        with pytest.raises(RuntimeError, match="is closed; what it wrote can be read by open_run"):
            act()
    assert writer.summary["a"] == 1


def test_who_logs_while_it_is_closed_is_refused_or_has_its_row(tmp_path: Path, registry: Registry) -> None:
    refused: list[str] = []
    for number in range(20):
        writer = RunWriter(tmp_path / str(number), registry=registry)
        logged = log_while_it_is_closed(writer, refused)
        run = open_run(writer.folder, registry=registry)
        assert logged <= {key for row in run.history() for key in row.json}
        assert run.check() == []
        assert run.exit is not None
    assert all("is closed" in each for each in refused)


def log_while_it_is_closed(writer: RunWriter, refused: list[str]) -> set[str]:
    """What several threads could log, while two others closed the writer."""
    start, logged = threading.Barrier(5), set()

    def log(who: int) -> None:
        start.wait()
        try:
            for at in range(1000):
                pic = {"pic": Picture.of(bytes((who,)))} if at % 50 == 0 else {}
                writer.log({f"{who}.{at}": at, **pic}, commit=at % 3 > 0)
                logged.add(f"{who}.{at}")
        except RuntimeError as error:
            refused.append(str(error))

    def close() -> None:
        start.wait()
        time.sleep(0.002)
        writer.close()

    threads = [threading.Thread(target=log, args=(who,)) for who in range(3)]
    threads += [threading.Thread(target=close) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return logged


@pytest.mark.parametrize(("last", "code"), [("", 0), ("1 / 0", 1)])
def test_a_writer_that_nobody_closed_is_closed_when_python_ends(tmp_path: Path, last: str, code: int) -> None:
    script = (
        "import sys; from wbtypes_runs import RunWriter\n"
        "def work(): RunWriter(sys.argv[1]).log({'a': 1}, commit=False)\n"
        f"work()\n{last}"
    )
    folder = tmp_path / "run"
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, timeout=60)
    assert done.returncode == code
    run = open_run(folder)
    assert [row["a"] for row in run.history()] == [1]
    assert run.exit is not None
    assert run.exit.code == code


def test_a_writer_of_scalars_imports_no_numpy(tmp_path: Path) -> None:
    code = (
        "import sys; from wbtypes_runs import RunWriter\n"
        "with RunWriter(sys.argv[1]) as writer: writer.log({'a': 1, 'b': {'c': [1, 2]}})\n"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], check=True, timeout=60)
