"""How the table types are found: the codecs that their entry points promise."""

from __future__ import annotations

from wbtypes_core import Registrar, hookimpl

from . import codec


@hookimpl
def wbtypes_register(types: Registrar) -> None:
    """Offer the codecs; of the two for one tag the first reads both forms."""
    types.add(codec.TableCodec(), codec.TableFileCodec(), codec.IncrementalTableFileCodec())
    types.add(codec.JoinedTableCodec(), codec.JoinedTablePointerCodec())
    types.add(codec.PartitionedTableCodec(), codec.PartitionedTablePointerCodec())
