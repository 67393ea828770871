"""Writes the pages of the reservation from its tables: ``python -m tools.site write``.

The pages are committed, so that a change of the machine shows in words beside it; a test fails
where they are not what this would write. They are written in English and in Traditional Chinese:
refusals as the library's messages say them, the rest as reservation.toml does.
"""

from __future__ import annotations

import posixpath
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from tools.site.rules_text import ROOTS, heading
from tools.site.rules_text import Page as RulesPage
from vaxpolicy.booking import slots
from vaxpolicy.booking.events import (
    ACTORS,
    BEFORE,
    COMMANDS,
    EVENTS,
    LIVE,
    TRANSITIONS,
    WAITING,
    Status,
)
from vaxpolicy.booking.refusals import CODES, Rejected
from vaxpolicy.messages import describe_refusal
from vaxpolicy.reservation import GUARDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vaxpolicy.booking.streams import Actor

DOCS: Final = Path(__file__).parents[2] / "docs"
FOLDER: Final = "reservation"
MARK: Final = "<!-- written by python -m tools.site write -->"
CHINESE: Final = Path(__file__).parent / "data" / "reservation.toml"


def pages() -> dict[str, str]:
    """Each page by its path, in each language."""
    return {
        f"{ROOTS[lang]}{FOLDER}/{name}": text
        for lang in ROOTS
        for name, text in _pages_in(Words(lang)).items()
    }


def _pages_in(words: Words) -> dict[str, str]:
    return {
        name: "\n\n".join((*_top(name, title, anchor, words), *blocks)) + "\n"
        for name, title, anchor, blocks in (
            ("index.md", "Reservation", "reservation", _index(words)),
            (
                "transitions.md",
                "What may follow what",
                "what-may-follow-what",
                _transitions(words),
            ),
            ("codes.md", "Refusals, and what to do", "refusals-and-what-to-do", _codes(words)),
            ("slots.md", "The places of a slot", "the-places-of-a-slot", _capacity(words)),
        )
    }


def _top(name: str, title: str, anchor: str, words: Words) -> tuple[str, ...]:
    """The title, where the page comes from, and its twin in the other language."""
    (other,) = (lang for lang in ROOTS if lang != words.lang)
    page = RulesPage(words.lang, f"{FOLDER}/{name}")
    there = posixpath.relpath(RulesPage(other, page.at).path, posixpath.dirname(page.path))
    return (
        heading(1, words.say(title), anchor),
        MARK,
        page.say("other-language", there=there),
    )


@cache
def chinese() -> Mapping[str, Mapping[str, str]]:
    """The texts of tools/site/data/reservation.toml, by section and English wording."""
    return tomllib.loads(CHINESE.read_text(encoding="utf-8"))


@frozen
class Words:
    """The words of the pages in a language; a missing translation is a KeyError."""

    lang: str

    def say(self, english: str, /, **values: str) -> str:
        """A text of these pages."""
        return self._of("pages", english).format_map(values)

    def what(self, documented: Any) -> str:
        """The description of a command or guard: the first line of its docstring."""
        line = str(documented.__doc__).partition("\n")[0]
        return self._of("docstrings", line).replace("|", "\\|")

    def command(self, command: Any) -> str:
        """The name of a command, before its name in Python where that is not English."""
        name = self._of("commands", command.__name__)
        return _code(command) if self.lang == "en" else f"{name} {_code(command)}"

    def actor(self, actor: Actor) -> str:
        """The senders of a command."""
        return self._of("actors", actor.value)

    def status(self, status: Any) -> str:
        """A status of a journey or slot, or how a place is kept."""
        if self.lang == "en":
            return str(status.value).replace("-", " ")
        return self._of("statuses" if isinstance(status, Status) else "places", status.value)

    def listed(self, texts: Iterable[str]) -> str:
        """The texts in a row."""
        return RulesPage(self.lang, FOLDER).listed(texts)

    def _of(self, section: str, english: str) -> str:
        return english if self.lang == "en" else chinese()[section][english]


def _code(kind: Any) -> str:
    return f"`{kind.__name__}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def _index(words: Words) -> Iterator[str]:
    yield words.say(
        "One journey is one person's way through a programme, dose after dose. Every "
        "[guard](transitions.md#what-is-asked-of-each-command) of a command judges it. If all "
        "guards let it pass, it gives one event; otherwise it is [refused with a code](codes.md). "
        "The arrows are the whole machine: everything else is refused."
    )
    yield "\n".join(("```mermaid", *_diagram(words), "```"))
    yield words.say(
        "An arrow from *waiting* starts in each of its statuses. `Amend` and `AddVaccine` leave "
        "the status as it is, and `Correct` leads back. [The table](transitions.md) has the same "
        "in rows."
    )


def _diagram(words: Words) -> Iterator[str]:
    """The table of transitions as a Mermaid state diagram; loops are named in the text below it."""

    def node(status: Status | None) -> str:
        text = words.say("waiting") if status is None else words.status(status)
        return text.replace(" ", "_")

    yield "stateDiagram-v2"
    yield f"    state {node(None)} {{"
    for status in WAITING:
        yield f"        {node(status)}"
    yield "    }"
    yield f"    [*] --> {node(Status.NEW)}"
    arrows: dict[tuple[Status | None, Status], list[str]] = {}
    for command in COMMANDS:
        for source, target in _arrows(command):
            arrows.setdefault((source, target), []).append(command.__name__)
    for (source, target), names in arrows.items():
        yield f"    {node(source)} --> {node(target)}: {', '.join(names)}"
    yield f"    {node(Status.CLOSED)} --> [*]"


