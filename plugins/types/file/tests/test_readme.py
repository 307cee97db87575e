"""The example of the README runs, and gives what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    said: dict[str, Any] = {}
    for example in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(example, said)
    assert said["logged"]["path"] == "media/file/weights_3_ae4b3280e56e2faf83f4.bin"
    assert said["again"].read() == b"\x00\x01\x02"
