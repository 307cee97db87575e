"""Opens the runs that wandb clients recorded and writes runs that they read: history, summary, config, media, artifacts."""

from typing import TYPE_CHECKING, Any

from .decoding import Row
from .problems import DamagedLogWarning, Problem
from .run import Run, open_run, open_runs

if TYPE_CHECKING:
    from .artifacts import Artifact
    from .folders import open_artifact
    from .writer import RunWriter
    from .writing.telling import LostValueWarning

__version__ = "1.0.0"

__all__ = [
    "Artifact",
    "DamagedLogWarning",
    "LostValueWarning",
    "Problem",
    "Row",
    "Run",
    "RunWriter",
    "open_artifact",
    "open_run",
    "open_runs",
]


def __getattr__(name: str) -> Any:
    """Find a name at its first use: who reads a run shall not wait for what writes one."""
    module: Any
    if name in ("LostValueWarning", "RunWriter"):
        from . import writer as module
    elif name == "open_artifact":
        from . import folders as module
    elif name == "Artifact":
        from . import artifacts as module
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(module, name)
    return found
