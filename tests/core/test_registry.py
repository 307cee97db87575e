"""The registry: lazy, never guessing, and standing when a plugin falls."""

from __future__ import annotations

import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import wbtypes_toy.plugin
from wbtypes_toy import Note, Pic
from wbtypes_toy.codec import NoteCodec

from wbtypes_core import (
    BrokenPlugin,
    DecodeError,
    EncodeError,
    Opaque,
    OpaqueWarning,
    PluginError,
    Registry,
    TagConflict,
    decode,
    default_registry,
    encode,
    hookimpl,
)
from wbtypes_core.errors import Code


def state(registry, distribution):
    (found,) = [each for each in registry.providers() if each.provider.distribution == distribution]
    return found


# -- loading --------------------------------------------------------------------------------------------------


def test_nothing_is_imported_before_the_first_meeting(site, plugin_source):
    site.add("lazy", types={"lazy-tag": "lazy_one.plugin"}, lazy_one__plugin=plugin_source("lazy-tag"))
    registry = site.registry()
    registry.providers()
    assert registry.why("other-tag").code is Code.NOT_INSTALLED
    assert state(registry, "lazy").state == "available"
    assert "lazy_one.plugin" not in sys.modules
    assert registry.codec("lazy-tag").tag == "lazy-tag"
    assert "lazy_one.plugin" in sys.modules
    assert state(registry, "lazy").state == "loaded"


COUNTING = """
import builtins
builtins.toy_imports = getattr(builtins, "toy_imports", 0) + 1
"""


def test_a_plugin_is_loaded_at_the_first_miss_only(site, plugin_source, monkeypatch):
    import builtins

    monkeypatch.setattr(builtins, "toy_imports", 0, raising=False)
    site.add("counted", types={"c": "counted.plugin"}, counted__plugin=COUNTING + plugin_source("c"))
    registry = site.registry()
    first = registry.find("c")
    assert [registry.find("c") for _ in range(3)] == [first] * 3
    assert registry.by_tag["c"] is first
    assert builtins.toy_imports == 1
    site.registry().find("c")
    assert builtins.toy_imports == 1


def test_one_module_serves_all_its_tags(site, monkeypatch):
    monkeypatch.syspath_prepend(str(site.folder))
    entries = dict.fromkeys(
        ("toy-note", "toy-pic", "toy-pics", "toy-doc", "toy-strokes"), "wbtypes_toy.plugin"
    )
    site.add("wbtypes-toy", "1.2", types=entries, natives={"string.Template": "wbtypes_toy.plugin"})
    registry = site.registry()
    registry.codec("toy-pic")
    assert set(registry.by_tag) == set(entries)
    assert encode(Note(text="a"), None, registry=registry).used == {"toy-note": "wbtypes-toy==1.2"}


def test_a_plugin_is_loaded_for_a_value_of_its_package(site, plugin_source):
    site.add("valued", types={"v": "valued.plugin"}, valued__plugin=plugin_source("v"))
    registry = site.registry()
    from valued.plugin import Thing

    assert registry.by_tag == {}
    assert encode(Thing(word="x"), None, registry=registry).json == {"_type": "v", "word": "x"}


def test_a_plugin_is_loaded_for_a_subclass_of_its_values(site, plugin_source):
    site.add("based", types={"b": "based.plugin"}, based__plugin=plugin_source("b"))
    registry = site.registry()
    from based.plugin import Thing

    class Mine(Thing):
        pass

    assert encode(Mine(word="x"), None, registry=registry).json == {"_type": "b", "word": "x"}


def test_a_class_that_nobody_writes(toys):
    from attrs import frozen

    from wbtypes_core import WBValue

    @frozen
    class Stray(WBValue):
        pass

    with pytest.raises(EncodeError, match="no plugin writes Stray"):
        encode({"a": [1, Stray()]}, None, registry=toys)


def test_a_registry_of_given_plugins_needs_no_metadata():
    registry = Registry.of(wbtypes_toy.plugin)
    assert registry.codec("toy-note")
    assert registry.providers() == ()
    assert registry.check() == ()
    assert Registry.of().why("toy-note").code is Code.NOT_INSTALLED


