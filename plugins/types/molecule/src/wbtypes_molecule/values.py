"""What a molecule is: a file of atoms with a caption, and the SMILES and facts of the molecule it was made from."""

from __future__ import annotations

import os
from typing import Any, Self

from attrs import frozen

from wbtypes_core import BatchableMedia, BytesFile, Code, DecodeError, MediaFile
from wbtypes_core.errors import shortened
from wbtypes_core.files import as_file, is_url
from wbtypes_core.values import Caption, check_caption, spell_count, spell_size, with_caption

FORMATS = ("pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf", "xyz")
"""What files may be; wandb's clients take no ``xyz``, and its viewer may not draw one."""

BINARY = ("mmtf",)
"""The formats that are no text."""


@frozen(kw_only=True, init=False)
class Molecule(BatchableMedia):
    """A molecule, in a file of one of the formats of chemistry.

    **Files** (paths, open files, `MediaFile`) are kept byte for byte and not looked into: ``pdb``, ``pqr``, ``mmcif``, ``mcif``, ``cif``,
    ``sdf``, ``sd``, ``gro``, ``mol2``, ``mmtf`` and ``xyz`` (which wandb's own clients refuse). **Text** of such a file is a ``str`` of several lines; it needs
    `file_type`. A ``str`` of one line is a path. SMILES and RDKit molecules go through `from_smiles` and `from_rdkit`.

    Args:
        data_or_path: one of the above.
        caption: text or a number.
        file_type: the format of text, or of a file whose name does not say it, as ``"pdb"``; it goes before the name.

    Attributes:
        smiles: the SMILES that it was made from, or that RDKit wrote of it; None where nothing says.
        formula: the molecular formula with all hydrogens, where it was made by RDKit.
        weight: the average molecular weight in daltons, where it was made by RDKit.
        atoms: how many atoms there are, hydrogens included, where it was made by RDKit.

    Raises:
        TypeError: data that is none of these, or an argument of another type.
        ValueError: a format that is none or not said, or a URL, for nothing is fetched.
        OSError: a file that cannot be read.
    """

    smiles: str | None = None
    formula: str | None = None
    weight: float | None = None
    atoms: int | None = None

    def __init__(self, data_or_path: Any, caption: Caption = None, *, file_type: str | None = None) -> None:
        kind = None if file_type is None else _format(file_type)
        self.__attrs_init__(file=_file(data_or_path, kind), caption=check_caption(caption))

    @classmethod
    def from_smiles(
        cls,
        data: str,
        caption: Caption = None,
        sanitize: bool = True,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
        *,
        seed: int = 0,
    ) -> Self:
        """A molecule of a SMILES text, stored as PDB; the SMILES is kept.

        Args:
            data: the SMILES.
            caption: text or a number.
            sanitize: check that the molecule is chemically reasonable.
            convert_to_3d_and_optimize: add hydrogens, place the atoms in space and relax them with the MMFF94 force field.
                Large molecules may take long; without it all atoms are at the origin.
            mmff_optimize_molecule_max_iterations: steps of that force field at most.
            seed: where the search for coordinates starts; the same seed gives the same ones, -1 others each time.

        Raises:
            TypeError: `data` is no text.
            ValueError: the SMILES cannot be read, or no coordinates are found for it.
            MissingExtra: RDKit is not installed.
        """
        caption = check_caption(caption)
        from . import native

        mol = native.from_smiles(data, sanitize)
        optimize = mmff_optimize_molecule_max_iterations if convert_to_3d_and_optimize else None
        return cls.restore(caption=caption, **native.take(mol, optimize, seed, smiles=data))

    @classmethod
    def from_rdkit(
        cls,
        data_or_path: Any,
        caption: Caption = None,
        convert_to_3d_and_optimize: bool | None = None,
        mmff_optimize_molecule_max_iterations: int = 200,
        *,
        sanitize: bool = True,
        seed: int = 0,
    ) -> Self:
        """A molecule of an RDKit molecule, or of what RDKit reads in a ``mol`` or ``sdf`` file (its first), stored as PDB.

        Args:
            data_or_path: an ``rdkit.Chem.Mol``, or the path of a file.
            caption: text or a number.
            convert_to_3d_and_optimize: add hydrogens, place the atoms in space and relax them with the MMFF94 force field. By default
                this is done for a molecule that has no coordinates in space; one that has keeps them, and its hydrogens.
            mmff_optimize_molecule_max_iterations: steps of that force field at most.
            sanitize: check that the molecule of a file is chemically reasonable.
            seed: where the search for coordinates starts; the same seed gives the same ones, -1 others each time.

        Raises:
            TypeError: neither a molecule nor a path.
            ValueError: a file of another format or that RDKit cannot read, or no coordinates are found.
            OSError: a file that cannot be read.
            MissingExtra: RDKit is not installed.
        """
        caption = check_caption(caption)
        from . import native

        mol = native.given(data_or_path, sanitize)
        convert = (
            not native.is_placed(mol) if convert_to_3d_and_optimize is None else convert_to_3d_and_optimize
        )
        optimize = mmff_optimize_molecule_max_iterations if convert else None
        return cls.restore(caption=caption, **native.take(mol, optimize, seed))

    @property
    def format(self) -> str:
        """What the file is, by its extension in lower case: ``"pdb"``, ``"sdf"``, ..."""
        return self.file.suffix.lower().lstrip(".")

    @property
    def text(self) -> str:
        """The text of the file.

        Raises:
            DecodeError: the file is missing, not UTF-8, or of a format that is no text (``mmtf``).
            LimitError: the file is too large.
        """
        if self.format in BINARY:
            raise DecodeError(
                f"{self.file}: {self.format} files are no text; .file.read() gives the bytes",
                reason=Code.BAD_FILE,
            )
        try:
            return self.file.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(
                f"{self.file} is not UTF-8 at byte {error.start}; .file.read() gives the bytes",
                reason=Code.BAD_FILE,
            ) from None

    def to_rdkit(self, sanitize: bool = True) -> Any:
        """The molecule as an ``rdkit.Chem.Mol`` with its coordinates and all its hydrogens; of several in a file, the first.

        RDKit reads ``pdb``, ``sdf``, ``sd``, ``mol2`` and ``xyz``. PDB files say neither charges nor aromatic bonds well; where there is a
        `smiles`, they are taken from there. XYZ files have no bonds at all.

        Args:
            sanitize: check that the molecule is chemically reasonable.

        Raises:
            DecodeError: the file is missing, damaged, or of a format that RDKit does not read.
            LimitError: the file is too large.
            MissingExtra: RDKit is not installed.
        """
        from . import native

        return native.to_rdkit(self.file, self.format, self.smiles, sanitize)

    def describe(self) -> str:
        """The formula, weight, atoms and SMILES where they are known, the format, the size of the file, and the caption."""
        known = [self.formula] if self.formula else []
        known += [] if self.weight is None else [f"{self.weight:.2f} Da"]
        known += [] if self.atoms is None else [spell_count(self.atoms, "atom")]
        known += [shortened(self.smiles)] if self.smiles else []
        known += [self.format or "file"]
        size = self.file.stated_size
        known += [] if size is None else [spell_size(size)]
        return with_caption(", ".join(known), self.caption)


