"""What can go wrong: the error tree, the reason codes, and the place where it happened."""

from __future__ import annotations

import json
import sys
import warnings
from enum import StrEnum
from importlib import import_module
from types import FrameType, ModuleType
from typing import Any, Self

Step = str | int
"""One step into a JSON document: a key of an object or an index of a list."""


class Code(StrEnum):
    """Why a value could not be decoded, as a word that tests and tools can match."""

    WRONG_TYPE = "wrong-type"
    MISSING_KEY = "missing-key"
    BAD_VALUE = "bad-value"
    BAD_JSON = "bad-json"
    BAD_FILE = "bad-file"
    MISSING_FILE = "missing-file"
    ALTERED_FILE = "altered-file"
    UNSAFE_PATH = "unsafe-path"
    UNREACHABLE = "unreachable"
    LIMIT = "limit"
    NOT_A_RUN = "not-a-run"
    DAMAGED_LOG = "damaged-log"
    NOT_INSTALLED = "not-installed"
    BROKEN = "broken"
    CONTESTED = "contested"
    BLOCKED = "blocked"
    NOT_REGISTERED = "not-registered"
    NOT_FOLLOWED = "not-followed"


UNREADABLE_HERE = frozenset(
    (Code.NOT_INSTALLED, Code.BROKEN, Code.CONTESTED, Code.BLOCKED, Code.NOT_REGISTERED)
)
"""The codes that speak of the installation and not of the data."""


class Reason(str):
    """A sentence that says why a value is not what it could be, with its code."""

    __slots__ = ("code",)
    code: Code

    def __new__(cls, code: Code, message: str) -> Self:
        """Join a code to the sentence that people read."""
        self = super().__new__(cls, message)
        self.code = code
        return self

    def __reduce__(self) -> tuple[type[Reason], tuple[Code, str]]:
        return type(self), (self.code, str(self))


def spell(path: tuple[Step, ...]) -> str:
    """The place in a document as Python would write it: ``["val"]["masks"][0]``."""
    return "".join(f"[{_token(step)}]" if isinstance(step, str) else f"[{step}]" for step in path)


def _token(key: str) -> str:
    """A key in quotes, in one line whatever it holds."""
    return json.dumps(shortened(key), ensure_ascii=not key.isprintable())


def shortened(text: str) -> str:
    """A text of data as messages may hold it: its begin and end when it is long."""
    return text if len(text) <= 200 else f"{text[:150]}...{text[-40:]}"


def printable(text: str) -> str:
    """A path or name of data as messages may hold it: short, and in quotes with escapes where it is not plain."""
    short = shortened(text)
    return short if short.isprintable() else json.dumps(short)


def one_line(error: BaseException) -> str:
    """What an exception says, in one line."""
    return shortened(" ".join(str(error).split())) or type(error).__name__


class WBTypesError(Exception):
    """The root of every error that wbtypes raises by itself."""


class _Placed(WBTypesError):
    """An error that has a place in a document, which grows as the error travels up.

    Attributes:
        message: the cause and the way out, in one line.
        path: the steps from the document's root to the value.
    """

    def __init__(self, message: str, *, path: tuple[Step, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def under(self, *at: Step) -> Self:
        """This error, seen from further up the document."""
        self.path = at + self.path
        return self

    def __str__(self) -> str:
        return f"{spell(self.path)}: {self.message}" if self.path else self.message


class EncodeError(_Placed):
    """A value that cannot be written: the caller must act."""


class DecodeError(_Placed):
    """Data that cannot be read: the data is at fault.

    Attributes:
        reason: the code of the cause, see `Code`.
    """

    def __init__(self, message: str, *, reason: str = Code.BAD_VALUE, path: tuple[Step, ...] = ()) -> None:
        super().__init__(message, path=path)
        self.reason = Code(reason)

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, (type(self), self.message, self.reason, self.path)


class LimitError(DecodeError):
    """Data larger or deeper than `Limits` allows; the message names the limit and how to raise it."""

    def __init__(self, message: str, *, reason: str = Code.LIMIT, path: tuple[Step, ...] = ()) -> None:
        super().__init__(message, reason=reason, path=path)


def _revive(kind: type[DecodeError], message: str, reason: str, path: tuple[Step, ...]) -> DecodeError:
    return kind(message, reason=reason, path=path)


class PluginError(WBTypesError):
    """The installation is at fault: a plugin is missing, broken or contested."""


class TagConflict(PluginError):
    """Several installed distributions claim one tag, and nothing says which to prefer."""


class BrokenPlugin(PluginError):
    """An installed plugin that could not be loaded, or that registered other tags than it advertises."""


class MissingExtra(PluginError, ImportError):
    """A library that a conversion needs is not installed; the message holds the pip line."""


class OpaqueWarning(UserWarning):
    """A value stays `Opaque` because of the installation, told once per cause."""


class ValueWarning(UserWarning):
    """An odd value was handled by a stated rule, told once per kind."""


_told: set[str] = set()


def warn_once(message: str) -> None:
    """Tell of a kind of odd value that a stated rule handled, once per process."""
    if message not in _told:
        _told.add(message)
        warn_caller(message, ValueWarning)


def warn_caller(message: str, kind: type[Warning]) -> None:
    """Warn at the line of the user's that led here, however many calls within wbtypes lie between."""
    level, frame = 1, sys._getframe()
    while _is_ours(frame) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, kind, stacklevel=level)


def _is_ours(frame: FrameType) -> bool:
    """Whether code of wbtypes runs here, or what it is called through; made code, as of attrs, has no module's name."""
    package = str(frame.f_globals.get("__name__") or "wbtypes").partition(".")[0]
    return package == "wbtypes" or package.startswith("wbtypes_") or package in _BETWEEN


_BETWEEN = frozenset(("_collections_abc", "attr", "contextlib", "functools"))
"""The modules whose own frames may stand between two calls of ours."""


def need(module: str, *, pip: str, what: str) -> ModuleType:
    """Import a library that only this conversion needs.

    Args:
        module: the module's name, ``"PIL.Image"``.
        pip: what to install, ``"wbtypes-image"``; a fact of the calling code, never of data.
        what: what needs it, for the message.

    Raises:
        MissingExtra: with the pip line, when it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtra(f"{what} needs {module.partition('.')[0]}: pip install {pip} ({error})") from error
