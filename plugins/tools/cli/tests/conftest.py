"""What the command's tests share: runs that are written here, packages that are installed for one test, and both ways to run it."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from attrs import define, frozen

from wbtypes_cli.main import main
from wbtypes_core import index, registry

TOYS = Path(__file__).parent / "toy"
TOY_TAGS = ("toy-sketch", "toy-sketches", "toy-stain", "toy-tally")


COMMAND = (sys.executable, "-m", "wbtypes_cli")


# -- runs ---------------------------------------------------------------------------------------------------------


def number(value: int) -> bytes:
    """A protobuf varint."""
    out = b""
    while value > 0x7F:
        out += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return out + bytes((value,))


def part(field: int, content: bytes | int) -> bytes:
    """A protobuf field: bytes, or a number."""
    if isinstance(content, int):
        return number(field << 3) + number(content)
    return number(field << 3 | 2) + number(len(content)) + content


def items(values: Mapping[str, Any]) -> bytes:
    """The items of a history, summary or config message; text that is given as bytes is taken for JSON."""
    return b"".join(
        part(
            1,
            part(1, key.encode())
            + part(16, value if isinstance(value, bytes) else json.dumps(value).encode()),
        )
        for key, value in values.items()
    )


def chunked(record: bytes, at: int) -> bytes:
    """A record in chunks, as it lies in a log from the byte `at` on."""
    out, kind = b"", 0
    while True:
        left = 32768 - (at + len(out)) % 32768
        if left < 7:
            out += bytes(left)
            continue
        now, record = record[: left - 7], record[left - 7 :]
        kind = (1 if not kind else 4) if not record else (2 if not kind else 3)
        out += struct.pack("<IHB", zlib.crc32(bytes((kind,)) + now), len(now), kind) + now
        if not record:
            return out


@define
class Recording:
    """A run folder in the making."""

    folder: Path
    log: bytes = struct.pack("<4sHB", b":W&B", 0xBEE1, 0)

    @property
    def path(self) -> Path:
        return self.folder / "run-abc123.wandb"

    def record(self, kind: int, content: bytes) -> None:
        self.log += chunked(part(kind, content), len(self.log))

    def save(self) -> Path:
        """Add what is new: whoever follows the log must never find it shorter."""
        with self.path.open("ab") as log:
            log.write(self.log[log.tell() :])
        return self.folder

    def file(self, path: str, data: bytes) -> dict[str, Any]:
        """A file of the run, and what its node says of it."""
        target = self.folder / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

    def row(self, step: int | None, values: Mapping[str, Any]) -> None:
        full = values if step is None else {**values, "_step": step, "_timestamp": 1700000000.5 + step}
        self.record(2, items(full))

    def change(self, kind: int, values: Mapping[str, Any]) -> None:
        """A summary (3) or config (5) record."""
        self.record(kind, items(values))

    def end(self, summary: Mapping[str, Any] | None = None) -> Path:
        self.change(3, summary or {})
        self.record(18, part(1, 0) + part(2, 12))
        return self.save()


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """A run that has begun: its id is abc123."""
    folder = tmp_path / "run-20231114_221320-abc123"
    folder.mkdir()
    made = Recording(folder)
    config = {"lr": 0.1, "_wandb": {"cli_version": "0.31.0", "mask/class_labels": LABELS}}
    made.record(17, part(1, b"abc123") + part(3, b"toys") + part(4, items(config)) + part(8, b"calm-sun-1"))
    return made


LABELS = {"sketch_wandb_delimeter_ink": {"type": "mask/class_labels", "value": {"0": "paper", "1": "ink"}}}


@pytest.fixture
def full(recording: Recording) -> Path:
    """A run with every kind of thing in it, nothing wrong with it."""
    put = recording.file
    stain = {"_type": "toy-stain", **put("media/toy/stain/s_0.png", b"stain")}
    sketch = {"_type": "toy-sketch", **put("media/toy/s_0.png", b"sketch"), "caption": "a 'cat'", "width": 7}
    pair = [{"_type": "toy-sketch", **put(f"media/toy/b_{each}.PNG", b"%d" % each)} for each in range(2)]
    tally = {"_type": "toy-tally", "counts": [1, 2, 3]}
    recording.row(0, {"loss": 1.5, "sketch": {**sketch, "stains": {"ink": stain}, "new": [None]}})
    recording.row(
        1, {"loss": float("nan"), "val": {"pair": {"_type": "toy-sketches", "sketches": pair}, "acc": 0.5}}
    )
    recording.row(
        2,
        {"tallies": [tally, tally], "text": "hé\x1b[2J", "list": [1, [2]], "own": {"_type": "mine", "a": 1}},
    )
    recording.row(5, {"loss": 0.25})
    return recording.end({"loss": 0.25, "best": tally})


# -- packages -----------------------------------------------------------------------------------------------------

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package for one test, here and in the commands that the test starts: its entry points and modules."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    before = index._installed, registry._default, set(sys.modules)

    def put(name: str, points: Mapping[str, Mapping[str, str]], modules: Mapping[str, str]) -> Path:
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8"
        )
        lines = [
            f"[wbtypes.{group}]\n" + "".join(f"{k} = {v}\n" for k, v in each.items())
            for group, each in points.items()
        ]
        (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
        for module, text in modules.items():
            (site / f"{module}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        index.installed(refresh=True)
        registry._default = None
        return site

    yield put
    index._installed, registry._default = before[:2]
    for module in set(sys.modules) - before[2]:
        if Path(getattr(sys.modules[module], "__file__", None) or "").is_relative_to(site):
            del sys.modules[module]


@pytest.fixture
def toys(install: Install) -> None:
    """The toy types, installed."""
    text = (TOYS / "wbtypes_sketch.py").read_text(encoding="utf-8")
    install("wbtypes-sketch", {"types": dict.fromkeys(TOY_TAGS, "wbtypes_sketch")}, {"wbtypes_sketch": text})


# -- the command --------------------------------------------------------------------------------------------------


@frozen
class Done:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


Command = Callable[..., Done]


@pytest.fixture
def wbtypes(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command in this process."""

    def call(*words: object) -> Done:
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Done(status, out, err)

    return call


@pytest.fixture
def program() -> Command:
    """Runs the command as users do, in a process of its own."""

    def call(*words: object, **env: str) -> Done:
        done = subprocess.run(
            [*COMMAND, *map(str, words)], capture_output=True, env={**os.environ, **env}, check=False
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


Begin = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begins the command in a process of its own, which heeds Ctrl-C and does not outlive the test."""
    with ExitStack() as begun:

        def call(*words: object) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [*COMMAND, *map(str, words)],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=None if os.name == "nt" else _heed,
            )
            begun.enter_context(process)
            begun.callback(process.kill)
            return process

        yield call


def _heed() -> None:
    """Undo what a shell does to what it runs in the background: let it ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
