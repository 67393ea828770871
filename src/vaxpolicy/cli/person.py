"""The options of commands about one person: facts, policies and language."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

import attrs
import click

from vaxpolicy import catalog
from vaxpolicy._strict import InvalidDocument, read_json
from vaxpolicy._values import InvalidValue
from vaxpolicy.catalog.bundled import UnknownPolicyError
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.cli.parameters import (
    BIRTH_DATE,
    COUNTY,
    DAY,
    DOSE,
    FACT,
    GROUP,
    POLICY,
    WISH,
    check_vaccines,
    counties,
    facts,
    groups,
    near,
)
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Person, Policy, Willingness
from vaxpolicy.messages import LANGUAGES, language_of, names_of, words
from vaxpolicy.messages.texts import COUNTIES
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import InAnyGroup, InGroup, implies, with_whole
from vaxpolicy.rules.people import Sex

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import date

    C = TypeVar("C", bound=Callable[..., Any])


def load_policies(
    named: tuple[str, ...], as_of: date | None = None, *, hint: str = "'--policy'"
) -> list[Policy]:
    """Load policies by id or by path; without names, all bundled policies.

    A policy that cannot be loaded is a wrong call of the parameter `hint`. The command prints the
    names that the policies give to their own groups and vaccines.
    """
    found = [_load(name, as_of, hint) for name in named or catalog.ids()]
    context = click.get_current_context(silent=True)
    if context is not None:
        context.with_resource(names_of(*found))
    return found


def note_unverified(policies: Iterable[Policy], lang: str = "en") -> None:
    """Say on the standard error which of the policies are not verified."""
    for policy in policies:
        if not policy.verified:
            said = words(lang)("command-line/not-verified-answer")
            click.echo(f"{policy.id}: {said}", err=True)


def _load(name: str, as_of: date | None, hint: str) -> Policy:
    policy_id, _, version = name.partition("@")
    try:
        if Path(name).suffix == ".toml" or (
            name not in {"", *catalog.ids()} and Path(name).is_dir()
        ):
            return catalog.load_file(name, as_of=as_of)
        return catalog.load(policy_id, version=version or None, as_of=as_of)
    except PolicyFileError as error:
        problem = str(error)
    except UnknownPolicyError as error:
        problem = f"{error}{_advice(policy_id, str(error))}"
    except OSError as error:
        problem = f"{name}: {error.strerror}"
    raise click.BadParameter(problem, param_hint=hint)


def _advice(name: str, problem: str) -> str:
    """The advice if no policy has that id or a similar one."""
    if name in catalog.ids() or problem.endswith("?"):
        return ""
    if name and Path(name).exists():
        return "; the name of a policy file ends in .toml"
    return "; `vaxpolicy policy list` has them all"


def policy_option(command: C) -> C:
    """Give a command the option that names policies; `load_policies` reads it."""
    return click.option(
        "--policy",
        "-p",
        "policies",
        type=POLICY,
        multiple=True,
        metavar="ID[@VERSION]|FILE.toml",
        help="A bundled policy or a file; repeat for more. Without: the bundled ones.",
    )(command)


class _Language(click.Choice[str]):
    """A language by its tag, or by a similar tag such as zh-TW or en-US."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The tag of the language."""
        return super().convert(language_of(value) or value, param, ctx)


def lang_option(command: C) -> C:
    """Give a command the option for its language."""
    return click.option(
        "--lang",
        type=_Language(LANGUAGES),
        default="en",
        show_default=True,
        is_eager=True,  # it comes first, so that the names beside completed ids are in it
        help="The language of the answer.",
    )(command)


def on_option(command: C) -> C:
    """Give a command the option for the day of its answer; see `answer_day`."""
    return click.option(
        "--on",
        "on",
        type=DAY,
        metavar="DAY",
        help="Answer for this day: only days from it on count. Without: today; or, where the days "
        "of a policy are over, all of them, in retrospect.",
    )(command)


def today() -> date:
    """The day in Taiwan now."""
    return datetime.now(TAIWAN).date()  # noqa: TID251  # a command is where the day comes in


def answer_day(policy: Policy, on: date | None) -> date | None:
    """The first day that counts; None: the days are over, and all of them count."""
    if on is not None:
        return on
    return today() if today() <= last_day(policy) else None


def asked_policies(
    named: tuple[str, ...], on: date | None, *, every: bool
) -> tuple[list[Policy], int]:
    """The policies to answer for, and the number of those that are left out.

    Without names they are the bundled policies that are announced and not over on the day: first
    those whose days have begun, then those that are still to come. With `every` the others follow.
    """
    found = load_policies(named)
    if named:
        return found, 0
    day = on or today()
    current = [it for it in found if it.announced <= day <= last_day(it)]
    current.sort(key=lambda it: min(stage.vaccination_days.first for stage in it.stages) > day)
    others = [it for it in found if not it.announced <= day <= last_day(it)]
    return (current + others, 0) if every else (current, len(others))


