"""The command `wbtypes`: shows what a run holds and takes it out as plain files; other packages may add commands.

A command is a callable that an entry point of group ``wbtypes.commands`` names; the entry point's name is the word
that users type. It is called with a fresh `argparse.ArgumentParser`, adds its arguments, and says what runs::

    def command(parser: argparse.ArgumentParser) -> None:
        \"\"\"Write a run as Parquet.\"\"\"
        parser.add_argument("run", metavar="RUN")
        parser.set_defaults(run_command=export)

    def export(args: argparse.Namespace) -> int:
        \"\"\"The exit status: 0 all is well, 1 problems in the data.\"\"\"

The first line of the docstring is what ``wbtypes help`` shows, the rest the text of the command's own help. Only the
command that was asked for runs; ``wbtypes help`` imports the modules of all, so keep heavy imports inside functions.
An exception becomes one line on stderr and exit status 2; raise `Refusal` to word that line yourself.
"""

__version__ = "1.0.0"


class Refusal(Exception):
    """The reason why a command cannot do its work, in one line: where, what, what to do. Exit status 2."""


__all__ = ["Refusal", "__version__"]