def test_a_registry_of_a_plugin_that_falls():
    class Plugin:
        @hookimpl
        def wbtypes_register(self, types):
            raise RuntimeError("no luck")

    with pytest.raises(BrokenPlugin, match="Plugin cannot be registered: no luck"):
        Registry.of(Plugin())


def test_a_plugin_with_a_hook_that_does_not_exist():
    class Plugin:
        @hookimpl
        def wbtypes_regsiter(self, types):
            raise AssertionError("not called")

    with pytest.raises(BrokenPlugin, match="wbtypes_regsiter"):
        Registry.of(Plugin())


def test_plugins_add_codecs_only():
    class Plugin:
        @hookimpl
        def wbtypes_register(self, types):
            types.add(NoteCodec)

    with pytest.raises(BrokenPlugin, match="takes codecs, not ABCMeta"):
        Registry.of(Plugin())


def test_the_default_registry_is_made_once():
    assert default_registry() is default_registry()


# -- reasons --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "package"), [("image-file", "wbtypes-image"), ("wb_trace_tree", "wbtypes-trace")]
)
def test_what_is_not_installed_comes_with_the_pip_line(tag, package):
    registry = Registry.of()
    reason = registry.why(tag)
    assert reason.code is Code.NOT_INSTALLED
    assert reason.endswith(f"pip install {package}")
    with pytest.raises(PluginError, match=f"pip install {package}") as caught:
        registry.codec(tag)
    assert type(caught.value) is PluginError


def test_data_never_names_what_to_install():
    reason = Registry.of().why("evil-package")
    assert "pip" not in reason
    assert reason.endswith(
        "wbtypes knows none by that name; if you know the package that brings it, install that"
    )


def test_every_reason_is_one_line():
    reason = Registry.of().why("two\nlines")
    assert len(reason.splitlines()) == 1


# -- conflicts ------------------------------------------------------------------------------------------------


@pytest.fixture
def rivals(site, plugin_source):
    """Two distributions that claim one tag."""
    site.add("first-dist", types={"t": "first_pkg.plugin"}, first_pkg__plugin=plugin_source("t", "first"))
    site.add("second-dist", types={"t": "second_pkg.plugin"}, second_pkg__plugin=plugin_source("t", "second"))
    return site


NODE = {"_type": "t", "word": "given"}


def test_a_contested_tag_is_never_guessed(rivals):
    registry = rivals.registry()
    with pytest.raises(TagConflict) as caught:
        registry.codec("t")
    text = str(caught.value)
    assert "first-dist==1.0 and second-dist==1.0 both claim 't'" in text
    assert "WBTYPES_PREFER=t=first-dist" in text
    value = decode(NODE, registry=registry)
    assert isinstance(value, Opaque)
    assert value.reason.code is Code.CONTESTED
    assert encode(value, None, registry=registry).json == NODE
    assert "first_pkg.plugin" not in sys.modules
    assert {each.state for each in registry.providers()} == {"contested"}
    assert len(registry.check()) == 2


def test_a_value_of_a_contested_tag_is_not_written(rivals):
    registry = rivals.registry()
    from first_pkg.plugin import Thing

    with pytest.raises(TagConflict, match="both claim 't'"):
        encode({"a": Thing()}, None, registry=registry)


@pytest.mark.parametrize("name", ["second-dist", "second_dist", "Second.Dist"])
def test_the_caller_prefers_a_distribution(rivals, name):
    registry = rivals.registry(prefer={"t": name})
    assert decode(NODE, registry=registry).word == "second"
    assert state(registry, "second-dist").state == "loaded"


def test_the_environment_prefers_a_distribution(rivals, monkeypatch):
    monkeypatch.setenv("WBTYPES_PREFER", "other=x, t = First_Dist ,")
    assert decode(NODE, registry=rivals.registry()).word == "first"


def test_the_caller_is_above_the_environment(rivals, monkeypatch):
    monkeypatch.setenv("WBTYPES_PREFER", "t=first-dist")
    assert decode(NODE, registry=rivals.registry(prefer={"t": "second-dist"})).word == "second"


