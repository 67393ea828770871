"""The conditions of a programme: each maps the facts about a person to the days on which it holds.

A condition is written as in a policy file: its fields are the keys of the TOML table. *Bound* to
the rule that uses it (which days the stage has, which dose and vaccine the rule offers) it answers
with a `Span`: the first and last day on which it surely holds, and the first and last day on which
it possibly holds. The two differ only where something is not known. Every condition holds on a
half-line of days, on every day or on none, so that "all of" is one comparison a side and "not" is a
half-line again.

How an age is reckoned is part of the age (`on`). The announcements use several reckonings side by
side; where no source says which (``not-stated``), both usual readings are kept, and only people
whom they place differently are undetermined.

To add a condition: one class in a module of this package, with its keys as fields, and its name in
`LEAVES`.
"""

from __future__ import annotations

from typing import Final

from vaxpolicy.rules.conditions.ages import (
    Age,
    AgeAtLeast,
    AgeAtLeastDays,
    AgeAtLeastMonths,
    AgeAtMost,
    AgeAtMostDays,
    AgeAtMostMonths,
    AgeBand,
    BornOnOrAfter,
    BornOnOrBefore,
)
from vaxpolicy.rules.conditions.base import (
    EVERY_DAY,
    NEVER,
    NO_DAY,
    NO_EDGES,
    NOT_KNOWN,
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    Context,
    Edges,
    NotThat,
    PolicyError,
    Question,
    Reckoning,
    Span,
    Term,
    days_between,
    opposite,
)
from vaxpolicy.rules.conditions.doses import (
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
)
from vaxpolicy.rules.conditions.facts import Facts, Reading, implies, read_facts, with_whole
from vaxpolicy.rules.conditions.fixed import FromDay, NotStated
from vaxpolicy.rules.conditions.groups import (
    InAnyGroup,
    InBand,
    InGroup,
    InList,
    RegisteredIn,
    ResidentIn,
)
from vaxpolicy.rules.conditions.normal_form import alternatives
from vaxpolicy.rules.conditions.products import (
    AgeAtDoseOf,
    ApartFrom,
    ByProduct,
    DaysSinceDoseOf,
    DosesOf,
)
from vaxpolicy.rules.conditions.registration import Wanted

__all__ = [
    "EVERY_DAY",
    "LEAVES",
    "NEVER",
    "NOT_KNOWN",
    "NO_DAY",
    "NO_EDGES",
    "Age",
    "AgeAtDoseOf",
    "AgeAtLeast",
    "AgeAtLeastDays",
    "AgeAtLeastMonths",
    "AgeAtMost",
    "AgeAtMostDays",
    "AgeAtMostMonths",
    "AgeBand",
    "AllOf",
    "AnyCondition",
    "AnyOf",
    "ApartFrom",
    "BornOnOrAfter",
    "BornOnOrBefore",
    "ByProduct",
    "Condition",
    "Context",
    "DaysSinceDoseOf",
    "DoseDue",
    "DosesAtLeast",
    "DosesOf",
    "EarlierDosesAtLeast",
    "Edges",
    "Facts",
    "FromDay",
    "InAnyGroup",
    "InBand",
    "InGroup",
    "InList",
    "NotStated",
    "NotThat",
    "PolicyError",
    "PreviousDoseBeforeAge",
    "PreviousDoseOf",
    "PreviousDoseOnOrAfter",
    "PreviousDoseOnOrBefore",
    "Question",
    "Reading",
    "Reckoning",
    "RegisteredIn",
    "ResidentIn",
    "Span",
    "Term",
    "Wanted",
    "alternatives",
    "days_between",
    "implies",
    "opposite",
    "read_facts",
    "with_whole",
]

LEAVES: Final[tuple[type[Condition], ...]] = (
    AgeAtLeast,
    AgeAtMost,
    AgeAtLeastMonths,
    AgeAtMostMonths,
    AgeAtLeastDays,
    AgeAtMostDays,
    BornOnOrBefore,
    BornOnOrAfter,
    InGroup,
    InAnyGroup,
    RegisteredIn,
    ResidentIn,
    DosesAtLeast,
    EarlierDosesAtLeast,
    DoseDue,
    PreviousDoseOf,
    PreviousDoseOnOrBefore,
    PreviousDoseOnOrAfter,
    PreviousDoseBeforeAge,
    DosesOf,
    DaysSinceDoseOf,
    ApartFrom,
    AgeAtDoseOf,
    Wanted,
    FromDay,
    NotStated,
)
"""The conditions that a policy file may use, each by the key that is its first field's name."""
