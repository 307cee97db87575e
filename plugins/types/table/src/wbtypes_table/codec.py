"""How tables travel: the artifact's document, the run's two copies of it, increments, and tables made of tables."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar, TypeVar

from attrs import evolve, frozen

from wbtypes_core import (
    BytesFile,
    Code,
    Codec,
    DecodeContext,
    DecodeError,
    Dialect,
    EncodeContext,
    EncodeError,
    FrozenMap,
    JsonFileCodec,
    Linked,
    MediaFile,
    MediaRef,
    Reason,
    StoredFile,
    WBValue,
)
from wbtypes_core.codec import EXACT, exact_of, expect_object, read
from wbtypes_core.collector import at_rest
from wbtypes_core.errors import printable, shortened
from wbtypes_core.files import reason_of
from wbtypes_core.jsonio import JsonObject, dumps, kind, loads, same
from wbtypes_core.layout import path_of_key

from . import column_types
from .column_nodes import UNKNOWN
from .column_types import ColumnType
from .columns import ArtifactReader, Column, RunReader, Written, holds_moments, is_finite, write
from .text import ARTIFACT_ROWS, Scalars, document, read_document, run_file
from .values import TABLE_SUFFIX as SUFFIX
from .values import IncrementalTable, JoinedTable, Logged, Name, Origin, PartitionedTable, Table

TABLES = "media/tables"
"""The folder of an artifact for tables that others refer to."""

RUN_TABLE, RUN_INCREMENTS = "run_table", "wandb-run-incremental-table"
"""The types of artifacts that hold what a run logged (wire format, sections 2.13 and 3)."""

_LATEST = "_latest_artifact_path"

T = TypeVar("T", bound=Table)
J = TypeVar("J", JoinedTable, PartitionedTable)


# -- the artifact's document ----------------------------------------------------------------------------------


class TableCodec(Codec[Table]):
    """The `table` object: what a table's file in an artifact holds, and what a cell does that is a table."""

    tag = "table"
    value_type = Table
    keys = ("columns", "data", "ncols", "nrows", "column_types", "log_mode")
    exact_keys = ("columns",)
    dialects = (Dialect.ARTIFACT,)
    natives = (
        "pandas.DataFrame",
        "pandas.core.frame.DataFrame",
        "polars.dataframe.frame.DataFrame",
        "pyarrow.lib.Table",
    )

    def encode(self, value: Table, ctx: EncodeContext) -> JsonObject:
        """The table, with its cells in the form of artifacts."""
        body, columns = _document(value, ctx)
        rows = zip(*(each.cells for each in columns), strict=True)
        return {**body, "data": list(map(list, rows))}

    def decode(self, node: Any, ctx: DecodeContext) -> Table:
        """The table of a document; its cells are decoded when they are asked for."""
        node = expect_object(node)
        names, raw = _raw_columns(node, ctx)
        said = _exact_columns(node)
        root, types = _types(node, names, said)
        plain = type(node["data"]) is Scalars
        readers = [
            ArtifactReader(ctx, types.get(at), said.get(str(at), {}), at, plain) for at in range(len(names))
        ]
        columns = [
            Column(cells, None if reader.is_idle else reader)
            for cells, reader in zip(raw, readers, strict=True)
        ]
        if ctx.on_unknown == "raise":
            for column in columns:
                column.cells  # noqa: B018 - it is asked for to see whether it can be read
        return Table.restore(
            names=names,
            columns=columns,
            types=types,
            origin=Origin(
                "artifact",
                nrows=_count(node, "nrows", len(columns[0]) if columns else 0),
                absent=frozenset(
                    key for key in ("ncols", "nrows", "column_types", "log_mode") if key not in node
                ),
                place=ctx.source,
                root=root,
            ),
            log_mode=_log_mode(node),
        )

    def native(self, value: Table) -> Any:
        """The data frame of pandas."""
        return value.to_pandas()

    def adopt(self, obj: Any) -> Table:
        """The table of a data frame."""
        return Table(dataframe=obj)

    def column_type(self, value: Table) -> JsonObject:
        """A column of tables."""
        return _column_type(value)