def test_a_preference_for_what_does_not_claim_the_tag_decides_nothing(rivals):
    registry = rivals.registry(prefer={"t": "third-dist"})
    assert registry.why("t").code is Code.CONTESTED


def test_blocking_one_of_two_decides(rivals):
    assert decode(NODE, registry=rivals.registry(block=["first-dist"])).word == "second"


def test_contested_natives_are_not_guessed(site, plugin_source):
    native = {"string.Template": "PKG.plugin"}
    for name in ("north", "south"):
        source = plugin_source(name).replace('("word",)', '("word",); natives = ("string.Template",)')
        pkg = f"{name}_pkg"
        site.add(
            f"{name}-dist",
            types={name: f"{pkg}.plugin"},
            natives={path: target.replace("PKG", pkg) for path, target in native.items()},
            **{f"{pkg}__plugin": source},
        )
    from string import Template

    with pytest.raises(TagConflict, match=r"both claim 'string\.Template'"):
        site.registry().adopt(Template("x"))


# -- blocking -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["blocked-dist", "Blocked_Dist", "blocked_pkg.plugin", "blocked*", "*"])
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_blocked_plugins_are_never_imported(site, plugin_source, monkeypatch, name, by):
    site.add("blocked-dist", types={"b": "blocked_pkg.plugin"}, blocked_pkg__plugin=plugin_source("b"))
    if by == "environment":
        monkeypatch.setenv("WBTYPES_BLOCK", f"something, {name}")
    registry = site.registry(block=[name] if by == "argument" else [])
    reason = registry.why("b")
    assert reason.code is Code.BLOCKED
    assert "blocked-dist==1.0 is blocked" in reason
    assert state(registry, "blocked-dist").state == "blocked"
    assert "blocked_pkg.plugin" not in sys.modules
    with pytest.raises(PluginError):
        registry.codec("b")
    assert decode({"_type": "b"}, registry=registry).reason.code is Code.BLOCKED


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_only_the_named_are_loaded(site, plugin_source, monkeypatch, by):
    for name in ("wanted", "unwanted"):
        site.add(
            f"{name}-dist", types={name: f"{name}_pkg.plugin"}, **{f"{name}_pkg__plugin": plugin_source(name)}
        )
    if by == "environment":
        monkeypatch.setenv("WBTYPES_LOAD", "Wanted_Dist")
    registry = site.registry(only=["wanted-dist"] if by == "argument" else None)
    assert registry.codec("wanted")
    assert registry.why("unwanted").code is Code.BLOCKED
    assert "unwanted_pkg.plugin" not in sys.modules


def test_only_nothing_loads_nothing(site, plugin_source):
    site.add("dist", types={"t": "some_pkg.plugin"}, some_pkg__plugin=plugin_source("t"))
    assert site.registry(only=[]).why("t").code is Code.BLOCKED


def test_blocked_hooks_are_not_loaded(site):
    site.add("hooked", hooks={"h": "hooked_pkg.hooks"}, hooked_pkg__hooks="raise RuntimeError('loaded')")
    site.registry(block=["hooked"])
    assert "hooked_pkg.hooks" not in sys.modules


# -- broken plugins -------------------------------------------------------------------------------------------

REGISTERS = """
from wbtypes_core import hookimpl

@hookimpl
def wbtypes_register(types):
    {body}
"""

BROKEN = {
    "syntax": "def (",
    "import": "import no_such_library_at_all",
    "raises": "raise RuntimeError('first line\\nsecond line')",
    "hook": REGISTERS.format(body="raise ValueError('the hook failed')"),
    "recursion": "def f(): f()\nf()",
    "assertion": "assert False, 'unsound'",
    "rubbish": REGISTERS.format(body="types.add(3)"),
}