def _format(file_type: object) -> str:
    if not isinstance(file_type, str):
        raise TypeError(f"file_type is text, not {type(file_type).__name__}")
    found = file_type.lower().lstrip(".")
    if found not in FORMATS:
        raise ValueError(f"file_type={file_type!r} is none of {', '.join(FORMATS)}")
    return found


def _file(data: Any, kind: str | None) -> MediaFile:
    """The file of a text, a path, an open file or a `MediaFile`, under the extension of its format in lower case."""
    if isinstance(data, str) and len(data.splitlines()) > 1:
        if kind is None:
            raise ValueError(f"text of a molecule needs file_type=, one of {', '.join(FORMATS)}")
        return BytesFile(data.encode("utf-8"), f".{kind}")
    if isinstance(data, str | os.PathLike) and is_url(os.fspath(data)):
        raise ValueError(
            f"{os.fspath(data)} is a URL, and nothing is fetched: download it, then give the path of the file"
        )
    if not isinstance(data, str | os.PathLike | MediaFile) and not hasattr(data, "read"):
        raise TypeError(
            f"Molecule is made from a path, text or an open file, not from {type(data).__name__}; "
            f"use Molecule.from_rdkit for RDKit molecules"
        )
    name = _name(data)
    said = next((each for each in FORMATS if name.lower().endswith(f".{each}")), None)
    found = kind or said
    if found is None:
        raise ValueError(
            f"the file name {name!r} does not say what it is; pass file_type=, one of {', '.join(FORMATS)}, "
            f"or use Molecule.from_smiles for SMILES"
        )
    if found == said:
        return data if isinstance(data, MediaFile) else as_file(data, suffix=f".{found}")
    return BytesFile(as_file(data).read(), f".{found}")


def _name(data: Any) -> str:
    """The name that says what a file is; empty where it has none, as open files whose name is a number."""
    if isinstance(data, MediaFile):
        return data.suffix
    name = os.fspath(data) if isinstance(data, str | os.PathLike) else getattr(data, "name", "")
    return name if isinstance(name, str) else ""
