"""The client's side as seen from here: a process under its Python, asked by name over lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Any

WORKER = Path(__file__).with_name("theirs.py")

SETTLE = 0.1
"""Seconds that whoever is next waits, for the client's service works on after the client has returned."""


class Client:
    """The worker process, with an offline run of the real client in a folder of its own.

    Attributes:
        python: the interpreter that has the client installed.
        version: the client's version.
        files: the folder that its run keeps files in.
    """

    def __init__(self, python: str, folder: Path) -> None:
        self.python = python
        self._complaints = folder / "stderr.txt"
        homes = {
            name: str(folder) for name in ("HOME", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR")
        }
        with self._complaints.open("wb") as stderr:
            self._process = subprocess.Popen(
                [python, str(WORKER), str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, **homes, "WANDB_MODE": "offline"},
                encoding="utf-8",
            )
        self.version, files = self.ask("hello")
        self.files = Path(files)

    def ask(self, *request: Any) -> Any:
        """Send one request and wait for its answer.

        Raises:
            RuntimeError: the job failed over there, or the process has ended; with what it said.
        """
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self.close()
            said = self._complaints.read_text(encoding="utf-8")
            raise RuntimeError(f"the process of the client ended\n{said}")
        found = json.loads(line)
        if "failed" in found:
            raise RuntimeError(f"the client failed\n{found['failed']}")
        return found["answer"]

    def close(self) -> None:
        """End the run, then the process."""
        self._process.communicate()


class Theirs:
    """A stopwatch over one job of the client, which runs in the client's process."""

    def __init__(self, client: Client, column: str, job: str, settings: dict[str, Any]) -> None:
        self._client = client
        self._column = column
        client.ask("open", column, job, settings)

    def seconds(self, calls: int) -> float:
        """The mean time of so many calls, taken over there."""
        seconds: float = self._client.ask("seconds", self._column, calls)
        sleep(SETTLE)
        return seconds

    def facts(self) -> Any:
        """What the last outcome says."""
        return self._client.ask("facts", self._column)
