"""How molecules travel: one as `molecule-file`, a list of them as `molecule`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wbtypes_core import (
    Batch,
    BatchCodec,
    DecodeContext,
    DecodeError,
    EncodeContext,
    EncodeError,
    MediaCodec,
    MediaFile,
    MediaRef,
)
from wbtypes_core.codec import (
    EXACT,
    caption_of,
    captions_of,
    exact_fields,
    exact_of,
    exact_part,
    expect_object,
    read,
    read_items,
)
from wbtypes_core.jsonio import JsonObject

from .values import Molecule

FOLDER = "media/molecule"


class MoleculeCodec(MediaCodec[Molecule]):
    """The `molecule-file` object of runs and artifacts: the keys that all media have, and no others.

    Wire format, section 2.9. Under ``_wbtypes`` stands what the file does not say of the molecule that it was made from.
    """

    tag = "molecule-file"
    value_type = Molecule
    folder = FOLDER
    exact_keys = ("smiles", "formula", "weight", "atoms")
    natives = ("rdkit.Chem.rdchem.Mol",)

    def fields(self, value: Molecule, ctx: EncodeContext) -> JsonObject:
        """What the file does not say."""
        return exact_part(**_beside(value))

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Molecule:
        """The molecule of a node; its file stays closed."""
        return Molecule.restore(file=file, caption=caption_of(node), **exact_fields(node, _recorded))

    def native(self, value: Molecule) -> Any:
        """The molecule as an ``rdkit.Chem.Mol``."""
        return value.to_rdkit()

    def adopt(self, obj: Any) -> Molecule:
        """An RDKit molecule; its coordinates are kept where it has any."""
        return Molecule.from_rdkit(obj)

    def column_type(self, value: Molecule) -> JsonObject:
        """Molecules have no column type of their own in wandb."""
        return {"wb_type": "pythonObject", "params": {"class_name": "Molecule"}}


def _beside(value: Molecule) -> JsonObject:
    """What only this package keeps of a molecule."""
    return {"smiles": value.smiles, "formula": value.formula, "weight": value.weight, "atoms": value.atoms}


def _recorded(exact: JsonObject) -> dict[str, Any]:
    """The fields that `_beside` wrote."""
    return {
        "smiles": read(exact, "smiles", str, default=None),
        "formula": read(exact, "formula", str, default=None),
        "weight": read(exact, "weight", float, default=None),
        "atoms": read(exact, "atoms", int, default=None),
    }


class MoleculeBatchCodec(BatchCodec):
    """The `molecule` object: the files of a list of molecules, and their captions where the first has one.

    Wire format, section 2.9. What this shape loses of each molecule (hash, size, SMILES, captions behind a first that has none) goes under
    ``_wbtypes``.
    """

    tag = "molecule"
    item_type = Molecule
    items_key = "filenames"
    keys = ("filenames", "count", "captions")
    exact_keys = ("molecules",)

    def encode(self, value: Batch, ctx: EncodeContext) -> JsonObject:
        """Store each file, and list what belongs to the molecules."""
        items = [_molecule(item, at) for at, item in enumerate(value)]
        refs = [_put(item, ctx, at) for at, item in enumerate(items)]
        names = [ref.path or ref.artifact_path for ref in refs]
        body = {**self.recall(value, self.summary(items, ())), self.items_key: names}
        lost = [_lost(item, ref, items[0].caption) for item, ref in zip(items, refs, strict=True)]
        if any(lost):
            body[EXACT] = {"molecules": lost}
        return body

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        """The molecules of a node; no file is opened."""
        node = expect_object(node)
        names = read_items(node, self.items_key, str)
        each = zip(names, captions_of(node, len(names)), _lost_of(node, len(names)), strict=True)
        items = [_item(*said, at, ctx) for at, said in enumerate(each)]
        return Batch(items, tag=self.tag, layout=self.remember(node, self.summary(items, ())))

    def summary(self, items: Sequence[Any], nodes: Sequence[JsonObject]) -> JsonObject:
        """How many molecules there are, and their captions, or false where the first has none."""
        captions = [item.caption for item in items]
        return {
            "count": len(items),
            "captions": captions if captions and captions[0] is not None else False,
        }


def _molecule(item: object, at: int) -> Molecule:
    if isinstance(item, Molecule):
        return item
    raise EncodeError(
        f"is {type(item).__name__}, which a list of molecules cannot hold; log it under a key of its own",
        path=(at,),
    )


def _put(item: Molecule, ctx: EncodeContext, at: int) -> MediaRef:
    try:
        return ctx.put(item.file, FOLDER)
    except EncodeError as error:
        raise error.under(at) from error.__cause__


_OF_FILE = ("sha256", "size", "artifact_path")
_LOST = frozenset((*_OF_FILE, "caption", *MoleculeCodec.exact_keys))


def _lost(item: Molecule, ref: MediaRef, first: Any) -> JsonObject:
    """What a batch does not say of one molecule."""
    said = {
        **exact_of(item.extra),
        "sha256": ref.sha256,
        "size": ref.size,
        "artifact_path": None if ref.path is None else ref.artifact_path,
        "caption": item.caption if first is None else None,
        **_beside(item),
    }
    return {key: value for key, value in said.items() if value is not None}


def _lost_of(node: JsonObject, count: int) -> list[JsonObject]:
    """What `_lost` wrote; of another number of molecules it is stale, and says nothing."""
    lost = exact_of(node).get("molecules")
    if isinstance(lost, list) and len(lost) == count and all(isinstance(each, dict) for each in lost):
        return lost
    return [{}] * count


def _item(name: str, caption: Any, lost: JsonObject, at: int, ctx: DecodeContext) -> Molecule:
    """One molecule of a batch."""
    newer = {key: item for key, item in lost.items() if key not in _LOST}
    try:
        return Molecule.restore(
            file=ctx.file({**{key: lost.get(key) for key in _OF_FILE}, "path": name}),
            caption=caption_of(lost) if caption is None else caption,
            extra={EXACT: newer} if newer else None,
            **_recorded(lost),
        )
    except DecodeError as error:
        raise error.under(EXACT, "molecules", at) from None
