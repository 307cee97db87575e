"""What a run printed, the measurements of its machine, and its custom charts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from by_hand import CONFIG, SUMMARY, Recording, flat, items, num, part
from toy_codecs import Tally

from wbtypes_core import Registry
from wbtypes_runs import open_run
from wbtypes_runs.console import Output, Sample

OUTPUT, STATS, OUTPUT_RAW = 4, 7, 13
MOMENT = num(1, 1_700_000_000) + num(2, 500_000_000)
WHEN = datetime(2023, 11, 14, 22, 13, 20, 500_000, UTC)


def changes(values: dict[str, Any]) -> bytes:
    return items(flat(values))


def test_output_comes_as_it_was_printed(recording: Recording) -> None:
    recording.add(OUTPUT_RAW, num(1, 1) + part(2, MOMENT) + part(3, "epoch 1\n"))
    recording.add(OUTPUT_RAW, part(3, "warning: \x1b[31mhot"))
    recording.add(OUTPUT, num(1, 1) + part(3, b"\xff"))
    recording.add(OUTPUT, num(1, 1) + part(3, "end"))
    assert list(open_run(recording.save()).output()) == [
        Output("epoch 1\n", "stdout", WHEN),
        Output("warning: \x1b[31mhot", "stderr"),
        Output("end", "stdout"),
    ]


def test_output_is_read_from_its_file_where_no_record_has_it(recording: Recording) -> None:
    run = open_run(recording.save())
    assert list(run.output()) == []
    recording.file("output.log", b"one\n\xff\n")
    assert [piece.text for piece in run.output()] == ["one\n", "\ufffd\n"]


def test_measurements_are_listed(recording: Recording) -> None:
    one = part(3, part(1, "cpu") + part(16, "1.5")) + part(3, part(1, "gpu.0.memory") + part(16, "[1, 2]"))
    recording.add(STATS, part(2, MOMENT) + one)
    recording.add(STATS, part(3, part(1, "cpu") + part(16, "nothing")))
    recording.add(STATS, b"")
    assert list(open_run(recording.save()).system()) == [
        Sample(WHEN, {"cpu": 1.5, "gpu.0.memory": [1, 2]}),
        Sample(None, {}),
    ]


def spec(table: str | None, **more: Any) -> dict[str, Any]:
    query = {
        "queryFields": [{"name": "runSets", "fields": [{"args": [{"name": "tableKey", "value": table}]}]}]
    }
    panel = {
        "panelDefId": "wandb/line/v0",
        "fieldSettings": {"x": "a"},
        "stringSettings": {"title": "T"},
        **more,
    }
    return {"panel_type": "Vega2", "panel_config": {**panel, "userQuery": query} if table else panel}


def test_charts_are_their_table_and_specification(recording: Recording, toys: Registry) -> None:
    ours: dict[str, Any] = {
        "visualize": {
            "named": spec("named_table"),
            "split": spec(None),
            "guessed": spec(None),
            "history": spec("logged"),
            "odd": 3,
            "empty": {},
        },
        "viz": {"old": {"id": "wandb/bar/v0", "historyFieldSettings": {"x-axis": "_step", "key": "old"}}},
    }
    recording.add(CONFIG, changes({"_wandb": ours}))
    tables = {"named_table": 1, "Custom Chart Tables/split_table": 2, "old": 3}
    recording.add(SUMMARY, changes({key: {"_type": "tally", "count": n} for key, n in tables.items()}))
    recording.row(0, {"logged": {"_type": "tally", "count": 4}})
    recording.row(1, {"logged": {"_type": "tally", "count": 5}})
    charts = open_run(recording.save(), registry=toys).charts
    assert {key: (chart.definition, chart.table_key, chart.table) for key, chart in charts.items()} == {
        "named": ("wandb/line/v0", "named_table", Tally(count=1)),
        "split": ("wandb/line/v0", "Custom Chart Tables/split_table", Tally(count=2)),
        "guessed": ("wandb/line/v0", "guessed_table", None),
        "history": ("wandb/line/v0", "logged", Tally(count=5)),
        "empty": ("", "empty_table", None),
        "old": ("wandb/bar/v0", "old", Tally(count=3)),
    }
    assert (charts["named"].fields, charts["named"].strings) == ({"x": "a"}, {"title": "T"})
    assert charts["named"].spec == ours["visualize"]["named"]


def test_a_run_without_charts_has_none(recording: Recording) -> None:
    assert open_run(recording.save()).charts == {}
    recording.add(CONFIG, changes({"_wandb": {"visualize": [1], "viz": None}}))
    assert open_run(recording.save()).charts == {}


def test_tags_are_listed(recording: Recording) -> None:
    recording.add(17, part(1, "abc123") + part(10, "one") + part(10, "two"))
    assert open_run(recording.save()).tags == ("one", "two")
