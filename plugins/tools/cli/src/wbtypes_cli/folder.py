"""A folder of results that is there whole, or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from . import Refusal


@contextmanager
def whole_folder(target: Path, last: str) -> Iterator[Path]:
    """A folder to write into for the time of a `with`; when that ends well, what is in it moves to `target`.

    When it does not, `target` is as it was before, whatever ended it.

    Args:
        target: where the results go: a new folder, or one that is empty.
        last: the file that is moved after all others, for those who wait for it.

    Raises:
        Refusal: `target` is a file, or is not empty.
        OSError: it cannot be written.
    """
    if target.exists() and not target.is_dir():
        raise Refusal(f"{target}: is no folder; name a new one, or one that is empty")
    if target.is_dir() and any(target.iterdir()):
        raise Refusal(
            f"{target}: is not empty; nothing is overwritten, so name a new folder, or one that is empty"
        )
    made = _make(target)
    partial = target / f".partial-{secrets.token_hex(4)}"
    moved: list[Path] = []
    try:
        partial.mkdir()
        yield partial
        for child in sorted(partial.iterdir(), key=lambda path: (path.name == last, path.name)):
            moved.append(target / child.name)
            child.rename(moved[-1])
        partial.rmdir()
    except BaseException:
        for path in (partial, *moved):
            _remove(path)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def _make(folder: Path) -> list[Path]:
    """Make a folder with those above it; the new ones, the deepest first."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return new


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
