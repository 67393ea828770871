"""Records say what was decided, on what, and everything that is done to them afterwards shows."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
import random
import runpy
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

import vaxpolicy
from vaxpolicy import catalog
from vaxpolicy import record as records
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import (
    DatedFact,
    Dose,
    Outcome,
    PartialDate,
    Person,
    Policy,
    Willingness,
    decide,
)
from vaxpolicy.record import Difference, Record, RecordError, make, read, verify, verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/data/records"
REMAKE = runpy.run_path(str(GOLDEN / "remake.py"))
WHO: str = REMAKE["WHO"]
NOW: datetime = REMAKE["NOW"]
KEY: Ed25519PrivateKey = REMAKE["KEY"]
ADULT: Person = REMAKE["ADULT"]
TWO_DOSES = ADULT.doses or ()


@cache
def round_(number: int) -> Policy:
    return catalog.load(f"tw/covid19-1922/round-{number}")


@cache
def sample() -> Record:
    return make(round_(19), ADULT, at=NOW)


@cache
def chain() -> tuple[Record, ...]:
    """Five records of all outcomes, with every kind of fact, signed."""
    made: tuple[Record, ...] = REMAKE["chain"]()
    assert {it.decision.outcome for it in made} == set(Outcome)
    return made


def codes(differences: tuple[Difference, ...]) -> set[str]:
    return {it.code for it in differences}


def places(differences: tuple[Difference, ...]) -> set[str]:
    return {it.at for it in differences}


def plain(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record.to_json())
    return found


def canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def resealed(document: dict[str, Any]) -> str:
    """The text of a forger who computes every digest anew."""

    def sha256(value: object) -> str:
        return hashlib.sha256(canonical(value).encode()).hexdigest()

    document["parts"] = {name: sha256(document[name]) for name in document["parts"]}
    document["digest"] = sha256({name: it for name, it in document.items() if name != "digest"})
    return canonical(document)


def test_a_record_says_who_what_when_on_which_facts_and_what_was_answered() -> None:
    record, policy = sample(), round_(19)
    assert record.subject == WHO
    assert record.instant == NOW
    assert record.library == vaxpolicy.__version__
    assert attrs.astuple(record.policy) == (policy.id, policy.version, policy.digest)
    assert record.facts.person == attrs.evolve(ADULT, key=None)
    assert record.facts.asked == {"birth_date", "doses"}
    decision = decide(policy, ADULT)
    assert record.decision.outcome is decision.outcome
    said = [(it.rule, it.vaccine, it.dose, it.days) for it in record.decision.offers]
    assert said == [(it.rule_id, it.vaccine, it.dose, it.days) for it in decision.offers]
    assert {it.bookable for it in record.decision.offers} == {True}
    assert record.decision.offers[0].windows[0].closes == "2022-01-16T12:00:00+08:00"
    assert [it.code for it in record.decision.reasons] == ["interval-too-short"]
    assert verify(record) == verify(record.to_json()) == verify(record.to_json().encode()) == ()


def test_a_record_is_one_line_of_canonical_json_with_its_digest() -> None:
    text = sample().to_json()
    document = json.loads(text)
    assert text == canonical(document)
    assert "\n" not in text
    assert resealed(document) == text
    assert read(text) == read(text.encode()) == sample()


def test_a_record_can_be_copied_and_pickled() -> None:
    assert copy.deepcopy(chain()[3]) == pickle.loads(pickle.dumps(chain()[3])) == chain()[3]  # noqa: S301 - our own


def test_what_is_not_known_stays_null_and_what_is_not_asked_is_absent() -> None:
    nobody = plain(make(round_(13), Person(key=WHO), at=NOW))["facts"]
    assert nobody == {"birth_date": None, "doses": None, "willingness": None}
    some = Person(registered_county="澎湖縣", groups={"status/a"}, doses=(), key=WHO)
    facts = plain(make(round_(13), some, at=NOW))["facts"]
    assert facts == {"birth_date": None, "doses": [], "willingness": None}


def test_doses_against_other_diseases_and_wishes_that_are_not_asked_are_left_out() -> None:
    since = datetime(2021, 10, 1, 12, tzinfo=TAIWAN)
    person = Person(
        birth_date=PartialDate(1990),
        doses=[*TWO_DOSES, Dose("Influenza", date(2021, 10, 1))],
        willingness=Willingness({"AZ": since, "Influenza": since}),
        key=WHO,
    )
    facts = plain(make(round_(13), person, at=NOW))["facts"]
    assert facts["birth_date"] == "1990"
    assert [dose["on"] for dose in facts["doses"]] == ["2021-07-01", "2021-10-28"]
    assert facts["willingness"] == {"wanted": {"AZ": "2021-10-01T12:00:00+08:00"}}


def test_only_the_dated_facts_that_the_policy_asks_for_are_recorded() -> None:
    policy = catalog.load("tw/covid19/2026")
    asked = DatedFact("covid19-infection", date(2026, 10, 2))
    person = Person(
        ADULT.birth_date, (), (), key=WHO, dated_facts=(asked, DatedFact("own/x", "never"))
    )
    record = make(policy, person, at=NOW)
    assert record.facts.person.dated_facts == (asked,)
    assert plain(record)["facts"]["dated_facts"] == [
        {"fact": "covid19-infection", "on": "2026-10-02"}
    ]
    assert read(record.to_json()) == record
    assert verify(record.to_json()) == ()


EVERY_FACT = """all = [
  { age_at_least = 18, on = "day" }, { group = "own/1" }, { registered_in = ["澎湖縣"] },
  { resident_in = ["金門縣"] }, { wanted = true, by = 2022-01-10T12:00:00+08:00 },
  { days_since_fact = "covid19-infection", at_least = 84 }, { sex = "female" },
]"""


def test_every_fact_that_a_policy_may_ask_for_is_recorded_and_read(tmp_path: Path) -> None:
    policy = own_policy(tmp_path, EVERY_FACT)
    person = Person(
        birth_date=date(1990, 1, 2),
        doses=TWO_DOSES,
        groups={"own/1"},
        unknown_groups={"own"},
        registered_county="澎湖縣",
        residence_county="金門縣",
        willingness=Willingness({"AZ": datetime(2021, 10, 1, 12, tzinfo=TAIWAN)}),
        dated_facts=(DatedFact("covid19-infection", PartialDate(2021, 5)),),
        sex="female",
        key=WHO,
    )
    record = make(policy, person, at=NOW)
    facts = {it.name for it in attrs.fields(Person)} - {"key"}
    assert record.facts == records.FactsUsed(attrs.evolve(person, key=None), frozenset(facts))
    assert plain(record)["facts"] == {
        "birth_date": "1990-01-02",
        "doses": [{"on": str(it.on), "vaccine": it.vaccine} for it in TWO_DOSES],
        "groups": ["own/1"],
        "unknown_groups": ["own"],
        "registered_county": "澎湖縣",
        "residence_county": "金門縣",
        "willingness": {"wanted": {"AZ": "2021-10-01T12:00:00+08:00"}},
        "dated_facts": [{"fact": "covid19-infection", "on": "2021-05"}],
        "sex": "female",
    }
    assert read(record.to_json()) == record
    assert verify(record.to_json(), policies=[policy]) == ()
    unknown = make(policy, Person(key=WHO), at=NOW)
    nothing: dict[str, Any] = {"unknown_groups": [], "dated_facts": []}
    assert plain(unknown)["facts"] == dict.fromkeys(facts) | nothing
    assert read(unknown.to_json()) == unknown


def test_groups_are_recorded_as_far_as_the_policy_names_them() -> None:
    policy = catalog.load("tw/covid19/2025")
    named = {it.partition("/")[2] for it in decide(policy, Person(key=WHO)).missing if "/" in it}
    group = min(named)
    person = Person(
        groups={f"{group}/part", "cecc-2021-06-21/9"}, unknown_groups={"status/x", group}, key=WHO
    )
    facts = plain(make(policy, person, at=NOW))["facts"]
    assert facts["groups"] == [f"{group}/part"]
    assert facts["unknown_groups"] == [group]


def test_the_birth_date_is_recorded_with_doses_even_where_no_rule_asks_it(tmp_path: Path) -> None:
    policy = own_policy(tmp_path, "")
    before_birth = attrs.evolve(ADULT, birth_date=date(2021, 7, 2))
    record = make(policy, before_birth, at=NOW)
    assert record.decision.reasons[0].code == "dose-before-birth"
    assert verify(record, policies=[policy]) == ()
    assert make(policy, attrs.evolve(before_birth, doses=()), at=NOW).facts.asked == {"doses"}


def own_policy(folder: Path, rule: str, *, version: str = "1") -> Policy:
    file = folder / "own.toml"
    file.write_text(
        f"""
