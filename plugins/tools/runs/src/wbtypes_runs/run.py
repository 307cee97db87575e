"""Runs: the log and files of one run as history, summary, config, and what is wrong with them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbtypes_core import DirectoryStore, Limits, Registry
from wbtypes_core.jsonio import Json, JsonObject

from .decoding import Decoder, Row, Values
from .log import Kind, Log
from .places import FILES, find_log
from .problems import CUT, DamagedLogWarning, Problem

if TYPE_CHECKING:
    from .records import ArtifactRecord, Exit, Metric, RunInfo
    from .state import State

_LABELS = ("mask/class_labels", "bounding_box/class_labels")
"""Where a run's config holds the labels of its masks and boxes (wire format, section 6.4)."""

_OURS = "_wandb"
"""The key of a config that is the client's own."""


def open_run(
    x: str | os.PathLike[str],
    artifacts: Iterable[str | os.PathLike[str]] = (),
    *,
    limits: Limits | None = None,
    registry: Registry | None = None,
) -> Run:
    """Open a run that a wandb client recorded; neither wandb nor a network is needed.

    The header of the log is checked at once. All else is read when it is asked for.

    Args:
        x: a run folder (``wandb/run-...``, ``wandb/offline-run-...``), a ``.wandb`` file, or the ``files`` folder
            beside one.
        artifacts: folders of staged or downloaded artifact files; `Run.artifacts` says which artifacts they hold.
        limits: what reading may cost.
        registry: the codecs; by default those of all that is installed.

    Raises:
        DecodeError: ``not-a-run`` for a path that is no run, ``damaged-log`` for a log that is empty, cut or zeros.
        LimitError: a log larger than ``file_bytes``.
        TypeError: `x` is no path.
    """
    if not isinstance(x, str | os.PathLike):
        raise TypeError(
            f"open_run takes the path of a run folder or of a .wandb file, not {type(x).__name__}"
        )
    log = Log(find_log(x), limits or Limits())
    log.open().close()
    return Run(log, tuple(map(Path, artifacts)), registry)


