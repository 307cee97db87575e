"""What the commands for runs share: the run that the words name, its outline, and how its problems are told."""

from __future__ import annotations

import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from wbtypes_core import DecodeError, Limits
from wbtypes_core.errors import shortened, spell
from wbtypes_core.jsonio import JsonObject
from wbtypes_core.values import spell_count

from . import Refusal
from .leaves import BOOKKEEPING, Selection
from .terminal import progress, tell

if TYPE_CHECKING:
    from wbtypes_runs import Problem, Row, Run

SUMMARY = "summary"
"""What stands for a step where a value is in the summary alone."""

MEANT = 1000
"""Keys that are looked through for the one that was meant."""

SHOWN = 20
"""Problems that are told one by one on stderr; what `--json` prints has all of them."""


def add_run(parser: ArgumentParser) -> None:
    """Add the arguments that say what is read."""
    parser.add_argument("run", metavar="RUN", help="a run folder, or the .wandb log in one")
    parser.add_argument(
        "--keys",
        metavar="GLOB",
        nargs="+",
        action="extend",
        help="only these keys and what lies below them, as loss or 'val/*'; nested keys are joined by dots",
    )
    parser.add_argument(
        "--files", metavar="DIR", help="the folder of the run's media, where it is not the one beside the log"
    )
    add_artifacts(parser)


def add_artifacts(parser: ArgumentParser) -> None:
    """Add the argument that says where the files of artifacts are."""
    parser.add_argument(
        "--artifacts",
        metavar="DIR",
        nargs="+",
        action="extend",
        default=[],
        help="folders with the files of artifacts that the run logged",
    )


@define
class Outline:
    """The history of a run before anything in it is decoded.

    Attributes:
        rows: how many rows it has.
        first: the first step; None when there is none.
        last: the last step.
        keys: the top-level keys, in the order they were met, and whether something under them is wanted.
    """

    rows: int = 0
    first: int | None = None
    last: int | None = None
    keys: dict[str, bool] = field(factory=dict)

    def take(self, row: Row, selection: Selection) -> None:
        """Take in one row."""
        self.rows += 1
        if row.step is not None:
            self.first = row.step if self.first is None else self.first
            self.last = row.step
        self.add(row.json, selection)

    def add(self, values: dict[str, Any], selection: Selection) -> None:
        """Take in the keys of a row or summary."""
        for key, node in values.items():
            if key not in self.keys or (not self.keys[key] and type(node) in (dict, list)):
                self.keys[key] = selection.meets(key, node)

    @property
    def wanted(self) -> list[str]:
        """The top-level keys under which something is wanted."""
        return [key for key, met in self.keys.items() if met]


