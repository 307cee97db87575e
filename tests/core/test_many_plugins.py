"""Many plugins, some of them unsound, and an environment that changes while the process runs."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings

import pytest
import wbtypes_toy.plugin
from wbtypes_toy import Note

from wbtypes_core import (
    BrokenPlugin,
    EncodeError,
    Opaque,
    OpaqueWarning,
    PluginError,
    Registry,
    __version__,
    decode,
    encode,
    index,
)
from wbtypes_core.errors import Code

MANY = 500
MAJOR = int(__version__.partition(".")[0])


def wanting(name, wanted):
    """A METADATA file that asks for core."""
    return (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        f'Requires-Dist: attrs>=22\nRequires-Dist: wbtypes-core[testing]>=9; extra == "dev"\nRequires-Dist: {wanted}\n'
    )


def built_for(site, name, tag, wanted, source):
    """Install a plugin that asks for these versions of core."""
    package = name.replace("-", "_")
    site.metadata(
        name, entry_points=f"[wbtypes.types]\n{tag} = {package}.plugin\n", METADATA=wanting(name, wanted)
    )
    site.module(f"{package}__plugin", source)


@pytest.fixture
def crowd(site, plugin_source):
    """Five hundred plugins: one broken, one that lies about its tags, two that claim one tag, one for the next core."""
    for number in range(MANY - 5):
        site.metadata(
            f"crowd-{number}", entry_points=f"[wbtypes.types]\ntag-{number} = crowd{number}.plugin\n"
        )
    site.module("crowd7__plugin", plugin_source("tag-7"))
    site.add("crowd-broken", types={"ill": "crowd_ill.plugin"}, crowd_ill__plugin="import no_such_library")
    site.add("crowd-lying", types={"said": "crowd_lie.plugin"}, crowd_lie__plugin=plugin_source("done"))
    for side in ("left", "right"):
        source = {f"crowd_{side}__plugin": plugin_source("both", side)}
        site.add(f"crowd-{side}", types={"both": f"crowd_{side}.plugin"}, **source)
    built_for(
        site,
        "crowd-next",
        "next",
        f"wbtypes-core (<{MAJOR + 2},>={MAJOR + 1})",
        "from wbtypes_core import Codec, SomethingNew",
    )
    return site


def test_a_sound_plugin_among_many_works_and_no_other_is_imported(crowd):
    registry = crowd.registry()
    assert len(registry.providers()) == MANY
    assert decode({"_type": "tag-7", "word": "x"}, registry=registry).word == "x"
    imported = {name.partition(".")[0] for name in sys.modules if name.startswith("crowd")}
    assert imported == {"crowd7"}


@pytest.mark.parametrize(
    ("tag", "code", "words"),
    [
        (
            "ill",
            Code.BROKEN,
            "crowd-broken==1.0 does not work: ModuleNotFoundError: No module named 'no_such",
        ),
        ("ill", Code.BROKEN, "reinstall it, or report this to its author"),
        (
            "said",
            Code.BROKEN,
            "crowd-lying==1.0 does not work: .*not registered: said; .*not advertised: done",
        ),
        ("both", Code.CONTESTED, "crowd-left==1.0 and crowd-right==1.0 both claim 'both'"),
        (
            "next",
            Code.BROKEN,
            "crowd-next==1.0 does not work: ImportError: cannot import name 'SomethingNew'",
        ),
        (
            "next",
            Code.BROKEN,
            rf"built for wbtypes-core <{MAJOR + 2},>={MAJOR + 1}, and {__version__} is installed: install versions",
        ),
        ("tag-8", Code.BROKEN, "crowd-8==1.0 does not work: ModuleNotFoundError: No module named 'crowd8'"),
    ],
)
def test_what_is_unsound_says_so_in_one_line(crowd, tag, code, words):
    registry = crowd.registry()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OpaqueWarning)
        node = {"_type": tag, "path": "x"}
        value = decode(node, registry=registry)
    assert isinstance(value, Opaque)
    assert value.reason.code is code
    assert len(value.reason.splitlines()) == 1
    assert re.search(words, value.reason), value.reason
    assert encode(value, None, registry=registry).json == node
    assert registry.codec("tag-7")


def test_a_plugin_for_the_next_core_that_works_is_used(site, plugin_source):
    built_for(site, "eager-dist", "eager", f"wbtypes-core>={MAJOR + 1}", plugin_source("eager"))
    assert site.registry().codec("eager")


@pytest.mark.parametrize(
    ("need", "wanted"),
    [
        ("wbtypes-core>=1.0.0,<2", ">=1.0.0,<2"),
        ("Wbtypes_Core (<2,>=1)", "<2,>=1"),
        ("wbtypes-core[testing] ~=1.2 ; python_version > '3'", "~=1.2"),
        ("wbtypes-core", None),
        ("wbtypes-core-extra>=3", None),
        ("attrs>=22", None),
    ],
)
def test_what_a_distribution_wants_of_core(site, need, wanted):
    site.metadata("wanting", entry_points="", METADATA=wanting("wanting", need))
    assert index.core_wanted("wanting") == wanted


def test_what_nobody_installed_wants_nothing(site):
    assert index.core_wanted("no-such-distribution") is None


# -- while the process runs -----------------------------------------------------------------------------------


def remove(site, name, version="1.0"):
    """Uninstall a distribution; its modules stay imported, as they do."""
    folder = site.folder / f"{name.replace('-', '_')}-{version}.dist-info"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_a_plugin_that_is_installed_meanwhile_is_found(site, plugin_source):
    registry = site.registry()
    node = {"_type": "late", "word": "x"}
    assert isinstance(decode(node, registry=registry), Opaque)
    site.add("late-dist", types={"late": "late_pkg.plugin"}, late_pkg__plugin=plugin_source("late"))
    assert isinstance(decode(node, registry=registry), Opaque)
    registry.refresh()
    assert decode(node, registry=registry).word == "x"


INSTALL_AND_REFRESH = """
import pathlib, sys
from wbtypes_core import default_registry
site = pathlib.Path(sys.argv[1])
registry = default_registry()
assert registry.why("late").code == "not-installed"
info = site / "late-1.0.dist-info"
info.mkdir()
(info / "METADATA").write_text("Metadata-Version: 2.1\\nName: late\\nVersion: 1.0\\n")
(info / "entry_points.txt").write_text("[wbtypes.types]\\nlate = late_pkg.plugin\\n")
(site / "late_pkg").mkdir()
(site / "late_pkg" / "plugin.py").write_text(sys.argv[2])
registry.refresh()
sys.exit(registry.why("late"))
"""


def test_it_is_found_in_a_process_of_its_own(tmp_path, plugin_source):
    """Where nothing but `refresh` tells Python's own finders that a folder has changed."""
    words = [sys.executable, "-c", INSTALL_AND_REFRESH, str(tmp_path), plugin_source("late")]
    done = subprocess.run(
        words, capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)}, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_plugin_that_is_removed_meanwhile_is_gone(site, plugin_source):
    site.add("leaving", types={"going": "leaving_pkg.plugin"}, leaving_pkg__plugin=plugin_source("going"))
    registry = site.registry()
    node = {"_type": "going", "word": "x"}
    value = decode(node, registry=registry)
    remove(site, "leaving")
    assert encode(value, None, registry=registry).json == node
    registry.refresh()
    assert registry.why("going").code is Code.NOT_INSTALLED
    assert encode(decode(node, registry=registry), None, registry=registry).json == node
    with pytest.raises(EncodeError, match="no plugin writes Thing"):
        encode(value, None, registry=registry)


