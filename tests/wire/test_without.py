"""Without a plugin, without wandb, without a network: what is lost then is named, and nothing else changes."""

from __future__ import annotations

import importlib.util
import socket
from typing import Any, NoReturn

import pytest
from recorded import Recording

from wbtypes_core import (
    Batch,
    Code,
    DirectoryStore,
    Media,
    Opaque,
    Registry,
    decode,
    default_registry,
    encode,
    native,
)
from wbtypes_core.hints import PACKAGE_OF_TAG
from wbtypes_core.index import Index, installed
from wbtypes_core.jsonio import same
from wbtypes_core.registry import _Policy
from wbtypes_runs import open_run

OURS = sorted({provider.distribution for provider in installed().providers} & set(PACKAGE_OF_TAG.values()))
THEMES = (
    "images",
    "image-batches",
    "image-boxes-masks",
    "histograms",
    "html",
    "overwrites",
    "audio",
    "graph-trace-misc",
)


def lacking(distribution: str) -> Registry:
    """A registry as it is where one distribution is not installed."""
    entries = tuple(entry for entry in installed().entries if entry.distribution != distribution)
    return Registry(Index(entries), _Policy())


def test_our_plugins_are_here() -> None:
    assert OURS


@pytest.mark.parametrize("distribution", OURS)
def test_without_a_plugin_its_values_are_opaque(
    distribution: str, recordings: dict[tuple[str, str], Recording]
) -> None:
    registry, found = lacking(distribution), 0
    lost = {tag for tag, package in PACKAGE_OF_TAG.items() if package == distribution}
    for theme in THEMES:
        recording = recordings["0.31.0", theme]
        store = DirectoryStore(recording.folder / "files")
        for row in recording.rows:
            without, whole = decode(row, store, registry=registry), decode(row, store)
            assert same(encode(without, store, step=row["_step"], exact=False, registry=registry).json, row)
            for key in row:
                found += _compare(without[key], whole[key], lost, distribution)
    assert found or lost.isdisjoint(_tags(recordings))


def _tags(recordings: dict[tuple[str, str], Recording]) -> set[str]:
    """Every tag in the rows that were compared."""
    tags: set[str] = set()
    todo: list[Any] = [row for theme in THEMES for row in recordings["0.31.0", theme].rows]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            tags.add(str(item.get("_type")))
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
    return tags


def _compare(without: Any, whole: Any, lost: set[str], distribution: str) -> int:
    """Hold a value against what it is with every plugin; give how much of it is opaque."""
    if isinstance(without, Opaque) and without.tag in lost:
        assert without.reason.code is Code.NOT_INSTALLED
        assert f"pip install {distribution}" in without.reason
        return 1
    if isinstance(whole, dict):
        return sum(_compare(without[key], item, lost, distribution) for key, item in whole.items())
    if isinstance(whole, list | Batch):
        return sum(
            _compare(mine, item, lost, distribution) for mine, item in zip(without, whole, strict=True)
        )
    if isinstance(whole, Media) and hasattr(whole, "masks"):
        parts = [(without.masks, whole.masks), (without.boxes, whole.boxes)]
        found = sum(_compare(dict(mine), dict(theirs), lost, distribution) for mine, theirs in parts)
        assert without.replace(masks={}, boxes={}) == whole.replace(masks={}, boxes={})
        return found
    assert without == whole or (whole != whole and without != without)
    return 0


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket fails."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
def test_runs_open_without_wandb_and_without_a_network(recordings: dict[tuple[str, str], Recording]) -> None:
    assert importlib.util.find_spec("wandb") is None
    opened = 0
    for recording in recordings.values():
        if recording.theme in THEMES:
            for row in open_run(recording.folder).history():
                for value in row.values():
                    if type(value).__name__ == "Image":
                        assert native(value).size == (value.width, value.height)
                        opened += 1
    assert opened or "wbtypes-image" not in OURS
    assert default_registry().check() == ()
