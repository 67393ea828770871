"""What a round changes against the one before it, in words; found anew at each build of the site.

Not so the seasonal campaigns: between two seasons every history of doses has days of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rules_text import link, policy_name, policy_page

from vaxpolicy import catalog
from vaxpolicy.compare import Change, Days, Kind, diff
from vaxpolicy.wording import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxpolicy.days import DayRange, DaySet
    from vaxpolicy.people import Person
    from vaxpolicy.whom import Counties, DoseGiven, DoseNumber, Whom

INTRO: Final = """\
Whose days are not the same under both policies, for people who have not had the dose yet: exactly
these, found by going through all people, not by trying some. Licences are included.
"""
HEADS: Final = {
    Kind.GAINS: "Gain a dose",
    Kind.LOSES: "Lose a dose",
    Kind.MOVES: "Keep a dose, on other days",
}


def before(policy_id: str) -> str | None:
    """The round before a round; None for the first, and for what is no round."""
    rounds = [name for name in catalog.ids() if "/round-" in name]
    at = rounds.index(policy_id) if policy_id in rounds else 0
    return rounds[at - 1] if at else None


def compared(policy_id: str) -> str:
    """What the policy changes, as Markdown; "" for a first one."""
    old = before(policy_id)
    if old is None:
        return ""
    found = diff(catalog.load(old), catalog.load(policy_id))
    there = link(policy_name(old), policy_page(old), policy_page(policy_id))
    blocks = [f"## Compared with {policy_name(old)}", f"{INTRO}Before: {there}."]
    for kind, head in HEADS.items():
        changes = [change for change in found.changes if change.kind is kind]
        if changes:
            blocks += [f"**{head}**", "\n".join(_items(changes))]
    if not found.changes:
        blocks.append("Nobody's days differ.")
    return "\n\n".join(blocks)


def _items(changes: Iterable[Change]) -> Iterator[str]:
    """A line for each set of people, the vaccines with the same people in one."""
    together: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        key = (change.dose, *_whom(change.who), change.old_days, change.new_days)
        together.setdefault(key, []).append(change)
    for same in together.values():
        change = same[0]
        vaccines = ", ".join(it.vaccine for it in same)
        whom = "; ".join(_whom(change.who)) or "everybody"
        example = f"{_person(change.example)}: {_days(change.old_days)} → {_days(change.new_days)}"
        yield f"- Dose {change.dose} of {vaccines}: {whom}. *For instance {example}.*"


def _days(days: Days) -> str:
    if not days.possible:
        return "no day"
    if days.sure == days.possible:
        return _ranges(days.sure)
    surely = f"{_ranges(days.sure)}, " if days.sure else ""
    return f"{surely}possibly {_ranges(days.possible)}"


def _ranges(days: DaySet) -> str:
    return ", ".join(map(_range, days.ranges))


def _range(days: DayRange) -> str:
    if days.first == days.last:
        return str(days.first) if days.first else "on any day"
    if days.first is None:
        return f"by {days.last}"
    return f"{days.first} to {days.last}" if days.last else f"from {days.first} on"


def _whom(whom: Whom) -> list[str]:
    """The people, fact by fact."""
    texts = [] if whom.births is None else [f"born {_ranges(whom.births)}"]
    texts += [_count(count) for count in whom.counts]
    texts += [_dose(dose) for dose in whom.doses]
    texts += [f"in `{group}`" for group in whom.members]
    texts += [f"not in `{group}`" for group in whom.not_members]
    for word, counties in (
        ("registered in", whom.registered_county),
        ("living in", whom.residence_county),
    ):
        if counties is not None:
            texts.append(f"{word} {_counties(counties)}")
    if whom.registered is not None:
        wanted = [
            f"registered for it {_between(after, by)}" for after, by in whom.registered.ranges
        ]
        texts.append(" or ".join([*wanted, *["not registered for it"] * whom.registered.never]))
    return texts


def _between(after: object, by: object) -> str:
    parts = [f"{word} {moment(it)}" for word, it in (("after", after), ("by", by)) if it]  # type: ignore[arg-type]  # instants or None
    return " and ".join(parts) or "at any time"


def _count(count: DoseNumber) -> str:
    number = "no dose" if not count.number else f"{count.number} dose{'s' * (count.number > 1)}"
    more = " or more" if count.or_more else ""
    since = f" since {count.since}" if count.since else ""
    until = f" before {count.before}" if count.before else ""
    return f"{number}{more}{since}{until}"


def _dose(dose: DoseGiven) -> str:
    which = f"dose {dose.number}" if dose.number else "the last dose before the season"
    vaccines = f" ({', '.join(sorted(dose.vaccines))})" if dose.vaccines else ""
    return f"{which}{vaccines} given {_ranges(dose.days)}"


def _counties(counties: Counties) -> str:
    return f"{'none of ' * counties.others}{', '.join(counties.names)}"


def _person(person: Person) -> str:
    parts = [f"born {person.birth_date}"] if person.birth_date else []
    parts += [f"{dose.vaccine} on {dose.on}" for dose in person.doses or ()]
    parts += [f"in `{group}`" for group in sorted(person.groups or ())]
    parts += [
        f"{vaccine} registered {moment(since)}"
        for vaccine, since in (person.willingness.wanted if person.willingness else {}).items()
    ]
    return ", ".join(parts) or "anybody"
