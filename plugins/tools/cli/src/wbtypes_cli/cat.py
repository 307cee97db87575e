"""`wbtypes cat`: the rows of a run as lines of JSON."""

from __future__ import annotations

import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from wbtypes_core.jsonio import JsonObject, dumps

from .reading import opened_run
from .terminal import tell

if TYPE_CHECKING:
    from wbtypes_runs import Row

STEP = "_step"
_PATTERN = frozenset("*?[")


def command(parser: ArgumentParser) -> None:
    """Print the rows of a run as lines of JSON, as they were logged.

    NaN and the infinities are bare tokens, as the client writes them. What is lost of the log goes to stderr, and makes the
    exit status 1; so do keys that no row has.
    """
    parser.add_argument("run", metavar="RUN", help="a run folder, the .wandb log in one, or a history file")
    add_selection(parser)
    parser.add_argument("--to", metavar="STEP", type=int, help="the last step")
    parser.set_defaults(run_command=run)


def add_selection(parser: ArgumentParser) -> None:
    """Add the arguments that choose keys and the first step."""
    parser.add_argument(
        "--keys",
        metavar="GLOB",
        nargs="+",
        action="extend",
        help="only these top-level keys, as loss or 'val/*', and the step; rows that have none of them are left out",
    )
    parser.add_argument("--from", dest="start", metavar="STEP", type=int, help="the first step")


def run(args: Namespace) -> int:
    """Print one run's rows; 1 when some are lost, or none has what was asked for."""
    printed = lost = 0
    with opened_run(args.run) as found, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        stop = None if args.to is None else args.to + 1
        rows = found.history(read_keys(args.keys), args.start, stop)
        for row, json in chosen(rows, args.keys):
            print(dumps(json))
            printed += 1
            lost += tell_faults(row)
    for each in caught:
        tell(str(each.message))
    nothing = args.keys is not None and not printed
    if nothing:
        tell(f"{args.run}: no row here has {' or '.join(args.keys)}; wbtypes show tells which keys there are")
    return 1 if lost or caught or nothing else 0


def tell_faults(row: Row) -> int:
    """Say on stderr what of a row is left out; how much."""
    faults = list(row.faults())
    for fault in faults:
        tell(str(fault))
    return len(faults)


def read_keys(patterns: list[str] | None) -> list[str] | None:
    """The keys whose JSON is worth parsing; None for all, as patterns need."""
    if patterns is None or any(_PATTERN.intersection(each) for each in patterns):
        return None
    return [*patterns, STEP]


def chosen(rows: Iterable[Row], patterns: list[str] | None) -> Iterator[tuple[Row, JsonObject]]:
    """Rows with what is wanted of their JSON; those that have nothing of it are left out."""
    for row in rows:
        if patterns is None:
            yield row, row.json
            continue
        wanted = {key for key in row.json if any(key == each or fnmatchcase(key, each) for each in patterns)}
        if wanted:
            yield row, {key: item for key, item in row.json.items() if key in wanted or key == STEP}
