"""People whom an analysis makes up, as far as they can exist.

A condition may ask for an age or a wait that leads before the first birth date that a person may
have, or beyond the last day of a dose. Nobody is there, so the analysis goes on without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from vaxpolicy._values import FIRST_BIRTH, FIRST_DOSE, LAST_DAY, InvalidType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vaxpolicy.analysis.regions import Range

N = TypeVar("N")
T = TypeVar("T")

BIRTHS: Final = FIRST_BIRTH.toordinal(), LAST_DAY.toordinal()
"""The first and the last birth date that a person may have."""
EVENTS: Final = FIRST_DOSE.toordinal(), LAST_DAY.toordinal()
"""The first and the last day of a dose or of another event."""


def within(days: Range, possible: Range) -> Range | None:
    """The possible ones of some days; None where there are none."""
    low, high = max(days[0], possible[0]), min(days[1], possible[1])
    return (low, high) if low <= high else None


def if_possible(make: Callable[[], T]) -> T | None:
    """The result of a function; None where a day is out of the range that a person may have."""
    try:
        return make()
    except InvalidType:
        raise
    except (ValueError, OverflowError):
        return None


def possible_ones(made: Iterable[tuple[N, Callable[[], T]]]) -> Iterator[tuple[N, T]]:
    """The results of those functions whose days a person may have, each with its name."""
    for name, make in made:
        found = if_possible(make)
        if found is not None:
            yield name, found
