"""What the playground's page asks of the library: JSON text in, JSON text out.

This module is put into the playground's archive, beside the library, and runs in the browser. The
same calls run under CPython in the tests, which compare the answers byte for byte.
"""

from __future__ import annotations

import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vaxpolicy import catalog, eligibility, identity
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.messages import (
    describe_fact,
    describe_finding,
    describe_number,
    describe_number_error,
    describe_offer,
    describe_outcome,
    describe_reason,
    group_name,
    picture_labels,
    policy_title,
    vaccine_name,
)
from vaxpolicy.picture import policy_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vaxpolicy.rules.policy import Policy

MOST_PEOPLE: Final = 60
"""How many boundary people of an edited policy are shown."""


def start(lang: str) -> dict[str, Any]:
    """What the form can offer: policies, vaccines and groups, named in the language."""
    return {
        "policies": list(catalog.ids()),
        "vaccines": [{"id": code, "name": vaccine_name(code, lang)} for code in catalog.vaccines()],
        "groups": [{"id": name, "name": group_name(name, lang)} for name in catalog.groups()],
    }


def answer(person: dict[str, Any], policy_id: str, lang: str) -> dict[str, Any]:
    """What one policy says to the person: outcome, days, reasons and sources, in words."""
    return _answer(catalog.load(policy_id), catalog.person_from(person), lang)


def _answer(policy: Policy, person: eligibility.Person, lang: str) -> dict[str, Any]:
    decision = eligibility.decide(policy, person)
    rules = {offer.rule_id for offer in decision.offers} | {it.rule_id for it in decision.reasons}
    return {
        "policy": policy.id,
        "title": policy_title(policy, lang),
        "outcome": decision.outcome.value,
        "text": describe_outcome(decision.outcome, lang),
        "offers": [
            {
                "text": describe_offer(offer, lang),
                "days": [[str(span.first), str(span.last)] for span in offer.days.ranges],
            }
            for offer in decision.offers
        ],
        "reasons": list(dict.fromkeys(describe_reason(it, lang) for it in decision.reasons)),
        "codes": list(dict.fromkeys(it.code for it in decision.reasons)),
        "missing": [describe_fact(fact, lang) for fact in decision.missing],
        "sources": _sources(policy, rules),
    }


def _sources(policy: Policy, rules: Iterable[str]) -> list[dict[str, str]]:
    wanted = {part for rule in rules for part in rule.split("|")}
    keys = dict.fromkeys(
        key
        for stage in policy.stages
        for rule in stage.rules
        if rule.id in wanted
        for key in rule.cites
    )
    found = [policy.sources[key] for key in keys]
    return [{"publisher": it.publisher, "url": it.url, "support": it.support} for it in found]


def number(text: str, lang: str) -> dict[str, Any]:
    """Whether a text has the form of an ID or UI number; it says nothing about a person."""
    try:
        found = identity.parse_id_number(text)
    except identity.NumberError as error:
        words = describe_number_error(error, identity.IdNumber, lang)
        return {"valid": False, "text": words, "code": error.code}
    return {"valid": True, "text": describe_number(found, lang), "code": ""}


def policy_file(policy_id: str) -> dict[str, str]:
    """The text of a bundled policy's file, to start from."""
    place = files("vaxpolicy").joinpath("policies", *f"{policy_id}.toml".split("/"))
    return {"text": place.read_text("utf-8")}


def edited(text: str, lang: str) -> dict[str, Any]:
    """What an edited policy file amounts to: problems, findings, picture, people at its edges."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "policy.toml")
        file.write_text(text, "utf-8")
        try:
            policy = catalog.load_file(file)
        except catalog.PolicyFileError as error:
            return {"problems": [str(problem) for problem in error.problems]}
    people = boundary_people(policy)
    return {
        "problems": [],
        "findings": [describe_finding(it, lang) for it in catalog.lint(policy)],
        "picture": policy_svg(policy, picture_labels(lang)),
        "people": [
            {"name": it.name, "outcome": eligibility.decide(policy, it.person).outcome.value}
            for it in people[:MOST_PEOPLE]
        ],
        "count": len(people),
    }


CALLS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    call.__name__: call for call in (start, answer, number, policy_file, edited)
}


def run(call: str, arguments: str) -> str:
    """Run one call with JSON arguments; its result as JSON."""
    return json.dumps(CALLS[call](*json.loads(arguments)), ensure_ascii=False)
