"""What is installed, from metadata alone: the only room that reads entry points."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import invalidate_caches
from itertools import takewhile
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from importlib.metadata import Distribution

PREFIX = "wbtypes."


@frozen
class Entry:
    """One entry point of one installed distribution.

    Attributes:
        group: without the prefix: ``types``, ``natives``, ``values``, ``hooks`` or ``commands``.
        name: a wire tag, a class path, a class name, or a subcommand.
        target: the module, or ``module:attribute``.
        distribution: the distribution's name.
        version: its version.
    """

    group: str
    name: str
    target: str
    distribution: str
    version: str


@frozen
class Provider:
    """A plugin module of an installed distribution, known from metadata only.

    Attributes:
        distribution: ``"wbtypes-image"``.
        version: ``"1.0.0"``.
        module: the plugin module, ``"wbtypes_image.plugin"``.
        tags: the wire tags it advertises.
        natives: the foreign classes it adopts.
    """

    distribution: str
    version: str
    module: str
    tags: tuple[str, ...] = ()
    natives: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """The package that its classes live in."""
        return self.module.rpartition(".")[0] or self.module

    def __str__(self) -> str:
        return f"{self.distribution}=={self.version}"


class Index:
    """The entry points of every installed distribution, grouped for look-up."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries

    def group(self, name: str) -> Mapping[str, tuple[Entry, ...]]:
        """The entries of one group by their names; several distributions may use one name."""
        found: dict[str, tuple[Entry, ...]] = {}
        for entry in self.entries:
            if entry.group == name:
                found[entry.name] = (*found.get(entry.name, ()), entry)
        return found

    @cached_property
    def providers(self) -> tuple[Provider, ...]:
        """Every plugin module that advertises a tag or a native, by distribution and module."""
        tags: dict[tuple[str, str, str], list[str]] = {}
        natives: dict[tuple[str, str, str], list[str]] = {}
        for entry in self.entries:
            if entry.group in ("types", "natives"):
                module = entry.target.partition(":")[0]
                key = (entry.distribution, entry.version, module)
                tags.setdefault(key, [])
                natives.setdefault(key, [])
                (tags if entry.group == "types" else natives)[key].append(entry.name)
        return tuple(Provider(*key, tuple(tags[key]), tuple(natives[key])) for key in sorted(tags))

    @cached_property
    def by_tag(self) -> Mapping[str, tuple[Provider, ...]]:
        """Who claims which tag."""
        return self._claims("tags")

    @cached_property
    def by_native(self) -> Mapping[str, tuple[Provider, ...]]:
        """Who claims which foreign class."""
        return self._claims("natives")

    @cached_property
    def by_package(self) -> Mapping[str, tuple[Provider, ...]]:
        """Which plugin modules belong to which package of classes."""
        found: dict[str, tuple[Provider, ...]] = {}
        for provider in self.providers:
            found[provider.package] = (*found.get(provider.package, ()), provider)
        return found

    def _claims(self, attribute: str) -> Mapping[str, tuple[Provider, ...]]:
        found: dict[str, tuple[Provider, ...]] = {}
        for provider in self.providers:
            for name in getattr(provider, attribute):
                found[name] = (*found.get(name, ()), provider)
        return found


def normalized(name: str) -> str:
    """A distribution's name in the one spelling that compares (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


_lock = threading.Lock()
_installed: Index | None = None


def installed(*, refresh: bool = False) -> Index:
    """The index of this environment, read once per process.

    Args:
        refresh: read it again, after something was installed or removed.
    """
    global _installed
    with _lock:
        if refresh:
            invalidate_caches()  # else Python itself knows nothing of what was installed a moment ago
        if _installed is None or refresh:
            _installed = Index(tuple(_scan()))
        return _installed


def core_wanted(distribution: str) -> str | None:
    """The versions of core that a distribution asks for, as ``"<2,>=1.0.0"``; None where its metadata names none."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        needs = requires(distribution) or ()
    except PackageNotFoundError:
        return None
    found = (re.match(_CORE, need) for need in needs if "extra" not in need.partition(";")[2])
    return next((match[1].strip() for match in found if match), None)


_CORE = r"(?i)wbtypes[-_.]+core\s*(?:\[[^]]*\])?\s*\(?\s*([<>=!~][^;)]*)"


def _scan() -> Iterator[Entry]:
    """Read each distribution's entry points; only those that name a group of ours are parsed."""
    from importlib.metadata import distributions  # costs more than all else at start-up, so only on demand

    seen: set[str] = set()
    for distribution in distributions():
        try:
            text = distribution.read_text("entry_points.txt")
            if not text or PREFIX not in text:
                continue
            name, version = _name_and_version(distribution)
            found = [entry for entry in distribution.entry_points if entry.group.startswith(PREFIX)]
        except Exception:  # damaged metadata, of whoever: the distribution cannot be used, all others can
            continue
        if name in seen:  # the first on the path is the one that imports
            continue
        seen.add(name)
        for entry in found:
            yield Entry(entry.group.removeprefix(PREFIX), entry.name, entry.value, name, version)


def _name_and_version(distribution: Distribution) -> tuple[str, str]:
    """What a distribution's first lines say; Python's own reader would parse the whole description as an e-mail."""
    text = next(filter(None, map(distribution.read_text, ("METADATA", "PKG-INFO", ""))), "")
    said: dict[str, str] = {}
    for line in takewhile(str.strip, text.split("\n")):
        key, _, value = line.partition(":")
        said.setdefault(key.lower(), value.strip())
    return normalized(said.get("name", "")), said.get("version", "")
