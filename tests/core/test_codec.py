"""What codecs are made of: checked reads, captions, archetypes."""

from __future__ import annotations

import pytest
from wbtypes_toy import Doc, Pic
from wbtypes_toy.codec import DocCodec, NoteCodec, PicCodec, PicsCodec

from wbtypes_core import (
    Batch,
    Codec,
    DecodeError,
    Dialect,
    EncodeError,
    MediaCodec,
    MemoryStore,
    decode,
    encode,
)
from wbtypes_core.codec import (
    caption_of,
    captions_of,
    exact_fields,
    exact_of,
    exact_part,
    expect_object,
    json_file,
    read,
    read_items,
    read_part,
)


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


def even(item):
    if item % 2:
        raise DecodeError("is odd")
    return item // 2


def test_a_list_is_read_item_by_item():
    assert read_items({"k": [2, 4]}, "k", even) == [1, 2]
    assert read_items({"k": []}, "k", even) == []
    with pytest.raises(DecodeError, match=r'^\["k"\]\[1\]: is odd$'):
        read_items({"k": [2, 3, 5]}, "k", even)


def test_the_items_of_a_list_have_one_type():
    assert read_items({"k": ["a", ""]}, "k", str) == ["a", ""]
    found = read_items({"k": [1, 2.0]}, "k", int)
    assert found == [1, 2]
    assert set(map(type, found)) == {int}
    assert read_items({"k": [1, 2.5]}, "k", float) == [1, 2.5]
    with pytest.raises(DecodeError, match=r'^\["k"\]\[1\]: is null, not a string$') as caught:
        read_items({"k": ["a", None]}, "k", str)
    assert caught.value.reason == "wrong-type"


@pytest.mark.parametrize("node", [{}, {"k": None}])
def test_a_list_that_is_not_there(node):
    with pytest.raises(DecodeError, match=r'^\["k"\]: is missing$'):
        read_items(node, "k", str)
    assert read_items(node, "k", str, default=()) == ()
    assert read_items(node, "k", str, default=None) is None


def test_what_is_no_list_has_no_items():
    with pytest.raises(DecodeError, match=r'^\["k"\]: is an object, not a list$'):
        read_items({"k": {}}, "k", str, default=None)


def test_a_part_is_read_by_what_makes_it():
    assert read_part({"k": {"n": 4}}, "k", lambda inner: even(inner["n"])) == 2
    assert read_part({"k": 4}, "k", even, int) == 2
    assert read_part({}, "k", even, int, default=None) is None
    with pytest.raises(DecodeError, match=r'^\["k"\]: is odd$'):
        read_part({"k": 3}, "k", even, int)
    with pytest.raises(DecodeError, match=r'^\["k"\]: is a number, not an object$'):
        read_part({"k": 3}, "k", even)
    with pytest.raises(DecodeError, match=r'^\["k"\]: is missing$'):
        read_part({"k": None}, "k", even)


def test_a_part_keeps_the_cause_of_its_error():
    def trip(inner):
        raise DecodeError("trips") from KeyError("x")

    with pytest.raises(DecodeError) as caught:
        read_part({"k": {}}, "k", trip)
    assert isinstance(caught.value.__cause__, KeyError)


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


def test_what_stands_beside_is_read_and_written():
    assert exact_part(a=1, b=None, c=0, d="") == {"_wbtypes": {"a": 1, "c": 0, "d": ""}}
    assert exact_part(a=None) == exact_part() == {}
    assert exact_fields({"_wbtypes": {"a": 2}}, lambda exact: {"half": even(exact["a"])}) == {"half": 1}
    assert exact_fields({}, lambda exact: {"half": 1}) == {}
    with pytest.raises(DecodeError, match=r'^\["_wbtypes"\]: is odd$'):
        exact_fields({"_wbtypes": {"a": 3}}, lambda exact: {"half": even(exact["a"])})


@pytest.mark.parametrize("said", [None, False, ["x"], ["x", "y", "z"], {}])
def test_captions_of_another_number_say_nothing(said):
    assert captions_of({"captions": said}, 2) == [None, None]


def test_captions_of_a_batch():
    assert captions_of({"captions": ["x", None, 1.5]}, 3) == ["x", None, 1.5]
    with pytest.raises(DecodeError, match=r'^\["captions"\]\[1\]: is a list, not a string or a number'):
        captions_of({"captions": ["x", []]}, 2)


def pics(**said):
    return {"_type": "toy-pics", "pics": [{"_type": "toy-pic", "path": "media/pics/a.pic"}], **said}


@pytest.mark.parametrize("said", [{"count": 1}, {"count": 7}, {}, {"count": None}])
def test_a_batch_is_written_back_as_it_came(toys, said):
    store = MemoryStore({"media/pics/a.pic": b"a"})
    assert encode(decode(pics(**said), store, registry=toys), store, registry=toys).json == pics(**said)


def test_a_batch_that_is_another_says_what_is_true_of_it(toys):
    store = MemoryStore({"media/pics/a.pic": b"a"})
    batch = decode(pics(count=7), store, registry=toys)
    longer = batch.replace(items=(*batch, Pic(b"b")))
    assert encode(longer, store, registry=toys).json["count"] == 2


def test_items_of_a_batch_are_read_and_written_at_their_place(toys):
    with pytest.raises(DecodeError, match=r'^\["pics"\]\[0\]\["path"\]: is a number, not a string$'):
        decode({"_type": "toy-pics", "pics": [{"_type": "toy-pic", "path": 3}]}, registry=toys)
    with pytest.raises(EncodeError, match=r'^\["pics"\]\[0\]: .* needs a store'):
        encode([Pic(b"b")], None, registry=toys)


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
