"""What `Table.data` gives: lists like any other, but for that they refuse to be changed, for the table would not change with them."""

from __future__ import annotations

from typing import Any, Never, TypeVar

T = TypeVar("T")


class Fixed(list[T]):
    """A list that does not change: the rows of a table as they were when they were asked for, and each of these.

    To all that reads lists (pandas, numpy, JSON, the client's own ``Table``) it is one, and equal to one. Copies, slices and
    sums of it are ordinary lists.
    """

    __slots__ = ()

    def _refuse(self, *args: Any, **kwargs: Any) -> Never:
        """Refuse what would be lost.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            "these rows are copies, so the table would not change with them; add rows by table.add_data(...), "
            "or change a list of your own: [*rows]"
        )

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return list, (list(self),)
