"""Reads plain data that may hold anything: JSON from another system."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from vaxpolicy._strict import MOST_PROBLEMS
from vaxpolicy.days import TAIWAN
from vaxpolicy.fhir.problems import PROBLEMS, Problem
from vaxpolicy.fhir.references import Found, kinds_of
from vaxpolicy.rules.people import PartialDate, parse_birth_date

_DATE: Final = re.compile("[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_INSTANT: Final = re.compile(
    "(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    ":(?P<second>[0-9]{2})(?:[.][0-9]+)?(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_LEAP_SECOND: Final = 60
_MINUTES: Final = 60
_MOST_LEVELS: Final = 100
_LARGEST_OFFSET: Final = timedelta(hours=14)
_DEEPEST: Final = 8
"""The greatest depth of Bundles or Parameters inside one another."""
_ROOM: Final = MOST_PROBLEMS - len(PROBLEMS)
"""How many problems are kept whatever they are; after them, only the first one of each code."""


class UnreadDateError(ValueError):
    """A text has no day; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def as_date(text: object) -> date | PartialDate:
    """A FHIR date: a day, or a year or month. Raises ValueError for anything else."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise ValueError("expected a FHIR date")
    return parse_birth_date(text)


def day_in_taiwan(text: object) -> date:
    """The day of a FHIR dateTime; an instant has the day that it was in Taiwan.

    Raises `UnreadDateError` where the text gives no single day.
    """
    if isinstance(text, str) and _DATE.fullmatch(text):
        try:
            found = parse_birth_date(text)
        except ValueError:
            raise UnreadDateError("date-not-valid") from None
        if isinstance(found, PartialDate):
            raise UnreadDateError("date-partial")
        return found
    instant = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if instant is None:
        raise UnreadDateError("date-not-valid")
    if instant["offset"] is None:
        raise UnreadDateError("date-without-offset")
    try:
        return _local_day(instant)
    except (ValueError, OverflowError):
        raise UnreadDateError("date-not-valid") from None


def _local_day(instant: re.Match[str]) -> date:
    second = int(instant["second"])
    written = datetime.combine(
        date.fromisoformat(instant["day"]),
        time(
            int(instant["hour"]), int(instant["minute"]), second - (second == _LEAP_SECOND), 0, UTC
        ),
    )
    if instant["offset"] == "Z":
        return written.astimezone(TAIWAN).date()
    hours, minutes = int(instant["offset"][1:3]), int(instant["offset"][4:])
    east = timedelta(hours=hours, minutes=minutes)
    if minutes >= _MINUTES or east > _LARGEST_OFFSET:
        raise ValueError("no place on earth has this offset")
    utc = written + east if instant["offset"][0] == "-" else written - east
    return utc.astimezone(TAIWAN).date()


def is_too_deep(root: Mapping[Any, Any]) -> bool:
    """Whether the data nests more than any resource does."""
    waiting: list[tuple[object, int]] = [(root, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _MOST_LEVELS:
            return True
        if isinstance(value, Mapping):
            waiting += [(each, depth + 1) for each in value.values()]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]
    return False


def has_modifiers(data: object) -> bool:
    """Whether data have a modifier, or rules of their own, at any depth."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            if value.get("modifierExtension") or value.get("implicitRules"):
                return True
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False


def _without(data: Mapping[Any, Any], *keys: str) -> dict[Any, Any]:
    return {key: value for key, value in data.items() if key not in keys}


