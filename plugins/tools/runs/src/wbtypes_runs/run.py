"""Runs: the records and files of one run as history, summary, config, artifacts, and what is wrong with them."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from attrs import evolve

from wbtypes_core import Code, DecodeError, DirectoryStore, LimitError, Limits, MediaRef, Registry, StoredFile
from wbtypes_core.errors import printable
from wbtypes_core.jsonio import Json, JsonObject
from wbtypes_core.layout import artifact_url, label_key

from .decoding import Decoder, Row, Values
from .log import Log
from .origins import LogOrigin, Origin
from .places import FILES, NAME_FILES, SUFFIX, TABLES, find_log, logs_for
from .problems import CUT, DamagedLogWarning, Problem, one_line

if TYPE_CHECKING:
    from .artifacts import Artifact
    from .catalogue import LoggedArtifacts
    from .charts import Chart
    from .console import Output, Sample
    from .records import Exit, Metric, RunInfo, Use
    from .state import State

Folders: TypeAlias = (
    "Iterable[str | os.PathLike[str]] | Mapping[str, str | os.PathLike[str]] | str | os.PathLike[str]"
)
"""Folders of artifacts: one, some, or a dict of them by the ids that references name."""

_LABELS = ("mask/class_labels", "bounding_box/class_labels")
"""Where a run's config holds the labels of its masks and boxes (wire format, section 6.4)."""

_OF_PART = label_key("", "")
"""What stands between a key and the name of a part of its value, in what a codec asks notes for."""

_OURS = "_wandb"
"""The key of a config that is the client's own."""

STAGED = "artifacts"
"""The folder of a run, or of its files, that holds its artifacts where they were staged there."""


def open_run(
    x: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    artifacts: Folders = (),
    *,
    files: str | os.PathLike[str] | None = None,
    summary: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    registry: Registry | None = None,
) -> Run:
    """Open a run that a wandb client recorded; neither wandb nor a network is needed.

    The header of a log is checked at once. All else is read when it is asked for.

    Args:
        x: a run folder (``wandb/run-...``, ``wandb/offline-run-...``), a ``.wandb`` file, or a ``files`` folder. Without a
            log: a ``files`` folder alone, which has a summary and media; the history as ``.jsonl`` or ``.json`` file; or
            rows, as the public API's ``scan_history`` and ``history`` give them, the data frame of the latter included,
            of which a NaN is a gap. The API spells NaN and the infinities as strings: such a string is a float where
            rows hold no real ones, and all else under that key are numbers.
        artifacts: folders with files of artifacts: of one or of many, staged, cached or downloaded. They are matched to
            the log's artifact records by size and digest. A dict gives the folder of an artifact by its id in references.
            The run folder's own ``artifacts``, and the client's cache and staging folders, are looked into as well.
        files: the folder of the media, where it is not the one beside the log.
        summary: the summary of rows, as the API gives it: ``run.summary``, or a dict.
        config: the config of rows; the API's ``rawconfig`` has the labels of masks and boxes in it.
        limits: what reading may cost.
        registry: the codecs; by default those of all that is installed.

    Raises:
        DecodeError: ``not-a-run`` for a path that is no run, ``damaged-log`` for a log that is empty, cut or zeros,
            ``unsafe-path`` for a ``files`` folder that is a link, unless `files` names it.
        LimitError: a log larger than ``file_bytes``.
        TypeError: `x` is neither a path nor rows; or `summary` or `config` are given for a log, which has its own.
    """
    limits = limits or Limits()
    origin: Origin
    if not isinstance(x, str | os.PathLike):
        from .rowsource import rows_origin

        origin = rows_origin(x, files, summary, config, limits)
    else:
        from .rowsource import file_origin

        found = file_origin(Path(x), summary, config, limits)
        if found is None and (summary is not None or config is not None):
            raise TypeError("a log has its own summary and config; pass them for rows alone")
        origin = found or _log_origin(x, limits)
    media = origin.files if files is None else Path(files)
    return Run(origin, media, artifacts, registry)


def _log_origin(x: str | os.PathLike[str], limits: Limits) -> LogOrigin:
    log = Log(find_log(x).absolute(), limits)
    log.open().close()
    return LogOrigin(log)


