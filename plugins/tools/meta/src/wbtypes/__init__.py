"""The facade: every value class of every installed type package, core and runs, under one name, loaded when asked for."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

__version__ = "1.0.0"

_LIBRARIES = ("wbtypes_core", "wbtypes_runs")
"""Whose public names are also names here; those of core go before every other."""

_FOR_AUTHORS = frozenset(
    (
        *("EXACT", "Caption", "Json", "JsonObject", "LazyFile"),
        *("as_file", "caption_of", "captions_of", "check_caption", "dumps", "exact_fields", "exact_of"),
        *("exact_part", "expect_object", "frozen_map", "json_file", "loads", "need", "read", "read_items"),
        *("read_part", "same", "unreadable", "warn_once", "with_caption"),
    )
)
"""What core has for those who write a type, and what would only be in the way here."""


def __getattr__(name: str) -> Any:
    """Find a name that was not asked for before; ``__all__`` is all that can be asked for.

    Raises:
        AttributeError: there is no such name, its package is not installed (with the pip line), does not work,
            or several packages have it. ``from wbtypes import`` gives the same message as an ImportError.
    """
    if name == "__all__":
        return _names()
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = _find(name)
    return found


def __dir__() -> list[str]:
    """What can be asked for here."""
    return _names()


def _names() -> list[str]:
    """The libraries' names, and the classes of what is installed."""
    from wbtypes_core.index import installed

    return sorted({name for each in _LIBRARIES for name in _public(each)}.union(installed().group("values")))


def _public(library: str) -> frozenset[str]:
    return frozenset(_library(library).__all__) - _FOR_AUTHORS


def _find(name: str) -> Any:
    from wbtypes_core.hints import PACKAGE_OF_CLASS
    from wbtypes_core.index import installed

    core, *others = _LIBRARIES
    if name in _public(core):
        return getattr(_library(core), name)
    entries = installed().group("values").get(name, ())
    if len(entries) > 1:
        _refuse(name, _contested(name, entries))
    if entries:
        return _load(name, entries[0])
    if name in PACKAGE_OF_CLASS:
        _refuse(name, f"wbtypes.{name} needs its package: pip install {PACKAGE_OF_CLASS[name]}")
    for library in others:
        if name in _public(library):
            return getattr(_library(library), name)
    return _refuse(
        name, f"module {__name__!r} has no attribute {name!r}, and no installed package adds it{_hint(name)}"
    )


_CALLED_OTHERWISE = {
    "Api": "open_run takes a run's rows and files, open_artifact an artifact's folder",
    "Settings": "there are none; what is to be said of a run RunWriter takes as its arguments",
    "Span": "from wbtypes_trace import Span, which pip install wbtypes-trace brings",
    "agent": "there are no sweeps here; each trial may write a run by RunWriter",
    "alert": "there are no alerts here; nothing leaves this machine",
    "box3d": "from wbtypes_object3d import box3d, which pip install wbtypes-object3d brings",
    "config": "that of a run is written by RunWriter.config, and read by Run.config",
    "data_types": "its classes are names of wbtypes itself, as in from wbtypes import Image",
    "define_metric": "RunWriter.define_metric does it for its run",
    "finish": "RunWriter.close ends a run",
    "init": "RunWriter(folder, project=..., config=...) begins a run",
    "log": "RunWriter.log writes a row, encode its JSON",
    "log_artifact": "RunWriter.log_artifact(files, name, type) keeps files with its run",
    "login": "there is no account; runs are folders, which RunWriter writes and open_run reads",
    "plot": "there is none; RunWriter.log takes figures of plotly and matplotlib, Run.charts has the charts of wandb.plot",
    "run": "there is no current run; RunWriter(folder, project=...) gives one to keep, open_run one to read",
    "save": "there is none; RunWriter.log_artifact(files, name, type) keeps files with a run",
    "summary": "that of a run is written by RunWriter.summary, and read by Run.summary",
    "sweep": "there are no sweeps here; each trial may write a run by RunWriter",
    "unwatch": "there is no watch to end",
    "use_artifact": "open_artifact(folder) reads an artifact that was downloaded",
    "watch": "there is none; RunWriter.log takes a Histogram of what is to be watched",
}
"""What users of wandb look for, and where it is here."""


def _hint(name: str) -> str:
    """What the user may have meant."""
    if name in _CALLED_OTHERWISE:
        return f"; {_CALLED_OTHERWISE[name]}"
    if name in _FOR_AUTHORS:
        return f"; for writing a type of your own, from wbtypes_core import {name}"
    from difflib import get_close_matches

    near = get_close_matches(name, _names(), 1)
    return f"; did you mean {near[0]}?" if near else ""


def _library(name: str) -> Any:
    from importlib import import_module

    return import_module(name)


def _load(name: str, entry: Any) -> Any:
    """The class that an entry point names; whatever a stranger's package raises becomes the one error of this room."""
    module, _, path = entry.target.partition(":")
    try:
        found = _library(module)
        for step in path.split("."):
            found = getattr(found, step)
    except Exception as error:
        cause = f"{type(error).__name__}: {' '.join(str(error).split())}"
        package = f"{entry.distribution}=={entry.version}"
        what = f"wbtypes.{name} of {package} does not work: {cause}; reinstall {entry.distribution}, or tell its author"
        _refuse(name, what, error)
    return found


def _contested(name: str, entries: tuple[Any, ...]) -> str:
    packages = " and ".join(f"{entry.distribution}=={entry.version}" for entry in entries)
    lines = " or ".join(f"from {entry.target.partition(':')[0]} import {name}" for entry in entries)
    return f"{packages} both have a class {name}: say which ({lines}), or uninstall one"


def _refuse(name: str, message: str, cause: Exception | None = None) -> NoReturn:
    """Raise the error that whoever asks can see.

    ``from wbtypes import Audio`` drops the text of an AttributeError and writes its own; an ImportError passes.
    Its machinery asks for each name by `hasattr` first, and that call is told by its frame.
    """
    if _imported_from():
        raise ImportError(message, name=__name__) from cause
    raise AttributeError(message, name=name, obj=sys.modules[__name__]) from cause


def _imported_from() -> bool:
    frame: Any = sys._getframe()
    while frame is not None and frame.f_globals is globals():
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "_handle_fromlist"
