"""The pages of the wire: one per tag, written from its schema and its recorded nodes while the manual is built; and the schemas beside them."""

from __future__ import annotations

import importlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import frozen
from sphinx.application import Sphinx

from wbtypes_core import Code, Codec
from wbtypes_core.testing import CorpusEntry, read_corpus

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "wire"
VERSION = re.compile(r"(\d+\.\d+(?:\.\d+)?)-(.*)")
LINES = 70
"""An example longer than this is left for a shorter one."""


@frozen
class Tag:
    """What is known of one tag.

    Attributes:
        name: the tag.
        schema: its JSON Schema.
        file: where that is.
        recorded: its nodes, by the names of their files.
        codecs: those that read and write it.
        plugin: the folder of its plugin.
    """

    name: str
    schema: dict[str, Any]
    file: Path
    recorded: dict[str, CorpusEntry]
    codecs: list[Codec[Any]]
    plugin: Path

    @property
    def page(self) -> str:
        """The name of its page, which is that of its schema."""
        return self.file.stem

    def versions(self) -> dict[str, list[CorpusEntry]]:
        """The recorded nodes of each version of the client, the oldest first."""
        found: dict[str, list[CorpusEntry]] = {}
        for name, entry in self.recorded.items():
            if match := VERSION.match(name):
                found.setdefault(match[1], []).append(entry)
        return dict(sorted(found.items(), key=lambda item: [int(part) for part in item[0].split(".")]))


