"""What editors and type checkers see of the facade; a class whose package is not installed is Any to them."""

from typing import Any

from wbtypes_boxes2d import BoundingBoxes2D as BoundingBoxes2D
from wbtypes_classes import Classes as Classes
from wbtypes_core import (
    Batch as Batch,
    BatchCodec as BatchCodec,
    BatchableMedia as BatchableMedia,
    BrokenPlugin as BrokenPlugin,
    BytesFile as BytesFile,
    Code as Code,
    Codec as Codec,
    DecodeContext as DecodeContext,
    DecodeError as DecodeError,
    Dialect as Dialect,
    DirectoryStore as DirectoryStore,
    EncodeContext as EncodeContext,
    EncodeError as EncodeError,
    Encoded as Encoded,
    FrozenMap as FrozenMap,
    JsonFileCodec as JsonFileCodec,
    LimitError as LimitError,
    Limits as Limits,
    Linked as Linked,
    LocalFile as LocalFile,
    Media as Media,
    MediaCodec as MediaCodec,
    MediaFile as MediaFile,
    MediaRef as MediaRef,
    MediaSource as MediaSource,
    MediaStore as MediaStore,
    MemoryStore as MemoryStore,
    MissingExtra as MissingExtra,
    Opaque as Opaque,
    OpaqueWarning as OpaqueWarning,
    PluginError as PluginError,
    Reason as Reason,
    Registrar as Registrar,
    Registry as Registry,
    RemoteFile as RemoteFile,
    StoredFile as StoredFile,
    TagConflict as TagConflict,
    ValueWarning as ValueWarning,
    WBTypesError as WBTypesError,
    WBValue as WBValue,
    adopt as adopt,
    decode as decode,
    default_registry as default_registry,
    encode as encode,
    hookimpl as hookimpl,
    native as native,
)
from wbtypes_file import File as File
from wbtypes_histogram import Histogram as Histogram
from wbtypes_html import Html as Html
from wbtypes_image import Image as Image
from wbtypes_mask import ImageMask as ImageMask

__version__: str

def __getattr__(name: str) -> Any:
    """A class of somebody else's package."""