@pytest.mark.parametrize("fault", sorted(BROKEN))
def test_a_broken_plugin_is_put_aside(site, plugin_source, fault):
    site.add("broken-dist", "3.1", types={"bad": "broken_pkg.plugin"}, broken_pkg__plugin=BROKEN[fault])
    site.add("sound-dist", types={"good": "sound_pkg.plugin"}, sound_pkg__plugin=plugin_source("good"))
    registry = site.registry()
    with pytest.warns(OpaqueWarning, match=r"the plugin broken-dist==3\.1 does not work") as told:
        value = decode({"_type": "bad", "a": 1}, registry=registry)
    assert len(told) == 1
    assert value.reason.code is Code.BROKEN
    assert len(value.reason.splitlines()) == 1
    assert encode(value, None, registry=registry).json == {"_type": "bad", "a": 1}
    assert decode({"_type": "good", "word": "w"}, registry=registry).word == "w"
    assert decode({"_type": "bad"}, registry=registry).reason == value.reason
    with pytest.raises(BrokenPlugin):
        registry.codec("bad")
    assert [each.provider.distribution for each in registry.check()] == ["broken-dist"]
    assert state(registry, "broken-dist").state == "broken"


def test_a_historic_hook_that_raises_is_rolled_back(site):
    """pluggy keeps a plugin whose historic hook raised; its other hooks must not stay either."""
    site.add(
        "half-dist",
        types={"half": "half_pkg.plugin"},
        half_pkg__plugin="""
        from wbtypes_core import hookimpl
        from wbtypes_toy.codec import NoteCodec

        @hookimpl
        def wbtypes_register(types):
            types.add(NoteCodec())
            raise ValueError("half-way")

        @hookimpl
        def wbtypes_stored(ref, file):
            raise AssertionError("a plugin that failed is still called")
        """,
    )
    from wbtypes_core import MemoryStore

    registry = site.registry()
    with pytest.warns(OpaqueWarning, match="half-way"):
        assert registry.why("half").code is Code.BROKEN
    assert registry.by_tag == {}
    assert registry.why("toy-note").code is Code.NOT_INSTALLED
    toys = registry
    toys._register(wbtypes_toy.plugin, _provider(), advertised=None)
    assert encode(Pic(b"x"), MemoryStore(), registry=toys).files


def _provider():
    from wbtypes_core.index import Provider

    return Provider("wbtypes-toy", "1", "wbtypes_toy.plugin")


