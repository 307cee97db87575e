"""The records of a log, written: what a client's own log of the same run would hold.

Field numbers are those of the wire format, section 5; the order of records and which fields are set were read off
recorded runs of client 0.31.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import TypeAlias

from attrs import frozen

from wbtypes_core.jsonio import Json, dumps

from ..log import Kind
from ..records import Metric, RunInfo
from .protobuf import item, number, part, text

Record: TypeAlias = tuple[int, bytes]
"""A record before it has a number: its kind, and its content."""

FILES, HEADER = 6, 21
"""Kinds of records that the reader passes over."""

PRODUCT = "wbtypes-runs"
"""What the producer of a log that is written here begins with."""

OLDEST_CONSUMER = "0.70.0"
"""What client 0.31 writes as the oldest tool that may read its logs; of these records every tool since 0.10 knows all."""


def header(producer: str) -> Record:
    """The first record: who wrote the log."""
    return HEADER, part(1, text(1, producer) + text(2, OLDEST_CONSUMER))


TOLD = ("id", "entity", "project", "name", "group", "job_type", "notes", "tags")
"""What users say of a run."""


@frozen(kw_only=True)
class About:
    """What a run says of itself; empty texts are left out.

    Attributes:
        id: the run's id.
        started: nanoseconds since the epoch; 0 where the log has it already.
    """

    id: str
    entity: str
    project: str
    name: str
    group: str
    job_type: str
    notes: str
    tags: tuple[str, ...]
    started: int

    @classmethod
    def of(cls, info: RunInfo) -> About:
        """The same, of a run that was read."""
        return cls(started=0, **{name: getattr(info, name) for name in TOLD})


def run(about: About, config: Mapping[str, Json]) -> Record:
    """The run itself, with the config that it begins with."""
    seconds, nanos = divmod(about.started, 10**9)
    begin = ((1, about.id), (2, about.entity), (3, about.project))
    more = ((6, about.group), (7, about.job_type), (8, about.name), (9, about.notes))
    return Kind.RUN, b"".join(
        (
            *(text(field, content) for field, content in begin),
            part(4, _whole(config)),
            *(text(field, content) for field, content in more),
            *(part(10, tag) for tag in about.tags),
            part(17, number(1, seconds) + number(2, nanos)),
        )
    )


def config(values: Mapping[str, Json], removed: Iterable[str] = ()) -> Record:
    """The whole config, as clients repeat it at each change; and the keys that went."""
    return Kind.CONFIG, b"".join((_whole(values), *(part(2, part(1, key)) for key in removed)))


def _whole(values: Mapping[str, Json]) -> bytes:
    """One item for each top-level key, under ``key``."""
    return b"".join(part(1, part(1, key) + part(16, dumps(value))) for key, value in values.items())


def files(paths: Iterable[str]) -> Record:
    """Files of the run that a client shall upload; like client 0.31, without a policy or type."""
    return FILES, b"".join(part(1, part(1, path)) for path in paths)


def history(items: Iterable[bytes], step: int) -> Record:
    """A row."""
    return Kind.HISTORY, b"".join((*items, part(2, number(1, step))))


def summary(items: Iterable[bytes], removed: Iterable[str] = ()) -> Record:
    """Changes of the summary: leaves that are laid over it, and top-level keys that are taken away."""
    return Kind.SUMMARY, b"".join((*items, *(part(2, part(1, key)) for key in removed)))


def runtime(seconds: int) -> bytes:
    """The summary's item that says how long the run took."""
    return item(("_wandb", "runtime"), dumps(seconds).encode())


class Aggregate(IntEnum):
    """What the summary may keep of a metric in place of its last value."""

    MIN = 1
    MAX = 2
    MEAN = 3
    BEST = 4
    LAST = 5
    NONE = 6
    COPY = 7
    FIRST = 8

    @classmethod
    def named(cls, text: str) -> frozenset[Aggregate]:
        """Those that a text names, with commas between.

        Raises:
            ValueError: it names another.
        """
        words = [word.strip().lower() for word in text.split(",")] if text else []
        known = {each.name.lower(): each for each in cls}
        for word in words:
            if word not in known:
                raise ValueError(f"a summary keeps {', '.join(known)}, with commas between, and not {word!r}")
        return frozenset(known[word] for word in words)


class Goal(IntEnum):
    """Which value of a metric is the best."""

    MINIMIZE = 1
    MAXIMIZE = 2

    @classmethod
    def named(cls, text: str) -> Goal | None:
        """The one that a text names, by three letters or more; None for ``""``.

        Raises:
            ValueError: it names another.
        """
        found = [each for each in cls if len(text) >= 3 and each.name.lower().startswith(text.lower())]
        if text and not found:
            raise ValueError(f"the goal of a metric is minimize or maximize, and not {text!r}")
        return found[0] if found else None


