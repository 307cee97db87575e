"""How molecules travel: one as `molecule-file`, a list of them as `molecule`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wbtypes_core import (
    Batch,
    BatchCodec,
    Code,
    DecodeContext,
    DecodeError,
    EncodeContext,
    EncodeError,
    MediaCodec,
    MediaFile,
    MediaRef,
)
from wbtypes_core.codec import EXACT, caption_of, exact_of, expect_object, read
from wbtypes_core.jsonio import JsonObject, kind, same

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
        beside = _beside(value)
        return {EXACT: beside} if beside else {}

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Molecule:
        """The molecule of a node; its file stays closed."""
        try:
            beside = _recorded(exact_of(node))
        except DecodeError as error:
            raise error.under(EXACT) if error.path != (EXACT,) else error from None
        return Molecule.restore(file=file, caption=caption_of(node), **beside)

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
    said = {"smiles": value.smiles, "formula": value.formula, "weight": value.weight, "atoms": value.atoms}
    return {key: item for key, item in said.items() if item is not None}


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
    ``_wbtypes``. A count or captions that are those of another batch are written back as they came.
    """

    tag = "molecule"
    item_type = Molecule
    keys = ("filenames", "count", "captions")
    exact_keys = ("molecules",)

    def encode(self, value: Batch, ctx: EncodeContext) -> JsonObject:
        """Store each file, and list what belongs to the molecules."""
        items = [_molecule(item, at) for at, item in enumerate(value)]
        refs = [_put(item, ctx, at) for at, item in enumerate(items)]
        layout: Mapping[str, Any] = value.layout
        body = _summary(items)
        if layout and same(body, layout["of"]):
            body = dict(layout["said"])
        body["filenames"] = [ref.path or ref.artifact_path for ref in refs]
        lost = [_lost(item, ref, items[0].caption) for item, ref in zip(items, refs, strict=True)]
        if any(lost):
            body[EXACT] = {"molecules": lost}
        return body

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        """The molecules of a node; no file is opened."""
        node = expect_object(node)
        names = read(node, "filenames", list)
        captions, lost = node.get("captions"), exact_of(node).get("molecules")
        if not isinstance(captions, list) or len(captions) != len(names):
            captions = [None] * len(names)
        if (
            not isinstance(lost, list)
            or len(lost) != len(names)
            or not all(isinstance(each, dict) for each in lost)
        ):
            lost = [{}] * len(names)
        items = [_item(*each, at, ctx) for at, each in enumerate(zip(names, captions, lost, strict=True))]
        written = _summary(items)
        said = {key: node[key] for key in written if node.get(key) is not None}
        return Batch(items, tag=self.tag, layout={} if same(said, written) else {"of": written, "said": said})


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


def _summary(items: Sequence[Molecule]) -> JsonObject:
    """What a batch says of its molecules, beside their files."""
    captions = [item.caption for item in items]
    return {"count": len(items), "captions": captions if captions and captions[0] is not None else False}


def _lost(item: Molecule, ref: MediaRef, first: Any) -> JsonObject:
    """What a batch does not say of one molecule."""
    said = {
        "sha256": ref.sha256,
        "size": ref.size,
        "artifact_path": None if ref.path is None else ref.artifact_path,
        "caption": item.caption if first is None else None,
        **_beside(item),
    }
    return {key: value for key, value in said.items() if value is not None}


def _item(name: object, caption: Any, lost: JsonObject, at: int, ctx: DecodeContext) -> Molecule:
    """One molecule of a batch."""
    if not isinstance(name, str):
        raise DecodeError(f"is {kind(name)}, not a path", reason=Code.WRONG_TYPE, path=("filenames", at))
    try:
        caption = caption_of({"caption": caption})
    except DecodeError as error:
        raise DecodeError(error.message, reason=error.reason, path=("captions", at)) from None
    try:
        file = ctx.file({**{key: lost.get(key) for key in ("sha256", "size", "artifact_path")}, "path": name})
        if caption is None:
            caption = caption_of(lost)
        return Molecule.restore(file=file, caption=caption, **_recorded(lost))
    except DecodeError as error:
        raise error.under(EXACT, "molecules", at) from None
