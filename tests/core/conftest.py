"""Toys for core's tests: a plugin in miniature, and installed distributions made up for one test."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

TOYS = Path(__file__).parent / "toys"

# the package can be imported by every test here; its metadata is installed only where a test asks for it
sys.path.insert(0, str(TOYS))

import wbtypes_toy.plugin  # noqa: E402 - the line above makes it importable

from wbtypes_core import Registry, index  # noqa: E402


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch):
    """The environment of whoever runs the tests says nothing about plugins."""
    for name in [name for name in os.environ if name.startswith("WBTYPES_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def toys():
    """The toys alone."""
    return Registry.of(wbtypes_toy.plugin)


class Site:
    """A made-up site-packages folder: the only one that the index sees."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        types: Mapping[str, str] | None = None,
        natives: Mapping[str, str] | None = None,
        hooks: Mapping[str, str] | None = None,
        **modules: str,
    ) -> None:
        """Install a distribution: what it advertises, and its modules with their source (``a__b`` is ``a/b.py``)."""
        groups = {"types": types, "natives": natives, "hooks": hooks}
        lines = []
        for group, entries in groups.items():
            lines += [f"[wbtypes.{group}]", *(f"{key} = {target}" for key, target in (entries or {}).items())]
        self.metadata(name, version, entry_points="\n".join(lines))
        for module, source in modules.items():
            self.module(module, source)

    def metadata(self, name: str, version: str = "1.0", **files: str) -> Path:
        """Write a distribution's metadata folder; ``METADATA`` unless it is among the files."""
        folder = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        said = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", **files}
        for file, text in said.items():
            path = folder / (f"{file}.txt" if file == "entry_points" else file)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    def module(self, module: str, source: str) -> None:
        """Write a module."""
        path = self.folder.joinpath(*module.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")

    def registry(self, **wishes) -> Registry:
        """A registry of what is installed here now."""
        index.installed(refresh=True)
        return Registry.installed(**wishes)


@pytest.fixture
def site(tmp_path_factory, monkeypatch):
    """An empty made-up site; modules that tests import from it are forgotten afterwards."""
    folder = tmp_path_factory.mktemp("site")
    found = importlib.metadata.distributions
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: found(path=[str(folder)]))
    monkeypatch.setattr(index, "_installed", None)
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield Site(folder)
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


PLUGIN = """
from wbtypes_core import Codec, WBValue, hookimpl
from attrs import frozen


@frozen(kw_only=True)
class Thing(WBValue):
    word: str = ""


class ThingCodec(Codec):
    tag, value_type, keys = "{tag}", Thing, ("word",)

    def encode(self, value, ctx):
        return {{"word": value.word}}

    def decode(self, node, ctx):
        return Thing(word="{word}" or node["word"])


@hookimpl
def wbtypes_register(types):
    types.add(ThingCodec())
"""


@pytest.fixture
def plugin_source():
    """The source of a one-type plugin, by tag."""
    return lambda tag, word="": PLUGIN.format(tag=tag, word=word)
