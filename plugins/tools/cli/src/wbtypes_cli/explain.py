"""`wbtypes explain`: what a logged value is, and what is odd about it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from . import Refusal

if TYPE_CHECKING:
    from wbtypes_core import Limits
    from wbtypes_core.jsonio import Json, JsonObject

    from .account import Account

STDIN = "-"


def command(parser: ArgumentParser) -> None:
    """Explain logged JSON: what each value is, who reads it, what is odd about it.

    JSON is a value as {"_type": "image-file", ...}, or anything that holds values, as a row of a history, lines of
    them, or a summary. Files are looked for beside FILE, or in the folder that --files names: the run's files/ folder, or the folder of the
    artifact. What is wrong makes the exit status 1: data that cannot be read, or does not hold to its schema (where jsonschema is
    installed), a type whose package is missing or broken, a file that is missing, altered or refused.
    """
    parser.add_argument("what", metavar="FILE|JSON|-", help="a file of JSON, the JSON itself, or - for stdin")
    parser.add_argument(
        "--files", metavar="DIR", type=Path, help="the folder that paths in values start from"
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON: a list of objects, one for each value"
    )
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Explain one document; 1 when something in it is wrong."""
    from wbtypes_core import DirectoryStore, default_registry
    from wbtypes_core.jsonio import dumps

    from .account import accounts
    from .terminal import printable

    document, beside = _document(args.what)
    folder = args.files or beside
    if folder is not None and not folder.is_dir():
        raise Refusal(f"{folder}: is no folder; --files names the one that paths in values start from")
    source = None if folder is None else DirectoryStore(folder)
    found = list(accounts(document, source, default_registry()))
    if args.json:
        print(dumps([_as_json(each) for each in found], indent=2))
    elif found:
        for each in found:
            print("\n".join(map(printable, _lines(each))))
    else:
        print("plain JSON: nothing in it has a _type that is text")
    return 1 if any(any(each.wrong()) for each in found) else 0


def _document(what: str) -> tuple[Json, Path | None]:
    """The JSON that the words name, and the folder that it was found in."""
    from wbtypes_core import DecodeError, Limits

    limits = Limits()
    place, beside = what, None
    if what == STDIN:
        if sys.stdin is None:
            raise Refusal("stdin: is closed; name a file of JSON, or pipe JSON into this")
        place, stream = "stdin", sys.stdin.buffer
    elif what.lstrip()[:1] in ("{", "["):
        place, stream = "the JSON", BytesIO(what.encode("utf-8", "surrogatepass"))
    else:
        beside, stream = Path(what).absolute().parent, _opened(what)
    try:
        with closing(stream):
            data = stream.read(limits.json_bytes + 1)
        limits.spend("json_bytes", len(data), place)
        document = _parsed(data, limits)
    except DecodeError as error:
        raise Refusal(f"{place}: {error}; explain takes JSON as a run or an artifact holds it") from None
    return document, beside


def _opened(what: str) -> BinaryIO:
    path = Path(what)
    try:
        if not path.is_dir() and path.suffix != ".wandb":
            return path.open("rb")
    except OSError as error:
        from wbtypes_core.errors import shortened

        cause = f"{shortened(what)}: {error.strerror}"
        raise Refusal(f"{cause}; explain takes a file of JSON, the JSON itself, or - for stdin") from None
    raise Refusal(f"{what}: is a run; wbtypes show tells what is in it, explain takes JSON")


def _parsed(data: bytes, limits: Limits) -> Json:
    """One document, or the list of those that stand in a line each, as `wbtypes cat` prints rows."""
    from wbtypes_core import Code, DecodeError
    from wbtypes_core.jsonio import loads, loads_within

    try:
        document: Json = loads_within(data, limits)
        return document
    except DecodeError as error:
        if error.reason != Code.BAD_JSON:
            raise
        whole = error
    rows: list[Json] = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(loads(line))
        except DecodeError as error:
            if not rows:
                break
            raise DecodeError(f"line {number}: {error.message}", reason=error.reason) from None
    if not rows:
        raise whole
    limits.check(rows)
    return rows


def _lines(account: Account) -> Iterator[str]:
    head = [account.kind, account.tag]
    if account.reader is not None:
        head.append(f"read by {account.reader}")
    if account.form is not None:
        head.append(f"in the {account.form} form")
    yield f"{account.place}: {', '.join(dict.fromkeys(head))}"
    if account.looks:
        yield f"  looks    {account.looks}"
    for file in account.files:
        yield f"  {'WRONG  ' if file.problem else 'file   '}  {file.path}: {file.state}"
    for text in account.odd:
        yield f"  odd      {text}"
    for text in account.problems:
        yield f"  WRONG    {text}"


def _as_json(account: Account) -> JsonObject:
    files: list[Any] = [
        {"path": each.path, "state": each.state, "problem": each.problem} for each in account.files
    ]
    return {
        "path": list(account.path),
        "type": account.tag,
        "class": account.kind,
        "looks": account.looks,
        "package": account.reader,
        "form": account.form,
        "files": files,
        "odd": list(account.odd),
        "problems": list(account.problems),
    }
