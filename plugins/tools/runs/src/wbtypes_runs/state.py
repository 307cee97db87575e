"""What a run is apart from its history: gathered in one pass over its log."""

from __future__ import annotations

from attrs import define, field

from wbtypes_core import DecodeError, Limits
from wbtypes_core.jsonio import JsonObject

from . import records
from .overlay import Overlay
from .problems import Findings, Problem, cause_of
from .records import ArtifactRecord, Exit, Kind, Metric, Path, RunInfo


@define
class State:
    """What the records of a log, other than its history, add up to.

    Attributes:
        limits: what reading may cost.
        info: what the run says of itself.
        config: the run's config.
        summary: the run's summary.
        metrics: the metric definitions by name or pattern.
        artifacts: the artifacts that were logged, in order.
        exit: how the run ended; None when it did not, as far as the log goes.
    """

    limits: Limits
    info: RunInfo = field(factory=RunInfo)
    config: Overlay = field(init=False)
    summary: Overlay = field(init=False)
    metrics: dict[str, Metric] = field(factory=dict)
    artifacts: list[ArtifactRecord] = field(factory=list)
    exit: Exit | None = None

    def __attrs_post_init__(self) -> None:
        self.config = Overlay(self.limits)
        self.summary = Overlay(self.limits)

    def take(self, kind: int, record: bytes, at: int, end: int) -> None:
        """Take one record in; kinds that say nothing here are passed over.

        Raises:
            WireError: the record is not what its kind says.
        """
        if kind == Kind.SUMMARY:
            self.summary.apply(records.changes(record, at, end))
        elif kind == Kind.CONFIG:
            self.config.apply(records.changes(record, at, end))
        elif kind == Kind.RUN:
            self.info, config, summary = records.run(record, at, end, self.info)
            self.config.apply(config)
            self.summary.apply(summary)
        elif kind == Kind.METRIC:
            records.metric(record, at, end, self.metrics)
        elif kind == Kind.ARTIFACT:
            self.artifacts.append(records.artifact(record, at, end))
        elif kind == Kind.EXIT:
            self.exit = records.exit_of(record, at, end)
