"""HTML pages and snippets as wandb clients log them."""

from .codec import HtmlBatchCodec, HtmlCodec
from .values import Html

__version__ = "1.0.0"

__all__ = ["Html", "HtmlBatchCodec", "HtmlCodec"]
