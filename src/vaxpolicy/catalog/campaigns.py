"""Reads your own campaigns: a policy with groups, vaccines and settings for reservations.

A campaign is one TOML file, a folder of them, text, bytes, or a mapping that is already parsed. Its
parts are read and checked together, and the error names every problem at once. Bundled policies are
read by the same functions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from attrs import field, fields, frozen

from vaxpolicy._near import Hints
from vaxpolicy._strict import LONGEST, MOST_PROBLEMS, exactly
from vaxpolicy._values import (
    SOME,
    Between,
    InvalidType,
    checked,
    require_day,
    unchanging,
)
from vaxpolicy.analysis.file_lines import FileLines
from vaxpolicy.analysis.findings import Spot
from vaxpolicy.booking.programme import (
    WHILE_WINDOW_OPEN,
    CancelUntil,
    EditLock,
    Programme,
)
from vaxpolicy.catalog.bundled import (
    UnknownPolicyError,
    age_bands_of,
    assembled,
    citation_problems,
    cited_parts,
    dated_facts,
    groups,
    ids,
    load,
    vaccines,
)
from vaxpolicy.catalog.files import CONVERTER, PolicyFileError, parse, structure
from vaxpolicy.rules.policy import (
    NOT_STATED,
    FactKind,
    Group,
    Policy,
    PolicyFile,
    Vaccine,
    Window,
)

_OWN: Final = ("groups", "vaccines", "facts", "programme")
CONVERTER.register_structure_hook(time, exactly(time, "a time of day"))


@frozen(field_transformer=checked)
class Campaign:
    """A campaign: the content of one file or folder.

    Attributes:
        policy: the policy.
        groups: its own groups, by id.
        vaccines: its own vaccines, by code.
        programme: the settings for its reservations.
        facts: its own dated facts, by id.
    """

    policy: Policy
    groups: Mapping[str, Group] = field(converter=unchanging)
    vaccines: Mapping[str, Vaccine] = field(converter=unchanging)
    programme: Programme
    facts: Mapping[str, FactKind] = field(factory=dict, converter=unchanging)


@frozen(field_transformer=checked)
class ProgrammeTable:
    """The settings for the reservations of a campaign.

    Attributes:
        registration: whether people must register before they book.
        registration_windows: the windows for registering.
        gate: the id of the bundled policy that says who may register.
        vaccines: the vaccines that people may register for; absent: all.
        most_districts: the most districts that people may choose; absent: no limit.
        same_vaccine: whether the second dose is of the first dose's vaccine.
        edit_lock: the time in which a round locks the registration.
        cancel: the end of cancelling.
        asks_elsewhere: whether a booking in a local system counts.
        identity_at_booking: whether a person who books is identified again.
        books_without_window: whether people book here in a round without booking windows.
        books_next_dose: whether people may book the next dose before the booked one is given.
    """

    registration: Literal["required", "none"] = "required"
    registration_windows: tuple[Window, ...] = ()
    gate: str | None = None
    vaccines: Annotated[tuple[str, ...], SOME] | None = None
    most_districts: Annotated[int, Between(1, 1_000)] | None = None
    same_vaccine: bool = False
    edit_lock: EditLock | Literal["not-stated", "none"] = NOT_STATED
    cancel: CancelUntil | Literal["while-window-open"] = WHILE_WINDOW_OPEN
    asks_elsewhere: bool = False
    identity_at_booking: bool = True
    books_without_window: bool = False
    books_next_dose: bool = False

    def programme(self) -> Programme:
        """The settings as reservations use them."""
        return Programme(
            registration=self.registration,
            registration_windows=self.registration_windows,
            gate=None if self.gate is None else load(self.gate),
            vaccines=None if self.vaccines is None else frozenset(self.vaccines),
            most_districts=self.most_districts,
            same_vaccine=self.same_vaccine,
            edit_lock=None if self.edit_lock == "none" else self.edit_lock,
            cancel=self.cancel,
            asks_elsewhere=self.asks_elsewhere,
            identity_at_booking=self.identity_at_booking,
            books_without_window=self.books_without_window,
            books_next_dose=self.books_next_dose,
        )


@frozen
class CampaignTables:
    """The tables that a campaign brings beside its policy.

    Attributes:
        groups: its own groups, which rules name by their ids.
        vaccines: its own vaccines, which rules name by their codes.
        facts: its own dated facts, which rules name by their ids.
        programme: the settings of its reservations.
    """

    groups: tuple[Group, ...] = ()
    vaccines: tuple[Vaccine, ...] = ()
    facts: tuple[FactKind, ...] = ()
    programme: ProgrammeTable = ProgrammeTable()


def load_file(path: str | Path, *, as_of: date | None = None) -> Policy:
    """Load a policy from your own file or folder, which may be a whole campaign.

    With `as_of`, it has only the parts that were announced by that day and not yet replaced. Raises
    PolicyFileError with every problem, UnknownPolicyError if no part was in force, or OSError if a
    file cannot be read.
    """
    policy = load_campaign(path, as_of=as_of).policy
    if not policy.stages:
        raise UnknownPolicyError(f"nothing of {policy.id} was in force on {as_of}")
    return policy


def load_campaign(path: str | Path, *, as_of: date | None = None) -> Campaign:
    """Load a campaign from a file, or from all TOML files of a folder.

    A file, or the files of a folder together, have at most 16 MB, and a folder has at most 1,000.
    With `as_of`, it has only the parts that were announced by that day and not yet replaced. Raises
    PolicyFileError with every problem, or OSError if a file cannot be read.
    """
    if not isinstance(path, str | PathLike):
        raise InvalidType("path", "the path of a file or folder")
    at = Path(path)
    if not at.is_dir():
        return parse_campaign(_bytes_of(at), file=str(path), as_of=as_of)
    if as_of is not None:
        require_day("as_of", as_of)
    document: dict[str, Any] = {}
    problems: list[str] = []
    parts = sorted(at.glob("*.toml"))
    if not parts:
        raise PolicyFileError(str(path), ["expected a TOML file, or a folder of TOML files"])
    if len(parts) > _MOST_FILES or sum(part.stat().st_size for part in parts) > LONGEST:
        most = f"at most {_MOST_FILES} files, and {LONGEST} bytes in all of them"
        raise PolicyFileError(str(path), [f"expected {most}"])
    for part in parts:
        _join(document, parse(_bytes_of(part), part.name), part.name, problems)
    return _campaign(document, str(path), "", problems, as_of)


_MOST_FILES: Final = 1_000
"""The most files of a folder."""


def _bytes_of(path: Path) -> bytes:
    """The file; of one that is too large, only enough to refuse it."""
    with path.open("rb") as file:
        return file.read(LONGEST + 1)


def parse_campaign(
    campaign: str | bytes | Mapping[str, Any],
    *,
    file: str = "the campaign",
    as_of: date | None = None,
) -> Campaign:
    """Read a campaign from TOML text, bytes, or a mapping that is already parsed.

    Errors name it by `file`. With `as_of`, it has only the parts that were announced by that day
    and not yet replaced. Raises PolicyFileError with every problem.
    """
    if not isinstance(campaign, str | bytes | Mapping):
        raise InvalidType("campaign", "text, bytes or a mapping")
    if as_of is not None:
        require_day("as_of", as_of)
    document, text = _document(campaign, file)
    return _campaign(document, file, text, [], as_of)


def _document(campaign: str | bytes | Mapping[str, Any], file: str) -> tuple[dict[str, Any], str]:
    """The parsed document, and its text if it has one."""
    if isinstance(campaign, Mapping):
        return dict(campaign), ""
    document = parse(campaign, file)
    return document, campaign if isinstance(campaign, str) else campaign.decode("utf-8-sig")


def _join(whole: dict[str, Any], part: Mapping[str, Any], file: str, problems: list[str]) -> None:
    """Add the tables of one file to those of the others."""
    for key, value in part.items():
        there = whole.get(key)
        if there is None:
            whole[key] = value
        elif isinstance(there, list) and isinstance(value, list):
            there += value
        elif _are_tables(there, value) and there.keys().isdisjoint(value):
            there.update(value)
        else:
            _note(problems, [f"{file}: {key} is in another file of the folder as well"])


def _are_tables(*values: object) -> bool:
    return all(isinstance(each, dict) for each in values)


def _campaign(
    document: Mapping[str, Any],
    file: str,
    text: str,
    problems: list[str],
    as_of: date | None,
) -> Campaign:
    """The campaign of a document, its parts checked together."""
    keys = (*(it.name for it in fields(PolicyFile)), *_OWN)
    hints = Hints()
    _note(problems, (_unknown_key(key, keys, hints) for key in document if key not in keys))
    rest = {key: value for key, value in document.items() if key in keys and key not in _OWN}
    own = {key: document[key] for key in _OWN if key in document}
    found = _read(rest, PolicyFile, file, problems)
    lists = _read(own, CampaignTables, file, problems)
    sources = found.sources if found else {}
    if lists is not None and found is not None:
        _note(problems, _taken(lists))
        _note(problems, citation_problems(cited_parts(found), sources))
        _note(problems, citation_problems(_cited_by(lists), sources))
    if lists is not None and lists.programme.gate not in {None, *ids()}:
        gate = lists.programme.gate or ""
        hint = hints.hint(gate, ids())
        _note(problems, [f"programme: gate: no bundled policy has the id {gate}{hint}"])
    if lists is not None:
        _note(problems, _of_the_programme(lists, hints))
    if problems or found is None or lists is None:
        raise PolicyFileError(file, _Places(document, text).located(problems))
    named = {group.id: group for group in lists.groups}
    bands = {name: group.ages for name, group in named.items() if group.ages is not None}
    events = {fact.id: fact for fact in lists.facts}
    mine = {vaccine.code: vaccine for vaccine in lists.vaccines}
    try:
        policy = assembled(
            found,
            file,
            as_of,
            vaccines={**vaccines(), **mine},
            bands={**age_bands_of(found), **bands},
            own=named,
            facts=events,
        )
    except PolicyFileError as error:
        problems += _Places(document, text).located(error.problems)
        raise PolicyFileError(file, problems) from None
    return Campaign(policy, named, mine, lists.programme.programme(), events)


def _note(problems: list[str], more: Iterable[str]) -> None:
    """Note more problems; a refusal names a bounded number of them."""
    problems += islice(more, max(0, MOST_PROBLEMS - len(problems)))


def _unknown_key(key: str, keys: Iterable[str], hints: Hints) -> str:
    hint = hints.hint(key, keys)
    return f"unknown key {key}: expected one of {', '.join(keys)}{hint} at $ (the top of the file)"


def _of_the_programme(lists: CampaignTables, hints: Hints) -> Iterator[str]:
    """Vaccines of the programme that do not exist, and windows in which nobody registers."""
    if lists.programme.registration == "none" and lists.programme.registration_windows:
        yield (
            'programme: registration_windows: nobody registers where registration is "none";'
            " leave the windows out, or require the registration"
        )
    codes = dict.fromkeys((*vaccines(), *(it.code for it in lists.vaccines)))
    for code in lists.programme.vaccines or ():
        if code not in codes:
            hint = hints.hint(code, codes)
            yield f"programme: vaccines: there is no vaccine {code}{hint}"


def _read(document: Mapping[str, Any], kind: Any, file: str, problems: list[str]) -> Any:
    """A part of the document; None if it has problems, which are noted."""
    try:
        return structure(dict(document), kind, file)
    except PolicyFileError as error:
        _note(problems, error.problems)
        return None


def _taken(lists: CampaignTables) -> Iterator[str]:
    """The names that are used already, or used twice."""
    for kind, own, bundled in (
        ("group", [it.id for it in lists.groups], groups()),
        ("vaccine", [it.code for it in lists.vaccines], vaccines()),
        ("fact", [it.id for it in lists.facts], dated_facts()),
    ):
        for name, count in Counter(own).items():
            if count > 1:
                yield f"{kind} {name}: it is defined {count} times"
            if name in bundled:
                yield f"{kind} {name}: this is the name of a bundled {kind}; choose another one"


def _cited_by(lists: CampaignTables) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from ((f"group {it.id}", it.cites) for it in lists.groups)
    for vaccine in lists.vaccines:
        parts: Iterable[Any] = (*vaccine.licences, *vaccine.intervals)
        if vaccine.first_given is not None:
            parts = (*parts, vaccine.first_given)
        yield from ((f"vaccine {vaccine.code}", part.cites) for part in parts)


_RULE: Final = re.compile(r"\$\.stages\[(\d+)\]\.rules\[(\d+)\]")
_NAMED: Final = re.compile(r"(?:^|, )rule ([^:,]+):")
_WINDOW: Final = re.compile(r"\$\.stages\[(\d+)\]\.windows\[(\d+)\]")
_STAGE: Final = re.compile(r"\$\.stages\[(\d+)\]|^stage ([^:,]+)")
_ENTRY: Final = re.compile(r"\$\.([a-z]+)\[(\d+)\]")
_OF_A_TABLE: Final = re.compile(r"^(minimums|spacings) (\d+)")
_CALLED: Final = re.compile(r"^(group|vaccine|fact) (.+?): ")
_SOURCE: Final = re.compile(r"\$\.sources\.([^.\s]+)")
_PROGRAMME: Final = re.compile(r"\$\.programme\b|^programme: ([a-z_]+)")
_KEY: Final = re.compile(r"(?:^| )\$\S*\.([A-Za-z_-]+)(?:\[\d+\])?(?: |$)|(?:^| )\$\.([a-z_]+)")
_NAMES: Final = {"groups": "id", "vaccines": "code", "facts": "id"}


class _Places:
    """The places of problems in a document and in its text, if it has one."""

    def __init__(self, document: Mapping[str, Any], text: str) -> None:
        self._document = document
        self._lines = FileLines(text) if text else None
        self._entries: dict[str, dict[str, int]] = {}

    def located(self, problems: Iterable[str]) -> Iterator[str]:
        """Each problem with the id of its rule or entry, and its line if the text is known."""
        for problem in problems:
            spot, name = self._spot_of(problem)
            line = self._lines.line_of(spot) if self._lines and spot is not None else None
            where = [*([name] if name else []), *([] if line is None else [f"line {line}"])]
            yield f"{problem} ({', '.join(where)})" if where else problem

    def _numbers(self, table: str) -> dict[str, int]:
        """The number of the first entry of each name, from 1 on."""
        if table not in self._entries:
            found: dict[str, int] = {}
            for number, entry in enumerate(self._document[table], start=1):
                found.setdefault(_name_of(entry, _NAMES[table]), number)
            self._entries[table] = found
        return self._entries[table]

    def _spot_of(  # noqa: C901, PLR0911  # a part of a file each
        self, problem: str
    ) -> tuple[Spot | None, str]:
        """The part of the file that a problem is about, and its name where the problem lacks it."""
        document = self._document
        if (found := _NAMED.search(problem)) is not None:
            return Spot(rule=found[1]), ""
        if (found := _RULE.search(problem)) is not None:
            stage, number = map(int, found.groups())
            rule = document["stages"][stage]["rules"][number]
            name = _name_of(rule, "id")
            return (Spot(rule=name), f"rule {name}") if name else (None, f"rule {number + 1}")
        keys = _KEY.search(problem)
        key = "" if keys is None else keys[1] or keys[2]
        if (found := _WINDOW.search(problem)) is not None:
            stage, number = map(int, found.groups())
            name = _name_of(document["stages"][stage], "id")
            return Spot(stage=name, window=number + 1, key=key), f"window {number + 1} of {name}"
        if (found := _STAGE.search(problem)) is not None:
            if found[1] is None:
                return Spot(stage=found[2]), ""
            name = _name_of(document["stages"][int(found[1])], "id")
            return (Spot(stage=name, key=key), f"stage {name}") if name else (None, "")
        if (found := _CALLED.search(problem)) is not None:
            table = f"{found[1]}s"
            return Spot(table=table, number=self._numbers(table)[found[2]]), ""
        if (found := _OF_A_TABLE.search(problem)) is not None:
            return Spot(table=found[1], number=int(found[2])), ""
        if (found := _ENTRY.search(problem)) is not None:
            table, number = found[1], int(found[2])
            name = _name_of(document[table][number], _NAMES.get(table, "id"))
            called = f"{table.removesuffix('s')} {name}" if name else ""
            return Spot(table=table, number=number + 1, key=key), called
        if (found := _SOURCE.search(problem)) is not None:
            return Spot(source=found[1], key=key), ""
        if (found := _PROGRAMME.search(problem)) is not None:
            return Spot(table="programme", number=1, key=found[1] or key), ""
        content = document.get(key)
        tables = content if isinstance(content, list) else [content]
        if any(isinstance(it, dict) for it in tables):
            return Spot(table=key, number=1), ""
        return (Spot(key=key), "") if key else (None, "")


def _name_of(entry: object, key: str) -> str:
    """The name of an entry of a table; "" if it has none."""
    name = entry.get(key) if isinstance(entry, dict) else None
    return name if isinstance(name, str) else ""
