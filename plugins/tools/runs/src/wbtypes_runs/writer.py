"""Writing a run: values in, a run folder out that the wandb client itself reads."""

from __future__ import annotations

import atexit
import os
import re
import sys
import time
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

from wbtypes_core import EncodeError, Limits, LocalFile, Registry, decode
from wbtypes_core.jsonio import Json, JsonObject, dumps, same
from wbtypes_core.layout import ArtifactAddress, FixedNaming
from wbtypes_core.plain import copied, json_copy

from .log import Log
from .records import Metric
from .writing import contents
from .writing.contents import About, Aggregate, Definition, Goal
from .writing.line import Line, Ready, Turn
from .writing.opening import begin_run
from .writing.resuming import rows_of
from .writing.rows import Rows
from .writing.staging import Given, RunFiles, Staging, check_artifact, given_files
from .writing.telling import LostValueWarning, unwritten
from .writing.turns import Configured, Defined, Removal
from .writing.values import Writer
from .writing.views import Config, Summary, as_config

WAITING = 100_000
"""How many rows and settings may wait to be written."""

_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")


class RunWriter:
    """A run in the making: what is logged is in its folder, as a client would have written it.

    **What a killed process leaves.** Rows reach the log in their order, each in one write of the operating system, so what
    is there is always all rows up to some point, with their files.

    * With ``background=False`` every row is in the log when the `log` returns that commits it.
    * With ``background=True``, the default, that holds for rows that no media is pending before. Media, tables among
      them, are encoded by a few threads, as they were when they were logged, and their row, and those after it, are
      written as soon as they are done. When `flush` returns, all is in the log. At most 16 rows with media wait; beyond
      that `log` waits for room.

    What the log holds outlives the process; it outlives a crash of the machine too with ``fsync=True``.

    **What goes wrong.** A value that cannot be encoded is left out of its row, and nothing else is. Where that is found
    at once, `log` raises `EncodeError` with the step and key once the row is written without the value; where it is
    found in the background, the next `log` warns (`LostValueWarning`), `flush` and `close` raise, and `lost` lists all.
    `OSError` from `log`, as of a full disk, means that the row was **not** taken: log it again once there is room. The log
    stays whole, and rows that were taken before are written first.

    **Steps** grow: each row has a step of its own, after that of the row before, and one more when none is given. (A second
    row of a step would come to other steps than yours once a client uploads it.) The values of a step may come by several
    calls: what ``log(..., commit=False)`` takes is gathered in memory, until a `log` without that writes the row.

    Safe to share between threads. A forked child cannot use it; the parent goes on.

    Args:
        folder: the run folder, which will hold ``run-<id>.wandb``, ``files/`` and ``artifacts/``; it is made if need be,
            and must hold no run yet, unless `resume` is set. `open_run` takes it, and ``wandb sync`` does; a name like
            those of the client, ``offline-run-20260131_101500-<id>``, spares it the option ``--no-skip-online``.
        project: the project's name.
        name: the name to show for the run.
        config: JSON by key, to begin with.
        id: the run's id; by default what the folder's name says (after the last ``-`` of such a name), else a random one.
        resume: whether a run that a RunWriter left in the folder, closed or killed, is gone on with; one begins where there
            is none. Its rows stay, and steps, versions of artifacts and what metrics keep go on from there. `config` is laid
            over that of the run; what else is given of the run must be as it is.
        entity: the user or team.
        group: the group of runs that it belongs to.
        job_type: the kind of job.
        notes: notes to show.
        tags: tags to show.
        background: whether media are encoded in the background.
        fsync: whether each row and file waits for the disk.
        exact: whether what wandb's shapes lose is written beside them, under ``_wbtypes``.
        registry: the codecs; by default of all that is installed.

    Attributes:
        folder: the run folder.
        id: the run's id.
        config: the config; assigning writes.
        summary: the summary; assigning writes.

    Raises:
        FileExistsError: the folder holds a run, or another writer is at work in it.
        OSError: the folder cannot be written; nothing is left behind.
        TypeError: a config that is not JSON.
        ValueError: an id with characters that run ids do not have; or the run that is resumed is another.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        project: str = "",
        name: str = "",
        config: Mapping[str, Any] | None = None,
        id: str | None = None,
        resume: bool = False,
        entity: str = "",
        group: str = "",
        job_type: str = "",
        notes: str = "",
        tags: Collection[str] = (),
        background: bool = True,
        fsync: bool = False,
        exact: bool = True,
        registry: Registry | None = None,
    ) -> None:
        self.folder = Path(folder).absolute()
        self._registry = registry
        self._process = os.getpid()
        self._closed = False
        self._closing = RLock()  # who closes at the same time waits
        about = About(
            id=_checked_id(id),
            entity=entity,
            project=project,
            name=name,
            group=group,
            job_type=job_type,
            notes=notes,
            tags=_texts(tags, "tags"),
            started=time.time_ns(),
        )
        begin = as_config(config or {})
        self._lock, start, self._log = begin_run(
            self.folder, about, begin, _producer(), resume=resume, fsync=fsync
        )
        self.id = start.about.id
        self._staging = Staging(self.folder, self.id, start.sequences, fsync=fsync)
        self._files = RunFiles(self.folder, self._staging, fsync=fsync)
        self._about = start.about
        self._line = Line(self._log, start.state, WAITING)
        self._rows = Rows(
            self._line,
            Writer(start.about, self._files, exact, registry),
            start.step,
            start.runtime,
            background=background,
            registry=registry,
            check=self._check,
        )
        self.config = Config(start.state.config, self._configure)
        self.summary = Summary(self._summary, self._decoded, self._summarise, self._forget)
        _writers.add(self)
        if not same({**self.config, **begin}, dict(self.config)):
            self.config.update(begin)

    @property
    def path(self) -> Path:
        """The ``.wandb`` file."""
        return self._log.path

    @property
    def name(self) -> str:
        """The name that is shown for the run; ``""`` when it was given none."""
        return self._about.name

    @property
    def project(self) -> str:
        """The project's name; ``""`` when it was given none."""
        return self._about.project

    @property
    def step(self) -> int:
        """The step of the last row; -1 before the first."""
        return self._rows.last

    @property
    def lost(self) -> tuple[EncodeError, ...]:
        """What went wrong with the values that rows are without, each with its step and key."""
        return tuple(self._rows.lost)

    def log(self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> int:
        """Add a row to the history, or values to the row that comes next.

        Args:
            data: values by key: numbers, text, lists and dicts, media such as `Image`, and what plugins adopt (arrays,
                figures). What is done to them afterwards changes nothing. ``_timestamp`` and ``_runtime`` (seconds) are
                added unless they are there; ``_step``, where it is there, is the row's step.
            step: the row's step, after that of the row before; by default one more, or that of what is gathered.
            commit: whether the row is written. With False its values are gathered, and nothing is on disk yet: the next
                `log` of the same step, or without one, adds to them, as does one more with False. Dicts are merged, and
                all else is replaced. A `log` of a later step, `flush` and `close` write what was gathered first.

        Returns:
            The row's step.

        Raises:
            TypeError: what is no mapping, a key that is no text, a step that is no whole number.
            ValueError: a step that is before the last, or whose row is written; or the key ``_wandb``.
            EncodeError: a value that cannot be written, with its step and key; the row was written without it.
            OSError: the row cannot be written, as on a full disk; nothing of it was, and what was gathered still is.
            RuntimeError: the writer is closed, or belongs to another process.
        """
        self._check()
        if not isinstance(data, Mapping):
            raise TypeError(f"log takes a dict of values by key, not {type(data).__name__}")
        self._rows.warn()
        return self._rows.log(data, step, commit=commit is None or commit)

    def define_metric(
        self,
        name: str,
        step_metric: str | Metric | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        overwrite: bool | None = None,
        *,
        goal: str | None = None,
    ) -> Metric:
        """Say how a metric is drawn, and what the summary keeps of it.

        What the summary keeps is of all rows. Defined after some were logged, they are read again; so define first.

        Args:
            name: the metric, with dots between the keys of nested dicts; or the begin of names and a ``*``. Of several
                definitions that fit, the exact name goes first, then the pattern that was defined first.
            step_metric: the metric on the horizontal axis, by its name or as it was defined.
            step_sync: whether rows that lack the step metric are given its last value; by default yes if there is one.
            hidden: whether automatic charts leave it out.
            summary: what the summary keeps in place of the last value, with commas between: ``min``, ``max`` and
                ``mean`` of its numbers but NaN, ``best`` by the `goal`, ``first``, ``last``; or ``none`` for nothing; or
                ``copy`` for the last value as it is, as without any.
            overwrite: whether what was defined before is forgotten, or added to.
            goal: what is best: ``minimize``, the default, or ``maximize``. (Clients since 0.29 have no ``best`` any more;
                those since 0.19 note it in the log, and keep the last value in the summary.)

        Returns:
            What this call defines.

        Raises:
            ValueError: an empty name, a ``*`` that is not at its end, or another word in `summary` or `goal`.
            OSError: the log cannot be written; nothing was defined.
        """
        self._check()
        if isinstance(step_metric, Metric):
            step_metric = step_metric.name or step_metric.glob
        texts = {"name": name, "step_metric": step_metric, "summary": summary, "goal": goal}
        for what, value in texts.items():
            if not isinstance(value or "", str):
                raise TypeError(f"{what} of define_metric is text, not {type(value).__name__}")
        if not name or "*" in name[:-1]:
            raise ValueError(f"define_metric takes a name, or the begin of names and a *, not {name!r}")
        name.encode()
        definition = Definition(
            name=name,
            step_metric=step_metric or "",
            step_sync=bool(step_metric) if step_sync is None else step_sync,
            hidden=bool(hidden),
            summary=Aggregate.named(summary or ""),
            goal=Goal.named(goal or ""),
            overwrite=bool(overwrite),
        )
        self._put(Defined(definition, self._logged), f"the metric {name!r}")
        return definition.shown

    def log_artifact(
        self,
        files: Given,
        name: str,
        type: str,
        *,
        description: str = "",
        metadata: Mapping[str, Any] | None = None,
        aliases: Collection[str] = (),
    ) -> ArtifactAddress:
        """Add a new version of an artifact, with copies of its files.

        Args:
            files: a folder, all of it, with no links to folders in it; one file; several files, each under its own
                name; or files by the name that they shall have.
            name: the artifact's name: letters, digits, ``-``, ``_`` and ``.``.
            type: its type, as ``"dataset"`` or ``"model"``.
            description: what to say of it.
            metadata: JSON by key.
            aliases: names of this version; ``latest`` is one already.

        Returns:
            How references name it.

        Raises:
            ValueError: a name or type that servers refuse, two files of one name, or no file.
            OSError: a file cannot be read or copied; nothing was added.
        """
        self._check()
        check_artifact(name, type)
        given = given_files(files)
        about = dumps(json_copy(metadata, "metadata")) if metadata else ""
        staged = self._staging.stage(name, type)
        try:
            for entry, path in given.items():
                staged.store.put(LocalFile(path), "", FixedNaming(entry))
            made = staged.finished(
                description=description, metadata=about, aliases=_texts(aliases, "aliases")
            )
            self._put(Ready((contents.artifact(made, self._about),)), f"the artifact {name}")
        except BaseException:
            staged.discard()
            raise
        return staged.address

    def flush(self) -> None:
        """Wait until all that was logged is in the log.

        Raises:
            EncodeError: values were lost in the background since the last time; all else is in the log.
            OSError: it cannot be written, as on a full disk; flush again once there is room.
        """
        self._check()
        self._rows.commit()
        self._finish()
        self._rows.tell()

    def close(self, exit_code: int = 0) -> None:
        """Wait until all is in the log, write how the run ended, and let go of the folder. A second call does nothing.

        A writer that nobody closed is closed when Python ends.

        Args:
            exit_code: what the process says of itself; 0 means that the run ended well.

        Raises:
            EncodeError: values were lost in the background since the last time; the run is closed.
            OSError: what was left could not be written; the run is closed, and lacks it.
        """
        if os.getpid() != self._process:
            return
        with self._closing:
            if self._closed:
                return
            try:
                with self._line.lock:
                    try:
                        self._rows.commit()
                    finally:
                        self._closed = True  # and nobody takes a turn any more
                self._finish()
                seconds = int(self._rows.runtime)
                last = (contents.summary([contents.runtime(seconds)]), contents.end(exit_code, seconds))
                self._line.put(Ready(last), "the end of the run")
            finally:
                self._rows.end()
                self._log.close()
                self._lock.release()
                _writers.discard(self)
        self._rows.tell()

    def finish(self, exit_code: int = 0) -> None:
        """`close`, by the name that it has in wandb."""
        self.close(exit_code)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        try:
            self.close(exit_code=1)
        except (EncodeError, OSError) as more:  # what ended the run goes first
            error.add_note(str(more))

    def __repr__(self) -> str:
        return f"RunWriter({str(self.folder)!r})"

    # -- summary, config and all else ----------------------------------------------------------------------------

    def _summarise(self, values: Mapping[str, Any]) -> None:
        self._check()
        self._rows.summarise(values)

    def _logged(self) -> Iterator[JsonObject]:
        return rows_of(Log(self.path, Limits()))

    def _summary(self) -> JsonObject:
        if not self._closed:
            self._check()
            self._finish()
        return self._line.state.summary

    def _decoded(self, key: str, json: Json) -> Any:
        return decode({key: copied(json)}, self._files, registry=self._registry)[key]

    def _forget(self, keys: tuple[str, ...]) -> None:
        self._check()
        self._put(Removal(keys), "the summary")

    def _configure(self, values: JsonObject) -> None:
        self._check()
        self._put(Configured(values), "the config")

    def _put(self, turn: Turn, what: str) -> None:
        self._line.put(turn, what, self._check)

    def _finish(self) -> None:
        try:
            self._line.finish()
        except OSError as error:
            what = f"the last {len(self._line):,} rows and settings"
            raise unwritten(error, what, "free some space and flush again") from error

    def _check(self) -> None:
        if self._closed:
            raise RuntimeError(
                f"the writer of {self.folder} is closed; what it wrote can be read by open_run"
            )
        if os.getpid() != self._process:
            raise RuntimeError(
                f"the writer of {self.folder} belongs to the process that made it; "
                f"make another one here, with a folder of its own"
            )


_writers: set[RunWriter] = set()
"""Those that are open."""


@atexit.register
def _close_at_exit() -> None:
    """Close the writers that nobody closed, as at the end of a script."""
    failed = getattr(sys, "last_value", None) is not None
    for writer in tuple(_writers):
        try:
            writer.close(exit_code=int(failed))
        except (EncodeError, OSError) as error:
            warnings.warn(str(error), LostValueWarning, stacklevel=1)


def _leave_to_the_parent() -> None:
    """In a forked child: let go of the files, so that the parent's death frees the folder."""
    for writer in _writers:
        writer._log.close()
        writer._lock.leave()
    _writers.clear()


if hasattr(os, "register_at_fork"):  # there is no fork on Windows
    os.register_at_fork(after_in_child=_leave_to_the_parent)


def _producer() -> str:
    from . import __version__

    return f"{contents.PRODUCT} {__version__}"


def _checked_id(given: str | None) -> str:
    if given is not None and not _ID.fullmatch(given):
        raise ValueError(
            f"a run's id has letters, digits, '-', '_' and '.', 128 at most, and is not {given!r}"
        )
    return given or ""


def _texts(given: Collection[str], what: str) -> tuple[str, ...]:
    if isinstance(given, str) or not all(isinstance(each, str) for each in given):
        raise TypeError(f"{what} is a list of texts")
    return tuple(given)
