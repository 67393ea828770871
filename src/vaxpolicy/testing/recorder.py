"""Records the steps of your own store and service, so that the laws can judge them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from attrs import define, field

from vaxpolicy._values import checked
from vaxpolicy.booking.events import AnyEvent
from vaxpolicy.booking.journey import replay
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.testing.journey_laws import broken
from vaxpolicy.testing.steps import Step

if TYPE_CHECKING:
    from datetime import datetime

    from vaxpolicy.booking.events import AnyCommand

__all__ = ["Recorder"]


@define(field_transformer=checked)
class Recorder:
    """Records the steps of a journey in your own store.

    Attributes:
        read: returns the events of a journey's stream, by the name of the stream.
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
        """Let your code act on a command, and record the change of the stream.

        Args:
            stream: the journey's stream in your store.
            command: the command for your code.
            act: your code; it may raise `Rejected`, which is recorded as a refusal.
            now: the instant at which your code decides.
            brought: the arguments that your code gives to `vaxpolicy.reservation.decide`.
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
