"""The client's own artifact over a plain folder, so that its readers work where there is no server."""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import wandb
from wandb.sdk.artifacts.artifact_state import ArtifactState
from wandb.sdk.data_types.base_types.wb_value import WBValue


class LocalArtifact(wandb.Artifact):
    """An artifact whose files lie in a folder already.

    All of it is the client's: `add_dir` makes the manifest, `get`, `get_entry` and each entry's `download`, which checks the
    file's digest, read it. What is added is what a server would do: that the artifact counts as saved, and that its files
    are there already.

    Args:
        folders: what is in it.
    """

    def __init__(self, *folders: Path) -> None:
        super().__init__("local", "dataset")
        with redirect_stderr(io.StringIO()):  # which tells of each folder
            for folder in folders:
                self.add_dir(str(folder), policy="immutable")
        self.manifest.entries = dict(sorted(self.manifest.entries.items()))  # as a saved manifest has them
        for entry in self.manifest.entries.values():
            entry._parent_artifact = self
        if len(folders) > 1:  # what several saved versions make together
            whole = folders[0].parent / "whole"
            for folder in folders:
                shutil.copytree(folder, whole, dirs_exist_ok=True)
            folders = (whole,)
        self._folder = str(folders[0])
        self._state = ArtifactState.COMMITTED
        self._aliases = ["latest"]

    def download(self, *args: Any, **kwargs: Any) -> str:
        """The folder, which needs no download."""
        return self._folder

    def _default_root(self, include_version: bool = True) -> str:
        return self._folder


def written(artifact: wandb.Artifact, folder: Path) -> LocalArtifact:
    """What the client wrote into a new artifact, as if that had been saved."""
    for path, entry in artifact.manifest.entries.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(entry.local_path), target)
    return LocalArtifact(folder)


def forget_source(value: Any) -> None:
    """Take from a value, and all in it, where it was read from.

    With it the client would write a reference into the artifact there, and ask the server for its address.
    """
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, list | tuple):
            todo += item
        elif isinstance(item, dict):
            todo += item.values()
        elif isinstance(item, WBValue):
            item._artifact_source = None
            held = ("data", "_table1", "_table2", "_masks", "_boxes", "_classes")
            todo += [vars(item)[name] for name in held if vars(item).get(name) is not None]
            for kind in (
                getattr(getattr(item, "_column_types", None), "params", {}).get("type_map", {}).values()
            ):
                todo += [kind.params["table"]] if "table" in kind.params else []
                todo += [classes] if (classes := getattr(kind, "wb_classes_obj_ref", None)) else []
