"""Writes the schemas of the formats, and their pages key by key: `python -m tools.site write`.

The pages are written by hand but for the parts between `<!-- formats: NAME -->` and `<!-- end -->`,
which come from the schemas, the conditions, the tables of the reservation and the events under
tests/data; a test fails where a part is not what this would write, or is on no page.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from vaxpolicy import record
from vaxpolicy.booking import events, slots
from vaxpolicy.booking.event_json import FORMS
from vaxpolicy.rules.conditions import LEAVES, AllOf, AnyOf, NotThat
from vaxpolicy.wire import campaign_schema, event_schema, policy_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = ROOT / "docs" / "reference"
PAGES: Final = ("policy-format.md", "event-format.md", "record-format.md")
EXAMPLE: Final = REFERENCE / "example-campaign.toml"
GOLDEN: Final = ROOT / "tests" / "data" / "events"
SCHEMAS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "policies/policy.schema.json": policy_schema,
    "policies/campaign.schema.json": campaign_schema,
    "schemas/event.schema.json": event_schema,
}

CONDITIONS: Final[Mapping[str, str]] = {
    "all": '{ all = [{ age_at_least = 65, on = "day" }, { group = "status/insured" }] }',
    "any": '{ any = [{ age_at_least = 65, on = "day" }, { group = "status/insured" }] }',
    "not": "{ not = { doses_at_least = 2 } }",
    "age_at_least": '{ age_at_least = 18, on = "day" }',
    "age_at_most": '{ age_at_most = 64, on = "calendar-year" }',
    "age_at_least_months": '{ age_at_least_months = 6, on = "day" }',
    "age_at_most_months": '{ age_at_most_months = 7, on = "day" }',
    "age_at_least_days": '{ age_at_least_days = 42, on = "day" }',
    "age_at_most_days": '{ age_at_most_days = 1, on = "day" }',
    "born_on_or_before": "{ born_on_or_before = 2008-12-07 }",
    "born_on_or_after": "{ born_on_or_after = 1961-01-01 }",
    "group": '{ group = "cecc-2021-06-21/6/pregnant" }',
    "any_group": '{ any_group = ["status/national", "status/insured"] }',
    "registered_in": '{ registered_in = ["澎湖縣", "金門縣"] }',
    "resident_in": '{ resident_in = ["澎湖縣"] }',
    "doses_at_least": "{ doses_at_least = 1 }",
    "earlier_doses_at_least": "{ earlier_doses_at_least = 1 }",
    "dose_due_after_days": '{ dose_due_after_days = 28, on = "day" }',
    "previous_dose_of": '{ previous_dose_of = ["Influenza"] }',
    "previous_dose_on_or_before": "{ previous_dose_on_or_before = 2026-11-15 }",
    "previous_dose_on_or_after": "{ previous_dose_on_or_after = 2026-10-01 }",
    "previous_dose_before_age": "{ previous_dose_before_age = 9 }",
    "doses_of": '{ doses_of = ["PCV13", "PCV15"], at_least = 1 }',
    "days_since_dose_of": '{ days_since_dose_of = ["HepB"], at_least = 112, number = 1 }',
    "apart_from": '{ apart_from = ["MMR", "Varicella"], days = 28 }',
    "age_at_dose_of": '{ age_at_dose_of = ["HPV9"], number = 1, at_least_months = 180 }',
    "has_fact": '{ has_fact = "rubella-antibody-negative" }',
    "days_since_fact": '{ days_since_fact = "blood-product", at_least = 180, or_never = true }',
    "sex": '{ sex = "female" }',
    "wanted": "{ wanted = true, by = 2026-11-30T12:00:00+08:00 }",
    "from_day": "{ from_day = 2026-12-14 }",
    "not_stated": '{ not_stated = "what counts as living in the city" }',
}
"""An example of each condition, by its key."""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(_cell, row)) + " |" for row in rows)])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


LINKS: Final = {
    "condition": "[condition](#conditions)",
    "reckoning": "[reckoning](#reckonings)",
    "reckoning-day": "[reckoning](#reckonings)",
    "moment": "[moment](#moments)",
    "Source": "[source](#sources)",
    "Stage": "[stage](#stages)",
    "VaccinationDays": "[vaccination days](#vaccination-days)",
    "Rule": "[rule](#rules)",
    "Printed": "[printed bounds](#printed-bounds)",
    "Window": "[window](#booking-windows)",
    "WindowAges": "[ages](#ages-of-a-window)",
    "Waiver": "[waiver](#waivers)",
    "Minimum": "[minimum](#minimums)",
    "Spacing": "[spacing](#spacings)",
    "BookingRef": "[booking](#a-booking)",
    "Slot": "[slot](#a-slot)",
    "Dose": "[dose](#a-dose)",
    "offer": "[offer](#an-offer)",
    "reason": "[reason](#a-reason)",
    "sha256": "64 hexadecimal digits",
    "days": "[days](#days)",
}
"""Definitions that are somewhere on their page, or in a word."""
WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "null": "null",
    "object": "object",
}


def type_of(schema: Mapping[str, Any]) -> str:
    """The values that a schema takes, in a few words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return LINKS.get(name, name)
    if "const" in schema:
        return _code(schema["const"])
    if "enum" in schema:
        return ", ".join(map(_code, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(sorted(map(type_of, schema["anyOf"]), key="null".__eq__))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join(_of_kind(kind, schema) for kind in kinds)


def _of_kind(kind: str, schema: Mapping[str, Any]) -> str:
    if kind == "array":
        return f"array of {type_of(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"by key: {type_of(schema['additionalProperties'])}"
    return WORDS[kind]


def _code(value: object) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def keys(
    schema: Mapping[str, Any], whole: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    """The rows of a table: key, type, whether it is required and what it is else, meaning."""
    for name, its in schema["properties"].items():
        required = "yes" if name in schema["required"] else _default(its)
        yield f"`{prefix}{name}`", type_of(its), required, _meaning(its, whole["$defs"])


def _default(schema: Mapping[str, Any]) -> str:
    return f"no, else {_code(schema['default'])}" if schema.get("default") else "no"


def _meaning(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "description" in schema or "$ref" not in schema:
        return str(schema.get("description", ""))
    return str(definitions[schema["$ref"].rpartition("/")[2]].get("description", ""))


def _keys_of(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    return _table(("key", "type", "required", "meaning"), keys(schema, whole))


def _fields_of(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """The same for what programs write, where every field is there."""
    rows = (row[:2] + row[3:] for row in keys(schema, whole))
    return _table(("field", "type", "meaning"), rows)


TABLES: Final = (
    *("Source", "Stage", "VaccinationDays", "Rule", "Printed", "Window", "WindowAges"),
    "Waiver",
    "Minimum",
    "Spacing",
)


def _policies() -> Iterator[tuple[str, str]]:
    yield "example", f"```toml\n{EXAMPLE.read_text('utf-8')}```"
    schema = policy_schema()
    yield "policy", _keys_of(schema, schema)
    for name in TABLES:
        yield name, _keys_of(schema["$defs"][name], schema)
    yield "conditions", _table(("condition", "it holds", "asks for"), _conditions())
    yield "beside", _table(("key", "of", "type", "required", "meaning"), _beside(schema))


def _conditions() -> Iterator[tuple[str, str, str]]:
    for kind in (AllOf, AnyOf, NotThat, *LEAVES):
        key = attrs.fields(kind)[0].name.rstrip("_")
        holds = (inspect.getdoc(kind) or "").replace("``", "`")
        fact = getattr(kind, "fact", "")
        yield f"`{CONDITIONS[key]}`", holds, f"`{fact}`" if fact else "–"


def _beside(schema: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The keys of conditions beside the one by which they are known."""
    found: dict[tuple[str, ...], list[str]] = {}
    for kind in LEAVES:
        known, *beside = keys(schema["$defs"][kind.__name__], schema)
        for row in beside:
            found.setdefault(row, []).append(known[0])
    for (key, *rest), of in found.items():
        yield key, ", ".join(of), *rest


COMMON: Final = ("type", "form", "version", "at", "command.id", "command.actor")
SUBJECT: Final = "command.subject"


def _events() -> Iterator[tuple[str, str]]:
    schema = event_schema()
    definitions = schema["$defs"]
    rows = {row[0].strip("`"): row for row in _fields(definitions["registered"], schema)}
    common = [(*rows[name][:2], rows[name][3]) for name in (*COMMON, SUBJECT)]
    common[0] = (common[0][0], "text", common[0][2])
    yield "every event", _table(("field", "type", "meaning"), common)
    for name in ("Slot", "BookingRef", "Dose"):
        yield name, _fields_of(definitions[name], schema)
    for title, room in (("journey", events.EVENTS), ("slot", slots.EVENTS)):
        kinds = set(room.values())
        names = [name for name, (kind, _) in FORMS.items() if kind in kinds]
        yield f"events of a {title}", "\n\n".join(_event(name, schema) for name in names)


def _fields(event: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The rows of an event, the command's fields among them."""
    for row in keys(event, whole):
        if row[0] == "`command`":
            yield from keys(event["properties"]["command"], whole, "command.")
        else:
            yield row


def _event(name: str, schema: Mapping[str, Any]) -> str:
    kind, form = FORMS[name]
    found = schema["$defs"][name]
    own = [
        (field, type_, meaning)
        for field, type_, _, meaning in _fields(found, schema)
        if field.strip("`") not in {*COMMON, SUBJECT}
    ]
    written = json.loads((GOLDEN / f"{name}.{form}.json").read_text("utf-8"))
    if actors := events.ACTORS.get(_command(kind)):
        written["command"]["actor"] = max(actor.value for actor in actors)
    example = json.dumps(written, ensure_ascii=False, separators=(",", ":"))
    return "\n\n".join(
        (
            f"### {name}",
            f"{found['description']} {_leads(kind)}",
            *([_table(("field", "type", "meaning"), own)] if own else []),
            f"```json\n{example}\n```",
        )
    )


def _command(kind: type) -> type:
    found: type = attrs.fields(attrs.resolve_types(kind)).command.type
    return found


def _leads(kind: type) -> str:
    """The command, its sender, and the statuses from which and to which it leads."""
    command = _command(kind)
    if command in events.EVENTS:
        actors = ", ".join(sorted(actor.value for actor in events.ACTORS[command]))
        way = _way(events.TRANSITIONS, command)
        return f"Asked for by `{command.__name__}` ({actors}). The journey {way}."
    slot = f"Asked for by `{command.__name__}`. The slot {_way(slots.TRANSITIONS, command)}"
    place = _way(slots.ALLOCATIONS, command)
    return f"{slot}; the booking's place {place}." if place else f"{slot}."


def _way(table: Mapping[tuple[Any, type], Any], command: type) -> str:
    """From which statuses to which it leads, or where it stays."""
    leads = {before.value: after.value for (before, it), after in table.items() if it is command}
    if not leads:
        return ""
    if all(before == after for before, after in leads.items()):
        return f"stays as it is: {_listed(leads)}"
    return f"goes from {_listed(leads)} to {_listed(dict.fromkeys(leads.values()))}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"*{name}*" for name in names)


def _records() -> Iterator[tuple[str, str]]:
    schema = record.schema()
    inside = schema["properties"]
    places = {
        "record": schema,
        "record policy": inside["policy"],
        "record facts": inside["facts"],
        "record decision": inside["decision"],
        "record offer": schema["$defs"]["offer"],
        "record reason": schema["$defs"]["reason"],
    }
    for name, its in places.items():
        rows = (keys if name == "record" else _deep)({"required": (), **its}, schema)
        yield name, _table(("field", "type", "meaning"), (row[:2] + row[3:] for row in rows))
    yield "record parts", ", ".join(f"`{name}`" for name in inside["parts"]["required"])


def _deep(
    schema: Mapping[str, Any], whole: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    """The rows of a table, each followed by those of the objects within."""
    rows = keys({"required": (), **schema}, whole, prefix)
    for row, (name, its) in zip(rows, schema["properties"].items(), strict=True):
        yield row
        for inside, sign in ((its, "."), (its.get("items", {}), "[].")):
            if "properties" in inside:
                yield from _deep(inside, whole, f"{prefix}{name}{sign}")


PART: Final = re.compile(
    r"(?P<mark><!-- formats: (?P<name>[^>]+) -->\n)\n?(?:.*?\n)??(?P<end>\n?<!-- end -->)",
    re.DOTALL,
)


def parts() -> dict[str, str]:
    """The parts that are written into the pages, by name."""
    return dict((*_policies(), *_events(), *_records()))


def filled(page: str, found: Mapping[str, str]) -> str:
    """The page with its parts as they should be."""
    return PART.sub(lambda it: f"{it['mark']}\n{found[it['name']]}\n\n<!-- end -->", page)


def texts() -> dict[Path, str]:
    """Every file, as it should be."""
    found = parts()
    pages = {REFERENCE / name: (REFERENCE / name).read_text("utf-8") for name in PAGES}
    package = ROOT / "src" / "vaxpolicy"
    return {
        **{path: filled(text, found) for path, text in pages.items()},
        **{
            package / name: json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"
            for name, schema in SCHEMAS.items()
        },
    }


def stale() -> list[str]:
    """The files that are not as they should be."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for path, text in texts().items()
        if not path.exists() or path.read_text("utf-8") != text
    )


def write() -> None:
    """Write every file."""
    for path, text in texts().items():
        path.write_text(text, encoding="utf-8")
