"""`wbtypes check`: every problem of a run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from itertools import chain
from typing import TYPE_CHECKING, Any

from wbtypes_core import DecodeError
from wbtypes_core.jsonio import dumps
from wbtypes_core.values import spell_count

from .main import MISUSE, sentence
from .reading import add_artifacts, opened_run, problem_json
from .terminal import printable, progress, tell

if TYPE_CHECKING:
    from wbtypes_runs import Problem, Run


def command(parser: ArgumentParser) -> None:
    """Check runs: a damaged log, values that cannot be read, files missing or altered.

    Reads everything and hashes every file that a run mentions, and those of its artifacts that are here. Each problem is a
    line on stderr, and makes the exit status 1. One of several that cannot be opened makes it 2; the others are checked.
    """
    parser.add_argument("runs", metavar="RUN", nargs="+", help="a run folder, or the .wandb log in one")
    add_artifacts(parser)
    parser.add_argument(
        "--schema",
        action="store_true",
        help="hold every value against the JSON Schema of its type, too; needs wbtypes-cli[schema]",
    )
    parser.add_argument("--json", action="store_true", help="print JSON: a list of runs with their problems")
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Check the runs; 1 when one of them has problems, 2 when one cannot be opened."""
    pages: list[dict[str, Any]] = []
    status = 0
    for place in args.runs:
        try:
            with opened_run(place, args.artifacts) as found, progress(f"checking {place}"):
                problems = found.check() + (_violations(found) if args.schema else [])
        except (DecodeError, OSError) as error:
            if len(args.runs) == 1:
                raise
            tell(sentence(error))
            pages.append({"run": place, "problems": [], "error": sentence(error)})
            status = MISUSE
            continue
        status = max(status, 1 if problems else 0)
        listed = [problem_json(problem) for problem in problems]
        pages.append({"run": place, "problems": listed, "error": None})
        for problem in problems:
            tell(f"{place}: {problem}" if len(args.runs) > 1 else str(problem))
        if not args.json:
            state = spell_count(len(problems), "problem") if problems else "sound"
            print(printable(f"{place}: {state}"))
    if args.json:
        print(dumps(pages, indent=2))
    return status


def _violations(found: Run) -> list[Problem]:
    """What in the rows and the summary does not hold to the schemas of its types; each kind is told once."""
    from wbtypes_core import Code, default_registry
    from wbtypes_core.errors import spell
    from wbtypes_runs import Problem

    from .reading import SUMMARY
    from .schemas import Schemas

    schemas = Schemas(default_registry())
    rows = ((row.place(), row.step, row.json) for row in found.history())
    seen: dict[tuple[str, str], Problem] = {}
    for place, step, node in chain(rows, [(SUMMARY, None, found.summary_json)]):
        for each in schemas.violations(node):
            what = f"{each.message} (schema of {each.tag})"
            at = f"{place}, {spell(each.path)}"
            seen.setdefault((each.tag, each.message), Problem(at, what, "", Code.BAD_VALUE, step=step))
    return list(seen.values())