def _document(table: Table, ctx: EncodeContext, first: int = 0) -> tuple[JsonObject, list[Written]]:
    """A table's document without its rows, and its columns from a row on."""
    stop = first + ARTIFACT_ROWS if table.client_limits else None
    columns: list[Written] = []
    exact: JsonObject = {}
    told: list[JsonObject] = []
    for at, (name, column) in enumerate(zip(table._names, table._columns, strict=True)):
        declared = table._type(at)
        written = None if first or stop else _as_it_came(table, at, ctx)
        if written is None:
            if first or stop:
                written = write(column.cells[first:stop], declared, str(name), ctx, at)
            else:
                written = write(column.cells, declared, str(name), ctx, at, column.kinds)
        columns.append(written)
        if written.exact:
            exact[str(at)] = written.exact
        told.append(_type_json(written.type or declared, table, ctx))
    types: JsonObject = dict(zip(map(str, table._names), told, strict=True))
    for at, (name, each) in enumerate(zip(table._names, told, strict=True)):
        if types[str(name)] is not each:  # a later column of the same name says its own
            exact[str(at)] = {**exact.get(str(at), {}), "type": each}
    body: JsonObject = {
        "columns": table.columns,
        "ncols": len(columns),
        "nrows": len(table) - first,
        "column_types": _root(table, types),
        "log_mode": table.log_mode,
    }
    if table.origin is not None:
        body = {key: item for key, item in body.items() if key not in table.origin.absent}
        if "nrows" in body and not first:
            body["nrows"] = table.nrows
    if exact:
        body[EXACT] = {"columns": exact}
    return body, columns


def _root(table: Table, types: JsonObject) -> JsonObject:
    """The types of all columns as one node, under the name that it was read under."""
    said = table.origin.root if table.origin else None
    node: JsonObject = said.to_json() if said else {"wb_type": "typedDict"}
    return {**node, "params": {**node.get("params", {}), "type_map": types}}


def _column_type(table: Table) -> JsonObject:
    # what a column refers to lies in an artifact, of which nothing is known here
    kinds = {name: UNKNOWN if _refers(each) else each for name, each in table.column_types.items()}
    types = {str(name): each.to_json() for name, each in kinds.items()}
    return {"wb_type": TableCodec.tag, "params": {"column_types": _root(table, types)}}


def _refers(declared: ColumnType) -> bool:
    """Whether a type refers to something that is stored along with its table."""
    return not {"table", "classes_obj"}.isdisjoint(declared.params)


def _as_it_came(table: Table, at: int, ctx: EncodeContext) -> Written | None:
    """A column that has not changed since it was read, where its JSON is still right.

    So it is of moments, of what is not understood here, and of arrays in this store.
    """
    if table.origin is None:
        return None
    place: object = table.origin.place
    if place is not None and place == ctx.store:
        arrays = (part for part in table._type(at).parts if part.name == "ndarray")
        if any(part.params.get("serialization_path") for part in arrays):
            return Written([None] * len(table))
    kept = table._columns[at].json
    if kept is None:
        return None
    ctx.carry([kept.exact, *(cell for cell in kept.cells if type(cell) in (list, dict))], table.place)
    return evolve(kept, finite=is_finite(kept.cells))


def _type_json(declared: ColumnType, table: Table, ctx: EncodeContext) -> JsonObject:
    """A column's type on the wire; what it refers to is stored along with the table."""
    params = dict(declared.params)
    other = params.get("table")
    if isinstance(other, Table):
        params["table"] = store_table(other, ctx)
    elif isinstance(other, str):
        _bring(other, table, ctx)
    classes = params.get("classes_obj")
    if isinstance(classes, WBValue):
        params["classes_obj"] = ctx.encode(classes, "column_types", expect="classes-file")
    elif classes is not None:
        ctx.carry(classes, table.place)
    return evolve(declared, params=params).to_json()


