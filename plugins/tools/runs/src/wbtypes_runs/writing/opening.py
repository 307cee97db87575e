"""The begin of a run: its folder made and locked, its log begun; or nothing left behind."""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from pathlib import Path

from attrs import evolve

from wbtypes_core.jsonio import JsonObject

from ..places import FILES, SUFFIX
from . import contents
from .contents import About
from .lock import FolderLock
from .logfile import LogFile
from .resuming import Start, go_on
from .state import OURS, State

_RUN_FOLDER = re.compile(r"(?:offline-)?run-\d{8}_\d{6}-([A-Za-z0-9_.-]{1,128})")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def begin_run(
    folder: Path, about: About, config: JsonObject, producer: str, *, resume: bool, fsync: bool
) -> tuple[FolderLock, Start, LogFile]:
    """Make the folder, lock it and begin its log, or go on with it; on failure nothing is left that was not there before.

    Args:
        folder: the run folder.
        about: what the run says of itself; with an empty id, the folder's name says it or chance.
        config: what its config begins with.
        producer: who writes.
        resume: whether a run that is there already is gone on with.
        fsync: whether each record waits for the disk.

    Raises:
        FileExistsError: the folder holds a run, or another writer is at work in it.
        OSError: the folder cannot be written.
        ValueError: the run that is there says something else of itself.
    """
    files = folder / FILES  # also where there are no media: `wandb sync` puts its own files there
    made = [each for each in (files, folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(folder)
        try:
            found = sorted(folder.glob(f"*{SUFFIX}"))
            if found and not (resume and len(found) == 1):
                raise FileExistsError(
                    f"{folder} holds a run already ({found[0].name}); pass resume=True to go on with it, or choose another folder"
                )
            files.mkdir(exist_ok=True)
            if found:
                return lock, *go_on(found[0], about, fsync=fsync)
            about = about if about.id else evolve(about, id=_new_id(folder))
            log = _new_log(folder / f"run-{about.id}{SUFFIX}", about, config, producer, fsync=fsync)
            return lock, Start(about=about, state=State(config)), log
        except BaseException:
            lock.release()
            raise
    except BaseException:
        for each in made:
            with suppress(OSError):
                each.rmdir()
        raise


def _new_id(folder: Path) -> str:
    named = _RUN_FOLDER.fullmatch(folder.name)
    return named[1] if named else "".join(secrets.choice(_LETTERS) for _ in range(8))


def _new_log(path: Path, about: About, config: JsonObject, producer: str, *, fsync: bool) -> LogFile:
    log = LogFile(path, fsync=fsync)
    try:
        log.append((contents.header(producer), contents.run(about, {OURS: {}, **config})))
    except BaseException:
        log.close()
        with suppress(OSError):
            path.unlink()
        raise
    return log