def test_a_rival_that_is_removed_meanwhile_settles_the_conflict(site, plugin_source):
    for side in ("up", "down"):
        source = {f"{side}_pkg__plugin": plugin_source("one", side)}
        site.add(f"{side}-dist", types={"one": f"{side}_pkg.plugin"}, **source)
    registry = site.registry()
    assert registry.why("one").code is Code.CONTESTED
    remove(site, "down-dist")
    registry.refresh()
    assert decode({"_type": "one", "word": "x"}, registry=registry).word == "up"


def test_a_liar_that_is_mended_meanwhile_works(site, plugin_source):
    site.add("mended", types={"true": "mended_pkg.plugin"}, mended_pkg__plugin=plugin_source("untrue"))
    registry = site.registry()
    with pytest.warns(OpaqueWarning, match="registered but not advertised: untrue"):
        registry.why("true")
    assert "mended_pkg.plugin" not in sys.modules
    site.module("mended_pkg__plugin", plugin_source("true") + "\n# so that the length differs\n")
    registry.refresh()
    assert registry.codec("true")


def test_what_others_imported_of_a_broken_package_stays(site):
    site.module("shared_pkg__helper", "")
    site.add("shared", types={"s": "shared_pkg.plugin"}, shared_pkg__plugin="from . import helper, nothing")
    import shared_pkg.helper

    with pytest.warns(OpaqueWarning):
        assert site.registry().why("s").code is Code.BROKEN
    assert sys.modules["shared_pkg.helper"] is shared_pkg.helper


def upgrade(site, plugin_source, tag="grown"):
    """Another version of an installed plugin."""
    remove(site, "growing")
    site.add("growing", "2.0", types={tag: "growing_pkg.plugin"})


def test_a_newer_version_of_what_is_loaded_asks_for_a_restart(site, plugin_source):
    site.add("growing", types={"grown": "growing_pkg.plugin"}, growing_pkg__plugin=plugin_source("grown"))
    registry = site.registry()
    value = decode({"_type": "grown", "word": "x"}, registry=registry)
    upgrade(site, plugin_source)
    with pytest.warns(OpaqueWarning, match=r"growing==2\.0 is installed, but this process has 1\.0 loaded"):
        registry.refresh()
    assert encode(value, None, registry=registry).used == {"grown": "growing==1.0"}
    assert [str(state.provider) for state in registry.providers()] == ["growing==1.0"]


def test_a_newer_version_with_other_tags_asks_for_a_restart_too(site, plugin_source):
    site.add("growing", types={"grown": "growing_pkg.plugin"}, growing_pkg__plugin=plugin_source("grown"))
    registry = site.registry()
    registry.codec("grown")
    upgrade(site, plugin_source, "other")
    with pytest.warns(OpaqueWarning, match="restart it"):
        registry.refresh()
    with pytest.raises(BrokenPlugin, match=r"growing==2\.0 is installed.*restart it"):
        registry.codec("other")


def test_a_registry_of_given_plugins_stays_as_it_is(site, plugin_source):
    registry = Registry.of(wbtypes_toy.plugin)
    site.add("late-dist", types={"late": "late_pkg.plugin"}, late_pkg__plugin=plugin_source("late"))
    registry.refresh()
    assert encode(Note(text="a"), None, registry=registry).json
    with pytest.raises(PluginError):
        registry.codec("late")