class Reading:
    """One run as it was asked for.

    Attributes:
        run: the run.
        selection: which of its keys are wanted.
        outline: its history, before anything is decoded.
        problems: what is wrong with the config.
        config: the config, without what is nested too deep to be written again.
    """

    def __init__(self, args: Namespace) -> None:
        from wbtypes_runs import open_run

        self.run: Run = open_run(args.run, artifacts=args.artifacts, files=args.files)
        self.problems: list[Problem] = []
        self.config = self.within_limits("config", self.run.config)
        self.selection = Selection(None if args.keys is None else tuple(args.keys))
        self.outline = Outline()
        for row in self.run.history():
            self.outline.take(row, self.selection)
        self.history_keys = frozenset(self.outline.keys)
        self.outline.add(self.run.summary_json, self.selection)
        if args.keys is not None and not self.outline.wanted:
            raise self._no_such_key(args)

    def rows(self, what: str) -> Iterator[Row]:
        """The rows that hold something wanted, with a progress bar that says what is done with them."""
        every = not any(key not in BOOKKEEPING and not met for key, met in self.outline.keys.items())
        keys = None if every else [*self.outline.wanted, "_step", "_timestamp"]
        with progress(what, self.outline.rows) as shown:
            for done, row in enumerate(self.run.history(keys=keys)):
                shown.at(done)
                yield row

    def summary(self) -> dict[str, Any]:
        """The wanted values that are in the summary alone, decoded."""
        run = self.run
        alone = [key for key in self.outline.wanted if key not in self.history_keys]
        return {key: run.summary[key] for key in alone}

    def check(self) -> list[Problem]:
        """All that is wrong with the run, its files included; a progress bar says that it takes long."""
        with progress("checking every file"):
            return self.run.check()

    def within_limits(self, what: str, document: JsonObject) -> JsonObject:
        """The parts of a document that are within the limits; the others are among the problems."""
        from wbtypes_runs import Problem

        kept: JsonObject = {}
        for key, item in document.items():
            try:
                Limits().check(item)
                kept[key] = item
            except DecodeError as error:
                self.problems.append(
                    Problem(f"{what}, {spell((key,))}", error.message, "it is left out", error.reason)
                )
        return kept

    def _no_such_key(self, args: Namespace) -> Refusal:
        from difflib import get_close_matches

        known = [key for key in self.outline.keys if key not in BOOKKEEPING]
        near = get_close_matches(args.keys[0], known[:MEANT], 3) or known[:3]
        hint = f"it has {', '.join(map(shortened, near))}" if near else "it has no values"
        return Refusal(f"{args.run}: --keys {' '.join(args.keys)} matches nothing in this run; {hint}")


@contextmanager
def opened_run(place: str, artifacts: Sequence[str] = ()) -> Iterator[Run]:
    """The run at a path, for the time of a `with`."""
    from wbtypes_runs import open_run

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield open_run(place, artifacts=artifacts)


@contextmanager
def reading(args: Namespace) -> Iterator[Reading]:
    """The run that the arguments name, for the time of a `with`."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # what they tell of is among the problems, with its place
        yield Reading(args)


def grouped(problems: Iterable[Problem]) -> list[Problem]:
    """Problems of one cause as one, which names the first place and counts the others."""
    first: dict[tuple[str, str], Problem] = {}
    count: dict[tuple[str, str], int] = {}
    for problem in problems:
        cause = str(problem.what), problem.remedy
        first.setdefault(cause, problem)
        count[cause] = count.get(cause, 0) + 1
    return [
        problem
        if count[cause] == 1
        else evolve(problem, where=f"{problem.where} and {count[cause] - 1:,} more")
        for cause, problem in first.items()
    ]


def tell_problems(problems: list[Problem]) -> None:
    """Say each problem in a line on stderr; of very many the first ones, and how many there are."""
    for problem in problems[:SHOWN]:
        tell(str(problem))
    if len(problems) > SHOWN:
        tell(f"{spell_count(len(problems) - SHOWN, 'more problem')}; --json lists them all")


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem for tools."""
    return {
        "where": problem.where,
        "what": str(problem.what),
        "remedy": problem.remedy,
        "code": problem.code,
        "step": problem.step,
        "offset": problem.offset,
    }


def run_json(opened: Reading) -> dict[str, Any]:
    """The run itself for tools: what it says of itself, its history in numbers, its config."""
    run, outline, info = opened.run, opened.outline, opened.run.info
    return {
        "id": run.id,
        "name": info.name,
        "entity": info.entity,
        "project": info.project,
        "group": info.group,
        "job_type": info.job_type,
        "tags": list(info.tags),
        "notes": info.notes,
        "client": client_of(run),
        "started": None if info.started is None else info.started.isoformat(),
        "exit_code": None if run.exit is None else run.exit.code,
        "log": str(run.path),
        "rows": outline.rows,
        "first_step": outline.first,
        "last_step": outline.last,
        "config": opened.config,
    }


def client_of(run: Run) -> str | None:
    """The version of the client that wrote a run, where its config says so."""
    ours = run.config_json.get("_wandb")
    version = ours.get("cli_version") if isinstance(ours, dict) else None
    return version if isinstance(version, str) else None
