"""What the pages of the wire are made from is whole: every schema says what each of its keys is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from wirepages import Tag, page, tags

TAGS = tags()


def unsaid(schema: Any, place: str) -> Iterator[str]:
    """The keys that lack a title or a description."""
    if isinstance(schema, list):
        for part in schema:
            yield from unsaid(part, place)
    if isinstance(schema, dict):
        for name, part in schema.get("properties", {}).items():
            if "$ref" not in part and place != "if":
                if "title" not in part:
                    yield f"{place}.{name} has no title"
                if "const" not in part and "description" not in part:
                    yield f"{place}.{name} has no description"
        for name, part in schema.items():
            inner = part.values() if name in ("properties", "$defs") else [part]
            for each in inner:
                yield from unsaid(each, name)


@pytest.mark.parametrize("tag", TAGS, ids=lambda tag: tag.name)
def test_a_schema_explains_itself(tag: Tag) -> None:
    assert tag.schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert tag.schema["$id"] == f"urn:wbtypes:schema:{tag.name}:1"
    assert tag.schema["description"]
    assert list(unsaid(tag.schema, "")) == []


@pytest.mark.parametrize("tag", TAGS, ids=lambda tag: tag.name)
def test_a_page_has_fields_and_an_example(tag: Tag) -> None:
    text = page(tag)
    assert text.startswith(f"# `{tag.name}`\n")
    assert "## Fields" in text
    assert "```json" in text or "```text" in text


def test_an_example_of_a_real_client_comes_first() -> None:
    pages = {tag.name: page(tag) for tag in TAGS if tag.versions()}
    assert pages
    assert all("As client " in text for text in pages.values())
