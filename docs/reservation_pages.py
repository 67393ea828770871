"""Writes the pages of the reservation from its tables: ``python docs/reservation_pages.py``.

The pages are committed, so that a change of the machine shows in words beside it; a test fails
where they are not what this would write.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vaxpolicy import capacity
from vaxpolicy.events import ACTORS, BEFORE, COMMANDS, EVENTS, LIVE, TRANSITIONS, WAITING, Status
from vaxpolicy.guards import GUARDS
from vaxpolicy.refusals import CODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DOCS: Final = Path(__file__).parent
FOLDER: Final = "reservation"
MARK: Final = "<!-- written by docs/reservation_pages.py -->"


def pages() -> dict[str, str]:
    """Each page by its path."""
    return {
        f"{FOLDER}/index.md": _page("Reservation", *_index()),
        f"{FOLDER}/transitions.md": _page("What may follow what", *_transitions()),
        f"{FOLDER}/codes.md": _page("Refusals, and what to do", *_codes()),
        f"{FOLDER}/capacity.md": _page("The places of a slot", *_capacity()),
    }


def _page(title: str, *blocks: str) -> str:
    return "\n\n".join((f"# {title}", MARK, *blocks)) + "\n"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def _first_line(what: Any) -> str:
    """What a command, event or guard is, by the first line of its docstring."""
    return str(what.__doc__).partition("\n")[0].replace("|", "\\|")


# -- the diagram -----------------------------------------------------------------------------------


def _index() -> Iterator[str]:
    yield (
        "One journey is one person's way through a programme, dose after dose. A command is judged "
        "by every [guard](transitions.md#what-is-asked-of-each-command) in its list; what passes "
        "gives one event, what does not is [refused with a code](codes.md). The arrows are the "
        "whole machine: what is not drawn is refused."
    )
    yield "\n".join(("```mermaid", *_diagram(), "```"))
    yield (
        "An arrow from *waiting* starts in each of its statuses. `Amend` and `AddVaccine` leave "
        "the status as it is. [The table](transitions.md) has the same in rows."
    )


def _diagram() -> Iterator[str]:
    """The table of transitions as a Mermaid state diagram; loops are named in the text below it."""
    yield "stateDiagram-v2"
    yield "    state waiting {"
    for status in WAITING:
        yield f"        {_node(status)}"
    yield "    }"
    yield f"    [*] --> {_node(Status.NEW)}"
    arrows: dict[tuple[str, str], list[str]] = {}
    for command in COMMANDS:
        for source, target in _arrows(command):
            arrows.setdefault((source, target), []).append(command.__name__)
    for (source, target), names in arrows.items():
        yield f"    {source} --> {target}: {', '.join(names)}"
    yield f"    {_node(Status.CLOSED)} --> [*]"


def _arrows(command: Any) -> Iterator[tuple[str, str]]:
    """Where a command leads, the statuses that wait taken together where all do the same."""
    leads = {before: after for (before, it), after in TRANSITIONS.items() if it is command}
    if _stays(leads):
        return
    together = set(WAITING) <= set(leads) and len({leads[each] for each in WAITING}) == 1
    if together:
        yield "waiting", _node(leads[WAITING[0]])
    for before, after in leads.items():
        if not (together and before in WAITING):
            yield _node(before), _node(after)


def _stays(leads: Mapping[Status, Status]) -> bool:
    """Whether a command leaves each of several statuses as it is."""
    return len(leads) > 1 and all(before is after for before, after in leads.items())


def _node(status: Status) -> str:
    return status.value.replace("-", "_")


# -- the tables ------------------------------------------------------------------------------------


def _transitions() -> Iterator[str]:
    yield _table(
        ("command", "by", "what it is", "when", "leads to", "event"),
        (_row(command) for command in COMMANDS),
    )
    yield (
        f"*Waiting* is {_listed(WAITING)}; *booked* or *arrived* is a live booking. A command in "
        "any other status is refused."
    )
    yield "## Every transition"
    yield _table(
        ("in", *(_code(command) for command in COMMANDS)),
        (
            (
                _text(status),
                *(
                    _text(after) if (after := TRANSITIONS.get((status, command))) else "–"
                    for command in COMMANDS
                ),
            )
            for status in Status
        ),
    )
    yield "## What is asked of each command"
    yield "In this order; the first that does not hold refuses the command."
    for command in COMMANDS:
        yield f"### {command.__name__}"
        yield "\n".join(f"1. {_first_line(guard)}" for guard in GUARDS[command])


def _row(command: Any) -> tuple[str, ...]:
    leads = {before: after for (before, it), after in TRANSITIONS.items() if it is command}
    targets = list(dict.fromkeys(leads.values()))
    return (
        _code(command),
        ", ".join(sorted(actor.value for actor in ACTORS[command])),
        _first_line(command),
        _statuses(tuple(leads)),
        "the same" if _stays(leads) else _listed(targets),
        f"`{EVENTS[command].__name__}`",
    )


def _statuses(statuses: tuple[Status, ...]) -> str:
    """The statuses, those that wait named as one where all are there."""
    if not set(WAITING) <= set(statuses):
        return _listed(statuses)
    before = [_text(status) for status in statuses if status in BEFORE]
    live = [_text(status) for status in statuses if status in LIVE]
    return ", ".join([*before, "waiting", *live])


def _listed(statuses: Sequence[Status]) -> str:
    return ", ".join(_text(status) for status in statuses)


def _text(status: Any) -> str:
    return str(status.value).replace("-", " ")


def _code(kind: Any) -> str:
    return f"`{kind.__name__}`"


def _codes() -> Iterator[str]:
    yield (
        "`Rejected.code` is one of these. It is stable: a code never changes its meaning and is "
        "never used again. *Retry* says that an answer was missing, and that the same command may "
        "succeed later."
    )
    yield _table(
        ("code", "what it means", "what to do", "retry"),
        (
            (f"`{code}`", help_.means, help_.do, "yes" if help_.retry else "")
            for code, help_ in CODES.items()
        ),
    )


def _capacity() -> Iterator[str]:
    yield (
        "A slot is a site, a day, a session, a vaccine and a dose, with places of its own. One "
        "table says what consumes a place; free and consuming places are the capacity, always."
    )
    yield _table(
        ("a place that is", "consumes"),
        ((_text(keeping), "yes" if it else "no") for keeping, it in capacity.CONSUMES.items()),
    )
    yield "## A booking's place"
    yield _keeping_table(capacity.KEEPINGS)
    yield "## The slot"
    yield _keeping_table(capacity.TRANSITIONS)


def _keeping_table(table: Mapping[tuple[Any, type[Any]], Any]) -> str:
    return _table(
        ("in", "command", "what it is", "leads to"),
        (
            (_text(before), _code(command), _first_line(command), _text(after))
            for (before, command), after in table.items()
        ),
    )


# -- writing ---------------------------------------------------------------------------------------


def stale(docs: Path = DOCS) -> list[str]:
    """The pages that are not what would be written, and those that would not be written at all."""
    wanted = pages()
    there = {path.relative_to(docs).as_posix() for path in (docs / FOLDER).glob("*.md")}
    return sorted(
        name
        for name in {*wanted, *there}
        if name not in there or (docs / name).read_text(encoding="utf-8") != wanted.get(name)
    )


def write(docs: Path = DOCS) -> None:
    """Write every page."""
    for name, text in pages().items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
    sys.exit(bool(stale()))