@frozen(kw_only=True)
class Definition:
    """One call of ``define_metric``.

    Attributes:
        name: the metric, with dots between the keys of nested dicts, or a pattern that ends in ``*``.
        step_metric: the metric on the horizontal axis, or ``""``.
        step_sync: whether rows that lack the step metric are given its last value.
        hidden: whether automatic charts leave it out.
        summary: what the summary keeps of it.
        goal: which of its values is the best.
        overwrite: whether what was defined before is forgotten.
    """

    name: str
    step_metric: str = ""
    step_sync: bool = False
    hidden: bool = False
    summary: frozenset[Aggregate] = frozenset()
    goal: Goal | None = None
    overwrite: bool = False

    @classmethod
    def of(cls, metric: Metric) -> Definition:
        """The definition of a metric that was read."""
        return cls(
            name=metric.name or metric.glob,
            step_metric=metric.step_metric,
            step_sync=metric.step_sync,
            hidden=metric.hidden,
            summary=frozenset(Aggregate[name.upper()] for name in metric.summary),
            goal=Goal.named(metric.goal),
        )

    @property
    def shown(self) -> Metric:
        """The same, as who opens the run sees it."""
        is_pattern = self.name.endswith("*")
        return Metric(
            name="" if is_pattern else self.name,
            glob=self.name if is_pattern else "",
            step_metric=self.step_metric,
            step_sync=self.step_sync,
            hidden=self.hidden,
            defined=True,
            summary=tuple(each.name.lower() for each in sorted(self.summary)),
            goal=self.goal.name.lower() if self.goal else "",
        )

    @property
    def aggregates(self) -> list[Aggregate]:
        """What stands in the summary in place of the last value; nothing when that stands there."""
        return sorted(self.summary - {Aggregate.NONE, Aggregate.COPY})


def metric(definition: Definition) -> Record:
    """The definition of a metric."""
    options = number(1, definition.step_sync) + number(2, definition.hidden) + number(3, True)
    kept = b"".join(number(each, True) for each in sorted(definition.summary))
    return Kind.METRIC, b"".join(
        (
            part(2 if definition.name.endswith("*") else 1, definition.name),
            text(4, definition.step_metric),
            part(6, options),
            part(7, kept) if kept else b"",
            number(8, definition.goal or 0),
            part(9, number(1, True)) if definition.overwrite else b"",
        )
    )


@frozen
class StagedEntry:
    """One file of an artifact that waits for its upload.

    Attributes:
        path: its name in the artifact.
        digest: base64 of the MD5 of its bytes.
        size: bytes.
        local_path: where it is on this machine.
    """

    path: str
    digest: str
    size: int
    local_path: str


@frozen(kw_only=True)
class Artifact:
    """A new version of an artifact.

    Attributes:
        entries: its files, sorted by path.
        digest: hex MD5 of its manifest.
        client_id: the id that references to this version name.
        sequence_id: the id that references to the latest version name.
    """

    name: str
    type: str
    description: str
    metadata: str
    aliases: tuple[str, ...]
    entries: tuple[StagedEntry, ...]
    digest: str
    client_id: str
    sequence_id: str


def artifact(made: Artifact, about: About) -> Record:
    """An artifact whose files are staged."""
    manifest = b"".join(
        (
            number(1, 1),
            part(2, "wandb-storage-policy-v1"),
            part(3, part(1, "storageLayout") + part(2, '"V2"')),
            *(part(4, _entry(each)) for each in made.entries),
        )
    )
    return Kind.ARTIFACT, b"".join(
        (
            part(1, about.id),
            text(2, about.project),
            text(3, about.entity),
            part(4, made.type),
            part(5, made.name),
            part(6, made.digest),
            text(7, made.description),
            text(8, made.metadata),
            *(part(11, alias) for alias in made.aliases),
            part(12, manifest),
            number(14, True),
            part(15, made.client_id),
            part(16, made.sequence_id),
            part(20, "MANIFEST_MD5"),
        )
    )


def _entry(entry: StagedEntry) -> bytes:
    return part(1, entry.path) + part(2, entry.digest) + number(4, entry.size) + part(6, entry.local_path)


def end(code: int, seconds: int) -> Record:
    """The last record: how the run ended."""
    return Kind.EXIT, number(1, code) + number(2, seconds)
