"""How tables travel: two copies, increments, references, and what is beside the JSON."""

from __future__ import annotations

import base64
import datetime
import hashlib
import io
import json
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbtypes_core import (
    DecodeError,
    Dialect,
    DirectoryStore,
    EncodeError,
    LimitError,
    Limits,
    Linked,
    MemoryStore,
    Opaque,
    ValueWarning,
    decode,
    encode,
)
from wbtypes_core import native as native_of
from wbtypes_core.jsonio import dumps, loads, same
from wbtypes_table import IncrementalTable, JoinedTable, Lost, PartitionedTable, Table, native
from wbtypes_table.equality import same_cell

MOMENT = datetime.datetime(2021, 3, 4, 5, 6, 7, 891234)
NAN = float("nan")


def logged(table: Any, store: Any = None, **options: Any) -> tuple[Any, Any]:
    """A table's JSON in a run, and the store that it was logged to."""
    store = MemoryStore() if store is None else store
    return encode({"t": table}, store, **options).json["t"], store


def artifact(store: MemoryStore, name: str = "t:v0", entry: str = "t.table.json") -> Any:
    """The document of a table in an artifact."""
    return loads(store.bundles[name].files[entry])


def back(table: Any, exact: bool = True) -> Any:
    """A table after a log and a read."""
    node, store = logged(table, exact=exact)
    return decode(node, store)


# -- both copies ----------------------------------------------------------------------------------------------


def test_a_table_is_written_as_the_client_writes_it() -> None:
    table = Table(columns=["n", "f"], data=[[1, NAN], [2, float("inf")]])
    node, store = logged(table, step=3)
    assert {key: node[key] for key in ("_type", "ncols", "nrows", "log_mode")} == {
        "_type": "table-file",
        "ncols": 2,
        "nrows": 2,
        "log_mode": "IMMUTABLE",
    }
    assert node["path"] == f"media/table/t_3_{node['sha256'][:20]}.table.json"
    assert store.files[node["path"]] == b'{"columns":["n","f"],"data":[[1,NaN],[2,Infinity]]}'
    assert node["artifact_path"] == store.bundles["t:v0"].address.url("t.table.json")
    assert node["_latest_artifact_path"] == store.bundles["t:v0"].address.latest_url("t.table.json")
    document = artifact(store)
    assert document["data"] == [[1, None], [2, float("inf")]]
    assert document["_wbtypes"] == {"columns": {"1": {"nan": True}}}
    number = {"wb_type": "union", "params": {"allowed_types": [{"wb_type": "none"}, {"wb_type": "number"}]}}
    assert document["column_types"] == {
        "wb_type": "typedDict",
        "params": {"type_map": {"n": number, "f": number}},
    }


@pytest.mark.parametrize(
    ("key", "name", "entry"),
    [
        ("plain", "plain", "plain.table.json"),
        ("a/b", "ab-c14cdd", "a/b.table.json"),
        ("../x", "x-", "__/x.table.json"),
        ("é ü", "", "é ü.table.json"),
    ],
)
def test_names_of_artifacts(key: str, name: str, entry: str, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    node = encode({key: Table(columns=["a"], data=[[1]])}, store).json[key]
    (folder,) = (path.parent for path in (tmp_path / "artifacts").glob("*/v0"))
    assert folder.name.startswith(name)
    assert (folder / "v0" / entry).is_file()
    assert decode({key: node}, store)[key].source == "artifact"


def test_equal_keys_in_one_row_get_versions_of_their_own() -> None:
    store = MemoryStore()
    row = {"x": {"t": Table(columns=["a"], data=[[1]])}, "y": {"t": Table(columns=["a"], data=[[2]])}}
    found = decode(encode(row, store).json, store)
    assert [found["x"]["t"].data, found["y"]["t"].data] == [[[1]], [[2]]]


def test_a_table_that_was_read_is_not_written_again(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    node, _ = logged(Table(columns=["a"], data=[[1]]), store)
    table = decode(node, store)
    again = encode({"other": table}, store, step=9)
    assert (again.json["other"], again.files) == (node, ())
    table.add_data(2)
    assert (table.source, len(table)) == (None, 2)
    changed = encode({"t": table}, store).json["t"]
    assert changed["path"] != node["path"]
    assert decode(changed, store).data == [[1], [2]]


def test_both_copies_move_to_another_store() -> None:
    table = Table(columns=["t", "m"], data=[[MOMENT, np.eye(2)]])
    node, first = logged(table)
    moved, second = logged(decode(node, first))
    assert decode(moved, second) == table
    assert second.bundles["t:v0"].files.keys() == first.bundles["t:v0"].files.keys()


def test_without_the_artifact_the_run_s_copy_says_what_it_lacks() -> None:
    table = Table(columns=["media", "word", "n"], data=[[Lost("Image"), "Image", 1], [None, "cat", 2]])
    node, store = logged(table)
    store.bundles.clear()
    found = decode(node, store)
    assert (found.source, found.lossy) == ("run", True)
    assert "only the run's copy was read" in found.why_lossy
    assert "is in an artifact, not in this folder; pass the artifact's folder" in found.why_lossy
    assert found.column("word") == ["Image", "cat"]
    (lost, none) = found.column("media")
    assert (type(lost), lost.word, none) == (Lost, "Image", None)
    assert "pass the artifact's folder" in str(lost)
    assert encode({"t": found}, store).json["t"] == node
    elsewhere = MemoryStore()
    moved = encode({"t": found}, elsewhere).json["t"]
    assert moved["artifact_path"] == node["artifact_path"]
    assert elsewhere.bundles == {}


def test_a_lost_cell_stays_lost() -> None:
    table = Table(columns=["a"], data=[[Lost("Image")], [None]])
    assert back(table) == table
    assert back(table, exact=False).column("a") == ["Image", None]


def test_a_cut_copy_is_named() -> None:
    table = Table(columns=["a"], data=[[each] for each in range(10_001)], client_limits=True)
    node, store = logged(table)
    assert node["nrows"] == 10_001
    assert len(loads(store.files[node["path"]])["data"]) == 10_000
    assert not decode(node, store).lossy
    store.bundles.clear()
    found = decode(node, store)
    assert (len(found), found.nrows) == (10_000, 10_001)
    assert "10,000 of 10,001 rows are there" in found.why_lossy
    assert found.describe().startswith("10,000 of 10,001 rows")
    whole = Table(columns=["a"], data=[[each] for each in range(10_001)])
    node, store = logged(whole)
    assert len(loads(store.files[node["path"]])["data"]) == 10_001


def test_not_followed_and_not_there() -> None:
    node, store = logged(Table(columns=["a"], data=[[1]]))
    linked = decode(node, store, follow=False)
    assert type(linked) is Linked
    assert encode({"t": linked}, store).json["t"] == node
    gone = decode(node, MemoryStore())
    assert type(gone) is Linked
    assert "is not in this memory store" in str(gone.reason)
    with pytest.raises(EncodeError, match="needs a store"):
        encode({"t": Table()}, None)


def test_damaged_artifact_copies_are_told_of() -> None:
    node, store = logged(Table(columns=["a"], data=[[1]]))
    store.bundles["t:v0"].files["t.table.json"] = b'{"_type": "table", "columns": ["a"], "data": [[1, 2]]}'
    found = decode(node, store)
    assert (found.source, found.data) == ("run", [[1]])
    assert "has 2 cells" in found.why_lossy


# -- what JSON loses ------------------------------------------------------------------------------------------

cells = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.binary(max_size=5),
        st.datetimes(),
        st.datetimes(timezones=st.just(datetime.UTC)),
        st.dates(),
        st.times(),
        st.timedeltas(),
        st.decimals(allow_nan=False),
        st.uuids(),
        st.complex_numbers(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(0, 9)), inner, max_size=3).filter(
            lambda made: len({str(key) for key in made}) == len(made) and "_type" not in made
        ),
    ),
    max_leaves=6,
)


