"""The lock of a run folder: one writer at a time, let go by the operating system when its process dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

NAME = ".wbtypes-writer.lock"

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        # flock and not POSIX locks: those do not keep out a second writer of this very process, and closing any
        # other handle of the file lets go of them. On NFS, Linux makes a lock of the server of it.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """The right to write into a folder, until `release` or the end of the process.

    Args:
        folder: the folder; it must exist.

    Raises:
        FileExistsError: another writer has it.
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        while True:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                _take(self._handle)
            except OSError as error:
                os.close(self._handle)
                if isinstance(error, BlockingIOError | PermissionError):
                    raise FileExistsError(
                        f"{folder} is being written by another RunWriter; close that, or choose another folder"
                    ) from None
                raise
            if self._is_there():
                return
            os.close(self._handle)  # its last owner took the file away after we had opened it

    def release(self) -> None:
        """Let others write."""
        if sys.platform != "win32":  # no open file can be removed there
            with suppress(OSError):
                self._path.unlink()
        os.close(self._handle)
        if sys.platform == "win32":
            with suppress(OSError):
                self._path.unlink()

    def leave(self) -> None:
        """Let go of the handle in a forked child; the parent keeps the lock."""
        os.close(self._handle)

    def _is_there(self) -> bool:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(found, os.fstat(self._handle))
