"""Opens the runs that wandb clients recorded: history, summary, config and media as typed values, without wandb."""

from .decoding import Row
from .problems import DamagedLogWarning, Problem
from .run import Run, open_run

__version__ = "1.0.0"

__all__ = ["DamagedLogWarning", "Problem", "Row", "Run", "open_run"]
