"""The codecs there are: loaded at the first miss, one dict ever after; what is missing has a reason."""

from __future__ import annotations

import fnmatch
import os
import re
import sys
import threading
import warnings
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, BinaryIO, Self
from weakref import WeakKeyDictionary

import pluggy
from attrs import evolve, field, frozen

from . import hints, hookspecs, index
from .codec import BatchCodec, Codec, Upgrade
from .context import Dialect
from .errors import (
    BrokenPlugin,
    Code,
    EncodeError,
    OpaqueWarning,
    PluginError,
    Reason,
    TagConflict,
    one_line,
    shortened,
)
from .files import MediaFile, MediaRef
from .index import Index, Provider, normalized
from .values import WBValue

REMEMBERED_REASONS = 10_000
"""How many tags that cannot be read are remembered with their reason."""


class Loaded:
    """A registered codec with what its look-ups need, worked out once."""

    __slots__ = ("codec", "exact", "known", "provider", "tag", "upgrades")

    def __init__(self, codec: Codec[Any], provider: str) -> None:
        self.codec = codec
        self.tag: str = codec.tag
        self.known: frozenset[str] = codec.known
        self.exact: frozenset[str] = frozenset(codec.exact_keys)
        self.upgrades: tuple[Upgrade, ...] = codec.upgrades
        self.provider = provider


@frozen
class State:
    """One plugin as the registry has it.

    Attributes:
        provider: what its metadata says.
        state: ``"available"`` (not loaded yet), ``"loaded"``, ``"broken"``, ``"blocked"`` or ``"contested"``.
        reason: why, when it is not usable.
    """

    provider: Provider
    state: str
    reason: Reason | None = None


@frozen
class _Policy:
    """Whom the user prefers, blocks and allows."""

    prefer: Mapping[str, str] = field(factory=dict)
    block: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None

    def blocks(self, provider: Provider) -> bool:
        names = (provider.distribution, provider.module)
        if any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in self.block):
            return True
        return self.only is not None and not any(
            fnmatch.fnmatchcase(name, pattern) for name in names for pattern in self.only
        )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = (name.strip() for name in names)
    return tuple(each for name in cleaned if name for each in (name, normalized(name)))


def _policy(prefer: Mapping[str, str], block: Iterable[str], only: Iterable[str] | None) -> _Policy:
    """The caller's wishes over those of the environment variables."""
    pairs = (pair.partition("=") for pair in os.environ.get("WBTYPES_PREFER", "").split(",") if "=" in pair)
    preferred = {tag.strip(): normalized(name.strip()) for tag, _, name in pairs}
    preferred.update({tag: normalized(name) for tag, name in prefer.items()})
    blocked = (*block, *os.environ.get("WBTYPES_BLOCK", "").split(","))
    load = os.environ.get("WBTYPES_LOAD", "")
    allowed = only if only is not None else (load.split(",") if load.strip() else None)
    return _Policy(preferred, _names(blocked), None if allowed is None else _names(allowed))


class _Stage:
    """The registrar: holds what the plugin being loaded adds, until all of it is known to be sound."""

    def __init__(self) -> None:
        self.codecs: list[Codec[Any]] = []

    def add(self, *codecs: Codec[Any]) -> None:
        for codec in codecs:
            if not isinstance(codec, Codec):
                raise TypeError(f"types.add takes codecs, not {type(codec).__name__}")
            self.codecs.append(codec)


