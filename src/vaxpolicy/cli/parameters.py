"""The types of values on the command line, with their errors and shell completion."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from vaxpolicy import catalog
from vaxpolicy._near import county_spellings, did_you_mean
from vaxpolicy._near import near as nearest
from vaxpolicy._strict import in_microseconds
from vaxpolicy._values import Sha256, require
from vaxpolicy.days import TAIWAN, parse_day
from vaxpolicy.eligibility import DatedFact, Dose
from vaxpolicy.messages import LANGUAGES, county_name, dated_fact_name, group_name
from vaxpolicy.messages.texts import COUNTIES
from vaxpolicy.rules.people import parse_birth_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # no class to be parametrised in older versions


def near(wrong: str, spellings: Mapping[str, str]) -> str:
    """The end of an error about a wrong name: "; did you mean ...?", or "" where none is near.

    `spellings` maps each spelling of a name to the name.
    """
    return did_you_mean(nearest(wrong, spellings))


def groups() -> dict[str, str]:
    """The ids of all groups by every spelling: the id itself and the names."""
    names = {group_name(it, lang): it for it in catalog.groups() for lang in LANGUAGES}
    return {**names, **{it: it for it in catalog.groups()}}


def counties() -> dict[str, str]:
    """The counties and cities by every spelling: names in any language, and 台 for 臺."""
    names = {county_name(it, lang): it for it in COUNTIES for lang in LANGUAGES}
    return {**names, **county_spellings(COUNTIES)}


def facts() -> dict[str, str]:
    """The ids of all dated facts by every spelling: the id itself and the names."""
    names = {dated_fact_name(it, lang): it for it in catalog.dated_facts() for lang in LANGUAGES}
    return {**names, **{it: it for it in catalog.dated_facts()}}


def _of_list(known: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(it) for it in known if it.startswith(incomplete)]


class PolicyName(ParamType):
    """A bundled policy by its id, or a file by its path; `vaxpolicy.cli.person` loads them."""

    name = "policy"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete ids; if no id fits, files."""
        return _of_list(catalog.ids(), incomplete) or [CompletionItem(incomplete, type="file")]


class GroupName(ParamType):
    """A group by its id."""

    name = "group"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete ids, with the names in the language of the command."""
        lang = ctx.params.get("lang") or "en"
        return [
            CompletionItem(it, help=catalog.groups()[it].name[lang])
            for it in catalog.groups()
            if it.startswith(incomplete)
        ]


class CountyName(ParamType):
    """A county or city by its Chinese name."""

    name = "county"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete Chinese names, also from the start of a name in another language."""
        found = {it: None for name, it in counties().items() if name.startswith(incomplete)}
        return [CompletionItem(it, help=county_name(it)) for it in found]


class Parsed(ParamType):
    """A value that a function parses; its ValueError is the user's error."""

    def __init__(
        self, name: str, parse: Callable[[str], Any], starts: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self.name: str = name
        self.parse: Callable[[str], Any] = parse
        self.starts: Callable[[], Iterable[str]] = starts

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value of a text; a text without one is a wrong call."""
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except ValueError as error:
            problem = str(error)
        return self.fail(problem, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the start of such a value."""
        return _of_list(self.starts(), incomplete)


def _expected(what: str, text: str, parse: Callable[[str], Any]) -> Any:
    try:
        found = parse(text)
    except ValueError as error:
        reason = str(error)
    else:
        if not _ROC.match(text):
            return found
        reason = ""
    if _ROC.match(text):
        raise ValueError(f"expected {what}; add 1911 to a ROC year (民國)")
    if " must be in " in reason or "out of range" in reason:  # the calendar's own reason
        raise ValueError(f"expected {what}: {reason}")
    raise ValueError(f"expected {what}")


_ROC: Final = re.compile(
    "民國|ROC|0[01][0-9]{2}([-/.年]|$)|[01]?[0-9]{2}([-/.年][0-9]|年?$)|[01][0-9]{6}$"
)
"""A date that may be in years of the Republic: 79-05-01, 0079-05-01, 民國79年, 0790501."""


def _birth_date(text: str) -> Any:
    return _expected("YYYY-MM-DD, YYYY-MM or YYYY", text, parse_birth_date)


def _day(text: str) -> date:
    found: date = _expected("YYYY-MM-DD", text, parse_day)
    return found


_WRITTEN: Final = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?"
    "(Z|[+-][0-9]{2}:[0-5][0-9])?"
)
_INSTANT: Final = "YYYY-MM-DDTHH:MM (Taiwan's time), or with an offset such as +08:00 after it"


