"""Finds people whom one policy gives a dose and no policy gives the next one.

Between two rounds people can be left behind: a dose is given under the first one, and neither it
nor the second one has a rule for the dose after it. The search tries the boundary people of the
first policy. They are examples, so an empty answer proves nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
from attrs import frozen

from vaxpolicy._values import DoseNumber, checked, require_type
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.eligibility import Decision, Dose, Effect, Offer, Person, decide
from vaxpolicy.rules.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

_COMES: Final = "interval-too-short"
"""A person who only has to wait is not left behind: a later round may be for them."""


@frozen(field_transformer=checked)
class Stranded:
    """People who have a dose and are not offered the next one.

    Attributes:
        rule_id: the rule that gives the dose.
        vaccine: the vaccine.
        dose: the number of the dose that is given.
        codes: why the second policy refuses the next dose, the nearest reason first.
        example: one of them, with the dose on record.
    """

    rule_id: str
    vaccine: str
    dose: DoseNumber
    codes: tuple[str, ...]
    example: Person


def stranded(old: Policy, new: Policy) -> tuple[Stranded, ...]:
    """The people whom `old` gives a dose, and neither `old` nor `new` the next one.

    There is one example for each rule, vaccine and dose. A dose is the last of its series, and
    nobody who has it is left behind, if neither policy has a rule for a further one and the vaccine
    has no interval after it by the end of `new`.
    """
    require_type("old", Policy, old)
    require_type("new", Policy, new)
    numbers = {rule.dose for it in (old, new) for stage in it.stages for rule in stage.rules}
    last = max(stage.vaccination_days.last for stage in new.stages)
    found: dict[tuple[str, str, int], Stranded] = {}
    for one in boundary_people(old):
        for offer in decide(old, one.person, explain=False).offers:
            key = (offer.rule_id, offer.vaccine, offer.dose)
            intervals = (it for it in old.vaccines[offer.vaccine].intervals if it.since <= last)
            goes_on = offer.dose + 1 in numbers or any(it.after == offer.dose for it in intervals)
            if key in found or not goes_on:
                continue
            left = next(_left_behind(old, new, one.person, offer), None)
            if left is not None:
                found[key] = left
    return tuple(found.values())


def _left_behind(old: Policy, new: Policy, person: Person, offer: Offer) -> Iterator[Stranded]:
    """The person with the dose on the last or the first day, if nothing follows it."""
    for day in dict.fromkeys((offer.days.last, offer.days.first)):
        if day is None or person.doses is None or any(it.on >= day for it in person.doses):
            continue
        later = attrs.evolve(person, doses=(*person.doses, Dose(offer.vaccine, day)))
        after = decide(new, later)
        if _has_next(after, offer) or _has_next(_rest(old, later, day), offer):
            continue
        reasons = (it for it in after.reasons if it.effect is Effect.REFUSES)
        codes = tuple(dict.fromkeys(it.code for it in reasons if it.dose == offer.dose + 1))
        if codes[:1] != (_COMES,):
            yield Stranded(offer.rule_id, offer.vaccine, offer.dose, codes, later)


def _rest(policy: Policy, person: Person, day: date) -> Decision:
    """The further offers of the policy after the dose."""
    return decide(policy, person, from_day=day + timedelta(1), explain=False)


def _has_next(decision: Decision, given: Offer) -> bool:
    offers = (*decision.offers, *decision.possible_offers)
    return any(it.dose == given.dose + 1 for it in offers)
