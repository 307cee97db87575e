"""Molecules, alone or in batches."""

from .codec import MoleculeBatchCodec, MoleculeCodec
from .values import Molecule

__version__ = "1.0.0"

__all__ = ["Molecule", "MoleculeBatchCodec", "MoleculeCodec"]
