"""Tools for testing a portal that uses this library: strategies and laws.

They need the extra ``testing`` (Hypothesis). `commands` and `circumstances` draw the input of a
portal, well-formed or not. `journeys` and `slot_histories` draw whole streams of steps. `step` and
`slot_step` take one step with this library. `broken` and `broken_slot` name the laws that a step
breaks. Record the steps of your own store in the same form, and check them in the same way:

    for each in recorded_steps:
        assert not broken(each), broken(each)

`vaxpolicy.desk.MemoryStore` is the smallest store that keeps the promises. It appends events to one
or several streams at once if each stream still has the version that was judged. Otherwise it
appends nothing.

`id_numbers`, `forms` and `persons` draw people; `persons` draws them near the edges of your policy.
`Recorder` records the steps of your own store and service. `vaxpolicy.desk.unsettled` is the law
across streams: each booking has its place, and each place has its booking.
"""

from vaxpolicy.testing.journey_laws import INVARIANTS, broken
from vaxpolicy.testing.people import forms, id_numbers, persons
from vaxpolicy.testing.recorder import Recorder
from vaxpolicy.testing.slot_laws import (
    SLOT_INVARIANTS,
    SLOT_REFUSAL_ASSERTIONS,
    SlotStep,
    broken_slot,
    slot_step,
)
from vaxpolicy.testing.steps import REFUSAL_ASSERTIONS, Step, step
from vaxpolicy.testing.strategies import (
    PROGRAMME,
    ROUND,
    circumstances,
    commands,
    decisions,
    instants,
    journeys,
    slot_commands,
    slot_histories,
    slots,
)

__all__ = [
    "INVARIANTS",
    "PROGRAMME",
    "REFUSAL_ASSERTIONS",
    "ROUND",
    "SLOT_INVARIANTS",
    "SLOT_REFUSAL_ASSERTIONS",
    "Recorder",
    "SlotStep",
    "Step",
    "broken",
    "broken_slot",
    "circumstances",
    "commands",
    "decisions",
    "forms",
    "id_numbers",
    "instants",
    "journeys",
    "persons",
    "slot_commands",
    "slot_histories",
    "slot_step",
    "slots",
    "step",
]
