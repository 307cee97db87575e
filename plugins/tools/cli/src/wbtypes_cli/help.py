"""`wbtypes help`: every command that installed packages bring, or one of them explained."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from . import Refusal


def command(parser: ArgumentParser) -> None:
    """List the commands of all installed packages, or explain one."""
    parser.add_argument(
        "name", metavar="COMMAND", nargs="?", help="the command to explain; all are listed without"
    )
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Print the list, or the help of one command."""
    from .main import find, load, parser_of

    if args.name is not None:
        parser_of(args.name, load(find(args.name))).print_help()
        return 0
    return _list()


def _list() -> int:
    from inspect import getdoc

    from wbtypes_core.index import installed

    from .main import find, load
    from .terminal import table, tell

    rows = []
    broken = 0
    for name, (entry, *_) in sorted(installed().group("commands").items()):
        try:
            summary = (getdoc(load(find(name))) or "").partition("\n")[0]
        except Refusal as refusal:
            tell(str(refusal))
            broken = 2
            continue
        rows.append((name, f"{entry.distribution}=={entry.version}", summary))
    table(("command", "package", "what it does"), rows)
    return broken
