"""The open codec for what ``wandb`` clients log: values, codecs, a registry of types, stores, encode and decode."""

from .codec import BatchCodec, Codec, JsonFileCodec, MediaCodec
from .context import DecodeContext, Dialect, EncodeContext
from .decode import decode
from .encode import Encoded, adopt, encode, native
from .errors import (
    BrokenPlugin,
    Code,
    DecodeError,
    EncodeError,
    LimitError,
    MissingExtra,
    OpaqueWarning,
    PluginError,
    Reason,
    TagConflict,
    ValueWarning,
    WBTypesError,
)
from .files import BytesFile, LocalFile, MediaFile, MediaRef, MediaSource, MediaStore, RemoteFile, StoredFile
from .hookspecs import Registrar, hookimpl
from .limits import Limits
from .registry import Registry, default_registry
from .stores import DirectoryStore, MemoryStore
from .values import Batch, BatchableMedia, FrozenMap, Linked, Media, Opaque, WBValue

__version__ = "1.0.0"

__all__ = [
    "Batch",
    "BatchCodec",
    "BatchableMedia",
    "BrokenPlugin",
    "BytesFile",
    "Code",
    "Codec",
    "DecodeContext",
    "DecodeError",
    "Dialect",
    "DirectoryStore",
    "EncodeContext",
    "EncodeError",
    "Encoded",
    "FrozenMap",
    "JsonFileCodec",
    "LimitError",
    "Limits",
    "Linked",
    "LocalFile",
    "Media",
    "MediaCodec",
    "MediaFile",
    "MediaRef",
    "MediaSource",
    "MediaStore",
    "MemoryStore",
    "MissingExtra",
    "Opaque",
    "OpaqueWarning",
    "PluginError",
    "Reason",
    "Registrar",
    "Registry",
    "RemoteFile",
    "StoredFile",
    "TagConflict",
    "ValueWarning",
    "WBTypesError",
    "WBValue",
    "adopt",
    "decode",
    "default_registry",
    "encode",
    "hookimpl",
    "native",
]
