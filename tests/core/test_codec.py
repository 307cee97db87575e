"""What codecs are made of: checked reads, captions, archetypes."""

from __future__ import annotations

import pytest
from wbtypes_toy import Doc, Pic
from wbtypes_toy.codec import DocCodec, NoteCodec, PicCodec, PicsCodec

from wbtypes_core import Batch, Codec, DecodeError, Dialect, MediaCodec
from wbtypes_core.codec import caption_of, exact_of, expect_object, json_file, read


@pytest.mark.parametrize(
    ("value", "types", "result"),
    [
        ("x", (str,), "x"),
        (1, (int,), 1),
        (1.0, (int,), 1),
        (1, (float,), 1),
        (1.5, (float,), 1.5),
        (True, (bool,), True),
        ({}, (dict,), {}),
        ([], (list, dict), []),
        ("x", (int, str), "x"),
        (10**400, (int,), 10**400),
        (10**400, (float,), 10**400),
    ],
)
def test_read_checks_types(value, types, result):
    found = read({"k": value}, "k", *types)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("value", "types", "words"),
    [
        (1, (str,), "is a number, not a string"),
        (True, (int,), "is a boolean, not a whole number"),
        (True, (float,), "is a boolean, not a number"),
        (1.5, (int,), "is a number, not a whole number"),
        (float("inf"), (int,), "is a number, not a whole number"),
        (float("nan"), (int,), "is a number, not a whole number"),
        ("1", (float,), "is a string, not a number"),
        ([], (dict,), "is a list, not an object"),
        ({}, (list, str), "is an object, not a list or a string"),
        (1, (bool,), "is a number, not a boolean"),
    ],
)
def test_read_refuses_other_types(value, types, words):
    with pytest.raises(DecodeError) as caught:
        read({"k": value}, "k", *types)
    assert str(caught.value) == f'["k"]: {words}'
    assert caught.value.reason == "wrong-type"
    with pytest.raises(DecodeError):
        read({"k": value}, "k", *types, default=None)


@pytest.mark.parametrize("node", [{}, {"k": None}])
def test_read_of_what_is_not_there(node):
    with pytest.raises(DecodeError, match=r'\["k"\]: is missing') as caught:
        read(node, "k", str)
    assert caught.value.reason == "missing-key"
    assert read(node, "k", str, default=None) is None
    assert read(node, "k", str, default="d") == "d"


@pytest.mark.parametrize("node", [None, [], "x", 1, True])
def test_expect_object(node):
    with pytest.raises(DecodeError, match="not an object") as caught:
        expect_object(node)
    assert caught.value.reason == "wrong-type"


def test_an_object_is_given_as_it_is():
    node = {"a": 1}
    assert expect_object(node) is node


@pytest.mark.parametrize("caption", ["", "x", 1, 1.5, True, None])
def test_captions_may_be_text_or_numbers(caption):
    assert caption_of({"caption": caption}) is caption


@pytest.mark.parametrize("caption", [[], {}, ["x"]])
def test_other_captions_are_refused(caption):
    with pytest.raises(DecodeError) as caught:
        caption_of({"caption": caption})
    assert (caught.value.reason, caught.value.path) == ("wrong-type", ("caption",))
    assert caption_of({}) is None


def test_exact_of():
    assert exact_of({"_wbtypes": {"a": 1}}) == {"a": 1}
    assert exact_of({}) == {}
    assert exact_of({"_wbtypes": None}) == {}
    with pytest.raises(DecodeError, match=r'\["_wbtypes"\]: is a list, not an object'):
        exact_of({"_wbtypes": []})


def test_codecs_know_their_keys():
    assert NoteCodec().known == {"text", "stars", "_type", "_wbtypes"}
    media = {"path", "sha256", "size", "artifact_path", "caption", "_type", "_wbtypes"}
    assert PicCodec().known == media | {"width", "strokes"}
    assert DocCodec().known == media


def test_archetypes_write_the_forms_that_they_should():
    assert set(NoteCodec.dialects) == {Dialect.RUN, Dialect.ARTIFACT}
    assert PicsCodec.dialects == (Dialect.RUN,)
    assert PicsCodec.value_type is Batch


def test_a_value_without_a_foreign_object_is_its_own():
    codec = PicCodec()
    pic = Pic(b"x")
    assert codec.native(pic) is pic
    assert codec.adopt(object()) is None
    assert codec.column_type(pic) == {"wb_type": "toy-pic"}
    assert DocCodec().column_type(Doc({})) == {"wb_type": "toy-doc"}


def test_the_archetypes_are_abstract():
    for kind in (Codec, MediaCodec):
        with pytest.raises(TypeError, match="abstract"):
            kind()


def test_a_json_file_is_written_at_first_need_as_the_client_does():
    calls = []

    def document():
        calls.append(1)
        return {"b": "ü", "a": [1.5, None]}

    file = json_file(document, ".x.json")
    assert calls == []
    assert file.read() == b'{"b": "\\u00fc", "a": [1.5, null]}'
    assert file.suffix == ".x.json"
    assert calls == [1]
