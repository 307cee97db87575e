"""What molecules become: RDKit molecules; and how these become the text of a file. Only here RDKit is imported, when it is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from wbtypes_core import BytesFile, Code, DecodeError, MediaFile, WBTypesError
from wbtypes_core.errors import need, one_line, shortened, warn_once
from wbtypes_core.files import as_file, suffix_of, unreadable

UNRELAXED = "the MMFF94 force field has no parameters for some molecules; these keep the coordinates that were found before relaxing"


def _rdkit(module: str, what: str) -> Any:
    return need(module, pip="wbtypes-molecule[rdkit]", what=what)


@contextmanager
def _quiet() -> Iterator[None]:
    """RDKit writes its complaints to the terminal; what matters of them is in the error."""
    with _rdkit("rdkit.rdBase", "RDKit").BlockLogs():
        yield


# -- from what users give -------------------------------------------------------------------------------------


def from_smiles(smiles: object, sanitize: bool) -> Any:
    """The molecule of a SMILES text.

    Raises:
        TypeError, ValueError: it is none.
    """
    if not isinstance(smiles, str):
        raise TypeError(f"SMILES are text, not {type(smiles).__name__}")
    chem = _rdkit("rdkit.Chem", "Molecule.from_smiles")
    with _quiet():
        mol = chem.MolFromSmiles(smiles, sanitize=sanitize)
    if mol is None:
        raise ValueError(
            f"RDKit cannot read the SMILES {shortened(smiles)!r}; check its spelling, or pass sanitize=False"
        )
    return mol


def given(data: Any, sanitize: bool) -> Any:
    """An RDKit molecule, or the one in a file that a path names.

    Raises:
        TypeError, ValueError: it is none.
    """
    chem = _rdkit("rdkit.Chem", "Molecule.from_rdkit")
    if isinstance(data, chem.Mol):
        return data
    if not isinstance(data, str | os.PathLike):
        raise TypeError(
            f"from_rdkit takes an rdkit.Chem.Mol or the path of a file, not {type(data).__name__}"
        )
    kind = suffix_of(os.fspath(data)).lower().lstrip(".")
    if kind not in ("mol", "sdf"):
        raise ValueError(
            f"from_rdkit reads mol and sdf files, not {kind!r}; Molecule(path) keeps others as they are"
        )
    file = as_file(data)
    with _quiet():
        mol = _first_of_sdf(chem, file.read(), sanitize)
    if mol is None:
        raise ValueError(f"RDKit cannot read {file} as {kind}; check the file, or pass sanitize=False")
    return mol


def is_placed(mol: Any) -> bool:
    """Whether a molecule has coordinates in space."""
    return bool(mol.GetNumConformers()) and bool(mol.GetConformer().Is3D())


def take(mol: Any, optimize: int | None, seed: int, smiles: str | None = None) -> Mapping[str, Any]:
    """The fields of a molecule, with coordinates searched for where `optimize` gives the steps of relaxing them."""
    chem = _rdkit("rdkit.Chem", "Molecule.from_rdkit")
    mol = chem.Mol(mol)  # what is worked out here stays out of the caller's
    with _quiet():
        try:
            mol.UpdatePropertyCache(strict=False)
            said = chem.MolToSmiles(mol) if smiles is None else smiles
            placed = mol if optimize is None else _place(chem, mol, optimize, seed, said)
            text = chem.MolToPDBBlock(placed)
            facts = _facts(mol)
        except (
            RuntimeError,
            chem.MolSanitizeException,
        ) as error:  # what was not sanitized may not be fit for it
            raise ValueError(
                f"RDKit cannot work on the molecule: {one_line(error)}; sanitize it first"
            ) from None
    return {"file": BytesFile(text.encode("utf-8"), ".pdb"), "smiles": said, **facts}


def _place(chem: Any, mol: Any, optimize: int, seed: int, smiles: str) -> Any:
    """A copy with all hydrogens and coordinates in space."""
    all_chem = _rdkit("rdkit.Chem.AllChem", "Molecule.from_rdkit")
    placed = chem.AddHs(mol, addCoords=bool(mol.GetNumConformers()))
    if placed.GetNumAtoms() == 0 or all_chem.EmbedMolecule(placed, randomSeed=seed) < 0:
        raise ValueError(
            f"no coordinates in space are found for {shortened(smiles)!r}; try another seed=, or pass convert_to_3d_and_optimize=False"
        )
    if all_chem.MMFFOptimizeMolecule(placed, maxIters=optimize) < 0:
        warn_once(UNRELAXED)
    return placed


def _facts(mol: Any) -> dict[str, Any]:
    """Formula, weight in daltons and atoms of a molecule, all hydrogens counted, though they may not be drawn."""
    descriptors = _rdkit("rdkit.Chem.Descriptors", "Molecule.from_rdkit")
    formulas = _rdkit("rdkit.Chem.rdMolDescriptors", "Molecule.from_rdkit")
    hydrogens = sum(atom.GetTotalNumHs() for atom in mol.GetAtoms())
    return {
        "formula": formulas.CalcMolFormula(mol),
        "weight": round(descriptors.MolWt(mol), 3),
        "atoms": mol.GetNumAtoms() + hydrogens,
    }


# -- back to RDKit --------------------------------------------------------------------------------------------


def to_rdkit(file: MediaFile, kind: str, smiles: str | None, sanitize: bool) -> Any:
    """The molecule in a file, with the bonds of its SMILES where the format does not say them."""
    read = _READERS.get(kind)
    if read is None:
        raise DecodeError(
            f"{file}: RDKit does not read {kind or 'nameless'} files, only {', '.join(_READERS)}; .text or .file.read() gives what it holds",
            reason=Code.BAD_FILE,
        )
    chem = _rdkit("rdkit.Chem", "Molecule.to_rdkit")
    data = file.read()
    with _quiet():
        try:
            mol = read(chem, data, sanitize)
            if mol is not None and smiles and kind == "pdb":  # other formats say their bonds
                mol = _bonded(mol, smiles, sanitize)
        except WBTypesError:
            raise
        except Exception as error:  # hostile bytes make readers raise anything
            raise unreadable(file, kind, error) from None
    if mol is None:
        raise DecodeError(
            f"{file} cannot be read as {kind} by RDKit; sanitize=False takes odd molecules too",
            reason=Code.BAD_FILE,
        )
    return mol


def _bonded(mol: Any, smiles: str, sanitize: bool) -> Any:
    """The molecule with the bonds and charges of its SMILES; as it is, where that is of another molecule."""
    chem, all_chem = (
        _rdkit("rdkit.Chem", "Molecule.to_rdkit"),
        _rdkit("rdkit.Chem.AllChem", "Molecule.to_rdkit"),
    )
    template = chem.MolFromSmiles(smiles, sanitize=sanitize)
    if template is None:
        return mol
    whole = chem.AddHs(template)
    for each in (whole, template):
        if each.GetNumAtoms() == mol.GetNumAtoms():
            try:
                return all_chem.AssignBondOrdersFromTemplate(each, mol)
            except ValueError:  # it does not match
                continue
    return mol


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _first_of_sdf(chem: Any, data: bytes, sanitize: bool) -> Any:
    supplier = chem.SDMolSupplier()
    supplier.SetData(_text(data), sanitize=sanitize, removeHs=False)
    return supplier[0] if len(supplier) else None


def _pdb(chem: Any, data: bytes, sanitize: bool) -> Any:
    return chem.MolFromPDBBlock(_text(data), sanitize=sanitize, removeHs=False)


def _mol2(chem: Any, data: bytes, sanitize: bool) -> Any:
    return chem.MolFromMol2Block(_text(data), sanitize=sanitize, removeHs=False)


def _xyz(chem: Any, data: bytes, sanitize: bool) -> Any:
    return chem.MolFromXYZBlock(_text(data))


_READERS: Mapping[str, Callable[[Any, bytes, bool], Any]] = {
    "pdb": _pdb,
    "sdf": _first_of_sdf,
    "sd": _first_of_sdf,
    "mol2": _mol2,
    "xyz": _xyz,
}
