"""What is installed, from metadata alone."""

from __future__ import annotations

import sys
import time

import pytest

from wbtypes_core import index
from wbtypes_core.index import Entry, Index, Provider, normalized


def read(site) -> Index:
    return index.installed(refresh=True)


def test_entry_points_become_entries(site):
    site.add(
        "My.Dist",
        "2.0",
        types={"my-tag": "my_pkg.plugin", "my/other": "my_pkg.plugin"},
        natives={"lib.Class": "my_pkg.plugin"},
        hooks={"h": "my_pkg.hooks"},
    )
    found = read(site)
    assert set(found.entries) == {
        Entry("types", "my-tag", "my_pkg.plugin", "my-dist", "2.0"),
        Entry("types", "my/other", "my_pkg.plugin", "my-dist", "2.0"),
        Entry("natives", "lib.Class", "my_pkg.plugin", "my-dist", "2.0"),
        Entry("hooks", "h", "my_pkg.hooks", "my-dist", "2.0"),
    }
    provider = Provider("my-dist", "2.0", "my_pkg.plugin", ("my-tag", "my/other"), ("lib.Class",))
    assert found.providers == (provider,)
    assert found.by_tag == {"my-tag": (provider,), "my/other": (provider,)}
    assert found.by_native == {"lib.Class": (provider,)}
    assert found.by_package == {"my_pkg": (provider,)}
    assert set(found.group("hooks")) == {"h"}
    assert str(provider) == "my-dist==2.0"


def test_distributions_without_our_groups_are_nothing(site):
    site.metadata("stranger", entry_points="[console_scripts]\nx = y:z\n")
    site.metadata("silent")
    assert read(site).entries == ()


def test_only_the_head_of_the_metadata_says_name_and_version(site):
    """What a description says, and a second line of the same kind, say nothing."""
    entry_points = "[wbtypes.types]\nt = a.plugin\n"
    site.metadata("told", entry_points=entry_points)
    (folder,) = site.folder.glob("told*.dist-info")
    head = "Metadata-Version: 2.1\r\nname:  Told \r\nVersion: 3.0\r\nName: Other\r\n\r\nVersion: 4.0\r\n"
    (folder / "METADATA").write_bytes(head.encode())
    assert [(entry.distribution, entry.version) for entry in read(site).entries] == [("told", "3.0")]


def test_an_egg_is_a_distribution_too(site):
    egg = site.folder / "Old_Style.egg-info"
    egg.mkdir()
    (egg / "PKG-INFO").write_text("Metadata-Version: 1.2\nName: Old_Style\nVersion: 0.1\n")
    (egg / "entry_points.txt").write_text("[wbtypes.types]\nt = old.plugin\n")
    assert [(entry.distribution, entry.version) for entry in read(site).entries] == [("old-style", "0.1")]


def test_a_distribution_that_is_there_twice_is_the_first_one(site, tmp_path, monkeypatch):
    import importlib.metadata

    site.add("dist", "1.0", types={"t": "a.plugin"})
    other = tmp_path / "other"
    other.mkdir()
    (other / "Dist-2.0.dist-info").mkdir()
    (other / "Dist-2.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: Dist\nVersion: 2.0\n"
    )
    (other / "Dist-2.0.dist-info" / "entry_points.txt").write_text("[wbtypes.types]\nt = b.plugin\n")
    both = importlib.metadata.MetadataPathFinder.find_distributions
    context = importlib.metadata.DistributionFinder.Context(path=[str(site.folder), str(other)])
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: both(context))
    assert [entry.version for entry in read(site).entries] == ["1.0"]


def test_the_index_is_read_once_per_process(site, monkeypatch):
    site.add("one", types={"one": "one.plugin"})
    first = index.installed()
    site.add("two", types={"two": "two.plugin"})
    assert index.installed() is first
    assert set(index.installed(refresh=True).by_tag) == {"one", "two"}


def test_reading_the_index_imports_no_plugin(site, plugin_source):
    site.add("lazy", types={"lazy-tag": "lazy_pkg.plugin"}, lazy_pkg__plugin=plugin_source("lazy-tag"))
    assert set(read(site).by_tag) == {"lazy-tag"}
    assert not [name for name in sys.modules if name.startswith("lazy_pkg")]


@pytest.mark.parametrize(
    ("name", "normal"),
    [("A.B_c--d", "a-b-c-d"), ("wbtypes-image", "wbtypes-image"), ("wbtypes_image", "wbtypes-image")],
)
def test_names_compare_in_one_spelling(name, normal):
    assert normalized(name) == normal


def test_several_distributions_may_claim_one_tag(site):
    site.add("b-dist", types={"t": "b.plugin"})
    site.add("a-dist", types={"t": "a.plugin"})
    assert [provider.distribution for provider in read(site).by_tag["t"]] == ["a-dist", "b-dist"]


def test_five_hundred_distributions(site, record_property):
    """The cost is written down, not asserted: machines differ. All are found."""
    for number in range(500):
        site.metadata(
            f"dist-{number}", entry_points="[wbtypes.types]\n" + f"tag-{number} = pkg{number}.plugin\n"
        )
    start = time.perf_counter()
    found = read(site)
    record_property("seconds_to_read", time.perf_counter() - start)
    start = time.perf_counter()
    assert (len(found.providers), len(found.by_tag), len(found.by_package)) == (500, 500, 500)
    record_property("seconds_to_group", time.perf_counter() - start)