id = "own/one"
version = "{version}"
announced = 2021-01-01
disease = "covid19"
notification = "none"
licences_apply = false
sources.s = {{ publisher = "x", url = "x", checked = 2021-01-01, support = "official" }}
[[stages]]
id = "base"
vaccination_days = {{ first = 2022-01-01, last = 2022-01-31 }}
[[stages.rules]]
id = "a"
dose = 3
vaccines = ["AZ"]
cites = ["s"]
{rule}
""",
        encoding="utf-8",
    )
    return catalog.load_file(file)


DAYS = st.dates(date(2020, 1, 1), date(2026, 12, 31))
INSTANTS = st.datetimes(
    datetime(2021, 7, 1),  # noqa: DTZ001 - the zone is beside
    datetime(2022, 2, 1),  # noqa: DTZ001 - the same
    timezones=st.just(TAIWAN),
)


@cache
def all_groups() -> list[str]:
    return [*catalog.groups(), "status/somewhere", "nowhere/1"]


PEOPLE = st.builds(
    Person,
    birth_date=st.one_of(
        st.none(),
        st.dates(date(1920, 1, 1), date(2025, 12, 31)),
        st.builds(PartialDate, st.integers(1920, 2025), st.none() | st.integers(1, 12)),
    ),
    doses=st.lists(
        st.builds(Dose, st.sampled_from([*catalog.vaccines(), "Elixir"]), DAYS), max_size=4
    ),
    groups=st.none() | st.sets(st.sampled_from(all_groups()), max_size=4),
    unknown_groups=st.sets(st.sampled_from(all_groups()), max_size=2),
    registered_county=st.sampled_from([None, "澎湖縣", "臺北市"]),
    residence_county=st.sampled_from([None, "澎湖縣", "臺北市"]),
    willingness=st.none()
    | st.builds(Willingness, st.dictionaries(st.sampled_from([*catalog.vaccines()]), INSTANTS)),
    key=st.just(WHO),
)


@pytest.mark.slow
@given(policy=st.sampled_from(catalog.ids()).map(catalog.load), person=PEOPLE, at=INSTANTS)
def test_the_facts_that_are_recorded_decide_alone_and_the_record_verifies(
    policy: Policy, person: Person, at: datetime
) -> None:
    record = make(policy, person, at=at)
    used = attrs.evolve(record.facts.person, key=WHO)
    assert decide(policy, used) == decide(policy, person)
    assert records.facts_used(policy, used) == record.facts
    assert verify(record.to_json()) == ()
    assert read(record.to_json()) == record
    jsonschema.validate(plain(record), records.schema())


@pytest.mark.parametrize("key", [None, "someone", WHO.upper(), WHO[:-1]])
def test_only_a_keyed_pseudonym_says_who_it_is(key: str | None) -> None:
    with pytest.raises(ValueError, match="expected a keyed pseudonym, 64 lower-case hex") as raised:
        make(round_(19), attrs.evolve(ADULT, key=key), at=NOW)
    assert key is None or len(key) < 9 or key not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "A123456789",
        "a123456789",
        "Ａ１２３４５６７８９",
        "AC01234567",
        "000012345678",
        "x/912345678",
    ],
)
def test_a_fact_that_looks_like_a_number_is_refused(text: str) -> None:
    makers: tuple[Callable[[], object], ...] = (
        lambda: Person(registered_county=text),
        lambda: Person(groups={text}),
        lambda: Person(groups=(), unknown_groups={text}),
        lambda: Willingness({text: NOW}),
        lambda: Dose(text, date(2021, 1, 1)),
    )
    for make_it in makers:
        with pytest.raises(ValueError, match="looks like the number") as raised:
            make_it()
        assert text not in str(raised.value)


def test_an_instant_has_its_offset_and_a_policy_its_digest() -> None:
    with pytest.raises(ValueError, match="UTC offset"):
        make(round_(19), ADULT, at=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="digest: expected 64"):
        make(attrs.evolve(round_(19), digest=""), ADULT, at=NOW)
    with pytest.raises(ValueError, match="predecessor: expected 64"):
        make(round_(19), ADULT, at=NOW, predecessor="")


Change: TypeAlias = "Callable[[dict[str, Any]], object]"

WRONG: list[tuple[str, Change, str]] = [
    (
        "unknown field",
        lambda it: it.update(more=1),
        ": unknown key more: expected one of format, subject",
    ),
    ("missing", lambda it: it.pop("policy"), ": the key policy is missing"),
    ("format", lambda it: it.update(format=2), "format: expected 1"),
    ("format by type", lambda it: it.update(format=True), "format: expected 1"),
    ("subject", lambda it: it.update(subject="A123456789"), "expected a keyed pseudonym"),
    ("text", lambda it: it.update(library=1), "library: expected text"),
    (
        "instant",
        lambda it: it.update(instant="now"),
        "instant: expected an instant as RFC 3339 text",
    ),
    ("day", lambda it: it["decision"]["reasons"][0].update(day="20220120"), "YYYY-MM-DD"),
    ("form", lambda it: it.update(instant="2022-01-15T14:00:00+0800"), "RFC 3339"),
    ("offset", lambda it: it.update(instant="2022-01-15T14:00:00"), "UTC offset"),
    ("policy", lambda it: it.update(policy=[]), "policy: expected a table"),
    ("decision", lambda it: it["decision"].update(offers={}), "offers: expected an array"),
    ("outcome", lambda it: it["decision"].update(outcome="yes"), "outcome: expected eligible or"),
    ("dose", lambda it: it["decision"]["offers"][0].update(dose=True), "expected a whole number"),
    (
        "bookable",
        lambda it: it["decision"]["offers"][0].update(bookable=1),
        "expected true or false",
    ),
    ("float", lambda it: it["decision"]["offers"][0].update(dose=3.0), "expected a whole number"),
    ("nan", lambda it: it.update(format=float("nan")), "expected a whole number"),
    ("facts", lambda it: it.update(facts=[]), "facts: expected a table"),
    ("fact", lambda it: it["facts"].update(birth_date="soon"), "expected a date"),
    ("unknown fact", lambda it: it["facts"].update(name="x"), "unknown key name"),
    ("key", lambda it: it["facts"].update(key=None), "the pseudonym is the subject"),
    ("number", lambda it: it["facts"].update(groups=["A123456789"]), "looks like the number"),
    ("signature", lambda it: it.update(signature="00"), "signature: expected 128"),
]


@pytest.mark.parametrize(("change", "said"), [it[1:] for it in WRONG], ids=[it[0] for it in WRONG])
def test_what_is_no_record_is_refused_with_the_place_and_without_the_value(
    change: Change, said: str
) -> None:
    document = plain(sample())
    change(document)
    text = canonical(document)
    with pytest.raises(RecordError) as raised:
        read(text)
    assert said in str(raised.value)
    assert "A123456789" not in str(raised.value)
    assert verify(text) == raised.value.differences
    assert codes(verify(text)) == {"not-a-record"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected JSON"),
        ("[]", "expected a table"),
        ("[" * 100_000, "at most 64 levels"),
        (b"\xff", "expected UTF-8"),
        ('"\\ud800"', "expected UTF-8"),
        ("9" * 5000, "at most 20 digits"),
        ('{"format":1,"format":1}', "each key once"),
    ],
)
def test_bad_data_is_a_difference_and_never_an_exception(text: str | bytes, said: str) -> None:
    (difference,) = verify(text)
    assert said in str(difference)


def test_facts_on_which_deciding_fails_are_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OverflowError("beyond the calendar")

    text = sample().to_json()
    monkeypatch.setattr("vaxpolicy.record.verification.decide", fail)
    (difference,) = verify(text)
    assert difference.code == "not-decidable"
    assert str(difference) == "nothing can be decided on these facts: beyond the calendar"


EXTREMES = st.sampled_from(
    [date(1900, 1, 1), date(2004, 2, 29), date(2021, 10, 31), date(9000, 12, 31)]
)


@given(
    policy_id=st.sampled_from(catalog.ids()),
    birth=EXTREMES,
    doses=st.lists(
        st.builds(Dose, st.sampled_from(["AZ", "other", "Influenza"]), EXTREMES), max_size=3
    ),
    at=st.sampled_from(["1800-01-01T00:00:00+23:59", "9000-12-31T23:59:59-23:59"]),
)
def test_days_at_the_ends_of_the_calendar_are_looked_at_like_others(
    policy_id: str, birth: date, doses: list[Dose], at: str
) -> None:
    policy = catalog.load(policy_id)
    person = Person(birth_date=birth, doses=doses, key=WHO)
    assert verify(make(policy, person, at=datetime.fromisoformat(at))) == ()


def test_half_a_character_is_no_text() -> None:
    document = plain(sample())
    document["library"] = "\ud800"
    (difference,) = verify(json.dumps(document))
    assert "expected UTF-8" in str(difference)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace(":", ": ", 1),
        lambda text: text.replace('"format"', '"\\u0066ormat"'),
    ],
)
def test_the_same_content_in_other_bytes_is_not_the_record(change: Callable[[str], str]) -> None:
    text = change(sample().to_json())
    assert verify(text) == (Difference("not-canonical"),)
    with pytest.raises(RecordError, match="canonical form"):
        read(text)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: verify(1), "record"),  # type: ignore[arg-type]
        (lambda: verify(None), "record"),  # type: ignore[arg-type]
        (lambda: verify(sample(), policies=["x"]), "policies"),  # type: ignore[list-item]
        (lambda: verify(sample(), policies=1), "policies"),  # type: ignore[arg-type]
        (
            lambda: verify(sample(), public_key=X25519PrivateKey.generate().public_key()),  # type: ignore[arg-type]
            "public_key",
        ),
        (lambda: verify_chain(sample().to_json()), "records"),
        (lambda: verify_chain([1]), "record"),  # type: ignore[list-item]
        (lambda: make(round_(19), ADULT, at=NOW, sign_with=5), "sign_with"),  # type: ignore[arg-type]
        (lambda: make(round_(19), ADULT, at=NOW, predecessor=5), "predecessor"),  # type: ignore[arg-type]
    ],
)
def test_wrong_types_are_the_callers_error(call: Callable[[], object], argument: str) -> None:
    with pytest.raises(TypeError, match=f"^{argument}: expected "):
        call()


def test_an_altered_part_is_named() -> None:
    text = sample().to_json()
    changed = text.replace("1990-01-01", "1990-01-02")
    later = verify(changed)
    now = json.loads(resealed(json.loads(changed)))
    whole = {name: it for name, it in json.loads(changed).items() if name != "digest"}
    assert later == (
        Difference("altered", "facts", sample().parts.facts, now["parts"]["facts"]),
        Difference(
            "digest-does-not-match",
            "digest",
            sample().digest,
            hashlib.sha256(canonical(whole).encode()).hexdigest(),
        ),
    )
    assert str(later[0]) == "facts: altered, for it does not match its own digest"


def test_what_does_not_follow_from_the_facts_is_named_with_both_values() -> None:
    document = plain(sample())
    document["decision"]["outcome"] = "ineligible"
    (difference,) = verify(resealed(document))
    assert difference == Difference("differs", "decision.outcome", "ineligible", "eligible")
    assert str(difference) == "decision.outcome differs: recorded ineligible, now eligible"


def test_a_fact_that_bears_on_the_answer_cannot_be_exchanged() -> None:
    document = plain(sample())
    document["facts"]["birth_date"] = "2010-01-01"
    found = verify(resealed(document))
    assert codes(found) == {"differs"}
    assert {"decision.outcome", "decision.offers"} <= places(found)


def test_a_fact_that_is_not_asked_cannot_be_added_nor_one_that_is_be_left_out() -> None:
    document = plain(sample())
    document["facts"]["registered_county"] = "澎湖縣"
    (difference,) = verify(resealed(document))
    assert (difference.at, difference.now) == ("facts.registered_county", "absent")
    document = plain(make(round_(19), Person(key=WHO), at=NOW))
    del document["facts"]["doses"]
    (difference,) = verify(resealed(document))
    assert (difference.at, difference.recorded) == ("facts.doses", "absent")


def test_a_policy_that_was_swapped_is_named() -> None:
    other = round_(20)
    document = plain(sample())
    document["policy"]["id"] = other.id
    (difference,) = verify(resealed(document))
    assert difference == Difference(
        "policy-not-the-one-named", "policy.id", other.id, round_(19).id
    )
    document["policy"] = {"id": other.id, "version": other.version, "digest": other.digest}
    assert "decision.offers[0].rule" in places(verify(resealed(document)))
    document["policy"]["digest"] = "0" * 64
    (difference,) = verify(resealed(document))
    assert difference == Difference(
        "policy-not-the-one-named", "policy.digest", "0" * 64, other.digest
    )
    for policy_id, version in (("x/y", "1.0.0"), (other.id, "9"), (other.id, "../x")):
        document["policy"] |= {"id": policy_id, "version": version}
        assert verify(resealed(document)) == (Difference("policy-unknown", "policy", "0" * 64),)
    document["policy"] |= {"id": "", "version": "\0"}
    assert places(verify(resealed(document))) == {"policy.id", "policy.version"}


def test_a_policy_as_it_was_on_a_day_is_found_again() -> None:
    policy = catalog.load("tw/covid19-1922/round-11", as_of=date(2021, 10, 7))
    assert policy.digest != catalog.load(policy.id).digest
    assert verify(make(policy, ADULT, at=NOW)) == ()


def test_an_older_version_of_a_bundled_policy_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {it: own_policy(tmp_path, "", version=it) for it in ("1", "2")}

    def load(_: str, *, version: str | None = None, as_of: date | None = None) -> Policy:
        assert as_of in {None, kept["1"].announced}
        return kept[version or "2"]

    monkeypatch.setattr("vaxpolicy.record.policy_digests.load", load)
    monkeypatch.setattr("vaxpolicy.record.verification.ids", lambda: ("own/one",))
    monkeypatch.setattr("vaxpolicy.record.verification.versions", lambda _: ("2", "1"))
    monkeypatch.setattr(
        "vaxpolicy.record.verification.states", records.policy_digests.states.__wrapped__
    )
    for policy in kept.values():
        assert verify(make(policy, ADULT, at=NOW)) == ()
    third = attrs.evolve(kept["1"], version="3")
    assert codes(verify(make(third, ADULT, at=NOW))) == {"policy-unknown"}


def test_a_policy_of_ones_own_is_given_as_an_argument(tmp_path: Path) -> None:
    policy = own_policy(tmp_path, "")
    record = make(policy, ADULT, at=NOW)
    assert verify(record, policies=[round_(19), policy]) == ()
    assert codes(verify(record)) == {"policy-unknown"}
    amended = own_policy(tmp_path, "all = [{ age_at_least = 80, on = 'day' }]")
    (difference,) = verify(record, policies=[amended])
    assert (difference.code, difference.now) == ("policy-not-the-one-named", amended.digest)
    document = plain(record)
    document["policy"]["version"] = "2"
    (difference,) = verify(resealed(document), policies=[policy])
    assert (difference.at, difference.recorded, difference.now) == ("policy.version", "2", "1")


def test_an_older_library_is_no_difference() -> None:
    document = plain(sample())
    document["library"] = "0.0.1"
    assert verify(resealed(document)) == ()


def test_a_record_made_by_hand_is_verified_like_a_text() -> None:
    changed = attrs.evolve(sample(), digest="0" * 64)
    assert codes(verify(changed)) == {"digest-does-not-match"}
    with pytest.raises(ValueError, match="format: expected 1"):
        attrs.evolve(sample(), format=2)  # type: ignore[arg-type]


def test_a_signature_shows_what_only_the_forger_changed() -> None:
    public = KEY.public_key()
    signed = make(round_(19), ADULT, at=NOW, sign_with=KEY)
    assert verify(signed, public_key=public) == ()
    assert verify(signed, public_key=None) == ()
    assert verify(sample(), public_key=public) == (Difference("not-signed", "signature"),)
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    does_not = Difference("signature-does-not-match", "signature", signed.signature)
    assert verify(signed, public_key=stranger) == (does_not,)
    document = plain(signed)
    document["facts"]["birth_date"] = "1990-01-02"
    forged = resealed(document)
    assert verify(forged) == ()  # nothing that can be computed without the key shows it
    assert codes(verify(forged, public_key=public)) == {"signature-does-not-match"}


def test_the_digest_covers_the_signature() -> None:
    document = plain(make(round_(19), ADULT, at=NOW, sign_with=KEY))
    document["signature"] = "0" * 128
    assert codes(verify(canonical(document))) == {"digest-does-not-match"}


def test_a_chain_verifies_from_its_beginning_and_from_a_digest_on() -> None:
    whole = chain()
    head, public = whole[-1].digest, KEY.public_key()
    assert verify_chain(whole, head=head, public_key=public) == ()
    assert verify_chain([it.to_json() for it in whole]) == ()
    assert verify_chain(whole[2:], after=whole[1].digest, head=head) == ()
    assert verify_chain([]) == verify_chain([], after=head, head=head) == ()
    assert make(round_(19), ADULT, at=NOW, predecessor=head).predecessor == head


@pytest.mark.parametrize("gone", range(5))
def test_a_record_that_was_taken_out_is_named_by_its_digest(gone: int) -> None:
    whole = chain()
    rest = [*whole[:gone], *whole[gone + 1 :]]
    (difference,) = verify_chain(rest, head=whole[-1].digest)
    digest, before = whole[gone].digest, whole[gone - 1].digest if gone else None
    if gone == len(rest):
        assert difference == Difference("end-missing", "digest", digest, before)
    else:
        assert difference == Difference(
            "predecessor-missing", "predecessor", digest, before, position=gone
        )
        assert str(difference).startswith(f"record {gone + 1}: the predecessor is missing")


@pytest.mark.parametrize("order", [(1, 0, 2, 3, 4), (0, 2, 1, 3, 4), (0, 1, 2, 4, 3)])
def test_records_that_change_places_are_named(order: tuple[int, ...]) -> None:
    whole = chain()
    found = verify_chain([whole[it] for it in order])
    assert codes(found) == {"out-of-order"}
    moved = {place for place, it in enumerate(order) if place != it}
    assert moved <= {it.position for it in found}


def test_a_record_that_stands_twice_or_begins_anew_is_out_of_order() -> None:
    whole = chain()
    (difference,) = verify_chain([*whole[:2], whole[1]])
    assert (difference.code, difference.position) == ("out-of-order", 2)
    (difference,) = verify_chain([*whole, sample()])
    assert (difference.code, difference.recorded) == ("out-of-order", None)
    head = whole[0].digest
    assert verify_chain([], head=head) == (Difference("end-missing", "digest", head, None),)


def test_a_record_that_cannot_be_read_breaks_its_chain() -> None:
    whole = [it.to_json() for it in chain()]
    whole[1] = "{"
    found = verify_chain(whole)
    assert [(it.code, it.position) for it in found] == [
        ("not-a-record", 1),
        ("predecessor-missing", 2),
    ]
    after = verify_chain(["{"], after="1" * 64, head="0" * 64)
    assert [(it.code, it.now) for it in after[1:]] == [("end-missing", None)]


def test_one_whose_digest_was_computed_anew_no_longer_holds_the_next() -> None:
    whole = [it.to_json() for it in chain()]
    document = json.loads(whole[0])
    document["facts"]["birth_date"] = "1990-01-02"
    whole[0] = resealed(document)
    (difference,) = verify_chain(whole)
    assert (difference.code, difference.position) == ("predecessor-missing", 1)
    document = json.loads(whole[-1])
    document["subject"] = "0" * 64
    head = chain()[-1].digest
    assert codes(verify_chain([resealed(document)], after=document["predecessor"], head=head)) == {
        "end-missing"
    }


def random_byte(text: str, chance: random.Random) -> bytes:
    raw = bytearray(text.encode())
    place = chance.randrange(len(raw))
    match chance.randrange(3):
        case 0:
            raw[place] ^= chance.randrange(1, 256)
        case 1:
            del raw[place]
        case _:
            raw.insert(place, chance.randrange(256))
    return bytes(raw)


def random_value(value: object, chance: random.Random) -> object:
    """Another value of the same kind."""
    match value:
        case bool() | None:
            return chance.choice([it for it in (True, False, None) if it is not value])
        case int():
            return value + chance.choice([-1, 1])
        case str() if value[:1] in "0123456789abcdef" and len(value) in {64, 128}:
            place = chance.randrange(len(value))
            other = chance.choice([it for it in "0123456789abcdef" if it != value[place]])
            return value[:place] + other + value[place + 1 :]
        case str():
            return value + chance.choice("0aZ量")
        case list():
            return value[:-1] if value and chance.random() < 0.5 else [*value, *(value or ["x"])]
    raise AssertionError(value)


def leaves(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document that holds no further object: its container and its key."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    found = []
    for key in keys:
        if isinstance(value[key], dict):
            found += leaves(value[key])
        else:
            found.append((value, key))
            if isinstance(value[key], list):
                found += leaves(value[key])
    return found


def random_field(document: dict[str, Any], chance: random.Random, *parts: str) -> None:
    part = chance.choice(parts or list(document))
    choices = leaves(document[part]) if isinstance(document[part], dict) else [(document, part)]
    container, key = chance.choice(choices)
    container[key] = random_value(container[key], chance)


@pytest.mark.slow
def test_ten_thousand_random_changes_are_all_found() -> None:
    chance = random.Random(20260101)  # noqa: S311 - changes, not secrets
    whole = chain()
    texts = [it.to_json() for it in whole]
    head = whole[-1].digest
    assert verify_chain(texts, head=head) == ()
    for _ in range(6000):  # bytes
        assert verify(random_byte(chance.choice(texts), chance))
    for _ in range(2000):  # fields
        document = json.loads(chance.choice(texts))
        random_field(document, chance)
        assert verify(canonical(document))
    for _ in range(1500):  # answers and names, by somebody who computes the digests anew
        document = json.loads(chance.choice(texts))
        random_field(document, chance, "decision", "policy")
        assert verify(resealed(document))
    for _ in range(500):  # links: one is taken out, doubled, moved, or exchanged for a forgery
        links = list(texts)
        place = chance.randrange(len(links))
        match chance.randrange(4):
            case 0:
                del links[place]
            case 1:
                links.insert(place, links[place])
            case 2:
                links.insert((place + chance.randrange(1, 5)) % 5, links.pop(place))
            case _:
                document = json.loads(links[place])
                random_field(document, chance, "subject", "library")
                links[place] = resealed(document)
        assert verify_chain(links, head=head)


@pytest.mark.slow
@given(policy=st.sampled_from([round_(13), round_(19)]), person=PEOPLE, other=PEOPLE)
def test_facts_that_lead_to_another_answer_never_stand_under_this_one(
    policy: Policy, person: Person, other: Person
) -> None:
    assume(decide(policy, person) != decide(policy, other))
    document = plain(make(policy, person, at=NOW))
    document["facts"] = plain(make(policy, other, at=NOW))["facts"]
    assert "differs" in codes(verify(resealed(document)))


def test_every_code_has_its_text() -> None:
    for code in records.CODES:
        text = str(Difference(code, "place", "then", "now"))
        assert "{" not in text
        assert text


def test_differences_can_be_counted_whatever_they_compare() -> None:
    document = plain(sample())
    document["decision"]["reasons"] = []
    (found,) = verify(resealed(document))
    assert (found.recorded, isinstance(found.now, list)) == ([], True)
    assert len({found, found, Difference("differs", "x", {"y": 1}, {"y": 2})}) == 2


def test_the_schema_is_one_and_refuses_what_reading_refuses() -> None:
    validator = jsonschema.validators.validator_for(records.schema())
    validator.check_schema(records.schema())
    for name, change, _ in WRONG:
        document = plain(sample())
        change(document)
        if name in {"float", "nan", "number"}:  # 3.0 is an integer in JSON Schema
            continue
        assert not validator(records.schema()).is_valid(document), name


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.jsonl")), ids=lambda path: path.stem)
def test_records_of_every_published_format_stay_readable_and_hold(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    assert verify_chain(lines, public_key=KEY.public_key()) == ()
    assert {read(line).format for line in lines} == {int(path.stem.removeprefix("format-"))}


def test_every_format_has_its_golden_file() -> None:
    assert {path.stem for path in GOLDEN.glob("*.jsonl")} == {
        f"format-{number}" for number in range(1, records.FORMAT + 1)
    }


def test_the_digests_are_listed() -> None:
    found = records.compute_digests()
    assert records.digests() == found, "run: python -m tools.site write"
    assert [it.id for it in found if it.as_of is None] == list(catalog.ids())
    for it in found:
        assert it.load().digest == it.digest


def test_older_versions_are_listed_after_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "policies/own"
    folder.mkdir(parents=True)
    for name, version in (("one", "1.2.0"), ("one@1.0.0", "1.0.0"), ("one@1.1.0", "1.1.0")):
        policy = own_policy(tmp_path, "", version=version)
        (tmp_path / "own.toml").rename(folder / f"{name}.toml")
        assert policy.version == version
    (folder / "other.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr("vaxpolicy.record.policy_digests.files", lambda _: tmp_path)
    monkeypatch.setattr(
        "vaxpolicy.record.policy_digests.load", lambda _: catalog.load_file(folder / "one.toml")
    )
    assert records.policy_digests.versions("own/one") == ("1.2.0", "1.1.0", "1.0.0")


def test_a_day_on_which_nothing_was_in_force_has_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_policy(tmp_path, "")
    file = tmp_path / "own.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace('id = "base"', 'id = "base"\nsince = 2021-12-01'), "utf-8")

    def load(_: str, *, version: str, as_of: date | None = None) -> Policy:
        assert version == "1"
        policy = catalog.load_file(file, as_of=as_of)
        if not policy.stages:
            raise catalog.UnknownPolicyError(version)
        return policy

    monkeypatch.setattr("vaxpolicy.record.policy_digests.load", load)
    (only,) = records.policy_digests.states.__wrapped__("own/one", "1")
    assert (only.version, only.as_of) == ("1", None)


def test_a_zone_other_than_taiwans_is_kept_as_given() -> None:
    at = NOW.astimezone(timezone(timedelta(hours=-5, minutes=-30)))
    record = make(round_(19), ADULT, at=at)
    assert plain(record)["instant"] == "2022-01-15T00:30:00-05:30"
    assert verify(record.to_json()) == ()


@pytest.mark.parametrize("name", ["after", "head"])
@pytest.mark.parametrize("digest", ["A123456789", "", "0" * 63, "A" * 64, "\uff10" * 64])
def test_an_end_of_a_chain_that_is_no_digest_is_refused_and_not_repeated(
    name: str, digest: str
) -> None:
    ends: dict[str, Any] = {name: digest}
    with pytest.raises(ValueError, match=f"^{name}: expected 64 lower-case hex digits$"):
        verify_chain(chain(), **ends)
