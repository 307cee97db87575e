"""What every codec must do, told as tests: inherit, name the codec, give samples."""

from __future__ import annotations

import copy
import hashlib
import importlib
import json
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from importlib.resources import files as resources
from operator import getitem
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, cast

import attrs
import hypothesis
import pytest
import referencing
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ..codec import EXACT, BatchCodec, Codec, JsonFileCodec, MediaCodec, exact_of
from ..context import DecodeContext, Dialect, encode_context
from ..decode import decode
from ..encode import Encoded, encode, native
from ..errors import DecodeError, Step, ValueWarning, WBTypesError, spell
from ..files import mentioned
from ..index import installed
from ..jsonio import dumps, loads, same
from ..limits import Limits
from ..registry import Registry
from ..stores import MemoryStore
from ..values import Batch, Media, WBValue
from .corpus import CorpusEntry, corpus_folder, read_corpus
from .hostile import mutations
from .watched import WatchedStore

UNKNOWN = "wbtypes_testing_unknown"
"""A key that no codec knows."""

Place = tuple[Step, ...]
"""Where something is in a document."""

_ANYTHING: tuple[Any, ...] = ({"nested": [1, None, "x"]}, [], "x", 0.5)
"""What a newer client may say under a key that is not known yet; an object that has room for one of a kind only is a map."""

_KEEP_INNER = (
    "keep the keys that your codec does not know of an inner object, as an `extra` of its own, or say in the schema that "
    'there are no others: "additionalProperties": false'
)

_QUICK = hypothesis.settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(hypothesis.HealthCheck),
)

_COLD = """
import importlib, json, sys
asked = json.load(sys.stdin)
importlib.import_module(asked["package"])
plugin = importlib.import_module(asked["plugin"])
from wbtypes_core import Limits, MemoryStore, Registry
from wbtypes_core.context import DecodeContext
registry = Registry.of(plugin)
for node in asked["nodes"]:
    context = DecodeContext(MemoryStore(), registry, True, "keep", Limits(), key="value", step=None)
    context.decode(node, expect=asked["tag"])
print(json.dumps([name for name in asked["heavy"] if name in sys.modules]))
"""

_AGAIN = """
import importlib, pickle, sys
from wbtypes_core import Dialect, MemoryStore, Registry
from wbtypes_core.context import encode_context
from wbtypes_core.jsonio import dumps
plugins, tag, samples = pickle.load(sys.stdin.buffer)
registry = Registry.of(*map(importlib.import_module, plugins))
for dialect, value in samples:
    context = encode_context(
        MemoryStore(), registry, key="value", step=0, dialect=Dialect(dialect), exact=True
    )
    print(dumps(context.encode(value, expect=tag), sort=True))
"""


