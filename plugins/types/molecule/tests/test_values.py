"""What molecules take, keep and refuse."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wbtypes_molecule.plugin
from wbtypes_core import (
    Batch,
    BytesFile,
    DecodeError,
    Dialect,
    EncodeError,
    MemoryStore,
    MissingExtra,
    Opaque,
    Registry,
    decode,
    encode,
)
from wbtypes_molecule import Molecule
from wbtypes_molecule.values import FORMATS

REGISTRY = Registry.of(wbtypes_molecule.plugin)
XYZ = "3\nwater\nO 0 0 0.117\nH 0 0.757 -0.471\nH 0 -0.757 -0.471\n"

CAPTIONS = st.none() | st.text(max_size=5) | st.integers(-9, 9) | st.booleans()


@st.composite
def molecules(draw: st.DrawFn) -> Molecule:
    made = Molecule(
        io.BytesIO(draw(st.binary(max_size=9))), draw(CAPTIONS), file_type=draw(st.sampled_from(FORMATS))
    )
    smiles, formula = draw(st.none() | st.text(max_size=5)), draw(st.none() | st.text(max_size=5))
    return made.replace(smiles=smiles, formula=formula, atoms=draw(st.none() | st.integers(0, 2**60)))


def read_back(value: Any, **more: Any) -> Any:
    store = MemoryStore()
    return decode(encode(value, store, registry=REGISTRY, **more).json, store, registry=REGISTRY)


class TestRoundTrips:
    @given(molecules(), st.sampled_from(Dialect))
    def test_one(self, value: Molecule, dialect: Dialect) -> None:
        back = read_back(value, dialect=dialect)
        assert back == value
        assert (back.format, back.file.read()) == (value.format, value.file.read())

    @given(st.lists(molecules(), min_size=1, max_size=4))
    def test_a_list(self, values: list[Molecule]) -> None:
        back = read_back({"val": values})["val"]
        assert isinstance(back, Batch)
        assert back == values

    @given(st.lists(molecules(), min_size=1, max_size=4))
    def test_a_list_as_clients_write_it(self, values: list[Molecule]) -> None:
        store = MemoryStore()
        node = encode({"val": values}, store, exact=False, registry=REGISTRY).json["val"]
        assert node.keys() == {"_type", "filenames", "count", "captions"}
        captions = [value.caption for value in values]
        assert node["captions"] == (False if captions[0] is None else captions)
        back = decode(node, store, registry=REGISTRY)
        assert [each.file.read() for each in back] == [each.file.read() for each in values]
        assert encode(back, store, exact=False, registry=REGISTRY).json == node

    def test_a_list_holds_nothing_else(self) -> None:
        with pytest.raises(EncodeError, match="Opaque"):
            encode(Batch([Molecule(XYZ, file_type="xyz"), Opaque("x", {})]), MemoryStore(), registry=REGISTRY)

    def test_captions_of_another_batch_go_when_the_batch_changes(self) -> None:
        node = {
            "_type": "molecule",
            "filenames": ["media/molecule/a.pdb"],
            "count": 3,
            "captions": ["a", "b"],
        }
        store = MemoryStore({"media/molecule/a.pdb": b"END\n"})
        back = decode(node, store, registry=REGISTRY)
        assert encode(back, store, exact=False, registry=REGISTRY).json == node
        other = back.replace(items=[back[0].replace(caption="new")])
        changed = encode(other, store, exact=False, registry=REGISTRY).json
        assert (changed["count"], changed["captions"]) == (1, ["new"])


class TestFiles:
    @pytest.mark.parametrize("kind", FORMATS)
    def test_every_format(self, kind: str, tmp_path: Path) -> None:
        data = bytes(range(256))
        path = tmp_path / f"My.Mol.{kind.upper()}"
        path.write_bytes(data)
        with path.open("rb") as stream:
            for given in (path, str(path), stream):
                value = Molecule(given, "c")
                assert (value.format, value.file.suffix, value.caption) == (kind, f".{kind}", "c")
                assert value.file.read() == data
        assert read_back(Molecule(path), dialect=Dialect.ARTIFACT).format == kind

    def test_text(self) -> None:
        value = read_back(Molecule(XYZ, file_type="XYZ"))
        assert (value.text, value.format) == (XYZ, "xyz")
        assert Molecule(io.StringIO(XYZ), file_type="xyz") == value

    def test_file_type_goes_before_the_name(self, tmp_path: Path) -> None:
        path = tmp_path / "water.txt"
        path.write_text(XYZ)
        assert read_back(Molecule(path, file_type="xyz"), dialect=Dialect.ARTIFACT).format == "xyz"
        assert Molecule(BytesFile(b"", ".pdb")).format == "pdb"
        assert Molecule(BytesFile(b"", ".pdb"), file_type="gro").format == "gro"

    @pytest.mark.parametrize(
        ("data", "kind", "error", "words"),
        [
            (XYZ, None, ValueError, "text of a molecule needs file_type="),
            ("CCO", None, ValueError, "'CCO' does not say what it is.*from_smiles for SMILES"),
            ("a.mol", None, ValueError, "'a.mol' does not say"),
            (io.BytesIO(b""), None, ValueError, "pass file_type="),
            (io.BytesIO(b""), "mol", ValueError, "'mol' is none of pdb, pqr"),
            (io.BytesIO(b""), 3, TypeError, "file_type is text"),
            (3, None, TypeError, "not from int"),
            (None, None, TypeError, "not from NoneType"),
            ("https://example.org/a.pdb", None, ValueError, "is a URL"),
            ("no-such-file.pdb", None, OSError, "no-such-file"),
        ],
    )
    def test_what_is_none(self, data: Any, kind: Any, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            Molecule(data, file_type=kind)

    def test_files_without_text(self) -> None:
        with pytest.raises(DecodeError, match="mmtf files are no text"):
            Molecule(io.BytesIO(b"\x80"), file_type="mmtf").text  # noqa: B018
        with pytest.raises(DecodeError, match="not UTF-8 at byte 1"):
            Molecule(io.BytesIO(b"A\xff"), file_type="pdb").text  # noqa: B018

    def test_describe(self) -> None:
        assert Molecule(XYZ, "water", file_type="xyz").describe() == "xyz, 55 bytes, 'water'"
        value = Molecule(XYZ, file_type="xyz").replace(smiles="O", formula="H2O", weight=18.015, atoms=3)
        assert value.describe() == "H2O, 18.02 Da, 3 atoms, O, xyz, 55 bytes"


class TestWithoutRdkit:
    @pytest.fixture(autouse=True)
    def none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "rdkit"]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "rdkit", None)

    def test_files_come_and_go(self) -> None:
        assert read_back(Molecule(XYZ, file_type="xyz")).text == XYZ

    @pytest.mark.parametrize(
        "call",
        [
            lambda: Molecule.from_smiles("O"),
            lambda: Molecule.from_rdkit("a.sdf"),
            lambda: Molecule(XYZ, file_type="xyz").to_rdkit(),
        ],
    )
    def test_what_needs_it_says_so(self, call: Any) -> None:
        with pytest.raises(MissingExtra, match=r"pip install wbtypes-molecule\[rdkit\]"):
            call()
