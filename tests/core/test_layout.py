"""How a run and how an artifact name their files (wire format, sections 1 and 3)."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbtypes_core import BytesFile, MemoryStore
from wbtypes_core.files import safe_parts
from wbtypes_core.layout import NAME_BYTES, ArtifactNaming, FixedNaming, RunNaming, label_key

FILE = BytesFile(b"abc", ".png")
SHA = hashlib.sha256(b"abc").hexdigest()
MD5 = hashlib.md5(b"abc").hexdigest()
TAIL = SHA[:20]


@pytest.mark.parametrize(
    ("key", "step", "path"),
    [
        ("img", 0, f"img_0_{TAIL}.png"),
        ("img", 12, f"img_12_{TAIL}.png"),
        ("img", "summary", f"img_summary_{TAIL}.png"),
        ("val/img", 3, f"val/img_3_{TAIL}.png"),
        ("/leading/slash", 31, f"leading/slash_31_{TAIL}.png"),
        ("///x", 0, f"x_0_{TAIL}.png"),
        ("a/../b", 0, f"a/__/b_0_{TAIL}.png"),
        ("a/./b", 0, f"a/_/b_0_{TAIL}.png"),
        ("..", 0, f"___0_{TAIL}.png"),
        (".", 0, f"__0_{TAIL}.png"),
        ("...", 0, f"..._0_{TAIL}.png"),
        ("a//b", 0, f"a/b_0_{TAIL}.png"),
        ("a/", 0, f"a/_0_{TAIL}.png"),
        ("", 0, f"_0_{TAIL}.png"),
        ("a b", 0, f"a b_0_{TAIL}.png"),
        ("a\\b:c*?", 0, f"a\\b:c*?_0_{TAIL}.png"),
        ("übung", 0, f"übung_0_{TAIL}.png"),
        ("nul\0byte", 0, f"nul_byte_0_{TAIL}.png"),
    ],
)
def test_a_run_names_files_by_key_step_and_hash(key, step, path):
    assert RunNaming(key, step).path("media/images", FILE) == f"media/images/{path}"


def test_a_run_keeps_the_extension_with_its_case():
    for suffix in (".JPG", ".pts.json", ""):
        path = RunNaming("k", 0).path("media/x", BytesFile(b"abc", suffix))
        assert path == f"media/x/k_0_{TAIL}{suffix}"


def test_an_artifact_names_encoded_data_by_md5():
    assert ArtifactNaming().path("media/images", FILE) == f"media/images/{MD5[:20]}.png"


def test_an_artifact_keeps_the_name_of_a_file_given_by_path():
    file = BytesFile(b"abc", ".png", name="My Cat.PNG")
    assert ArtifactNaming().path("media/images", file) == f"media/images/{SHA[:20]}/My Cat.PNG"


def test_a_settled_name_is_kept():
    assert FixedNaming("a/b.json").path("ignored", FILE) == "a/b.json"


def test_only_settled_names_are_not_shared():
    assert RunNaming("k", 0).shared
    assert ArtifactNaming().shared
    assert not FixedNaming("a").shared


def test_labels_are_kept_under_wandbs_own_spelling():
    assert label_key("img", "pred") == "img_wandb_delimeter_pred"


@pytest.mark.parametrize("key", ["k" * 5000, "ü" * 200, "a/" + "b" * 300 + "/c", "😀" * 100])
def test_long_names_fit_a_file_system_and_stay_apart(key):
    first = RunNaming(key, 0).path("media/images", FILE)
    second = RunNaming(key[:-1] + "x", 0).path("media/images", FILE)
    assert first != second
    for path in (first, second):
        assert all(len(part.encode()) <= NAME_BYTES for part in path.split("/"))
        assert path.endswith(f"_0_{TAIL}.png")


def test_a_name_that_just_fits_is_not_cut():
    room = NAME_BYTES - len(f"_0_{TAIL}.png")
    assert RunNaming("k" * room, 0).path("f", FILE) == f"f/{'k' * room}_0_{TAIL}.png"
    assert "~" in RunNaming("k" * (room + 1), 0).path("f", FILE)


def test_long_names_in_artifacts_fit_too():
    path = ArtifactNaming().path("media/images", BytesFile(b"abc", ".png", name="n" * 300 + ".png"))
    assert len(path.rpartition("/")[2].encode()) <= NAME_BYTES


@settings(max_examples=200)
@given(st.text(), st.integers(0, 10**6))
def test_any_key_without_backslashes_names_a_file_below_its_folder(key, step):
    path = RunNaming(key.replace("\\", "-"), step).path("media/images", FILE)
    assert "/".join(safe_parts(path)) == path
    assert path.startswith("media/images/")
    assert all(len(part.encode()) <= NAME_BYTES for part in path.split("/"))


def test_files_of_equal_bytes_and_folder_keep_their_first_name():
    store = MemoryStore()
    first = store.put(FILE, "media/images", RunNaming("a", 1))
    assert store.put(BytesFile(b"abc", ".png"), "media/images", RunNaming("b", 2)) == first
    assert store.put(BytesFile(b"abc", ".jpg"), "media/images", RunNaming("b", 2)) != first
    assert store.put(FILE, "media/other", RunNaming("b", 2)) != first
    assert len(store.files) == 3
