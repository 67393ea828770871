"""The check of a column of ID numbers gives what the scalar check gives, for every layout."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy.identity import is_valid_id_number
from vaxpolicy.numbers.id_numbers import IdNumber
from vaxpolicy.population import valid_id_numbers

KINDS = [pa.string(), pa.large_string(), pa.string_view()]
VALID = "A123456789"


def scalar(texts: list[str | None]) -> list[bool | None]:
    return [None if text is None else is_valid_id_number(text) for text in texts]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Texts near to numbers: right ones, with one character changed, and typed in other ways."""
    head = draw(st.sampled_from(["A1", "Z2", "I8", "O9", "BA", "WD", "A3", "a1", "bC"]))
    body = head + draw(st.text("0123456789", min_size=7, max_size=7))
    whole = body + draw(st.sampled_from("0123456789"))
    if head.upper() != "A3" and draw(st.booleans()):
        whole = body + IdNumber.check_digit(body.upper())
    change = draw(st.integers(0, 6))
    if change == 1:
        at = draw(st.integers(0, 9))
        whole = whole[:at] + draw(st.characters(codec="utf-8")) + whole[at + 1 :]
    if change == 2:
        return f"{whole[:4]}-{whole[4:]} "
    if change == 3:
        return "".join(chr(ord(each) + 0xFEE0) for each in whole)
    if change == 4:
        return whole[: draw(st.integers(0, 9))]
    return whole


MANY = st.lists(st.none() | texts() | st.text(max_size=12), max_size=12)


@given(MANY, st.integers(0, 3), st.sampled_from(KINDS))
def test_a_column_gives_what_the_scalar_check_gives(
    column: list[str | None], cut: int, kind: Any
) -> None:
    found = valid_id_numbers(pa.array(column, kind)[cut:])
    assert found.type == pa.bool_()
    assert found.to_pylist() == scalar(column[cut:])


@given(MANY, st.integers(0, 3), st.sampled_from(KINDS))
def test_so_does_a_dictionary(column: list[str | None], cut: int, kind: Any) -> None:
    codes = [None if text is None else column.index(text) for text in column]
    coded = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(column, kind))
    assert valid_id_numbers(coded[cut:]).to_pylist() == scalar(column[cut:])


@given(MANY, st.integers(0, 12), st.sampled_from(KINDS))
def test_chunks_stay_chunks(column: list[str | None], cut: int, kind: Any) -> None:
    chunks = pa.chunked_array([pa.array(column[:cut], kind), pa.array(column[cut:], kind)])
    found = valid_id_numbers(chunks)
    assert [len(chunk) for chunk in found.chunks] == [len(chunk) for chunk in chunks.chunks]
    assert found.to_pylist() == scalar(column)


@pytest.mark.parametrize("kind", KINDS)
def test_more_rows_than_a_block(kind: Any) -> None:
    rows = 70_000
    assert valid_id_numbers(pa.array([VALID] * rows, kind)).true_count == rows
    mixed = pa.array(["", *[VALID, "A123456788"] * (rows // 2)], kind)
    assert valid_id_numbers(mixed).true_count == rows // 2


@pytest.mark.parametrize("kind", KINDS)
def test_columns_without_a_text(kind: Any) -> None:
    assert valid_id_numbers(pa.array([], kind)).to_pylist() == []
    assert valid_id_numbers(pa.array([None, None], kind)).to_pylist() == [None, None]
    assert valid_id_numbers(pa.nulls(2, kind)).to_pylist() == [None, None]
    assert valid_id_numbers(pa.array([""], kind)).to_pylist() == [False]
    assert valid_id_numbers(pa.chunked_array([], kind)).to_pylist() == []


class Lends:
    """An object of another library that lends its column by the Arrow C interface."""

    def __init__(self, column: Any, name: str) -> None:
        setattr(self, name, getattr(column, name))


def test_any_object_with_the_arrow_interface_is_taken() -> None:
    array = pa.array([VALID, None])
    lent = Lends(array, "__arrow_c_array__")
    assert valid_id_numbers(lent).to_pylist() == [True, None]
    stream = Lends(pa.chunked_array([array]), "__arrow_c_stream__")
    assert valid_id_numbers(stream).to_pylist() == [True, None]


@pytest.mark.parametrize("column", [pa.array([1]), [VALID], pa.array([b"x"]), None])
def test_a_column_of_another_type_is_refused_without_its_values(column: Any) -> None:
    with pytest.raises(TypeError, match="column: expected") as refused:
        valid_id_numbers(column)
    assert VALID not in str(refused.value)
