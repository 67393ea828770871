"""Describes the faults of decision records."""

from __future__ import annotations

import json
from typing import Protocol

from vaxpolicy._values import front_door
from vaxpolicy.messages.language import words


class Difference(Protocol):
    """The fields of `vaxpolicy.record.Difference` that this module reads."""

    @property
    def code(self) -> str:
        """The kind of the difference."""

    @property
    def at(self) -> str:
        """The place in the record; "" for the whole."""

    @property
    def recorded(self) -> object:
        """The recorded value."""

    @property
    def now(self) -> object:
        """The correct value."""

    @property
    def position(self) -> int | None:
        """The place of the record in its chain, from 0."""


@front_door
def describe_difference(difference: Difference, lang: str = "en") -> str:
    """Describe a fault of a record, with the record's place in its chain."""
    say = words(lang)
    recorded, now = (
        it if isinstance(it, str) else json.dumps(it, ensure_ascii=False)
        for it in (difference.recorded, difference.now)
    )
    at = difference.at or say("difference-frame/whole")
    text = say(f"difference/{difference.code}", at=at, recorded=recorded, now=now)
    if difference.position is None:
        return text
    return say("difference-frame/position", place=difference.position + 1, text=text)
