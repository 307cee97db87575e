"""The begin of a run: its folder made and locked, its log begun; or nothing left behind."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from wbtypes_core.jsonio import JsonObject

from ..places import FILES, SUFFIX
from . import contents
from .contents import About
from .lock import FolderLock
from .logfile import LogFile
from .state import OURS


def begin_run(
    folder: Path, about: About, config: JsonObject, producer: str, *, fsync: bool
) -> tuple[FolderLock, LogFile]:
    """Make the folder, lock it and begin its log; on failure nothing is left that was not there before.

    Raises:
        FileExistsError: the folder holds a run, or another writer is at work in it.
        OSError: the folder cannot be written.
    """
    files = folder / FILES  # also where there are no media: `wandb sync` puts its own files there
    made = [each for each in (files, folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(folder)
        try:
            if found := sorted(folder.glob(f"*{SUFFIX}")):
                raise FileExistsError(
                    f"{folder} holds a run already ({found[0].name}), and runs are not written on; choose another folder"
                )
            files.mkdir(exist_ok=True)
            return lock, _new_log(folder / f"run-{about.id}{SUFFIX}", about, config, producer, fsync=fsync)
        except BaseException:
            lock.release()
            raise
    except BaseException:
        for each in made:
            with suppress(OSError):
                each.rmdir()
        raise


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