def last_day(policy: Policy) -> date:
    """The last vaccination day of the policy."""
    return max(stage.vaccination_days.last for stage in policy.stages)


def from_day_option(command: C) -> C:
    """Give a command the option for the first day that counts."""
    return click.option(
        "--from-day",
        type=DAY,
        metavar="DAY",
        help="Count only the days from this one on. Without: all of them, in retrospect.",
    )(command)


_PERSON_OPTIONS: Final = (
    click.option(
        "--person",
        type=click.Path(allow_dash=True, path_type=Path),
        metavar="FILE.json",
        help="The person's facts as JSON, - for the standard input; options go before it.",
    ),
    click.option(
        "--born", type=BIRTH_DATE, help="Birth date; YYYY-MM or YYYY where no more is known."
    ),
    click.option(
        "--dose",
        "doses",
        type=DOSE,
        multiple=True,
        metavar="VACCINE@DAY",
        help="A dose so far; repeat for more.",
    ),
    click.option("--no-doses", is_flag=True, help="No dose so far (otherwise: not known)."),
    click.option(
        "--group",
        "groups",
        type=GROUP,
        multiple=True,
        metavar="GROUP",
        help="A group that the person belongs to; repeat for more. The others stay unknown.",
    ),
    click.option(
        "--not-group",
        "not_groups",
        type=GROUP,
        multiple=True,
        metavar="GROUP",
        help="A group that the person does not belong to; repeat for more.",
    ),
    click.option(
        "--only-groups", is_flag=True, help="No other groups than those named, of no kind."
    ),
    click.option(
        "--no-groups",
        is_flag=True,
        help="No target group. Nationality and the like stay unknown unless they are named.",
    ),
    click.option(
        "--registered-in",
        type=COUNTY,
        metavar="COUNTY",
        help="County of the household registration.",
    ),
    click.option("--lives-in", type=COUNTY, metavar="COUNTY", help="County of residence."),
    click.option(
        "--wants",
        type=WISH,
        multiple=True,
        metavar="VACCINE@INSTANT",
        help="A vaccine registered for, and since when (Taiwan's time); repeat for more.",
    ),
    click.option("--wants-none", is_flag=True, help="Registered for none (otherwise: not known)."),
    click.option(
        "--fact",
        "facts",
        type=FACT,
        multiple=True,
        metavar="FACT=DAY",
        help="When something last happened, or FACT=never; repeat for more.",
    ),
    click.option("--sex", type=click.Choice(get_args(Sex)), help="The person's sex."),
)


def person_options(command: C) -> C:
    """Give a command the options for a person's facts; `person_of` reads them."""
    for option in reversed(_PERSON_OPTIONS):
        command = option(command)
    return command


def person_of(file: Path | None, facts: Mapping[str, Any], policies: Iterable[Policy]) -> Person:
    """The person from the file, with the facts from the options instead.

    A group, a county or a vaccine that neither a list nor a policy has is a wrong call.
    """
    asked = list(policies)
    person = _person_of_file(file) if file else Person()
    for some, few, none in (("dose", "doses", "no_doses"), ("wants", "wants", "wants_none")):
        if facts[few] and facts[none]:
            names = f"--{some} and --{none.replace('_', '-')}"
            raise click.UsageError(f"{names} contradict each other; leave one of them out")
    said: dict[str, Any] = {}
    if facts["doses"] or facts["no_doses"]:
        said["doses"] = facts["doses"]
    own = [code for policy in asked for code in policy.vaccines]
    check_vaccines("--dose", (dose.vaccine for dose in facts["doses"]), own)
    check_vaccines("--wants", (code for code, _ in facts["wants"]), own)
    said |= _memberships(facts, asked)
    if facts["facts"]:
        named = {fact.fact for fact in facts["facts"]}
        kept = (fact for fact in person.dated_facts if fact.fact not in named)
        said["dated_facts"] = (*kept, *facts["facts"])
    for option, field in _AS_GIVEN:
        if facts[option]:
            said[field] = facts[option]
    try:
        if facts["wants"] or facts["wants_none"]:
            said["willingness"] = Willingness(dict(facts["wants"]))
        person = attrs.evolve(person, **said)
    except InvalidValue as error:
        raise click.UsageError(str(error)) from None
    _check_names(person, facts["not_groups"], asked)
    return person


