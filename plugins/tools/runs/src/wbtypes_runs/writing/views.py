"""The two mappings of a writer that are changed by assignment: its config and its summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from threading import RLock
from typing import Any

from wbtypes_core.jsonio import Json, JsonObject, dumps
from wbtypes_core.plain import copied, json_copy

from .state import OURS


def check_key(key: object, what: str) -> str:
    """A key as rows, summaries and configs take it.

    Raises:
        TypeError: it is no text.
        ValueError: it is the client's own.
    """
    if not isinstance(key, str):
        raise TypeError(f"a key of {what} is {type(key).__name__}; keys are text")
    if key == OURS:
        raise ValueError(f"{OURS!r} is a key of the client's own in {what}; choose another")
    return str(key)


class _View(MutableMapping[str, Any]):
    """A mapping whose keys are attributes too, where they are no names of its own: ``config.lr`` is ``config["lr"]``."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the {type(self).__name__.lower()} has no key {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            self[name] = value


class Config(_View):
    """The config of a run: JSON by key. Each assignment is written at once; `update` writes several in one.

    What is given back are copies: assign the whole value to change it. Keys are attributes too.
    """

    def __init__(self, values: JsonObject, write: Callable[[JsonObject], None]) -> None:
        self._write = write
        self._values = values
        self._lock = RLock()

    def __getitem__(self, key: str) -> Json:
        found: Json = copied(self._values[key])
        return found

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        with self._lock:
            rest = dict(self._values)
            del rest[key]
            self._take(rest)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def update(self, *args: Any, allow_val_change: bool | None = None, **values: Any) -> None:
        """Set several values with one record.

        Args:
            args: a dict of them, or pairs.
            allow_val_change: taken from code written for the client, and without effect: values may always change.
            values: more of them.

        Raises:
            TypeError: a value that is not JSON and has no plain form, or a key that is no text.
            ValueError: a key of the client's own, or one that no text can hold.
            OSError: the log cannot be written; nothing is changed then.
        """
        more = as_config(dict(*args, **values))
        with self._lock:
            self._take({**self._values, **more})

    def _take(self, values: JsonObject) -> None:
        self._write(values)
        self._values = values

    def __repr__(self) -> str:
        return f"Config({self._values!r})"


def as_config(values: Mapping[str, Any]) -> JsonObject:
    """What a user gives for a config, as JSON of its own.

    Raises:
        TypeError: a value that is not JSON and has no plain form, or a key that is no text.
        ValueError: a key of the client's own, or one that no text can hold.
    """
    for key in values:
        check_key(key, "the config").encode()
    read: JsonObject = json_copy(values, "config")
    dumps(read)
    return read


class Summary(_View):
    """The summary of a run: the last value of each key, or what was assigned.

    Reading waits until the rows before are written. Values come back decoded, plain dicts as copies: assign the whole
    value to change it. Keys are attributes too.
    """

    def __init__(
        self,
        read: Callable[[], JsonObject],
        decoded: Callable[[str, Json], Any],
        write: Callable[[Mapping[str, Any]], None],
        remove: Callable[[tuple[str, ...]], None],
    ) -> None:
        self._read = read
        self._decoded = decoded
        self._write = write
        self._remove = remove

    def __getitem__(self, key: str) -> Any:
        return self._decoded(key, self._read()[key])

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        if key not in self._read():
            raise KeyError(key)
        self._remove((key,))

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._read()))

    def __len__(self) -> int:
        return len(self._read())

    def update(self, *args: Any, **values: Any) -> None:
        """Set several values with one record.

        Raises:
            EncodeError: a value that cannot be written; the others are.
            TypeError: a key that is no text.
            OSError: the log cannot be written; nothing is changed then.
        """
        self._write(dict(*args, **values))

    def __repr__(self) -> str:
        return f"Summary({self._read()!r})"
