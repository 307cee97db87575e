"""`wbtypes doctor`: whether what is installed works, and goes together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from typing import Any

from attrs import define, field

from wbtypes_core.index import Entry, normalized

from . import Refusal

SETTINGS = ("WBTYPES_PREFER", "WBTYPES_BLOCK", "WBTYPES_LOAD", "WBTYPES_STRICT", "WBTYPES_DEBUG")

PATIENCE = 60
"""Seconds that a package may take to be imported."""


def command(parser: ArgumentParser) -> None:
    """Examine what is installed: what works, what clashes, what does not go together.

    Each package that brings types, hooks or commands is loaded in a process of its own, which gives the time it takes; one
    that breaks, hangs or ends that process costs nothing but its line. A package works, or is broken; it is contested when another
    one claims the same type, blocked by WBTYPES_BLOCK or WBTYPES_LOAD, unfit when what it requires is not there. Settings that name
    what is not installed are told too. Exit status 1 if something is wrong.
    """
    parser.add_argument("package", metavar="PACKAGE", nargs="*", help="examine these alone; all without")
    parser.add_argument("-v", "--verbose", action="store_true", help="say where each package is installed")
    parser.add_argument(
        "--json", action="store_true", help="print JSON: an object of settings, packages and problems"
    )
    parser.set_defaults(run_command=run)


@define
class Patient:
    """One installed package.

    Attributes:
        name: the distribution.
        version: its version.
        brings: what it advertises, by group.
        states: how its plugins are, as `wbtypes plugins` says.
        seconds: what loading all of it takes; None where that fails or is not allowed.
        place: the folder that it is installed in.
        problems: what is wrong with it.
    """

    name: str
    version: str
    brings: dict[str, list[str]] = field(factory=dict)
    states: list[str] = field(factory=list)
    seconds: float | None = None
    place: str | None = None
    problems: list[str] = field(factory=list)

    @property
    def state(self) -> str:
        """How it is, in a word."""
        if self.problems and "contested" not in self.states:
            return "broken" if self.seconds is None else "unfit"
        return self.states[0] if self.states and self.states[0] in ("contested", "blocked") else "works"

    def cells(self, verbose: bool) -> tuple[str, ...]:
        """Its line of the table."""
        took = "-" if self.seconds is None else f"{self.seconds * 1000:,.0f} ms"
        brings = "; ".join(
            f"{'' if group == 'types' else f'{group}: '}{', '.join(names)}"
            for group, names in self.brings.items()
            if group in ("types", "hooks", "commands")
        )
        place = (self.place or "-",) if verbose else ()
        return self.name, self.version, self.state, took, *place, brings

    def json(self, verbose: bool) -> dict[str, Any]:
        """The package for tools."""
        place = {"location": self.place} if verbose else {}
        return {
            "distribution": self.name,
            "version": self.version,
            "state": self.state,
            "brings": self.brings,
            "seconds": self.seconds,
            **place,
            "problems": self.problems,
        }


def run(args: Namespace) -> int:
    """Examine everything; 1 when something is wrong."""
    from wbtypes_core.index import installed
    from wbtypes_core.jsonio import dumps

    from .terminal import printable, progress, table, tell

    entries = installed().entries
    names = _wanted(args.package, {entry.distribution for entry in entries})
    patients = [_patient(name, entries) for name in names]
    general = [*_settings(entries), *_doubles(entries, names), *_states(patients)]
    with progress("loading each package", len(patients)) as shown:
        for done, patient in enumerate(patients):
            shown.at(done)
            _examine(patient)
    problems = list(dict.fromkeys((*general, *(text for patient in patients for text in patient.problems))))
    force = {name: os.environ[name] for name in SETTINGS if os.environ.get(name)}
    head = {"wbtypes-core": version("wbtypes-core"), "python": ".".join(map(str, sys.version_info[:3]))}
    if args.json:
        page = {
            **head,
            "settings": force,
            "packages": [each.json(args.verbose) for each in patients],
            "problems": problems,
        }
        print(dumps(page, indent=2))
    else:
        print(f"wbtypes-core {head['wbtypes-core']}, Python {head['python']}")
        for name, value in force.items():
            print(printable(f"{name}={value}"))
        where = ("installed in",) if args.verbose else ()
        table(
            ("package", "version", "state", "loads in", *where, "brings"),
            [each.cells(args.verbose) for each in patients],
        )
    for problem in problems:
        tell(problem)
    return 1 if problems else 0


def _patient(name: str, entries: Sequence[Entry]) -> Patient:
    own = [entry for entry in entries if entry.distribution == name]
    patient = Patient(name, own[0].version)
    for entry in own:
        patient.brings.setdefault(entry.group, []).append(entry.name)
    try:
        found = distribution(name)
    except PackageNotFoundError:  # its name is spelled so that nothing finds it again
        return patient
    patient.place = str(found.locate_file(""))
    patient.problems.extend(_unmet(found))
    return patient


def _unmet(found: Distribution) -> Iterator[str]:
    """What a package requires and does not get."""
    from packaging.requirements import InvalidRequirement, Requirement

    name = f"{normalized(found.metadata['Name'])}=={found.version}"
    for line in found.requires or ():
        try:
            need = Requirement(line)
        except InvalidRequirement:
            yield f"{name} requires {line!r}, which nothing can read: tell its author"
            continue
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        wanted = f"{need.name}{need.specifier}"
        try:
            there = version(need.name)
        except PackageNotFoundError:
            yield f"{name} requires {wanted}, which is not installed: pip install '{wanted}'"
            continue
        if not need.specifier.contains(there, prereleases=True):
            yield f"{name} requires {wanted}, and {there} is installed: install versions that go together"


def _wanted(words: Sequence[str], installed: Collection[str]) -> list[str]:
    """The packages to examine."""
    for word in words:
        if normalized(word) not in installed:
            raise Refusal(
                f"{word}: no package of wbtypes by that name is installed; wbtypes doctor examines all"
            )
    return sorted(set(map(normalized, words)) or installed)


def _doubles(entries: Sequence[Entry], wanted: Collection[str]) -> Iterator[str]:
    """Names that more than one package uses for its own; types are told with their state."""
    owners: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        if entry.group in ("values", "commands"):
            owners.setdefault((entry.group, entry.name), []).append(entry.distribution)
    words = {"values": "a class", "commands": "a command"}
    for (group, name), names in owners.items():
        if len(names) > 1 and not set(names).isdisjoint(wanted):
            yield f"{' and '.join(sorted(names))} both bring {words[group]} named {name}: uninstall one"


def _settings(entries: Sequence[Entry]) -> Iterator[str]:
    """Settings that name what is not there."""
    names = {entry.distribution for entry in entries}
    modules = {entry.target.partition(":")[0] for entry in entries}
    for setting in ("WBTYPES_BLOCK", "WBTYPES_LOAD"):
        for word in _words(setting):
            if "*" not in word and normalized(word) not in names and word not in modules:
                yield f"{setting} names {word}, and no package by that name is installed"
    claims = {(entry.name, entry.distribution) for entry in entries if entry.group in ("types", "natives")}
    for word in _words("WBTYPES_PREFER"):
        tag, _, name = word.partition("=")
        if (tag.strip(), normalized(name.strip())) not in claims:
            yield f"WBTYPES_PREFER says {word}, and no installed package claims that: write TAG=PACKAGE"


def _words(setting: str) -> list[str]:
    return [word.strip() for word in os.environ.get(setting, "").split(",") if word.strip()]


def _states(patients: list[Patient]) -> Iterator[str]:
    """Note how each plugin is by the wishes of the environment; what keeps that from being known."""
    said = _ask((), {name: text for name, text in os.environ.items() if name != "WBTYPES_STRICT"})
    if isinstance(said, str):
        yield f"the plugins cannot be listed: {said}"
        return
    known = {patient.name: patient for patient in patients}
    for state in said:
        patient = known.get(state["distribution"])
        if patient is None:
            continue
        patient.states.append(state["state"])
        if state["state"] in ("contested", "broken"):
            patient.problems.append(state["reason"])


def _examine(patient: Patient) -> None:
    """Load all that a package brings, unless it is blocked."""
    if patient.states and set(patient.states) == {"blocked"}:
        return
    calm = {name: text for name, text in os.environ.items() if name not in SETTINGS}
    said = _ask((patient.name,), calm)
    if isinstance(said, str):
        patient.problems.append(f"{patient.name}=={patient.version} {said}")
        return
    patient.problems.extend(said["problems"])
    if not said["problems"]:
        patient.seconds = said["seconds"]


def _ask(words: Sequence[str], env: Mapping[str, str]) -> Any:
    """What a probe answers, or in text why it does not."""
    call = [sys.executable, "-P", "-m", "wbtypes_cli.probe", *words]  # -P: nothing from the folder we are in
    try:
        done = subprocess.run(
            call, capture_output=True, env=env, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return f"is not loaded after {PATIENCE} seconds; tell its author"
    if done.returncode < 0:
        return (
            f"ends Python with signal {-done.returncode} when it is loaded; reinstall it, or tell its author"
        )
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        said = done.stderr.decode(errors="replace").strip().splitlines()
        cause = said[-1] if said else f"exit status {done.returncode}"
        return f"ends Python when it is loaded: {cause}; reinstall it, or tell its author"
