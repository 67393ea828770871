"""Compares two policies on a population: the people who gain, lose or get other days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from vaxpolicy._values import checked, front_door
from vaxpolicy.population.arrays import Int64, wide
from vaxpolicy.population.decisions import Decider
from vaxpolicy.population.equal_facts import numbered
from vaxpolicy.population.inputs import open_source
from vaxpolicy.population.streams import BATCH_ROWS
from vaxpolicy.population.tallies import ALSO, Tally

if TYPE_CHECKING:
    from datetime import date

    from vaxpolicy.eligibility import Policy
    from vaxpolicy.population.decisions import Answers

__all__ = ["CHANGES", "Comparison", "compare"]

CHANGES: Final = ("gains", "loses", "moves", "opens", "closes", "same", "unreadable")
"""The kinds of change for a person.

``gains``: becomes eligible; ``loses``: is no longer eligible; ``moves``: stays eligible, for other
vaccines, doses or days; ``opens``: becomes undetermined; ``closes``: was undetermined, and is not
eligible; ``same``: nothing changes; ``unreadable``: the row cannot be read.
"""


@frozen(field_transformer=checked)
class Comparison:
    """The numbers of people who gain, lose and move between two policies.

    Attributes:
        old: the id of the old policy.
        new: the id of the new policy.
        changes: the people by change, by birth year, county of residence and group.
        before: the people by outcome under the old policy.
        after: the people by outcome under the new policy.
    """

    old: str
    new: str
    changes: Tally = field(factory=Tally)
    before: Tally = field(factory=Tally)
    after: Tally = field(factory=Tally)


@front_door
def compare(
    old: Policy, new: Policy, data: Any, from_day: date | None = None, batch_rows: int = BATCH_ROWS
) -> Comparison:
    """Decide for everybody under both policies, and count the changes.

    The arguments `data` and `from_day` are those of `decide_table`.
    """
    deciders: list[Decider] = []

    def columns(schema: Any) -> list[str]:
        deciders.extend(
            Decider(policy, schema, from_day=from_day, keep=(), also=ALSO) for policy in (old, new)
        )
        return sorted({*deciders[0].columns, *deciders[1].columns})

    source = open_source(data, batch_rows, columns)
    if not deciders:
        columns(source.schema)
    found = Comparison(old.id, new.id)
    for batch in source.batches:
        before, after = (decider.answers(batch) for decider in deciders)
        found.changes.add(before.people, CHANGES, _changes(before, after))
        count_outcomes(found.before, before)
        count_outcomes(found.after, after)
    return found


OUTCOMES: Final = ("eligible", "ineligible", "undetermined", "unreadable")


def count_outcomes(tally: Tally, found: Answers) -> None:
    """Count a batch by outcome."""
    places = [
        OUTCOMES.index(outcome or "unreadable") for outcome in found.answers["outcome"].to_pylist()
    ]
    tally.add(found.people, OUTCOMES, wide(places)[found.chosen])


def _changes(before: Answers, after: Answers) -> Int64:
    """The change of each row. Each pair of answers is compared once."""
    size = len(after.answers)
    pairs, places = numbered(before.chosen * size + after.chosen)
    old, new = (found.answers.select(["outcome", "offers"]) for found in (before, after))
    changes = [
        CHANGES.index(_change(_answer(old, int(pair) // size), _answer(new, int(pair) % size)))
        for pair in pairs
    ]
    return wide(changes)[places]


_Answer = tuple[str | None, frozenset[tuple[Any, ...]]]


def _answer(answers: Any, place: int) -> _Answer:
    """An outcome, with the offers without their rules."""
    offers = frozenset(
        tuple(value for name, value in offer.items() if name != "rule_id")
        for offer in answers["offers"][place].as_py()
    )
    return answers["outcome"][place].as_py(), offers


def _change(old: _Answer, new: _Answer) -> str:
    if old[0] is None or new[0] is None:
        return "unreadable"
    if old[0] == new[0]:
        return "same" if old[1] == new[1] else "moves"
    if new[0] == "eligible":
        return "gains"
    if old[0] == "eligible":
        return "loses"
    return "opens" if new[0] == "undetermined" else "closes"
