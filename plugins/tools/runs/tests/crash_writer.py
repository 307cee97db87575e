"""Processes that write runs and come to grief: each is one command, run by `test_writer_crash.py`."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import select
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from writer_toys import Picture, toys

from wbtypes_runs import RunWriter, open_run

MODES = ("each row", "scalars behind the pool", "each flush")


def row_at(step: int, *, media: bool) -> dict[str, Any]:
    """The row of a step: some are larger than a block of the log, all are different."""
    row: dict[str, Any] = {"loss": step / 7, "text": "x" * (step * 9973 % 70_000), "deep": {"a": {"b": step}}}
    if media and step % 3 != 2:
        row["picture"] = Picture.of(picture_at(step), slow=0.0005)
    return row


def picture_at(step: int) -> bytes:
    """The bytes of the picture of a step."""
    return step.to_bytes(4, "big") * (1 + step * 31 % 4096)


def write_until_killed(folder: Path, mode: str, report: int) -> None:
    """Write rows for ever, and tell of each that must outlive this process."""
    registry = toys()
    writer = RunWriter(folder, project="p", background=mode != MODES[0], registry=registry)
    told = 0
    for step in range(1 << 20):
        writer.log(row_at(step, media=mode != MODES[1]))
        if mode == MODES[2]:
            if step % 4:
                continue
            writer.flush()
        for done in range(told, step + 1):
            os.write(report, done.to_bytes(4, "big"))
        told = step + 1


def kill(folder: Path, times: int, seed: int) -> dict[str, Any]:
    """Fork writers, kill each at a random moment, and reopen what it leaves."""
    chance = random.Random(seed)
    promised = kept = cut = 0
    for number in range(times):
        mode = MODES[number % len(MODES)]
        run = folder / f"run-{number}"
        taken, report = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.close(taken)
                write_until_killed(run, mode, report)
            except BaseException:  # the parent sees a child that was not killed
                traceback.print_exc()
            os._exit(1)
        os.close(report)
        select.select([taken], [], [], 10)
        time.sleep(chance.random() * 0.03)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the writer ended by itself"
        with os.fdopen(taken, "rb") as stream:
            told = stream.read()
        steps = [int.from_bytes(told[at : at + 4], "big") for at in range(0, len(told), 4)]
        rows, was_cut = reopen(run, media=mode != MODES[1])
        assert steps == list(range(len(steps)))
        assert rows >= len(steps), f"{mode}: {len(steps)} rows were promised, {rows} are there"
        promised, kept, cut = promised + len(steps), kept + rows, cut + was_cut
    return {"kills": times, "promised": promised, "kept": kept, "cut": cut}


def reopen(folder: Path, *, media: bool) -> tuple[int, int]:
    """Check every row of a run that was killed: how many there are, and whether the log ends within one."""
    registry = toys()
    run = open_run(folder, registry=registry)
    problems = run.check()
    assert [each.code for each in problems] in ([], ["cut-log"]), problems
    count = 0
    for count, row in enumerate(run.history(), 1):
        expected = row_at(count - 1, media=media)
        picture = expected.pop("picture", None)
        assert row.step == count - 1
        assert {key: row.json[key] for key in expected} == expected
        if picture is not None:
            node = row.json["picture"]
            data = run.files.root.joinpath(node["path"]).read_bytes()
            assert data == picture_at(count - 1)
            assert hashlib.sha256(data).hexdigest() == node["sha256"]
    return count, len(problems)


def fill(folder: Path, background: bool) -> dict[str, Any]:
    """Let no file grow over a size, as a full disk does; then lift that and go on."""
    import resource  # which Windows lacks

    registry = toys()
    writer = RunWriter(folder, background=background, registry=registry)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    written: list[int] = []
    refused: list[str] = []
    step = 0
    while len(refused) < 5:
        try:
            written.append(writer.log({"text": "x" * 1_500, "step": step}, step=step))
        except OSError as error:
            assert error.errno == errno.EFBIG
            refused.append(str(error))
        step += 1
    before = [row.step for row in open_run(folder).history()]
    damage = [each.code for each in open_run(folder).damage()]
    media = ""
    try:
        writer.log({"picture": Picture.of(bytes(60_000)), "n": 1}, step=step)
        writer.flush()
    except Exception as error:
        media = f"{type(error).__name__}: {error}"
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    # a row that was refused can be logged again; one that lost its picture is there already
    written.append(writer.log({"text": "there is room again"}, step=step + background))
    writer.close()
    run = open_run(folder, registry=registry)
    return {
        "written": written,
        "before": before,
        "damage": damage,
        "refused": refused,
        "media": media,
        "step": step,
        "after": [row.step for row in run.history()],
        "problems": [str(each) for each in run.check()],
        "ended": run.exit is not None,
    }


def refuse(folder: Path) -> dict[str, Any]:
    """Try to write into a folder that may not be written, as a user who has no such right."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    said = []
    for target in (folder, folder / "below" / "run"):
        try:
            RunWriter(target)
        except OSError as error:
            said.append(f"{type(error).__name__}: {error}")
    return {"said": said, "left": sorted(each.name for each in folder.iterdir())}


def hold(folder: Path) -> dict[str, Any]:
    """Write into a folder until the input ends."""
    writer = RunWriter(folder)
    print(writer.id, flush=True)
    sys.stdin.read()
    return {"step": writer.log({"x": 1})}


def main(command: str, folder: str, *rest: str) -> None:
    """Run one command, and print what it found as JSON."""
    commands: dict[str, Any] = {
        "kill": lambda: kill(Path(folder), int(rest[0]), int(rest[1])),
        "fill": lambda: fill(Path(folder), rest[0] == "background"),
        "refuse": lambda: refuse(Path(folder)),
        "hold": lambda: hold(Path(folder)),
    }
    print(json.dumps(commands[command]()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
