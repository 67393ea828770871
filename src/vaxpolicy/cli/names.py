"""``vaxpolicy groups``, ``counties``, ``vaccines`` and ``facts``: names for files and options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from vaxpolicy import catalog
from vaxpolicy.cli.escapes import escaped
from vaxpolicy.cli.output import console, json_option, print_json, styled
from vaxpolicy.cli.parameters import near
from vaxpolicy.cli.person import lang_option
from vaxpolicy.messages import (
    LANGUAGES,
    county_name,
    dated_fact_name,
    disease_name,
    group_name,
    vaccine_name,
)
from vaxpolicy.messages.texts import COUNTIES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    C = TypeVar("C", bound=Callable[..., Any])

_GROUPS: Final = """\b
Examples:
  vaxpolicy groups
  vaxpolicy groups 孕婦
  vaxpolicy groups pregnant --lang zh-Hant"""
_COUNTIES: Final = """\b
Examples:
  vaxpolicy counties
  vaxpolicy counties 台北
  vaxpolicy counties Taipei --json"""
_VACCINES: Final = """\b
Examples:
  vaxpolicy vaccines
  vaxpolicy vaccines 肺炎鏈球菌
  vaxpolicy vaccines influenza --json"""


_FACTS: Final = """\b
Examples:
  vaxpolicy facts
  vaxpolicy facts 輸血
  vaxpolicy facts infection --json"""


def _word(command: C) -> C:
    return click.argument("word", required=False, metavar="[WORD]")(command)


@click.command("groups", short_help="List groups, or search them.", epilog=_GROUPS)
@_word
@lang_option
@json_option
def groups_command(*, word: str | None, lang: str, as_json: bool) -> None:
    """List the groups by id, or those whose id or name in any language contains WORD."""
    found = _search(word, "group", catalog.groups(), lambda it, tongue: [group_name(it, tongue)])
    if as_json:
        print_json([{"id": it, "name": dict(catalog.groups()[it].name)} for it in found])
        return
    _print({it: catalog.groups()[it].name[lang] for it in found})


@click.command("counties", short_help="List counties and cities, or search them.", epilog=_COUNTIES)
@_word
@lang_option
@json_option
def counties_command(*, word: str | None, lang: str, as_json: bool) -> None:
    """List the counties and cities, or those whose name in any language contains WORD."""
    found = _search(word, "county", COUNTIES, lambda it, tongue: [county_name(it, tongue)])
    if as_json:
        print_json([{"id": it, "name": _names(it, county_name)} for it in found])
        return
    _print({it: county_name(it, lang) for it in found})


@click.command("vaccines", short_help="List vaccines, or search them.", epilog=_VACCINES)
@_word
@lang_option
@json_option
def vaccines_command(*, word: str | None, lang: str, as_json: bool) -> None:
    """List the vaccines, or those of which the code, a name or a disease contains WORD."""
    known = catalog.vaccines()

    def names(code: str, tongue: str) -> list[str]:
        diseases = known[code].diseases
        return [
            vaccine_name(code, tongue),
            *diseases,
            *(disease_name(it, tongue) for it in diseases),
        ]

    found = _search(word, "vaccine", known, names)
    if as_json:
        print_json(
            [
                {
                    "id": it,
                    "name": _names(it, vaccine_name),
                    "diseases": list(known[it].diseases),
                    "cvx": list(known[it].cvx),
                }
                for it in found
            ]
        )
        return
    _print({it: vaccine_name(it, lang) for it in found})


@click.command("facts", short_help="List facts that have a date, or search them.", epilog=_FACTS)
@_word
@lang_option
@json_option
def facts_command(*, word: str | None, lang: str, as_json: bool) -> None:
    """List the facts that have a date, or those whose id or name contains WORD."""
    known = catalog.dated_facts()
    found = _search(word, "dated fact", known, lambda it, tongue: [dated_fact_name(it, tongue)])
    if as_json:
        print_json([{"id": it, "name": dict(known[it].name)} for it in found])
        return
    _print({it: dated_fact_name(it, lang) for it in found})


def _names(name: str, named: Callable[[str, str], str]) -> dict[str, str]:
    return {lang: named(name, lang) for lang in LANGUAGES}


def _search(
    word: str | None,
    what: str,
    known: Collection[str],
    names: Callable[[str, str], list[str]],
) -> list[str]:
    """The ids that contain the word, or of which a name does; a wrong call where none does."""
    if word is None:
        return list(known)
    spellings = {
        _plain(name): it for it in known for lang in LANGUAGES for name in (it, *names(it, lang))
    }
    texts: dict[str, list[str]] = {it: [] for it in known}
    for it in known:
        for lang in LANGUAGES:
            texts[it] += [_plain(name) for name in (it, *names(it, lang))]
    wanted = _plain(word)
    found = [it for it in known if any(wanted in text for text in texts[it])]
    if not found:
        raise click.UsageError(f"no {what} has {word!r} in its name{near(wanted, spellings)}")
    return found


def _plain(name: str) -> str:
    """A name as it is compared: 台 is a common spelling of 臺."""
    return name.casefold().replace("台", "臺")


def _print(names: Mapping[str, str]) -> None:
    out = console()
    for it, name in names.items():
        out.print(f"{styled('bold', it)} {escaped(name)}")
