"""What a page is: HTML in a file, and what was put into it and cut off when it was made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from attrs import frozen

from wbtypes_core import BatchableMedia, BytesFile, Code, DecodeError, MediaFile
from wbtypes_core.files import as_file

STYLE = (
    '<base target="_blank">'
    '<link rel="stylesheet" type="text/css" href="https://app.wandb.ai/normalize.css" />'
)
"""What a client puts into a page, byte for byte."""

PLACES = {
    "head": ("<head>", f"<head>{STYLE}"),
    "html": ("<html>", f"<html><head>{STYLE}</head>"),
    "front": ("", STYLE),
}
"""Where it is put, in the order in which the places are looked for: what is found there, and what stands there then."""

SUFFIX = ".html"

Page = str | os.PathLike[str] | IO[str] | IO[bytes] | MediaFile
"""What a page may be made from."""


@frozen(kw_only=True, init=False)
class Html(BatchableMedia):
    """A page or snippet of HTML, stored as a UTF-8 file.

    With `inject` the page is stored exactly as wandb stores it: a ``<base>`` and a style sheet ``<link>`` go behind the
    first ``<head>``, else into a new head behind the first ``<html>``, else to the front (only those spellings
    count), and white space around the whole is cut off. wandb's own format does not say what was done;
    `source` gives the page as it was given, from what is kept beside it.

    Without `inject` a file is kept byte for byte, and a text as it is. Line ends are never changed. A file that is not
    UTF-8 is kept too, all its bytes; only `html` and `source` cannot read it.

    Args:
        data: HTML text; the path of a file; or an open file, text or binary, which is read from its start. A ``str`` is a
            path only when it names an existing file and ends in ``.html``; an ``os.PathLike`` always is one.
        inject: put the style sheet in.
        data_is_not_path: take a ``str`` for HTML, whatever it names.

    Attributes:
        injected: where the style sheet was put: ``"head"``, ``"html"`` or ``"front"``; None where it was not, or where,
            as in all that wandb itself wrote, nothing says so.
        lead: white space that was cut off before the page.
        tail: white space that was cut off after it.

    Raises:
        ValueError: `data` is none of these, as bytes or a number.
        OSError: the file cannot be read.
    """

    injected: str | None = None
    lead: str = ""
    tail: str = ""

    def __init__(self, data: Page, inject: bool = True, *, data_is_not_path: bool = False) -> None:
        literal = data if isinstance(data, str) and (data_is_not_path or not _names_page(data)) else None
        if not inject:
            self.__attrs_init__(file=_file(data) if literal is None else _stored(literal, "surrogatepass"))
            return
        text, odd = literal, "surrogatepass"
        if text is None:
            text, odd = _file(data).read().decode("utf-8", "surrogateescape"), "surrogateescape"
        place, whole = _inject(text)
        html = whole.strip()
        start = whole.index(html[0])
        self.__attrs_init__(
            file=_stored(html, odd), injected=place, lead=whole[:start], tail=whole[start + len(html) :]
        )

    @property
    def html(self) -> str:
        """The text of the file, as it is stored: with the style sheet, where one was put in.

        Raises:
            DecodeError: the file is missing, or not UTF-8.
        """
        from . import native

        return native.read_text(self.file)

    @property
    def source(self) -> str:
        """The text as it was given: `html` without the style sheet, and with the white space around it.

        For a page that wandb itself wrote this is `html`, for nothing there says what was put in.

        Raises:
            DecodeError: the file is missing, not UTF-8, or not the page that the style sheet was put into.
        """
        if self.injected is None:
            return self.html
        found, standing = PLACES[self.injected]
        whole = self.lead + self.html + self.tail
        if standing not in whole:
            raise DecodeError(
                f"{self.file} holds no style sheet, where one was put in; take .html for what it holds",
                reason=Code.ALTERED_FILE,
            )
        return whole.replace(standing, found, 1)


def _names_page(text: str) -> bool:
    try:
        return text.endswith(SUFFIX) and Path(text).is_file()
    except OSError:  # too long for a name, as HTML may be
        return False


def _file(data: object) -> MediaFile:
    """The file of a path, or of what an open file holds."""
    if isinstance(data, str | os.PathLike | MediaFile):
        return as_file(data)
    if hasattr(data, "read"):
        return BytesFile(as_file(data).read(), SUFFIX)
    raise ValueError(
        f"Html is made from text, a path or an open file, not from {type(data).__name__}; decode bytes first"
    )


def _stored(html: str, odd: str) -> MediaFile:
    """The file of a text; `odd` says how what is no UTF-8 goes into it."""
    return BytesFile(html.encode("utf-8", odd), SUFFIX)


def _inject(text: str) -> tuple[str, str]:
    """The place where the style sheet goes, and the text with it."""
    place = next(name for name, (found, _) in PLACES.items() if found in text)
    return place, text.replace(*PLACES[place], 1)
