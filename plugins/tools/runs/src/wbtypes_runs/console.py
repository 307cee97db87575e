"""The console: what a run printed, and the measurements of its machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from wbtypes_core import DecodeError, DirectoryStore, MediaRef

from .jsontext import parse_value
from .log import Kind
from .records import MOMENT, moment
from .wire import Message, WireError, inner, parse, raw, text, whole

if TYPE_CHECKING:
    from .origins import Origin

_OUTPUT: Message = {1: whole("type"), 2: inner("time", MOMENT), 3: text("line")}
_SAMPLE: Message = {
    2: inner("time", MOMENT),
    3: inner("items", {1: text("key"), 16: raw("value_json")}, repeated=True),
}
_STDOUT = 1
_LOG = "output.log"


@frozen
class Output:
    """A piece of what a run printed.

    Attributes:
        text: the characters as they came, with their line breaks.
        stream: ``"stdout"`` or ``"stderr"``; ``""`` where nothing says.
        time: when, in UTC; None where nothing says.
    """

    text: str
    stream: str = ""
    time: datetime | None = None


@frozen
class Sample:
    """What the client measured at one moment.

    Attributes:
        time: when, in UTC; None where nothing says.
        values: the measurements by name, as ``"cpu"`` or ``"gpu.0.memory"``.
    """

    time: datetime | None
    values: Mapping[str, Any] = field(hash=False)


def output(origin: Origin, files: DirectoryStore) -> Iterator[Output]:
    """What the run printed, in order; from ``output.log`` where no record has any."""
    found = False
    for _, _, record, begin, end in origin.records((Kind.OUTPUT, Kind.OUTPUT_RAW)):
        try:
            said = parse(record, _OUTPUT, begin, end)
        except WireError:
            continue
        found = True
        stream = "stdout" if said.get("type") == _STDOUT else "stderr"
        yield Output(said.get("line", ""), stream, moment(said.get("time")))
    if not found:
        yield from _logged(files)


def samples(origin: Origin) -> Iterator[Sample]:
    """The measurements, in order; what cannot be read is left out."""
    for _, _, record, begin, end in origin.records((Kind.STATS,)):
        try:
            said = parse(record, _SAMPLE, begin, end)
            values = {
                item.get("key", ""): parse_value(item.get("value_json", b"null"))
                for item in said.get("items", ())
            }
        except (WireError, DecodeError):
            continue
        yield Sample(moment(said.get("time")), values)


def _logged(files: DirectoryStore) -> Iterator[Output]:
    try:
        stream = files.open(MediaRef(_LOG))
    except DecodeError:
        return
    with stream:
        for line in stream:
            yield Output(line.decode("utf-8", "replace"))
