"""Which modules here can be collected: a type whose folder is deleted takes those along that cannot do without it."""

from __future__ import annotations

from wbtypes_core.index import installed

NEEDS = {
    "test_class_ids.py": ("classes", "table"),
    "test_client_losses.py": (
        "audio",
        "boxes2d",
        "histogram",
        "image",
        "mask",
        "molecule",
        "object3d",
        "plotly",
        "table",
        "video",
    ),
    "test_media_frames.py": ("histogram", "image", "table"),
    "test_runs_and_tables.py": ("graph", "histogram", "image", "table"),
}

_HERE = {provider.distribution for provider in installed().providers}

collect_ignore = [
    module for module, types in NEEDS.items() if not _HERE.issuperset(f"wbtypes-{name}" for name in types)
]
