"""Typed use of the public names; type checkers read this file, nothing runs it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, assert_type

from vaxpolicy import catalog, eligibility, identity, reservation
from vaxpolicy.days import TAIWAN, DaySet

if TYPE_CHECKING:
    from vaxpolicy.analysis.diff import PolicyDiff
    from vaxpolicy.analysis.lint import Finding

TODAY = date(2022, 1, 15)
NOW = datetime(2022, 1, 15, 14, tzinfo=TAIWAN)


def identify() -> identity.Claim:
    """Numbers, a form, a claim."""
    number = identity.parse_id_number("A123456789", on=TODAY)
    assert_type(number, identity.NationalId | identity.UiNumber)
    assert_type(number.value, str)
    assert_type(number.masked, str)
    assert_type(identity.UiNumber.parse("A800000014"), identity.UiNumber)
    assert_type(identity.NhiCardNumber.is_valid("000012345678"), bool)
    form = identity.IdentityForm(
        id_number="A123456789", nhi_card=("0000", "1234", "5678"), captcha_passed=True
    )
    try:
        return identity.check_form(form, on=TODAY)
    except identity.InvalidForm as error:
        assert_type(error.errors, tuple[identity.FieldError, ...])
        raise


def choose(person: eligibility.Person) -> eligibility.Offer:
    """A policy, a person, a decision."""
    policy = catalog.load("tw/covid19-1922/round-19")
    assert_type(policy, eligibility.Policy)
    decision = eligibility.decide(policy, person)
    assert_type(decision.outcome, eligibility.Outcome)
    assert_type(decision.offers, tuple[eligibility.Offer, ...])
    assert_type(decision.reasons, tuple[eligibility.Reason, ...])
    offer = decision.offers[0]
    assert_type(offer.days, DaySet)
    assert_type(offer.days.first, date | None)
    assert_type(offer.bookable(NOW), bool | None)
    assert_type(decision.reasons[0].code, str)
    assert_type(catalog.ids(), tuple[str, ...])
    return offer


def examine(policy: eligibility.Policy) -> PolicyDiff:
    """The lint and the diff of policies."""
    findings = catalog.lint(policy)
    assert_type(findings, tuple["Finding", ...])
    return catalog.diff(policy, policy)


def reserve(command: reservation.AnyCommand) -> reservation.State:
    """A journey: commands lead to events, events to a state."""
    state = reservation.initial()
    try:
        events = reservation.decide(state, command, now=NOW)
    except reservation.Rejected as refusal:
        assert_type(refusal.code, str)
        raise
    assert_type(events, tuple[reservation.AnyEvent, ...])
    return reservation.replay(events)
