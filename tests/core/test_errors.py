"""The error tree: one line, a place, a code, and a way between processes."""

from __future__ import annotations

import builtins
import pickle
import subprocess
import sys
import textwrap

import pytest
from wbtypes_toy.codec import NoteCodec

from wbtypes_core import decode, errors
from wbtypes_core.errors import (
    BrokenPlugin,
    Code,
    DecodeError,
    EncodeError,
    LimitError,
    MissingExtra,
    PluginError,
    Reason,
    TagConflict,
    WBTypesError,
    need,
    spell,
)


def test_the_tree_says_who_must_act():
    assert issubclass(EncodeError, WBTypesError)
    assert issubclass(DecodeError, WBTypesError)
    assert issubclass(LimitError, DecodeError)
    assert issubclass(PluginError, WBTypesError)
    assert issubclass(TagConflict, PluginError)
    assert issubclass(BrokenPlugin, PluginError)
    assert issubclass(MissingExtra, PluginError)
    assert issubclass(MissingExtra, ImportError)
    assert not issubclass(EncodeError, DecodeError)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("val",), '["val"]'),
        (("val", "masks", 0), '["val"]["masks"][0]'),
        ((3, "a b", -1), '[3]["a b"][-1]'),
        (("übung",), '["übung"]'),
        (('a"b\\',), '["a\\"b\\\\"]'),
        (("a\nb", "\u2028", "\ud800"), '["a\\nb"]["\\u2028"]["\\ud800"]'),
    ],
)
def test_a_place_is_spelled_as_python_would(path, text):
    assert spell(path) == text


def test_the_path_grows_as_the_error_travels_up():
    error = DecodeError("is missing", reason="missing-key", path=("path",))
    assert error.under("masks", "pred") is error
    error.under(0)
    assert error.path == (0, "masks", "pred", "path")
    assert str(error) == '[0]["masks"]["pred"]["path"]: is missing'
    assert error.message == "is missing"


def test_an_error_without_a_place_is_its_message():
    assert str(EncodeError("cannot be written")) == "cannot be written"


def test_reasons_of_errors_are_codes():
    assert DecodeError("x").reason is Code.BAD_VALUE
    assert DecodeError("x", reason="limit").reason is Code.LIMIT
    assert LimitError("x").reason is Code.LIMIT
    assert DecodeError("x", reason="bad-json").reason == "bad-json"
    with pytest.raises(ValueError, match="no-such-code"):
        DecodeError("x", reason="no-such-code")


@pytest.mark.parametrize(
    "error",
    [
        DecodeError("m", reason="bad-json", path=("a", 1)),
        LimitError("m", path=("a",)),
        EncodeError("m", path=(0, "b")),
        TagConflict("m"),
        BrokenPlugin("m"),
        MissingExtra("m"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_travel_between_processes(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert getattr(copy, "path", None) == getattr(error, "path", None)
    assert getattr(copy, "reason", None) == getattr(error, "reason", None)


def test_a_reason_is_a_sentence_with_a_code():
    reason = Reason(Code.BROKEN, "it does not work")
    assert reason == "it does not work"
    assert reason.code is Code.BROKEN
    copy = pickle.loads(pickle.dumps(reason))
    assert (copy, copy.code) == (reason, Code.BROKEN)
    assert hash(reason) == hash("it does not work")


def test_need_gives_the_module():
    assert need("xml.dom", pip="nothing", what="this test").__name__ == "xml.dom"


def test_need_names_the_pip_line_in_one_line():
    with pytest.raises(MissingExtra) as caught:
        need("no_such_library.inner", pip="wbtypes-image", what="Image.to_pil")
    text = str(caught.value)
    assert text.startswith("Image.to_pil needs no_such_library: pip install wbtypes-image")
    assert len(text.splitlines()) == 1
    assert isinstance(caught.value.__cause__, ImportError)


def test_the_conformance_kit_names_its_extra(monkeypatch):
    """Without hypothesis the kit says what to install."""
    import sys

    for name in [name for name in sys.modules if name.startswith("wbtypes_core.testing")]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == "hypothesis":
            raise ModuleNotFoundError(f"No module named {name!r}", name="hypothesis")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r'needs hypothesis: pip install "wbtypes-core\[testing\]"'):
        import wbtypes_core.testing  # noqa: F401


def test_every_public_name_is_documented():
    for name, found in vars(errors).items():
        if isinstance(found, type) and found.__module__ == errors.__name__:
            assert found.__doc__, f"{name} says nothing about itself"


def test_an_odd_value_is_told_once_per_kind():
    from wbtypes_core import ValueWarning

    with pytest.warns(ValueWarning, match="odd values of this very test") as told:
        for _ in range(3):
            errors.warn_once("odd values of this very test were handled by a rule")
    assert len(told) == 1


def made(package, source, **names):
    """The names of a module of some package, made from source that may warn."""
    found = {"__name__": package, "warn_once": errors.warn_once, **names}
    exec(textwrap.dedent(source), found)
    return found


class TestTheUsersOwnLineIsNamed:
    """Whatever calls of ours lie between it and the warning."""

    def check(self, call):
        with pytest.warns(errors.ValueWarning) as told:
            call()
        (warning,) = told
        assert (warning.filename, warning.lineno) == (__file__, call.__code__.co_firstlineno)

    def test_by_a_helper(self):
        self.check(lambda: errors.warn_once("odd, by a helper"))

    @pytest.mark.parametrize("package", ["wbtypes_core.values", "wbtypes_of_a_stranger", "wbtypes", None])
    @pytest.mark.parametrize("depth", [0, 1, 7])
    def test_by_a_constructor(self, package, depth):
        source = """
        class Value:
            def __init__(self, odd, depth):
                self.__init__(odd, depth - 1) if depth else warn_once(odd)
        """
        value = made(package, source)["Value"]
        self.check(lambda: value(f"odd, {depth} below a constructor of {package}", depth))

    def test_by_a_decode(self, toys, monkeypatch):
        source = """
        def warned(codec, node, ctx):
            warn_once("odd, by a decode")
            return plain(codec, node, ctx)
        """
        warned = made("wbtypes_toy.codec", source, plain=NoteCodec.decode)["warned"]
        monkeypatch.setattr(NoteCodec, "decode", warned)
        self.check(lambda: decode({"row": [{"_type": "toy-note", "text": "x"}]}, registry=toys))

    def test_that_of_a_module_whose_name_only_begins_alike(self):
        source = """
        def call():
            warn_once("odd, in a module of the user's")
        """
        call = made("wbtypesetting", source)["call"]
        with pytest.warns(errors.ValueWarning) as told:
            call()
        assert (told[0].filename, told[0].lineno) == ("<string>", 3)

    def test_where_there_is_none_the_outermost_is(self):
        code = """
        from wbtypes_core import warn_once
        __name__ = "wbtypes_program"
        warn_once("odd, in a program of ours")
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
        )
        assert done.stderr.startswith("<string>:4: ValueWarning: odd")
