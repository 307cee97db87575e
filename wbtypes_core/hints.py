"""Which package of ours reads which tag: the only source of pip lines, so that data never names what to install."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TAGS = {
    "wbtypes-audio": ("audio-file", "audio"),
    "wbtypes-bokeh": ("bokeh-file",),
    "wbtypes-boxes2d": ("boxes2D", "bounding-boxes"),
    "wbtypes-classes": ("classes", "classes-file"),
    "wbtypes-file": ("file",),
    "wbtypes-graph": ("graph-file",),
    "wbtypes-histogram": ("histogram",),
    "wbtypes-html": ("html-file", "html"),
    "wbtypes-image": ("image-file", "images/separated", "images"),
    "wbtypes-mask": ("mask",),
    "wbtypes-metadata": ("metadata",),
    "wbtypes-molecule": ("molecule-file", "molecule"),
    "wbtypes-object3d": ("object3D-file", "object3D"),
    "wbtypes-plotly": ("plotly-file", "plotly"),
    "wbtypes-table": (
        "table",
        "table-file",
        "incremental-table-file",
        "joined-table",
        "partitioned-table",
    ),
    "wbtypes-trace": ("wb_trace_tree",),
    "wbtypes-video": ("video-file", "videos"),
}

_CLASSES = {
    "wbtypes-audio": ("Audio",),
    "wbtypes-bokeh": ("Bokeh",),
    "wbtypes-boxes2d": ("BoundingBoxes2D",),
    "wbtypes-classes": ("Classes",),
    "wbtypes-file": ("File",),
    "wbtypes-graph": ("Graph", "Node", "Edge"),
    "wbtypes-histogram": ("Histogram",),
    "wbtypes-html": ("Html",),
    "wbtypes-image": ("Image",),
    "wbtypes-mask": ("ImageMask",),
    "wbtypes-metadata": ("JSONMetadata",),
    "wbtypes-molecule": ("Molecule",),
    "wbtypes-object3d": ("Object3D",),
    "wbtypes-plotly": ("Plotly",),
    "wbtypes-table": ("Table", "JoinedTable", "PartitionedTable", "IncrementalTable", "Lost"),
    "wbtypes-trace": ("TraceTree",),
    "wbtypes-video": ("Video",),
}

_NATIVES = {
    "wbtypes-bokeh": ("bokeh.model.model.Model", "bokeh.document.document.Document"),
    "wbtypes-histogram": (
        "numpy.ndarray",
        "torch.Tensor",
        "torch.nn.parameter.Parameter",
        "tensorflow.python.framework.ops.EagerTensor",
        "tensorflow.python.ops.resource_variable_ops.ResourceVariable",
        "jaxlib._jax.ArrayImpl",
        "jaxlib.xla_extension.ArrayImpl",
    ),
    "wbtypes-image": (
        "PIL.Image.Image",
        "matplotlib.figure.Figure",
        "matplotlib.artist.Artist",
        "builtins.module",
    ),
    "wbtypes-molecule": ("rdkit.Chem.rdchem.Mol",),
    "wbtypes-object3d": ("trimesh.base.Trimesh",),
    "wbtypes-plotly": ("plotly.basedatatypes.BaseFigure",),
    "wbtypes-table": (
        "pandas.DataFrame",
        "pandas.core.frame.DataFrame",
        "polars.dataframe.frame.DataFrame",
        "pyarrow.lib.Table",
    ),
}


def _by_name(table: Mapping[str, tuple[str, ...]]) -> Mapping[str, str]:
    return MappingProxyType({name: package for package, names in table.items() for name in names})


PACKAGE_OF_TAG = _by_name(_TAGS)
PACKAGE_OF_CLASS = _by_name(_CLASSES)
PACKAGE_OF_NATIVE = _by_name(_NATIVES)
