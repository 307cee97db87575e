"""`wbtypes follow`: the rows of a run that is still being written, as they land."""

from __future__ import annotations

import threading
from argparse import ArgumentParser, Namespace

from wbtypes_core.jsonio import dumps

from . import Refusal
from .cat import add_selection, chosen, read_keys, tell_faults
from .reading import opened_run

INTERVAL = 0.5


def command(parser: ArgumentParser) -> None:
    """Print the rows of a run that is still being written, as they land.

    Each is a line of JSON, as in `wbtypes cat`. First come those that are there. It ends when the run does, or by Ctrl-C.
    What is left out of a row goes to stderr, and makes the exit status 1.
    """
    parser.add_argument("run", metavar="RUN", help="a run folder, or the .wandb log in one")
    add_selection(parser)
    parser.add_argument(
        "--interval",
        metavar="SECONDS",
        type=seconds,
        default=INTERVAL,
        help=f"how often the log is looked at; {INTERVAL} by default",
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, help="end when nothing new has come for so long"
    )
    parser.set_defaults(run_command=run)


def seconds(text: str) -> float:
    """A time to wait, as the command line gives it.

    Raises:
        ValueError: it is no number of seconds that a wait may take.
    """
    number = float(text)
    if not 0 <= number <= threading.TIMEOUT_MAX:
        raise ValueError(text)
    return number


def run(args: Namespace) -> int:
    """Print one run's rows for as long as it goes on; 1 when some of one is lost."""
    lost = 0
    with opened_run(args.run) as found:
        if found.path.suffix != ".wandb":
            raise Refusal(
                f"{args.run} is no .wandb log, to which rows would be added; print it with wbtypes cat"
            )
        rows = found.follow(
            read_keys(args.keys), args.start, interval=max(args.interval, 0.01), timeout=args.timeout
        )
        for row, json in chosen(rows, args.keys):
            print(dumps(json), flush=True)
            lost += tell_faults(row)
    return 1 if lost else 0
