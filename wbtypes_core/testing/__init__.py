"""The conformance kit: what every codec must do, as a pytest class that a plugin's tests inherit from.

Needs ``pip install "wbtypes-core[testing]"``. Importing it registers nothing with pytest.
"""

from ..errors import MissingExtra

try:
    from .conformance import CodecConformance
    from .corpus import CorpusEntry, read_corpus
    from .hostile import json_values, mutations
    from .watched import WatchedStore
except ModuleNotFoundError as error:
    raise MissingExtra(
        f'wbtypes_core.testing needs {error.name}: pip install "wbtypes-core[testing]"'
    ) from error

__all__ = [
    "CodecConformance",
    "CorpusEntry",
    "WatchedStore",
    "json_values",
    "mutations",
    "read_corpus",
]
