"""For the tests of those who build on this library: strategies, invariants and a store in memory.

Needs the extra ``testing`` (Hypothesis). `commands` and `circumstances` draw what a portal may get
to see, well-formed or not; `journeys` and `slot_histories` draw whole streams of steps. `step` and
`slot_step` take one step with this library, `broken` and `broken_slot` name the invariants that a
step breaks. A portal records steps of its own store in the same form and asks the same questions:

    for each in recorded_steps:
        assert not broken(each), broken(each)

`MemoryStore` is the smallest store that keeps the promises: it appends events to one or several
streams at once, where each stream's last version is the one that was judged, or to none.

`id_numbers`, `forms` and `persons` draw people; `persons` draws them near the edges of a policy of
yours. `Recorder` records what your own store and service do. `vaxpolicy.desk.unsettled` is the law
across streams: each booking has its place, and each place its booking.
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
from vaxpolicy.testing.store import Conflict, MemoryStore
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
    "Conflict",
    "MemoryStore",
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
