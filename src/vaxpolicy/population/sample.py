"""Makes up a population: plausible synthetic people with valid synthetic numbers.

The ages follow the shares of the census of 2020: 12.6 % under 15, 71.5 % from 15 to 64, 15.9 % from
65 on (https://www.taipeitimes.com/News/front/archives/2021/09/02/2003763647). Inside these bands
the shape is assumed: fewer births in each year, fewer people at each age from 65 on. Counties
follow the population at the end of 2021 (https://ws.moi.gov.tw/001/Upload/400/RelFile/0/31/
2022-MOI-web/2021ebook_en/files/basic-html/page33.html); those outside the six municipalities
are assumed to share the rest. Dose histories, groups and registrations are made up so that every
rule of the programmes has people on both sides of its bounds.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vaxpolicy._values import front_door
from vaxpolicy.numbers.counties import COUNTIES
from vaxpolicy.numbers.id_numbers import pair_sums
from vaxpolicy.population.arrays import Int64, narrow, wide
from vaxpolicy.population.schema import PEOPLE
from vaxpolicy.population.texts_and_days import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["SAMPLE", "sample_batches", "sample_people"]

SAMPLE: Final = pa.schema(
    [
        PEOPLE.field("key"),
        ("id_number", pa.string()),
        PEOPLE.field("birth_date"),
        PEOPLE.field("doses"),
        PEOPLE.field("groups"),
        PEOPLE.field("registered_county"),
        PEOPLE.field("residence_county"),
        PEOPLE.field("willingness"),
    ]
)
"""The columns of a made-up population."""

_AS_OF: Final = date(2022, 1, 1).toordinal() - EPOCH
_YEAR: Final = 365.2425
_BANDS: Final = ((0, 15, 0.126), (15, 65, 0.715), (65, 103, 0.159))
_DECLINE: Final = 0.09
"""The factor by which the number of people falls with each year of age from 65 on."""
_MUNICIPALITIES: Final = {
    "新北市": 4008,
    "臺北市": 2524,
    "桃園市": 2272,
    "臺中市": 2813,
    "臺南市": 1862,
    "高雄市": 2745,
}
_ALL: Final = 23_375
_VACCINES: Final = ("AZ", "Moderna", "BNT", "Medigen")
_OF_FIRST: Final = (0.42, 0.24, 0.29, 0.05)
_GROUPS: Final = (
    ("cecc-2021-06-21/1", 0.02),
    ("cecc-2021-06-21/9", 0.09),
    ("cecc-2021-06-21/10", 0.06),
    ("status/national", 0.96),
    ("status/mix-and-match", 0.05),
)
_BLOCK: Final = 1 << 17


def _ages() -> Any:
    """The share of each year of age."""
    shares = np.zeros(_BANDS[-1][1])
    for low, high, share in _BANDS:
        ages = np.arange(low, high)
        weights = np.exp(-_DECLINE * ages) if low else 0.8 + 0.4 * ages / high
        if 0 < low < _BANDS[-1][0]:
            weights = 1 - 0.5 * np.abs(ages - 42) / 42  # most are about 42 years old
        shares[low:high] = share * weights / weights.sum()
    return shares


@front_door
def sample_people(rows: int, seed: int) -> Any:
    """Make up a population as one table. The same seed gives the same people."""
    return pa.Table.from_batches(sample_batches(rows, seed), SAMPLE)


@front_door
def sample_batches(rows: int, seed: int) -> Iterator[Any]:
    """Make up the same people in batches, so that any number of them fits into memory."""
    if rows < 0:
        raise ValueError("rows: expected 0 or more")
    for number, low in enumerate(range(0, rows, _BLOCK)):
        yield _batch(np.random.default_rng((seed, number)), low, min(_BLOCK, rows - low))


def _batch(chance: np.random.Generator, first: int, rows: int) -> Any:
    ages = chance.choice(len(_SHARES), rows, p=_SHARES)
    birth = narrow(_AS_OF - ages * _YEAR - chance.uniform(0, _YEAR, rows))
    counties, registered = _counties(chance, rows)
    moved = chance.random(rows) < 0.1  # noqa: PLR2004  # one in ten lives elsewhere
    lives = np.where(moved, chance.permutation(registered), registered)
    names = pa.array(counties)
    return pa.RecordBatch.from_arrays(
        [
            _keys(first, rows),
            _id_numbers(chance, rows),
            pa.array(birth).cast(pa.date32()),
            _doses(chance, birth),
            _groups(chance, rows),
            names.take(pa.array(registered)),
            names.take(pa.array(lives)),
            _wishes(chance, rows),
        ],
        schema=SAMPLE,
    )


_SHARES: Final = _ages()


def _texts(characters: Any) -> Any:
    """Make a column from rows of characters of one length."""
    rows, length = characters.shape
    offsets = narrow(np.arange(rows + 1) * length)
    data = pa.py_buffer(np.ascontiguousarray(characters, np.uint8))
    return pa.Array.from_buffers(pa.string(), rows, [None, pa.py_buffer(offsets), data])


def _digits(numbers: Int64, length: int) -> Any:
    places = 10 ** np.arange(length - 1, -1, -1)
    return numbers[:, None] // places % 10


def _keys(first: int, rows: int) -> Any:
    """Pseudonyms of one length, in letters: digits would look like a person's number."""
    letters = _digits(np.arange(first, first + rows), 9) + ord("a")
    return _texts(np.concatenate([np.full((rows, 2), ord("p")), letters], axis=1))


