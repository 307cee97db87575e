"""What the facade's tests share: packages that are installed for one test."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

import wbtypes
from wbtypes_core import index

Install = Callable[..., None]


def write_distribution(
    site: Path, name: str, values: Mapping[str, str], modules: Mapping[str, str], version: str = "1.0"
) -> None:
    """A distribution as an installer leaves it: its metadata and its modules."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8"
    )
    points = "".join(f"{key} = {target}\n" for key, target in values.items())
    (info / "entry_points.txt").write_text(f"[wbtypes.values]\n{points}", encoding="utf-8")
    for module, text in modules.items():
        (site / f"{module}.py").write_text(text, encoding="utf-8")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs packages for one test; call it as `write_distribution`, without the folder."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    before = (dict(vars(wbtypes)), set(sys.modules), index._installed)

    def put(name: str, values: Mapping[str, str], modules: Mapping[str, str], version: str = "1.0") -> None:
        write_distribution(site, name, values, modules, version)
        importlib.invalidate_caches()
        index.installed(refresh=True)

    yield put
    vars(wbtypes).clear()
    vars(wbtypes).update(before[0])
    for module in [each for each in set(sys.modules) - before[1] if each.startswith("alien")]:
        del sys.modules[module]
    index._installed = before[2]
