"""Kinds of inputs that once got a wrong answer, each with its first case and its other members."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from tests.helpers import run
from vaxpolicy import catalog, days, fhir, messages, record, reservation, wire
from vaxpolicy._values import InvalidType, InvalidValue
from vaxpolicy.booking import slots
from vaxpolicy.booking.event_json import UnreadableEvent, from_json, to_json
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.streams import BrokenStream
from vaxpolicy.catalog.bundled import UnknownPolicyError
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.eligibility import Dose, Person, Willingness, decide
from vaxpolicy.identity import (
    EntryPermitNumber,
    IdentityForm,
    InvalidForm,
    MobileNumber,
    NationalId,
    NhiCardNumber,
    NotMatched,
    NumberError,
    PassportNumber,
    UiNumber,
    check_form,
    match_claim,
)
from vaxpolicy.record import RecordError, read
from vaxpolicy.reservation import (
    Actor,
    Book,
    CancelUntil,
    EditLock,
    Programme,
    RecordDose,
    Register,
    Withdraw,
)
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.policy import Window

ROUND_19 = "tw/covid19-1922/round-19"
AT = datetime(2021, 7, 8, 9, tzinfo=UTC)
WHO: dict[str, Any] = {"id": "c1", "actor": Actor.PERSON, "subject": "p-1"}

# Forms of ISO 8601 that nobody asked for: one form of a day and one of an instant, in every reader.

OTHER_DAYS = [
    "2021-W43", "2021-W43-1", "2021W431", "20211025", "2021-298", "2021298", "2021-10", "21-10-25",
    "2021-10-25T00:00", "2021-10-25 ", " 2021-10-25", "2021/10/25", "２０２１-10-25", "2021-10-25Z", "-2021-10-25",
    "+2021-10-25", "2021-1-5", "2021-10-32", "2021-02-29", "",
]  # fmt: skip
OTHER_INSTANTS = [
    "2021-10-25", "2021-10-25T09:00:00", "20211025T090000Z", "2021-W43-1T09:00:00Z", "2021-10-25T09Z",
    "2021-10-25T09:00:00+08:60", "2021-10-25T09:00:00+24:00", "2021-10-25T09:00:00+0800", "2021-10-25T24:00:00Z",
    "2021-10-25T09:00:60Z", "2021-10-25T09:60:00Z", "2021-10-25T09:00:00,5Z", "2021-10-25T09:00:00+08", "9:00", "",
]  # fmt: skip


@pytest.mark.parametrize("text", OTHER_DAYS)
def test_no_reader_takes_another_form_of_a_day(text: str) -> None:
    shell = ["check", "-p", ROUND_19, "--born", "1990-01-01", "--dose", f"AZ@{text}"]
    assert run(*shell).exit_code == 2
    data = {"doses": [{"vaccine": "AZ", "on": text}]}
    with pytest.raises(PolicyFileError, match="YYYY-MM-DD"):
        catalog.person_from(data)
    with pytest.raises(wire.InvalidData, match="YYYY-MM-DD"):
        wire.load(Person, data)
    written = json.loads(to_json(event()))
    written["command"]["given"]["on"] = text
    with pytest.raises(UnreadableEvent, match="YYYY-MM-DD"):
        from_json(json.dumps(written))


@pytest.mark.parametrize("text", OTHER_INSTANTS)
def test_no_reader_takes_another_form_of_an_instant(text: str) -> None:
    data = {"willingness": {"wanted": {"AZ": text}}}
    with pytest.raises(PolicyFileError, match="RFC 3339"):
        catalog.person_from(data)
    with pytest.raises(wire.InvalidData, match="RFC 3339"):
        wire.load(Person, data)
    with pytest.raises(UnreadableEvent, match="RFC 3339"):
        from_json(json.dumps({**json.loads(to_json(event())), "at": text}))


def event() -> Any:
    command = RecordDose(**{**WHO, "actor": Actor.PROGRAMME}, dose=1, given=Dose("AZ", AT.date()))
    (decided,) = reservation.decide(reservation.initial(), command, now=AT)
    return decided


# Dates that cannot be: years of the Republic that nobody converted.


def test_years_of_the_republic_that_were_not_converted_are_refused() -> None:
    for make in (
        lambda: Person(birth_date=date(79, 5, 1)),
        lambda: Dose("AZ", date(110, 7, 1)),
        lambda: Willingness({"AZ": datetime(110, 7, 1, tzinfo=UTC)}),
        lambda: Window(date(110, 7, 1), date(110, 7, 2)),
        lambda: slots.Slot("site", date(110, 7, 1), "am", "AZ", 1),
    ):
        with pytest.raises(InvalidValue) as raised:
            make()
        assert raised.value.code == "out-of-range"
    shell = ["check", "-p", ROUND_19, "--born", "0079-05-01", "--dose", "AZ@0110-07-01"]
    assert run(*shell).exit_code == 2


def test_a_birth_a_century_and_a_half_ago_is_refused() -> None:
    with pytest.raises(InvalidValue, match="birth_date: expected a date from 1880"):
        Person(birth_date=date(1871, 1, 1))


def test_a_dose_before_birth_is_not_known_with_a_reason() -> None:
    person = Person(date(2004, 1, 1), (Dose("AZ", date(2003, 7, 1)),), ())
    decision = decide(catalog.load(ROUND_19), person)
    assert decision.outcome.value == "undetermined"
    assert "dose-before-birth" in {it.code for it in decision.reasons}


FIRST_GIVEN = {
    code: it.first_given.on for code, it in catalog.vaccines().items() if it.first_given is not None
}


@pytest.mark.parametrize("vaccine", FIRST_GIVEN)
def test_a_dose_before_its_vaccine_existed_is_not_known_with_a_reason(vaccine: str) -> None:
    first = FIRST_GIVEN[vaccine]
    policy, other = catalog.load(ROUND_19), Dose("AZ", date(2021, 7, 1))
    for day in (first - timedelta(days=1), date(1990, 6, 1)):
        decision = decide(policy, Person(date(1960, 1, 1), (Dose(vaccine, day), other), ()))
        assert decision.outcome.value == "undetermined"
        assert decision.missing == ("doses",)
        assert decision.reasons[0].code == "dose-before-vaccine"
    allowed = decide(policy, Person(date(1960, 1, 1), (Dose(vaccine, first), other), ()))
    assert allowed.outcome.value == "eligible"


def test_a_dose_against_another_disease_may_be_older() -> None:
    person = Person(date(1960, 1, 1), (Dose("Moderna", date(1999, 1, 1)),), ())
    codes = {it.code for it in decide(catalog.load("tw/influenza/2026"), person).reasons}
    assert "dose-before-vaccine" not in codes


@pytest.mark.parametrize("lang", ["zh-Hant", "en", "id", "vi", "th"])
def test_the_reason_of_such_a_dose_has_words_in_five_languages(lang: str) -> None:
    person = Person(date(1960, 1, 1), (Dose("BNT", date(1999, 1, 1)),), ())
    (reason, *_) = decide(catalog.load(ROUND_19), person).reasons
    found = messages.describe_reason(reason, lang)
    assert found
    assert (found == messages.describe_reason(reason, "en")) == (lang == "en")


# A blank is a fact; facts of the wrong type: refused when made.

BLANKS = ["", " ", "\u3000", "\t", "\u3164", " \u2800", "\u115f\u1160"]


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_is_never_a_fact(blank: str) -> None:
    made: list[Any] = [
        lambda: Person(registered_county=blank),
        lambda: Person(residence_county=blank),
        lambda: Person(groups={blank}),
        lambda: Person(unknown_groups={blank}),
        lambda: Person(key=blank),
        lambda: Person(doses=blank),  # type: ignore[arg-type]
        lambda: Dose(blank, AT.date()),
        lambda: Willingness({blank: AT}),
        lambda: Withdraw(id="c1", actor=Actor.PERSON, subject=blank),
    ]
    for make in made:
        with pytest.raises(InvalidValue):
            make()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("registered_county", 5), ("residence_county", b"x"), ("groups", [5]), ("groups", "own/1"), ("groups", 5),
        ("unknown_groups", [None]), ("willingness", {"AZ": 1}), ("willingness", []), ("doses", [("AZ", 1)]),
        ("doses", {"AZ": 1}), ("doses", 5), ("birth_date", "1990-01-01"), ("birth_date", AT), ("birth_date", 1990),
        ("key", 912345678),
    ],
)  # fmt: skip
def test_a_fact_of_the_wrong_type_is_refused_when_made(field: str, value: object) -> None:
    with pytest.raises(InvalidType) as raised:
        Person(**{field: value})  # type: ignore[arg-type]
    assert (raised.value.field, raised.value.code) == (field, "wrong-type")
    assert "912345678" not in str(raised.value)


# Written and not readable: what a command takes its event's reader takes.


@pytest.mark.parametrize("dose", ["1", True, -3, 0, 100, 1.0, None])
def test_a_dose_number_that_no_reader_takes_is_refused_when_made(dose: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^dose: "):
        RecordDose(**WHO, dose=dose, given=Dose("AZ", AT.date()))
    with pytest.raises(InvalidValue, match=r"^on: "):
        Dose("AZ", None)  # type: ignore[arg-type]


# A misspelt setting fails open: refused when made.


@pytest.mark.parametrize(
    "make",
    [
        lambda: Programme(registration="Required"),  # type: ignore[arg-type]
        lambda: Programme(most_districts="3"),  # type: ignore[arg-type]
        lambda: Programme(vaccines="Moderna"),  # type: ignore[arg-type]
        lambda: Programme(same_vaccine="no"),  # type: ignore[arg-type]
        lambda: CancelUntil(-1, time(18)),
        lambda: EditLock(1, "17:00", notified=True),  # type: ignore[arg-type]
        lambda: Window(datetime(2021, 7, 1), "not-stated"),  # noqa: DTZ001  # that is the point
        lambda: Window(AT, AT - timedelta(days=1)),
    ],
)
def test_a_setting_that_is_not_one_is_refused_when_made(make: Any) -> None:
    with pytest.raises(InvalidValue):
        make()


# A slip is not a refusal.


@pytest.mark.parametrize("actor", ["person", "PERSON", None, 1, Actor])
def test_an_actor_that_is_not_one_is_a_type_error_and_no_refusal(actor: Any) -> None:
    with pytest.raises(TypeError, match="actor"):
        Register(id="c1", actor=actor, subject="p-1", vaccines=["AZ"], districts=["x"])


# Front doors name the argument.

NEW = reservation.initial()
LEAVE = Withdraw(**WHO)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: check_form({"id_number": "x"}, on=AT.date()), "form"),  # type: ignore[arg-type]
        (lambda: check_form(IdentityForm(), on="2021-07-08"), "on"),  # type: ignore[arg-type]
        (lambda: check_form(IdentityForm(), on=AT), "on"),
        (lambda: decide("id", Person()), "policy"),  # type: ignore[arg-type]
        (lambda: decide(catalog.load(ROUND_19), {}), "person"),  # type: ignore[arg-type]
        (lambda: decide(catalog.load(ROUND_19), Person(), from_day="x"), "from_day"),  # type: ignore[arg-type]
        (lambda: reservation.decide(NEW, {}, now=AT), "command"),  # type: ignore[arg-type]
        (lambda: reservation.decide({}, LEAVE, now=AT), "state"),  # type: ignore[arg-type]
        (lambda: reservation.decide(NEW, LEAVE, now=None), "now"),  # type: ignore[arg-type]
        (lambda: slots.decide(slots.initial(), {}, now=AT), "command"),  # type: ignore[arg-type]
        (lambda: slots.decide(slots.initial(), slots.Close(id="c", actor=Actor.SITE), now=None), "now"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_front_door_is_a_type_error_that_names_the_argument(call: Any, argument: str) -> None:
    with pytest.raises(TypeError, match=rf"\b{argument}\b"):
        call()


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: catalog.load({}), "policy_id"),  # type: ignore[arg-type]
        (lambda: catalog.load(None), "policy_id"),  # type: ignore[arg-type]
        (lambda: catalog.load(ROUND_19, version=[]), "version"),  # type: ignore[arg-type]
        (lambda: catalog.load(ROUND_19, as_of="2021-07-08"), "as_of"),  # type: ignore[arg-type]
        (lambda: catalog.load_file(None), "path"),  # type: ignore[arg-type]
        (lambda: catalog.load_campaign({}), "path"),  # type: ignore[arg-type]
        (lambda: catalog.load_campaign(".", as_of="2021-07-08"), "as_of"),  # type: ignore[arg-type]
        (lambda: catalog.parse_campaign(5), "campaign"),  # type: ignore[arg-type]
        (lambda: catalog.parse_campaign("", as_of=AT), "as_of"),
        (lambda: wire.schema("Person"), "kind"),  # type: ignore[arg-type]
        (lambda: wire.schema([]), "kind"),  # type: ignore[arg-type]
        (lambda: wire.load([], {}), "kind"),  # type: ignore[arg-type]
        (lambda: days.DaySet.between("2021-07-01", None), "day"),  # type: ignore[arg-type]
        (lambda: days.DaySet.of(AT), "day"),
        (lambda: days.parse_day(None), "text"),  # type: ignore[arg-type]
        (lambda: NhiCardNumber.from_groups([1, 2, 3]), "groups"),  # type: ignore[list-item]
        (lambda: fhir.person([]), "resource"),  # type: ignore[arg-type]
        (lambda: record.verify("", policies=[ROUND_19]), "policies"),  # type: ignore[list-item]
    ],
)
def test_a_loader_refuses_another_type_and_names_the_argument(call: Any, argument: str) -> None:
    with pytest.raises(InvalidType) as raised:
        call()
    assert raised.value.field == argument


def test_an_unknown_policy_is_not_repeated_where_it_may_be_a_number() -> None:
    with pytest.raises(UnknownPolicyError) as raised:
        catalog.load("A123456789")
    assert str(raised.value) == "no bundled policy has this id"


def test_a_text_in_the_place_of_a_day_is_told_what_is_expected() -> None:
    text: Any = "2021-07-01"
    with pytest.raises(InvalidValue, match=r"^opens: expected .* a date or not-stated$"):
        Window(text, "not-stated")


DESCRIBING = [
    name for name in messages.__all__ if name.startswith("describe_") or name.endswith("_name")
] + ["language_of", "negotiate", "picture_labels", "policy_title", "words"]


@pytest.mark.parametrize("name", DESCRIBING)
def test_words_for_something_else_are_a_type_error_that_names_the_argument(name: str) -> None:
    call = getattr(messages, name)
    while hasattr(call, "__wrapped__"):
        call = call.__wrapped__
    arguments = [it for it in call.__annotations__ if it not in {"return", "lang"}] or ["lang"]
    for wrong in (object(), 5, "x", None):
        required = dict.fromkeys(arguments[:1], wrong)
        if name == "describe_number_error":
            required["kind"] = NationalId
        first = call.__annotations__[arguments[0]]
        if type(wrong).__name__ in first or (wrong is None and "None" in first):
            continue
        with pytest.raises(InvalidType, match=rf"^{arguments[0]}: expected ") as raised:
            getattr(messages, name)(**required)
        assert raised.value.field == arguments[0]


def test_a_policy_that_is_not_one_is_not_compiled() -> None:
    others: tuple[Any, ...] = (None, "tw/covid19-1922/round-19", {})
    for wrong in others:
        with pytest.raises(InvalidType, match=r"^policy: expected a Policy$"):
            compile_policy(wrong)


# Said twice: refused in every reader.


@pytest.mark.parametrize("text", ['{"doses": null, "doses": []}', '{"doses": [], "doses": []}'])
def test_a_key_that_is_written_twice_is_refused_in_every_reader(tmp_path: Any, text: str) -> None:
    path = tmp_path / "person.json"
    path.write_text(text)
    shell = run("check", "-p", ROUND_19, "--person", str(path))
    assert shell.exit_code == 2
    assert "each key once" in shell.stderr
    with pytest.raises(wire.InvalidData, match="each key once"):
        wire.read(Person, text)
    with pytest.raises(UnreadableEvent, match="each key once"):
        from_json(text)
    with pytest.raises(RecordError, match="each key once"):
        read(text)
    with pytest.raises(PolicyFileError):
        catalog.parse_campaign('id = "own/x"\nid = "own/y"')


# Everything travels: pickles, copies, process pools.


def form_error() -> InvalidForm:
    with pytest.raises(InvalidForm) as raised:
        check_form(IdentityForm(id_number="x"), on=AT.date())
    return raised.value


def number_error() -> NumberError:
    with pytest.raises(NumberError) as raised:
        NationalId.parse("A123456788")
    return raised.value


ERRORS: list[Exception] = [
    PolicyFileError("own.toml", ["a problem", "another"]),
    UnknownPolicyError("x/y"),
    wire.InvalidData((wire.Problem("$.x", "missing", "this key"),)),
    UnreadableEvent((wire.Problem("$.x", "missing", "this key"),)),
    Rejected("slot-full", version=3, possible_from=AT),
    BrokenStream("event 2 cannot follow event 4"),
    NotMatched("not-matched"),
    InvalidValue("blank", "key", "a text"),
    InvalidType("key", "a text"),
    form_error(),
    number_error(),
]


def travelled(value: Any) -> list[Any]:
    return [pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)]  # noqa: S301  # our own


@pytest.mark.parametrize("error", ERRORS, ids=lambda it: type(it).__name__)
def test_an_exception_travels(error: Exception) -> None:
    for twin in travelled(error):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert {name: str(it) for name, it in vars(twin).items()} == {
            name: str(it) for name, it in vars(error).items()
        }


def test_policies_decisions_and_states_travel() -> None:
    state = reservation.evolve(reservation.initial(), event())
    person = Person(
        date(1990, 1, 1), (Dose("AZ", date(2021, 7, 1)),), (), willingness=Willingness({"AZ": AT})
    )
    for name in ("tw/covid19-1922/round-19", "tw/influenza/2026", "tw/childhood/2025"):
        policy = catalog.load(name)
        for value in (policy, decide(policy, person)):
            assert all(twin == value for twin in travelled(value))
    values: tuple[object, ...] = (person, state, slots.initial(), event(), LEAVE)
    for each in values:
        assert all(twin == each for twin in travelled(each))


def _decided(name: str) -> Any:
    return decide(catalog.load(name), Person(date(1990, 1, 1), (), ()))


def _fail(name: str) -> Any:
    raise PolicyFileError(name, ["a problem"])


def test_a_process_pool_takes_policies_and_gives_decisions_and_exceptions() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        answer = pool.submit(decide, catalog.load(ROUND_19), Person(date(1990, 1, 1), (), ()))
        assert answer.result() == _decided(ROUND_19)
        failed = pool.submit(catalog.parse_campaign, "not toml")
        with pytest.raises(PolicyFileError):
            failed.result()


# Values in errors; guards that differ: one guard everywhere, no value shown.

SPELLINGS = [
    "A123456789", "A123-456-789", "a 123 456 789", "Ａ１２３４５６７８９", "A123456788", "urn:tw:A123456789", "p A123456789",
    "A123456789-1", "912345678", "0912-345-678", "000012345678", "A800000014", "AB12345677",
]  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_number_is_refused_wherever_it_would_be_kept(text: str) -> None:
    kept: list[Any] = [
        lambda: Person(key=text),
        lambda: Person(groups={text}),
        lambda: Person(registered_county=text),
        lambda: Withdraw(id="c1", actor=Actor.PERSON, subject=text),
        lambda: Withdraw(id=text, actor=Actor.PERSON, subject="p-1"),
        lambda: Dose(text, AT.date()),
        lambda: Book(**WHO, policy_id=text, slot=slots.Slot("s", AT.date(), "am", "AZ", 1)),
        lambda: slots.Slot(text, AT.date(), "am", "AZ", 1),
        lambda: slots.BookingRef(text, "b1"),
        lambda: catalog.person_from({"key": text}),
        lambda: wire.load(Person, {"doses": [{"vaccine": text, "on": "2021-07-01"}]}),
    ]
    for make in kept:
        with pytest.raises(ValueError, match="looks like the number") as raised:
            make()
        assert text not in str(raised.value) + repr(raised.value)


def test_an_error_names_field_and_code_and_never_the_value() -> None:
    with pytest.raises(PolicyFileError) as raised:
        catalog.person_from({"key": 912345678})
    assert "912345678" not in str(raised.value) + repr(raised.value)


# Pasted characters and spellings of telephones.


@pytest.mark.parametrize(
    "text", ["A123456789\t", "A123\u00a0456\u00a0789", "A123\u2011456\u2013789", "\u200bA123456789", "A123456789\n", "A123.456.789", "A123_456_789", "A123/456/789",
             "A.1.2.3.4.5.6.7.8.9", "A123\u00b7456\u00b7789", "(A123456789)", "A123456789。", "A123，456，789"]
)  # fmt: skip
def test_a_pasted_number_is_read_or_refused_with_position_and_suggestion(text: str) -> None:
    if NationalId.is_valid(text):
        assert NationalId.parse(text).value == "A123456789"
        return
    with pytest.raises(NumberError) as raised:
        NationalId.parse(text)
    assert raised.value.position is not None
    assert raised.value.suggestions[0].number.value == "A123456789"


@pytest.mark.parametrize("sign", sorted("._/,;:'()[]·、。"))
def test_a_sign_between_the_characters_of_a_card_or_permit_is_named_by_its_place(sign: str) -> None:
    for kind, groups in (
        (NhiCardNumber, ["0000", "1234", "5678"]),
        (EntryPermitNumber, ["0000", "1234", "5678"]),
        (PassportNumber, ["X123", "45678"]),
        (UiNumber, ["A800", "000", "014"]),
    ):
        with pytest.raises(NumberError) as raised:
            kind.parse(sign.join(groups))
        assert (raised.value.code, raised.value.position) == ("invalid-character", len(groups[0]))
        assert [it.number for it in raised.value.suggestions] == [kind.parse("".join(groups))]


@pytest.mark.parametrize("text", ["0912.345.678", "(0912) 345-678", "0912 345 678", "+886 912-345-678", "+886 (0)912 345 678"])  # fmt: skip
def test_a_mobile_number_is_read_in_the_ways_it_is_written(text: str) -> None:
    assert MobileNumber.parse(text).value == MobileNumber.parse("0912345678").value


@pytest.mark.parametrize("text", ["(02) 2345-6789", "02-2345-6789"])
def test_a_landline_is_named_as_one(text: str) -> None:
    with pytest.raises(NumberError) as raised:
        MobileNumber.parse(text)
    assert raised.value.code == "landline"


def test_a_claim_is_matched_by_an_answer_alone() -> None:
    form = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
    with pytest.raises(TypeError):
        match_claim(check_form(form, on=AT.date()), "matched")  # type: ignore[arg-type]
