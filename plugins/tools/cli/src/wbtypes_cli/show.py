"""`wbtypes show`: a run on one page."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field

from wbtypes_core.jsonio import JsonObject, dumps
from wbtypes_core.values import spell_count

from .leaves import Leaf, leaves, spelled
from .preview import describe, kind_of, shortened
from .reading import SUMMARY, Reading, add_run, client_of, problem_json, reading, run_json, tell_problems
from .terminal import printable, table

NAMED = 12
"""Keys of the config that are named."""


def command(parser: ArgumentParser) -> None:
    """Show what a run holds: keys, types, steps, what values look like, problems.

    The table has a line for each key: the type, how many values there are, the first and the last step, and what the
    last value looks like. Problems go to stderr, a line each, and make the exit status 1.
    """
    add_run(parser)
    parser.add_argument(
        "--no-check",
        action="store_true",
        help="do not look for problems, which reads and hashes every media file",
    )
    parser.add_argument("--json", action="store_true", help="print JSON: an object of run, keys and problems")
    parser.set_defaults(run_command=run)


def run(args: Namespace) -> int:
    """Show one run; 1 when it has problems."""
    with reading(args) as opened:
        columns = survey(opened)
        problems = opened.problems + ([] if args.no_check else opened.check())
        if args.json:
            page = {
                "run": run_json(opened),
                "keys": [column.json() for column in columns],
                "problems": [problem_json(problem) for problem in problems],
            }
            print(dumps(page, indent=2))
        else:
            _print_head(opened)
            _print_columns(columns)
        tell_problems(problems)
    return 1 if problems else 0


@define
class Column:
    """One key of a run.

    Attributes:
        keys: the key, or the nested keys from the top.
        kinds: how many values of which type it has, in the order they were met.
        first: the step of its first value; ``"summary"`` when only the summary has one, None when no step is known.
        last: the step of its last value.
        value: the last value.
    """

    keys: tuple[str, ...]
    kinds: dict[str, int] = field(factory=dict)
    first: int | str | None = None
    last: int | str | None = None
    value: Any = None

    @property
    def count(self) -> int:
        """How many values it has."""
        return sum(self.kinds.values())

    def take(self, leaf: Leaf, step: int | str | None) -> None:
        """Count one value."""
        if not self.kinds:
            self.first = step
        kind = kind_of(leaf.value)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.last = step
        self.value = leaf.value

    def json(self) -> JsonObject:
        """The column for tools."""
        return {
            "key": spelled(self.keys),
            "path": list(self.keys),
            "types": self.kinds,
            "count": self.count,
            "first": self.first,
            "last": self.last,
            "preview": describe(self.value),
        }

    def cells(self) -> tuple[str, str, str, str, str]:
        """The column as a line of the table."""
        steps = dict.fromkeys("-" if step is None else str(step) for step in (self.first, self.last))
        kinds = ", ".join(self.kinds)
        return spelled(self.keys), kinds, f"{self.count:,}", "..".join(steps), describe(self.value)


def survey(opened: Reading) -> list[Column]:
    """The wanted keys of a run, in the order they were met."""
    columns: dict[tuple[str, ...], Column] = {}
    for row in opened.rows("reading"):
        _take(columns, row, opened, row.step)
    _take(columns, opened.summary(), opened, SUMMARY)
    return list(columns.values())


def _take(
    columns: dict[tuple[str, ...], Column], values: Mapping[str, Any], opened: Reading, step: int | str | None
) -> None:
    for leaf in leaves(values):
        column = columns.get(leaf.keys)
        if column is None and leaf.keys in opened.selection:
            column = columns[leaf.keys] = Column(leaf.keys)
        if column is not None:
            column.take(leaf, step)


def _print_head(opened: Reading) -> None:
    lines = {name: text for name, text in _head(opened) if text}
    for name, text in lines.items():
        print(f"{name:<8}  {printable(text)}")
    print()


def _head(opened: Reading) -> Iterator[tuple[str, str]]:
    run, outline, info = opened.run, opened.outline, opened.run.info
    client = client_of(run)
    yield "run", _listed((run.id, info.name and repr(info.name)), " ")
    yield "project", _listed((info.entity, info.project), "/")
    yield "tags", ", ".join(info.tags)
    yield "client", f"wandb {client}" if client else ""
    yield "started", f"{info.started:%Y-%m-%d %H:%M:%S} UTC" if info.started else ""
    yield "ended", f"with exit code {run.exit.code}" if run.exit else "no: it was killed, or still runs"
    steps = f", steps {outline.first:,} to {outline.last:,}" if outline.first is not None else ""
    yield "history", f"{spell_count(outline.rows, 'row')}{steps}"
    yield "config", _named(opened.config)


def _listed(words: Iterable[str], joint: str) -> str:
    return joint.join(word for word in words if word)


def _named(config: JsonObject) -> str:
    """A config in a line: its first keys with their values."""
    pairs = [f"{key}={shortened(describe(value))}" for key, value in list(config.items())[:NAMED]]
    more = f", and {len(config) - NAMED:,} more" if len(config) > NAMED else ""
    return ", ".join(pairs) + more


def _print_columns(columns: list[Column]) -> None:
    if columns:
        table(("key", "type", "count", "steps", "last value"), [column.cells() for column in columns])
    else:
        print("no values were logged")
