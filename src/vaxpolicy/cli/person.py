"""What commands about one person take: the person's facts, the policies, the language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

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
    GROUP,
    POLICY,
    WISH,
    counties,
    groups,
    near,
)
from vaxpolicy.eligibility import Person, Policy, Willingness
from vaxpolicy.messages import LANGUAGES, language_of
from vaxpolicy.messages.texts import COUNTIES
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import InGroup, with_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import date

    C = TypeVar("C", bound=Callable[..., Any])


def load_policies(
    named: tuple[str, ...], as_of: date | None = None, *, hint: str = "'--policy'"
) -> list[Policy]:
    """The policies by id or by path; all bundled ones where none is named.

    A policy that cannot be had is a wrong call of the parameter that `hint` names.
    """
    return [_load(name, as_of, hint) for name in named or catalog.ids()]


def _load(name: str, as_of: date | None, hint: str) -> Policy:
    try:
        if Path(name).suffix == ".toml":
            return catalog.load_file(name, as_of=as_of)
        return catalog.load(name, as_of=as_of)
    except PolicyFileError as error:
        problem = str(error)
    except UnknownPolicyError as error:
        problem = f"{error}{_advice(name, str(error))}"
    except OSError as error:
        problem = f"{name}: {error.strerror}"
    except (UnicodeDecodeError, RecursionError):
        problem = f"{name}: expected a policy file, TOML in UTF-8"
    raise click.BadParameter(problem, param_hint=hint)


def _advice(name: str, problem: str) -> str:
    """What to do if there is no policy of that id, and no similar id either."""
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
        metavar="ID|FILE.toml",
        help="A bundled policy or a file; repeat for more. Without: all bundled ones.",
    )(command)


class _Language(click.Choice[str]):
    """A language by its tag, or by one that means it: zh-TW, en-US."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The tag of the language."""
        return super().convert(language_of(value) or value, param, ctx)


def lang_option(command: C) -> C:
    """Give a command the option that chooses the language of its words."""
    return click.option(
        "--lang",
        type=_Language(LANGUAGES),
        default="en",
        show_default=True,
        is_eager=True,  # it comes first, so that the names beside completed ids are in it
        help="The language of the answer.",
    )(command)


def from_day_option(command: C) -> C:
    """Give a command the option that says from which day on days count."""
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
        help="A group that the person belongs to; repeat for more.",
    ),
    click.option("--no-groups", is_flag=True, help="None of the groups (otherwise: not known)."),
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
)


def person_options(command: C) -> C:
    """Give a command the options that say a person's facts; `person_of` reads them."""
    for option in reversed(_PERSON_OPTIONS):
        command = option(command)
    return command


def person_of(file: Path | None, facts: Mapping[str, Any], policies: Iterable[Policy]) -> Person:
    """The person with what the options say in place of what the file says.

    A group or a county that is neither on a list nor in one of the policies is a wrong call.
    """
    person = _person_of_file(file) if file else Person()
    for some, few, none in (
        ("dose", "doses", "no_doses"),
        ("group", "groups", "no_groups"),
        ("wants", "wants", "wants_none"),
    ):
        if facts[few] and facts[none]:
            names = f"--{some} and --{none.replace('_', '-')}"
            raise click.UsageError(f"{names} contradict each other; leave one of them out")
    said: dict[str, Any] = {}
    if facts["born"]:
        said["birth_date"] = facts["born"]
    if facts["doses"] or facts["no_doses"]:
        said["doses"] = facts["doses"]
    if facts["groups"] or facts["no_groups"]:
        said["groups"] = facts["groups"]
    for option, field in (("registered_in", "registered_county"), ("lives_in", "residence_county")):
        if facts[option]:
            said[field] = facts[option]
    try:
        if facts["wants"] or facts["wants_none"]:
            said["willingness"] = Willingness(dict(facts["wants"]))
        person = attrs.evolve(person, **said)
    except InvalidValue as error:
        raise click.UsageError(str(error)) from None
    _check_names(person, list(policies))
    return person


def _person_of_file(path: Path) -> Person:
    """The person in a JSON file, with the fields of `Person`; None for what is left out."""
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


def _check_names(person: Person, policies: list[Policy]) -> None:
    """Whether the groups and counties of a person are known: a typing error must not decide."""
    leaves = [leaf for policy in policies for leaf in compile_policy(policy).leaves]
    named = with_whole(it.condition.group for it in leaves if isinstance(it.condition, InGroup))
    own = (county for leaf in leaves for county in leaf.condition.edges(leaf.context).counties)
    ask = "; `vaxpolicy policy show ID` has those that a policy asks for"
    _check("group", sorted({*(person.groups or ()), *person.unknown_groups}), groups(), named, ask)
    lived_in = filter(None, (person.registered_county, person.residence_county))
    _check("county", lived_in, counties(), {*own}, f"; expected one of {', '.join(COUNTIES)}")


def _check(
    what: str,
    names: Iterable[str],
    spellings: Mapping[str, str],
    own: Collection[str],
    advice: str,
) -> None:
    for name in names:
        if name not in own and name not in spellings.values():
            meant = near(name, spellings) or advice
            raise click.UsageError(f"no {what} is called {name!r}{meant}")
