"""The front door: which command runs, how every failure is told, and what exit status it ends with."""

from __future__ import annotations

import os
import sys

from . import Refusal, __version__

TYPE_CHECKING = False  # as checkers read it; importing typing costs as much as printing the help
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn, TextIO

    from wbtypes_core.index import Entry

MISUSE, STOPPED, UNREAD = 2, 130, 141
"""Exit statuses beside 0, and 1 for problems in the data: no run or a wrong call; Ctrl-C; nobody reads the output."""

HELP = """\
usage: wbtypes COMMAND [ARGUMENT ...]

Shows what a wandb run holds and takes it out as plain files: no account, no server, no wandb.

commands:
  show RUN               Show what a run holds: keys, types, steps, what values look like, problems.
  extract RUN --to DIR   Extract every value of a run as the file a person opens.
  check RUN...           Check runs: a damaged log, values that cannot be read, files missing or altered.
  cat RUN                Print the rows of a run as lines of JSON, as they were logged.
  follow RUN             Print the rows of a run that is still being written, as they land.
  diff RUN RUN           Compare two runs: config, summary, and the rows of equal steps; media by content.
  plugins                List the type packages that are installed, and how they are.
  new NAME               Write a package for a type of your own, with tests that pass.
  doctor                 Examine what is installed: what works, what clashes, what does not go together.
  schema TAG             Print the JSON Schema of a type, or list the types that have one.
  explain FILE|JSON|-    Explain logged JSON: what each value is, who reads it, what is odd about it.
  help [COMMAND]         List the commands of all installed packages, or explain one.

RUN is a run folder (wandb/run-..., wandb/offline-run-..., wandb/latest-run), or the .wandb log in one.

examples:
  wbtypes show wandb/latest-run
  wbtypes show wandb/latest-run --keys 'val/*' --json
  wbtypes extract wandb/latest-run --to pictures --keys val/images
  wbtypes plugins --check

exit status: 0 all is well; 1 the data has problems, one line each on stderr; 2 no run, or a wrong call; 130 Ctrl-C.
environment: NO_COLOR=1 prints without colour; WBTYPES_DEBUG=1 shows tracebacks; WBTYPES_PREFER=TAG=PACKAGE chooses
between packages that claim one type; WBTYPES_BLOCK=PACKAGE keeps one from being loaded.
"""
"""What `wbtypes --help` prints; written out, because finding the commands costs more than printing this may."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words of the command line name; the exit status.

    Args:
        words: what follows `wbtypes`; by default those this process was started with.
    """
    _open_streams()
    try:
        status = _status(sys.argv[1:] if words is None else list(words))
    except KeyboardInterrupt:
        status = STOPPED
    except BrokenPipeError:
        status = UNREAD
    for stream in (sys.stdout, sys.stderr):
        _settle(stream)
    return status


def _open_streams() -> None:
    """Make of what is printed something that can be printed everywhere; where a stream is closed, nothing."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - they stay open to the end
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # so that a terminal of few characters ends nothing


def _settle(stream: TextIO) -> None:
    """Write what a stream still holds; drop what cannot be written, or Python complains when it ends."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _status(words: list[str]) -> int:
    """Run the command, and tell of its failure; the exit status."""
    try:
        status = _obey(words)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get("WBTYPES_DEBUG"):
            raise
        from contextlib import suppress

        from .terminal import tell

        status = MISUSE
        with suppress(OSError):  # where stderr cannot be written, the status alone tells
            tell(sentence(error))
    return status


def _obey(words: list[str]) -> int:
    first = words[0] if words else "--help"
    if first in ("-h", "--help"):
        print(HELP, end="")
        return 0
    if first in ("-V", "--version"):
        print(f"wbtypes {__version__}")
        return 0
    if first.startswith("-"):
        raise Refusal(f"{first}: no such option; options go after the command, wbtypes --help shows how")
    return _run(first, words[1:])


def _run(name: str, words: list[str]) -> int:
    import warnings

    from .terminal import terminable, warn

    parser = parser_of(name, load(find(name)))
    try:
        args = parser.parse_args(words)
    except SystemExit as done:  # after --help
        return int(done.code or 0)
    with terminable(), warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: warn(str(message))
        status: int = args.run_command(args)
    return status


def find(name: str) -> Entry:
    """The one command of a name.

    Raises:
        Refusal: there is none, with the nearest name; or several.
    """
    from wbtypes_core.index import installed

    commands = installed().group("commands")
    entries = commands.get(name, ())
    if not entries:
        from difflib import get_close_matches

        near = get_close_matches(name, commands, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise Refusal(f"{name}: no such command; {hint}wbtypes help lists them all")
    if len(entries) > 1:
        names = " and ".join(f"{entry.distribution}=={entry.version}" for entry in entries)
        raise Refusal(f"{name}: {names} both have this command; uninstall one")
    return entries[0]


def load(entry: Entry) -> Callable[[ArgumentParser], None]:
    """The callable that an entry point names.

    Raises:
        Refusal: it cannot be imported.
    """
    from importlib import import_module

    module, _, path = entry.target.partition(":")
    try:
        found: Any = import_module(module)
        for step in path.split("."):
            found = getattr(found, step)
    except Exception as error:  # whatever a stranger's module raises
        if os.environ.get("WBTYPES_DEBUG"):
            raise
        package = f"{entry.distribution}=={entry.version}"
        cause = f"{type(error).__name__}: {error}"
        raise Refusal(
            f"{entry.name}: {package} does not work: {cause}; reinstall it, or tell its author"
        ) from error
    command: Callable[[ArgumentParser], None] = found
    return command


def parser_of(name: str, command: Callable[[ArgumentParser], None]) -> ArgumentParser:
    """The parser of one command, with its arguments."""
    from argparse import ArgumentParser, RawDescriptionHelpFormatter
    from inspect import getdoc

    class OneLine(ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise Refusal(f"{name}: {message}; wbtypes {name} --help shows how it is called")

    parser = OneLine(
        prog=f"wbtypes {name}",
        description=getdoc(command),
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command(parser)
    return parser


def sentence(error: Exception) -> str:
    """What an exception means to the person who waits, in one line."""
    import errno

    from wbtypes_core import WBTypesError

    if isinstance(error, Refusal | WBTypesError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        remedies = {
            errno.ENOENT: "see whether the path is right",
            errno.EACCES: "ask its owner, or choose another place",
            errno.ENOSPC: "make room, or choose another place",
            errno.ENAMETOOLONG: "choose a shorter path",
        }
        place = "" if error.filename is None else f"{error.filename}: "
        remedy = remedies.get(error.errno or 0)
        return f"{place}{error.strerror}{f'; {remedy}' if remedy else ''}"
    if isinstance(error, MemoryError):
        return "this does not fit into memory; choose less of it, by --keys where the command has that"
    return f"{type(error).__name__}: {error}; please report this with what WBTYPES_DEBUG=1 shows"
