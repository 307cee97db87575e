"""Custom charts: what ``wandb.plot`` and ``visualize`` logged, a specification in the config and a table in the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from wbtypes_core.jsonio import JsonObject

if TYPE_CHECKING:
    from .run import Run

_SECTION = "Custom Chart Tables/"
_TABLE_KEY = "tableKey"


@frozen
class Chart:
    """One custom chart.

    Attributes:
        key: what it was logged under.
        spec: the whole specification, as the client wrote it (wire format, section 2.18).
        definition: the chart's definition, as ``"wandb/line/v0"``; ``""`` when it names none.
        fields: which column of the table is what, as ``{"x": "step"}``.
        strings: the chart's texts, as its title.
        table_key: the key in rows and summary under which the table is; ``""`` when nothing says.
    """

    key: str
    spec: JsonObject = field(hash=False, repr=False)
    definition: str = ""
    fields: JsonObject = field(factory=dict, hash=False)
    strings: JsonObject = field(factory=dict, hash=False)
    table_key: str = ""
    _run: Run | None = field(default=None, repr=False, eq=False)

    @property
    def table(self) -> Any:
        """The last table that was logged for it, decoded; None when none was.

        Looked for in the summary first, then in the history.
        """
        if self._run is None or not self.table_key:
            return None
        if self.table_key in self._run.summary:
            return self._run.summary[self.table_key]
        table = None
        for row in self._run.history(keys=[self.table_key]):
            table = row.get(self.table_key, table)  # a row may be there for what could not be read of it
        return table


def charts(run: Run) -> dict[str, Chart]:
    """The charts of a run by their keys."""
    ours = run.config_json.get("_wandb")
    if not isinstance(ours, dict):
        return {}
    found = {key: _panel(run, key, spec) for key, spec in _objects(ours.get("visualize"))}
    found |= {key: _legacy(run, key, spec) for key, spec in _objects(ours.get("viz"))}
    return found


def _objects(node: Any) -> Iterator[tuple[str, JsonObject]]:
    if isinstance(node, dict):
        yield from ((key, spec) for key, spec in node.items() if isinstance(spec, dict))


def _panel(run: Run, key: str, spec: JsonObject) -> Chart:
    """A chart of ``wandb.plot``: its query names the table."""
    panel = spec.get("panel_config")
    panel = panel if isinstance(panel, dict) else {}
    named = _table_key(panel.get("userQuery"))
    likely = (named, f"{key}_table", f"{_SECTION}{key}_table")
    there = next((each for each in likely if each and each in run.summary_json), named)
    return Chart(
        key,
        spec,
        _text(panel.get("panelDefId")),
        _object(panel.get("fieldSettings")),
        _object(panel.get("stringSettings")),
        there or f"{key}_table",
        run,
    )


def _legacy(run: Run, key: str, spec: JsonObject) -> Chart:
    """A chart of ``visualize``: its table is logged under the chart's own key."""
    settings = _object(spec.get("historyFieldSettings"))
    return Chart(key, spec, _text(spec.get("id")), settings, {}, _text(settings.get("key")) or key, run)


def _table_key(query: Any) -> str:
    """The table that a chart's query asks for."""
    todo = [query]
    while todo:
        node = todo.pop()
        if isinstance(node, Mapping):
            if node.get("name") == _TABLE_KEY:
                return _text(node.get("value"))
            todo += node.values()
        elif isinstance(node, list):
            todo += reversed(node)
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}