_AS_GIVEN: Final = (
    ("born", "birth_date"),
    ("registered_in", "registered_county"),
    ("lives_in", "residence_county"),
    ("sex", "sex"),
)
"""The options whose values are facts as they are given, and the facts."""

_BY_LAW: Final = tuple(
    f"status/{name}"
    for name in (
        *("national", "residence-certificate", "residence-certificate-applied", "official-card"),
        *("insured", "parent-covered", "no-nhi-card", "indigenous"),
    )
)
"""Facts of law or birth. They are not target groups, so ``--no-groups`` leaves them unknown."""


def _memberships(facts: Mapping[str, Any], policies: list[Policy]) -> dict[str, Any]:
    """The groups and the unknown groups that the options name."""
    yes, no = facts["groups"], facts["not_groups"]
    only, none = facts["only_groups"], facts["no_groups"]
    if not (yes or no or only or none):
        return {}
    if any(implies(member, other) for member in yes for other in no):
        raise click.UsageError(
            "--group and --not-group contradict each other; leave one of them out"
        )
    if none and only:
        raise click.UsageError("--no-groups says less than --only-groups; leave it out")
    if none and any(not _is_by_law(member) for member in yes):
        raise click.UsageError(
            "--group and --no-groups contradict each other; leave one of them out"
        )
    if only:
        return {"groups": yes, "unknown_groups": ()}
    asked = sorted(set(_groups_of(policies)))
    if none:
        asked = [group for group in asked if _is_by_law(group)]
    names = {*catalog.groups(), *asked, *(it for policy in policies for it in policy.groups)}
    unknown: set[str] = set()
    for group in asked:
        if any(implies(member, group) for member in yes) or any(implies(group, it) for it in no):
            continue
        denied = [other for other in no if implies(other, group)]
        parts = {
            part
            for part in names
            if denied
            and part != group
            and implies(part, group)
            and not any(implies(part, it) or implies(it, part) for it in denied)
        }
        unknown |= parts or {group}
    return {"groups": yes, "unknown_groups": unknown}


def _is_by_law(group: str) -> bool:
    return any(implies(group, it) for it in _BY_LAW)


def _groups_of(policies: Iterable[Policy]) -> Iterator[str]:
    """The groups that the policies name."""
    for policy in policies:
        for leaf in compile_policy(policy).leaves:
            if isinstance(leaf.condition, InGroup):
                yield leaf.condition.group
            elif isinstance(leaf.condition, InAnyGroup):
                yield from leaf.condition.any_group


def _person_of_file(path: Path) -> Person:
    """Read a person from a JSON file with the fields of `Person`; a missing fact is None."""
    name = "the standard input" if str(path) == "-" else str(path)
    try:
        with click.open_file(str(path), "rb") as file:
            document = read_json(file.read())
    except OSError as error:
        problem = f"{name}: {error.strerror}"
    except InvalidDocument as error:
        problem = f"{name}: {error}"
    else:
        try:
            return catalog.person_from(document, name)
        except PolicyFileError as error:
            problem = str(error)
    raise click.BadParameter(problem, param_hint="'--person'")


def _check_names(person: Person, not_groups: Iterable[str], policies: list[Policy]) -> None:
    """Check that a person's groups, dated facts and counties exist: a typo must not decide."""
    leaves = [leaf for policy in policies for leaf in compile_policy(policy).leaves]
    listed = {group for policy in policies for group in policy.groups}
    named = listed | with_whole(_groups_of(policies))
    mentioned = {*(person.groups or ()), *person.unknown_groups, *not_groups}
    own = (county for leaf in leaves for county in leaf.condition.edges(leaf.context).counties)
    ask = "; `vaxpolicy policy show ID` has those that a policy asks for"
    _check("group", sorted(mentioned), groups, named, ask)
    lived_in = filter(None, (person.registered_county, person.residence_county))
    events = {fact for policy in policies for fact in policy.facts}
    events |= {fact for policy in policies for fact in compile_policy(policy).dated_facts}
    named_facts = [fact.fact for fact in person.dated_facts]
    _check("dated fact", named_facts, facts, events, "; `vaxpolicy facts` has them all")
    _check("county", lived_in, counties, {*own}, f"; expected one of {', '.join(COUNTIES)}")


def _check(
    what: str,
    names: Iterable[str],
    spellings: Callable[[], Mapping[str, str]],
    own: Collection[str],
    advice: str,
) -> None:
    for name in names:
        if name not in own and name not in spellings().values():
            meant = near(name, spellings()) or advice
            raise click.UsageError(f"no {what} is called {name!r}{meant}")
