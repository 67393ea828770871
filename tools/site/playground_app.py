"""The calls from the playground's page to the library: JSON text in, JSON text out.

This module is put into the playground's archive, beside the library, and runs in the browser. The
same calls run under CPython in the tests, which compare the answers byte for byte.
"""

from __future__ import annotations

import json
import tempfile
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vaxpolicy import catalog, eligibility, identity
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.messages import (
    LANGUAGES,
    county_name,
    dated_fact_name,
    describe_fact,
    describe_finding,
    describe_from_day,
    describe_number,
    describe_number_error,
    describe_offer,
    describe_outcome,
    describe_reasons,
    group_name,
    picture_labels,
    policy_title,
    vaccine_name,
    words,
)
from vaxpolicy.messages.texts import COUNTIES
from vaxpolicy.picture import policy_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vaxpolicy.messages import ReasonInWords
    from vaxpolicy.rules.policy import Policy

MOST_PEOPLE: Final = 60
"""The number of boundary people of an edited policy that are shown."""
NAMED: Final = 3
"""The number of rules that a reason names, if several rules give it."""


LISTED: Final = Path(__file__).with_name("playground_policies.json")
"""The list of policies in the archive: the form opens before a policy is loaded."""


@cache
def listed() -> list[dict[str, Any]]:
    """The bundled policies: id, titles by language, first and last vaccination day.

    It loads every policy, so the archive holds its result.
    """
    if LISTED.exists():
        found: list[dict[str, Any]] = json.loads(LISTED.read_text("utf-8"))
        return found
    return [_entry(catalog.load(policy_id)) for policy_id in catalog.ids()]


def _entry(policy: Policy) -> dict[str, Any]:
    return {
        "id": policy.id,
        "titles": {lang: policy_title(policy, lang) for lang in LANGUAGES},
        "first": str(min(stage.vaccination_days.first for stage in policy.stages)),
        "last": str(_last_day(policy)),
    }


def _last_day(policy: Policy) -> date:
    return max(stage.vaccination_days.last for stage in policy.stages)


def start(lang: str) -> dict[str, Any]:
    """The choices of the form: policies, vaccines, groups, counties, named in the language."""
    return {
        "policies": [
            {"id": it["id"], "name": it["titles"][lang], "first": it["first"], "last": it["last"]}
            for it in listed()
        ],
        "vaccines": [{"id": code, "name": vaccine_name(code, lang)} for code in catalog.vaccines()],
        "groups": [{"id": name, "name": group_name(name, lang)} for name in catalog.groups()],
        "facts": [
            {"id": name, "name": dated_fact_name(name, lang)} for name in catalog.dated_facts()
        ],
        "counties": [{"id": name, "name": county_name(name, lang)} for name in COUNTIES],
    }


def answer(
    person: dict[str, Any], policy_id: str, lang: str, on: str | None = None
) -> dict[str, Any]:
    """The answer of one policy to the person: outcome, days, reasons and sources, in words.

    With a day `on`, only the days from it on count. Without one, and where the days of the policy
    were over by then, all of them count, and the answer says that it is in retrospect.
    """
    policy = catalog.load(policy_id)
    from_day = date.fromisoformat(on) if on else None
    if from_day is not None and from_day > _last_day(policy):
        from_day = None
    return _answer(policy, catalog.person_from(person), lang, from_day)


def _answer(
    policy: Policy, person: eligibility.Person, lang: str, from_day: date | None
) -> dict[str, Any]:
    decision = eligibility.decide(policy, person, from_day=from_day)
    rules = {offer.rule_id for offer in decision.offers} | {it.rule_id for it in decision.reasons}
    return {
        "policy": policy.id,
        "title": policy_title(policy, lang),
        "outcome": decision.outcome.value,
        "text": describe_outcome(decision.outcome, lang),
        "notes": [
            describe_from_day(from_day, lang),
            *([] if policy.verified else [words(lang)("command-line/not-verified-answer")]),
        ],
        "offers": [
            {
                "text": describe_offer(offer, lang, from_day=decision.from_day),
                "days": [[str(span.first), str(span.last)] for span in offer.days.ranges],
            }
            for offer in decision.offers
        ],
        "reasons": [
            _in_words(it, lang) for it in describe_reasons(decision.reasons, lang, from_day)
        ],
        "codes": list(dict.fromkeys(it.code for it in decision.reasons)),
        "missing": [describe_fact(fact, lang) for fact in decision.missing],
        "sources": _sources(policy, rules),
    }


def _in_words(reason: ReasonInWords, lang: str) -> str:
    """A reason once, after the first few of the rules that it is about."""
    if not reason.about:
        return reason.text
    say, more = words(lang), len(reason.about) - NAMED
    about = reason.about[:NAMED]
    if more > 0:
        about = (*about, say("command-line/more-about", n=more))
    return say("number-frame/problem", field=say.listed(about), problem=reason.text)


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
    """The review of an edited policy file: problems, findings, picture, people at its edges."""
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
