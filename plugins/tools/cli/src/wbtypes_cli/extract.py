"""`wbtypes extract`: a run's values as the files a person opens."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def command(parser: ArgumentParser) -> None:
    """Extract every value of a run as the file a person opens.

    DIR gets a folder for each key, with files named by key, step and place in a batch; masks, boxes and the like have
    files of their own beside. Three files tell the rest: metadata.jsonl has a row for each value with its key, step,
    type, file, caption, labels, boxes and source; history.jsonl has the numbers and texts of each step; run.json has
    the run with its config and summary. They are JSON as Python reads it: such numbers are NaN and Infinity.

    DIR is a new folder, or an empty one. It is written whole, or not at all. What could not be extracted is told on
    stderr, a line for each cause, and makes the exit status 1.
    """
    from .reading import add_run

    add_run(parser)
    parser.add_argument(
        "--to", metavar="DIR", required=True, type=Path, help="the folder to write: new, or empty"
    )
    parser.add_argument("--json", action="store_true", help="print JSON: an object of counts and problems")
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Extract one run; 1 when some of it could not be."""
    from wbtypes_core.jsonio import dumps

    from .extraction import METADATA, Extraction
    from .folder import whole_folder
    from .reading import grouped, problem_json, reading, tell_problems
    from .terminal import printable

    with reading(args) as opened, whole_folder(args.to, last=METADATA) as folder:
        extraction = Extraction(folder, opened)
        extraction.write()
    problems = grouped(extraction.problems)
    report = {
        "to": str(args.to),
        **extraction.counts(),
        "problems": [problem_json(each) for each in problems],
    }
    print(dumps(report, indent=2) if args.json else printable(_sentence(report)))
    tell_problems(problems)
    return 1 if problems else 0


def _sentence(report: Mapping[str, Any]) -> str:
    from wbtypes_core.values import spell_count, spell_size

    values, files = spell_count(report["values"], "value"), spell_count(report["files"], "file")
    rows = spell_count(report["rows"], "row")
    return f"{report['to']}: {values} in {files} of {spell_size(report['size'])}, and {rows} of plain data"