class Reader:
    """The resources in plain data, and the problems on the way to them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._reported: set[Problem] = set()
        self._codes: set[str] = set()

    def report(self, path: str, code: str, detail: str | None = None) -> None:
        """Note a problem, unless it is noted already.

        At most 1,000 problems are kept, and of each code at least one: a code says which facts
        stay unknown.
        """
        if code in self._codes and len(self.problems) >= _ROOM:
            return
        self._codes.add(code)
        problem = Problem(path, code, detail)
        if problem not in self._reported:
            self._reported.add(problem)
            self.problems.append(problem)

    def has(self, code: str) -> bool:
        """Whether a problem of this code is noted."""
        return code in self._codes

    def array(self, owner: Mapping[Any, Any], key: str, path: str) -> Iterator[tuple[str, Any]]:
        """The items of an array with their paths; none where it is absent."""
        items = owner.get(key)
        if items is None:
            return
        if not isinstance(items, list):
            self.report(f"{path}.{key}", "not-an-array")
            return
        for number, item in enumerate(items):
            yield f"{path}.{key}[{number}]", item

    def objects(
        self, owner: Mapping[Any, Any], key: str, path: str
    ) -> Iterator[tuple[str, Mapping[Any, Any]]]:
        """The objects in an array with their paths; anything else in it is a problem."""
        for where, item in self.array(owner, key, path):
            if isinstance(item, Mapping):
                yield where, item
            else:
                self.report(where, "not-an-object")

    def resources(self, root: Mapping[Any, Any]) -> list[Found]:
        """Every resource in a Bundle or Parameters, in order, at any depth."""
        found: list[Found] = []
        kind = root.get("resourceType")
        start = kind if isinstance(kind, str) and kind.isalpha() and kind.isascii() else "Resource"
        waiting = [(Found(start, root), 0)]
        while waiting:
            here, depth = waiting.pop()
            if here.kind not in ("Bundle", "Parameters"):
                found.append(here)
            elif depth >= _DEEPEST:
                self.report(here.path, "too-deep")
            else:
                inside = self.entries(here) if here.kind == "Bundle" else self.parameters(here)
                waiting += [(each, depth + 1) for each in reversed(list(inside))]
        return found

    def entries(self, bundle: Found) -> Iterator[Found]:
        """The resources of a Bundle's entries."""
        path, data = bundle.path, bundle.resource
        if data.get("type") == "history":
            self.report(f"{path}.type", "bundle-is-history")
        if has_modifiers(_without(data, "entry")):
            self.report(path, "bundle-has-modifiers")
        for where, link in self.objects(data, "link", path):
            if str(link.get("relation")).lower() == "next":
                self.report(where, "more-pages")
        self.check_total(bundle)
        for where, entry in self.objects(data, "entry", path):
            resource, url = entry.get("resource"), entry.get("fullUrl")
            request = entry.get("request")
            if has_modifiers(_without(entry, "resource")):
                self.report(where, "bundle-has-modifiers")
            yield from self.outcome(entry, where)
            if isinstance(request, Mapping) and str(request.get("method")).upper() == "DELETE":
                self.report(where, "entry-deletes")
            elif resource is None:
                self.report(where, "entry-without-resource")
            elif not isinstance(resource, Mapping):
                self.report(f"{where}.resource", "not-an-object")
            else:
                full_url = url if isinstance(url, str) else None
                yield Found(f"{where}.resource", resource, full_url)

    def outcome(self, entry: Mapping[Any, Any], path: str) -> Iterator[Found]:
        """The outcome in the response of an entry; a status of failure is reported."""
        response = entry.get("response")
        if not isinstance(response, Mapping):
            return
        if entry.get("resource") is not None and str(response.get("status"))[:1] in ("4", "5"):
            self.report(f"{path}.response.status", "outcome-reports-error")
        outcome = response.get("outcome")
        if isinstance(outcome, Mapping):
            yield Found(f"{path}.response.outcome", outcome)
        elif outcome is not None:
            self.report(f"{path}.response.outcome", "not-an-object")

    def check_total(self, bundle: Found) -> None:
        """Report a Bundle that has fewer matches than it counts."""
        path, data = bundle.path, bundle.resource
        total, entries = data.get("total"), data.get("entry")
        if total is None:
            return
        if type(total) is not int or total < 0:
            self.report(f"{path}.total", "total-not-valid")
            return
        found = (
            [each for each in entries if isinstance(each, Mapping)]
            if isinstance(entries, list)
            else []
        )
        modes = [each.get("search") for each in found]
        matches = [
            mode
            for mode in modes
            if not isinstance(mode, Mapping) or mode.get("mode") not in ("include", "outcome")
        ]
        if total > len(matches):
            self.report(f"{path}.total", "more-pages")

    def parameters(self, parameters: Found) -> Iterator[Found]:
        """The resources of Parameters, and of their parts."""
        if has_modifiers(_without(parameters.resource, "parameter")):
            self.report(parameters.path, "bundle-has-modifiers")
        waiting = [(parameters.path, "parameter", parameters.resource, 0)]
        while waiting:
            path, key, owner, depth = waiting.pop(0)
            if depth >= _DEEPEST:
                self.report(path, "too-deep")
                continue
            for where, each in self.objects(owner, key, path):
                resource = each.get("resource")
                if has_modifiers(_without(each, "resource", "part")):
                    self.report(where, "bundle-has-modifiers")
                named = each.get("valueReference")
                if isinstance(named, Mapping) and "Immunization" in kinds_of(named):
                    self.report(f"{where}.valueReference", "immunization-not-there")
                if isinstance(resource, Mapping):
                    yield Found(f"{where}.resource", resource)
                elif resource is not None:
                    self.report(f"{where}.resource", "not-an-object")
                if each.get("part") is not None:
                    waiting.append((where, "part", each, depth + 1))