def open_runs(
    folder: str | os.PathLike[str],
    artifacts: Folders = (),
    *,
    limits: Limits | None = None,
    registry: Registry | None = None,
) -> Iterator[Run]:
    """The runs in a folder and all below it, as ``wandb/``, each opened when it is asked for, in order of their paths.

    Links, as ``latest-run``, are not followed. A log that cannot be opened is told by a `DamagedLogWarning` and left out.

    Args:
        folder: where to look.
        artifacts: as in `open_run`, for all of them.
        limits: what reading one run may cost.
        registry: the codecs.

    Raises:
        DecodeError: ``not-a-run``: there is no such folder.
    """
    top = Path(folder)
    if not top.is_dir():
        what = f"{top} is no folder; pass one that holds runs, or open_run for one run"
        raise DecodeError(one_line(what), reason=Code.NOT_A_RUN)
    return _runs_below(top, _kept(artifacts), limits, registry)


def _runs_below(
    top: Path, artifacts: Folders, limits: Limits | None, registry: Registry | None
) -> Iterator[Run]:
    for place, folders, _ in os.walk(top):
        folders.sort()
        found = logs_for(Path(place)) if Path(place).name != FILES else []
        if found:
            folders[:] = [name for name in folders if name not in (FILES, STAGED)]
        for log in found:
            try:
                yield open_run(log, artifacts, limits=limits, registry=registry)
            except DecodeError as error:
                warnings.warn(f"{error}; it is left out", DamagedLogWarning, stacklevel=2)


