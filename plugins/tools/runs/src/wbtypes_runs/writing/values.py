"""What is logged, on its way to items: snapshots that no later change reaches, and their encoding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from wbtypes_core import EncodeError, Media, Registry, WBValue, adopt, encode
from wbtypes_core.errors import one_line
from wbtypes_core.jsonio import Json, dumps, quote
from wbtypes_core.plain import SCALARS, to_plain
from wbtypes_core.values import Batch

from .contents import About, Record, artifact
from .protobuf import item
from .staging import RunFiles

_WORD = 1 << 63
_FIXED = {None: b"null", True: b"true", False: b"false"}


def scalar_text(value: Any) -> bytes | None:
    """The JSON text of a scalar; None for anything else, and for what `items_of` must look at."""
    kind = type(value)
    if kind is float:
        # NaN and infinities as bare tokens
        return (float.__repr__(value) if value - value == 0 else dumps(value)).encode()
    if kind is int:
        return int.__repr__(value).encode() if -_WORD < value < _WORD else None
    if kind is str:
        return quote(value).encode()
    return _FIXED[value] if kind is bool or value is None else None


def json_text(value: Json) -> bytes:
    """The JSON text of a leaf.

    Raises:
        ValueError: an integer of more digits than Python writes.
        RecursionError: lists nested too deep.
    """
    return scalar_text(value) or dumps(value).encode()


def merged(before: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Values that were logged for a row, and those that came later: dicts are merged, and all else is replaced."""
    both = {**before, **more}
    for key in before.keys() & more.keys():
        if _is_plain(before[key]) and _is_plain(more[key]):
            both[key] = merged(before[key], more[key])
    return both


def _is_plain(tree: Any) -> bool:
    return type(tree) is dict and "_type" not in tree


@frozen
class Snapshot:
    """A value as it was when it was logged.

    Attributes:
        tree: scalars, lists and dicts of their own, and values.
        plain: whether it is JSON as it is.
        later: whether encoding it is work for the pool: it holds media.
        ordered: whether it is encoded after those logged before it: it holds a container, whose next increment
            says what came since the last.
    """

    tree: Any
    plain: bool
    later: bool
    ordered: bool


def snapshot(value: Any, registry: Registry | None) -> Snapshot:
    """Take what the caller gave, so that what is done to it later changes nothing.

    Foreign objects are adopted, so their constructors' rules hold and their complaints come at once.

    Raises:
        EncodeError: something that cannot be logged.
    """
    taker = _Taker(registry)
    try:
        tree = taker.take(value)
    except RecursionError:
        raise EncodeError("the values are nested too deep, or hold themselves") from None
    return Snapshot(tree, taker.plain, taker.media, taker.containers)


class _Taker:
    """One walk over a value.

    Attributes:
        plain: whether nothing but JSON was met.
        media: whether media were met.
        containers: whether a container of values was met that can be changed, as a table.
    """

    def __init__(self, registry: Registry | None) -> None:
        self._registry = registry
        self.plain = True
        self.media = self.containers = False

    def take(self, value: Any) -> Any:
        kind = type(value)
        if kind in SCALARS:
            return value
        if kind is dict:
            self.plain = self.plain and all(type(key) is str for key in value)
            return {key: self._take_at(key, each) for key, each in value.items()}
        if kind is list or kind is tuple:
            return [
                each if type(each) in SCALARS else self._take_at(at, each) for at, each in enumerate(value)
            ]
        if isinstance(value, WBValue):
            return self._meet(value)
        plain = to_plain(value)
        if plain is not NotImplemented:
            return self.take(plain)
        return self._meet(adopt(value, registry=self._registry))

    def _take_at(self, at: Any, value: Any) -> Any:
        try:
            return self.take(value)
        except EncodeError as error:
            raise error.under(at if type(at) is int else str(at)) from error.__cause__

    def _meet(self, value: WBValue) -> WBValue:
        self.plain = False
        self.media = self.media or isinstance(value, Media | Batch)
        taken = value.snapshot()
        self.containers = self.containers or taken is not value
        return taken


@frozen(eq=False)
class Written:
    """A value, encoded: what goes into a row, and what must be in the log before that.

    Attributes:
        json: its JSON.
        items: an item for each leaf.
        files: the files that it put into the run.
        artifacts: the records of the artifacts that it staged.
        notes: what it says in the run's config, by kind and key.
    """

    json: Json
    items: bytes
    files: tuple[str, ...] = ()
    artifacts: tuple[Record, ...] = ()
    notes: Mapping[str, Mapping[str, Json]] = field(factory=dict)


@frozen(eq=False)
class Writer:
    """Encodes values into a run.

    Attributes:
        about: the run.
        files: where its files go.
        exact: whether what wandb's shape loses is written beside it.
        registry: the codecs; None for all that is installed.
    """

    about: About
    files: RunFiles
    exact: bool
    registry: Registry | None

    def write(self, key: str, tree: Any, step: int | str) -> Written:
        """Encode one value; its files are stored, and its artifacts staged, once this returns.

        Raises:
            EncodeError: it cannot be written, with the path to what is at fault.
            OSError: its files cannot be stored.
        """
        files = self.files.for_one_value()
        try:
            encoded = encode(tree, files, key=key, step=step, exact=self.exact, registry=self.registry)
            return Written(
                encoded.json,
                items_of(key, encoded.json),
                tuple(files.stored),
                tuple(artifact(each.finished(), self.about) for each in files.staged),
                encoded.notes,
            )
        except BaseException:
            for each in files.staged:
                each.discard()
            raise


def items_of(key: str, json: Json) -> bytes:
    """The items of a value in a row: one for each leaf, as client 0.31 lays rows out.

    Its viewer finds images and nested metrics by their ``nested_key`` alone. Lists are leaves; an empty dict is one
    too, which that client would lose.

    Raises:
        EncodeError: a key that is no text, as half a character; JSON nested too deep.
    """
    try:
        return b"".join(item(path, json_text(leaf)) for path, leaf in leaves((key,), json))
    except UnicodeEncodeError:
        raise EncodeError("a key holds half a character, which the log cannot hold; rename it") from None
    except ValueError as error:  # an integer of more digits than Python writes
        raise EncodeError(f"it cannot be JSON: {one_line(error)}") from None
    except RecursionError:
        raise EncodeError("the values are nested too deep, or hold themselves") from None


def leaves(path: tuple[str, ...], json: Json) -> Iterator[tuple[tuple[str, ...], Json]]:
    """What is below a tree's dicts, with the keys that lead to it."""
    todo = [(path, json)]
    while todo:
        path, json = todo.pop()
        if isinstance(json, dict) and json:
            todo.extend(((*path, key), each) for key, each in reversed(json.items()))
        else:
            yield path, json
