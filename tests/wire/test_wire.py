"""Values cross a wire: what was dumped and loaded is equal, and what is wrong is named by path."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.values.test_every_class import CLASSES, made
from tests.wire.test_every_class_crosses import NOT_SENT
from vaxpolicy import catalog, reservation, wire
from vaxpolicy.booking import slots
from vaxpolicy.booking.event_json import FORMS
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.slots import BookingRef, Capacity, Place, PlaceAnswer, Slot
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import (
    DatedFact,
    Decision,
    Dose,
    PartialDate,
    Person,
    Willingness,
    decide,
)
from vaxpolicy.identity import IdentityForm, InvalidForm, NationalId, check_form
from vaxpolicy.reservation import (
    Actor,
    Book,
    CancelUntil,
    EditLock,
    Programme,
    RecordDose,
    Register,
    State,
    Withdraw,
)
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AllOf,
    ApartFrom,
    BornOnOrBefore,
    Condition,
    InGroup,
    NotThat,
)
from vaxpolicy.rules.policy import Policy, Window

POLICIES = list(catalog.ids())
DAYS = st.dates(date(1900, 1, 1), date(2050, 12, 31))
ZONES = st.sampled_from(
    [UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=9, minutes=30))]
)
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=ZONES)  # noqa: DTZ001  # zones are given
CODES = st.sampled_from(["AZ", "BNT", "Moderna", "Influenza", "other"])
GROUPS = st.frozensets(st.sampled_from(["status/national", "cecc-2021-06-21/9", "own/1"]))
BIRTHS = st.one_of(
    st.none(),
    DAYS,
    st.builds(PartialDate, st.integers(1900, 2030), st.none() | st.integers(1, 12)),
)
PEOPLE = st.builds(
    Person,
    birth_date=BIRTHS,
    doses=st.none() | st.lists(st.builds(Dose, CODES, DAYS), max_size=4),
    groups=st.none() | GROUPS,
    unknown_groups=GROUPS,
    registered_county=st.none() | st.just("澎湖縣"),
    residence_county=st.none() | st.just("金門縣"),
    willingness=st.none() | st.builds(Willingness, st.dictionaries(CODES, INSTANTS, max_size=2)),
    key=st.none() | st.uuids().map(str),
)


@cache
def validator(kind: type) -> Draft202012Validator:
    return Draft202012Validator(wire.schema(kind))


def crossed(value: Any, kind: type | None = None) -> Any:
    """The value at the other end; the schema takes the data in between."""
    data = json.loads(json.dumps(wire.dump(value), allow_nan=False))
    kind = kind or type(value)
    assert validator(kind).is_valid(data)
    return wire.load(kind, data)


@given(PEOPLE)
def test_a_person_comes_back_equal(person: Person) -> None:
    assert crossed(person) == person
    assert wire.read(Person, json.dumps(wire.dump(person))) == person


@pytest.mark.slow
@settings(max_examples=25)
@given(PEOPLE, st.sampled_from(POLICIES))
def test_a_decision_with_its_offers_and_reasons_comes_back_equal(person: Person, name: str) -> None:
    decision = decide(catalog.load(name), person)
    assert crossed(decision) == decision
    for part in (*decision.offers, *decision.possible_offers, *decision.reasons):
        assert crossed(part) == part


@pytest.mark.parametrize("name", POLICIES)
def test_every_condition_of_which_a_reason_may_speak_comes_back_equal(name: str) -> None:
    for leaf in compile_policy(catalog.load(name)).leaves:
        condition = leaf.condition.as_written
        assert wire.load(Condition, json.loads(json.dumps(wire.dump(condition)))) == condition


def test_a_reason_names_the_spacing_that_the_policy_asks_for() -> None:
    policy = catalog.load("tw/childhood/2025")
    never = [DatedFact(name, "never") for name in compile_policy(policy).dated_facts]
    doses = (Dose("Varicella", date(2026, 1, 12)),)
    child = Person(
        date(2025, 1, 10), doses, groups={"status/national"}, dated_facts=never, sex="male"
    )
    decision = decide(policy, child, from_day=date(2026, 1, 20))
    assert crossed(decision) == decision
    spacings = [it for it in decision.reasons if it.code == "too-close-to-other-vaccine"]
    assert {type(it.condition) for it in spacings} == {ApartFrom}
    assert date(2026, 2, 9) in {it.day for it in spacings}  # 28 days later


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_comes_back_equal(name: str) -> None:
    policy = catalog.load(name)
    data = json.loads(json.dumps(wire.dump(policy)))
    assert validator(Policy).is_valid(data)
    assert wire.load(Policy, data) == policy


AT = datetime(2021, 7, 8, 9, tzinfo=UTC)
SLOT = Slot("clinic", date(2021, 7, 10), "am", "AZ", 1)
OPEN = slots.Open(id="c1", actor=Actor.SITE, slot=SLOT, places=3)
PERSONS: dict[str, Any] = {"id": "c1", "actor": Actor.PERSON, "subject": "p-1"}
COMMANDS = [
    Register(**PERSONS, vaccines=["AZ"], districts=["x"]),
    Withdraw(**PERSONS),
    Book(**PERSONS, policy_id="tw/covid19-1922/round-13", slot=SLOT),
    RecordDose(
        id="c1", actor=Actor.PROGRAMME, subject="p-1", dose=1, given=Dose("AZ", date(2021, 7, 1))
    ),
    OPEN,
    slots.Hold(id="c1", actor=Actor.SITE, booking=BookingRef("p-1", "c1"), until=AT),
]
OTHERS = [
    SLOT,
    BookingRef("p-1", "c1"),
    Place(SLOT, BookingRef("p-1", "c1"), PlaceAnswer.KEPT),
    Dose("AZ", date(2021, 7, 1)),
    PartialDate(1950, 3),
    Willingness({"AZ": AT}),
    Window(date(2021, 7, 1), "not-stated"),
    DaySet.none(),
    DaySet.every(),
    DaySet.of(date(2021, 7, 1), date(2021, 7, 3)),
    EditLock(1, time(17), notified=True),
    CancelUntil(1, time(18, 30)),
    Programme(),
    Programme(
        registration="none",
        vaccines=frozenset({"AZ"}),
        most_districts=3,
        edit_lock=EditLock(1, time(17), notified=True),
        cancel=CancelUntil(1, time(18)),
        registration_windows=(Window(AT, AT + timedelta(days=1)),),
        gate=catalog.load("tw/covid19-1922/registration"),
    ),
]


@pytest.mark.parametrize("value", [*COMMANDS, *OTHERS], ids=lambda it: type(it).__name__)
def test_commands_settings_and_parts_come_back_equal(value: object) -> None:
    assert crossed(value) == value


def test_a_journey_comes_back_with_its_events() -> None:
    state = reservation.initial()
    for event in reservation.decide(state, COMMANDS[3], now=AT):  # type: ignore[arg-type]
        assert crossed(event) == event
        state = reservation.evolve(state, event)
    assert crossed(state) == state
    data = wire.dump(state)
    for change in ({"version": 5}, {"status": "booked"}, {"events": data["events"] * 2}):
        with pytest.raises(wire.InvalidData, match=r"expected .* at \$") as raised:
            wire.load(State, {**data, **change})
        assert [(it.path, it.code) for it in raised.value.problems] == [("$", "contradiction")]


def test_every_event_says_its_type_and_form() -> None:
    state = reservation.initial()
    (event,) = reservation.decide(state, COMMANDS[3], now=AT)  # type: ignore[arg-type]
    data = wire.dump(event)
    assert (data["type"], data["form"]) == ("dose-recorded", FORMS["dose-recorded"][1])
    for change, path in (({"type": "booked"}, "$.type"), ({"form": 99}, "$.form")):
        with pytest.raises(wire.InvalidData) as raised:
            wire.load(type(event), {**data, **change})
        assert [it.path for it in raised.value.problems] == [path]
    for name in ("type", "form"):
        with pytest.raises(wire.InvalidData) as raised:
            wire.load(type(event), {key: it for key, it in data.items() if key != name})
        assert [(it.path, it.code) for it in raised.value.problems] == [
            (f"$.{name}", "unknown-value")
        ]
    with pytest.raises(wire.InvalidData, match="an object"):
        wire.load(type(event), [])
    journey = wire.dump(reservation.evolve(state, event))
    with pytest.raises(wire.InvalidData, match=r"at \$\.events\[0\]\.type$"):
        wire.load(State, {**journey, "events": [{**data, "type": "nothing"}]})


def test_a_refusal_comes_back_with_what_it_says() -> None:
    reasons = decide(catalog.load("tw/covid19-1922/round-19"), Person(doses=())).reasons
    refusal = Rejected(
        "slot-full",
        version=3,
        possible_from=AT,
        days=DaySet.of(date(2021, 7, 1)),
        reasons=reasons,
        affected=(BookingRef("p-1", "c1"),),
    )
    back = crossed(refusal)
    for name in ("code", "version", "possible_from", "days", "reasons", "affected"):
        assert getattr(back, name) == getattr(refusal, name)
    assert crossed(Rejected("slot-full")).days is None
    bare = wire.load(Rejected, {"code": "slot-full"})
    assert wire.dump(bare) == wire.dump(Rejected("slot-full"))
    assert (bare.version, bare.reasons, bare.affected) == (0, (), ())
    with pytest.raises(wire.InvalidData) as raised:
        wire.load(Rejected, {"code": "no-such-code", "version": "3"})
    assert [(it.path, it.code) for it in raised.value.problems] == [
        ("$.version", "wrong-type"),
        ("$.code", "unknown-value"),
    ]


def test_problems_of_a_form_come_back_without_suggestions() -> None:
    with pytest.raises(InvalidForm) as raised:
        check_form(IdentityForm(id_number="A123456788", nhi_card="12"), on=date(2021, 7, 6))
    back = crossed(raised.value)
    assert [(it.field, it.code) for it in back.errors] == [
        (it.field, it.code) for it in raised.value.errors
    ]
    assert "A123456" not in json.dumps(wire.dump(raised.value))


@pytest.mark.parametrize(
    "value", [NationalId.parse("A123456789"), IdentityForm(id_number="A123456789"), 5, object()]
)
def test_numbers_of_people_and_other_things_are_not_dumped(value: object) -> None:
    with pytest.raises(TypeError, match="cannot dump") as raised:
        wire.dump(value)
    assert "A123" not in str(raised.value)


@pytest.mark.parametrize("kind", [complex, object, re.Pattern])
def test_what_is_not_data_is_not_loaded_and_the_class_is_named(kind: type) -> None:
    with pytest.raises(TypeError, match=f"^cannot load a {kind.__name__}$"):
        wire.load(kind, {})


def test_a_claim_is_not_dumped() -> None:
    form = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
    with pytest.raises(TypeError, match="cannot dump"):
        wire.dump(check_form(form, on=date(2021, 7, 6)))


def test_a_form_is_loaded_as_it_was_typed() -> None:
    data = {"id_number": "A123456789", "nhi_card": ["0000", "1234", "5678"], "captcha_passed": True}
    form = wire.load(IdentityForm, data)
    assert check_form(form, on=date(2021, 7, 6)).id_number.value == "A123456789"
    assert wire.load(IdentityForm, {"nhi_card": "x"}).nhi_card == "x"
    assert wire.load(IdentityForm, {"nhi_card": None}).nhi_card is None
    with pytest.raises(wire.InvalidData) as raised:
        wire.load(IdentityForm, {"id_number": 912345678, "nhi_card": 5})
    assert "912345678" not in str(raised.value)


def test_a_gate_that_is_not_at_hand_is_refused() -> None:
    own = attrs.evolve(catalog.load("tw/covid19-1922/registration"), id="own/gate", digest="0" * 64)
    programme = Programme(gate=own)
    data = wire.dump(programme)
    assert wire.load(Programme, data, policies=[own]) == programme
    odd: list[Any] = [
        data["gate"],
        {**data["gate"], "id": []},
        5,
        {"id": POLICIES[0], "version": "9"},
    ]
    for gate in odd:
        with pytest.raises(wire.InvalidData, match=r"at hand at \$\.gate"):
            wire.load(Programme, {**data, "gate": gate})
    with pytest.raises(wire.InvalidData):
        wire.load(Programme, {**data, "registration": "Required"}, policies=[own])


def test_a_policy_is_written_as_json_or_with_the_dates_of_toml() -> None:
    both = AllOf((BornOnOrBefore(date(1971, 12, 31)), NotThat(InGroup("x"))))
    other = {"not": {"group": "x"}}
    assert wire.plain(both) == {"all": [{"born_on_or_before": "1971-12-31"}, other]}
    kept = wire.plain(both, keep_dates=True)
    assert kept == {"all": [{"born_on_or_before": date(1971, 12, 31)}, other]}


def test_the_version_that_a_gate_names_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A programme may have been written when an older version of a bundled policy was in force."""
    newest = catalog.load("tw/covid19-1922/registration")
    older = attrs.evolve(newest, version="0.9", digest="0" * 64)
    versions = {newest.version: newest, older.version: older, None: newest}
    monkeypatch.setattr(wire, "load_policy", lambda _, version: versions[version])
    for policy in (newest, older):
        programme = Programme(gate=policy)
        assert wire.load(Programme, wire.dump(programme)) == programme