class CodecConformance:
    """The contract of one codec, as tests; subclass it once per codec, with a name that starts with ``Test``.

    ::

        class TestImage(CodecConformance):
            codec = ImageCodec()
            plugin = wbtypes_image.plugin
            corpus = Path(__file__).parent / "corpus"
            heavy = ("PIL", "numpy")

            def samples(self):
                yield Image(array, caption="a cat")

    The corpus is described at `CorpusEntry`; entries of dialects that the codec does not write are left to the tag's other
    codec. Schemas are package data of the plugin: ``schemas/<tag>.json`` beside its module, ``/`` as ``.``.

    Attributes:
        codec: the codec under test.
        plugin: the plugin module that registers it, importable by its name.
        corpus: the folder that has a folder of recorded nodes for each tag.
        heavy: modules that neither importing the plugin nor decoding may import.
        siblings: plugin modules of other types that the samples hold, as masks in images.
    """

    codec: ClassVar[Codec[Any]]
    plugin: ClassVar[ModuleType]
    corpus: ClassVar[Path]
    heavy: ClassVar[Sequence[str]] = ()
    siblings: ClassVar[Sequence[ModuleType]] = ()

    def samples(self) -> Iterable[WBValue]:
        """Values that show all the codec can carry, with and without each optional part; batches for a `BatchCodec`."""
        raise TypeError(f"{type(self).__name__} must say which values to try: override samples()")

    def native_equal(self, value: Any, native: Any) -> bool:
        """Whether a foreign object is what the value stands for; override it to have `native` tested."""
        raise TypeError(f"{type(self).__name__} does not say how to compare: override native_equal()")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Leave out the native round trip where nothing says how to compare."""
        super().__init_subclass__(**kwargs)
        compares = cls.native_equal is not CodecConformance.native_equal
        cls.test_native_round_trip = CodecConformance._native_round_trip if compares else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test per recorded node: ``entry`` is each of them, ``kept`` each that must not be refused."""
        for name in {"entry", "kept"} & set(metafunc.fixturenames):
            found = [entry for entry in self.entries() if name == "entry" or entry.error is None]
            metafunc.parametrize(name, found, ids=[entry.name for entry in found])

    # -- what the tests are made of ---------------------------------------------------------------------------

    def entries(self) -> list[CorpusEntry]:
        """The recorded nodes that are this codec's to keep."""
        return [
            each for each in read_corpus(self.corpus, self.codec.tag) if each.dialect in self.codec.dialects
        ]

    def registry(self) -> Registry:
        """The plugin, and its siblings if it has any."""
        return Registry.of(self.plugin, *self.siblings)

    def write(
        self,
        value: Any,
        store: MemoryStore,
        dialect: Dialect,
        *,
        exact: bool = True,
        registry: Registry | None = None,
    ) -> Any:
        """The node of a value as a reader would parse it; what the run's config would say goes to the store's notes."""
        registry = registry or self.registry()
        if self.codec.tagged:
            encoded = encode(value, store, dialect=dialect, exact=exact, registry=registry)
        else:  # an untagged shape is written by its parent
            parent = encode_context(store, registry, key="value", step=0, dialect=dialect, exact=exact)
            encoded = Encoded(parent.encode(value, expect=self.codec.tag), notes=parent._call.notes)
        store.notes.update(encoded.notes)
        try:
            return loads(dumps(encoded.json))
        except TypeError as error:
            raise AssertionError(
                f"{_of(value, dialect)} is written with what JSON does not know: {error}; encode gives dicts, lists, text, "
                f"numbers, booleans and None"
            ) from None

    def read(
        self, node: Any, source: MemoryStore, *, follow: bool = True, registry: Registry | None = None
    ) -> Any:
        """The value of a node, read by its parent where the shape is untagged."""
        registry = registry or self.registry()
        if self.codec.tagged:
            return decode(node, source, follow=follow, registry=registry)
        limits = Limits()
        limits.check(node)
        parent = DecodeContext(source, registry, follow, "keep", limits, key="value", step=None)
        return parent.decode(node, expect=self.codec.tag)

    def written(self) -> Iterator[tuple[WBValue, Dialect, Any, WatchedStore]]:
        """Every sample in every dialect of the codec, with its node and the store that has its files."""
        kind = self.codec.value_type
        for dialect in self.codec.dialects:
            for value in self.samples():
                assert isinstance(value, kind), (
                    f"samples() yields {value!r:.200}, which is no {kind.__name__}"
                )
                store = WatchedStore()
                yield value, dialect, self.write(value, store, dialect), store

    def package(self) -> str:
        """The package that the plugin module is in."""
        name = self.plugin.__name__
        return name.rpartition(".")[0] or name

    # -- how it is found --------------------------------------------------------------------------------------

    def test_it_advertises_what_it_registers(self) -> None:
        """The entry points of the installed distribution are the codecs that the plugin adds."""
        module = self.plugin.__name__
        found = [each for each in installed().providers if each.module == module]
        assert len(found) == 1, (
            f"{len(found)} installed distributions name {module} under [project.entry-points."
            f'"wbtypes.types"]; install the one that holds it (pip install -e .) and no other'
        )
        added = registered(self.plugin)
        _compare("tags", "types", set(found[0].tags), {codec.tag for codec in added})
        _compare(
            "foreign classes",
            "natives",
            set(found[0].natives),
            {path for codec in added for path in codec.natives},
        )

    def test_the_plugin_adds_this_codec(self) -> None:
        """The codec under test is one that users get."""
        kinds = [type(codec).__name__ for codec in registered(self.plugin)]
        assert type(self.codec).__name__ in kinds, (
            f"{self.plugin.__name__} adds {', '.join(kinds)}, not {type(self.codec).__name__}: "
            f"add it in wbtypes_register"
        )

    def test_natives_have_their_true_paths(self) -> None:
        """The path of a foreign class is the one that its own objects have."""
        for path in self.codec.natives:
            kind = _resolve(path)
            true = f"{kind.__module__}.{kind.__qualname__}" if kind else path
            assert true in self.codec.natives, (
                f"objects of {path} say that their class is {true}: advertise that path (too)"
            )

    def test_cold_import(self) -> None:
        """Importing the package and decoding import no heavy library."""
        nodes = [entry.node for entry in self.entries() if entry.error is None][:5]
        nodes += [node for _, _, node, _ in self.written()][:5]
        asked = {
            "package": self.package(),
            "plugin": self.plugin.__name__,
            "tag": self.codec.tag,
            "nodes": nodes,
            "heavy": list(self.heavy),
        }
        done = _fresh_python(_COLD, dumps(asked).encode("ascii"))
        assert done.returncode == 0, f"a fresh Python cannot import and decode:\n{done.stderr.decode()}"
        imported = json.loads(done.stdout)
        assert imported == [], (
            f"importing {self.package()} or decoding imports {', '.join(imported)}: move that to native.py, "
            f"and import native.py inside the methods that need it"
        )

    # -- how it travels ---------------------------------------------------------------------------------------

    def test_round_trip(self) -> None:
        """What is written is read as an equal value of the same class."""
        for value, dialect, node, store in self.written():
            back = self.read(node, store)
            assert type(back) is type(value), (
                f"{_of(value, dialect)} comes back as {back!r:.200}: decode must give a {type(value).__name__}"
            )
            self._knows_what_it_writes(value, dialect, back)
            assert back == value, f"{_of(value, dialect)} comes back changed:\n{back!r}\nfrom {dumps(node)}"

    def _knows_what_it_writes(self, value: WBValue, dialect: Dialect, back: WBValue) -> None:
        """What the codec writes itself must not come back as a newer client's, which no repr shows."""
        anew = {key: item for key, item in back.extra.items() if key not in value.extra}
        null = sorted(key for key in anew.keys() & self.codec.known if anew[key] is None)
        assert not null, (
            f"{_of(value, dialect)} is written with null for {', '.join(null)}: leave such keys out"
        )
        beside = sorted(exact_of(anew))
        anew.pop(EXACT, None)
        assert not anew, (
            f"{_of(value, dialect)} is written with {', '.join(anew)}: name that in the codec's `keys`"
        )
        assert not beside, (
            f"{_of(value, dialect)} is written with {', '.join(beside)} below {EXACT}: name that in its `exact_keys`"
        )

    def test_equality_looks_at_every_field(self) -> None:
        """A class with fields of its own does not inherit an equality that knows nothing of them."""
        for kind in {type(value) for value, *_ in self.written()}:
            maker = next(base for base in kind.__mro__ if "__eq__" in vars(base))
            compared = {spec.name for spec in attrs.fields(maker)} if attrs.has(maker) else ()
            unseen = [spec.name for spec in attrs.fields(kind) if spec.eq and spec.name not in compared]
            assert not unseen, (
                f"{kind.__name__} has the equality of {maker.__name__}, which does not look at {', '.join(unseen)}: "
                f"make it by attrs.frozen, without eq=False"
            )

    def test_encoding_is_deterministic_and_changes_nothing(self) -> None:
        """Equal values give equal nodes and files, and encoding leaves the value as it was."""
        for dialect in self.codec.dialects:
            for value in self.samples():
                before = pickle.loads(pickle.dumps(value))
                first, second = MemoryStore(), MemoryStore()
                nodes = self.write(value, first, dialect), self.write(value, second, dialect)
                assert same(*nodes), f"{_of(value, dialect)} is written differently the second time: {nodes}"
                assert first.files == second.files, (
                    f"{_of(value, dialect)} stores other files the second time"
                )
                assert value == before, f"encoding changes {_of(value, dialect)}, which was {before!r}"

    def test_encoding_is_the_same_in_another_process(self) -> None:
        """The order of sets, hashes and addresses differ from process to process; what is written does not."""
        samples = [(dialect, value) for dialect in self.codec.dialects for value in self.samples()]
        plugins = [plugin.__name__ for plugin in (self.plugin, *self.siblings)]
        tag = None if self.codec.tagged else self.codec.tag
        nodes = [self.write(value, MemoryStore(), dialect) for dialect, value in samples]
        asked = pickle.dumps((plugins, tag, [(dialect.value, value) for dialect, value in samples]))
        done = _fresh_python(_AGAIN, asked, PYTHONHASHSEED="1")
        assert done.returncode == 0, f"a fresh Python cannot write a pickled sample:\n{done.stderr.decode()}"
        lines = done.stdout.decode().splitlines()
        for (dialect, value), node, line in zip(samples, nodes, lines, strict=True):
            assert same(node, loads(line)), (
                f"{_of(value, dialect)} is written differently in another process (sort what has no order):\n"
                f"here:  {dumps(node, sort=True)}\nthere: {line}"
            )

    def test_what_was_read_is_written_back(self) -> None:
        """A value that was read from a store is the same JSON when it is written there, and its files are not stored anew."""
        for value, dialect, node, store in self.written():
            before = dict(store.files)
            for follow in (True, False):
                back = self.write(self.read(node, store, follow=follow), store, dialect)
                assert same(back, node), (
                    f"{_of(value, dialect)}, read and written again (follow={follow}), is other JSON:\n"
                    f"before: {dumps(node, sort=True)}\nafter:  {dumps(back, sort=True)}"
                )
                anew = sorted(store.files.keys() - before.keys())
                assert not anew, (
                    f"{_of(value, dialect)}, read and written to the same store (follow={follow}), stores "
                    f"{', '.join(anew)} anew: keep the file that decode was given"
                )

    def test_samples_without_their_siblings(self) -> None:
        """Where the types of its parts are not installed, a value keeps them as they came."""
        alone = Registry.of(self.plugin)
        for value, dialect, node, store in self.written() if self.siblings else ():
            back = self.write(self.read(node, store, registry=alone), store, dialect, registry=alone)
            assert same(back, node), (
                f"{_of(value, dialect)} loses something where no sibling is installed; leave parts to ctx.decode:\n"
                f"before: {dumps(node, sort=True)}\nafter:  {dumps(back, sort=True)}"
            )

    def test_a_list_of_items_is_one_value(self) -> None:
        """What users log is a list: its items become one object, and come back in their order."""
        if not isinstance(self.codec, BatchCodec):
            return
        for value in self.samples():
            store = MemoryStore()
            items = list(cast(Batch, value))
            back = self.read(self.write(items, store, Dialect.RUN), store)
            assert isinstance(back, Batch) and list(back) == items, (
                f"the list {items!r:.200} comes back as {back!r:.200}: the codec's item_type is "
                f"{self.codec.item_type.__name__}"
            )

    def test_decoding_changes_nothing(self) -> None:
        """The node that was decoded is as it was."""
        nodes = [(entry.node, WatchedStore(entry.files)) for entry in self.entries() if entry.error is None]
        nodes += [(node, store) for _, _, node, store in self.written()]
        for node, store in nodes:
            before = dumps(node)
            self.write(self.read(node, store), store, self.codec.dialects[0])
            assert dumps(node) == before, (
                f"decoding changes its node, which was {before}: copy before you edit"
            )

    def test_files_are_where_the_node_says(self) -> None:
        """Each path in a node is in the store, with its hash, size and folder."""
        for value, dialect, node, store in self.written():
            for ref in mentioned(node):
                assert ref.path in store.files, (
                    f"{_of(value, dialect)} names {ref.path}, which was not stored"
                )
                data = store.files[ref.path]
                assert ref.sha256 in (None, hashlib.sha256(data).hexdigest()), (
                    f"{_of(value, dialect)}: the sha256 of {ref.path} is wrong; take it from ctx.put"
                )
                assert ref.size in (None, len(data)), (
                    f"{_of(value, dialect)}: the size of {ref.path} is wrong; take it from ctx.put"
                )
            if isinstance(self.codec, MediaCodec) and isinstance(value, Media) and node.get("path"):
                assert node["path"].startswith(f"{self.codec.folder}/"), (
                    f"{_of(value, dialect)} is stored as {node['path']}, outside {self.codec.folder}"
                )

    def test_files_are_copied_to_another_store(self) -> None:
        """A value that was read from one store is written to another with the same bytes, not encoded anew."""
        for value, dialect, node, store in self.written():
            other = MemoryStore()
            copied = self.write(self.read(node, store), other, dialect)
            expected, found = ({ref.sha256 for ref in mentioned(each)} for each in (node, copied))
            assert found == expected, (
                f"{_of(value, dialect)}, read and written to another store, has other files: "
                f"keep the file that decode was given"
            )
            missing = [ref.path for ref in mentioned(copied) if ref.path not in other.files]
            assert not missing, f"{_of(value, dialect)}: {missing} was not copied to the other store"

    def test_unknown_keys_survive(self) -> None:
        """A newer client's keys, and a newer plugin's below ``_wbtypes``, are written back."""
        newer = {"nested": [1, None, "x"]}
        for value, dialect, node, store in self.written():
            if not isinstance(node, dict):
                continue  # a bare list has no keys
            beside = {**node.get(EXACT, {}), UNKNOWN: newer}
            newer_node = {**node, UNKNOWN: newer, EXACT: beside}
            for follow in (True, False):
                back = self.write(self.read(newer_node, store, follow=follow), store, dialect)
                assert same(back.get(UNKNOWN), newer), f"{_of(value, dialect)}: an unknown key is lost"
                assert same(back.get(EXACT, {}).get(UNKNOWN), newer), (
                    f"{_of(value, dialect)}: an unknown key below {EXACT!r} is lost"
                )

    def test_unknown_keys_of_inner_objects_survive(self) -> None:
        """So are those of the objects within, where the schema has room for them."""
        schema = self.schema()
        for value, dialect, node, store in self.written():
            for places in _inner_objects(node):
                if all(schema.is_valid(_with_unknown(node, places, item)) for item in _ANYTHING):
                    for follow in (True, False):
                        self._keeps_inner(value, dialect, node, store, places, follow)

    def _keeps_inner(
        self, value: Any, dialect: Dialect, node: Any, store: MemoryStore, places: list[Place], follow: bool
    ) -> None:
        newer_node = _with_unknown(node, places, _ANYTHING[0])
        try:
            back = self.write(self.read(newer_node, store, follow=follow), store, dialect)
        except DecodeError as error:
            raise AssertionError(
                f"{_of(value, dialect)}: the schema has room for other keys in {spell(places[0])}, and with one more "
                f"it is refused: {error}; {_KEEP_INNER}"
            ) from error
        for place in places:
            assert same(_unknown_at(back, place), _ANYTHING[0]), (
                f"{_of(value, dialect)}: an unknown key of {spell(place)} is lost; {_KEEP_INNER}"
            )

    def test_decoding_opens_no_media(self) -> None:
        """Decoding opens linked JSON at most, and with ``follow=False`` nothing."""
        for value, dialect, node, store in self.written():
            self.read(node, store, follow=False)
            assert store.opened == [], f"follow=False opens {store.opened} of {_of(value, dialect)}"
            self.read(node, store)
            media = [
                path for path in store.opened if not path.endswith(".json") or self._is_media(path, node)
            ]
            assert media == [], f"decoding opens {media} of {_of(value, dialect)}: wait until it is asked for"

    def _is_media(self, path: str, node: Any) -> bool:
        """Whether a path is the value's own file, and that file is no linked JSON."""
        own = node.get("path") if isinstance(node, dict) else None
        return path == own and not isinstance(self.codec, JsonFileCodec)

    def test_values_pickle_and_hash(self) -> None:
        """Values, made or decoded, travel between processes; equal ones have equal hashes."""
        for value, dialect, node, store in self.written():
            for each in (value, self.read(node, store)):
                twin = pickle.loads(pickle.dumps(each))
                assert twin == each, f"{_of(value, dialect)} is not equal to its pickled copy {twin!r}"
                if type(each).__hash__ is None:
                    continue
                try:
                    hashes = hash(twin), hash(each)
                except TypeError as error:
                    raise AssertionError(
                        f"{each!r:.200} has no hash: {error}; hold tuples and FrozenMaps, in decode too, or declare "
                        f"the field with hash=False"
                    ) from error
                assert hashes[0] == hashes[1], f"{_of(value, dialect)} and its copy have two hashes"

    # -- recorded nodes ---------------------------------------------------------------------------------------

    def test_the_corpus_is_not_empty(self) -> None:
        """There is something to keep."""
        kept = [entry for entry in self.entries() if entry.error is None]
        assert kept, (
            f"{corpus_folder(self.corpus, self.codec.tag)} holds no node to keep: record some, as "
            f'{{"name", "node", "same": true}}'
        )

    def test_corpus(self, entry: CorpusEntry) -> None:
        """A recorded node is written back as it came, or refused with the reason that is stated."""
        if entry.error is None:
            self._keeps(entry, self.registry())
            return
        for follow in (True, False):
            with pytest.raises(DecodeError) as caught:
                self.read(entry.node, MemoryStore(entry.files), follow=follow)
            assert caught.value.reason == entry.error, (
                f"{entry.name} is refused as {caught.value.reason} ({caught.value}), not as {entry.error}"
            )

    def test_corpus_with_this_plugin_alone(self, kept: CorpusEntry) -> None:
        """Without any other plugin nothing is lost: what it does not understand stays opaque."""
        self._keeps(kept, Registry.of(self.plugin))

    def _keeps(self, entry: CorpusEntry, registry: Registry) -> None:
        for files in ({}, entry.files) if entry.files else ({},):
            for follow in (True, False):
                store = MemoryStore(files)
                try:
                    value = self.read(entry.node, store, follow=follow, registry=registry)
                except DecodeError as error:
                    raise AssertionError(
                        f"{entry.name} is to be kept, and is refused as {error.reason} (follow={follow}, {len(files)} files): "
                        f"{error}; a media file is not to be opened here"
                    ) from error
                node = self.write(value, store, entry.dialect, exact=False, registry=registry)
                assert same(node, entry.expected), (
                    f"{entry.name} is not written back as it came (follow={follow}, {len(files)} files):\n"
                    f"came:    {dumps(entry.expected, sort=True)}\nwritten: {dumps(node, sort=True)}"
                )

    def test_each_upgrade_has_a_recorded_node(self) -> None:
        """Each old shape is among the recorded nodes, and what an upgrade gives needs it no more."""
        nodes = [
            entry.node for entry in read_corpus(self.corpus, self.codec.tag) if isinstance(entry.node, dict)
        ]
        for upgrade in self.codec.upgrades:
            older, upgraded = [], []
            for node in nodes:
                with suppress(
                    Exception
                ):  # a recorded node may be damaged; test_corpus says what becomes of it
                    newer = upgrade(copy.deepcopy(node))
                    older += [] if same(newer, node) else [newer]
                    upgraded.append(newer)
            name = getattr(upgrade, "__name__", repr(upgrade))
            assert older, (
                f"no recorded node of {self.codec.tag} is of the old shape that {name} upgrades: record one, as "
                f'{{"name", "node", "upgraded": today\'s node}}'
            )
            for newer in older:
                assert same(upgrade(copy.deepcopy(newer)), newer), (
                    f"{name} changes what it has upgraded already, {dumps(newer)}: it must leave today's shape alone"
                )
            nodes = upgraded

    # -- schema -----------------------------------------------------------------------------------------------

    def test_schema_of_samples(self) -> None:
        """What is written satisfies the schema of its tag, with and without ``_wbtypes``."""
        schema = self.schema()
        for value, dialect, node, _ in self.written():
            _holds(schema, node, _of(value, dialect))
            plain = self.write(value, MemoryStore(), dialect, exact=False)
            _holds(schema, plain, f"{_of(value, dialect)} without {EXACT!r}")

    def test_schema_of_corpus(self, kept: CorpusEntry) -> None:
        """What clients wrote satisfies the schema too."""
        _holds(self.schema(), kept.expected, kept.name)

    def test_the_schema_is_for_people_too(self) -> None:
        """It has a title and a description, and each of its keys has one."""
        schema = self.schema().schema
        assert isinstance(schema, dict)
        name = f"schemas/{self.codec.tag.replace('/', '.')}.json"
        lacking = [key for key in ("title", "description") if not schema.get(key)]
        assert not lacking, f"{name} lacks {' and '.join(lacking)}, which is what people read of the type"
        properties = schema.get("properties", {}).items()
        mute = [key for key, about in properties if not {"description", "const", "$ref"} & set(about)]
        assert not mute, f'{name}: {", ".join(mute)} have no "description"'

    def schema(self) -> Draft202012Validator:
        """The validator of the tag's schema; references among the plugin's and its siblings' schemas are resolved."""
        name = f"{self.codec.tag.replace('/', '.')}.json"
        file = resources(self.package()) / "schemas" / name
        assert file.is_file(), f"{self.package()} has no schemas/{name}: write the tag's JSON Schema there"
        schema = loads(file.read_bytes())
        Draft202012Validator.check_schema(schema)
        assert schema.get("$schema") == Draft202012Validator.META_SCHEMA["$id"], (
            f'schemas/{name}: "$schema" must be {Draft202012Validator.META_SCHEMA["$id"]}'
        )
        assert isinstance(schema.get("$id"), str), f'schemas/{name} needs an "$id" with the major version'
        return Draft202012Validator(schema, registry=self._schemas())

    def _schemas(self) -> referencing.Registry[Any]:
        """All schemas at hand by their ``$id``, so that nothing is ever fetched."""
        found: dict[str, Any] = {}
        for plugin in (self.plugin, *self.siblings):
            folder = resources(plugin.__name__.rpartition(".")[0] or plugin.__name__) / "schemas"
            for file in folder.iterdir():
                if file.name.endswith(".json"):
                    schema = loads(file.read_bytes())
                    found[schema.get("$id", file.name)] = schema
        made = [(name, referencing.Resource.from_contents(schema)) for name, schema in found.items()]
        return referencing.Registry().with_resources(made)

    # -- hostile data -----------------------------------------------------------------------------------------

    def test_hostile_nodes(self) -> None:
        """Whatever becomes of a node, reading it gives a value or a `DecodeError`, and opens no media file."""
        registry = self.registry()
        nodes = [(entry.node, dict(entry.files), entry.dialect) for entry in self.entries()]
        nodes += [(node, dict(store.files), dialect) for _, dialect, node, store in self.written()]
        assert nodes, "neither corpus nor samples give a node to damage"

        @_QUICK
        @hypothesis.given(st.data())
        def check(data: st.DataObject) -> None:
            node, files, dialect = data.draw(st.sampled_from(nodes))
            documents = self._documents(files)
            part = data.draw(st.sampled_from([None, *documents]))
            if part is None:
                node = data.draw(mutations(node, root=not self.codec.tagged))
            else:
                document = data.draw(mutations(documents[part], root=True))
                files = {**files, part: dumps(document).encode("ascii")}
            for follow in (True, False):
                self._survives(node, WatchedStore(files), dialect, follow, registry)

        check()

    def _documents(self, files: Mapping[str, bytes]) -> dict[str, Any]:
        """The JSON that decoding may follow, by path."""
        found: dict[str, Any] = {}
        for name, data in files.items():
            if isinstance(self.codec, JsonFileCodec) and name.endswith(".json"):
                with suppress(DecodeError):  # a recorded file may be damaged already
                    found[name] = loads(data)
        return found

    def _survives(
        self, node: Any, store: WatchedStore, dialect: Dialect, follow: bool, registry: Registry
    ) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ValueWarning)
            try:
                value = self.read(node, store, follow=follow, registry=registry)
            except DecodeError as error:
                self._refused_by_codec(error)
                return
            opened = [path for path in store.opened if not follow or self._is_media(path, node)]
            assert opened == [], f"decoding opens {opened} (follow={follow})"
            try:
                self.write(value, store, dialect, registry=registry)
            except WBTypesError:
                return

    def _refused_by_codec(self, error: DecodeError) -> None:
        """Core turns a codec's slip into a `DecodeError`, so that readers go on; here it is a fault."""
        slip = error.__cause__
        if slip is None or f"cannot be read: {type(slip).__name__}:" not in error.message:
            return
        raise AssertionError(
            f"the codec trips over damaged data with {type(slip).__name__}: {slip}; check every part with "
            f"read, read_items and read_part of wbtypes_core, and refuse what is odd with DecodeError(..., reason=...)"
        ) from slip

    # -- what it becomes --------------------------------------------------------------------------------------

    test_native_round_trip: ClassVar[Callable[[CodecConformance], None] | None] = None

    def _native_round_trip(self) -> None:
        """The foreign object of a value, and of the same value read back, is what the value stands for."""
        for value, dialect, node, store in self.written():
            for each, how in ((value, "as made"), (self.read(node, store), "read back")):
                assert self.native_equal(value, native(each, registry=self.registry())), (
                    f"native({_of(value, dialect)}) {how} is not what native_equal expects"
                )