class Run:
    """One recorded run: its records, and the files beside them.

    Safe to share between threads, and picklable; in another process the codecs are those that are installed there.
    """

    def __init__(
        self, origin: Origin, files: Path, artifacts: Folders = (), registry: Registry | None = None
    ) -> None:
        self._origin = origin
        self._artifacts = _kept(artifacts)
        self._registry = registry
        self._warned = False
        self._seen = 0
        self._lock = threading.RLock()
        self.files = RunFiles(files, self)
        """The run's files, as a source: decoded values read from it, and references to artifacts resolve through it."""
        self._decoder = Decoder(self.files, origin.limits, registry)

    @property
    def path(self) -> Path:
        """The ``.wandb`` file; of a run without one, what it was opened from."""
        return self._origin.path

    @property
    def id(self) -> str:
        """The run's id; where the log does not say it, what the file's name says; ``""`` when nothing does."""
        return self.info.id or (self.path.stem.removeprefix("run-") if self.path.suffix == SUFFIX else "")

    @property
    def project(self) -> str:
        """The project's name; ``""`` when the log does not say it."""
        return self.info.project

    @property
    def name(self) -> str:
        """The name that is shown for the run; ``""`` when the log does not say it."""
        return self.info.name

    @property
    def tags(self) -> tuple[str, ...]:
        """The user's tags."""
        return self.info.tags

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
        """The summary's values, each decoded when it is asked for; stale keys of earlier values are left out."""
        return Values(self.summary_json, evolve(self._decoder, overlaid=True))

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """The metric definitions, by name or pattern."""
        return dict(self._state.metrics)

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The artifacts that the run logged, in order; their ``missing`` says which of their files were not found."""
        return self._catalogue.artifacts

    @property
    def used(self) -> tuple[Use, ...]:
        """The artifacts that the run used as inputs, in order."""
        return tuple(self._state.used)

    @property
    def charts(self) -> Mapping[str, Chart]:
        """The custom charts by the key they were logged under: each a specification and the table it draws."""
        from .charts import charts

        return charts(self)

    def output(self) -> Iterator[Output]:
        """What the run printed, piece by piece as it came; from ``output.log`` where the records do not have it."""
        from .console import output

        return output(self._origin, self.files)

    def system(self) -> Iterator[Sample]:
        """The measurements of the machine that the client took beside the run, in order."""
        from .console import samples

        return samples(self._origin)

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

        Returns:
            An iterator; each call begins anew. It may be pickled before its first row.

        Raises:
            TypeError: `keys` is one string.
        """
        return History(self, _several(keys), start, stop)

    def follow(
        self,
        keys: Collection[str] | None = None,
        start: int | None = None,
        *,
        interval: float = 0.5,
        timeout: float | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Row]:
        """The rows of a run that is still being written, as they land: first those that are there, then the new ones.

        A record of which only a part is there is waited for. Summary, config and artifacts of this run grow along. It ends
        when the log says that the run has ended.

        Args:
            keys: as in `history`.
            start: the first step to give.
            interval: seconds between two looks at the log.
            timeout: seconds without anything new after which it ends, None for never.
            stop: ends it when it is set.

        Raises:
            TypeError: `keys` is one string, or the run has no log that could grow.
            DecodeError: ``damaged-log`` for a log that has become shorter.
        """
        from .following import follow

        return follow(self, _several(keys), start, interval, timeout, stop or threading.Event())

    def damage(self) -> list[Problem]:
        """What is wrong with the log itself: records and leaves that are lost, and an end within a record.

        Reads the log once; no value is decoded and no file opened.
        """
        from .check import damage

        return damage(self._origin)

    def check(self) -> list[Problem]:
        """Everything that is wrong: damage of the log, values that cannot be decoded, files missing or altered.

        Reads the whole run, and hashes the files that it mentions below its ``files`` folder, and those of its artifacts
        that are here. An artifact of which nothing is here is no problem. An empty list means that all is well. Tags
        that nobody here knows are plain data of the user, and no problem.
        """
        from .check import check

        if "_state" not in self.__dict__:  # what it would warn of is among the problems
            self._take(self._origin.state(_overlook))
        return [*check(self._origin, self._decoder, self.files), *self._catalogue.check()]

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def __getstate__(self) -> tuple[Origin, Path, Folders]:
        return self._origin, self.files.root, self._artifacts

    def __setstate__(self, state: tuple[Origin, Path, Folders]) -> None:
        self.__init__(*state)  # type: ignore[misc]  # what is cached is worked out again

    # -- below ------------------------------------------------------------------------------------------------

    def _rows(self, keys: frozenset[str] | None, start: int | None, stop: int | None) -> Iterator[Row]:
        losses = _Losses()
        for raw in self._origin.rows(losses.add, keys, start, stop):
            yield Row(raw, self._decoder)
        self._warn_of(losses)

    @cached_property
    def _state(self) -> State:
        losses = _Losses()
        self._seen = self._origin.size()
        state = self._origin.state(losses.add)
        self._warn_of(losses)
        return state

    @cached_property
    def _catalogue(self) -> LoggedArtifacts:
        from .catalogue import LoggedArtifacts

        state = self._state
        given = self._artifacts
        by_id = given if isinstance(given, dict) else {}
        beside = (place / STAGED for place in (self.path.parent, self.files.root))
        return LoggedArtifacts(
            state.artifacts,
            state.used,
            [
                *(given.values() if isinstance(given, dict) else given),
                *(each for each in beside if each.is_dir() and not each.is_symlink()),
            ],
            by_id,
            self._origin.limits,
            self._registry,
            self.files,
        )

    def _take(self, state: State) -> None:
        """Go on with what the run has become."""
        with self._lock:
            self._seen = self._origin.size()
            self.__dict__["_state"] = state
            for name in ("config_json", "summary_json", "summary"):
                self.__dict__.pop(name, None)
            catalogue = self.__dict__.get("_catalogue")
            if catalogue is not None and len(catalogue.artifacts) + len(catalogue.used) < state.references:
                del self.__dict__["_catalogue"]

    def _grown(self) -> bool:
        """Whether there is more than was read; if so, that is read again."""
        if self._origin.size() == self._seen:
            return False
        self._take(self._origin.state(_overlook))
        return True

    def _warn_of(self, losses: _Losses) -> None:
        if losses.first and not self._warned:
            self._warned = True
            warnings.warn(
                f"{losses.first}; {losses.count:,} such place{'s' if losses.count > 1 else ''}, see run.check()",
                DamagedLogWarning,
                stacklevel=3,
            )