def test_every_problem_is_named_with_path_and_code_and_no_value() -> None:
    data = {
        "birth_date": "1950-13-01",
        "doses": [{"vaccine": "AZ", "on": "2021-W43"}, {"vaccine": ""}, 5],
        "groups": ["a", "a"],
        "registered_county": "",
        "willingness": {"wanted": {"AZ": "2021-07-01T09:00:00"}},
        "key": 912345678,
        "A123456789": 1,
    }
    with pytest.raises(wire.InvalidData) as raised:
        wire.load(Person, data)
    assert {(it.path, it.code) for it in raised.value.problems} == {
        ("$.birth_date", "not-a-date"),
        ("$.doses[0].on", "not-a-date"),
        ("$.doses[1].on", "missing"),
        ("$.doses[1].vaccine", "blank"),
        ("$.doses[2]", "wrong-type"),
        ("$.groups", "repeated"),
        ("$.registered_county", "blank"),
        ("$.willingness.wanted.AZ", "not-an-instant"),
        ("$.key", "wrong-type"),
        ("$.(key)", "unknown-key"),
    }
    shown = str(raised.value) + repr(raised.value)
    assert not any(it in shown for it in ("912345678", "A123456789", "W43", "1950"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"doses": null, "doses": []}', "said-twice"),
        ('{"doses": NaN}', "not-whole"),
        ('{"doses": 1.5}', "not-whole"),
        ('{"key": "\\ud800"}', "not-utf-8"),
        ('{"key": ' + "9" * 5000 + "}", "out-of-range"),
        ("[" * 100_000, "too-deep"),
        ("[" * 100 + "]" * 100, "too-deep"),
        (b"\xff{}", "not-utf-8"),
        ("{", "not-json"),
        ("[]", "wrong-type"),
        (5, "wrong-type"),
        (b" " * 16_000_001, "too-large"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_a_code(text: Any, code: str) -> None:
    with pytest.raises(wire.InvalidData) as raised:
        wire.read(Person, text)
    assert [it.code for it in raised.value.problems] == [code]


def test_a_byte_order_mark_is_read() -> None:
    assert wire.read(Person, b"\xef\xbb\xbf{}") == Person()
    assert wire.read(Person, "\ufeff{}") == Person()


@pytest.mark.parametrize(
    "text",
    ["2021-07-01", "20210701T090000Z", "2021-W26-4T09:00:00Z", "2021-07-01T09:00Z",
     "2021-07-01T09:00:00+08:60", "2021-07-01T24:00:01Z", "2021-07-01T09:00:00+0800", "2021-02-30T09:00:00Z"],
)  # fmt: skip
def test_an_instant_is_written_as_in_rfc_3339_and_no_other_way(text: str) -> None:
    with pytest.raises(wire.InvalidData, match="RFC 3339"):
        wire.load(Willingness, {"wanted": {"AZ": text}})


def test_an_offset_with_seconds_is_written_in_utc() -> None:
    odd = timezone(timedelta(hours=8, minutes=5, seconds=43))
    wish = Willingness({"AZ": datetime(2021, 7, 1, 9, tzinfo=odd)})
    assert crossed(wish) == wish


def test_ranges_and_times_that_cannot_be_are_refused() -> None:
    with pytest.raises(wire.InvalidData, match="not after the last"):
        wire.load(DaySet, [{"first": "2021-07-02", "last": "2021-07-01"}])
    with pytest.raises(wire.InvalidData, match="time of day"):
        wire.load(CancelUntil, {"days_before": 1, "at": "25:00"})
    with pytest.raises(wire.InvalidData, match="YYYY or YYYY-MM"):
        wire.load(PartialDate, "2021-07-01")
    policy = wire.dump(catalog.load(POLICIES[0]))
    policy["stages"][0]["rules"][0]["cites"] = ["nowhere"]
    with pytest.raises(wire.InvalidData, match="without this fault: policy: stage "):
        wire.load(Policy, policy)


def test_a_value_with_too_many_levels_is_refused_by_its_code() -> None:
    deep: Any = AgeAtLeast(18, "day")
    for _ in range(5_000):
        deep = AllOf((deep,))
    with pytest.raises(wire.InvalidData) as raised:
        wire.plain(deep)
    assert [(it.path, it.code) for it in raised.value.problems] == [("$", "too-deep")]


JOURNEY = {"form": 2, "status": "closed", "version": 1, "events": []}


@pytest.mark.parametrize(
    ("kind", "data", "path", "code"),
    [
        (DaySet, [{"first": "2021-07-02", "last": "2021-07-01"}], "$", "wrong-order"),
        (DaySet, [{"first": "2021-07-02"}], "$[0].last", "missing"),
        (PartialDate, "2021-07-01", "$", "not-a-date"),
        (Rejected, {"code": "no-such-code"}, "$.code", "unknown-value"),
        (
            Programme,
            {"gate": {"id": "x", "version": "1", "digest": "x"}},
            "$.gate",
            "unknown-value",
        ),
        (AllOf, {"age_at_least": 18, "on": "day"}, "$", "unknown-condition"),
        (AgeAtLeast, {"group": "own/1"}, "$", "unknown-condition"),
        (State, JOURNEY, "$", "contradiction"),
        (State, {**JOURNEY, "status": "unregistered"}, "$", "contradiction"),
        (Capacity, {**JOURNEY, "status": "open"}, "$", "contradiction"),
        (
            InvalidForm,
            {"errors": [{"field": "x", "code": " ", "hint": "h"}]},
            "$.errors[0].code",
            "blank",
        ),
        (
            slots.Open,
            {**wire.dump(OPEN), "shared_with": [{**wire.dump(SLOT), "pool": "other"}]},
            "$.shared_with",
            "contradiction",
        ),
    ],
)
def test_a_fault_has_its_path_and_its_code(kind: Any, data: Any, path: str, code: str) -> None:
    with pytest.raises(wire.InvalidData) as raised:
        wire.load(kind, data)
    (problem,) = raised.value.problems
    assert (problem.path, problem.code) == (path, code)
    assert "None" not in str(problem)


JUNK: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    " ",
    "x",
    "A123456788",
    "\ud800",
    [],
    [[]],
    {},
    {"x": 1},
]


def mutated(chance: random.Random, data: Any) -> Any:
    """The data with one part somewhere in it exchanged, taken out, or added."""
    if isinstance(data, dict) and data and chance.random() < 0.85:
        name = chance.choice(sorted(data))
        rest = dict(data)
        if chance.random() < 0.2:
            del rest[name]
        else:
            rest[name] = mutated(chance, data[name])
        return rest
    if isinstance(data, list) and data and chance.random() < 0.85:
        at = chance.randrange(len(data))
        return [*data[:at], mutated(chance, data[at]), *data[at + 1 :]]
    return chance.choice(JUNK)


NOT_IN_A_SCHEMA = {
    "looks-like-a-number", "not-printable", "wrong-order", "contradiction", "not-utf-8", "$.gate",
}  # fmt: skip
"""Faults that a schema cannot express, so that only the reader refuses them."""


@pytest.mark.slow
def test_ten_thousand_mutated_documents_give_problems_with_paths_and_no_crash() -> None:
    chance = random.Random(2026)  # noqa: S311  # not for secrets
    full = Person(
        date(1950, 5, 5), [Dose("AZ", date(2021, 7, 1))], {"own/1"}, {"own/2"}, "澎湖縣", "金門縣",
        Willingness({"AZ": AT}), "someone",
    )  # fmt: skip
    decision = decide(catalog.load("tw/covid19-1922/round-13"), full)
    (event,) = reservation.decide(reservation.initial(), COMMANDS[3], now=AT)  # type: ignore[arg-type]
    values: list[Any] = [
        *(full, decision, event, Rejected("slot-full", possible_from=AT), *OTHERS, *COMMANDS),
        *(made(CLASSES[name]) for name in sorted(CLASSES.keys() - NOT_SENT)),
    ]
    refused = 0
    for _ in range(10_000):
        value = chance.choice(values)
        data = mutated(chance, wire.dump(value))
        try:
            found = wire.load(type(value), data)
        except wire.InvalidData as error:
            caught = error
            refused += 1
        else:
            kind: Any = type(value)
            assert validator(kind).is_valid(data), (kind, data)
            if attrs.has(kind):
                attrs.validate(found)
            continue
        assert all(it.path.startswith("$") and it.code for it in caught.problems)
        known = {it.path if it.path == "$.gate" else it.code for it in caught.problems}
        if not known & NOT_IN_A_SCHEMA and type(value) is not Rejected:
            refused_kind: Any = type(value)
            assert not validator(refused_kind).is_valid(data), (refused_kind, caught.problems)
        assert "A123456788" not in str(caught) + repr(caught)
    assert refused > 7_000


def test_a_decision_dumps_to_plain_data() -> None:
    data = wire.dump(decide(catalog.load("tw/influenza/2025"), Person(date(1950, 5, 5), ())))
    assert set(data) == {it.name for it in attrs.fields(Decision)}