def _inner_objects(node: Any) -> list[list[Place]]:
    """The places of the objects within a node; those that differ by the index in a list stand together.

    What is inside of a value within is for that value's own schema to describe.
    """
    found: dict[Place, list[Place]] = {}
    todo: list[tuple[Place, Any]] = [((), node)]
    while todo:
        place, item = todo.pop()
        if isinstance(item, dict) and place:
            pattern = tuple(-1 if isinstance(step, int) else step for step in place)
            found.setdefault(pattern, []).append(place)
            if isinstance(item.get("_type"), str):
                continue
        steps = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        todo += [((*place, step), inner) for step, inner in steps]
    return [sorted(places) for places in found.values()]


def _with_unknown(node: Any, places: Iterable[Place], item: Any) -> Any:
    """A copy of a node with an unknown key in the objects at some places."""
    changed = copy.deepcopy(node)
    for place in places:
        reduce(getitem, place, changed)[UNKNOWN] = item
    return changed


def _unknown_at(node: Any, place: Place) -> Any:
    """The unknown key of the object at a place, where that still is."""
    try:
        return reduce(getitem, place, node)[UNKNOWN]
    except (LookupError, TypeError):
        return None


def _fresh_python(text: str, given: bytes, **env: str) -> subprocess.CompletedProcess[bytes]:
    """What a Python of its own makes of a script and its input; it imports from where this one does."""
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-c", text],
        input=given,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path, **env},
        check=False,
    )