def _instant(text: str) -> datetime:
    instant: datetime = _expected(_INSTANT, text, _of_day_and_hour)
    return instant


def _of_day_and_hour(text: str) -> datetime:
    """An instant in Taiwan's time. Raises ValueError for a day without an hour."""
    if not _WRITTEN.fullmatch(text):
        raise ValueError("another form, or no hour")
    instant = datetime.fromisoformat(in_microseconds(text))
    try:
        return instant.astimezone(TAIWAN) if instant.tzinfo else instant.replace(tzinfo=TAIWAN)
    except OverflowError:
        raise ValueError("outside the calendar") from None


def _vaccine(text: str, form: str) -> tuple[str, str]:
    """The parts before and after the ``@``; `check_vaccines` checks the vaccine."""
    vaccine, at, rest = text.partition("@")
    if not at or not vaccine:
        example = "2021-10-28" if "DD" in form else "2021-10-28T09:00"
        code = vaccine if vaccine in catalog.vaccines() else "AZ"
        raise ValueError(f"expected {form}, such as {code}@{example}")
    return vaccine, rest


def check_vaccines(option: str, codes: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a vaccine that is neither bundled nor in one of the policies."""
    every = {**dict.fromkeys(catalog.vaccines()), **dict.fromkeys(known)}
    form = "VACCINE@YYYY-MM-DD" if option == "--dose" else "VACCINE@INSTANT"
    for code in codes:
        if code not in every:
            hint = near(code, _vaccine_spellings(every))
            raise click.BadParameter(
                f"expected {form} with one of {', '.join(every)}{hint}", param_hint=f"'{option}'"
            )


def _vaccine_spellings(codes: Iterable[str]) -> dict[str, str]:
    """The codes of vaccines by every spelling: the code itself and the names in all languages."""
    names = {name: code for code, it in catalog.vaccines().items() for name in it.names.values()}
    return {**names, **{it: it for it in codes}}


def _dose(text: str) -> Dose:
    form = "VACCINE@YYYY-MM-DD"
    vaccine, day = _vaccine(text, form)
    return Dose(vaccine, _expected(form, day, parse_day))


def _wish(text: str) -> tuple[str, datetime]:
    vaccine, since = _vaccine(text, "VACCINE@INSTANT")
    return vaccine, _instant(since)


def _fact(text: str) -> DatedFact:
    form = "FACT=YYYY-MM-DD, FACT=YYYY-MM, FACT=YYYY or FACT=never"
    fact, sign, on = text.partition("=")
    if not sign or not fact:
        example = fact if fact in catalog.dated_facts() else next(iter(catalog.dated_facts()))
        raise ValueError(f"expected {form}, such as {example}=2026-09-01")
    return DatedFact(fact, "never" if on == "never" else _expected(form, on, parse_birth_date))


def _facts() -> Iterator[str]:
    return (f"{fact}=" for fact in catalog.dated_facts())


def _vaccines() -> Iterator[str]:
    return (f"{code}@" for code in catalog.vaccines())


def _digest(text: str) -> str:
    require("digest", Sha256, text)
    return text


BIRTH_DATE: Final = Parsed("date", _birth_date)
DAY: Final = Parsed("day", _day)
DIGEST: Final = Parsed("digest", _digest)
DOSE: Final = Parsed("vaccine@day", _dose, _vaccines)
FACT: Final = Parsed("fact=day", _fact, _facts)
WISH: Final = Parsed("vaccine@instant", _wish, _vaccines)
INSTANT: Final = Parsed("instant", _instant)
POLICY: Final = PolicyName()
GROUP: Final = GroupName()
COUNTY: Final = CountyName()
