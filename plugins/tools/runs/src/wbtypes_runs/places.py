"""Where the log of a run is, given what people have: a run folder, its log, or its files folder."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from wbtypes_core import Code, DecodeError, DirectoryStore, MediaRef

from .problems import one_line

SUFFIX = ".wandb"
FILES = "files"
"""The folder beside a log that holds the run's files."""

NAME_FILES = "say where the run's files are: open_run(..., files=FOLDER)"
"""What to do where the folder of files is not what it should be."""

TABLES = "run_table"
"""The type of the artifacts that clients make of logged tables, and the kind of note that tells where they are."""

_NAMED = 5
_LOOKED_AT = 1000

_WANTED = "pass a run folder (it holds run-<id>.wandb and files/) or a .wandb file"


def find_log(given: str | os.PathLike[str]) -> Path:
    """The log that a path of the caller means.

    Args:
        given: a ``.wandb`` file; a run folder, which holds one; or the ``files`` folder beside one.

    Raises:
        DecodeError: ``not-a-run``, saying what was looked for and what was found; ``unsafe-path`` for a log in a folder
            that is a link.
    """
    path = Path(given)
    try:
        if path.is_dir():
            return _in_folder(path)
        if path.exists():
            return path
    except (OSError, ValueError) as error:
        raise _no_run(path, f"cannot be read: {error}") from None
    raise _no_run(path, f"does not exist; {_WANTED}")


def logs_for(folder: Path) -> list[Path]:
    """The logs in a folder; of a ``files`` folder without one, those beside it."""
    try:
        found = _logs(folder)
        return found if found or folder.name != FILES else _logs(folder.absolute().parent)
    except OSError:
        return []


def inside(folder: Path, name: str, remedy: str = "put a copy in its place") -> Path:
    """What a folder has under a name, if that is no link: the caller vouches for what he names, and not for what is in it.

    Args:
        folder: the folder that the caller named.
        name: what is in it.
        remedy: what to do about a link, for the message.

    Raises:
        DecodeError: ``unsafe-path``.
    """
    path = folder / name
    if path.is_symlink():
        what = f"{name} in {folder} is a link, which may lead anywhere; {remedy}"
        raise DecodeError(one_line(what), reason=Code.UNSAFE_PATH)
    return path


def opened(folder: Path, name: str) -> BinaryIO:
    """A file in a folder that the caller named, opened.

    Raises:
        DecodeError: ``missing-file``, or ``unsafe-path`` for a link.
    """
    inside(folder, name)
    return DirectoryStore(folder).open(MediaRef(name))


def _in_folder(folder: Path) -> Path:
    logs = logs_for(folder)
    if len(logs) == 1:
        return logs[0]
    if logs:
        raise _no_run(folder, f"holds {len(logs)} logs: {_names(logs)}; pass the one that you mean")
    for linked in folder.glob(f"*{SUFFIX}"):
        inside(folder, linked.name, "pass the log itself, or put a copy in its place")
    found = sorted(islice(folder.iterdir(), _LOOKED_AT))
    runs = [each for each in found if each.is_dir() and not each.is_symlink() and _logs(each)]
    if runs:
        raise _no_run(folder, f"is no run, but holds {len(runs)}: {_names(runs)}; pass one of them")
    what = f"it holds {_names(found)}" if found else "it is empty"
    raise _no_run(folder, f"is no run: no *{SUFFIX} file is in it ({what}); {_WANTED}")


def _logs(folder: Path) -> list[Path]:
    return sorted(each for each in folder.glob(f"*{SUFFIX}") if each.is_file() and not each.is_symlink())


def _names(paths: list[Path]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(each.name for each in paths[:_NAMED]) + more


def _no_run(path: Path, why: str) -> DecodeError:
    return DecodeError(one_line(f"{path} {why}"), reason=Code.NOT_A_RUN)