def _bring(path: str, table: Table, ctx: EncodeContext) -> None:
    """Store a file that a column's type refers to, when it comes from elsewhere."""
    place = table.place
    store: object = ctx.store
    if place is None or place == store:
        return
    try:
        file = StoredFile(place, MediaRef(path))
        file.open().close()
    except DecodeError:  # out of reach there too; the reference is kept
        return
    ctx.put(file, "", name=path)


def table_bytes(table: Table, ctx: EncodeContext, first: int = 0, **beside: Any) -> bytes:
    """The bytes of a table's file in an artifact.

    Args:
        table: the table.
        ctx: the artifact's context.
        first: the row to begin with.
        beside: further keys.
    """
    body, columns = _document(table, ctx, first)
    unknown = _unknown(table)
    exact = {**(unknown.pop(EXACT, None) or {}), **body.pop(EXACT, {})}
    if exact and ctx.exact:
        body[EXACT] = exact
    return document({**unknown, "_type": TableCodec.tag, **body, **beside}, columns)


def _unknown(table: Table) -> dict[str, Any]:
    """Keys that the artifact's copy had, and nobody here knows."""
    origin = table.origin
    if origin is None:
        return {}
    return dict(table.extra if origin.beside is None else origin.beside)


def store_table(table: Table, ctx: EncodeContext) -> str:
    """Store a table that another value refers to; its path in the artifact."""
    file = BytesFile(table_bytes(table, ctx), SUFFIX)
    path = f"{TABLES}/{file.md5[:20]}{SUFFIX}"
    ctx.put(file, "", name=path)
    return path


# -- reading a document ---------------------------------------------------------------------------------------


def _raw_columns(node: JsonObject, ctx: DecodeContext) -> tuple[list[Name], list[list[Any]]]:
    """The names of the columns, and the JSON of the cells of each."""
    names = read(node, "columns", list)
    for at, name in enumerate(names):
        if type(name) is not str and type(name) is not int:
            raise DecodeError(
                f"is {kind(name)}, not a column's name", reason=Code.WRONG_TYPE, path=("columns", at)
            )
    rows = node.get("data")
    if type(rows) is not Scalars:
        rows = read(node, "data", list)
    ctx.limits.spend("rows", len(rows), "the number of rows of a table")
    if not rows:
        return names, [[] for _ in names]
    lists = type(rows) is Scalars or set(map(type, rows)) == {list}
    if not lists or set(map(len, rows)) != {len(names)}:
        at = next(at for at, row in enumerate(rows) if type(row) is not list or len(row) != len(names))
        what = f"has {len(rows[at])} cells" if type(rows[at]) is list else f"is {kind(rows[at])}, not cells"
        raise DecodeError(
            f"{what}, and there are {len(names)} columns", reason=Code.WRONG_TYPE, path=("data", at)
        )
    flat = list(
        chain.from_iterable(rows)
    )  # quicker than to turn the rows by zip, which makes an iterator for each
    return names, [flat[at :: len(names)] for at in range(len(names))]


def _types(
    node: JsonObject, names: Sequence[Name], exact: Mapping[str, JsonObject]
) -> tuple[ColumnType | None, dict[int, ColumnType]]:
    """The type of the rows, and those of the columns by place."""
    said = read(node, "column_types", dict, default=None)
    if said is None:
        return None, {}
    try:
        whole = column_types.from_json(said)
    except DecodeError as error:
        raise error.under("column_types") from None
    by_name = whole.params.get("type_map")
    if not isinstance(by_name, Mapping):
        by_name = {}
    found = {at: by_name.get(str(name)) for at, name in enumerate(names)}
    found.update(
        (at, _own_type(exact[str(at)]["type"], at)) for at in found if "type" in exact.get(str(at), ())
    )
    return whole, {at: each for at, each in found.items() if isinstance(each, ColumnType)}


def _own_type(node: Any, at: int) -> ColumnType:
    """The type of a column whose name another column has, too."""
    try:
        return column_types.from_json(node)
    except DecodeError as error:
        raise error.under(EXACT, "columns", str(at), "type") from None


