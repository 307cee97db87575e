"""A recorded run against what was logged, and against itself after decoding and encoding; what is equal is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recorded import Recording, known_losses

from wbtypes_core import DirectoryStore, decode, encode
from wbtypes_core.jsonio import same
from wbtypes_runs import open_run

Check = Callable[[Recording, dict[str, Any], Any], None]

LOST = known_losses()


def compare_entries(
    recording: Recording, choose: Callable[[dict[str, Any], Any], Check], came_back: Counter[Any]
) -> None:
    """Hold each entry against the decoded value of its row; a known loss must really be one."""
    theme, version = recording.theme, recording.version
    rows = {row.step: row for row in open_run(recording.folder).history()}
    for entry in recording.entries:
        came_back[theme, version, "logged"] += 1
        value = rows[entry["step"]][entry.get("logged_as", entry["key"])]
        check = choose(entry, value)
        if (theme, version, entry["key"]) in LOST:
            with pytest.raises(AssertionError):
                check(recording, entry, value)
            continue
        check(recording, entry, value)
        came_back[theme, version, "equal"] += 1
    assert came_back[theme, version, "logged"]


def compare_rows(recording: Recording, follow: bool, came_back: Counter[Any]) -> None:
    """Hold each row against what decoding and encoding makes of it; no file may be written."""
    store = DirectoryStore(recording.folder / "files")
    before = _listing(store.root)
    for row in recording.rows:
        encoded = encode(decode(row, store, follow=follow), store, step=row["_step"], exact=False)
        assert same(encoded.json, row)
        assert encoded.files == ()
        came_back[recording.theme, recording.version, "fixed"] += follow
        came_back[recording.theme, recording.version, "rows"] += follow
    assert _listing(store.root) == before


def _listing(folder: Path) -> list[str]:
    return sorted(map(str, folder.rglob("*")))