def registered(plugin: object) -> list[Codec[Any]]:
    """The codecs that a plugin adds when it is loaded."""
    added: list[Codec[Any]] = []

    class Recorder:
        def add(self, *codecs: Codec[Any]) -> None:
            added.extend(codecs)

    plugin.wbtypes_register(Recorder())  # type: ignore[attr-defined]
    return added


def _compare(what: str, group: str, advertised: set[str], added: set[str]) -> None:
    assert advertised == added, (
        f"the {what} in pyproject.toml and in the plugin differ: only advertised under wbtypes.{group}: "
        f"{sorted(advertised - added)}; only registered: {sorted(added - advertised)}; after a change of "
        f"pyproject.toml install the package again"
    )


def _resolve(path: str) -> Any:
    """The class at a path, or None where its library is not installed."""
    module, _, rest = path, "", ""
    while module:
        module, _, name = module.rpartition(".")
        rest = f"{name}.{rest}" if rest else name
        try:
            found: Any = importlib.import_module(module) if module else None
        except ImportError:
            continue
        for step in rest.split("."):
            found = getattr(found, step, None)
        return found
    return None


def _holds(schema: Draft202012Validator, node: Any, what: str) -> None:
    faults = [f"{fault.json_path}: {fault.message[:300]}" for fault in schema.iter_errors(node)]
    assert not faults, f"{what} does not satisfy its schema; mend the schema or the codec:\n" + "\n".join(
        faults
    )


def _of(value: Any, dialect: Dialect) -> str:
    return f"{value!r:.200} in the {dialect.value} form"
