"""What the toys become; the sax parser stands for a heavy library."""

import xml.sax.saxutils
from string import Template

from .values import Note


def shout(text: str) -> str:
    return xml.sax.saxutils.unescape(text).upper()


def template(note: Note) -> Template:
    return Template(note.text)
