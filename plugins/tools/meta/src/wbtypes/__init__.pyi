"""What editors and type checkers see of the facade; a class whose package is not installed is Any to them."""

from typing import Any

from wbtypes_audio import Audio
from wbtypes_bokeh import Bokeh
from wbtypes_boxes2d import BoundingBoxes2D
from wbtypes_classes import Classes
from wbtypes_core import (
    Batch,
    BatchableMedia,
    BatchCodec,
    BrokenPlugin,
    BytesFile,
    Code,
    Codec,
    DecodeContext,
    DecodeError,
    Dialect,
    DirectoryStore,
    EncodeContext,
    Encoded,
    EncodeError,
    FrozenMap,
    JsonFileCodec,
    LimitError,
    Limits,
    Linked,
    LocalFile,
    Media,
    MediaCodec,
    MediaFile,
    MediaRef,
    MediaSource,
    MediaStore,
    MemoryStore,
    MissingExtra,
    Opaque,
    OpaqueWarning,
    PluginError,
    Reason,
    Registrar,
    Registry,
    RemoteFile,
    StoredFile,
    TagConflict,
    ValueWarning,
    WBTypesError,
    WBValue,
    adopt,
    decode,
    default_registry,
    encode,
    hookimpl,
    native,
)
from wbtypes_file import File
from wbtypes_graph import Edge, Graph, Node
from wbtypes_histogram import Histogram
from wbtypes_html import Html
from wbtypes_image import Image
from wbtypes_mask import ImageMask
from wbtypes_metadata import JSONMetadata
from wbtypes_molecule import Molecule
from wbtypes_object3d import Object3D
from wbtypes_plotly import Plotly
from wbtypes_runs import (
    Artifact,
    DamagedLogWarning,
    LostValueWarning,
    Problem,
    Row,
    Run,
    RunWriter,
    open_artifact,
    open_run,
    open_runs,
)
from wbtypes_table import IncrementalTable, JoinedTable, Lost, PartitionedTable, Table
from wbtypes_trace import TraceTree
from wbtypes_video import Video

__all__ = [
    "Artifact",
    "Audio",
    "Batch",
    "BatchCodec",
    "BatchableMedia",
    "Bokeh",
    "BoundingBoxes2D",
    "BrokenPlugin",
    "BytesFile",
    "Classes",
    "Code",
    "Codec",
    "DamagedLogWarning",
    "DecodeContext",
    "DecodeError",
    "Dialect",
    "DirectoryStore",
    "Edge",
    "EncodeContext",
    "EncodeError",
    "Encoded",
    "File",
    "FrozenMap",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "ImageMask",
    "IncrementalTable",
    "JSONMetadata",
    "JoinedTable",
    "JsonFileCodec",
    "LimitError",
    "Limits",
    "Linked",
    "LocalFile",
    "Lost",
    "LostValueWarning",
    "Media",
    "MediaCodec",
    "MediaFile",
    "MediaRef",
    "MediaSource",
    "MediaStore",
    "MemoryStore",
    "MissingExtra",
    "Molecule",
    "Node",
    "Object3D",
    "Opaque",
    "OpaqueWarning",
    "PartitionedTable",
    "Plotly",
    "PluginError",
    "Problem",
    "Reason",
    "Registrar",
    "Registry",
    "RemoteFile",
    "Row",
    "Run",
    "RunWriter",
    "StoredFile",
    "Table",
    "TagConflict",
    "TraceTree",
    "ValueWarning",
    "Video",
    "WBTypesError",
    "WBValue",
    "adopt",
    "decode",
    "default_registry",
    "encode",
    "hookimpl",
    "native",
    "open_artifact",
    "open_run",
    "open_runs",
]

__version__: str

def __getattr__(name: str) -> Any:
    """A class of somebody else's package."""