class Registry:
    """The codecs of this process by tag, by class and by foreign class.

    Reading is one dict look-up. The first miss of a tag imports the one module that advertises it; a plugin that
    fails is put aside with its reason, and all others go on. Safe to share between threads.
    """

    def __init__(self, found: Index, policy: _Policy) -> None:
        self._policy = policy
        self._lock = threading.RLock()
        self._lasting = False
        self._begin(found)

    def _begin(self, found: Index) -> None:
        """Start anew with what is installed: nothing is loaded but the modules of hooks."""
        self._index = found
        self._clear()
        types = {(each.distribution, each.module): each for each in found.providers}
        for hooks in found.group("hooks").values():
            for entry in hooks:
                plain = Provider(entry.distribution, entry.version, entry.target)
                self._add_hooks(types.get((plain.distribution, plain.module), plain))

    def _clear(self) -> None:
        self.by_tag: dict[str, Loaded] = {}
        self._writers: dict[Dialect, dict[type, Loaded]] = {dialect: {} for dialect in Dialect}
        self._batches: dict[type, Loaded] = {}
        self._natives: dict[str, Loaded] = {}
        self._strange: set[type] = set()
        self._reasons: dict[str, Reason] = {}
        self._states: dict[str, State] = {}
        self._told: set[str] = set()
        self._stage = _Stage()
        self._hook_providers: list[Provider] = []
        self._hooks = pluggy.PluginManager(hookspecs.PROJECT)
        self._hooks.add_hookspecs(hookspecs)
        self._hooks.hook.wbtypes_register.call_historic(kwargs={"types": self._stage})

    @classmethod
    def installed(
        cls,
        *,
        prefer: Mapping[str, str] | None = None,
        block: Iterable[str] = (),
        only: Iterable[str] | None = None,
    ) -> Self:
        """The plugins that are installed in this environment.

        Args:
            prefer: which distribution serves a contested tag, ``{"image-file": "wbtypes-image"}``; also from
                ``WBTYPES_PREFER=tag=dist,...``.
            block: distributions or modules never to load (``*`` matches any); also ``WBTYPES_BLOCK``.
            only: the only ones to load; also ``WBTYPES_LOAD``.
        """
        return cls(index.installed(), _policy(prefer or {}, block, only))

    @classmethod
    def of(cls, *plugins: object) -> Self:
        """Just these plugin modules or objects, whatever is installed; for tests and frozen applications.

        Raises:
            BrokenPlugin: one of them cannot be registered.
        """
        registry = cls(Index(()), _Policy())
        registry._lasting = True
        for plugin in plugins:
            name = getattr(plugin, "__name__", type(plugin).__name__)
            try:
                registry._register(plugin, Provider(name, "0", name), advertised=None)
            except Exception as error:
                raise BrokenPlugin(f"{name} cannot be registered: {error}") from error
        return registry

    def refresh(self) -> None:
        """Look again at what is installed: what came is found, what went is gone, what was broken is tried anew.

        A plugin that is loaded stays what it is, for there are values of its classes; where another version of it was
        installed meanwhile, an `OpaqueWarning` says to restart. A registry made by `of` stays as it is.
        """
        with self._lock:
            if self._lasting:
                return
            loaded = [each.provider.module for each in self._states.values() if each.reason is None]
            self._begin(index.installed(refresh=True))
            for provider in self._index.providers:
                if provider.module in loaded and (old := _outdated(provider)):
                    self.tell(old)

    # -- by tag -----------------------------------------------------------------------------------------------

    def find(self, tag: str) -> Loaded | Reason:
        """The codec of a tag, or why there is none."""
        loaded = self.by_tag.get(tag)
        if loaded is not None:
            return loaded
        with self._lock:
            if tag not in self.by_tag and tag not in self._reasons:
                self._load_tag(tag)
            return self.by_tag.get(tag) or self._reasons[tag]

    def codec(self, tag: str) -> Codec[Any]:
        """The codec that reads a tag.

        Raises:
            TagConflict: several distributions claim it.
            BrokenPlugin: its plugin does not load.
            PluginError: nothing installed claims it, or it is blocked.
        """
        found = self.find(tag)
        if isinstance(found, Reason):
            raise plugin_error(found)
        return found.codec

    def why(self, tag: str) -> Reason | None:
        """Why a tag cannot be read; None when it can."""
        found = self.find(tag)
        return found if isinstance(found, Reason) else None

    def _load_tag(self, tag: str) -> None:
        claims = self._index.by_tag.get(tag, ())
        if not claims:
            self._ask_for(tag)
            return
        chosen = self._choose(tag, claims)
        if isinstance(chosen, Reason):
            self._reasons[tag] = chosen
            return
        reason = self._load(chosen)
        if tag not in self.by_tag:
            self._reasons[tag] = reason or Reason(
                Code.NOT_REGISTERED, f"{chosen} advertises {tag!r} but did not register it"
            )

    def _ask_for(self, tag: str) -> None:
        """No metadata claims the tag: a hook may still serve it."""
        codec = self._ask("wbtypes_unknown_type", tag=tag)
        if isinstance(codec, Codec):
            self.by_tag[tag] = Loaded(codec, "wbtypes_unknown_type")
            return
        if codec is not None:
            self.tell(
                Reason(Code.BROKEN, f"a wbtypes_unknown_type hook gave {type(codec).__name__}, no codec")
            )
        if len(self._reasons) >= REMEMBERED_REASONS:  # tags are data, and there is no end to them
            self._reasons.clear()
        self._reasons[tag] = not_installed(tag)

    def _ask(self, hook: str, **arguments: Any) -> Any:
        """Call a hook; one that falls is told of, and answers nothing."""
        try:
            return getattr(self._hooks.hook, hook)(**arguments)
        except Exception as error:  # whatever a stranger's hook raises must not end the host
            self.tell(Reason(Code.BROKEN, f"a {hook} hook fell: {type(error).__name__}: {one_line(error)}"))
            return None

    def _choose(self, name: str, claims: tuple[Provider, ...]) -> Provider | Reason:
        """The one provider to load for a tag or class path: never by guessing."""
        allowed = [claim for claim in claims if not self._policy.blocks(claim)]
        if not allowed:
            names = ", ".join(map(str, claims))
            return Reason(
                Code.BLOCKED, f"{names} is blocked (WBTYPES_BLOCK, WBTYPES_LOAD, or the registry's arguments)"
            )
        preferred = self._policy.prefer.get(name)
        matching = [claim for claim in allowed if claim.distribution == preferred]
        if len(matching or allowed) == 1:
            return (matching or allowed)[0]
        names = " and ".join(map(str, matching or allowed))
        example = allowed[0].distribution
        return Reason(
            Code.CONTESTED,
            f"{names} both claim {name!r}: uninstall one, or set WBTYPES_PREFER={name}={example}",
        )

    # -- loading ----------------------------------------------------------------------------------------------

    def _load(self, provider: Provider) -> Reason | None:
        """Import and register one plugin module; give the reason when that fails."""
        key = f"{provider.distribution}:{provider.module}"
        known = self._states.get(key)
        if known is not None:
            if known.reason is not None and _strict():
                raise BrokenPlugin(str(known.reason))
            return known.reason
        before = frozenset(sys.modules)
        try:
            module = import_module(provider.module)
            _imported.setdefault(module, provider)
            running = evolve(provider, version=_version_of(module, provider))
            self._register(module, running, advertised=set(provider.tags))
        except (Exception, SystemExit) as error:  # whatever a stranger's module raises must not end the host
            reason = _outdated(provider) or Reason(
                Code.BROKEN,
                f"the plugin {provider} does not work: {type(error).__name__}: {one_line(error)}; "
                f"{_way_out(provider)}",
            )
            self._states[key] = State(provider, "broken", reason)
            _forget(provider.package, before)
            if _strict():
                raise BrokenPlugin(str(reason)) from error
            self.tell(reason)
            return reason
        self._states[key] = State(running, "loaded")
        return None

    def _register(self, plugin: object, provider: Provider, advertised: set[str] | None) -> None:
        """Let pluggy call the plugin; commit what it adds, or roll everything back."""
        with self._lock:
            self._stage.codecs.clear()
            try:
                self._hooks.register(plugin, name=f"{provider.distribution}:{provider.module}")
                self._hooks.check_pending()
                self._compare(provider, advertised)
            except BaseException:  # pluggy keeps a plugin whose historic hook raised
                if self._hooks.is_registered(plugin):
                    self._hooks.unregister(plugin)
                self._stage.codecs.clear()
                raise
            for codec in self._stage.codecs:
                self._commit(codec, provider)
            self._stage.codecs.clear()

    def _compare(self, provider: Provider, advertised: set[str] | None) -> None:
        added = {codec.tag for codec in self._stage.codecs}
        if advertised is not None and added != advertised:
            missing = ", ".join(sorted(advertised - added)) or "nothing"
            surplus = ", ".join(sorted(added - advertised)) or "nothing"
            raise BrokenPlugin(
                f"its entry points and its codecs differ: advertised but not registered: {missing}; "
                f"registered but not advertised: {surplus}"
            )
        natives = {path for codec in self._stage.codecs for path in codec.natives}
        if advertised is not None and natives != set(provider.natives):
            raise BrokenPlugin(
                f"its entry points and its codecs differ in the classes they adopt: "
                f"{', '.join(sorted(natives ^ set(provider.natives)))}"
            )

    def _commit(self, codec: Codec[Any], provider: Provider) -> None:
        loaded = Loaded(codec, str(provider))
        self.by_tag.setdefault(codec.tag, loaded)
        self._reasons.pop(codec.tag, None)
        for path in codec.natives:
            self._natives.setdefault(path, loaded)
        if isinstance(codec, BatchCodec):
            self._batches.setdefault(codec.item_type, loaded)
            return
        for dialect in codec.dialects:
            writers = self._writers[dialect]
            writer = writers.get(codec.value_type)
            # a class is written by its tagged form; an untagged one serves only where there is no other
            if writer is None or (codec.tagged and not writer.codec.tagged):
                writers[codec.value_type] = loaded

    def _add_hooks(self, provider: Provider) -> None:
        if provider not in self._index.providers:
            self._hook_providers.append(provider)
        if not self._policy.blocks(provider):
            self._load(provider)

    # -- by class ---------------------------------------------------------------------------------------------

    def writer(self, kind: type, dialect: Dialect) -> Loaded:
        """What writes a class in a dialect.

        Raises:
            PluginError: its package is not installed, broken, blocked or contested.
            EncodeError: it has no form in this dialect.
        """
        writers = self._writers[dialect]
        loaded = writers.get(kind)
        if loaded is None:
            loaded = self._inherited(kind, writers)
            if loaded is None:
                raise EncodeError(
                    f"no plugin writes {kind.__name__} ({kind.__module__}) in the {dialect.value} form"
                )
            writers[kind] = loaded
        return loaded

    def owner(self, kind: type) -> Loaded:
        """What knows a class, whichever dialect it has a form in.

        Raises:
            PluginError: its package is not installed, broken, blocked or contested.
            EncodeError: no plugin knows it.
        """
        try:
            return self.writer(kind, Dialect.RUN)
        except EncodeError:
            return self.writer(kind, Dialect.ARTIFACT)

    def batch_writer(self, kind: type) -> Loaded | None:
        """What writes a list of a class as one object; None when its items are written one by one."""
        if kind not in self._batches:
            loaded = self._inherited(kind, self._batches)
            if loaded is None:
                return None
            self._batches[kind] = loaded
        return self._batches[kind]

    def _inherited(self, kind: type, table: Mapping[type, Loaded]) -> Loaded | None:
        for base in kind.__mro__:
            if base not in table:
                self._load_package(base)
            if base in table:
                return table[base]
        return None

    def _load_package(self, kind: type) -> None:
        """Load the plugins whose package a class lives in."""
        package = kind.__module__
        while package:
            for provider in self._index.by_package.get(package, ()):
                for tag in provider.tags:
                    found = self.find(tag)
                    if isinstance(found, Reason):
                        raise plugin_error(found)
            package = package.rpartition(".")[0]

    # -- by foreign class -------------------------------------------------------------------------------------

    def adopt(self, obj: object) -> WBValue | None:
        """The value of a foreign object, or None when no plugin takes it.

        Raises:
            PluginError: the plugin that claims its class is broken, blocked or contested.
        """
        kind = type(obj)
        if kind in self._strange:
            return None
        claimed = False
        for base in kind.__mro__:
            loaded = self._native(f"{base.__module__}.{base.__qualname__}")
            if loaded is not None:
                claimed = True
                value: WBValue | None = loaded.codec.adopt(obj)
                if value is not None:
                    return value
        adopted: WBValue | None = self._ask("wbtypes_adopt", obj=obj)
        if adopted is None and not claimed:
            self._strange.add(kind)
        return adopted

    def adopts(self, path: str) -> bool:
        """Whether a plugin takes objects of a foreign class, given as ``module.QualName``; some it may refuse."""
        return self._native(path) is not None

    def _native(self, path: str) -> Loaded | None:
        if path not in self._natives and path in self._index.by_native:
            with self._lock:
                chosen = self._choose(path, self._index.by_native[path])
                reason = chosen if isinstance(chosen, Reason) else self._load(chosen)
                if reason is not None:
                    raise plugin_error(reason)
        return self._natives.get(path)

    # -- events -----------------------------------------------------------------------------------------------

    def open(self, ref: MediaRef) -> BinaryIO | None:
        """Ask the hooks for a file that its source cannot open."""
        stream: BinaryIO | None = self._ask("wbtypes_open", ref=ref)
        return stream

    def stored(self, ref: MediaRef, file: MediaFile) -> None:
        """Tell the hooks that a file was stored."""
        if self._hooks.hook.wbtypes_stored.get_hookimpls():
            self._ask("wbtypes_stored", ref=ref, file=file)

    def tell(self, reason: Reason) -> None:
        """Warn of a cause, once."""
        if reason not in self._told:
            self._told.add(str(reason))
            warnings.warn(str(reason), OpaqueWarning, stacklevel=4)

    # -- listing ----------------------------------------------------------------------------------------------

    def providers(self) -> tuple[State, ...]:
        """Every installed plugin with its state; loads none."""
        return tuple(map(self._state, (*self._index.providers, *self._hook_providers)))

    def _state(self, provider: Provider) -> State:
        known = self._states.get(f"{provider.distribution}:{provider.module}")
        if known is not None:
            return known
        if self._policy.blocks(provider):
            reason = self._choose("", (provider,))
            return State(provider, "blocked", reason if isinstance(reason, Reason) else None)
        for tag in provider.tags:
            chosen = self._choose(tag, self._index.by_tag[tag])
            if isinstance(chosen, Reason):
                return State(provider, "contested", chosen)
        return State(provider, "available")

    def check(self) -> tuple[State, ...]:
        """Load every plugin and give those that do not work; empty when all is well."""
        for provider in self._index.providers:
            for tag in provider.tags:
                self.find(tag)
        return tuple(state for state in self.providers() if state.reason is not None)


