"""What `show` and `extract` share: the arguments that name a run, and the problems met while reading it."""

from __future__ import annotations

import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import Refusal
from .leaves import Selection, spelled
from .terminal import tell

if TYPE_CHECKING:
    from wbtypes_runs import Problem, Run

SHOWN = 20
"""Problems that are told one by one; all of them are in what `--json` prints."""


def add_run(parser: ArgumentParser) -> None:
    """Add the arguments that say what is read."""
    parser.add_argument("run", metavar="RUN", help="a run folder, a .wandb log, or a history of API rows")
    parser.add_argument(
        "--keys",
        metavar="GLOB",
        nargs="+",
        action="extend",
        help="only these keys, and what lies below them; nested keys are joined by dots (quote globs: 'val/*')",
    )
    parser.add_argument(
        "--artifacts",
        metavar="DIR",
        nargs="+",
        action="extend",
        default=[],
        help="folders with the files of artifacts that the run logged",
    )


@contextmanager
def reading(args: Namespace) -> Iterator[tuple[Run, Selection]]:
    """The run that the arguments name, for the time of a `with`, and which of its keys are wanted."""
    from wbtypes_runs import open_run

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # everything they tell of is among the problems too
        run = open_run(args.run, artifacts=args.artifacts)
        yield run, Selection(None if args.keys is None else tuple(args.keys))


def no_such_key(args: Namespace, known: list[str]) -> Refusal:
    """The refusal for `--keys` that match nothing in the run."""
    from difflib import get_close_matches

    asked = " ".join(args.keys)
    near = get_close_matches(args.keys[0], known, 3) or known[:3]
    hint = f"there are {', '.join(near)}" if near else "it has none"
    return Refusal(f"{args.run}: --keys {asked} matches no key of the run; {hint}")


def tell_problems(problems: list[Problem]) -> None:
    """Say each problem in a line on stderr; of very many the first ones, and how many there are."""
    for problem in problems[:SHOWN]:
        tell(str(problem))
    if len(problems) > SHOWN:
        tell(f"{len(problems) - SHOWN:,} more problems; --json lists them all")


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem for tools."""
    return {
        "where": problem.where,
        "what": problem.what,
        "remedy": problem.remedy,
        "code": problem.code,
        "step": problem.step,
        "offset": problem.offset,
    }


__all__ = ["add_run", "no_such_key", "problem_json", "reading", "spelled", "tell_problems"]
