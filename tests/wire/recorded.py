"""The recorded runs: unpacked once per test session, with what was logged."""

from __future__ import annotations

import hashlib
import json
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wbtypes_core.index import installed

ARCHIVES = Path(__file__).parent / "recordings"

CELLS = (
    "audio",
    "bokeh",
    "boxes2d",
    "classes",
    "histogram",
    "html",
    "image",
    "mask",
    "molecule",
    "object3d",
    "plotly",
    "table",
    "video",
)

TYPES = {
    "artifacts": CELLS,
    "artifacts-offline-refs": ("image", "table"),
    "audio": ("audio",),
    "charts": ("bokeh", "html", "image", "plotly", "table"),
    "eval-table": ("table",),
    "graph-trace-misc": (
        "audio",
        "boxes2d",
        "graph",
        "histogram",
        "html",
        "image",
        "mask",
        "metadata",
        "table",
        "trace",
    ),
    "histograms": ("histogram",),
    "history-typed": ("histogram", "image"),
    "html": ("html",),
    "image-batches": ("html", "image"),
    "image-boxes-masks": ("boxes2d", "classes", "image", "mask"),
    "images": ("image",),
    "metrics": (),
    "molecule": ("molecule",),
    "object3d": ("object3d",),
    "overwrites": ("boxes2d", "histogram", "html", "image"),
    "scalars": ("histogram",),
    "tables": CELLS,
    "tables-incremental": ("table",),
    "video": ("video",),
}
"""The recorded themes, and the types in them."""


@dataclass(frozen=True)
class Recording:
    """One run of one client version."""

    version: str
    theme: str
    folder: Path

    @cached_property
    def expected(self) -> dict[str, Any]:
        return json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))

    @cached_property
    def arrays(self) -> Any:
        path = self.folder / "expected.npz"
        return dict(np.load(path, allow_pickle=False)) if path.exists() else {}

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        lines = (self.folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What was logged and reached the log, in order."""
        return [
            entry
            for entry in self.expected["entries"]
            if "key" in entry and entry["logged_type"] != "NOT IN HISTORY"
        ]

    def given(self, native: Any) -> Any:
        """An input of ``expected.json`` with its markers as Python objects."""
        if isinstance(native, list):
            return [self.given(item) for item in native]
        if not isinstance(native, dict):
            return native
        if "npz" in native:
            return self._array(native)
        if "$float" in native:
            return float(native["$float"])
        if "$numpy" in native:
            return np.array(json.loads(_literal(native["repr"])), dtype=native["$numpy"])[()]
        if "$bytes_hex" in native:
            return bytes.fromhex(native["$bytes_hex"])
        return {key: self.given(item) for key, item in native.items()}

    def _array(self, marker: dict[str, Any]) -> Any:
        array = self.arrays[marker["npz"]]
        assert (str(array.dtype), list(array.shape)) == (marker["dtype"], marker["shape"])
        return array


def _literal(text: str) -> str:
    """A repr as JSON."""
    words = {"True": "true", "False": "false", "nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return words.get(text, text.replace("'", '"'))


def pixel_digest(pixels: Any) -> str:
    """How the recordings name an array: SHA-256 of its bytes in C order."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def unpack(target: Path) -> dict[tuple[str, str], Recording]:
    """Every recorded run, by version and theme."""
    found = {}
    for archive in sorted(ARCHIVES.glob("wandb-*.tar.xz")):
        version = archive.name.removeprefix("wandb-").removesuffix(".tar.xz")
        with tarfile.open(archive) as packed:
            packed.extraction_filter = getattr(tarfile, "data_filter", None)  # since 3.11.4
            packed.extractall(target)
        for folder in sorted(target.glob(f"wandb-{version}-*")):
            theme = folder.name.removeprefix(f"wandb-{version}-")
            found[version, theme] = Recording(version, theme, folder)
    return found


def listed() -> list[tuple[str, str]]:
    """Version and theme of every recorded run, from the archives' tables of contents."""
    found = set()
    for archive in ARCHIVES.glob("wandb-*.tar.xz"):
        version = archive.name.removeprefix("wandb-").removesuffix(".tar.xz")
        with tarfile.open(archive) as packed:
            tops = {name.partition("/")[0] for name in packed.getnames()}
        found |= {(version, top.removeprefix(f"wandb-{version}-")) for top in tops}
    return sorted(found)


def recorded_with(*themes: str) -> list[tuple[str, str]]:
    """Version and theme of the recorded runs of these themes whose types are installed: a type whose folder is deleted takes its themes along."""
    here = {provider.distribution for provider in installed().providers}
    whole = {theme for theme in themes if here.issuperset(f"wbtypes-{name}" for name in TYPES[theme])}
    return [(version, theme) for version, theme in listed() if theme in whole]


def known_losses() -> set[tuple[str, str, str]]:
    """Theme, version and key of what ``known_losses.md`` lists: recordings that do not hold what was logged."""
    text = (Path(__file__).parent / "known_losses.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    cells = [[cell.strip(" `") for cell in row] for row in rows]
    return {(theme, version, key) for theme, versions, key, _ in cells for version in versions.split()}
