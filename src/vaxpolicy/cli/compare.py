"""``vaxpolicy policy diff`` and ``vaxpolicy policy people``."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import click
from rich.markup import escape

from vaxpolicy.boundary import boundary_people, person_as_json
from vaxpolicy.cli.output import console, json_option, plain_days, plain_decision, print_json
from vaxpolicy.cli.person import (
    load_policies,
)
from vaxpolicy.compare import diff
from vaxpolicy.conditions import PolicyError
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Decision, decide
from vaxpolicy.messages import describe_days, describe_outcome
from vaxpolicy.people import PartialDate, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from vaxpolicy.compare import Change, Days, Note, PolicyDiff
    from vaxpolicy.whom import Counties, DoseGiven, DoseNumber, Registered, Whom


# -- diff ------------------------------------------------------------------------------------------

_VERBS: Final = {"gains": "gain", "loses": "lose", "moves": "have other days for"}


@click.command("diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--in-retrospect",
    is_flag=True,
    help="Compare those who have the dose on record as well, up to its day.",
)
@json_option
@click.pass_context
def diff_command(
    context: click.Context, /, old: str, new: str, *, in_retrospect: bool, as_json: bool
) -> None:
    """Who gains, loses or changes days from the policy OLD to NEW: exactly, each with an example.

    OLD and NEW are bundled ids or files (.toml). Exit code: 0 where they do not differ, 1 where
    they do, 2 for a wrong call.
    """
    first, second = load_policies((old, new))
    try:
        found = diff(first, second, in_retrospect=in_retrospect)
    except PolicyError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json(_diff_as_json(found))
    else:
        _print_diff(console(), found)
    context.exit(1 if found else 0)


def _print_diff(console: Console, found: PolicyDiff) -> None:
    old, new = f"{found.old_id} {found.old_version}", f"{found.new_id} {found.new_version}"
    console.print(f"[bold]{escape(old)}[/] to [bold]{escape(new)}[/]")
    if not found:
        console.print("  no difference")
    together: dict[tuple[object, ...], list[Change]] = {}
    for change in found.changes:
        days = _days_in_words(change.old_days), _days_in_words(change.new_days)
        key = change.kind, change.dose, change.had_it, tuple(_whom_in_words(change)), days
        together.setdefault(key, []).append(change)
    for same in together.values():
        _print_change(console, same)
    for note in (*found.windows, *found.sources, *filter(None, [found.notification])):
        _print_note(console, note)


def _print_change(console: Console, same: list[Change]) -> None:
    """One change, which may be the same for several vaccines."""
    change = same[0]
    vaccines = " or ".join(dict.fromkeys(it.vaccine for it in same))
    who = "; ".join(_whom_in_words(change))
    console.print(f"\nThese {_VERBS[change.kind.value]} dose {change.dose} of {vaccines}:")
    console.print(f"  {escape(who)}")
    example = escape(", ".join(person_in_words(change.example)))
    console.print(f"  such as somebody {example}:")
    old, new = _days_in_words(change.old_days), _days_in_words(change.new_days)
    console.print(f"    before: {old}; now: {new}")


def _print_note(console: Console, note: Note) -> None:
    console.print(f"\n{escape(note.about)}:")
    for sign, texts in (("-", note.old), ("+", note.new)):
        for text in texts:
            console.print(f"  {sign} {escape(text)}")


def _days_in_words(days: Days) -> str:
    if not days.possible:
        return "not offered"
    if days.sure == days.possible:
        return describe_days(days.sure)
    surely = f"surely {describe_days(days.sure)}, " if days.sure else ""
    return f"{surely}possibly {describe_days(days.possible)}"


def _whom_in_words(change: Change) -> list[str]:
    """The people of a change, fact by fact."""
    who = change.who
    return [
        *([] if who.births is None else [f"born {_days_short(who.births)}"]),
        *(_count_in_words(count) for count in who.counts),
        *(_dose_in_words(dose) for dose in who.doses),
        *(f"a member of {group}" for group in who.members),
        *(f"not a member of {group}" for group in who.not_members),
        *_counties_in_words("registered", who.registered_county),
        *_counties_in_words("living", who.residence_county),
        *_registered_in_words(who),
    ]


def _days_short(days: DaySet) -> str:
    return " or ".join(_range_in_words(one.first, one.last) for one in days.ranges)


def _range_in_words(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return f"by {last}" if last else f"from {first} on" if first else "on any day"
    return f"on {first}" if first == last else f"from {first} to {last}"


def _count_in_words(count: DoseNumber) -> str:
    number = f"{count.number or 'no'} dose{'' if count.number == 1 else 's'}"
    if count.or_more:
        number = f"{count.number} doses or more"
    if count.since is None:
        return f"{number} so far" if count.before is None else f"{number} before {count.before}"
    until = "" if count.before is None else f" and before {count.before}"
    return f"{number} since {count.since}{until}"


def _dose_in_words(dose: DoseGiven) -> str:
    given = "" if dose.days == DaySet.every() else f" given {_days_short(dose.days)}"
    of = "" if dose.vaccines is None else f" of {' or '.join(sorted(dose.vaccines))}"
    return f"{_which(dose)}{of}{given}"


def _which(dose: DoseGiven) -> str:
    if dose.season is None:
        return f"dose {dose.number}"
    if dose.number > 0:
        return f"dose {dose.number} since {dose.season}"
    back = "" if dose.number == 0 else f" but {-dose.number}"
    return f"the last dose{back} before {dose.season}"


def _counties_in_words(verb: str, counties: Counties | None) -> Iterator[str]:
    if counties is not None:
        where = "outside" if counties.others else "in"
        yield f"{verb} {where} {(' and ' if counties.others else ' or ').join(counties.names)}"


def _registered_in_words(who: Whom) -> Iterator[str]:
    if who.registered is not None:
        yield f"{' or '.join(_registrations(who.registered, who.vaccine))}"


def _registrations(registered: Registered, vaccine: str) -> Iterator[str]:
    for after, by in registered.ranges:
        since = "" if after is None else f" {_after(after)}"
        until = "" if by is None else f" {_by(by)}"
        yield f"registered for {vaccine}{since}{until}"
    if registered.never:
        yield f"not registered for {vaccine}"


_STEP: Final = timedelta(microseconds=1)


def _after(instant: datetime) -> str:
    """After an instant; from the next on, where it is the last before a full second."""
    if instant.microsecond:
        return f"from {_instant(instant + _STEP)} on"
    return f"after {_instant(instant)}"


def _by(instant: datetime) -> str:
    return (
        f"before {_instant(instant + _STEP)}" if instant.microsecond else f"by {_instant(instant)}"
    )


def _instant(instant: datetime) -> str:
    local = instant.astimezone(TAIWAN)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def person_in_words(person: Person) -> Iterator[str]:
    """What is known of a person, fact by fact."""
    if attrs.evolve(person, key=None) == Person():
        yield "nothing known"
    birth = person.birth_date
    if isinstance(birth, PartialDate):
        yield f"born in {birth.year}" + (f"-{birth.month:02}" if birth.month else "")
    elif birth is not None:
        yield f"born {birth}"
    if person.doses is not None:
        doses = (f"{dose.vaccine} on {dose.on}" for dose in person.doses)
        yield " and ".join(doses) or "without a dose"
    yield from (f"in {group}" for group in sorted(person.groups or ()))
    yield from (f"perhaps in {group}" for group in sorted(person.unknown_groups))
    if person.registered_county:
        yield f"registered in {person.registered_county}"
    if person.residence_county:
        yield f"living in {person.residence_county}"
    wanted = person.willingness.wanted if person.willingness else {}
    yield from (f"wanting {vaccine} since {_instant(at)}" for vaccine, at in sorted(wanted.items()))


def _diff_as_json(found: PolicyDiff) -> dict[str, Any]:
    return {
        "old": {"policy": found.old_id, "version": found.old_version},
        "new": {"policy": found.new_id, "version": found.new_version},
        "changes": [
            {
                "kind": change.kind.value,
                "vaccine": change.vaccine,
                "dose": change.dose,
                "had_it": change.had_it,
                "who": _whom_in_words(change),
                "example": person_as_json(change.example),
                "old_days": _days_as_json(change.old_days),
                "new_days": _days_as_json(change.new_days),
            }
            for change in found.changes
        ],
        "windows": [_note_as_json(note) for note in found.windows],
        "sources": [_note_as_json(note) for note in found.sources],
        "notification": _note_as_json(found.notification) if found.notification else None,
    }


def _note_as_json(note: Note) -> dict[str, Any]:
    return {"about": note.about, "old": list(note.old), "new": list(note.new)}


def _days_as_json(days: Days) -> dict[str, Any]:
    return {"sure": plain_days(days.sure), "possible": plain_days(days.possible)}


# -- people ----------------------------------------------------------------------------------------


@click.command("people")
@click.argument("named", metavar="ID|FILE.toml")
@json_option
def people_command(named: str, *, as_json: bool) -> None:
    """The boundary people of a policy: just before, on and after each edge of each rule.

    Try them on a system that implements the policy. As JSON each comes with the facts that `check
    --person` takes and with the policy's decision.
    """
    (policy,) = load_policies((named,))
    decided = [(one, decide(policy, one.person)) for one in boundary_people(policy)]
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "rule": one.rule_id,
                    "vaccine": one.vaccine,
                    "person": person_as_json(one.person),
                    **plain_decision(decision),
                }
                for one, decision in decided
            ]
        )
        return
    out = console()
    for one, decision in decided:
        out.print(f"[bold]{escape(one.name)}[/]")
        out.print(f"  {escape(', '.join(person_in_words(one.person)))}")
        out.print(f"  {describe_outcome(decision.outcome)}{escape(_offers(decision))}")


def _offers(decision: Decision) -> str:
    return "".join(
        f"; {offer.vaccine}, dose {offer.dose} ({offer.rule_id}), {describe_days(offer.days)}"
        for offer in decision.offers
    )