def _id_numbers(chance: np.random.Generator, rows: int) -> Any:
    """National IDs with the right check digit."""
    heads = [pair for pair in pair_sums()[0] if pair[1] in "12" and COUNTIES[pair[0]].given_out]
    sums = np.array([pair_sums()[0][pair] for pair in heads])
    letters = np.array([list(pair.encode()) for pair in heads])
    chosen = chance.integers(0, len(heads), rows)
    digits = chance.integers(0, 10, (rows, 7))
    total = sums[chosen] + digits @ np.array([7, 6, 5, 4, 3, 2, 1])
    check = -total % 10
    return _texts(np.concatenate([letters[chosen], digits + 48, check[:, None] + 48], axis=1))


def _counties(chance: np.random.Generator, rows: int) -> tuple[list[str], Int64]:
    others = [
        it.name for it in COUNTIES.values() if it.given_out and it.name not in _MUNICIPALITIES
    ]
    left = (_ALL - sum(_MUNICIPALITIES.values())) / len(others)
    weights = np.array([*_MUNICIPALITIES.values(), *[left] * len(others)])
    chosen: Int64 = chance.choice(len(weights), rows, p=weights / weights.sum())
    return [*_MUNICIPALITIES, *others], chosen


def _doses(chance: np.random.Generator, birth: Any) -> Any:
    """None to three doses in 2021, mostly of one vaccine; older people have earlier doses."""
    rows = len(birth)
    age = (_AS_OF - birth) / _YEAR
    share = np.interp(age, (11.9, 12, 18, 40, 65, 100), (0, 0.75, 0.9, 0.92, 0.82, 0.7))
    start = np.interp(age, (12, 18, 50, 75), (265, 215, 190, 165))
    first = date(2021, 1, 1).toordinal() - EPOCH + start + chance.gamma(2, 22, rows)
    second = first + 28 + chance.gamma(3, 16, rows)
    third = second + 80 + chance.gamma(2, 18, rows)
    days = narrow(np.stack([first, second, third], axis=1))
    there = (chance.random(rows) < share)[:, None] & (days < _AS_OF + 14)
    vaccine = chance.choice(len(_VACCINES), rows, p=_OF_FIRST)
    vaccines = np.stack([vaccine, vaccine, vaccine], axis=1)
    mixed = chance.random((rows, 3)) < (0, 0.04, 0.6)
    vaccines = np.where(mixed, chance.integers(0, len(_VACCINES), (rows, 3)), vaccines)
    items = pa.StructArray.from_arrays(
        [
            pa.array(_VACCINES).take(pa.array(vaccines[there])),
            pa.array(days[there]).cast(pa.date32()),
        ],
        ["vaccine", "on"],
    )
    return _lists(there, items)


def _lists(there: Any, items: Any) -> Any:
    """A column of lists, each with the items that are there in its row."""
    offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(narrow(offsets)), items)


def _groups(chance: np.random.Generator, rows: int) -> Any:
    there = chance.random((rows, len(_GROUPS))) < [share for _, share in _GROUPS]
    names = pa.array([name for name, _ in _GROUPS])
    return _lists(there, names.take(pa.array(np.nonzero(there)[1])))


_OPENED: Final = int(datetime.fromisoformat("2021-07-06T10:00:00+08:00").timestamp())


def _wishes(chance: np.random.Generator, rows: int) -> Any:
    """The vaccines that people registered for, with the instants; most are early."""
    there = chance.random((rows, len(_VACCINES))) < (0.3, 0.45, 0.5, 0.12)
    since = _OPENED + chance.gamma(1.2, 30 * 86_400, there.shape)
    kind = SAMPLE.field("willingness").type.value_type
    items = pa.StructArray.from_arrays(
        [
            pa.array(_VACCINES).take(pa.array(np.nonzero(there)[1])),
            pa.array(wide(since[there]) * 1_000_000).cast(kind.field(1).type),
        ],
        ["vaccine", "since"],
    )
    return _lists(there, items)
