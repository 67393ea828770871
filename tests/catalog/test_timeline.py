"""A person's timeline: what each policy says, in order."""

from __future__ import annotations

from datetime import date, datetime

from vaxpolicy import catalog
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Outcome, Person, Willingness, decide

ROUND = "tw/covid19-1922/round-"
SINCE = datetime(2021, 7, 8, 9, tzinfo=TAIWAN)
PERSON = Person(
    birth_date=date(1985, 3, 1),
    doses=[
        Dose("AZ", date(2021, 8, 20)),
        Dose("AZ", date(2021, 11, 20)),
        Dose("Moderna", date(2022, 2, 15)),
    ],
    groups=(),
    registered_county="臺北市",
    residence_county="臺北市",
    willingness=Willingness({"AZ": SINCE}),
)


def test_each_policy_that_is_named_decides_in_the_order_given() -> None:
    names = [f"{ROUND}20", "tw/influenza/2024", f"{ROUND}19"]
    decisions = catalog.timeline(PERSON, names)
    assert [it.policy_id for it in decisions] == names
    assert decisions == tuple(decide(catalog.load(name), PERSON) for name in names)


def test_a_policy_of_ones_own_is_taken_as_it_is() -> None:
    policy = catalog.load(f"{ROUND}19")
    assert catalog.timeline(PERSON, [policy]) == (decide(policy, PERSON),)


def test_without_names_it_goes_through_every_bundled_policy_by_its_first_day() -> None:
    decisions = catalog.timeline(PERSON)
    assert sorted(it.policy_id for it in decisions) == sorted(catalog.ids())
    first = [
        min(stage.vaccination_days.first for stage in catalog.load(it.policy_id).stages)
        for it in decisions
    ]
    assert first == sorted(first)


def test_none_named_is_none_decided() -> None:
    assert catalog.timeline(PERSON, []) == ()


def test_an_offer_stays_in_the_story_after_the_dose_was_had() -> None:
    """Doses have days: the third, of 15 February, ends the offers of that round and no earlier."""
    story = {it.policy_id: it for it in catalog.timeline(PERSON)}
    offered = [
        name.removeprefix(ROUND)
        for name, decision in story.items()
        if name.startswith(ROUND) and decision.outcome is Outcome.ELIGIBLE
    ]
    days = [offer.days for number in offered for offer in story[ROUND + number].offers]
    assert offered
    assert all(it.last is not None and it.last < date(2022, 2, 15) for it in days)
    assert story[f"{ROUND}28"].outcome is Outcome.INELIGIBLE