@given(st.lists(cells, min_size=1, max_size=6))
def test_cells_of_any_kind_come_back(column: list[Any]) -> None:
    table = Table(columns=["a"], data=[[cell] for cell in column], allow_mixed_types=True)
    assert back(table) == table
    node = encode(table, MemoryStore(), dialect=Dialect.ARTIFACT).json
    json.dumps(node)
    assert decode(node) == table


@pytest.mark.parametrize(
    "column",
    [
        [1, 2.0, -0.0, 2**80],
        [NAN, None, 1.5],
        [NAN, NAN],
        [float("inf"), float("-inf"), None],
        [MOMENT, None],
        [MOMENT.replace(tzinfo=datetime.UTC)] * 2,
        [
            MOMENT.replace(tzinfo=ZoneInfo("Europe/Berlin")),
            MOMENT.replace(tzinfo=ZoneInfo("Europe/Berlin"), month=8),
        ],
        [MOMENT.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-5, minutes=-30)))],
        [MOMENT, MOMENT.replace(tzinfo=datetime.UTC), MOMENT.date(), NAN],
        [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)],
        [datetime.datetime.min, datetime.datetime.max],
        [np.datetime64("2020-01-01T00:00:00.123456789"), None],
        [np.arange(3, dtype=np.int8), None, np.arange(2, dtype=np.int8)],
        [np.array([NAN, np.inf]), np.array([1.5, 2.5])],
        [np.array([NAN, 1.5])],
        [np.zeros(151)],
        [np.eye(2, dtype=np.float32), np.ones((2, 2), np.float32)],
        [np.eye(2), None],
        [np.zeros(()), np.zeros((0, 3))],
        [np.array(["a", "bc"]), np.array([b"x"])],
        [np.array([1 + 2j])],
        [np.zeros(2, dtype=[("x", "i4"), ("y", "f8")])],
        [np.array(["2020-01-01"], "M8[D]")],
        [np.arange(3, dtype=">i4")],
        [np.float16(0.1), np.float16(NAN)],
        [np.bool_(True), np.uint64(2**64 - 1), np.str_("x"), np.longdouble(1) / 3],
        [np.float32(0.1), None, np.float32(NAN), np.float32(np.inf)],
        [np.uint64(2**64 - 1), np.uint64(0)],
        [np.bool_(True), np.bool_(False)],
        [np.float64(NAN), np.float64(1)],
        [np.complex64(1 + 2j), None, np.complex64(complex(NAN, 1))],
        [np.timedelta64(3, "ns"), np.timedelta64(5, "ns")],
        [np.timedelta64(3, "ns"), np.timedelta64(5, "s")],
        [np.datetime64("20000-01-01", "s"), np.datetime64("2020-01-01", "s")],
        [np.longdouble(1) / 3, np.longdouble(NAN)],
        [np.str_("x"), np.str_("xyz")],
        [(1, 2), None, ("x",)],
        [(1, (2,)), (1, (2,))],
        [{1: 1, None: 2}, {1: 3, None: 4}],
    ],
    ids=str,
)
def test_columns_come_back_exactly(column: list[Any]) -> None:
    table = Table(columns=["a"], data=[[cell] for cell in column], allow_mixed_types=True)
    found = back(table).column("a")
    assert [type(cell) for cell in found] == [type(cell) for cell in column]
    assert all(map(same_cell, found, column)), found