class History(Iterator[Row]):
    """The rows of a run; it may travel to another process as long as no row was taken."""

    def __init__(self, run: Run, keys: frozenset[str] | None, start: int | None, stop: int | None) -> None:
        self._asked = run, keys, start, stop
        self._rows: Iterator[Row] | None = None

    def __iter__(self) -> Iterator[Row]:
        return self._begun()

    def __next__(self) -> Row:
        return next(self._begun())

    def __repr__(self) -> str:
        run, keys, start, stop = self._asked
        asked = {"keys": None if keys is None else sorted(keys), "start": start, "stop": stop}
        said = ", ".join(f"{name}={value!r}" for name, value in asked.items() if value is not None)
        return f"<history({said}) of {run!r}{', begun' if self._rows is not None else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._rows is not None:
            raise TypeError(
                "a history that has begun cannot travel; pass the run, or its path, and begin there"
            )
        return History, self._asked

    def _begun(self) -> Iterator[Row]:
        if self._rows is None:
            run, keys, start, stop = self._asked
            self._rows = run._rows(keys, start, stop)
        return self._rows


class RunFiles(DirectoryStore):
    """The files of a run as a source, which finds artifacts that its values refer to.

    Its notes are the labels of masks and boxes, and under ``"run_table"`` the list of references to the artifact forms of
    the tables that were logged under a key: clients before 0.19 do not name them in the rows.
    """

    def __init__(self, root: Path, run: Run) -> None:
        notes: dict[str, Mapping[str, Json]] = {kind: _Labels(run, kind) for kind in _LABELS}
        notes[TABLES] = _Tables(run)
        super().__init__(root, notes=notes)
        self._run = run

    def open(self, ref: MediaRef) -> BinaryIO:
        """Open a file below the root, or the one that a reference to an artifact means where it stands for a path.

        Raises:
            DecodeError: ``missing-file``, ``unsafe-path`` or ``unreachable``.
        """
        if ref.path is not None and artifact_url(ref.path) is not None:
            return StoredFile(self, MediaRef(None, ref.sha256, ref.size, ref.path)).open()
        try:
            return super().open(ref)
        except DecodeError as error:
            if error.reason is not Code.MISSING_FILE or ref.path is None or self.locate(ref):
                raise
            what = f"{printable(ref.path)} is not in {self.root}; copy it there, or {NAME_FILES}"
            raise DecodeError(what, reason=Code.MISSING_FILE) from None

    def artifact(self, url: str) -> tuple[Any, str]:  # of another kind than the bundles of a plain folder
        """The source of the artifact that holds what a reference means in the end, and the entry in it.

        Raises:
            DecodeError: ``unreachable``, saying what would help.
        """
        from .artifacts import ArtifactFiles

        source, entry = self.link(url)
        return source.settled(entry) if isinstance(source, ArtifactFiles) else (source, entry)

    def link(self, url: str) -> tuple[Any, str]:
        """The source of the artifact that a reference names, and the entry in it, which may stand for another's.

        Raises:
            DecodeError: ``unreachable``.
        """
        run = self._run
        try:
            return run._catalogue.link(url)
        except LimitError:
            raise
        except DecodeError as error:
            if run._grown():
                return run._catalogue.link(url)
            try:
                return super().artifact(url)
            except DecodeError:
                raise error from None


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


class _Tables(Mapping[str, Json]):
    """References to the artifact forms of a run's tables by key, worked out when one is asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getitem__(self, key: str) -> Json:
        if found := self._run._catalogue.tables(key.partition(_OF_PART)[0]):
            return found
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._run._catalogue.table_keys)

    def __len__(self) -> int:
        return len(self._run._catalogue.table_keys)


def _several(keys: Collection[str] | None) -> frozenset[str] | None:
    if isinstance(keys, str):
        raise TypeError(f"keys is a list of keys; pass keys=[{keys!r}] for one")
    return None if keys is None else frozenset(keys)


def _kept(folders: Folders) -> tuple[Path, ...] | dict[str, Path]:
    """The folders of the caller, as they are now."""
    if isinstance(folders, Mapping):
        return {name: Path(folder).absolute() for name, folder in folders.items()}
    several = [folders] if isinstance(folders, str | os.PathLike) else folders
    return tuple(Path(folder).absolute() for folder in several)


def _overlook(*_: Any) -> None:
    """Leaves that cannot be parsed are left out here; `Run.check` tells of them."""
