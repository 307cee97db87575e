"""What a run is apart from its history: gathered in one pass over its log."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from wbtypes_core import Limits

from . import records
from .log import Kind
from .overlay import Overlay
from .records import ArtifactRecord, Exit, Metric, RunInfo, Use


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
        used: the artifacts that were used as inputs, in order.
        exit: how the run ended; None when it did not, as far as the log goes.
    """

    limits: Limits
    info: RunInfo = field(factory=RunInfo)
    config: Overlay = field(init=False)
    summary: Overlay = field(init=False)
    metrics: dict[str, Metric] = field(factory=dict)
    artifacts: list[ArtifactRecord] = field(factory=list)
    used: list[Use] = field(factory=list)
    exit: Exit | None = None
    _metric_order: list[str] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.config = Overlay(self.limits)
        self.summary = Overlay(self.limits)

    @property
    def references(self) -> int:
        """How many artifacts it names."""
        return len(self.artifacts) + len(self.used)

    def take(self, kind: int, record: bytes, begin: int, end: int) -> None:
        """Take one record in; kinds that say nothing here are passed over.

        Args:
            kind: what the record is about.
            record: its bytes.
            begin: where its content begins in them.
            end: where that ends.

        Raises:
            WireError: the record is not what its kind says.
        """
        taker = _TAKERS.get(kind)
        if taker:
            taker(self, record, begin, end)

    def _summary(self, record: bytes, begin: int, end: int) -> None:
        self.summary.apply(record, begin, end)

    def _config(self, record: bytes, begin: int, end: int) -> None:
        self.config.apply(record, begin, end)

    def _run(self, record: bytes, begin: int, end: int) -> None:
        self.info, config, summary = records.run(record, begin, end, self.info)
        self.config.apply(config, 0, len(config))
        self.summary.apply(summary, 0, len(summary))

    def _metric(self, record: bytes, begin: int, end: int) -> None:
        records.metric(record, begin, end, self.metrics, self._metric_order)

    def _artifact(self, record: bytes, begin: int, end: int) -> None:
        self.artifacts.append(records.artifact(record, begin, end))

    def _use(self, record: bytes, begin: int, end: int) -> None:
        self.used.append(records.use(record, begin, end))

    def _exit(self, record: bytes, begin: int, end: int) -> None:
        self.exit = records.exit_of(record, begin, end)


_TAKERS: dict[int, Callable[[State, bytes, int, int], None]] = {
    Kind.SUMMARY: State._summary,
    Kind.CONFIG: State._config,
    Kind.RUN: State._run,
    Kind.METRIC: State._metric,
    Kind.ARTIFACT: State._artifact,
    Kind.USE_ARTIFACT: State._use,
    Kind.EXIT: State._exit,
}
