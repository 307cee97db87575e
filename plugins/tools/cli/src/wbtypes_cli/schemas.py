"""The JSON Schemas that installed types come with, and what in a document does not hold to them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files as resources
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from wbtypes_core import Registry, default_registry
from wbtypes_core.errors import Step, need, one_line, shortened, spell
from wbtypes_core.jsonio import Json, JsonObject, loads
from wbtypes_core.registry import Loaded

from .leaves import objects

if TYPE_CHECKING:
    import referencing
    from jsonschema import Draft202012Validator

PREFIX = "urn:wbtypes:schema:"
"""What the ``$id`` of every schema begins with; the tag follows, and the major version."""


@frozen
class Violation:
    """A place in a document that does not hold to a schema.

    Attributes:
        path: the steps from the document's root.
        tag: whose schema.
        message: what is wrong there.
    """

    path: tuple[Step, ...]
    tag: str
    message: str

    def __str__(self) -> str:
        return f"{spell(self.path) or 'the value'}: {self.message} (schema of {self.tag})"


def violations(node: Json, registry: Registry | None = None) -> list[Violation]:
    """What in a document does not hold to the schemas of its values; empty when all does.

    For many documents keep a `Schemas`, which reads each schema once.

    Args:
        node: a value's JSON, or a tree that holds such values, as a history row. It is not changed.
        registry: the types; by default all that are installed.

    Raises:
        MissingExtra: jsonschema is not installed.
    """
    return list(Schemas(registry or default_registry()).violations(node))


@frozen(eq=False)
class Schemas:
    """The schemas of a registry's types, read at first need.

    A type that is not installed, or ships no schema, allows everything.

    Attributes:
        registry: the types.
    """

    registry: Registry
    _validators: dict[str, Draft202012Validator | None] = field(factory=dict, init=False)

    def schema(self, tag: str) -> JsonObject | None:
        """The schema of a tag; None where its type is not to be had or ships none."""
        loaded = self.registry.find(tag)
        if not isinstance(loaded, Loaded):
            return None
        package = type(loaded.codec).__module__.rpartition(".")[0]
        while package:
            file = resources(package) / "schemas" / f"{tag.replace('/', '.')}.json"
            if file.is_file():
                schema: JsonObject = loads(file.read_bytes())
                return schema
            package = package.rpartition(".")[0]
        return None

    def violations(self, node: Json) -> Iterator[Violation]:
        """What in a document does not hold to the schemas of its values; an old shape is held to today's once upgraded.

        Raises:
            MissingExtra: jsonschema is not installed.
        """
        for path, value in objects(node, lambda each: self._validator(each.get("_type")) is not None):
            tag = value["_type"]
            yield from self._of_value(self._validators[tag], tag, value, path)

    def _of_value(
        self, validator: Any, tag: str, node: JsonObject, path: tuple[Step, ...]
    ) -> Iterator[Violation]:
        loaded = self.registry.find(tag)
        try:
            for upgrade in loaded.upgrades if isinstance(loaded, Loaded) else ():
                node = upgrade(node)
        except Exception as error:  # an upgrade that trips over damaged data
            yield Violation(path, tag, f"an old shape that cannot be read: {one_line(error)}")
            return
        from referencing.exceptions import Unresolvable

        try:
            for fault in validator.iter_errors(node):
                yield Violation((*path, *fault.absolute_path), tag, shortened(fault.message))
        except Unresolvable:  # a part of the schema of a type that is not installed here
            return

    def _validator(self, tag: Any) -> Draft202012Validator | None:
        """What holds a document to the schema of a tag, known from then on; None where there is no schema, or no tag."""
        if type(tag) is not str:
            return None
        if tag not in self._validators:
            jsonschema: Any = need("jsonschema", pip="wbtypes-cli[schema]", what="checking against schemas")
            schema = self.schema(tag)
            made = None
            if schema is not None:
                made = jsonschema.Draft202012Validator(schema, registry=self._references)
            self._validators[tag] = made
        return self._validators[tag]

    @cached_property
    def _references(self) -> referencing.Registry[Any]:
        """Where schemas find each other: among those of installed types; nothing is fetched."""
        import referencing
        from referencing.jsonschema import DRAFT202012

        def retrieve(uri: str) -> referencing.Resource[Any]:
            tag = uri.removeprefix(PREFIX).rpartition(":")[0]
            return DRAFT202012.create_resource(self.schema(tag) or {})

        return referencing.Registry(retrieve=retrieve)  # type: ignore[call-arg]
