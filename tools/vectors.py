"""Test vectors for implementations in any language: `python -m tools.vectors FOLDER`.

`people/` has the boundary people of every bundled policy with what this library decides: one just
before, on and after each edge of each rule. `identity.json` has numbers of documents, valid ones
and slips of every kind; `dates.json` has ages and birthdays. `vectors.schema.json` is the JSON
Schema of all three, and every file names its licence. The site offers them for download, and a
release has the archive beside the wheel.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import vaxpolicy
from tools import boundary
from vaxpolicy import catalog, days, eligibility, identity

if TYPE_CHECKING:
    from collections.abc import Iterator

LICENCE: Final = "CC0-1.0"
"""Facts that anybody may test with: no rights are kept in the vectors themselves."""
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS: Final = "0123456789"
LAST_LEGACY_DAY: Final = date(2030, 12, 31)
BIRTHS: Final = ("2004-01-23", "2004-02-28", "2004-02-29", "2004-12-31", "2005-01-01", "2005-03-01")
DAYS: Final = ("2021-12-31", "2022-01-01", "2022-01-23", "2022-02-28", "2022-03-01", "2024-02-29")
YEARS: Final = (0, 1, 12, 17, 18, 65)
MONTHS: Final = (0, 1, 6, 18, 216)

_TEXT: Final = {"type": "string"}
_DAY: Final = {"type": "string", "format": "date"}
_HEAD: Final = {"kind": _TEXT, "vaxpolicy": _TEXT, "licence": {"const": LICENCE}}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _rows(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": _object(**properties)}


SCHEMA: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:vaxpolicy:vectors",
    "title": "Test vectors of vaxpolicy",
    "oneOf": [
        _object(
            **{**_HEAD, "kind": {"const": "people"}},
            policy=_TEXT,
            version=_TEXT,
            digest=_TEXT,
            rows=_rows(
                label=_TEXT,
                person={"type": "object"},
                outcome={"enum": [each.value for each in eligibility.Outcome]},
                offers={
                    "type": "array",
                    "items": _object(
                        rule=_TEXT,
                        vaccine=_TEXT,
                        dose={"type": "integer", "minimum": 1},
                        days={"type": "array", "items": {"type": "array", "items": _DAY}},
                    ),
                },
                missing={"type": "array", "items": _TEXT},
            ),
        ),
        _object(
            **{**_HEAD, "kind": {"const": "identity"}},
            rows=_rows(
                number={"enum": ["id", "nhi-card", "mobile"]},
                text=_TEXT,
                on={"oneOf": [_DAY, {"type": "null"}]},
                valid={"type": "boolean"},
                error={"oneOf": [_TEXT, {"type": "null"}]},
            ),
        ),
        _object(
            **{**_HEAD, "kind": {"const": "dates"}},
            rows=_rows(
                born=_DAY,
                years={"type": "integer"},
                months={"type": "integer"},
                attained=_DAY,
                day=_DAY,
                completed_age={"type": "integer"},
                calendar_age={"type": "integer"},
            ),
        ),
    ],
}


def _file(kind: str, rows: list[dict[str, Any]], **more: str) -> dict[str, Any]:
    version = vaxpolicy.__version__
    return {"kind": kind, "vaxpolicy": version, "licence": LICENCE, **more, "rows": rows}


def people(policy_id: str) -> dict[str, Any]:
    """The boundary people of a policy, with what is decided about each."""
    policy = catalog.load(policy_id)
    rows = []
    for each in boundary.kept(policy_id):
        decision = eligibility.decide(policy, each.person)
        offers = [
            {
                "rule": offer.rule_id,
                "vaccine": offer.vaccine,
                "dose": offer.dose,
                "days": [[str(span.first), str(span.last)] for span in offer.days.ranges],
            }
            for offer in decision.offers
        ]
        rows.append(
            {
                "label": each.name,
                "person": each.facts,
                "outcome": decision.outcome.value,
                "offers": offers,
                "missing": list(decision.missing),
            }
        )
    return _file("people", rows, policy=policy.id, version=policy.version, digest=policy.digest)


def identity_numbers() -> dict[str, Any]:
    """Numbers of documents: valid ones, and what slips make of them."""
    rows = [_id_row(text) for text in dict.fromkeys(_id_texts())]
    legacy = next(text for text in _bodies("AC") if identity.is_valid_id_number(text))
    rows += [_id_row(legacy, on) for on in (LAST_LEGACY_DAY, identity.LEGACY_UI_NUMBERS_END)]
    for number, kind, texts in (
        ("nhi-card", identity.NhiCardNumber, ("000012345678", "0000 1234 5678", "00001234567", "")),
        (
            "mobile",
            identity.MobileNumber,
            ("0912345678", "+886912345678", "0212345678", "091234567"),
        ),
    ):
        rows += [_row(number, kind, text, None) for text in texts]
    return _file("identity", rows)


def _bodies(start: str) -> Iterator[str]:
    """Every check digit after a letter, a second character and a fixed serial number."""
    yield from (f"{start}2345678"[:9] + digit for digit in DIGITS)


def _id_texts() -> Iterator[str]:
    for letter in LETTERS:
        for second in "1289" + "ABCD":
            yield from _bodies(letter + second)
    for second in "034567E":
        yield from _bodies(f"A{second}")
    sound = "A123456789"
    for place in range(len(sound)):
        yield sound[:place] + sound[place + 1 :]
        yield sound[:place] + sound[place] + sound[place:]
        yield sound[:place] + sound[place : place + 2][::-1] + sound[place + 2 :]
        yield from (sound[:place] + other + sound[place + 1 :] for other in "0O１²é")
    yield from ("", " ", "a123456789", "A1234-56789", "Ａ１２３４５６７８９", "A123456789\n")


def _id_row(text: str, on: date | None = None) -> dict[str, Any]:
    try:
        identity.parse_id_number(text, on=on)
    except identity.NumberError as error:
        return _as_row("id", text, on, error.code)
    return _as_row("id", text, on, None)


def _row(number: str, kind: type[Any], text: str, on: date | None) -> dict[str, Any]:
    try:
        kind.parse(text)
    except identity.NumberError as error:
        return _as_row(number, text, on, error.code)
    return _as_row(number, text, on, None)


def _as_row(number: str, text: str, on: date | None, error: str | None) -> dict[str, Any]:
    day = None if on is None else on.isoformat()
    return {"number": number, "text": text, "on": day, "valid": error is None, "error": error}


def dates() -> dict[str, Any]:
    """Birthdays and ages around leap days, ends of months and New Year."""
    rows = [
        {
            "born": born.isoformat(),
            "years": years,
            "months": months,
            "attained": days.attained(born, years, months=months).isoformat(),
            "day": day.isoformat(),
            "completed_age": days.completed_age(born, day),
            "calendar_age": days.calendar_age(born, day),
        }
        for born in map(date.fromisoformat, BIRTHS)
        for day in map(date.fromisoformat, DAYS)
        for years in YEARS
        for months in MONTHS
    ]
    return _file("dates", rows)


def files() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every file by its path."""
    yield "vectors.schema.json", SCHEMA
    yield "identity.json", identity_numbers()
    yield "dates.json", dates()
    for policy_id in catalog.ids():
        yield f"people/{policy_id}.json", people(policy_id)


def as_text(content: dict[str, Any]) -> str:
    """A file with one row a line, so that a change shows where it is."""
    if "rows" not in content:
        return json.dumps(content, indent=1) + "\n"
    head = json.dumps({key: value for key, value in content.items() if key != "rows"})
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in content["rows"])
    return f'{head[:-1]}, "rows": [\n{rows}\n]}}\n'


def write(folder: Path) -> None:
    """Write every file into the folder, and one archive with all of them."""
    for name, content in files():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_text(content), "utf-8")
    archive(folder, folder / "vaxpolicy-vectors.zip")


def archive(folder: Path, target: Path) -> None:
    """Put the files of a folder into an archive that is the same each time."""
    with zipfile.ZipFile(target, "w") as packed:
        for file in sorted(folder.rglob("*.json")):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)))
            packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


def main() -> None:
    """Write the vectors into a folder, and an archive where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
