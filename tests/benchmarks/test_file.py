"""Files: a large one copied into a run."""

from __future__ import annotations

import hashlib
import random
import shutil

from harness import Wanted
from stopwatch import Work

from wbtypes_core import DirectoryStore, encode
from wbtypes_file import File

SIZE = 100_000_000


def test_copy(bench, files):
    source = files / "weights.mp4"  # the client takes any bytes by path where the name is a video's
    source.write_bytes(random.Random(0).randbytes(SIZE))

    def fresh(way):
        """An empty folder for each turn; the one before is taken away."""

        def prepare(turn):
            shutil.rmtree(files / way, ignore_errors=True)
            folder = files / way / str(turn)
            folder.mkdir(parents=True)
            return folder

        return prepare

    def floor(folder, turn):
        digest = hashlib.sha256()
        target = folder / "copy"
        with source.open("rb") as stream, target.open("wb") as out:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
                out.write(chunk)
        return digest.hexdigest(), target

    facts = bench(
        "file of 100 MB into a run",
        ours=Work(
            lambda folder, turn: (encode(File(source), DirectoryStore(folder), step=turn).json, folder),
            fresh("ours"),
            lambda outcome: [outcome[0]["sha256"], (outcome[1] / outcome[0]["path"]).stat().st_size],
        ),
        theirs=("file", {"path": str(source)}),
        floor=Work(floor, fresh("floor"), lambda outcome: [outcome[0], outcome[1].stat().st_size]),
        wanted=Wanted(1.7, 1.2),
        remarks="floor: sha256 in the copy loop",
    )
    assert facts == [hashlib.sha256(source.read_bytes()).hexdigest(), SIZE]
