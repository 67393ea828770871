"""A programme against one disease asks for doses against others, and never counts them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from vaxpolicy import catalog
from vaxpolicy.eligibility import Decision, Dose, Outcome, PartialDate, Person, decide
from vaxpolicy.record.recording import facts_used

CAMPAIGN = """
id = "island/dengue"
version = "1"
announced = 2027-03-01
disease = "dengue"
notification = "none"

[sources.notice]
publisher = "Island"
url = "https://island.example/dengue"
checked = 2027-03-01
support = "official"

[[vaccines]]
code = "DenVax"
diseases = ["dengue"]
names = { en = "Dengue vaccine" }

[[stages]]
id = "spring"
vaccination_days = { first = 2027-04-01, last = 2027-06-30 }

[[stages.rules]]
id = "first"
dose = 1
vaccines = ["DenVax"]
cites = ["notice"]
all = [{ apart_from = ["MMR", "Varicella"], days = 28 }, { not = { doses_of = ["Mpox"] } }]

[[stages.rules]]
id = "second"
dose = 2
vaccines = ["DenVax"]
cites = ["notice"]
all = [{ dose_due_after_days = 28, on = "day" }]
"""
SPACING = """
[[spacings]]
vaccines = ["DenVax", "MMR"]
days = 28
cites = ["notice"]
"""
BORN, ON = date(1990, 1, 1), date(2027, 5, 1)
DAY = timedelta(1)


def asked(*doses: Dose, text: str = CAMPAIGN, **facts: Any) -> Decision:
    person = Person(**{"birth_date": BORN, "doses": doses, **facts})
    return decide(catalog.parse_campaign(text).policy, person)


def days(decision: Decision, rule: str) -> list[date]:
    (offer,) = (it for it in decision.offers if it.rule_id == rule)
    return [day for day in (ON - DAY, ON, ON + DAY) if day in offer.days]


def test_the_lint_knows_them() -> None:
    assert catalog.lint(catalog.parse_campaign(CAMPAIGN + SPACING).policy) == ()
    misspelt = catalog.parse_campaign(CAMPAIGN.replace('"MMR"', '"MRM"')).policy
    (finding,) = catalog.lint(misspelt)
    assert finding.text == ("rule first, apart_from: MRM is not a known vaccine; did you mean MMR?")


@pytest.mark.parametrize("vaccine", ["MMR", "Varicella"])
def test_a_dose_waits_after_a_vaccine_against_another_disease(vaccine: str) -> None:
    assert days(asked(Dose(vaccine, ON - 28 * DAY)), "first") == [ON, ON + DAY]
    assert days(asked(Dose(vaccine, ON)), "first") == [ON]
    assert days(asked(Dose("HepA", ON)), "first") == [ON - DAY, ON, ON + DAY]


def test_a_dose_against_another_disease_is_not_counted() -> None:
    first, other = Dose("DenVax", ON - 28 * DAY), Dose("MMR", ON - 5 * DAY)
    assert days(asked(first, other), "second") == [ON, ON + DAY]
    assert asked(Dose("Mpox", date(2026, 1, 1))).outcome is Outcome.INELIGIBLE


def test_a_dose_too_soon_after_another_vaccine_does_not_count() -> None:
    text = CAMPAIGN + SPACING
    for apart, counts in ((0, True), (1, False), (27, False), (28, True)):
        other = Dose("MMR", ON - 60 * DAY)
        decision = asked(other, Dose("DenVax", other.on + apart * DAY), text=text)
        assert ("dose-too-close" not in {it.code for it in decision.reasons}) is counts
        assert [it.rule_id for it in decision.offers] == ["second" if counts else "first"]


def test_of_the_two_only_the_own_dose_can_be_void() -> None:
    own = Dose("DenVax", ON - 60 * DAY)
    decision = asked(own, Dose("MMR", own.on + DAY), text=CAMPAIGN + SPACING)
    assert "dose-too-close" not in {it.code for it in decision.reasons}
    assert [it.rule_id for it in decision.offers] == ["second"]


def test_a_void_dose_keeps_the_others_in_view() -> None:
    text = CAMPAIGN.replace("apart_from = [", 'apart_from = ["DenVax", ') + SPACING
    void = [Dose("MMR", ON - 38 * DAY), Dose("DenVax", ON - 30 * DAY)]
    decision = asked(*void, Dose("Varicella", ON - 28 * DAY), text=text)
    assert days(decision, "first") == [ON, ON + DAY]


def test_unknown_doses_leave_it_open() -> None:
    decision = asked(doses=None)
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == ("doses",)
    # also where every number of own doses has a rule: nothing is known about the others
    rules = CAMPAIGN.partition("[[stages.rules]]")[0]
    for dose in (1, 2, 3):
        rules += f'[[stages.rules]]\nid = "r{dose}"\ndose = {dose}\nvaccines = ["DenVax"]\n'
        rules += 'cites = ["notice"]\nall = [{ apart_from = ["MMR"], days = 28 }]\n'
    decision = asked(text=rules, doses=None)
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.offers == ()


def test_a_contradiction_in_them_makes_the_doses_unknown() -> None:
    for doses, code in (
        ([Dose("MMR", BORN - DAY)], "dose-before-birth"),
        ([Dose("MMR", ON), Dose("MMR", ON)], "doses-on-one-day"),
    ):
        decision = asked(*doses)
        assert decision.outcome is Outcome.UNDETERMINED
        assert decision.reasons[0].code == code
    one_visit = asked(Dose("DenVax", ON - 60 * DAY), Dose("MMR", ON - 60 * DAY))
    assert one_visit.outcome is Outcome.ELIGIBLE


def test_nobody_is_born_after_them() -> None:
    text = CAMPAIGN.replace("all = [", 'all = [{ age_at_least = 18, on = "day" }, ', 1)
    decision = asked(Dose("MMR", date(2009, 4, 1)), text=text, birth_date=PartialDate(2009))
    assert decision.outcome is Outcome.ELIGIBLE


def test_a_record_keeps_them() -> None:
    doses = (Dose("MMR", ON), Dose("HepA", ON))
    policy = catalog.parse_campaign(CAMPAIGN).policy
    kept = facts_used(policy, Person(birth_date=BORN, doses=doses)).person
    assert kept.doses == doses[:1]
