"""Decides and makes a record of the facts that the policy reads and of the answer."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from vaxpolicy import __version__
from vaxpolicy._values import InvalidType, front_door
from vaxpolicy.eligibility import decide
from vaxpolicy.record.format import (
    FORMAT,
    FactsUsed,
    PartDigests,
    PolicyNamed,
    Record,
    RecordedDecision,
    RecordedOffer,
    RecordedReason,
    RecordedWindow,
    digest_of,
    part_digests,
    to_sign,
)
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import InBand, InGroup, Question, implies
from vaxpolicy.rules.people import Person

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from vaxpolicy.eligibility import Decision, Offer, Reason
    from vaxpolicy.rules.moments import WrittenMoment
    from vaxpolicy.rules.policy import Policy


@front_door
def make(
    policy: Policy,
    person: Person,
    *,
    at: datetime,
    from_day: date | None = None,
    predecessor: Record | str | None = None,
    sign_with: Ed25519PrivateKey | None = None,
) -> Record:
    """Decide for the person and record it.

    Args:
        policy: a policy that was loaded, so that it has a digest.
        person: the facts; `Person.key` must be a pseudonym as `vaxpolicy.identity.pseudonym` makes
            them. Facts that the policy does not read are not recorded.
        at: the instant of the decision; the module reads no clock.
        from_day: the first day that counts; None: all days count, in retrospect.
        predecessor: the record before this one in its chain, or its digest.
        sign_with: a key of the package ``cryptography`` (extra ``records``), or anything whose
            method `sign` answers with the 64 bytes of an Ed25519 signature.

    Raises:
        ValueError: the key is not a pseudonym, the instant has no offset, the policy has no digest,
            or a fact looks like somebody's number.
    """
    if sign_with is not None and not callable(getattr(sign_with, "sign", None)):
        raise InvalidType("sign_with", "a key with the method sign")
    before = predecessor.digest if isinstance(predecessor, Record) else predecessor
    record = Record(
        format=FORMAT,
        subject=person.key or "",  # which is refused
        instant=at,
        library=__version__,
        policy=PolicyNamed(policy.id, policy.version, policy.digest),
        facts=facts_used(policy, person),
        decision=recorded(decide(policy, person, from_day=from_day), at),
        predecessor=before,
        parts=PartDigests.none(),
        signature=None,
        digest="0" * 64,  # until it is computed
    )
    record = attrs.evolve(record, parts=part_digests(record))
    if sign_with is not None:
        record = attrs.evolve(record, signature=sign_with.sign(to_sign(record)).hex())
    return attrs.evolve(record, digest=digest_of(record))


@lru_cache(maxsize=256)
def _questions(policy: Policy) -> frozenset[Question]:
    """Every question that the policy may have, as for somebody about whom nothing is known."""
    plan = compile_policy(policy)
    nobody = plan.read(Person()).facts
    asked = {question for leaf in plan.leaves for question in leaf.open_questions(nobody)}
    conditions = (leaf.condition for leaf in plan.leaves)
    groups = {Question("groups", it.group) for it in conditions if isinstance(it, InGroup | InBand)}
    return frozenset(asked | groups)


@front_door
def facts_used(policy: Policy, person: Person) -> FactsUsed:
    """The facts about the person that the policy reads, unchanged.

    Deciding on these alone gives the same decision.
    """
    plan, questions = compile_policy(policy), _questions(policy)
    asked = {question.fact for question in questions if not question.is_about_policy}
    groups = _items(questions, "groups")
    doses = person.doses and tuple(
        dose
        for dose in person.doses
        if dose.vaccine in plan.vaccines
        or dose.vaccine in plan.others
        or dose.vaccine not in plan.known_vaccines
    )
    if doses:  # they are compared with it: nobody is vaccinated before birth
        asked.add("birth_date")
    if groups:
        asked.add("unknown_groups")
    wanted = person.willingness and attrs.evolve(
        person.willingness,
        wanted={
            vaccine: since
            for vaccine, since in person.willingness.wanted.items()
            if vaccine in _items(questions, "willingness")
        },
    )
    used = {
        "birth_date": person.birth_date,
        "doses": doses,
        "groups": person.groups
        and {it for it in person.groups if any(implies(it, group) for group in groups)},
        "unknown_groups": {
            it
            for it in person.unknown_groups
            if any(implies(it, group) or implies(group, it) for group in groups)
        },
        "registered_county": person.registered_county,
        "residence_county": person.residence_county,
        "willingness": wanted,
        "dated_facts": tuple(
            it for it in person.dated_facts if it.fact in _items(questions, "dated_facts")
        ),
        "sex": person.sex,
    }
    facts: dict[str, Any] = {name: it for name, it in used.items() if name in asked}
    return FactsUsed(Person(**facts), frozenset(asked))


def _items(questions: Iterable[Question], fact: str) -> list[str]:
    return [it.item for it in questions if it.fact == fact]


def recorded(decision: Decision, at: datetime) -> RecordedDecision:
    """The decision in the form of a record."""
    return RecordedDecision(
        outcome=decision.outcome,
        offers=tuple(_recorded_offer(offer, at) for offer in decision.offers),
        possible_offers=tuple(_recorded_offer(offer, at) for offer in decision.possible_offers),
        reasons=tuple(map(_recorded_reason, decision.reasons)),
        missing=decision.missing,
        from_day=decision.from_day,
        verified=decision.verified,
    )


def _recorded_offer(offer: Offer, at: datetime) -> RecordedOffer:
    return RecordedOffer(
        rule=offer.rule_id,
        vaccine=offer.vaccine,
        dose=offer.dose,
        days=offer.days,
        possible_days=offer.possible_days,
        windows=tuple(
            RecordedWindow(_moment(window.opens), _moment(window.closes))
            for window in offer.windows
        ),
        bookable=offer.bookable(at),
    )


def _recorded_reason(reason: Reason) -> RecordedReason:
    return RecordedReason(
        code=reason.code,
        rule=reason.rule_id,
        effect=reason.effect.value,
        dose=reason.dose,
        vaccine=reason.vaccine,
        basis=reason.basis,
        day=reason.day,
        fact=reason.fact,
    )


def _moment(moment: WrittenMoment) -> str:
    return moment if isinstance(moment, str) else moment.isoformat()
