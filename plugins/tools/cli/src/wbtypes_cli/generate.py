"""A new type package from the template: the names it goes by, and the files that hold them.

The template is in copier's notation: ``{{ name }}`` stands for a name, in paths too, and each file ends in ``.jinja``.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import frozen

from wbtypes_core import __version__ as core_version

from . import Refusal

LONGEST = 30
"""Characters of a name: the lines of the template stay within their length."""

ENDING = ".jinja"


@frozen
class Kind:
    """What a type is made of.

    Attributes:
        suffix: what its tag ends in, unless one is given.
        needs: what it depends on beside core.
        example: the arguments of a value, for the README.
    """

    suffix: str
    needs: tuple[str, ...]
    example: str


KINDS: Mapping[str, Kind] = {
    "file": Kind("-file", (), '"Once upon a time."'),
    "value": Kind("", ("numpy>=1.24",), "[1, 2.5, 3]"),
}


@frozen
class Names:
    """What a new type goes by.

    Attributes:
        name: the word of its own: ``"key-points"``.
        kind: one of `KINDS`.
        tag: its ``_type`` on the wire: ``"key-points-file"``.
        cls: its class: ``"KeyPoints"``.
        author: whose it is.
    """

    name: str
    kind: str
    tag: str
    cls: str
    author: str

    @property
    def distribution(self) -> str:
        """What is installed: ``"wbtypes-key-points"``."""
        return f"wbtypes-{self.name}"

    @property
    def package(self) -> str:
        """What is imported: ``"wbtypes_key_points"``."""
        return self.distribution.replace("-", "_")

    def words(self) -> dict[str, str]:
        """What each ``{{ word }}`` of the template stands for."""
        major = int(core_version.partition(".")[0])
        needs = sorted((f"wbtypes-core>={core_version},<{major + 1}", *KINDS[self.kind].needs))
        return {
            "name": self.name,
            "distribution": self.distribution,
            "package": self.package,
            "tag": self.tag,
            "schema": self.tag.replace("/", "."),
            "class": self.cls,
            "author": self.author,
            "dependencies": ", ".join(f'"{need}"' for need in needs),
            "example": KINDS[self.kind].example,
        }


def names_of(name: str, kind: str, tag: str | None, cls: str | None, author: str) -> Names:
    """The names of a new type, those that were not given made from the first.

    Args:
        name: a word or several, as ``keypoints``, ``key_points`` or ``wbtypes-key-points``.
        kind: one of `KINDS`.
        tag: the wire tag, or None.
        cls: the class, or None.
        author: whose it is.

    Raises:
        Refusal: one of them cannot be what it should be, with what can.
    """
    word = re.sub(r"[-_.]+", "-", name).lower().removeprefix("wbtypes-")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", word) or len(word) > LONGEST:
        raise Refusal(
            f"{name}: is no name for a package; letters, digits and hyphens are, {LONGEST} at most, a letter first"
        )
    tag = word + KINDS[kind].suffix if tag is None else tag
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*", tag, re.ASCII) or len(tag) > LONGEST:
        raise Refusal(
            f"--tag {tag}: is no tag; letters, digits and -_. are, and / between them, {LONGEST} at most"
        )
    cls = "".join(part.capitalize() for part in word.split("-")) if cls is None else cls
    if not re.fullmatch(r"[A-Z]\w*", cls, re.ASCII) or keyword.iskeyword(cls) or len(cls) > LONGEST:
        raise Refusal(
            f"--class {cls}: is no name for a class; write it as KeyPoints, {LONGEST} letters and digits at most"
        )
    if not author.isprintable() or not author.strip() or set(author) & set('"\\{}'):
        raise Refusal('--author: is a name in one line, without " \\ { }')
    if cls in _taken(Names(word, kind, tag, "Stand_In", author)):
        raise Refusal(f"--class {cls}: is what Python or wbtypes calls something else by; choose another")
    return Names(word, kind, tag, cls, author)


def _taken(names: Names) -> set[str]:
    """The words that the modules of a new package call something else by."""
    found = set(dir(builtins))
    for path, text in package_files(names):
        for node in ast.walk(ast.parse(text)) if path.endswith(".py") else ():
            if isinstance(node, ast.alias):
                found.add(node.asname or node.name)
            elif isinstance(node, ast.Name):
                found.add(node.id)
    return found


def package_files(names: Names) -> Iterator[tuple[str, str]]:
    """The path and the text of every file of a new package."""
    words = names.words()
    template = resources(__package__) / "template"
    for folder in ("both", names.kind):
        for path, text in _walk(template / folder, ""):
            yield _filled(path, words), _filled(text, words)


def write_package(names: Names, folder: Path) -> list[str]:
    """Write a new package into a folder; the paths in it, sorted."""
    written = []
    for path, text in package_files(names):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return sorted(written)


def _walk(folder: Traversable, above: str) -> Iterator[tuple[str, str]]:
    for each in sorted(folder.iterdir(), key=lambda item: item.name):
        if each.is_dir():
            yield from _walk(each, f"{above}{each.name}/")
        elif each.name.endswith(ENDING):
            yield above + each.name.removesuffix(ENDING), each.read_text(encoding="utf-8")


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\{\{ (\w+) \}\}", lambda found: words[found[1]], text)