def _exact_columns(node: JsonObject) -> dict[str, JsonObject]:
    """What the document says beside its cells, by the place of the column."""
    found = read(exact_of(node), "columns", dict, default={})
    for at, said in found.items():
        if type(said) is not dict:
            raise DecodeError(
                f"is {kind(said)}, not an object", reason=Code.WRONG_TYPE, path=(EXACT, "columns", at)
            )
    return found  # type: ignore[no-any-return]


def _count(node: JsonObject, key: str, default: int) -> int:
    found: int = read(node, key, int, default=default)
    return found


def _log_mode(node: JsonObject) -> str:
    found: str = read(node, "log_mode", str, default="IMMUTABLE")
    return found


# -- the run's form -------------------------------------------------------------------------------------------


class TableFileCodec(JsonFileCodec[Table]):
    """The `table-file` object: a plain copy in the run, and the whole table in an artifact of its own."""

    tag = "table-file"
    value_type = Table
    folder = "media/table"
    keys: ClassVar[tuple[str, ...]] = ("ncols", "nrows", "log_mode", _LATEST)
    dialects = (Dialect.RUN,)

    def encode(self, value: Table, ctx: EncodeContext) -> JsonObject:
        """Write both copies, as the client does; a table that is there already is not written again."""
        origin = value.origin
        if (
            origin is not None
            and origin.file is not None
            and (origin.source == "run" or ctx.kept(origin.file))
        ):
            return {**ctx.describe(ctx.put(origin.file, self.folder)), **origin.node}
        return self.write(value, ctx)

    def write(self, table: Table, ctx: EncodeContext) -> JsonObject:
        """Both copies of a table."""
        ref = ctx.put(run_file(table), self.folder)
        inner, address = ctx.bundle(ctx.key, RUN_TABLE)
        entry = path_of_key(ctx.key, SUFFIX)
        inner.put(BytesFile(table_bytes(table, inner), SUFFIX), "", name=entry)
        body = {"ncols": len(table.columns), "nrows": table.nrows, "log_mode": table.log_mode}
        links = {"artifact_path": address.url(entry), _LATEST: address.latest_url(entry)}
        return {**ctx.describe(ref), **body, **links}

    def load(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Table:
        """The artifact's copy where it can be had, else the run's."""
        try:
            return self.settle(self.whole(node, ctx), node, file, ctx)
        except DecodeError as error:
            return self.plain(node, file, ctx, reason_of(error))

    def whole(self, node: JsonObject, ctx: DecodeContext) -> Table:
        """The artifact's copy.

        Raises:
            DecodeError: it is out of reach, or damaged.
        """
        url = read(node, "artifact_path", str, default=None)
        if url is not None:
            return _artifact_table(url, ctx)
        return _companion(node, ctx)

    def settle(self, table: Table, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Table:
        """A table that was read, with what the run says of it."""
        assert table.origin is not None
        nrows = _count(node, "nrows", len(table))
        said = _said(node, self.keys)
        table._origin = evolve(table.origin, file=file, node=said, nrows=nrows, beside=table.extra)
        table._keep({})  # what the artifact says beside it is not said by the run
        return table

    def plain(self, node: JsonObject, file: MediaFile, ctx: DecodeContext, reason: Reason) -> Table:
        """The run's copy."""
        inner = ctx.inside(file)
        return _run_table(Table, read_document(file, inner), node, file, inner, reason, self.keys)

    def parse(self, document: Any, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Table:
        """The table of the run's copy alone."""
        return _run_table(Table, document, node, file, ctx, None, self.keys)

    def column_type(self, value: Table) -> JsonObject:
        """A column of tables, which has the name of the artifact's form."""
        return _column_type(value)

    def native(self, value: Table) -> Any:
        """The data frame of pandas."""
        return value.to_pandas()


def _said(node: JsonObject, keys: Sequence[str]) -> Mapping[str, Any]:
    return FrozenMap({key: node[key] for key in keys if node.get(key) is not None})


def _run_table(
    cls: type[Table],
    document: Any,
    node: JsonObject,
    file: MediaFile,
    ctx: DecodeContext,
    reason: Reason | None,
    keys: Sequence[str],
) -> Table:
    document = expect_object(document)
    names, raw = _raw_columns(document, ctx)
    why = str(reason) if reason is not None else "the run's copy holds only words for media"
    columns = [Column(cells, RunReader(why)) for cells in raw]
    nrows = _count(node, "nrows", len(columns[0]) if columns else 0)
    origin = Origin("run", file, node=_said(node, keys), nrows=nrows, reason=reason, place=ctx.source)
    return cls.restore(names=names, columns=columns, origin=origin, log_mode=_log_mode(node))


def _artifact_table(url: str, ctx: DecodeContext) -> Table:
    """The table that a reference to an artifact's entry means, whatever kind of table that is."""
    inner, entry = ctx.artifact(url)
    inner = inner.inside(entry)
    with at_rest():  # until the rows, which are many lists, have become columns
        table = inner.decode(read_document(entry, inner), expect=TableCodec.tag)
    if not isinstance(table, Table):
        raise DecodeError(f"{entry} is no table", reason=Code.WRONG_TYPE)
    return table


def _companion(node: JsonObject, ctx: DecodeContext) -> Table:
    """The artifact's copy of a table that does not say where that is, as clients before 0.19 wrote it offline.

    The run's notes name the artifacts of its key; the right one says what the run's copy says. A table that was logged
    before under another key keeps the file of that time, and so its name.
    """
    named = _NAMED.fullmatch(str(node.get("path")))
    keys = [ctx.key, named[1]] if named else [ctx.key]
    words = None
    for urls in (ctx.at_key(key).note(RUN_TABLE) for key in dict.fromkeys(keys)):
        for url in urls if isinstance(urls, list) else ():
            try:
                table = _artifact_table(url, ctx)
            except DecodeError:
                continue
            words = ctx.load_json(ctx.file(node)) if words is None else words
            if _agrees(table, words):
                return table
    raise DecodeError(
        "the run names no artifact that holds the whole table; pass the folder of its artifact",
        reason=Code.UNREACHABLE,
    )


_NAMED = re.compile(r"media/table/(.+)_(?:[0-9]+|summary)_[0-9a-f]{20}\.table\.json")


def _agrees(table: Table, words: Any) -> bool:
    """Whether the run's copy may be of this table: it says the same of all that both can say."""
    if (
        type(words) is not dict
        or words.get("columns") != table.columns
        or type(words.get("data")) is not list
    ):
        return False
    own = loads(run_file(table).read())["data"]
    moments = [holds_moments(table._type(at)) for at in range(len(table.columns))]
    return len(own) == len(words["data"]) and all(
        type(theirs) is list
        and len(mine) == len(theirs)
        and all(
            moment or same(a, b) or (a is None and b != b)  # artifacts hold no NaN, and moments otherwise
            for a, b, moment in zip(mine, theirs, moments, strict=True)
        )
        for mine, theirs in zip(own, words["data"], strict=True)
    )


# -- increments -----------------------------------------------------------------------------------------------


class IncrementalTableFileCodec(TableFileCodec):
    """The `incremental-table-file` object: the rows since the last one, and where those before are."""

    tag = "incremental-table-file"
    value_type = IncrementalTable
    keys: ClassVar[tuple[str, ...]] = (*TableFileCodec.keys, "increment_num", "previous_increments_paths")

    def write(self, table: Table, ctx: EncodeContext) -> JsonObject:
        """Both copies of the rows since the last increment in this store."""
        assert isinstance(table, IncrementalTable)
        before = table.logged.get(ctx.store, Logged())
        number = len(before.urls)
        ref = ctx.put(run_file(table, before.rows), self.folder)
        inner, address = ctx.bundle(f"incr-{ctx.key}", RUN_INCREMENTS)
        # readers sort by number and then by time; the step is what tells increments of equal numbers apart here
        step = ctx.step if isinstance(ctx.step, int) else 0
        entry = f"{number}-{step}.{path_of_key(ctx.key, SUFFIX)}"
        beside = {"increment_num": number, "previous_increments_paths": list(before.urls)}
        inner.put(BytesFile(table_bytes(table, inner, before.rows, **beside), SUFFIX), "", name=entry)
        table.logged[ctx.store] = Logged(len(table), (*before.urls, address.url(entry)))
        body = {"ncols": len(table.columns), "nrows": table.nrows, "log_mode": table.log_mode, **beside}
        links = {"artifact_path": address.url(entry), _LATEST: address.latest_url(entry)}
        return {**ctx.describe(ref), **body, **links}

    def whole(self, node: JsonObject, ctx: DecodeContext) -> Table:
        """All increments up to this one, in their order."""
        url = read(node, "artifact_path", str)
        earlier = read(node, "previous_increments_paths", list, default=[])
        if not all(type(each) is str for each in earlier):
            raise DecodeError(
                "are no references", reason=Code.WRONG_TYPE, path=("previous_increments_paths",)
            )
        urls = (*earlier, url)
        if len(set(urls)) < len(urls):  # each is read once, and then it is there
            raise DecodeError("name one increment twice", path=("previous_increments_paths",))
        table = chained(list(_within_limits(urls, ctx)), IncrementalTable)
        table.logged[ctx.source] = Logged(len(table), urls)
        return table

    def plain(self, node: JsonObject, file: MediaFile, ctx: DecodeContext, reason: Reason) -> Table:
        """The run's copy of this increment alone."""
        inner = ctx.inside(file)
        return _run_table(IncrementalTable, read_document(file, inner), node, file, inner, reason, self.keys)

    def parse(self, document: Any, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Table:
        """The table of the run's copy alone."""
        return _run_table(IncrementalTable, document, node, file, ctx, None, self.keys)


def _within_limits(urls: Sequence[str], ctx: DecodeContext) -> Iterator[Table]:
    """The tables of some references, as long as they have no more rows together than one may have."""
    rows = 0
    for url in urls:
        table = _artifact_table(url, ctx)
        rows += len(table)
        ctx.limits.spend("rows", rows, "the number of rows of a table's increments")
        yield table


def _both(left: ColumnType, right: ColumnType) -> ColumnType:
    """The type of a column of two parts, either of which may hold nothing that tells."""
    return column_types.merge(left, right) or column_types.merge(right, left) or right


def chained(tables: Sequence[Table], cls: type[T]) -> T:
    """Tables of the same columns one after the other, none of their cells decoded.

    Raises:
        DecodeError: they have other columns.
    """
    first = tables[0]
    for number, table in enumerate(tables):
        if table.columns != first.columns:
            raise DecodeError(
                f"part {number} has the columns {shortened(str(table.columns))}, "
                f"and the first {shortened(str(first.columns))}",
                reason=Code.BAD_VALUE,
            )
    types: dict[int, ColumnType] = {}
    for at in range(len(first.columns)):
        for table in tables:
            said = table._types.get(at)
            if said is not None:
                types[at] = _both(types[at], said) if at in types else said
    columns = [Column.chain([table._columns[at] for table in tables]) for at in range(len(first.columns))]
    origin = evolve(first.origin, nrows=None) if first.origin else None
    return cls.restore(
        names=first.columns, columns=columns, types=types, origin=origin, log_mode=first.log_mode
    )


# -- tables of tables -----------------------------------------------------------------------------------------


@frozen
class Place:
    """Where a table of tables was read from, for writing it back as it was.

    Attributes:
        source: the artifact's files.
        url: the reference by which the run names it; None where it was in the artifact itself.
        run: the run's files.
        reason: why its parts could not be looked for; None where they were.
    """

    source: Any = None
    url: str | None = None
    run: Any = None
    reason: Reason | None = None


class JoinedTableCodec(Codec[JoinedTable]):
    """The `joined-table` object of artifacts: two tables by their paths. It reads the run's reference to one, too."""

    tag = "joined-table"
    value_type = JoinedTable
    keys = ("table1", "table2", "join_key", "artifact_path")
    dialects: ClassVar[Sequence[Dialect]] = (Dialect.ARTIFACT,)

    def encode(self, value: JoinedTable, ctx: EncodeContext) -> JsonObject:
        """Store both tables, unless they are there, and name them."""
        paths = value.paths or (None, None)
        key = list(value.join_key) if isinstance(value.join_key, tuple) else value.join_key
        return {
            "table1": _stored_part(value.table1, paths[0], value.place, ctx, "table1"),
            "table2": _stored_part(value.table2, paths[1], value.place, ctx, "table2"),
            "join_key": key,
        }

    def decode(self, node: Any, ctx: DecodeContext) -> JoinedTable | Linked:
        """Both tables, `Linked` where they cannot be read, and the key."""
        node = expect_object(node)
        if "artifact_path" in node:
            return _pointed(JoinedTable, self.tag, node, ctx)
        paths = read(node, "table1", str), read(node, "table2", str)
        key = read(node, "join_key", str, int, list)
        if type(key) is list:
            if len(key) != 2 or not all(type(each) in (str, int) for each in key):
                raise DecodeError("is no pair of columns", reason=Code.WRONG_TYPE, path=("join_key",))
            key = (key[0], key[1])
        first, second = (_part_at(path, ctx, _JOINABLE) for path in paths)
        return JoinedTable.restore(
            table1=first, table2=second, join_key=key, paths=paths, place=Place(ctx.source)
        )

    def native(self, value: JoinedTable) -> Any:
        """The joined rows as a data frame of pandas."""
        return value.to_table().to_pandas()


class PartitionedTableCodec(Codec[PartitionedTable]):
    """The `partitioned-table` object of artifacts: a folder of tables. It reads the run's reference to one, too."""

    tag = "partitioned-table"
    value_type = PartitionedTable
    keys = ("parts_path", "artifact_path")
    dialects: ClassVar[Sequence[Dialect]] = (Dialect.ARTIFACT,)

    def encode(self, value: PartitionedTable, ctx: EncodeContext) -> JsonObject:
        """Store the parts, unless they are there, and name their folder."""
        for name, part in value.parts.items():
            _stored_part(part, _entry(value.parts_path, name), value.place, ctx, name)
        return {"parts_path": value.parts_path}

    def decode(self, node: Any, ctx: DecodeContext) -> PartitionedTable | Linked:
        """The parts, `Linked` where they cannot be read."""
        node = expect_object(node)
        if "artifact_path" in node:
            return _pointed(PartitionedTable, self.tag, node, ctx)
        folder = read(node, "parts_path", str)
        first = len(_entry(folder, ""))
        paths, reason = _parts_below(folder, ctx)
        parts = {path[first:]: _part_at(path, ctx, (TableCodec.tag,)) for path in paths}
        place = Place(ctx.source, reason=reason)
        return PartitionedTable.restore(parts_path=folder, parts=FrozenMap(parts), place=place)

    def native(self, value: PartitionedTable) -> Any:
        """The rows of all parts as a data frame of pandas."""
        return value.to_table().to_pandas()


class JoinedTablePointerCodec(JoinedTableCodec):
    """The `joined-table` object of runs: a reference to one in an artifact."""

    dialects = (Dialect.RUN,)

    def encode(self, value: JoinedTable, ctx: EncodeContext) -> JsonObject:
        """Store the joined table in an artifact of its own, and refer to it."""
        return _pointer(self.tag, value, ctx)


class PartitionedTablePointerCodec(PartitionedTableCodec):
    """The `partitioned-table` object of runs: a reference to one in an artifact."""

    dialects = (Dialect.RUN,)

    def encode(self, value: PartitionedTable, ctx: EncodeContext) -> JsonObject:
        """Store the table in an artifact of its own, and refer to it."""
        return _pointer(self.tag, value, ctx)


def _pointer(tag: str, value: JoinedTable | PartitionedTable, ctx: EncodeContext) -> JsonObject:
    """The reference to a table of tables, which is written unless this store has it."""
    place = value.place
    if place is not None and place.url is not None and place.run == ctx.store:
        return {"artifact_path": place.url}
    inner, address = ctx.bundle(ctx.key, RUN_TABLE)
    entry = path_of_key(ctx.key, f".{tag}.json")
    node = inner.encode(value)
    inner.put(BytesFile(dumps(node, sort=True).encode("ascii"), ".json"), "", name=entry)
    return {"artifact_path": address.url(entry)}


def _pointed(cls: type[J], tag: str, node: JsonObject, ctx: DecodeContext) -> J | Linked:
    """The table of tables that a run's reference means; `Linked` where it cannot be read."""
    url = read(node, "artifact_path", str)
    try:
        _refuse_unasked(ctx)
        inner, entry = ctx.artifact(url)
        inner = inner.inside(entry)
        table = inner.decode(inner.load_json(entry), expect=tag)
        if not isinstance(table, cls):
            raise DecodeError(f"{entry} is not understood: {table.describe()}")
    except DecodeError as error:
        return Linked(tag, MediaRef(None, artifact_path=url), node, _kept(error, ctx), ctx.source)
    return table.replace(place=evolve(table.place, url=url, run=ctx.source))


def _refuse_unasked(ctx: DecodeContext) -> None:
    """Refuse to read what is linked where the caller wants none of it."""
    if not ctx.follow or ctx.source is None:
        raise DecodeError("the linked JSON was not asked for", reason=Code.NOT_FOLLOWED)


def _kept(error: DecodeError, ctx: DecodeContext) -> Reason:
    """The reason for what stays unread, unless the caller asked for errors."""
    if ctx.on_unknown == "raise" and error.reason is not Code.NOT_FOLLOWED:
        raise error
    return reason_of(error)


def _entry(folder: str, name: str) -> str:
    """The path of a part, however its folder is spelled."""
    return posixpath.join(posixpath.normpath(folder), name).removeprefix("./")


_JOINABLE = (TableCodec.tag, PartitionedTableCodec.tag)
"""The tags of what can be joined. A joined table cannot, as with the client: two files that join one another twice would be a
tree without end, and parts that are in parts again another."""


def _part_at(path: str, ctx: DecodeContext, tags: tuple[str, ...]) -> Any:
    """A table with one of these tags at a path of the artifact; `Linked` where it cannot be read."""
    try:
        _refuse_unasked(ctx)
        file = ctx.file(path)
        inner = ctx.inside(file)
        table = inner.decode(read_document(file, inner), expect=tags)
        if not isinstance(table, Table | PartitionedTable | Linked):
            raise DecodeError(f"{file} is not understood: {table.describe()}")
    except DecodeError as error:
        return Linked(tags[0], MediaRef(path), path, _kept(error, ctx), ctx.source)
    return table


def _parts_below(folder: str, ctx: DecodeContext) -> tuple[Sequence[str], Reason | None]:
    """The paths of the tables below a folder of the artifact; why they are not known, where they are not."""
    try:
        _refuse_unasked(ctx)
        found = [path for path in ctx.entries(folder) if path.endswith(SUFFIX)]
    except DecodeError as error:
        return (), _kept(error, ctx)
    ctx.limits.spend("rows", len(found), "the number of parts of a table")
    return found, None


def _stored_part(part: Any, path: str | None, place: Place | None, ctx: EncodeContext, what: str) -> str:
    """The path of a part in the artifact that is being written."""
    if place is not None and path is not None and place.source == ctx.store:
        return path
    if isinstance(part, Table):
        if path is None:
            return store_table(part, ctx)
        ctx.put(BytesFile(table_bytes(part, ctx), SUFFIX), "", name=path)
        return path
    if isinstance(part, PartitionedTable):
        node = ctx.encode(part)
        file = BytesFile(dumps(node, sort=True).encode("ascii"), f".{node['_type']}.json")
        path = path or f"{TABLES}/{file.md5[:20]}{file.suffix}"
        ctx.put(file, "", name=path)
        return path
    if type(part) is str:
        return part  # the caller's own word for what the artifact holds
    said = f"{printable(path or what)} could not be read where it was, so it cannot be written elsewhere"
    raise EncodeError(f"{said}: {printable(part.describe())}")