@pytest.mark.parametrize(
    ("cells", "json", "said"),
    [
        ([np.float32(0.5), np.float32(2)], [0.5, 2.0], {"each": ["numpy", ["<f4", None]]}),
        (
            [np.float32(NAN), np.float32(2), None],
            [None, 2.0, None],
            {"nan": [0], "each": ["numpy", ["<f4", None]]},
        ),
        ([np.int8(1), np.int8(2)], [1, 2], {"each": ["numpy", ["|i1", None]]}),
        ([(1, 2), (3, 4)], [[1, 2], [3, 4]], {"each": ["tuple"]}),
        ([(1, 2), [3, 4]], [[1, 2], [3, 4]], {"notes": [[[0], "tuple"]]}),
        ([{"a": (1,)}, {"a": (1,)}], [{"a": [1]}] * 2, {"notes": [[[at, "a"], "tuple"] for at in range(2)]}),
    ],
    ids=str,
)
def test_what_is_so_of_each_cell_is_said_once(cells: list[Any], json: list[Any], said: Any) -> None:
    _, store = logged(Table(columns=["a"], data=[[cell] for cell in cells]))
    document = artifact(store)
    assert same([row[0] for row in document["data"]], json)
    assert document["_wbtypes"] == {"columns": {"0": said}}


def test_moments_of_numpy_are_said_in_one_piece() -> None:
    first = np.datetime64("2020-01-01T00:00:00.123456789")
    cells = [first + np.timedelta64(row, "ns") for row in range(1000)]
    _, store = logged(Table(columns=["a"], data=[[cell] for cell in cells]))
    document = artifact(store)
    assert document["data"][0] == [1577836800123.4568]
    (said,) = document["_wbtypes"]["columns"].values()
    assert said.keys() == {"npy"}
    assert len(said["npy"]) < 1000 * 8 * 1.4 + 400


def test_a_zone_comes_back_by_its_key() -> None:
    (found,) = back(Table(columns=["a"], data=[[MOMENT.replace(tzinfo=ZoneInfo("Europe/Berlin"))]])).column(
        "a"
    )
    assert found.tzinfo == ZoneInfo("Europe/Berlin")


