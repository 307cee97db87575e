"""What JSON cannot say of a cell: notes beside it, one for each part that it alters, and the way back.

A note is ``[path, kind, payload]``: where in the cell, what stood there, and what is needed to make it again. Notes of
what is inside stand before those of what holds it.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import re
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

from attrs import frozen

from wbtypes_core import Code, DecodeError, Opaque, WBValue
from wbtypes_core.codec import exact_of, read
from wbtypes_core.errors import warn_once
from wbtypes_core.jsonio import kind as json_kind

from .lost import Lost

Path = tuple[str | int, ...]
Note = list[Any]

UTC = datetime.UTC
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = datetime.timedelta(milliseconds=1)
_MICROSECOND = datetime.timedelta(microseconds=1)


# -- moments --------------------------------------------------------------------------------------------------


def microseconds(moment: datetime.date) -> int:
    """Microseconds since the epoch of a datetime or date; one without a zone is taken for UTC, as the client does."""
    if not isinstance(moment, datetime.datetime):
        moment = datetime.datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // _MICROSECOND


_FIRST, _LAST = microseconds(datetime.datetime.min), microseconds(datetime.datetime.max)


def milliseconds(moment: datetime.date) -> int:
    """Milliseconds since the epoch, as artifacts hold moments; what is less is cut off towards the past.

    A moment that is in the years 1 to 9999 only where it is, and not in UTC, is told as the nearest that is in both.
    """
    return min(max(microseconds(moment), _FIRST), _LAST) // 1000


def is_regular(moment: datetime.datetime) -> bool:
    """Whether a moment is known by its time in UTC: not where a clock leaps over it, or that is beyond all dates."""
    zone = moment.tzinfo
    if zone is None or zone is UTC:
        return True
    if 1 < moment.year < datetime.MAXYEAR:  # quick, for most are
        other = moment if isinstance(zone, datetime.timezone) else moment.replace(fold=1 - moment.fold)
        if moment.utcoffset() == other.utcoffset():
            return True
    try:
        return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment.replace(tzinfo=None)
    except OverflowError:
        return False


def moment_of(number: float) -> datetime.datetime:
    """The moment of a number of milliseconds, in UTC.

    Raises:
        DecodeError: beyond the years 1 to 9999.
    """
    try:
        return EPOCH + number * _MILLISECOND
    except (OverflowError, ValueError):
        raise DecodeError(f"{number!r} milliseconds are no moment of the years 1 to 9999") from None


def zone_name(moment: datetime.datetime) -> str | None:
    """How a zone is written: its key, or its distance from UTC; None where there is none."""
    zone = moment.tzinfo
    if zone is None:
        return None
    return str(key) if (key := getattr(zone, "key", None)) else _distance(moment)


def _distance(moment: datetime.datetime) -> str:
    ahead = moment.utcoffset()
    if not ahead:
        return "UTC"
    sign, span = ("-", -ahead) if ahead < datetime.timedelta() else ("+", ahead)
    text = str(span)
    return f"{sign}{text if len(text.split(':')[0]) > 1 else '0' + text}"


def zone_of(name: str) -> datetime.tzinfo:
    """The zone of a name: UTC, a distance, or a key of the system's zones.

    A key that is not known here, as on a machine without the database, is kept: moments are the same, shown in UTC.

    Raises:
        DecodeError: what cannot be the name of a zone.
    """
    if name == "UTC":
        return UTC
    try:
        if name[:1] in "+-":
            hours, minutes, *seconds = name[1:].split(":")
            whole, _, part = (seconds or ["0"])[0].partition(".")
            span = datetime.timedelta(
                hours=int(hours),
                minutes=int(minutes),
                seconds=int(whole),
                microseconds=int(f"{part:0<6.6}"),
            )
            return datetime.timezone(-span if name[0] == "-" else span)
        if not _ZONE.fullmatch(name):
            raise ValueError(name)
        return zoneinfo.ZoneInfo(name)
    except zoneinfo.ZoneInfoNotFoundError:
        warn_once(
            f"the time zone {name!r} is not known here: its moments are shown in UTC; pip install tzdata"
        )
        return UnknownZone(name)
    except (ValueError, OverflowError, OSError):
        raise DecodeError(f"{name[:60]!r} is no time zone") from None


_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9_+-]{1,30}){0,3}")


@frozen
class UnknownZone(datetime.tzinfo):
    """A zone that this machine does not know: shown as UTC, written back by its key.

    Attributes:
        key: its name.
    """

    key: str

    def utcoffset(self, moment: datetime.datetime | None) -> datetime.timedelta:
        """None ahead of UTC."""
        return datetime.timedelta()

    def dst(self, moment: datetime.datetime | None) -> datetime.timedelta:
        """None either."""
        return datetime.timedelta()

    def tzname(self, moment: datetime.datetime | None) -> str:
        """What it is shown as."""
        return "UTC"

    def __reduce__(self) -> tuple[object, ...]:
        return UnknownZone, (self.key,)


def in_zone(moment: datetime.datetime, zone: datetime.tzinfo | None) -> datetime.datetime:
    """A moment in UTC as it was given: in its zone, or without any."""
    try:
        return moment.replace(tzinfo=None) if zone is None else moment.astimezone(zone)
    except OverflowError:
        raise DecodeError(f"{moment} has no date of the years 1 to 9999 in {zone}") from None


# -- writing --------------------------------------------------------------------------------------------------


class Writer:
    """Makes JSON of cells, and notes what that loses.

    Args:
        value: gives the JSON of a media value, with the path to it in the cell.
    """

    def __init__(self, value: Callable[[Any, Path], Any]) -> None:
        self._value = value
        self.notes: list[Note] = []

    def cell(self, cell: Any, path: Path = ()) -> Any:
        """The JSON of a cell, or of a part of one; `notes` grows by what it loses."""
        rule = _PARTS.get(type(cell))
        if rule is not None:
            return rule(self, cell, path)
        if isinstance(cell, WBValue) or not hasattr(cell, "dtype"):
            return self._value(cell, path)
        return self._numpy(cell, path)

    def _note(self, path: Path, kind: str, payload: Any = None) -> None:
        self.notes.append([list(path), kind] if payload is None else [list(path), kind, payload])

    def _plain(self, cell: Any, path: Path) -> Any:
        return cell

    def _opaque(self, cell: Opaque, path: Path) -> Any:
        """A cell that was not understood has the notes that it came with."""
        for at, *said in read(exact_of(cell.extra), "notes", list, default=[]):
            self.notes.append([[*path, *at], *said])
        return self._value(cell, path)

    def _float(self, cell: float, path: Path) -> float | None:
        if cell == cell:
            return cell
        self._note(path, "nan")
        return None

    def _list(self, cell: list[Any], path: Path) -> list[Any]:
        if _SIMPLE.issuperset(map(type, cell)):
            return list(cell)
        return [self.cell(item, (*path, at)) for at, item in enumerate(cell)]

    def _dict(self, cell: dict[Any, Any], path: Path) -> dict[str, Any]:
        from wbtypes_core.plain import key_text

        made = {}
        others = []
        for key, item in cell.items():
            text = key if type(key) is str else key_text(key, "this cell")
            if text in made:
                raise ValueError(
                    f"two keys of a dict are {text!r} on the wire, where keys are text; rename one"
                )
            if text is not key:
                own = Writer(self._value)  # its notes are of the key, not of what lies under it
                others.append([text, own.cell(key), own.notes])
            made[text] = self.cell(item, (*path, text))
        if others:
            self._note(path, "keys", others)
        return made

    def _tuple(self, cell: tuple[Any, ...], path: Path) -> list[Any]:
        made = self._list(list(cell), path)
        self._note(path, "tuple")
        return made

    def _set(self, cell: Any, path: Path) -> list[Any]:
        from wbtypes_core.plain import to_plain

        made = self._list(to_plain(cell), path)
        self._note(path, type(cell).__name__)
        return made

    def _bytes(self, cell: Any, path: Path) -> str:
        raw = bytes(cell)
        self._note(path, type(cell).__name__, base64.b64encode(raw).decode("ascii"))
        return raw.decode("utf-8", "backslashreplace")

    def _datetime(self, cell: datetime.datetime, path: Path) -> str:
        zone = cell.tzinfo and zone_name(cell)
        if is_regular(cell):
            self._note(path, "datetime", [microseconds(cell), zone])
        else:
            self._note(path, "datetime", [microseconds(cell.replace(tzinfo=None)), zone, cell.fold])
        return cell.isoformat()

    def _date(self, cell: Any, path: Path) -> str:
        text: str = cell.isoformat()
        self._note(path, type(cell).__name__, text)
        return text

    def _timedelta(self, cell: datetime.timedelta, path: Path) -> Any:
        from wbtypes_core.plain import to_plain

        self._note(path, "timedelta", [cell.days, cell.seconds, cell.microseconds])
        return to_plain(cell)

    def _text(self, cell: Any, path: Path) -> str:
        self._note(path, type(cell).__name__.lower(), str(cell))
        return str(cell)

    def _complex(self, cell: complex, path: Path) -> str:
        self._note(path, "complex", [repr(cell.real), repr(cell.imag)])
        return str(cell).strip("()")

    def _lost(self, cell: Lost, path: Path) -> str:
        self._note(path, "lost")
        return cell.word

    def _numpy(self, cell: Any, path: Path) -> Any:
        from . import native

        json, *note = native.array_json(cell)
        self._note(path, *note)
        return json


_Rule = Callable[[Writer, Any, Path], Any]

_PARTS: dict[type, _Rule] = {
    str: Writer._plain,
    int: Writer._plain,
    bool: Writer._plain,
    type(None): Writer._plain,
    float: Writer._float,
    list: Writer._list,
    dict: Writer._dict,
    tuple: Writer._tuple,
    set: Writer._set,
    frozenset: Writer._set,
    bytes: Writer._bytes,
    bytearray: Writer._bytes,
    datetime.datetime: Writer._datetime,
    datetime.date: Writer._date,
    datetime.time: Writer._date,
    datetime.timedelta: Writer._timedelta,
    decimal.Decimal: Writer._text,
    uuid.UUID: Writer._text,
    complex: Writer._complex,
    Lost: Writer._lost,
    Opaque: Writer._opaque,
}

_SIMPLE = frozenset((str, int, bool, type(None)))

# -- reading --------------------------------------------------------------------------------------------------


def apply(cell: Any, notes: list[Any]) -> Any:
    """A cell as it was, given its JSON and the notes beside it; the JSON's lists and dicts are used up.

    Raises:
        DecodeError: a note that says nothing known, or of a part that is not there.
    """
    whole: Any = [cell]
    for note in notes:
        path, kind, payload = _checked(note)
        holder: Any = whole
        step: Any = 0
        for further in path:
            holder, step = _part(holder, step), further
        try:
            holder[step] = _KINDS[kind](_part(holder, step), payload)
        except DecodeError:
            raise
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
            raise DecodeError(f"the note of a {kind} is wrong: {error}") from None
    return whole[0]


def by_row(notes: Any, count: int) -> dict[int, list[Note]]:
    """The notes of each cell of a column of so many, without the row that they begin with.

    Raises:
        DecodeError: what is no note of a cell.
    """
    if type(notes) is not list:
        raise DecodeError(f"is {json_kind(notes)}, not a list of notes", reason=Code.WRONG_TYPE)
    found: dict[int, list[Note]] = {}
    for note in notes:
        path = note[0] if type(note) is list and note else None
        if type(path) is not list or not path or type(path[0]) is not int or not 0 <= path[0] < count:
            raise DecodeError("a note is of none of the cells")
        found.setdefault(path[0], []).append([path[1:], *note[1:]])
    return found


def _checked(note: Any) -> tuple[list[Any], str, Any]:
    if type(note) is not list or len(note) not in (2, 3) or type(note[0]) is not list:
        raise DecodeError(f"is {json_kind(note)}, not a note", reason=Code.WRONG_TYPE)
    if type(note[1]) is not str or note[1] not in _KINDS:
        raise DecodeError(
            f"is a note of {str(note[1])[:40]!r}, which this version does not know; update wbtypes-table"
        )
    return note[0], note[1], note[2] if len(note) == 3 else None


def _part(holder: Any, step: Any) -> Any:
    if type(holder) is list and type(step) is int and 0 <= step < len(holder):
        return holder[step]
    if type(holder) is dict and type(step) is str and step in holder:
        return holder[step]
    raise DecodeError(f"a note is of the part {step!r}, which is not there")


def _keys(made: Any, others: Any) -> dict[Any, Any]:
    renamed = {text: apply(json, notes) for text, json, notes in others}
    return {renamed.get(text, text): item for text, item in made.items()}


def _datetime(_: Any, payload: Any) -> datetime.datetime:
    since, name, *fold = payload
    zone, moment = None if name is None else zone_of(name), EPOCH + since * _MICROSECOND
    # with a fold it is the clock's time, which UTC does not tell
    return moment.replace(tzinfo=zone, fold=fold[0]) if fold else in_zone(moment, zone)


def _numpy(json: Any, payload: Any) -> Any:
    from . import native

    return native.array_of(json, payload)


def _npy(_: Any, payload: Any) -> Any:
    from . import native

    text, scalar = payload
    return native.npy(base64.b64decode(text, validate=True), bool(scalar))


_KINDS: dict[str, Callable[[Any, Any], Any]] = {
    "nan": lambda json, _: float("nan"),
    "keys": _keys,
    "tuple": lambda json, _: tuple(json),
    "set": lambda json, _: set(json),
    "frozenset": lambda json, _: frozenset(json),
    "bytes": lambda _, text: base64.b64decode(text, validate=True),
    "bytearray": lambda _, text: bytearray(base64.b64decode(text, validate=True)),
    "datetime": _datetime,
    "date": lambda _, text: datetime.date.fromisoformat(text),
    "time": lambda _, text: datetime.time.fromisoformat(text),
    "timedelta": lambda _, parts: datetime.timedelta(*parts),
    "decimal": lambda _, text: decimal.Decimal(text),
    "uuid": lambda _, text: uuid.UUID(text),
    "complex": lambda _, parts: complex(*map(float, parts)),
    "numpy": _numpy,
    "npy": _npy,
    "lost": lambda word, _: Lost(word),
}
