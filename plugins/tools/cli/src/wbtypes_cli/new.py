"""`wbtypes new`: the beginning of a type of your own."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .generate import Names

AUTHOR = "The authors of this package"


def command(parser: ArgumentParser) -> None:
    """Write a package for a type of your own, with tests that pass.

    The folder wbtypes-NAME, or DIR, gets a whole package: what the value is, how it travels, what it becomes, how it is
    found, and its schema; with tests, examples of the wire, README, licence (MIT), and a noxfile that a CI can run.
    It holds a small type that works; make it yours from there. Nothing is fetched, and nothing is overwritten.
    """
    parser.add_argument("name", metavar="NAME", help="what the type is called, as key-points")
    parser.add_argument(
        "--kind",
        choices=("file", "value"),
        default="file",
        help="file: a file beside the run and JSON that names it (the default); value: JSON alone",
    )
    parser.add_argument("--tag", help="the _type on the wire; NAME-file or NAME unless given")
    parser.add_argument("--class", dest="cls", metavar="CLASS", help="the class; KeyPoints for key-points")
    parser.add_argument(
        "--folder", metavar="DIR", type=Path, help="where to write it: a new folder, or empty"
    )
    parser.add_argument("--author", default=AUTHOR, help="who holds the copyright")
    parser.add_argument("--json", action="store_true", help="print JSON: the folder, the names, the files")
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Write one package."""
    from wbtypes_core.jsonio import dumps

    from .folder import whole_folder
    from .generate import names_of, write_package
    from .terminal import printable, warn

    names = names_of(args.name, args.kind, args.tag, args.cls, args.author)
    target = args.folder or Path(names.distribution)
    with whole_folder(target, last="pyproject.toml") as folder:
        written = write_package(names, folder)
    for clash in clashes(names):
        warn(clash)
    if args.json:
        words = {"folder": str(target), "kind": names.kind, **names.words(), "files": written}
        print(dumps(words, indent=2))
    else:
        print(printable(f"{target}: {names.cls}, written as {names.tag}, in {len(written)} files; now:"))
        print(printable(f'  cd {target} && pip install -e . "wbtypes-core[testing]" && pytest'))
    return 0


def clashes(names: Names) -> Iterator[str]:
    """What is there already by one of these names, each in a sentence that says what comes of it."""
    from importlib.metadata import PackageNotFoundError, version

    from wbtypes_core.hints import PACKAGE_OF_CLASS, PACKAGE_OF_TAG
    from wbtypes_core.index import installed

    index = installed()
    known = {*PACKAGE_OF_TAG.values(), *PACKAGE_OF_CLASS.values()}
    try:
        version(names.distribution)
        yield f"{names.distribution} is installed already: installing yours replaces it; choose another NAME"
    except PackageNotFoundError:
        if names.distribution in known:
            yield f"{names.distribution} is a package of wbtypes: the two exclude each other; choose another NAME"
    claims = {claim.distribution for claim in index.by_tag.get(names.tag, ())}
    claims |= {PACKAGE_OF_TAG[names.tag]} if names.tag in PACKAGE_OF_TAG else set()
    if others := sorted(claims - {names.distribution}):
        yield f"{' and '.join(others)} reads {names.tag} too: where both are installed neither does; choose another --tag"
    owners = {entry.distribution for entry in index.group("values").get(names.cls, ())}
    owners |= {PACKAGE_OF_CLASS[names.cls]} if names.cls in PACKAGE_OF_CLASS else set()
    if others := sorted(owners - {names.distribution}):
        yield f"{' and '.join(others)} has a {names.cls} too: `from wbtypes import {names.cls}` is unclear; choose another --class"
