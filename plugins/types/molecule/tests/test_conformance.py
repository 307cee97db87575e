"""The molecule codecs keep the contract of all codecs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rdkit import Chem

import wbtypes_molecule.plugin
from wbtypes_core import Batch, WBValue
from wbtypes_core.testing import CodecConformance
from wbtypes_molecule import Molecule, MoleculeBatchCodec, MoleculeCodec

HERE = Path(__file__).parent
XYZ = "3\nwater\nO 0 0 0.117\nH 0 0.757 -0.471\nH 0 -0.757 -0.471\n"


def readable() -> Iterator[Molecule]:
    yield Molecule.from_smiles("CCO", "ethanol")
    yield Molecule.from_smiles("[NH3+]CC([O-])=O", caption="", convert_to_3d_and_optimize=False)
    yield Molecule.from_rdkit(Chem.MolFromSmiles("c1ccncc1"), seed=5)
    yield Molecule(XYZ, 4.5, file_type="xyz")


class TestMolecule(CodecConformance):
    codec = MoleculeCodec()
    plugin = wbtypes_molecule.plugin
    corpus = HERE / "corpus"
    heavy = ("rdkit", "numpy")

    def samples(self) -> Iterator[WBValue]:
        return readable()

    def native_equal(self, value: Any, native: Any) -> bool:
        atoms = value.text.count("HETATM") or 3
        return isinstance(native, Chem.Mol) and native.GetNumAtoms() == atoms


class TestBatch(CodecConformance):
    codec = MoleculeBatchCodec()
    plugin = wbtypes_molecule.plugin
    corpus = HERE / "corpus"
    heavy = ("rdkit", "numpy")

    def samples(self) -> Iterator[WBValue]:
        every = [*readable(), Molecule(io.BytesIO(b"\x80\xff"), file_type="mmtf")]
        yield Batch(every)
        yield Batch(every[::-1])
        yield Batch(every[2:3])
