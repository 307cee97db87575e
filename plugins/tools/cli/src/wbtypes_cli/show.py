"""`wbtypes show`: a run on one page."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .reading import add_run, no_such_key, problem_json, reading, tell_problems

if TYPE_CHECKING:
    from wbtypes_runs import Run

    from .survey import Column, Survey

WIDTH = 8
"""Columns that the names in the head of a page take."""


def command(parser: ArgumentParser) -> None:
    """Show what a run holds: keys, types, steps, what values look like, problems.

    The table has a line for each key: the type, how many values there are, the first and the last step, and what the
    last value looks like. Problems go to stderr, a line each, and make the exit status 1.
    """
    add_run(parser)
    parser.add_argument("--json", action="store_true", help="print JSON: run, keys and problems in one object")
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Show one run; 1 when it has problems."""
    from .survey import survey

    with reading(args) as (opened, selection):
        seen = survey(opened, selection)
        if args.keys is not None and not seen.columns and seen.known:
            raise no_such_key(args, seen.known)
        _print_json(opened, seen) if args.json else _print_page(opened, seen)
        tell_problems(seen.problems)
        return 1 if seen.problems else 0
