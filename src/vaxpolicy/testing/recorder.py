"""Records what a portal's own store and service do, as steps that the named laws judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from attrs import define, field

from vaxpolicy.booking.events import AnyEvent
from vaxpolicy.booking.journey import replay
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.testing.journey_laws import broken
from vaxpolicy.testing.steps import Step

if TYPE_CHECKING:
    from datetime import datetime

    from vaxpolicy.booking.events import AnyCommand

__all__ = ["Recorder"]


@define
class Recorder:
    """Records the steps that a journey takes in a store of your own.

    Attributes:
        read: gives the events of a journey's stream by the name of the stream.
        steps: the steps so far, in order.
    """

    read: Callable[[str], Iterable[AnyEvent]]
    steps: list[Step] = field(factory=list, init=False)

    def record(
        self,
        stream: str,
        command: AnyCommand,
        act: Callable[[], object],
        *,
        now: datetime,
        **brought: Any,
    ) -> Step:
        """Let your code act on a command, and record what it did to the stream.

        Args:
            stream: the journey's stream in your store.
            command: the command that your code is given.
            act: your code; it may raise `Rejected`, which is recorded as a refusal.
            now: the instant at which your code decides.
            brought: what your code gives to `vaxpolicy.reservation.decide`, by name.
        """
        before = replay(self.read(stream))
        refused = None
        try:
            act()
        except Rejected as error:
            refused = error
        after = replay(self.read(stream))
        events = tuple(after.history)[before.version :]
        step = Step(before, command, now, brought, events, refused, after)
        self.steps.append(step)
        return step

    @property
    def broken(self) -> tuple[tuple[Step, tuple[str, ...]], ...]:
        """Each step that breaks laws, with their names; see `vaxpolicy.testing.INVARIANTS`."""
        judged = ((step, broken(step)) for step in self.steps)
        return tuple((step, names) for step, names in judged if names)
