"""`wbtypes schema`: what a type looks like on the wire."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import Refusal

if TYPE_CHECKING:
    from .schemas import Schemas


def command(parser: ArgumentParser) -> None:
    """Print the JSON Schema of a type, or list the types that have one.

    The schema is of draft 2020-12, as the package of the type ships it. It describes today's shape; older ones are
    brought into it when they are read.
    """
    parser.add_argument("tag", metavar="TAG", nargs="?", help="the _type on the wire, as image-file")
    parser.add_argument("--list", action="store_true", help="list every type with its schema's title")
    parser.add_argument("--json", action="store_true", help="print the list as JSON; a schema is JSON anyway")
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Print one schema, or the list."""
    from wbtypes_core import default_registry
    from wbtypes_core.jsonio import dumps

    from .schemas import Schemas
    from .terminal import table

    schemas = Schemas(default_registry())
    if args.tag is not None and not args.list:
        print(dumps(_schema(schemas, args.tag), indent=2))
        return 0
    if args.tag is None and not args.list:
        raise Refusal("schema: name a TAG, or say --list; wbtypes schema --help shows how it is called")
    rows = list(_rows(schemas))
    if args.json:
        print(
            dumps([dict(zip(("tag", "package", "id", "title"), row, strict=True)) for row in rows], indent=2)
        )
    else:
        table(("type", "package", "schema", "title"), rows)
    return 0


def _schema(schemas: Schemas, tag: str) -> object:
    from difflib import get_close_matches

    found = schemas.schema(tag)
    if found is not None:
        return found
    reason = schemas.registry.why(tag)
    if reason is None:
        raise Refusal(f"{tag}: the package of this type ships no schema")
    tags = [name for state in schemas.registry.providers() for name in state.provider.tags]
    near = get_close_matches(tag, tags, 1)
    raise Refusal(f"{tag}: {reason}{f'; did you mean {near[0]}?' if near else ''}")


def _rows(schemas: Schemas) -> Iterator[tuple[str, str, str, str]]:
    pairs = {
        (tag, str(state.provider)) for state in schemas.registry.providers() for tag in state.provider.tags
    }
    for tag, package in sorted(pairs):
        found = schemas.schema(tag)
        said = (found.get("$id"), found.get("title")) if found else ("-", schemas.registry.why(tag))
        yield tag, package, str(said[0]), str(said[1] or "")