def tags() -> list[Tag]:
    """Every tag of the plugins in this checkout, by name."""
    found = []
    for file in ROOT.glob("plugins/types/*/src/*/schemas/*.json"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        name, plugin = schema["title"], file.parents[3]
        module = importlib.import_module(f"{file.parents[1].name}.plugin")
        codecs = [codec for codec in registered(module) if codec.tag == name]
        corpus = plugin / "tests" / "corpus"
        names = sorted(path.stem for path in (corpus / file.stem).glob("*.json"))
        recorded = dict(zip(names, read_corpus(corpus, name), strict=True))
        found.append(Tag(name, schema, file, recorded, codecs, plugin))
    return sorted(found, key=lambda tag: tag.name.lower())


def registered(module: Any) -> list[Codec[Any]]:
    """The codecs that a plugin module adds."""
    added: list[Codec[Any]] = []

    class Recorder:
        def add(self, *codecs: Codec[Any]) -> None:
            added.extend(codecs)

    module.wbtypes_register(Recorder())
    return added


# -- the page -------------------------------------------------------------------------------------------------


def page(tag: Tag) -> str:
    """The page of a tag, as Markdown."""
    parts = [f"# `{tag.name}`", tag.schema["description"], *about(tag), *fields(tag), *quirks(tag)]
    parts += [*versions(tag), *examples(tag), *refused(tag)]
    return "\n\n".join(parts) + "\n"


def about(tag: Tag) -> Iterator[str]:
    """Which class and package, where it is written, and the schema."""
    classes = sorted({codec.value_type.__name__ for codec in tag.codecs})
    items = sorted({codec.item_type.__name__ for codec in tag.codecs if hasattr(codec, "item_type")})
    dialects = sorted({dialect.value for codec in tag.codecs for dialect in codec.dialects})
    forms = {"artifact": "artifacts", "run": "runs"}
    value = ", ".join(f"`{name}`" for name in classes)
    if items:
        value += f" of {', '.join(f'`{name}`' for name in items)}"
    rows = [
        ("Value", f"{value}, of {package(tag.plugin)}"),
        ("Written in", " and ".join(forms[each] for each in reversed(dialects))),
        (
            "Carries its tag",
            "yes" if all(codec.tagged for codec in tag.codecs) else "no: what holds it knows what it is",
        ),
    ]
    folders = sorted({codec.folder for codec in tag.codecs if hasattr(codec, "folder")})
    if folders:
        rows.append(("Files in", ", ".join(f"`{folder}`" for folder in folders)))
    rows.append(("Schema", f'<a href="../schemas/{tag.file.name}"><code>{tag.file.name}</code></a>'))
    yield table(("", ""), rows)


def package(plugin: Path) -> str:
    """A link to the page of a package; pages show its README."""
    name, page = f"wbtypes-{plugin.name}", ROOT / "docs" / "types" / f"{plugin.name}.md"
    whole = page.is_file() and (plugin / "README.md").is_file()
    return f"[{name}](../types/{page.name})" if whole else f"`{name}`"


def fields(tag: Tag) -> Iterator[str]:
    """Every key, what JSON it is and what it means; then the parts that are named."""
    yield "## Fields"
    rows = list(keys(tag.schema, ""))
    yield table(("Key", "JSON", "Meaning"), rows) if rows else f"{spelled(tag.schema)}."
    for part in tag.schema.get("$defs", {}).values():
        yield f"### {part['title']}"
        rows = list(keys(part, ""))
        yield part.get("description", "") if rows else f"{spelled(part)}. {part.get('description', '')}"
        if rows:
            yield table(("Key", "JSON", "Meaning"), rows)


def keys(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    """A row for each key of an object, and for those of the objects and lists in it."""
    required = set(schema.get("required", ()))
    for name, part in schema.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        must = ", required" if name in required else ""
        yield f"`{place}`", spelled(part) + must, meaning(part)
        yield from below(part, place)


def below(part: dict[str, Any], place: str) -> Iterator[tuple[str, str, str]]:
    """The rows of what a key holds."""
    yield from keys(part, place)
    for word, mark in (("items", "[]"), ("additionalProperties", ".*")):
        inner = part.get(word)
        if isinstance(inner, dict) and ("description" in inner or "properties" in inner):
            yield f"`{place}{mark}`", spelled(inner), meaning(inner)
            yield from below(inner, place + mark)


def meaning(part: dict[str, Any]) -> str:
    """What a schema says in words."""
    said = part.get("description") or part.get("title", "")
    return said if said.endswith((".", ":", "?")) else f"{said}."


def spelled(part: dict[str, Any]) -> str:
    """What JSON a schema allows, in words."""
    if "const" in part:
        return f"`{json.dumps(part['const'])}`"
    if "enum" in part:
        return " or ".join(f"`{json.dumps(each)}`" for each in part["enum"])
    if "$ref" in part:
        return linked(part["$ref"])
    for word in ("anyOf", "oneOf"):
        if word in part and "type" not in part:
            return " or ".join(dict.fromkeys(spelled(each) for each in part[word]))
    kinds = part.get("type", "any")
    words = [kinds] if isinstance(kinds, str) else kinds
    items = part.get("items")
    inner = (
        f" of {spelled(items)}" if isinstance(items, dict) and ("type" in items or "$ref" in items) else ""
    )
    return " or ".join(f"array{inner}" if word == "array" else word for word in words)


def linked(reference: str) -> str:
    """A link to the part that a schema refers to."""
    name, _, part = reference.partition("#/$defs/")
    if not name:
        return f"*{part}*"
    tag = name.removeprefix("urn:wbtypes:schema:").rpartition(":")[0]
    return f"[{tag}]({tag.replace('/', '.')}.md)" + (f": *{part}*" if part else "")


def quirks(tag: Tag) -> Iterator[str]:
    """What a reader stumbles over."""
    if said := tag.schema.get("x-quirks"):
        yield "## Quirks"
        yield "\n".join(f"- {each}" for each in said)


def versions(tag: Tag) -> Iterator[str]:
    """Which version of the client wrote which key."""
    found = tag.versions()
    if not found:
        return
    yield "## Versions"
    yield "Keys in the nodes that each version of the client wrote into the recordings:"
    written = {
        version: {key for entry in entries if isinstance(entry.node, dict) for key in entry.node}
        for version, entries in found.items()
    }
    order = dict.fromkeys([*tag.schema.get("properties", {}), *sorted(set().union(*written.values()))])
    rows = [
        (f"`{key}`", *("•" if key in each else "" for each in written.values()))
        for key in order
        if any(key in each for each in written.values())
    ]
    rows.append(("nodes recorded", *(str(len(entries)) for entries in found.values())))
    yield table(("Key", *found), rows)


def examples(tag: Tag) -> Iterator[str]:
    """A node of the newest version of the client for each form that it wrote; else one of those that are kept."""
    yield "## Examples"
    shown = False
    for version, entries in reversed(tag.versions().items()):
        for dialect in ("run", "artifact"):
            if best := telling(each for each in entries if each.dialect.value == dialect):
                shown = True
                yield f"As client {version} wrote it into {'a run' if dialect == 'run' else 'an artifact'}:"
                yield from printed(tag, best)
        if shown:
            return
    if best := telling(tag.recorded.values()):
        yield "As it is read:"
        yield from printed(tag, best)


def telling(entries: Iterable[CorpusEntry]) -> CorpusEntry | None:
    """The entry that shows most keys, and most behind its links, in few lines."""

    def shows(entry: CorpusEntry) -> tuple[int, int]:
        linked = sum(len(data) for data in entry.files.values() if data.count(b"\n") < LINES)
        return len(entry.node), min(linked, 1_000)

    kept = [each for each in entries if each.error is None and isinstance(each.node, dict | list)]
    short = [each for each in kept if len(pretty(each.node).splitlines()) <= LINES]
    return max(short, key=shows, default=None)


def printed(tag: Tag, entry: CorpusEntry) -> Iterator[str]:
    """A node with its keys in the schema's order, and the linked JSON that was recorded with it."""
    node = entry.node
    if isinstance(node, dict):
        order = list(tag.schema.get("properties", {}))
        known = sorted(node.keys() & set(order), key=order.index)
        node = {key: node[key] for key in (*known, *(key for key in node if key not in order))}
    yield fenced(pretty(node))
    for path, data in list(entry.files.items())[:1]:
        text = data.decode("utf-8")
        try:
            text = pretty(json.loads(text))
        except ValueError:
            continue
        if len(text.splitlines()) <= LINES:
            yield f"And in `{path}`:"
            yield fenced(text)


def pretty(node: Any) -> str:
    """JSON for people: short lists on one line, long texts and lists cut."""
    text = json.dumps(shortened(node), indent=2, ensure_ascii=False)
    flat = re.compile(r"[\[{]\n\s+[^\[\]{}]*?\n\s*[\]}]")

    def join(match: re.Match[str]) -> str:
        line = re.sub(r"\s*\n\s*", " ", match[0])
        return line if len(line) <= 90 and match[0].startswith("[") else match[0]

    return flat.sub(join, text)


def shortened(node: Any) -> Any:
    """A node without what is long and says nothing more."""
    if isinstance(node, dict):
        return {key: shortened(item) for key, item in node.items()}
    if isinstance(node, list):
        items = [shortened(item) for item in node]
        return [*items[:8], f"... {len(items) - 8:,} more"] if len(items) > 10 else items
    if isinstance(node, str) and len(node) > 200:
        return f"{node[:120]}... {len(node) - 120:,} more characters"
    return node


def refused(tag: Tag) -> Iterator[str]:
    """The nodes that are errors, with their codes."""
    found = [(entry.name, f"`{Code(entry.error).value}`") for entry in tag.recorded.values() if entry.error]
    if found:
        yield "## Refused"
        yield "Nodes that `decode` raises `DecodeError` for, with the code:"
        yield table(("Node", "Code"), found)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [[*head], *([*row] for row in rows)]
    cells = [" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) for line in lines]
    rule = " | ".join("---" for _ in lines[0])
    return "\n".join(f"| {line} |" for line in (cells[0], rule, *cells[1:]))


def fenced(text: str) -> str:
    """Text as it stands; bare NaN makes JSON's own highlighting fail."""
    language = "text" if re.search(r"\b(NaN|Infinity)\b", text) else "json"
    return f"```{language}\n{text}\n```"


# -- Sphinx ---------------------------------------------------------------------------------------------------


def write_pages(app: Sphinx) -> None:
    """Write every page whose text has changed, and drop those of tags that are gone."""
    texts = {f"{tag.page}.md": page(tag) for tag in tags()}
    for stale in {path.name for path in PAGES.glob("*.md")} - texts.keys() - {"index.md"}:
        (PAGES / stale).unlink()
    for name, text in texts.items():
        target = PAGES / name
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


def copy_schemas(app: Sphinx, error: Exception | None) -> None:
    """Publish the schemas beside the pages."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir, "schemas")
        folder.mkdir(exist_ok=True)
        for tag in tags():
            shutil.copy(tag.file, folder)


def setup(app: Sphinx) -> dict[str, bool]:
    """Take part in the build."""
    app.connect("builder-inited", write_pages)
    app.connect("build-finished", copy_schemas)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