@pytest.mark.parametrize(
    ("advertised", "words"),
    [
        (("lied", "extra"), "advertised but not registered: extra; registered but not advertised: nothing"),
        (("other",), "advertised but not registered: other; registered but not advertised: lied"),
    ],
)
def test_a_plugin_that_lies_about_its_tags_is_refused(site, plugin_source, advertised, words):
    site.add(
        "lying-dist",
        types=dict.fromkeys(advertised, "lying_pkg.plugin"),
        lying_pkg__plugin=plugin_source("lied"),
    )
    registry = site.registry()
    with pytest.warns(OpaqueWarning, match=words):
        reason = registry.why(advertised[0])
    assert reason.code is Code.BROKEN
    assert registry.by_tag == {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert all(registry.why(tag) == reason for tag in advertised)


def test_a_plugin_that_lies_about_its_classes_is_refused(site, plugin_source):
    site.add(
        "native-liar",
        types={"n": "native_pkg.plugin"},
        natives={"string.Template": "native_pkg.plugin"},
        native_pkg__plugin=plugin_source("n"),
    )
    registry = site.registry()
    with pytest.warns(OpaqueWarning, match=r"differ in the classes they adopt: string\.Template"):
        assert registry.why("n").code is Code.BROKEN


def test_a_module_that_is_not_there(site):
    site.add("gone-dist", types={"g": "gone_pkg.plugin"})
    registry = site.registry()
    with pytest.warns(OpaqueWarning, match="No module named 'gone_pkg'"):
        assert registry.why("g").code is Code.BROKEN


def test_a_module_without_a_hook_registers_nothing(site):
    site.add("empty-dist", types={"e": "empty_pkg.plugin"}, empty_pkg__plugin="")
    registry = site.registry()
    with pytest.warns(OpaqueWarning, match="advertised but not registered: e"):
        assert registry.why("e").code is Code.BROKEN


def test_strict_raises_what_is_broken(site, monkeypatch):
    monkeypatch.setenv("WBTYPES_STRICT", "1")
    site.add("broken-dist", types={"bad": "strict_pkg.plugin"}, strict_pkg__plugin="import no_such_library")
    with pytest.raises(BrokenPlugin, match=r"broken-dist==1\.0 does not work") as caught:
        decode({"_type": "bad"}, registry=site.registry())
    assert isinstance(caught.value.__cause__, ImportError)


def test_a_broken_plugin_is_told_once_for_all_its_tags(site):
    site.add(
        "broken-dist",
        types=dict.fromkeys(("b1", "b2", "b3"), "told_pkg.plugin"),
        told_pkg__plugin="raise OSError('x')",
    )
    registry = site.registry()
    with pytest.warns(OpaqueWarning) as told:
        for tag in ("b1", "b2", "b3", "b1"):
            assert registry.why(tag).code is Code.BROKEN
    assert len(told) == 1


def test_a_broken_native_says_so(site):
    site.add(
        "broken-dist",
        types={"b": "natively_pkg.plugin"},
        natives={"string.Template": "natively_pkg.plugin"},
        natively_pkg__plugin="import no_such_library",
    )
    from string import Template

    registry = site.registry()
    with pytest.warns(OpaqueWarning), pytest.raises(BrokenPlugin, match="no_such_library"):
        registry.adopt(Template("x"))


def test_refresh_forgets_what_was_broken(site, plugin_source):
    site.add("healing-dist", types={"h": "healing_pkg.plugin"}, healing_pkg__plugin="raise OSError('ill')")
    registry = site.registry()
    with pytest.warns(OpaqueWarning, match="ill"):
        assert registry.why("h").code is Code.BROKEN
    site.module("healing_pkg__plugin", plugin_source("h"))
    site.add("new-dist", types={"new": "new_pkg.plugin"}, new_pkg__plugin=plugin_source("new"))
    assert registry.why("new").code is Code.NOT_INSTALLED
    registry.refresh()
    assert registry.why("h") is None
    assert registry.why("new") is None


def test_refresh_keeps_the_callers_wishes(rivals):
    registry = rivals.registry(prefer={"t": "second-dist"})
    registry.refresh()
    assert decode(NODE, registry=registry).word == "second"


# -- threads --------------------------------------------------------------------------------------------------


def test_threads_race_for_the_first_load(site, plugin_source, monkeypatch):
    import builtins

    monkeypatch.setattr(builtins, "toy_imports", 0, raising=False)
    slow = COUNTING + "import time; time.sleep(0.05)\n" + plugin_source("raced")
    site.add("raced-dist", types={"raced": "raced_pkg.plugin"}, raced_pkg__plugin=slow)
    registry = site.registry()
    barrier = threading.Barrier(12)

    def work(number):
        barrier.wait()
        return registry.find("raced")

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(work, range(12)))
    assert len({id(each) for each in found}) == 1
    assert builtins.toy_imports == 1


def test_threads_race_for_different_plugins(site, plugin_source):
    tags = [f"tag{number}" for number in range(8)]
    for tag in tags:
        source = "import time; time.sleep(0.01)\n" + plugin_source(tag)
        site.add(f"{tag}-dist", types={tag: f"{tag}_pkg.plugin"}, **{f"{tag}_pkg__plugin": source})
    registry = site.registry()
    barrier = threading.Barrier(8)

    def work(tag):
        barrier.wait()
        return registry.codec(tag).tag

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, tags)) == tags


# -- on_unknown -----------------------------------------------------------------------------------------------


def test_unknown_tags_are_kept_warned_of_or_raised(toys):
    node = {"a": [{"_type": "no-such"}, {"_type": "no-such"}]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(decode(node, registry=toys)["a"][0], Opaque)
    with pytest.warns(OpaqueWarning, match="no plugin for 'no-such' is installed") as told:
        decode(node, on_unknown="warn", registry=toys)
        decode(node, on_unknown="warn", registry=toys)
    assert len(told) == 1
    with pytest.raises(DecodeError, match="no plugin for 'no-such'") as caught:
        decode(node, on_unknown="raise", registry=toys)
    assert (caught.value.reason, caught.value.path) == ("not-installed", ("a", 0))
    with pytest.raises(ValueError, match="not 'ignore'"):
        decode(node, on_unknown="ignore", registry=toys)