_imported: WeakKeyDictionary[ModuleType, Provider] = WeakKeyDictionary()
"""Whose each plugin's module was when it was imported; a process keeps it, whatever is installed later."""


def _version_of(module: ModuleType, provider: Provider) -> str:
    """The version of a plugin that its module is of."""
    first = _imported.get(module, provider)
    return first.version if first.distribution == provider.distribution else provider.version


def _outdated(provider: Provider) -> Reason | None:
    """Why a plugin is not the version that its metadata says; None when it is, or is not imported yet."""
    module = sys.modules.get(provider.module)
    version = provider.version if module is None else _version_of(module, provider)
    if version == provider.version:
        return None
    return Reason(Code.BROKEN, f"{provider} is installed, but this process has {version} loaded: restart it")


def _way_out(provider: Provider) -> str:
    """What to do about a plugin that does not work."""
    from . import __version__ as own

    wanted = index.core_wanted(provider.distribution) or ""
    lowest = re.search(r"(?:>=|==|~=|>)\s*(\d+)", wanted)
    if lowest is None or lowest[1] == own.partition(".")[0]:
        return "reinstall it, or report this to its author"
    return f"it is built for wbtypes-core {wanted}, and {own} is installed: install versions that go together"


def _forget(package: str, kept: frozenset[str]) -> None:
    """Take back what the import of a broken plugin brought of its own package, so that a mended one is found."""
    brought = [name for name in sys.modules if name not in kept]
    for name in brought:
        if name == package or name.startswith(f"{package}."):
            del sys.modules[name]


def _strict() -> bool:
    return os.environ.get("WBTYPES_STRICT") == "1"


def not_installed(tag: str) -> Reason:
    """The reason for a tag that nothing claims; the pip line comes from our own table only."""
    package = hints.PACKAGE_OF_TAG.get(tag)
    way_out = (
        f": pip install {package}"
        if package
        else " and wbtypes knows none by that name; if you know the package that brings it, install that"
    )
    return Reason(Code.NOT_INSTALLED, f"no plugin for {shortened(tag)!r} is installed{way_out}")


def plugin_error(reason: Reason) -> PluginError:
    """A reason as the error that is raised where nothing can be kept."""
    kinds = {Code.CONTESTED: TagConflict, Code.BROKEN: BrokenPlugin, Code.NOT_REGISTERED: BrokenPlugin}
    return kinds.get(reason.code, PluginError)(str(reason))


_default: Registry | None = None
_default_lock = threading.Lock()


def default_registry() -> Registry:
    """The registry of everything installed, made at the first call and shared by the process."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Registry.installed()
        return _default
