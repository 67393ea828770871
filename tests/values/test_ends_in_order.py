"""Where two fields of a class are the ends of a range, the class refuses them in the wrong order."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from tests.values.test_every_class import BASES, CLASSES, hints_of, made, ways
from vaxpolicy import wire
from vaxpolicy._values import InvalidValue
from vaxpolicy.analysis.profiles import Registered
from vaxpolicy.rules.conditions import DaysSinceFact, Wanted
from vaxpolicy.rules.conditions.ages import AgeBand
from vaxpolicy.rules.policy import VaccinationDays, Window, WindowAges

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDS: Final = {
    ("first", "last"),
    ("since", "until"),
    ("since", "before"),
    ("opens", "closes"),
    ("at_least", "at_most"),
    ("days", "days_to"),
    ("after", "by"),
    ("announced", "review_by"),
    ("born_from", "born_to"),
    ("born_on_or_after", "born_on_or_before"),
    ("previous_dose_on_or_after", "previous_dose_on_or_before"),
}
"""The names of the ends of a range, wherever they are: the lower one and the upper one."""

OF_AN_EVENT: Final = "what the round says is kept as it was; `decide` has asked for the order"
OF_ONE_THING: Final = "parts of one thing"
COUNTS: Final = "numbers of different things"
NOT_ENDS: Final[dict[tuple[str, str], str]] = {
    **{
        (name, "day"): OF_AN_EVENT
        for name in ("Booked", "BookedNext", "Changed", "Moved", "WalkedIn", "Notified")
    },
    ("AgeThen", "int"): OF_ONE_THING,
    ("PartialDate", "int"): OF_ONE_THING,
    ("Minimum", "int"): COUNTS,
    ("Capacity", "int"): COUNTS,
    ("Snapshot", "int"): COUNTS,
    ("Vaccinated", "int"): COUNTS,
    ("Waiting", "int"): COUNTS,
    ("DaysSinceDoseOf", "int"): COUNTS,
    ("AgeAtDoseOf", "int"): COUNTS,
    ("Spot", "int"): COUNTS,
}
"""The classes with several days, or several numbers, that are not the ends of a range."""
TEXTS: Final = {"RecordedWindow"}
"""Its ends are texts, kept as a record has them; `record.verify` compares them with the policy's."""

LOW_HIGH: Final[dict[str, tuple[Any, Any]]] = {
    "day": (date(2021, 7, 1), date(2021, 7, 2)),
    "instant": (datetime(2021, 7, 1, tzinfo=UTC), datetime(2021, 7, 2, tzinfo=UTC)),
    "int": (3, 4),
}


def sorts(kind: Any) -> Iterator[str]:
    """The sorts of values with an order that a field takes."""
    names: dict[Any, str] = {date: "day", datetime: "instant", int: "int", time: "time"}
    for each, _ in ways(kind):
        if each in names:
            yield names[each]