def test_a_zone_that_is_not_known_here_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without the database of zones."""
    berlin = [MOMENT.replace(tzinfo=ZoneInfo("Europe/Berlin")), None]
    far = MOMENT.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
    node, store = logged(Table(columns=["a", "b"], data=[[berlin[0], far], [berlin[1], MOMENT]]))

    def unknown(key: str) -> Any:
        raise ZoneInfoNotFoundError(key)

    monkeypatch.setattr("zoneinfo.ZoneInfo", unknown)
    monkeypatch.setattr("wbtypes_core.errors._told", set())
    with pytest.warns(ValueWarning, match="'(Europe/Berlin|Asia/Tokyo)' is not known here"):
        found = decode(node, store)
        assert found.column("a") == berlin
        assert found.column("b") == [far, MOMENT]
        assert found.column("a")[0].utcoffset() == datetime.timedelta()
        moved, elsewhere = logged(pickle.loads(pickle.dumps(found)))
    monkeypatch.undo()
    again = decode(moved, elsewhere)
    assert [cell.tzinfo for cell in again.column("b")] == [ZoneInfo("Asia/Tokyo"), None]
    assert again.column("a")[0].tzinfo == ZoneInfo("Europe/Berlin")


def test_without_what_is_beside_moments_are_milliseconds_of_utc() -> None:
    (found,) = back(Table(columns=["a"], data=[[MOMENT]]), exact=False).column("a")
    assert found == datetime.datetime(2021, 3, 4, 5, 6, 7, 891000, tzinfo=datetime.UTC)


def test_keys_that_collide_are_refused() -> None:
    with pytest.raises(EncodeError, match="two keys of a dict are '1' on the wire"):
        logged(Table(columns=["a"], data=[[{1: "x", "1": "y"}]]))


def test_arrays_lie_as_the_client_lays_them() -> None:
    node, store = logged(Table(columns=["m"], data=[[np.eye(2)], [np.ones((2, 2))]]))
    document = artifact(store)
    (side,) = (
        part
        for part in document["column_types"]["params"]["type_map"]["m"]["params"]["allowed_types"]
        if part["wb_type"] == "ndarray"
    )
    path = side["params"]["serialization_path"]
    assert (document["data"], side["params"]["shape"], path["key"]) == ([[None], [None]], [2, 2], "m")
    stacked = np.load(io.BytesIO(store.bundles["t:v0"].files[path["path"]]), allow_pickle=False)["m"]
    np.testing.assert_array_equal(stacked, [np.eye(2), np.ones((2, 2))])
    assert loads(store.files[node["path"]])["data"] == [
        [[[1.0, 0.0], [0.0, 1.0]]],
        [[[1.0, 1.0], [1.0, 1.0]]],
    ]


# -- hostile side files ---------------------------------------------------------------------------------------


def npz(array: Any, key: str = "m.npy", compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive, archive.open(key, "w") as out:
        np.lib.format.write_array(out, np.asanyarray(array), allow_pickle=True)
    return stream.getvalue()


def with_side_file(data: bytes, limits: Limits | None = None) -> Any:
    node, store = logged(Table(columns=["m"], data=[[np.eye(2)], [np.eye(2)]]))
    bundle = store.bundles["t:v0"]
    (path,) = (path for path in bundle.files if path.endswith(".npz"))
    bundle.files[path] = data
    return decode(node, store, limits=limits or Limits()).column("m")[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            npz(np.array([object(), object()], object)),
            "under 'm' holds Python objects, which would have to be unpickled",
        ),
        (b"no zip", "cannot be read as arrays"),
        (npz(np.eye(2), "other.npy"), "holds no array"),
        (npz(np.eye(3)), "holds 3 arrays for 2 rows"),
        (npz(np.float64(1)), "holds no rows"),
        (npz(np.eye(2))[:-40], "cannot be read as arrays"),
        (npz(np.eye(2)).replace(b"(2, 2)", b"(9, 9)"), "cannot be read as arrays|is cut"),
        (npz(np.zeros((2, 4_000_000)), compression=zipfile.ZIP_DEFLATED), "over the limit ratio=200"),
    ],
)
def test_a_side_file_that_cannot_be_read_is_a_lost_cell(data: bytes, words: str) -> None:
    lost = with_side_file(data)
    assert type(lost) is Lost
    import re

    assert re.search(words, lost.reason), lost.reason


def test_a_large_side_file_is_a_limit() -> None:
    lost = with_side_file(npz(np.zeros((2, 1000))), Limits(file_bytes=5000))
    assert "over the limit file_bytes" in lost.reason


@pytest.mark.parametrize(
    "exact",
    [
        {"nan": [5]},
        {"nan": "all"},
        {"times": "zone", "zone": "../../etc/passwd"},
        {"times": "zone", "micros": [1]},
        {"array": "O"},
        {"array": "|V8"},
        {"arrays": []},
        {"arrays": {"path": "../x.npz"}},
        {"notes": 5},
        {"notes": [[[0], "nan"], 5]},
        {"notes": [[[9], "nan"]]},
        {"notes": [[[0, "x"], "nan"]]},
        {"notes": [[[0], "module:thing", "x"]]},
        {"notes": [[[0], "bytes", "%%"]]},
        {"notes": [[[0], "datetime", [10**30, None]]]},
        {"notes": [[[0], "numpy", ["O", None]]]},
        {"notes": [[[0], "npy", ["AAAA", False]]]},
        {"notes": [[[0], "uuid", 5]]},
        {"notes": [[[0], "keys", 5]]},
        {"notes": [[]]},
        {"notes": [[[True], "nan"]]},
        {"each": 5},
        {"each": []},
        {"each": ["numpy"]},
        {"each": ["numpy", ["<U8", None]]},
        {"each": ["numpy", ["<f4", [7]]]},
        {"each": ["numpy", ["|u1", None]]},
        {"each": ["uuid", "x"]},
        {"npy": 5},
        {"npy": "AAAA"},
        {"npy": native.npy_text(np.zeros(3))},
        {"npy": native.npy_text(np.zeros((2, 2)))},
    ],
    ids=str,
)
def test_hostile_notes_cost_their_column_alone(exact: Any) -> None:
    node = {
        "_type": "table",
        "columns": ["a", "b"],
        "data": [[1614834367891, "x"], [2, "y"]],
        "column_types": {"wb_type": "typedDict", "params": {"type_map": {"a": {"wb_type": "timestamp"}}}},
        "_wbtypes": {"columns": {"0": exact}},
    }
    table = decode(node, MemoryStore())
    assert table.column("b") == ["x", "y"]
    found = table.column("a")
    assert len(found) == 2
    assert all(isinstance(cell, Opaque | Lost | datetime.datetime) for cell in found)
    assert any(isinstance(cell, Opaque | Lost) for cell in found) or exact == {"arrays": {"path": "../x.npz"}}


NEWER = {
    "_type": "table",
    "columns": ["a", "b", "c"],
    "data": [[[1, "x"], 1.5, 5], [{"path": "media/x.bin", "sha256": ""}, 2, 6], [None, 3, 7]],
    "_wbtypes": {
        "columns": {
            "0": {"notes": [[[0, 1], "rune", "X"], [[0], "tuple"], [[1], "hologram", {"depth": 3}]]},
            "1": {"each": ["measure", "m"]},
            "2": {"curve": [1, {"path": "media/y.bin", "sha256": ""}]},
        },
        "table": "newer",
    },
}
"""A table with notes of kinds that are not known here, on single cells, on all of a column, and beside it."""


def newer() -> tuple[Any, MemoryStore]:
    """That table with the right digests, and the artifact that holds its files."""
    store = MemoryStore()
    text = json.dumps(NEWER)
    for name in ("x", "y"):
        store.files[f"media/{name}.bin"] = name.encode()
    for name in ("x", "y"):
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        text = text.replace(f'"media/{name}.bin", "sha256": ""', f'"media/{name}.bin", "sha256": "{sha256}"')
    return json.loads(text), store


def test_notes_of_newer_kinds_cost_their_cells_alone() -> None:
    node, store = newer()
    table = decode(node, store)
    first, second, third = table.column("a")
    assert (type(first), type(second), third) == (Opaque, Opaque, None)
    assert "a note of 'rune', which this version does not know; update wbtypes-table" in first.reason
    assert (first.node, second.node) == (node["data"][0][0], node["data"][1][0])
    assert [cell.node for cell in table.column("b")] == [1.5, 2, 3]
    assert table.column("c") == [5, 6, 7]
    with pytest.raises(DecodeError, match="'rune'"):
        decode(node, store, on_unknown="raise")


def test_notes_of_newer_kinds_are_written_back() -> None:
    node, store = newer()
    elsewhere = MemoryStore()
    found = encode(decode(node, store), elsewhere, dialect=Dialect.ARTIFACT).json
    assert found["_wbtypes"] == node["_wbtypes"]
    assert same(found["data"], node["data"])
    assert sorted(elsewhere.files) == ["media/x.bin", "media/y.bin"]
    run = MemoryStore()
    logged(decode(node, store), run)
    assert artifact(run)["_wbtypes"] == node["_wbtypes"]
    assert same(artifact(run)["data"], node["data"])
    assert [row[1:] for row in loads(next(iter(run.files.values())))["data"]] == [[1.5, 5], [2, 6], [3, 7]]


def test_notes_of_newer_kinds_outlast_what_is_done_to_a_table() -> None:
    node, store = newer()
    table = decode(node, store)
    table.add_column("d", [(1,), (2,), (3,)])
    table.add_data((4,), 4.5, 8, (5,))
    found = encode(pickle.loads(pickle.dumps(table)), MemoryStore(), dialect=Dialect.ARTIFACT).json
    assert same([row[:3] for row in found["data"]], [*node["data"], [[4], 4.5, 8]])
    columns = found["_wbtypes"]["columns"]
    assert columns["0"] == {"notes": [*node["_wbtypes"]["columns"]["0"]["notes"], [[3], "tuple"]]}
    assert columns["1"] == {"notes": [[[row], "measure", "m"] for row in range(3)]}
    parts = PartitionedTable("p", {f"{at}.table.json": decode(node, store) for at in range(2)})
    both = encode(parts.to_table(), MemoryStore(), dialect=Dialect.ARTIFACT).json["_wbtypes"]["columns"]
    assert both["0"]["notes"][3:] == [
        [[path[0] + 3, *path[1:]], *said] for path, *said in columns["0"]["notes"][:3]
    ]
    assert both["1"] == {"each": ["measure", "m"]}


@pytest.mark.parametrize("beside", [None, {}, {"newer": 1}, {"newer": 1, "columns": {"0": {"nan": True}}}])
def test_what_stands_beside_all_columns_is_written_back_where_it_is_wanted(beside: Any) -> None:
    node, store = logged(Table(columns=["a"], data=[[1], [2.5]]))
    document = {**artifact(store), "data": [[1], [None]], "_wbtypes": beside}
    store.bundles["t:v0"].files["t.table.json"] = json.dumps(document).encode()
    moved = artifact(logged(decode(node, store))[1])
    assert (moved.get("_wbtypes") or {}) == (beside or {})
    assert "_wbtypes" not in artifact(logged(decode(node, store), exact=False)[1])


@pytest.mark.parametrize("exact", [{"nan": [5]}, {"npy": "AAAA"}, {"times": "zone", "zone": "../.."}])
def test_a_column_whose_notes_are_damaged_is_written_back(exact: Any) -> None:
    node = {
        "_type": "table",
        "columns": ["a"],
        "data": [[1], [NAN], [{"b": 2}]],
        "_wbtypes": {"columns": {"0": exact}},
    }
    for table in (decode(node), decode(node).snapshot()):
        assert [type(cell) for cell in table.column("a")] == [Opaque] * 3
        found = artifact(logged(table)[1])
        assert same(found["data"], node["data"])
        assert found["_wbtypes"] == node["_wbtypes"]
    changed = decode(node)
    changed.add_column("b", [1, 2, 3])
    assert same([row[:1] for row in artifact(logged(changed)[1])["data"]], node["data"])


def test_one_bad_cell_costs_itself() -> None:
    node = {"_type": "table", "columns": ["a"], "data": [[{"_type": "table", "columns": 5}], [{"k": 1}]]}
    bad, good = decode(node, MemoryStore()).column("a")
    assert isinstance(bad, Opaque)
    assert "columns" in bad.reason
    assert good == {"k": 1}
    again = encode(decode(node, MemoryStore()), MemoryStore(), dialect=Dialect.ARTIFACT, exact=False).json
    assert same(again["data"], node["data"])
    with pytest.raises(DecodeError, match="columns"):
        decode(node, MemoryStore(), on_unknown="raise")


def test_rows_are_limited() -> None:
    node = {"_type": "table", "columns": ["a"], "data": [[1]] * 11}
    with pytest.raises(LimitError, match="the number of rows of a table is 11, over the limit rows=10"):
        decode(node, limits=Limits(rows=10))


# -- increments -----------------------------------------------------------------------------------------------


def test_increments_hold_the_rows_since_the_last(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    table = Table(columns=["a", "t"], log_mode="INCREMENTAL")
    nodes = []
    for step in range(3):
        table.add_data(step, MOMENT)
        table.add_data(None, None)
        nodes.append(encode({"inc": table}, store, step=step).json["inc"])
    assert [node["_type"] for node in nodes] == ["incremental-table-file"] * 3
    assert [node["increment_num"] for node in nodes] == [0, 1, 2]
    assert [node["nrows"] for node in nodes] == [2, 4, 6]
    assert nodes[2]["previous_increments_paths"] == [nodes[0]["artifact_path"], nodes[1]["artifact_path"]]
    assert loads((tmp_path / nodes[1]["path"]).read_bytes())["data"] == [
        [1, "2021-03-04T05:06:07.891234"],
        [None, None],
    ]
    found = decode(nodes[2], store)
    assert type(found) is IncrementalTable
    assert found == table
    assert decode(nodes[1], store).column("a") == [0, None, 1, None]
    assert encode({"inc": found}, store).json["inc"] == nodes[2]
    found.add_data(9, None)
    more = encode({"inc": found}, store, step=3).json["inc"]
    assert (more["increment_num"], more["nrows"]) == (3, 7)
    assert decode(more, store).column("a") == [0, None, 1, None, 2, None, 9]
    with pytest.raises(ValueError, match="rows of this incremental table were logged already"):
        table.add_column("c", [0] * 6)


def test_increments_out_of_reach_are_named(tmp_path: Path) -> None:
    store = MemoryStore()
    table = Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
    encode({"inc": table}, store)
    table.add_data(2)
    node = encode({"inc": table}, store, step=1).json["inc"]
    del store.bundles["incr-inc:v0"]
    found = decode(node, store)
    assert (found.source, found.data, found.nrows) == ("run", [[2]], 2)
    assert "1 of 2 rows are there" in found.why_lossy
    assert encode({"inc": found}, store).json["inc"] == node


# -- tables of tables -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [
        JoinedTable(Table(columns=["id"], data=[["a"]]), Table(columns=["id"], data=[["a"]]), "id"),
        PartitionedTable("parts", {"0.table.json": Table(columns=["a"], data=[[MOMENT]])}),
    ],
)
def test_tables_of_tables_in_runs(table: Any, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    node = encode({"k": table}, store).json["k"]
    assert node.keys() == {"_type", "artifact_path"}
    found = decode(node, store)
    assert found == table
    assert found.to_table() == table.to_table()
    assert encode({"other": found}, store).json["other"] == node
    elsewhere = MemoryStore()
    moved = encode({"k": found}, elsewhere).json["k"]
    assert decode(moved, elsewhere) == table
    gone = decode(node, MemoryStore())
    assert type(gone) is Linked
    assert encode({"k": gone}, store).json["k"] == node


def test_keys_lead_to_their_table() -> None:
    owner = Table(columns=["id"], data=[["x"]])
    owner.set_pk("id")
    table = Table(columns=["ref"], data=[["x"]])
    table.set_fk("ref", owner, "id")
    _, store = logged(table)
    node = artifact(store)["column_types"]["params"]["type_map"]["ref"]
    assert (node["wb_type"], node["params"]["col_name"]) == ("foreignKey", "id")
    assert loads(store.bundles["t:v0"].files[node["params"]["table"]])["data"] == [["x"]]


def test_what_wandb_has_no_type_for_is_any() -> None:
    """Its reader refuses a table for a type that it does not know."""
    strange = Opaque("x-file", {"_type": "x-file", "n": 1}, "no plugin")
    table = Table(columns=["o"], data=[[strange], [None]])
    assert {part.name for part in table.column_types["o"].parts} == {"any", "none"}
    assert back(table) == table


def test_one_column_is_read_without_the_others() -> None:
    class Counting(MemoryStore):
        opened = 0

        def open(self, ref: Any) -> Any:
            Counting.opened += 1
            return super().open(ref)

    store = Counting()
    table = Table(columns=["n", "m"], data=[[at, np.full((3, 3), at)] for at in range(100)])
    node = encode(table, store, dialect=Dialect.ARTIFACT).json
    found = decode(node, store)
    assert found.column("n") == list(range(100))
    assert Counting.opened == 0
    assert found.column("m")[7][0, 0] == 7
    assert Counting.opened == 1


# -- what once went wrong -------------------------------------------------------------------------------------

BERLIN = ZoneInfo("Europe/Berlin")


def round_trip(table: Any) -> Any:
    """A table that was written into an artifact, as text, and read there."""
    store = MemoryStore()
    node = loads(dumps(encode(table, store, dialect=Dialect.ARTIFACT).json))
    return decode(node, store)


@pytest.mark.parametrize("read", [back, round_trip])
@pytest.mark.parametrize(
    "cell",
    [
        {MOMENT: 5},
        {np.int64(3): NAN, "x": 1},
        datetime.datetime(2021, 3, 28, 2, 30, tzinfo=BERLIN),  # the clock leaps over it
        datetime.datetime(2021, 10, 31, 2, 30, fold=1, tzinfo=BERLIN),
        datetime.datetime.max.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-5))),
        datetime.datetime.min.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=5))),
    ],
)
def test_keys_and_moments_at_the_edges_come_back(cell: Any, read: Any) -> None:
    for beside in (cell, None, [cell]):
        table = Table(columns=["a"], data=[[cell], [beside]], allow_mixed_types=True)
        (first,), (second,) = read(table).data
        assert same_cell(first, cell)
        assert same_cell(second, beside)
    assert same_cell(read(Table(columns=["a"], data=[[cell]])).data[0][0], cell)


@pytest.mark.parametrize("read", [back, round_trip])
def test_columns_of_one_name_keep_their_own_types(read: Any) -> None:
    table = Table(columns=["a", "a", 1, "1"], data=[[MOMENT, "x", np.arange(300), np.arange(400.0)]])
    assert read(table) == table
    assert read(table)._type(0) == table._type(0)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 70_000, "a/../b"])
def test_arrays_under_any_name_of_a_column(name: str) -> None:
    table = Table(columns=[name], data=[[np.arange(300)]])
    assert round_trip(table) == table


def test_what_is_not_finite_in_types_stays() -> None:
    store = MemoryStore()
    const = {"wb_type": "const", "params": {"val": float("inf"), "is_set": False}}
    types = {"wb_type": "typedDict", "params": {"type_map": {"a": const}}}
    part = decode({"_type": "table", "columns": ["a"], "data": [[1]], "column_types": types}, store)
    node = encode(JoinedTable(part, part, "a"), store, dialect=Dialect.ARTIFACT).json
    assert loads(store.files[node["table1"]])["column_types"] == types


def test_a_cut_table_moves_with_its_number_of_rows() -> None:
    node, store = logged(Table(columns=["a"], data=[[1]]))
    assert logged(decode({**node, "nrows": 99}, store))[0]["nrows"] == 99


def test_unknown_keys_of_the_artifact_move_along() -> None:
    node, store = logged(Table(columns=["a"], data=[[1]]))
    (files,) = (bundle.files for bundle in store.bundles.values())
    files["t.table.json"] = dumps({**loads(files["t.table.json"]), "future": {"x": NAN}}).encode()
    table = decode(node, store)
    assert same(artifact(logged(table)[1])["future"], {"x": NAN})
    table.add_data(2)
    assert "future" not in artifact(logged(table)[1])


def test_a_changed_table_brings_what_its_keys_refer_to() -> None:
    keys, table = Table(columns=["k"], data=[["x"]]), Table(columns=["f"], data=[["x"]])
    table.set_fk("f", keys, "k")
    again = back(table)
    again.add_data("y")
    store = logged(again.replace())[1]
    (files,) = (bundle.files for bundle in store.bundles.values())
    kind = loads(files["t.table.json"])["column_types"]["params"]["type_map"]["f"]
    assert kind["params"]["table"] in files


@pytest.mark.parametrize("folder", ["parts", "parts/", "./parts", "", "a/b"])
def test_parts_move_however_their_folder_is_spelled(folder: str) -> None:
    table = PartitionedTable(folder, {"a.table.json": Table(columns=["a"], data=[[1]])})
    again = round_trip(table)
    assert again == table
    assert round_trip(again) == table


def test_tables_in_parts_can_be_joined() -> None:
    parts = PartitionedTable("p", {"a.table.json": Table(columns=["k"], data=[["x"]])})
    joined = JoinedTable(parts, Table(columns=["k", "n"], data=[["x", 1]]), "k")
    again = round_trip(round_trip(joined))
    assert again.to_table().data == joined.to_table().data == [["x", 1]]


PLAIN = {"_type": "table", "columns": ["a"], "data": [[1]]}


def joining(path: str) -> Any:
    return {"_type": "joined-table", "table1": path, "table2": path, "join_key": "a"}


def source(documents: Any) -> MemoryStore:
    """A store with these files."""
    store = MemoryStore()
    store.files.update({path: json.dumps(document).encode() for path, document in documents.items()})
    return store


def test_joined_tables_that_name_one_another_stay_unread() -> None:
    links = {f"j{at}.joined-table.json": joining(f"j{at + 1}.joined-table.json") for at in range(40)}
    store = source({**links, "j40.joined-table.json": PLAIN})
    found = decode(links["j0.joined-table.json"], store)
    assert type(found.table1) is type(found.table2) is Linked
    assert found.table1.reason == "is 'joined-table', not 'table' or 'partitioned-table'"
    assert encode(found, store, dialect=Dialect.ARTIFACT).json == links["j0.joined-table.json"]


def test_parts_in_parts_stay_unread() -> None:
    inner = {"_type": "partitioned-table", "parts_path": "p"}
    found = decode(inner, source({f"p/{at}.table.json": inner for at in range(30)}))
    assert {part.reason for part in found.parts.values()} == {"is 'partitioned-table', not 'table'"}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({**PLAIN, "data": [[1, 2]]}, '["data"][0]: has 2 cells, and there are 1 columns'),
        ([], "is a list, not an object"),
        ({**PLAIN, "_type": "joined-table"}, "is 'joined-table', not 'table'"),
    ],
)
@pytest.mark.parametrize("tag", ["joined-table", "partitioned-table"])
def test_a_damaged_part_tells_why(document: Any, reason: str, tag: str) -> None:
    store = source({"p/0.table.json": PLAIN, "p/1.table.json": document})
    node = {**joining("p/0.table.json"), "table2": "p/1.table.json"}
    if tag == "partitioned-table":
        node = {"_type": tag, "parts_path": "p"}
    found = decode(node, store)
    good, bad = found.parts.values() if tag == "partitioned-table" else (found.table1, found.table2)
    assert good.data == [[1]]
    assert (type(bad), bad.ref.path) == (Linked, "p/1.table.json")
    assert reason in bad.reason
    for ask in (found.to_table, lambda: native_of(found)):
        with pytest.raises(DecodeError, match=re.escape(f"p/1.table.json was not read: {bad.reason}")):
            ask()
    assert encode(found, store, dialect=Dialect.ARTIFACT).json == node
    with pytest.raises(EncodeError, match=re.escape("could not be read where it was, so it cannot be")):
        encode(found, MemoryStore(), dialect=Dialect.ARTIFACT)
    with pytest.raises(DecodeError, match=re.escape(reason)):
        decode(node, store, on_unknown="raise")


def test_a_part_that_is_missing_tells_why() -> None:
    found = decode(joining("p/0.table.json"), source({}))
    assert (type(found.table1), found.table1.reason.code) == (Linked, "missing-file")
    with pytest.raises(DecodeError, match="is not in this memory store; copy it there, or") as caught:
        found.to_table()
    assert caught.value.reason == "missing-file"


def test_parts_that_cannot_be_looked_for_tell_why() -> None:
    class Files:
        def open(self, ref: Any) -> Any:
            raise DecodeError("nothing is here")

        def note(self, kind: str, key: str) -> None:
            return None

    node = {"_type": "partitioned-table", "parts_path": "a\nb"}
    for found, why in (
        (decode(node, Files()), "cannot be listed; decode with a folder as the source"),
        (decode(node, source({}), follow=False), "was not asked for"),
        (decode(node, source({})), "there are none"),
    ):
        with pytest.raises(DecodeError, match=rf"no parts were read below 'a\\nb': .*{why}"):
            found.to_table()


def test_what_does_not_go_together_is_the_datas_fault() -> None:
    store = source({"p/0.table.json": PLAIN, "p/1.table.json": {**PLAIN, "columns": ["b" * 1000]}})
    parts = decode({"_type": "partitioned-table", "parts_path": "p"}, store)
    joined = decode({**joining("p/0.table.json"), "join_key": "c\nd" * 1000}, store)
    for table in (parts, joined):
        with pytest.raises(DecodeError) as caught:
            native_of(table)
        assert len(str(caught.value)) < 600
        assert str(caught.value).isprintable()


def test_rows_nested_deep_are_joined() -> None:
    cell: Any = 1
    for _ in range(240):
        cell = [cell]
    store = source({"t.table.json": {"_type": "table", "columns": ["a", "b"], "data": [["x", cell]]}})
    assert decode(joining("t.table.json"), store).to_table().column("b_2") == [cell]


def test_paths_in_messages_are_short_and_on_one_line() -> None:
    found = decode(joining("a\n\x1b[31m" + "b" * 5000), source({}))
    with pytest.raises(EncodeError) as caught:
        encode(found, MemoryStore(), dialect=Dialect.ARTIFACT)
    assert len(str(caught.value)) < 600
    assert str(caught.value).isprintable()
    names = Table(columns=["a\nb", "c" * 5000], data=[[1, 2]]).describe()
    for said in (PartitionedTable("p" * 5000).describe(), decode(joining("b"), None).describe(), names):
        assert len(said) < 600
        assert said.isprintable()


def test_an_increment_is_read_once() -> None:
    store = MemoryStore()
    table = Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
    encode({"inc": table}, store)
    table.add_data(2)
    node = encode({"inc": table}, store, step=1).json["inc"]
    twice = {**node, "previous_increments_paths": node["previous_increments_paths"] * 1000}
    found = decode(twice, store)
    assert (found.source, found.data) == ("run", [[2]])
    assert "name one increment twice" in found.why_lossy
    found = decode(node, store, limits=Limits(rows=1))
    assert (found.source, found.data) == ("run", [[2]])
    assert "the number of rows of a table's increments is 2, over the limit rows=1" in found.why_lossy


def test_parts_that_hold_nothing_say_no_type() -> None:
    parts = {"a.table.json": [[MOMENT]], "b.table.json": [[None]]}
    table = PartitionedTable("p", {name: Table(columns=["a"], data=data) for name, data in parts.items()})
    assert round_trip(table).to_table().column_types["a"].spell() == "timestamp or none"


@pytest.mark.parametrize(
    ("cell", "kind", "exact"),
    [
        (253402300799999, "timestamp", {"times": "zone", "zone": "+14:00"}),
        (253402300799999, "timestamp", {"times": "zone", "zone": None, "micros": [10**9]}),
        (0, "timestamp", {"times": "zone", "zone": None, "micros": [10**40]}),
        (0, "timestamp", {"times": "zone", "zone": "+999999999999:00"}),
        ([1], "list", {"array": "<f1"}),
        (["a"], "list", {"array": "<U999999999"}),
        ([1], "list", {"array": "<m8[qq]"}),
        (1, "any", {"notes": [[[0], "keys", [["a", 1]]]]}),
        (1, "any", {"notes": [[[], "nan"]]}),
        ([1], "any", {"notes": [[[], "bytes", ""]]}),
    ],
)
def test_hostile_columns_are_opaque(cell: Any, kind: str, exact: Any) -> None:
    types = {"wb_type": "typedDict", "params": {"type_map": {"a": {"wb_type": kind}}}}
    node = {"_type": "table", "columns": ["a"], "data": [[cell]], "column_types": types}
    table = decode({**node, "_wbtypes": {"columns": {"0": exact}}}, MemoryStore())
    assert type(table.column("a")[0]) is Opaque


def npy(header: str, version: int = 1) -> bytes:
    """The bytes of an npy file with any header."""
    size = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + size + header.encode() + bytes(64)


HEADERS = (
    "{'descr':'<f8','fortran_order':False,'shape':(1000000000000,),}\n",
    "{'descr':'|V0','fortran_order':False,'shape':(1000000000000,),}\n",
    "{'descr':'<f8','fortran_order':False,'shape':(-1,-8),}\n",
    "{'descr':'|O','fortran_order':False,'shape':(1,),}\n",
    "((((",
    "'''abc",
    "-" * 9000 + "1",
)


@pytest.mark.parametrize("header", HEADERS)
def test_hostile_arrays_are_refused(header: str) -> None:
    text = base64.b64encode(npy(header)).decode()
    node = {"_type": "table", "columns": ["a"], "data": [[None]]}
    exact = {"notes": [[[0], "npy", [text, False]]]}
    table = decode({**node, "_wbtypes": {"columns": {"0": exact}}}, MemoryStore())
    assert type(table.column("a")[0]) is Opaque
    store = MemoryStore()
    for name in ("0.npy", f"{'9' * 5000}.npy"):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(name, npy(header))
        store.files["a.npz"] = stream.getvalue()
        table = decode({**node, "_wbtypes": {"columns": {"0": {"arrays": {"path": "a.npz"}}}}}, store)
        assert type(table.column("a")[0]) is Lost


@pytest.mark.parametrize(
    "root", [{"wb_type": "number", "params": {"type_map": 5}}, {"wb_type": "x", "params": {}}]
)
def test_types_that_are_none_of_columns(root: Any) -> None:
    node = {"_type": "table", "columns": ["a"], "data": [[1]], "column_types": root}
    assert decode(node, MemoryStore()).data == [[1]]


def test_cells_nested_deeper_than_types_can_be_read_and_written() -> None:
    cell: Any = 1
    for _ in range(490):
        cell = [cell]
    node = {"_type": "table", "columns": ["a"], "data": [[cell]]}
    table = decode(node, MemoryStore())
    assert table.column_types["a"].spell() == "anything or none"
    assert table.replace().data == [[cell]]
    for export in (table.to_pandas, table.to_arrow, table.to_polars):
        with pytest.raises(LimitError, match="column 'a': the cells are nested too deep for a data frame"):
            export()


def test_tables_in_tables_in_tables_have_some_type() -> None:
    node: Any = {"_type": "table", "columns": ["a"], "data": [[1]]}
    for _ in range(100):
        node = {**node, "data": [[node]]}
    assert decode(node, MemoryStore()).column_types["a"].optional


def test_a_copy_keeps_moments_as_an_older_client_wrote_them() -> None:
    types = {"wb_type": "typedDict", "params": {"type_map": {"a": {"wb_type": "timestamp"}}}}
    node = {"_type": "table", "columns": ["a"], "data": [[1577836800000.5]], "column_types": types}
    table = decode(node, MemoryStore())
    assert table.data and encode(table.replace(), None, dialect=Dialect.ARTIFACT, exact=False).json == node
