"""What is said when something could not be written: where, why, and what to do."""

from __future__ import annotations

from wbtypes_core import EncodeError
from wbtypes_core.errors import one_line


class LostValueWarning(UserWarning):
    """A value could not be encoded in the background, and its row was written without it."""


def lost_value(place: str, without: str, error: Exception) -> EncodeError:
    """What is said of a value that is left out.

    Args:
        place: where it was to be.
        without: what was written without it.
        error: what went wrong.
    """
    if isinstance(error, EncodeError):
        why = error.message
    elif isinstance(error, OSError):
        why = f"its files cannot be stored: {error.strerror or one_line(error)}"
    else:
        why = one_line(error)
    told = EncodeError(f"{place}: {why}; {without} was written without it")
    told.__cause__ = error
    return told


def raise_first(errors: list[EncodeError]) -> None:
    """Raise the first of some errors, with the number of the others.

    Raises:
        EncodeError: there is one.
    """
    if not errors:
        return
    first = errors[0]
    if len(errors) == 1:
        raise first
    more = f"{len(errors) - 1:,} more value{'s' if len(errors) > 2 else ''}"
    raise EncodeError(f"{first.message} (and {more}, see the writer's lost)") from first


def unwritten(error: OSError, what: str, remedy: str = "free some space and log it again") -> OSError:
    """The same error, saying what was not written; its class follows from its number."""
    why = error.strerror or one_line(error)
    if error.errno is None:
        return OSError(f"{what} could not be written: {why}; {remedy}")
    return OSError(error.errno, f"{what} could not be written: {why}; {remedy}")
