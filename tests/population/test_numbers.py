"""Tuples of codes keep their numbers from batch to batch."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy.population.equal_facts import Numbers, combined

CODES = st.one_of(st.integers(0, 3), st.integers(0, 2**40))


@st.composite
def batches(draw: st.DrawFn) -> list[list[tuple[int, ...]]]:
    """Batches of tuples; those of a batch have one length."""
    return [
        draw(st.lists(st.tuples(*[CODES] * draw(st.integers(1, 5))), min_size=0, max_size=6))
        for _ in range(draw(st.integers(1, 4)))
    ]


@given(batches(), st.integers(0, 2))
def test_equal_tuples_alone_have_equal_numbers(them: list[list[tuple[int, ...]]], at: int) -> None:
    """Also where a later batch has larger codes, so that the known ones are packed anew."""
    numbers, known = Numbers(at), dict[tuple[int, ...], int]()
    for batch in (*them, *them):
        if not batch:
            continue
        found = numbers.of([np.array(part, np.int64) for part in zip(*batch, strict=True)])
        for each, number in zip(batch, found.tolist(), strict=True):
            assert known.setdefault(each, number) == number
    assert sorted(known.values()) == list(range(at, at + len(known)))
    assert len(numbers) == at + len(known)


def test_a_batch_without_rows() -> None:
    numbers = Numbers()
    assert numbers.of([np.zeros(0, np.int64)] * 2).tolist() == []
    assert numbers.of([np.array([5]), np.array([2**40])]).tolist() == [0]


@given(st.lists(st.tuples(CODES, CODES, CODES), min_size=1, max_size=6))
def test_codes_are_combined_into_one(rows: list[tuple[int, ...]]) -> None:
    """Also where they have more bits than one code."""
    found = combined([np.array(part, np.int64) for part in zip(*rows, strict=True)]).tolist()
    assert len(set(zip(rows, found, strict=True))) == len(set(rows)) == len(set(found))