def ends_of(kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    """The ends of ranges among the fields of a class, with each sort of values that both take."""
    hints = hints_of(kind)
    for low, high in sorted(ENDS):
        if {low, high} <= hints.keys():
            yield from (
                (low, high, it) for it in sorted({*sorts(hints[low])} & {*sorts(hints[high])})
            )


RANGES: Final = [
    (name, *ends) for name in sorted(CLASSES.keys() - BASES) for ends in ends_of(CLASSES[name])
]


def test_the_ranges_of_every_room_are_found() -> None:
    found = {name.rpartition(".")[2] for name, *_ in RANGES}
    assert {AgeBand, WindowAges, Window, VaccinationDays, DaysSinceFact, Wanted} <= {
        CLASSES[name] for name, *_ in RANGES
    }
    assert {"Kept", "DayRange", "Interval", "Licence", "Rule", "Stage", "PeopleChange"} <= found


@pytest.mark.parametrize(("name", "low", "high", "sort"), RANGES)
def test_ends_in_the_wrong_order_are_refused_and_equal_ones_are_not(
    name: str, low: str, high: str, sort: str
) -> None:
    sample, (less, more) = made(CLASSES[name]), LOW_HIGH[sort]
    bare = {"sure_until": None} if "sure_until" in hints_of(CLASSES[name]) else {}
    for lower, upper in ((less, more), (less, less)):
        good = attrs.evolve(sample, **{low: lower, high: upper}, **bare)
        assert (getattr(good, low), getattr(good, high)) == (lower, upper)
    with pytest.raises(InvalidValue) as raised:
        attrs.evolve(sample, **{low: more, high: less}, **bare)
    assert raised.value.code == "wrong-order"
    other = ({low, high} - {raised.value.field}).pop()
    assert f"`{other}`" in raised.value.expected
    assert re.search(r"[0-9]", raised.value.expected) is None


def test_several_days_or_numbers_of_a_class_are_ends_or_are_named_here() -> None:
    several = set()
    for name in sorted(CLASSES.keys() - BASES):
        hints, kind = hints_of(CLASSES[name]), CLASSES[name]
        in_ends = {it for low, high, _ in ends_of(kind) for it in (low, high)}
        found: Counter[str] = Counter()
        for it in attrs.fields(kind):
            if it.init and it.name not in in_ends:
                found.update({sort.replace("instant", "day") for sort in sorts(hints[it.name])})
        several |= {(kind.__name__, sort) for sort, fields in found.items() if fields > 1}
    assert several == set(NOT_ENDS)
    texts = {
        kind.__name__
        for kind in CLASSES.values()
        for ends in ENDS
        if {*ends} <= hints_of(kind).keys() and not [*ends_of(kind)]
    }
    assert texts == TEXTS


def test_moments_are_in_the_wrong_order_only_if_they_surely_are() -> None:
    day, noon = date(2021, 7, 2), datetime(2021, 7, 2, 4, tzinfo=UTC)
    pairs: list[tuple[date, date]] = [(noon, day), (day, noon)]
    for opens, closes in pairs:
        assert Window(opens, closes).closes == closes
        assert Wanted(wanted=True, by=closes, after=opens).by == closes
    assert Window(noon, "not-stated").opens == Window("not-stated", noon).closes
    for closes in (date(2021, 7, 1), datetime(2021, 7, 1, 4, tzinfo=UTC)):
        with pytest.raises(InvalidValue, match=r"^closes: expected .* not before `opens`$"):
            Window(noon, closes)
        with pytest.raises(InvalidValue, match=r"^after: expected .* not after `by`$"):
            Wanted(wanted=True, by=closes, after=noon)


def test_a_range_of_registrations_is_in_order() -> None:
    early, late = LOW_HIGH["instant"]
    assert Registered(((early, late), (None, early), (late, None))).ranges
    with pytest.raises(InvalidValue, match="ranges: expected pairs with the later instant second"):
        Registered(((late, early),))


def test_a_pair_is_read_without_an_echo_of_what_is_not_one() -> None:
    early = "2021-07-01T00:00:00+00:00"
    assert wire.load(Registered, {"ranges": [[early, None]]}).ranges == (
        (LOW_HIGH["instant"][0], None),
    )
    for wrong, path in (
        ("A123456788", "$.ranges[0]"),
        ([early], "$.ranges[0]"),
        ([early, early, early], "$.ranges[0]"),
        ([early, "A123456788"], "$.ranges[0][1]"),
    ):
        with pytest.raises(wire.InvalidData) as raised:
            wire.load(Registered, {"ranges": [wrong]})
        assert [it.path for it in raised.value.problems] == [path]
        assert "A123456788" not in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "data", "path"),
    [
        (WindowAges, {"on": "day", "at_least": 18, "at_most": 12}, "$.at_most"),
        (AgeBand, {"on": "day", "at_least": 18, "at_most": 12}, "$.at_most"),
        (VaccinationDays, {"first": "2021-07-02", "last": "2021-07-01"}, "$.last"),
        (Window, {"opens": "2021-07-02", "closes": "2021-07-01"}, "$.closes"),
        (
            DaysSinceFact,
            {"days_since_fact": "own/a", "at_least": 18, "at_most": 12},
            "$.at_most",
        ),
    ],
)
def test_a_range_in_the_wrong_order_is_a_problem_of_the_document(
    kind: type[Any], data: dict[str, Any], path: str
) -> None:
    with pytest.raises(wire.InvalidData) as raised:
        wire.load(kind, data)
    assert [(it.path, it.code) for it in raised.value.problems] == [(path, "wrong-order")]
