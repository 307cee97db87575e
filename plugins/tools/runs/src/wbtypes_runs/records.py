"""The records of a log: which fields of the client's messages are read, and what they say.

Field numbers are those of the wire format, section 5; those of metrics were read off recorded runs.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from .wire import Message, flag, inner, parse, raw, text, whole

# -- the run ------------------------------------------------------------------------------------------------------

MOMENT: Message = {1: whole("seconds"), 2: whole("nanos")}
"""Seconds and nanoseconds since the epoch."""

_RUN: Message = {
    1: text("id"),
    2: text("entity"),
    3: text("project"),
    4: raw("config"),
    5: raw("summary"),
    6: text("group"),
    7: text("job_type"),
    8: text("name"),
    9: text("notes"),
    10: text("tags", repeated=True),
    12: text("sweep_id"),
    13: text("host"),
    14: whole("starting_step"),
    17: inner("start_time", MOMENT),
}


@frozen(kw_only=True)
class RunInfo:
    """What a run says of itself; texts that it does not give are empty.

    Attributes:
        id: the run's id.
        entity: the user or team.
        project: the project.
        name: the name that is shown.
        group: the group of runs it belongs to.
        job_type: the kind of job.
        notes: the user's notes.
        tags: the user's tags.
        sweep_id: the sweep it belongs to.
        host: the machine's name.
        starting_step: the first step of a resumed run.
        started: when it began, in UTC, to the microsecond; None when not said.
    """

    id: str = ""
    entity: str = ""
    project: str = ""
    name: str = ""
    group: str = ""
    job_type: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    sweep_id: str = ""
    host: str = ""
    starting_step: int = 0
    started: datetime | None = None


def run(data: bytes, begin: int, end: int, before: RunInfo) -> tuple[RunInfo, bytes, bytes]:
    """Read a run record over an earlier one: the run, and the config and summary messages that it begins with.

    Raises:
        WireError: it is none.
    """
    found = parse(data, _RUN, begin, end)
    config, summary = found.pop("config", b""), found.pop("summary", b"")
    if "start_time" in found:
        found["started"] = moment(found.pop("start_time"))
    if "tags" in found:
        found["tags"] = tuple(found["tags"])
    return evolve(before, **found), config, summary


def moment(found: Mapping[str, int] | None) -> datetime | None:
    """A moment as protobuf has it, in UTC; None for none, or one beyond all calendars."""
    if found is None:
        return None
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(
            seconds=found.get("seconds", 0), microseconds=found.get("nanos", 0) // 1000
        )
    except OverflowError:
        return None


_EXIT: Message = {1: whole("code"), 2: whole("runtime")}


@frozen
class Exit:
    """How the run ended.

    Attributes:
        code: the process's exit code.
        runtime: seconds, as the client counted them.
    """

    code: int = 0
    runtime: int = 0


def exit_of(data: bytes, begin: int, end: int) -> Exit:
    """Read an exit record.

    Raises:
        WireError: it is none.
    """
    return Exit(**parse(data, _EXIT, begin, end))


# -- metrics ------------------------------------------------------------------------------------------------------

_SUMMARIES = {1: "min", 2: "max", 3: "mean", 4: "best", 5: "last", 6: "none", 7: "copy", 8: "first"}
_GOALS = {1: "minimize", 2: "maximize"}
_METRIC: Message = {
    1: text("name"),
    2: text("glob"),
    4: text("step_metric"),
    5: whole("step_metric_index"),
    6: inner("options", {1: flag("step_sync"), 2: flag("hidden"), 3: flag("defined")}),
    7: inner("summary", {number: flag(name) for number, name in _SUMMARIES.items()}),
    8: whole("goal"),
    9: inner("control", {1: flag("overwrite")}),
}


@frozen(kw_only=True)
class Metric:
    """One ``define_metric`` of a run.

    Attributes:
        name: the metric, with dots between the keys of nested dicts; ``""`` when it is a pattern.
        glob: the pattern of names it is for, ``"train/*"``; else ``""``.
        step_metric: the metric on the horizontal axis; ``""`` for the step.
        step_sync: whether the step metric is added to rows that lack it.
        hidden: whether it is left out of automatic charts.
        defined: whether the user defined it, against following from a pattern.
        summary: what the summary keeps of it: ``min``, ``max``, ``mean``, ``best``, ``last``, ``first``, ``none``, ``copy``.
        goal: ``"minimize"``, ``"maximize"`` or ``""``.
    """

    name: str = ""
    glob: str = ""
    step_metric: str = ""
    step_sync: bool = False
    hidden: bool = False
    defined: bool = False
    summary: tuple[str, ...] = ()
    goal: str = ""


def metric(data: bytes, begin: int, end: int, known: dict[str, Metric], order: list[str]) -> None:
    """Read a metric record into those known by name or pattern; it adds to an earlier one unless it says to replace it.

    Args:
        data: the record.
        begin: where its content begins.
        end: where that ends.
        known: the metrics so far.
        order: their names or patterns, which records may refer to by their number.

    Raises:
        WireError: it is none.
    """
    found = parse(data, _METRIC, begin, end)
    key = found.get("name") or found.get("glob", "")
    replaces = found.get("control", {}).get("overwrite", False)
    before = Metric() if replaces else known.get(key, Metric())
    index = found.get("step_metric_index", 0)
    options = found.get("options", {})
    told = {name for name, on in found.get("summary", {}).items() if on}
    if told:  # of "nothing" and something, clients take the later one
        told |= set(before.summary) - ({"none"} - told)
    else:
        told = set(before.summary)
    numbered = known[order[index - 1]].name if 0 < index <= len(order) else before.step_metric
    if key not in known:
        order.append(key)
    known[key] = Metric(
        name=found.get("name", ""),
        glob=found.get("glob", ""),
        step_metric=found.get("step_metric") or numbered,
        step_sync=options.get("step_sync", before.step_sync),
        hidden=options.get("hidden", before.hidden),
        defined=options.get("defined", before.defined),
        summary=tuple(name for name in _SUMMARIES.values() if name in told),
        goal=_GOALS.get(found.get("goal", 0), before.goal),
    )


# -- artifacts ----------------------------------------------------------------------------------------------------

_EXTRA: Message = {1: text("key"), 2: text("value_json")}
_ENTRY: Message = {
    1: text("path"),
    2: text("digest"),
    3: text("ref"),
    4: whole("size"),
    6: text("local_path"),
    7: text("birth_artifact_id"),
    16: inner("extra", _EXTRA, repeated=True),
}
_MANIFEST: Message = {
    1: whole("version"),
    4: inner("contents", _ENTRY, repeated=True),
    5: text("manifest_file_path"),
}
_ARTIFACT: Message = {
    4: text("type"),
    5: text("name"),
    6: text("digest"),
    7: text("description"),
    8: text("metadata"),
    11: text("aliases", repeated=True),
    12: inner("manifest", _MANIFEST),
    15: text("client_id"),
    16: text("sequence_client_id"),
}


@frozen(kw_only=True)
class Entry:
    """One file of an artifact, as its manifest says it.

    Attributes:
        path: its name in the artifact.
        digest: base64 of the MD5 of its bytes, unless `extra` names another algorithm.
        size: bytes.
        ref: the URL it stands for; ``""`` for a file.
        local_path: where the client had it; data like any other.
        birth_artifact_id: the artifact version that first held it.
        extra: JSON texts by key.
    """

    path: str = ""
    digest: str = ""
    size: int = 0
    ref: str = ""
    local_path: str = field(default="", repr=False)
    birth_artifact_id: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class ArtifactRecord:
    """An artifact that the run logged, as the log has it.

    Attributes:
        name: its name.
        type: its type, as ``"dataset"`` or ``"run_table"``.
        digest: hex MD5 of its manifest.
        description: the user's description.
        metadata: the user's metadata as JSON text.
        aliases: its aliases.
        entries: its files.
        manifest_file: the path of the manifest where it is kept in a file of its own; data like any other.
        client_id: the id that ``wandb-client-artifact://`` URLs name.
        sequence_client_id: the id that such URLs name with ``:latest``.
    """

    name: str = ""
    type: str = ""
    digest: str = ""
    description: str = ""
    metadata: str = ""
    aliases: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = field(default=(), repr=lambda entries: f"<{len(entries)} entries>")
    manifest_file: str = field(default="", repr=False)
    client_id: str = field(default="", repr=False)
    sequence_client_id: str = field(default="", repr=False)


def artifact(data: bytes, begin: int, end: int) -> ArtifactRecord:
    """Read an artifact record.

    Raises:
        WireError: it is none.
    """
    found = parse(data, _ARTIFACT, begin, end)
    manifest = found.pop("manifest", {})
    found["aliases"] = tuple(found.get("aliases", ()))
    return ArtifactRecord(
        **found,
        entries=tuple(_entries(manifest)),
        manifest_file=manifest.get("manifest_file_path", ""),
    )


def _entries(manifest: Mapping[str, Any]) -> Iterator[Entry]:
    for found in manifest.get("contents", ()):
        extra = {pair.get("key", ""): pair.get("value_json", "") for pair in found.pop("extra", ())}
        yield Entry(**found, extra=extra)


_USE: Message = {1: text("id"), 2: text("type"), 3: text("name")}


@frozen(kw_only=True)
class Use:
    """An artifact that the run used as an input.

    Attributes:
        id: the server's id, in base64.
        type: its type.
        name: its name with the version, as ``"team/project/cats:v3"``.
    """

    id: str = ""
    type: str = ""
    name: str = ""

    @property
    def hex_id(self) -> str:
        """The id as ``wandb-artifact://`` URLs have it; ``""`` when it is none."""
        try:
            return base64.b64decode(self.id, validate=True).hex()
        except ValueError:
            return ""


def use(data: bytes, begin: int, end: int) -> Use:
    """Read the record of an artifact that was used.

    Raises:
        WireError: it is none.
    """
    return Use(**parse(data, _USE, begin, end))
