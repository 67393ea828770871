"""Conditions: each maps the facts about a person to the days on which it holds.

The fields of a condition are the keys of its table in a policy file. A condition is *bound* to the
rule that uses it, which has the days of the stage, the dose and the vaccine. A bound condition
answers with a `Span`: the first and last day on which it surely holds, and the first and last day
on which it possibly holds. These differ only if a fact is unknown. Each condition holds on every
day, on no day, or on all days on one side of a certain day. So "all of" needs one comparison for
each side, and "not" gives such a set again.

The reckoning of an age is part of the age (`on`). Announcements use several reckonings. If no
source states one (``not-stated``), both usual reckonings are kept. Then only people whose answer
depends on the reckoning are undetermined.

To add a condition, write one class in a module of this package, with its keys as fields, and add it
to `LEAVES`.
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
    Turning,
    days_between,
    new_span,
    opposite,
)
from vaxpolicy.rules.conditions.dated import DaysSinceFact, HasFact, OfDatedFact, OfSex
from vaxpolicy.rules.conditions.doses import (
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
)
from vaxpolicy.rules.conditions.facts import (
    Facts,
    FirstDays,
    Reading,
    implies,
    read_facts,
    with_whole,
)
from vaxpolicy.rules.conditions.fixed import FromDay, NotStated
from vaxpolicy.rules.conditions.groups import (
    InAnyGroup,
    InBand,
    InGroup,
    InList,
    RegisteredIn,
    ResidentIn,
)
from vaxpolicy.rules.conditions.normal_form import alternatives, written
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
    "DaysSinceFact",
    "DoseDue",
    "DosesAtLeast",
    "DosesOf",
    "EarlierDosesAtLeast",
    "Edges",
    "Facts",
    "FirstDays",
    "FromDay",
    "HasFact",
    "InAnyGroup",
    "InBand",
    "InGroup",
    "InList",
    "NotStated",
    "NotThat",
    "OfDatedFact",
    "OfSex",
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
    "Turning",
    "Wanted",
    "alternatives",
    "days_between",
    "implies",
    "new_span",
    "opposite",
    "read_facts",
    "with_whole",
    "written",
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
    HasFact,
    DaysSinceFact,
    OfSex,
    Wanted,
    FromDay,
    NotStated,
)
"""The conditions that a policy file may use. The name of the first field is the key of each."""
