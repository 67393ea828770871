"""Texts for people: decisions, forms and reservations in five languages.

The rest of the library uses codes; only this package writes text. Every function takes `lang`, one
of `LANGUAGES`: Traditional Chinese, English, Indonesian, Vietnamese and Thai, the languages of the
booking platform's own guides. Each code has a text in every language, with advice on what to do
next. Dates follow the customs of the language. A missing text raises `MissingText`.

It needs the extra ``messages`` ([Babel](https://babel.pocoo.org/)).

>>> from datetime import date
>>> from vaxpolicy.days import DaySet
>>> from vaxpolicy.messages import describe_days
>>> days = DaySet.between(date(2022, 2, 13), None)
>>> describe_days(days)
'from 13 February 2022 on'
>>> describe_days(days, lang="zh-Hant")
'2022年2月13日（民國111年）起'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vaxpolicy._lazy import names_from

if TYPE_CHECKING:
    from vaxpolicy.messages.changes import (
        ChangeInWords,
        describe_change,
        describe_changed_days,
        describe_changes,
        describe_person,
        describe_whom,
    )
    from vaxpolicy.messages.conditions import (
        Line,
        Wording,
        describe_ages,
        describe_condition,
        describe_finding,
    )
    from vaxpolicy.messages.decisions import (
        OUTCOMES,
        ReasonInWords,
        county_name,
        dated_fact_name,
        describe_booking,
        describe_days,
        describe_fact,
        describe_from_day,
        describe_offer,
        describe_offered_days,
        describe_outcome,
        describe_question,
        describe_reason,
        describe_reasons,
        describe_window,
        disease_name,
        group_name,
        names_of,
        policy_title,
        vaccine_name,
    )
    from vaxpolicy.messages.identity import (
        describe_advice,
        describe_number,
        describe_number_error,
        describe_problem,
        describe_residency,
    )
    from vaxpolicy.messages.language import (
        LANGUAGES,
        MissingText,
        Words,
        language_of,
        negotiate,
        words,
    )
    from vaxpolicy.messages.picture import picture_labels
    from vaxpolicy.messages.records import describe_difference
    from vaxpolicy.messages.reservations import (
        describe_close_reason,
        describe_keeping,
        describe_refusal,
        describe_slot_status,
        describe_status,
    )
    from vaxpolicy.messages.seasons import describe_season
    from vaxpolicy.messages.texts import REASONS
    from vaxpolicy.messages.values import describe_value_problem

__all__ = [
    "LANGUAGES",
    "OUTCOMES",
    "REASONS",
    "ChangeInWords",
    "Line",
    "MissingText",
    "ReasonInWords",
    "Wording",
    "Words",
    "county_name",
    "dated_fact_name",
    "describe_advice",
    "describe_ages",
    "describe_booking",
    "describe_change",
    "describe_changed_days",
    "describe_changes",
    "describe_close_reason",
    "describe_condition",
    "describe_days",
    "describe_difference",
    "describe_fact",
    "describe_finding",
    "describe_from_day",
    "describe_keeping",
    "describe_number",
    "describe_number_error",
    "describe_offer",
    "describe_offered_days",
    "describe_outcome",
    "describe_person",
    "describe_problem",
    "describe_question",
    "describe_reason",
    "describe_reasons",
    "describe_refusal",
    "describe_residency",
    "describe_season",
    "describe_slot_status",
    "describe_status",
    "describe_value_problem",
    "describe_whom",
    "describe_window",
    "disease_name",
    "group_name",
    "language_of",
    "names_of",
    "negotiate",
    "picture_labels",
    "policy_title",
    "vaccine_name",
    "words",
]

_HOMES: Final = {
    "vaxpolicy.messages.changes": (
        "ChangeInWords",
        "describe_change",
        "describe_changed_days",
        "describe_changes",
        "describe_person",
        "describe_whom",
    ),
    "vaxpolicy.messages.conditions": (
        "Line",
        "Wording",
        "describe_ages",
        "describe_condition",
        "describe_finding",
    ),
    "vaxpolicy.messages.decisions": (
        "OUTCOMES",
        "ReasonInWords",
        "county_name",
        "dated_fact_name",
        "describe_booking",
        "describe_days",
        "describe_fact",
        "describe_from_day",
        "describe_offer",
        "describe_offered_days",
        "describe_outcome",
        "describe_question",
        "describe_reason",
        "describe_reasons",
        "describe_window",
        "disease_name",
        "group_name",
        "names_of",
        "policy_title",
        "vaccine_name",
    ),
    "vaxpolicy.messages.identity": (
        "describe_advice",
        "describe_number",
        "describe_number_error",
        "describe_problem",
        "describe_residency",
    ),
    "vaxpolicy.messages.language": (
        "LANGUAGES",
        "MissingText",
        "Words",
        "language_of",
        "negotiate",
        "words",
    ),
    "vaxpolicy.messages.picture": ("picture_labels",),
    "vaxpolicy.messages.records": ("describe_difference",),
    "vaxpolicy.messages.reservations": (
        "describe_close_reason",
        "describe_keeping",
        "describe_refusal",
        "describe_slot_status",
        "describe_status",
    ),
    "vaxpolicy.messages.seasons": ("describe_season",),
    "vaxpolicy.messages.texts": ("REASONS",),
    "vaxpolicy.messages.values": ("describe_value_problem",),
}
"""The names by the module that defines them; it is loaded when a name is first used."""

if not TYPE_CHECKING:
    __getattr__ = names_from(__name__, _HOMES)