def _arrows(command: Any) -> Iterator[tuple[Status | None, Status]]:
    """The status to which a command leads; None for statuses that wait and do the same."""
    leads = {before: after for (before, it), after in TRANSITIONS.items() if it is command}
    if _stays(leads):
        return
    together = set(WAITING) <= set(leads) and len({leads[each] for each in WAITING}) == 1
    if together:
        yield None, leads[WAITING[0]]
    for before, after in leads.items():
        if not (together and before in WAITING):
            yield before, after


def _stays(leads: Mapping[Status, Status]) -> bool:
    """Whether a command leaves each of several statuses as it is."""
    return len(leads) > 1 and all(before is after for before, after in leads.items())


def _transitions(words: Words) -> Iterator[str]:
    head = ("command", "by", "what it is", "when", "leads to", "event")
    yield _table([words.say(it) for it in head], (_row(command, words) for command in COMMANDS))
    yield words.say(
        "*Waiting* is {waiting}; *booked* or *arrived* is a live booking. A command in any other "
        "status is refused. If the next dose is booked as well, `Vaccinate` leads to that booking: "
        "booked. `Cancel` and `CancelSession` of the booking of the next dose leave the status as "
        "it is; any other end of a booking ends that of the next dose too.",
        waiting=words.listed(map(words.status, WAITING)),
    )
    yield heading(2, words.say("Every transition"), "every-transition")
    yield _table(
        (words.say("in"), *(_code(command) for command in COMMANDS)),
        (
            (
                words.status(status),
                *(
                    words.status(after) if (after := TRANSITIONS.get((status, command))) else "–"
                    for command in COMMANDS
                ),
            )
            for status in Status
        ),
    )
    asked = words.say("What is asked of each command")
    yield heading(2, asked, "what-is-asked-of-each-command")
    yield words.say("In this order; the first that does not hold refuses the command.")
    for command in COMMANDS:
        name = command.__name__ if words.lang == "en" else words.command(command)
        yield heading(3, name, command.__name__.lower())
        yield "\n".join(f"1. {words.what(guard)}" for guard in GUARDS[command])


def _row(command: Any, words: Words) -> tuple[str, ...]:
    leads = {before: after for (before, it), after in TRANSITIONS.items() if it is command}
    targets = dict.fromkeys(leads.values())
    return (
        words.command(command),
        words.listed(map(words.actor, sorted(ACTORS[command], key=lambda actor: actor.value))),
        words.what(command),
        words.listed(_statuses(tuple(leads), words)),
        words.say("the same") if _stays(leads) else words.listed(map(words.status, targets)),
        f"`{EVENTS[command].__name__}`",
    )


def _statuses(statuses: tuple[Status, ...], words: Words) -> list[str]:
    """The statuses, those that wait named as one where all are there."""
    if not set(WAITING) <= set(statuses):
        return [words.status(status) for status in statuses]
    before = [words.status(status) for status in statuses if status in BEFORE]
    live = [words.status(status) for status in statuses if status in LIVE]
    return [*before, words.say("waiting"), *live]


def _codes(words: Words) -> Iterator[str]:
    yield words.say(
        "`Rejected.code` is one of these. It is stable: a code never changes its meaning and is "
        "never used again. *Retry* says that an answer was missing, and that the same command may "
        "succeed later."
    )
    if words.lang == "en":
        yield _table(
            ("code", "what it means", "what to do", "retry"),
            (
                (f"`{code}`", help_.means, help_.do, "yes" if help_.retry else "")
                for code, help_ in CODES.items()
            ),
        )
        return
    yield words.say(
        "The texts are those that people read; what a code means to a portal is on the English "
        "page."
    )
    yield _table(
        [words.say(it) for it in ("code", "what people are told", "retry")],
        (
            (
                f"`{code}`",
                describe_refusal(Rejected(code), words.lang),
                words.say("yes") if help_.retry else "",
            )
            for code, help_ in CODES.items()
        ),
    )


def _capacity(words: Words) -> Iterator[str]:
    yield words.say(
        "A slot is a site, a day, a session, a vaccine and a dose. It has its own places, or "
        "shares those of a pool with other slots of its session. One table says what consumes a "
        "place; free and consuming places are the capacity, always."
    )
    yield _table(
        [words.say(it) for it in ("a place that is", "consumes")],
        (
            (words.status(keeping), words.say("yes" if it else "no"))
            for keeping, it in slots.USES_A_PLACE.items()
        ),
    )
    yield heading(2, words.say("A booking's place"), "a-bookings-place")
    yield _keeping_table(slots.ALLOCATIONS, words)
    yield heading(2, words.say("The slot"), "the-slot")
    yield _keeping_table(slots.TRANSITIONS, words)
    asked = words.say("What is asked of each command")
    yield heading(2, asked, "what-is-asked-of-each-slot-command")
    yield words.say("In this order; the first that does not hold refuses the command.")
    for command, guards in slots.GUARDS.items():
        yield heading(3, _code(command), f"slot-{command.__name__.lower()}")
        yield "\n".join(f"1. {words.what(guard)}" for guard in guards)


def _keeping_table(table: Mapping[tuple[Any, type[Any]], Any], words: Words) -> str:
    return _table(
        [words.say(it) for it in ("in", "command", "what it is", "leads to")],
        (
            (words.status(before), _code(command), words.what(command), words.status(after))
            for (before, command), after in table.items()
        ),
    )


def stale(docs: Path = DOCS) -> list[str]:
    """The pages that are not what would be written, and those that would not be written at all."""
    wanted = pages()
    there = {
        path.relative_to(docs).as_posix()
        for root in ROOTS.values()
        for path in (docs / root / FOLDER).glob("*.md")
    }
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
