"""Hostile JSON for hypothesis: any value, and real nodes with some of their parts replaced, removed or added."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

ODD: tuple[Any, ...] = (
    "",
    ".",
    "..",
    "../../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "\\\\host\\share\\file",
    "a\0b",
    "\ud800",
    "media/images/none.png",
    "wandb-artifact://00/entry.json",
    "file:///etc/passwd",
    float("nan"),
    float("inf"),
    -float("inf"),
    -0.0,
    -1,
    2**63,
    10**400,
    0.5,
    {},
    [],
    [[]],
    {"_type": None},
    {"_type": "no-such-type", "path": "../x"},
)
"""JSON values that readers trip over: unsafe paths, bare NaN, numbers out of range, empty and foreign objects."""


def json_values() -> st.SearchStrategy[Any]:
    """Any small JSON value, with a liking for the odd ones."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=12)
        | st.sampled_from(ODD).map(copy.deepcopy)
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=6,
    )


@st.composite
def mutations(draw: st.DrawFn, node: Any, *, root: bool = False) -> Any:
    """A copy of a node with one to three of its parts replaced, removed or added.

    Args:
        draw: given by hypothesis.
        node: a JSON value; it is not changed.
        root: whether the whole may be replaced too; its own ``_type`` stays otherwise.
    """
    holder = [copy.deepcopy(node)]
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(holder, root))
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        action = draw(st.sampled_from(("replace", "remove", "add")))
        if action == "replace" or container is holder:
            container[key] = draw(json_values())
        elif action == "remove":
            del container[key]
        elif isinstance(container, dict):
            container[draw(st.text(max_size=6))] = draw(json_values())
        else:
            container.insert(key, draw(json_values()))
    return holder[0]


def _places(holder: list[Any], root: bool) -> Iterator[tuple[Any, Any]]:
    """Every part of a document as its container and key."""
    if root:
        yield holder, 0
    todo = [holder[0]]
    while todo:
        item = todo.pop()
        keys = item if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ()
        for key in keys:
            if item is not holder[0] or key != "_type":
                yield item, key
            todo.append(item[key])
