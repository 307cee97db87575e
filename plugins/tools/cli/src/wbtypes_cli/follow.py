"""`wbtypes follow`: the rows of a run that is still being written, as they land."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from wbtypes_core.jsonio import dumps

from .cat import add_selection, chosen, read_keys
from .reading import opened_run

INTERVAL = 0.5


def command(parser: ArgumentParser) -> None:
    """Print the rows of a run that is still being written, as they land.

    Each is a line of JSON, as in `wbtypes cat`. First come those that are there. It ends when the run does, or by Ctrl-C.
    """
    parser.add_argument("run", metavar="RUN", help="a run folder, or the .wandb log in one")
    add_selection(parser)
    parser.add_argument(
        "--interval",
        metavar="SECONDS",
        type=float,
        default=INTERVAL,
        help=f"how often the log is looked at; {INTERVAL} by default",
    )
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=float, help="end when nothing new has come for so long"
    )
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Print one run's rows for as long as it goes on."""
    with opened_run(args.run) as found:
        rows = found.follow(
            read_keys(args.keys), args.start, interval=max(args.interval, 0.01), timeout=args.timeout
        )
        for _, json in chosen(rows, args.keys):
            print(dumps(json), flush=True)
    return 0
