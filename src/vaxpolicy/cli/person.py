"""What commands about one person take: the person's facts, the policies, the language."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click

from vaxpolicy import catalog
from vaxpolicy.catalog import PolicyFileError, UnknownPolicyError
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Person, Policy, Willingness
from vaxpolicy.messages import LANGUAGES
from vaxpolicy.people import parse_birth_date

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    C = TypeVar("C", bound=Callable[..., Any])


class _Parsed(click.ParamType[Any]):
    """A parameter that a function parses; its ValueError is the user's error."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name, self.parse = name, parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except ValueError as error:
            problem = str(error)
        return self.fail(problem, param, ctx)


def _dose(text: str) -> Dose:
    vaccine, at, day = text.partition("@")
    if not at or vaccine not in catalog.vaccines():
        known = ", ".join(catalog.vaccines())
        raise ValueError(f"expected VACCINE@YYYY-MM-DD with one of {known}")
    return Dose(vaccine, date.fromisoformat(day))


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=TAIWAN)


def _wish(text: str) -> tuple[str, datetime]:
    vaccine, at, since = text.partition("@")
    if not at or vaccine not in catalog.vaccines():
        known = ", ".join(catalog.vaccines())
        raise ValueError(f"expected VACCINE@INSTANT with one of {known}")
    return vaccine, _instant(since)


_BORN: Final = _Parsed("date", parse_birth_date)
_DOSE: Final = _Parsed("vaccine@day", _dose)
_WISH: Final = _Parsed("vaccine@instant", _wish)
INSTANT: Final = _Parsed("instant", _instant)


def load_policies(
    named: tuple[str, ...], as_of: date | None = None, *, hint: str = "'--policy'"
) -> list[Policy]:
    """The policies by id or by path; all bundled ones where none is named.

    A policy that cannot be had is a wrong call of the parameter that `hint` names.
    """
    try:
        return [
            catalog.load_file(name, as_of=as_of)
            if Path(name).suffix == ".toml"
            else catalog.load(name, as_of=as_of)
            for name in named or catalog.ids()
        ]
    except (PolicyFileError, UnknownPolicyError, OSError) as error:
        problem = str(error)
    raise click.BadParameter(problem, param_hint=hint)


def _person_of_file(path: Path) -> Person:
    """The person in a JSON file, with the fields of `Person`; None for what is left out."""
    try:
        return catalog.person_from(json.loads(path.read_text("utf-8")), str(path))
    except (ValueError, OSError) as error:
        problem = str(error)
    raise click.BadParameter(problem, param_hint="'--person'")


_PERSON_OPTIONS: Final = (
    click.option(
        "--person",
        type=click.Path(path_type=Path),
        metavar="FILE.json",
        help="The person's facts as JSON; options add to it and go before it.",
    ),
    click.option("--born", type=_BORN, help="Birth date; YYYY-MM or YYYY where no more is known."),
    click.option(
        "--dose", "doses", type=_DOSE, multiple=True, help="A dose so far; repeat for more."
    ),
    click.option("--no-doses", is_flag=True, help="No dose so far (otherwise: not known)."),
    click.option(
        "--group",
        "groups",
        multiple=True,
        metavar="GROUP",
        help="A group that the person belongs to; repeat for more.",
    ),
    click.option("--no-groups", is_flag=True, help="None of the groups (otherwise: not known)."),
    click.option("--registered-in", metavar="COUNTY", help="County of the household registration."),
    click.option("--lives-in", metavar="COUNTY", help="County of residence."),
    click.option(
        "--wants",
        type=_WISH,
        multiple=True,
        help="A vaccine registered for, and since when (Taiwan's time); repeat for more.",
    ),
    click.option("--wants-none", is_flag=True, help="Registered for none (otherwise: not known)."),
)


def person_options(command: C) -> C:
    """Give a command the options that say a person's facts; `person_of` reads them."""
    for option in reversed(_PERSON_OPTIONS):
        command = option(command)
    return command


def policy_option(command: C) -> C:
    """Give a command the option that names policies; `load_policies` reads it."""
    return click.option(
        "--policy",
        "-p",
        "policies",
        multiple=True,
        metavar="ID|FILE.toml",
        help="A bundled policy or a file; repeat for more. Without: all bundled ones.",
    )(command)


def lang_option(command: C) -> C:
    """Give a command the option that chooses the language of its words."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        default="en",
        show_default=True,
        help="The language of the answer.",
    )(command)


def person_of(file: Path | None, facts: Mapping[str, Any]) -> Person:
    """The person with what the options say in place of what the file says."""
    person = _person_of_file(file) if file else Person()
    for few, none in (("doses", "no_doses"), ("groups", "no_groups"), ("wants", "wants_none")):
        if facts[few] and facts[none]:
            names = f"--{few.removesuffix('s')} and --{none.replace('_', '-')}"
            raise click.UsageError(f"{names} contradict each other")
    said: dict[str, Any] = {}
    if facts["born"]:
        said["birth_date"] = facts["born"]
    if facts["doses"] or facts["no_doses"]:
        said["doses"] = facts["doses"]
    if facts["groups"] or facts["no_groups"]:
        said["groups"] = facts["groups"]
    if facts["wants"] or facts["wants_none"]:
        said["willingness"] = Willingness(dict(facts["wants"]))
    for option, field in (("registered_in", "registered_county"), ("lives_in", "residence_county")):
        if facts[option]:
            said[field] = facts[option]
    return attrs.evolve(person, **said)
