"""Names for files that every system can hold, whatever the key they come from; no two alike."""

from __future__ import annotations

import re
import unicodedata

from wbtypes_core.layout import path_of_key

MOST = 80
"""Bytes of a key that a name keeps; with step, index and extension a name fits every file system, as a rule."""

_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(\..*)?$")


def portable(text: str, most: int = MOST) -> str:
    """Text as a name: letters and digits of every script, and ``-_.``; all else becomes ``_``."""
    composed = unicodedata.normalize("NFC", text[: 4 * most])  # more marks than that no letter has
    kept = "".join(
        char if char in "-_." or unicodedata.category(char)[0] in "LNM" else "_" for char in composed
    )
    cut = kept.encode()[:most].decode(errors="ignore").strip(".")
    return f"_{cut}" if not cut or _DEVICES.match(cut) else cut


def portable_suffix(suffix: str) -> str:
    """An extension from data, as it may end a name."""
    return f".{portable(suffix[1:], 32)}" if suffix[1:].strip(".") else ""


class Names:
    """The names that are taken in a folder; they differ in more than case or the spelling of an accent."""

    def __init__(self, *taken: str) -> None:
        self._next = {_folded(name): 2 for name in taken}

    def claim(self, stem: str, suffix: str = "") -> str:
        """The name, or where it is taken the first free one of ``stem-2``, ``stem-3``, ...

        Of a name that is longer than a file system takes, the stem is cut, and ends in a digest.
        """
        wanted = name = path_of_key(stem, suffix)
        while _folded(name) in self._next:
            number = self._next[_folded(wanted)]
            self._next[_folded(wanted)] = number + 1
            name = path_of_key(stem, f"-{number}{suffix}")
        self._next[_folded(name)] = 2
        return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