class Run:
    """One recorded run: its log, and the files beside it.

    Safe to share between threads, and picklable; in another process the codecs are those that are installed there.
    """

    def __init__(self, log: Log, artifacts: tuple[Path, ...] = (), registry: Registry | None = None) -> None:
        self._log = log
        self._artifacts = artifacts
        self._warned = False
        self.files = DirectoryStore(
            log.path.parent / FILES, notes={kind: _Labels(self, kind) for kind in _LABELS}
        )
        """The run's files, as a source: decoded values read from it."""
        self._decoder = Decoder(self.files, log.limits, registry)

    @property
    def path(self) -> Path:
        """The ``.wandb`` file."""
        return self._log.path

    @property
    def id(self) -> str:
        """The run's id; where the log does not say it, what the file's name says."""
        return self.info.id or self.path.stem.removeprefix("run-")

    @property
    def project(self) -> str:
        """The project's name; ``""`` when the log does not say it."""
        return self.info.project

    @property
    def name(self) -> str:
        """The name that is shown for the run; ``""`` when the log does not say it."""
        return self.info.name

    @property
    def info(self) -> RunInfo:
        """All that the run says of itself: id, entity, project, name, group, tags, notes, start."""
        return self._state.info

    @property
    def exit(self) -> Exit | None:
        """How the run ended; None for one that was killed, or still runs."""
        return self._state.exit

    @cached_property
    def config_json(self) -> JsonObject:
        """The whole config after the last record, the client's own part under ``_wandb`` included."""
        return self._state.config.read(_overlook)

    @property
    def config(self) -> JsonObject:
        """The user's config, as JSON; a new dict at each call."""
        return {key: value for key, value in self.config_json.items() if key != _OURS}

    @cached_property
    def summary_json(self) -> JsonObject:
        """The summary as JSON, after all its changes; objects may hold stale keys of earlier values."""
        return self._state.summary.read(_overlook)

    @cached_property
    def summary(self) -> Values:
        """The summary's values, each decoded when it is asked for."""
        return Values(self.summary_json, self._decoder)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metric definitions, by name or pattern."""
        return dict(self._state.metrics)

    @cached_property
    def artifacts(self) -> tuple[ArtifactRecord, ...]:
        """The artifacts that the run logged, in order; their ``folder`` says where their files were found."""
        from .artifacts import matched

        return tuple(matched(record, self._artifacts) for record in self._state.artifacts)

    def history(
        self, keys: Collection[str] | None = None, start: int | None = None, stop: int | None = None
    ) -> Iterator[Row]:
        """The rows of the run in the order of the log, read as a stream: memory is bounded by a row.

        No value raises: one that cannot be decoded is `Opaque` with its reason, and `Row.problems` lists it. Records that
        are lost to damage are told by one `DamagedLogWarning`; `check` lists the places. A log that ends within a
        record, as that of a killed run, ends there.

        Args:
            keys: the top-level keys to read, None for all; the JSON of others is not parsed, and rows that have none
                of them are left out.
            start: the first step to give, None for the beginning.
            stop: the step to end before, None for the end.

        Raises:
            TypeError: `keys` is one string.
        """
        if isinstance(keys, str):
            raise TypeError(f"keys is a list of keys; pass keys=[{keys!r}] for one")
        return self._rows(None if keys is None else frozenset(keys), start, stop)

    def damage(self) -> list[Problem]:
        """What is wrong with the log itself: records and leaves that are lost, and an end within a record.

        Reads the log once; no value is decoded and no file opened.
        """
        from .check import damage

        return damage(self._log)

    def check(self) -> list[Problem]:
        """Everything that is wrong: damage of the log, values that cannot be decoded, files missing or altered.

        Reads the whole run, and hashes the files that it mentions below its ``files`` folder. An empty list means that
        all is well. Tags that nobody here knows are plain data of the user, and no problem.
        """
        from .check import check

        return check(self._log, self._decoder, self.files)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def __getstate__(self) -> tuple[Log, tuple[Path, ...]]:
        return self._log, self._artifacts

    def __setstate__(self, state: tuple[Log, tuple[Path, ...]]) -> None:
        self.__init__(*state)  # type: ignore[misc]  # what is cached is worked out again

    # -- below ------------------------------------------------------------------------------------------------

    def _rows(self, keys: frozenset[str] | None, start: int | None, stop: int | None) -> Iterator[Row]:
        from .rows import RowReader
        from .wire import WireError

        reader = RowReader(self._log.limits, keys, start, stop)
        losses = _Losses()
        for offset, kind, record, begin, end in self._log.records(losses.add):
            if kind != Kind.HISTORY:
                continue
            try:
                raw = reader.read(record, begin, end)
            except WireError as error:
                losses.add(self._log.unreadable(offset, error))
                continue
            if raw is not None:
                yield Row(raw, self._decoder)
        self._warn_of(losses)

    @cached_property
    def _state(self) -> State:
        from .state import State
        from .wire import WireError

        state = State(self._log.limits)
        losses = _Losses()
        for offset, kind, record, begin, end in self._log.records(losses.add):
            if kind != Kind.HISTORY:
                try:
                    state.take(kind, record, begin, end)
                except WireError as error:
                    losses.add(self._log.unreadable(offset, error))
        self._warn_of(losses)
        return state

    def _warn_of(self, losses: _Losses) -> None:
        if losses.first and not self._warned:
            self._warned = True
            warnings.warn(
                f"{losses.first}; {losses.count:,} such place{'s' if losses.count > 1 else ''}, see run.check()",
                DamagedLogWarning,
                stacklevel=3,
            )


class _Losses:
    """What was lost to damage while a log was read; a cut end is none."""

    def __init__(self) -> None:
        self.first: Problem | None = None
        self.count = 0

    def add(self, problem: Problem) -> None:
        if problem.code != CUT:
            self.first = self.first or problem
            self.count += 1


class _Labels(Mapping[str, Json]):
    """The labels of a run's masks or boxes by key, read from its config when the first is asked for."""

    def __init__(self, run: Run, kind: str) -> None:
        self._run = run
        self._kind = kind

    def _all(self) -> JsonObject:
        ours = self._run.config_json.get(_OURS)
        labels = ours.get(self._kind) if isinstance(ours, dict) else None
        return labels if isinstance(labels, dict) else {}

    def __getitem__(self, key: str) -> Json:
        label: Json = self._all()[key]
        return label

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _overlook(*_: Any) -> None:
    """Leaves that cannot be parsed are left out here; `Run.check` tells of them."""
