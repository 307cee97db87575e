"""Manifests: what an artifact says its files are, from a log's record, a JSON document, or gzipped lines of JSON."""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from wbtypes_core import Code, DecodeError, LimitError, Limits
from wbtypes_core.errors import printable
from wbtypes_core.jsonio import dumps, loads_within

from .records import Entry

NAME = "wandb_manifest.json"
"""The name of a manifest that lies beside the files of its artifact."""

_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20
_SMALL = 1 << 20
"""Bytes that a compressed manifest may always come to, whatever its ratio."""

_HEADER = b"wandb-artifact-manifest-v1\n"


class Manifest(dict[str, Entry]):
    """The entries of an artifact by path, in order of the paths.

    Of entries that say different things of one path, the last one counts.

    Attributes:
        contested: the paths of which they do.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        found: dict[str, Entry] = {}
        contested = set()
        for entry in entries:
            if found.setdefault(entry.path, entry) != entry:
                contested.add(entry.path)
                found[entry.path] = entry
        super().__init__(sorted(found.items(), key=lambda item: item[0]))
        self.contested = tuple(sorted(contested))


def read(path: Path, limits: Limits) -> Manifest:
    """The entries of a manifest file, by path.

    Args:
        path: ``wandb_manifest.json``, or lines of JSON, gzipped or not (``*.manifest_contents.jl.gz``).
        limits: ``json_bytes`` and ``ratio`` bound what is read, ``nodes`` the entries.

    Raises:
        DecodeError: it is no manifest, or cannot be opened.
        LimitError: it is too large.
    """
    try:
        with path.open("rb") as stream:
            return parse(stream, str(path), limits)
    except OSError as error:
        what = f"{printable(str(path))} cannot be opened: {error.strerror or error}"
        raise DecodeError(what, reason=Code.MISSING_FILE) from None


def parse(stream: BinaryIO, name: str, limits: Limits) -> Manifest:
    """The entries of an open manifest file; as `read`."""
    data = _content(stream, name, limits)
    try:
        return Manifest(_entries(data, limits))
    except DecodeError as error:
        raise type(error)(f"{printable(name)}: {error.message}", reason=error.reason) from None


def _entries(data: bytes, limits: Limits) -> Iterator[Entry]:
    """The entries of a document, or of lines that are one each."""
    try:
        document = loads_within(data, limits)
    except LimitError:
        raise
    except DecodeError:
        documents: Iterable[Any] = (loads_within(line, limits) for line in io.BytesIO(data) if line.strip())
    else:
        if isinstance(document, dict) and isinstance(document.get("contents"), dict):
            yield from (_entry(path, node) for path, node in document["contents"].items())
            return
        documents = (document,)
    for node in documents:
        yield _entry(node.get("path") if isinstance(node, dict) else None, node)


def digest_of(entries: Mapping[str, Entry]) -> str:
    """The digest of an artifact with these entries, 32 hex digits, as the client works it out."""
    digest = hashlib.md5(_HEADER, usedforsecurity=False)
    for path, entry in sorted(entries.items()):
        digest.update(f"{path}:{entry.digest}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def is_digest(entries: Mapping[str, Entry], digest: str) -> bool:
    """Whether a manifest with these entries has a digest; one of a newer kind is not worked out, and taken at its word."""
    return digest == digest_of(entries) or any(algorithm(entry) != "MD5" for entry in entries.values())


def hex_of(entry: Entry) -> str:
    """An entry's digest in hex digits; ``""`` when it is no digest of bytes, as that of a reference."""
    try:
        return base64.b64decode(entry.digest, validate=True).hex()
    except ValueError:
        return ""


def algorithm(entry: Entry) -> str:
    """What an entry's digest was made with: ``"MD5"``, ``"XXH128"``, or a newer name."""
    found = entry.extra.get("alg", '"MD5"').strip('"')
    return found or "MD5"


def _content(stream: BinaryIO, name: str, limits: Limits) -> bytes:
    head = stream.read(len(_GZIP))
    stream.seek(0)
    pieces = _inflated(stream, name, limits) if head == _GZIP else iter(lambda: stream.read(_PIECE), b"")
    content = bytearray()
    for piece in pieces:
        content += piece
        limits.spend("json_bytes", len(content), f"the size of {printable(name)}")
    return bytes(content)


def _inflated(stream: BinaryIO, name: str, limits: Limits) -> Iterator[bytes]:
    """The bytes of gzip members one after the other, as long as they stay in proportion."""
    taken = given = 0
    inflate = zlib.decompressobj(wbits=31)
    whole = True
    piece = b""
    while data := stream.read(_PIECE):
        taken += len(data)
        while data or len(piece) == _PIECE:  # there may be more inside than came out
            try:
                piece = inflate.decompress(data, _PIECE)
            except zlib.error as error:
                what = f"{printable(name)} is no whole gzip file: {error}"
                raise DecodeError(what, reason=Code.BAD_FILE) from None
            given += len(piece)
            if given > _SMALL:
                limits.spend("ratio", given // taken, f"bytes out per byte in of {printable(name)}")
            yield piece
            data, whole = inflate.unconsumed_tail, inflate.eof
            if whole:
                data, inflate = inflate.unused_data, zlib.decompressobj(wbits=31)
    if not whole:
        raise DecodeError(
            f"{printable(name)} is no whole gzip file: its end is missing", reason=Code.BAD_FILE
        )


def _entry(path: Any, node: Any) -> Entry:
    if not isinstance(path, str) or not isinstance(node, dict):
        raise DecodeError("this is no manifest of an artifact", reason=Code.WRONG_TYPE)
    size = node.get("size")
    extra = node.get("extra")
    return Entry(
        path=path,
        digest=_text(node, "digest"),
        size=size if type(size) is int and size >= 0 else 0,
        ref=_text(node, "ref"),
        local_path=_text(node, "local_path"),
        birth_artifact_id=_text(node, "birthArtifactID") or _text(node, "birth_artifact_id"),
        extra={key: dumps(value) for key, value in extra.items()} if isinstance(extra, dict) else {},
    )


def _text(node: Mapping[str, Any], key: str) -> str:
    value = node.get(key)
    return value if isinstance(value, str) else ""
