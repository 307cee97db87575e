"""What molecules become in RDKit, and what RDKit molecules become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import AllChem

import wbtypes_molecule.plugin
from wbtypes_core import (
    BytesFile,
    DecodeError,
    LimitError,
    Limits,
    MemoryStore,
    Registry,
    ValueWarning,
    adopt,
    decode,
    errors,
)
from wbtypes_molecule import Molecule

XYZ = "3\nwater\nO 0 0 0.117\nH 0 0.757 -0.471\nH 0 -0.757 -0.471\n"
MOL2 = (
    "@<TRIPOS>MOLECULE\nwater\n3 2\nSMALL\nNO_CHARGES\n@<TRIPOS>ATOM\n1 O1 0.0 0.0 0.117 O.3\n"
    "2 H2 0.0 0.757 -0.471 H\n3 H3 0.0 -0.757 -0.471 H\n@<TRIPOS>BOND\n1 1 2 1\n2 1 3 1\n"
)


def smiles_of(mol: Any) -> str:
    return Chem.MolToSmiles(Chem.RemoveHs(mol))


def placed(smiles: str) -> Any:
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(mol, randomSeed=1)
    return mol


class TestFromSmiles:
    @pytest.mark.parametrize(
        "smiles",
        [
            "O",
            "CCO",
            "CC(=O)Nc1ccc(O)cc1",
            "[NH3+]CC([O-])=O",
            "C[N+](=O)[O-]",
            "c1ccncc1",
            "[Na+].[Cl-]",
            "C[C@H](N)C(=O)O",
        ],
    )
    @pytest.mark.parametrize("convert", [True, False])
    def test_it_comes_back(self, smiles: str, convert: bool) -> None:
        value = Molecule.from_smiles(smiles, "c", convert_to_3d_and_optimize=convert)
        assert (value.smiles, value.format, value.caption) == (smiles, "pdb", "c")
        plain = [Chem.MolToSmiles(Chem.MolFromSmiles(smiles), isomericSmiles=convert)]
        assert Chem.MolToSmiles(Chem.RemoveHs(value.to_rdkit()), isomericSmiles=convert) in plain

    def test_the_seed_gives_the_same_again(self) -> None:
        first, again, other = (Molecule.from_smiles("CCOC", seed=seed) for seed in (3, 3, 4))
        assert first == again
        assert first.sha256 != other.sha256

    def test_facts(self) -> None:
        value = Molecule.from_smiles("CC(=O)Nc1ccc(O)cc1", convert_to_3d_and_optimize=False)
        assert (value.formula, value.weight, value.atoms) == ("C8H9NO2", 151.165, 20)

    @pytest.mark.parametrize("smiles", ["C1CC", "nonsense", "C(C)(C)(C)(C)C"])
    def test_what_is_none(self, smiles: str, capfd: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(ValueError, match="cannot read the SMILES"):
            Molecule.from_smiles(smiles)
        assert capfd.readouterr() == ("", "")

    def test_no_text(self) -> None:
        with pytest.raises(TypeError, match="SMILES are text, not bytes"):
            Molecule.from_smiles(b"CCO")  # type: ignore[arg-type]

    @pytest.mark.parametrize("smiles", ["", "C12C3C4C1C5C2C3C45C6CC6C7C89C7C8C9"])
    def test_no_coordinates(self, smiles: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(AllChem, "EmbedMolecule", lambda *_, **__: -1)
        with pytest.raises(ValueError, match=r"no coordinates in space are found for .* try another seed="):
            Molecule.from_smiles(smiles, sanitize=False)

    def test_no_force_field(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(errors, "_told", set())
        with pytest.warns(ValueWarning, match="MMFF94"):
            assert Molecule.from_smiles("[Fe]").atoms == 1


class TestFromRdkit:
    def test_coordinates_are_kept(self) -> None:
        mol = placed("CCO")
        value = adopt(mol, registry=Registry.of(wbtypes_molecule.plugin))
        found = value.to_rdkit().GetConformer().GetPositions()
        assert abs(found - mol.GetConformer().GetPositions()).max() < 0.001  # as PDB has them
        assert value.smiles is not None
        assert smiles_of(Chem.MolFromSmiles(value.smiles)) == "CCO"

    def test_coordinates_are_found(self) -> None:
        value = Molecule.from_rdkit(Chem.MolFromSmiles("CCO"), "c")
        assert value.to_rdkit().GetNumAtoms() == 9
        flat = Molecule.from_rdkit(Chem.MolFromSmiles("CCO"), convert_to_3d_and_optimize=False)
        assert flat.to_rdkit().GetNumAtoms() == 3
        assert value.atoms == flat.atoms == 9

    def test_they_can_be_found_anew(self) -> None:
        mol = placed("CCO")
        assert Molecule.from_rdkit(mol, None, True) != Molecule.from_rdkit(mol)

    def test_the_molecule_is_left_as_it_was(self) -> None:
        mol = Chem.MolFromSmiles("CCO")
        before = mol.ToBinary()
        Molecule.from_rdkit(mol)
        assert mol.ToBinary() == before

    @pytest.mark.parametrize("kind", ["mol", "sdf", "SDF"])
    def test_files(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / f"m.{kind}"
        path.write_text(Chem.MolToMolBlock(placed("CCO")) + ("$$$$\n" if kind != "mol" else ""))
        for each in (path, str(path)):
            assert smiles_of(Molecule.from_rdkit(each).to_rdkit()) == "CCO"

    @pytest.mark.parametrize(
        ("data", "error", "words"),
        [
            (3, TypeError, "not int"),
            ("a.pdb", ValueError, "reads mol and sdf files, not 'pdb'"),
            ("none.sdf", OSError, "none.sdf"),
        ],
    )
    def test_what_is_none(self, data: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Molecule.from_rdkit(data)

    @pytest.mark.parametrize("text", ["", "nonsense\n" * 9])
    def test_damaged_files(self, text: str, tmp_path: Path) -> None:
        path = tmp_path / "m.sdf"
        path.write_text(text)
        with pytest.raises(ValueError, match="RDKit cannot read"):
            Molecule.from_rdkit(path)


class TestToRdkit:
    @pytest.mark.parametrize("kind", ["pdb", "sdf", "sd", "mol2", "xyz"])
    def test_formats(self, kind: str) -> None:
        mol = placed("O")
        sdf = Chem.MolToMolBlock(mol) + "$$$$\n"
        text = {"pdb": Chem.MolToPDBBlock(mol), "mol2": MOL2, "xyz": XYZ}.get(kind, sdf)
        found = Molecule(text, file_type=kind).to_rdkit()
        assert [atom.GetSymbol() for atom in found.GetAtoms()] == ["O", "H", "H"]
        assert found.GetConformer().GetPositions().any()

    @pytest.mark.parametrize("kind", ["pqr", "mmcif", "mcif", "cif", "gro", "mmtf"])
    def test_formats_that_rdkit_does_not_read(self, kind: str) -> None:
        with pytest.raises(DecodeError, match=f"RDKit does not read {kind} files, only pdb, sdf"):
            Molecule(XYZ, file_type=kind).to_rdkit()

    def test_smiles_of_another_molecule_change_nothing(self) -> None:
        value = Molecule.from_smiles("CCO")
        for other in ("CCN", "CCC", "nonsense", "[Fe]"):
            assert smiles_of(value.replace(smiles=other).to_rdkit()) == "CCO"

    @pytest.mark.parametrize("kind", ["sdf", "mol2", "xyz"])
    def test_damaged_files(self, kind: str, capfd: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(DecodeError, match=f"cannot be read as {kind}"):
            Molecule("some\nother\ntext\nthan\nthat", file_type=kind).to_rdkit()
        assert capfd.readouterr() == ("", "")

    @given(st.sampled_from(["pdb", "sdf", "mol2", "xyz"]), st.data())
    def test_hostile_files(self, kind: str, data: st.DataObject) -> None:
        mol = placed("CO")
        good = {"pdb": Chem.MolToPDBBlock(mol), "mol2": MOL2, "xyz": XYZ, "sdf": Chem.MolToMolBlock(mol)}[
            kind
        ]
        at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(good))] * 2)))
        text = good[:at] + data.draw(st.text(max_size=6)) + good[end:]
        value = Molecule.restore(file=BytesFile(text.encode("utf-8", "replace"), f".{kind}"), smiles="CO")
        try:
            assert isinstance(value.to_rdkit(), Chem.Mol)
        except DecodeError as error:
            assert "cannot be read as" in str(error)

    def test_the_limit_of_the_file(self) -> None:
        node = {"_type": "molecule-file", "path": "media/molecule/m.xyz"}
        store = MemoryStore({node["path"]: XYZ.encode()})
        registry = Registry.of(wbtypes_molecule.plugin)
        value = decode(node, store, registry=registry, limits=Limits(file_bytes=54))
        with pytest.raises(LimitError, match="file_bytes=54"):
            value.to_rdkit()
        assert (
            decode(node, store, registry=registry, limits=Limits(file_bytes=55)).to_rdkit().GetNumAtoms() == 3
        )
