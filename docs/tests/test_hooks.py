"""The page of the hooks has each of them, with its exact signature."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from wbtypes_core import hookspecs

PAGE = (Path(__file__).parents[1] / "hooks.md").read_text(encoding="utf-8")


def test_every_hook_is_there_with_its_signature() -> None:
    found = {
        name: f"{name}{inspect.signature(function)}".replace("'", "")
        for name, function in vars(hookspecs).items()
        if name.startswith("wbtypes_")
    }
    assert dict(re.findall(r"^## (\w+)\n\n```text\n(.*)\n```", PAGE, re.MULTILINE)) == found
