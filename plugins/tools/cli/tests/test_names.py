"""Names of files: portable, and never twice."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbtypes_cli.names import MOST, Names, portable, portable_suffix

FORBIDDEN = set('/\\:*?"<>|\0\n\t ')


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("loss", "loss"),
        ("val/images", "val_images"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("", "_"),
        ("...", "_"),
        (".hidden", "hidden"),
        ('a b:c*?"<>|\\', "a_b_c_______"),
        ("Größe/猫", "Größe_猫"),
        ("हिन्दी", "हिन्दी"),
        ("aux", "_aux"),
        ("COM1.log", "_COM1.log"),
        ("auxiliary", "auxiliary"),
        ("\x1b[2J", "__2J"),
        ("\ud800", "_"),
    ],
)
def test_portable(key: str, name: str) -> None:
    assert portable(key) == name


@given(st.text())
def test_any_text_is_a_name_on_every_system(text: str) -> None:
    name = portable(text)
    assert 0 < len(name.encode()) <= MOST + 1
    assert not FORBIDDEN & set(name)
    assert not name.startswith(".")
    assert not name.endswith((".", " "))
    assert portable(name) == name


@pytest.mark.parametrize(
    ("suffix", "name"),
    [(".png", ".png"), (".mask.png", ".mask.png"), ("", ""), (".", ""), (".p/ng", ".p_ng"), (".JPG", ".JPG")],
)
def test_suffixes(suffix: str, name: str) -> None:
    assert portable_suffix(suffix) == name


@given(st.lists(st.text(alphabet="aAä猫", min_size=70, max_size=400), max_size=5), st.integers(0, 10**300))
def test_names_fit_every_file_system_and_still_differ(stems: list[str], step: int) -> None:
    names = Names()
    found = [names.claim(f"{stem}_{step}", ".mask.png") for stem in (*stems, *stems)]
    assert len({name.casefold() for name in found}) == len(found)
    assert all(len(name.encode()) <= 255 and name.endswith(".mask.png") for name in found)


def test_collisions_are_numbered() -> None:
    names = Names("metadata.jsonl")
    assert [names.claim("a_1", ".png") for _ in range(3)] == ["a_1.png", "a_1-2.png", "a_1-3.png"]
    assert names.claim("A_1", ".png") == "A_1-4.png"
    assert names.claim("metadata.jsonl") == "metadata.jsonl-2"


@given(st.lists(st.text(alphabet="aAäÄ\u0308ß-2.", max_size=4), max_size=30))
def test_no_two_names_are_alike_on_any_system(stems: list[str]) -> None:
    names = Names()
    found = [names.claim(portable(stem), ".png") for stem in stems]
    assert len({unicodedata.normalize("NFC", name.casefold()) for name in found}) == len(stems)
