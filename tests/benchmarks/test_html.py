"""HTML: from a text to the file and the JSON."""

from __future__ import annotations

import hashlib

import inputs
import pytest
from harness import Wanted
from stopwatch import Work

from wbtypes_core import DirectoryStore, encode
from wbtypes_html import Html

INJECTED = (
    '<base target="_blank">'
    '<link rel="stylesheet" type="text/css" href="https://app.wandb.ai/normalize.css" />'
)
"""What the client puts into the head of every page."""


@pytest.mark.parametrize(
    ("name", "size", "wanted"),
    [("10 kB", 10**4, Wanted(6, 1.3)), ("10 MB", 10**7, Wanted(1.8, 1.3))],
)
def test_page(bench, files, name, size, wanted):
    store = DirectoryStore(files)

    def floor(page, turn):
        data = page.encode()
        (files / "media/html" / hashlib.sha256(data).hexdigest()).write_bytes(data)

    digest = bench(
        f"html {name}, text to file and JSON",
        ours=Work(
            lambda page, turn: encode(Html(page), store, key="ours", step=turn).json,
            lambda turn: inputs.page(size, turn),
            lambda node: hashlib.sha256((files / node["path"]).read_bytes()).hexdigest(),
        ),
        theirs=("html", {"size": size}),
        floor=Work(floor, lambda turn: inputs.page(size, turn)),
        wanted=wanted,
        remarks="floor: sha256, write",
    )
    page = inputs.page(size, 0).replace("<head>", f"<head>{INJECTED}")
    assert digest == hashlib.sha256(page.encode()).hexdigest()
