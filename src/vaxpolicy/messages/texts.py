"""The English texts of the library: one for each code, and the frames around them.

English is the source. A translation belongs to a key *and* its English wording, so a changed
wording needs a new translation. A pair is a singular and a plural; ``{n}`` chooses between them.
The texts address the person whom they are about.

The short texts for developers are beside their codes (`vaxpolicy.booking.refusals.CODES`, and the
hints of a form). No decision needs the texts of this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import fields

from vaxpolicy.analysis.findings import CODES
from vaxpolicy.numbers.counties import ENGLISH_NAMES
from vaxpolicy.picture.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Mapping

Text: TypeAlias = str | tuple[str, str]
"""One text, or its singular and plural."""

OUTCOMES: Final = {
    "eligible": "eligible",
    "ineligible": "not eligible",
    "undetermined": "undetermined: a fact is missing",
}

REASONS: Final = {
    "birth-date-unknown": "Your date of birth is not known.",
    "born-too-early": "You were born before the dates that this rule is for.",
    "born-too-late": "You were born after the dates that this rule is for.",
    "county-unknown": "Your county is not known.",
    "days-over": "The vaccination days ended on {day}.",
    "dose-already-given": "You have already had dose {dose}.",
    "dose-before-birth": "A dose is recorded before your date of birth.",
    "dose-before-vaccine": "A dose is recorded on a day on which its vaccine did not exist yet.",
    "dose-in-earlier-season": "You had doses in earlier seasons; this rule is for people without.",
    "doses-on-one-day": "Two doses are recorded on one day.",
    "doses-unknown": "Your doses so far are not known.",
    "earlier-dose-missing": "No dose {before} is on record.",
    "excluded-vaccine-before": "Dose {before} was a vaccine that this rule excludes.",
    "fact-excluded": "Something has happened that this rule excludes.",
    "fact-missing": "Something that this rule asks for has not happened.",
    "fact-too-long-ago": "Something that this rule asks for is too long ago.",
    "fact-too-recent": "Something happened too short a time ago for this rule.",
    "fact-unknown": "It is not known whether and when this happened: {item}.",
    "group-unknown": "It is not known whether you belong to this group: {item}.",
    "hour-not-stated": "No source states the hour at which registrations were counted.",
    "in-excluded-county": "You live or are registered in a county that this rule excludes.",
    "in-excluded-group": "You belong to a group that this rule excludes.",
    "interval-too-long": "Dose {before} is too long ago for this rule.",
    "interval-too-short": "The interval after dose {before} is not over.",
    "no-dose-in-earlier-season": "You had no dose, or too few, in earlier seasons.",
    "no-longer": "This rule holds only before {day}.",
    "not-in-county": "You neither live nor are registered in the counties that this rule is for.",
    "not-in-group": "You do not belong to the group that this rule is for.",
    "not-licensed": "The vaccine was not licensed for this dose on these days.",
    "not-stated": "No source states something that this rule needs.",
    "not-wanted": "You have not registered for this vaccine.",
    "not-yet": "This rule holds only from {day} on.",
    "other-sex": "This rule is for people of the other sex.",
    "other-vaccine-before": "Dose {before} was another vaccine.",
    "previous-dose-too-early": "Dose {before} was before the dates that this rule is for.",
    "previous-dose-too-late": "Dose {before} was after the dates that this rule is for.",
    "reckoning-not-stated": "No source states how your age is reckoned, and here it matters.",
    "dose-too-close": "A dose was given too soon after another vaccine and does not count.",
    "dose-too-soon": "A dose was given too soon after the one before and does not count.",
    "dose-too-young": "A dose was given at too young an age and does not count.",
    "sex-unknown": "Your sex is not known.",
    "too-close-to-other-vaccine": "Another vaccine was given too short a time ago.",
    "too-old": "You are too old for this rule.",
    "too-old-at-previous-dose": "You were too old when you had dose {before}.",
    "too-young": "You are too young for this rule.",
    "too-young-at-previous-dose": "You were too young when you had dose {before}.",
    "vaccination-days-not-stated": "No source states the vaccination days.",
    "vaccine-not-known": "A dose is recorded of a vaccine that is not on the list.",
    "too-many-cases": "Too much is not known to look at every case.",
    "wanted": "You have registered for this vaccine; this rule is for people who have not.",
    "wanted-too-early": "You registered before the time that this rule is for.",
    "wanted-too-late": "You registered after the count for this rule.",
    "willingness-unknown": "It is not known whether you have registered for this vaccine: {item}.",
}
"""Reasons, by `Reason.code`."""

DETAILS: Final[Mapping[str, Text]] = {
    "age-years": ("You are {n} year old from {day} on.", "You are {n} years old from {day} on."),
    "age-years-by-year": (
        "You count as {n} year old from {day} on.",
        "You count as {n} years old from {day} on.",
    ),
    "age-months": (
        "You are {n} month old from {day} on.",
        "You are {n} months old from {day} on.",
    ),
    "age-days": ("You are {n} day old from {day} on.", "You are {n} days old from {day} on."),
    "also": "This alone is not enough.",
    "also-facts": "This alone is not enough. It is also about {facts}.",
    "fact": "It is about this: {item}.",
    "dose-of": "A dose of {vaccines} is on record.",
    "no-dose-of": "No dose of {vaccines} is on record.",
    "group": "The group is: {item}.",
    "groups": "One of these groups is enough: {groups}.",
    "counties": "The counties are: {counties}.",
    "dose-day": "That dose was on {day}.",
    "dose-later": "Dose {before} was on {day}, after the vaccination days of this rule.",
    "interval": (
        "Dose {before} was on {given}, and {n} day must pass after it.",
        "Dose {before} was on {given}, and {n} days must pass after it.",
    ),
    "interval-after": "The interval after the dose of {vaccines} is not over.",
    "interval-after-last": "The interval after your last dose is not over.",
    "interval-over": "The interval is over on {day}.",
    "last-dose": (
        "Your last dose was on {given}, and {n} day must pass after it.",
        "Your last dose was on {given}, and {n} days must pass after it.",
    ),
    "too-old-at-dose-of": "You were too old when you had the dose of {vaccines}.",
    "too-young-at-dose-of": "You were too young when you had the dose of {vaccines}.",
    "licence": "This follows from the vaccine’s licence.",
    "narrows": "Not on every day.",
    "question": "The open question: {question}.",
    "your-groups": "the groups that you belong to",
}
"""The details of a reason: the day on which it changes, and its basis."""

ADVICE: Final = {
    "ask-programme": "Ask the programme; no announcement that was found answers this.",
    "correct-doses": (
        "If the record of your doses is wrong, have it corrected by the vaccination site"
        " or a health bureau."
    ),
    "earlier-day": "Choose a day before {day}.",
    "earlier-dose": (
        "Have dose {before} first, if it is offered to you. If you have had it, have the record"
        " corrected by the vaccination site or a health bureau."
    ),
    "find-birth-date": "Give your date of birth.",
    "find-county": "Give the county where you live and that of your household registration.",
    "find-doses": "Give the vaccine and the day of every dose that you have had.",
    "find-fact": "Say whether it happened, and on which day.",
    "find-group": "Say whether you belong to it.",
    "find-registration": "Look up your registration.",
    "find-sex": "Give your sex.",
    "later-day": "Choose {day} or a later day.",
    "later-round": "Another rule or a later round may be for you.",
    "more-facts": "Give more of your facts.",
    "register": "Register for this vaccine when registration is open.",
    "wait-until": "Look for a round with vaccination days from {day} on.",
}
"""The advice about a reason."""

NEXT: Final = {
    "birth-date-unknown": "find-birth-date",
    "born-too-early": "later-round",
    "born-too-late": "later-round",
    "county-unknown": "find-county",
    "days-over": "later-round",
    "dose-already-given": "correct-doses",
    "dose-before-birth": "correct-doses",
    "dose-before-vaccine": "correct-doses",
    "dose-too-close": "correct-doses",
    "dose-too-soon": "correct-doses",
    "dose-too-young": "correct-doses",
    "too-close-to-other-vaccine": "wait-until",
    "dose-in-earlier-season": "later-round",
    "doses-on-one-day": "correct-doses",
    "doses-unknown": "find-doses",
    "earlier-dose-missing": "earlier-dose",
    "excluded-vaccine-before": "later-round",
    "fact-excluded": "later-round",
    "fact-missing": "later-round",
    "fact-too-long-ago": "later-round",
    "fact-too-recent": "wait-until",
    "fact-unknown": "find-fact",
    "group-unknown": "find-group",
    "hour-not-stated": "ask-programme",
    "in-excluded-county": "later-round",
    "in-excluded-group": "later-round",
    "interval-too-long": "later-round",
    "interval-too-short": "wait-until",
    "no-dose-in-earlier-season": "later-round",
    "no-longer": "later-round",
    "not-in-county": "later-round",
    "not-in-group": "later-round",
    "not-licensed": "later-round",
    "not-stated": "ask-programme",
    "not-wanted": "register",
    "not-yet": "wait-until",
    "other-sex": "later-round",
    "other-vaccine-before": "later-round",
    "previous-dose-too-early": "later-round",
    "previous-dose-too-late": "later-round",
    "reckoning-not-stated": "ask-programme",
    "sex-unknown": "find-sex",
    "too-old": "later-round",
    "too-old-at-previous-dose": "later-round",
    "too-young": "wait-until",
    "too-young-at-previous-dose": "later-round",
    "vaccination-days-not-stated": "ask-programme",
    "vaccine-not-known": "correct-doses",
    "too-many-cases": "more-facts",
    "wanted": "later-round",
    "wanted-too-early": "later-round",
    "wanted-too-late": "later-round",
    "willingness-unknown": "find-registration",
}
"""The advice for each reason that refuses or leaves open, by `Reason.code`."""

FACTS: Final = {
    "birth_date": "your date of birth",
    "dated_facts": "whether and when this happened: {item}",
    "doses": "your doses so far",
    "groups": "whether you belong to this group: {item}",
    "registered_county": "the county of your household registration",
    "residence_county": "the county where you live",
    "sex": "your sex",
    "willingness": "whether you have registered for this vaccine: {item}",
}
"""Missing facts, by the field of `Person`."""

QUESTIONS: Final = {
    "booster-at-18": "whether Medigen may be given as a booster at 18 and 19",
    "chronic-under-19": "whether chronic patients under 19 are covered",
    "chronic-under-19-then": "whether chronic patients under 19 were covered",
    "days-after": "whether vaccination went on after {day}",
    "five-between-doses": "whether a child who turns five between the two doses has the second",
    "foreign-nationals": "which foreign nationals the campaign covers",
    "foreign-nationals-first-phases": "which foreign nationals the first phases covered",
    "foreign-nationals-then": "which foreign nationals the campaign covered",
    "months-before-12": "how long before turning 12 one could register",
    "one-more-dose": "whether a child who began with two doses in the campaign has one more",
    "schoolchild-second-dose": ("whether the second dose of a child at school was publicly funded"),
    "two-doses-for-children": "whether children had two doses in this season",
    "births-covered": "which births the programme covers",
    "age-after-six": "whether the dose is made up for after the age of six",
    "other-kind-of-vaccine": "how a series goes on that began with the other kind of vaccine",
    "vaccines-of-round-1": "which vaccines round 1 offered",
}
"""Open questions, as the bundled policies word them; a date in them is ``{day}``."""

COUNTIES: Final = ENGLISH_NAMES
"""The counties and cities of Taiwan, by their names in facts and policies."""

FRAMES: Final = {
    "booking": "to be booked {windows}",
    "booking-over": "booking is over; it was open {windows}",
    "days-every": "every day",
    "days-from": "from {first} on",
    "days-none": "no day",
    "days-range": "{first} to {last}",
    "days-until": "until {last}",
    "aside": "{text} ({aside})",
    "moment": "{day}, {time}",
    "moment-not-stated": "a time that no source states",
    "moment-without-hour": "{day} (no source states the hour)",
    "offer": "{vaccine}, dose {dose}, {days}",
    "offer-overdue": "{vaccine}, dose {dose}, overdue {days}",
    "offer-recommended": "{vaccine}, dose {dose}, recommended {days}",
    "offer-registration": "registration for {vaccine}, {days}",
    "offer-with-booking": "{offer}; {booking}",
    "registering": "to be registered for {windows}",
    "registering-over": "registration is over; it was open {windows}",
    "outcome-not-stated": "undetermined: no source states what decides it",
    "window": "from {opens} to {closes} (Taiwan time)",
}
"""The frames of days, windows and offers."""

CONDITIONS: Final[Mapping[str, Text]] = {
    "age_at_dose_of/days": (
        "at least {n} day old at a dose of {vaccines}",
        "at least {n} days old at a dose of {vaccines}",
    ),
    "age_at_dose_of/days/number": (
        "at least {n} day old at dose {number} of {vaccines}",
        "at least {n} days old at dose {number} of {vaccines}",
    ),
    "age_at_dose_of/months": (
        "at least {n} month old at a dose of {vaccines}",
        "at least {n} months old at a dose of {vaccines}",
    ),
    "age_at_dose_of/months/number": (
        "at least {n} month old at dose {number} of {vaccines}",
        "at least {n} months old at dose {number} of {vaccines}",
    ),
    "age_at_least_days": ("at least {n} day old {on}", "at least {n} days old {on}"),
    "age_at_most_days": ("at most {n} day old {on}", "at most {n} days old {on}"),
    "age_at_most_months": ("at most {n} month old {on}", "at most {n} months old {on}"),
    "any_group": "in one of these groups: {groups}",
    "apart_from": (
        "on the day of the last dose of {vaccines}, or at least {n} day after it",
        "on the day of the last dose of {vaccines}, or at least {n} days after it",
    ),
    "apart_from/same-day": "on the day of the last dose of {vaccines}",
    "days_since_fact": (
        "at least {n} day since this happened: {item}",
        "at least {n} days since this happened: {item}",
    ),
    "days_since_fact/at-most": (
        "at most {n} day since this happened: {item}",
        "at most {n} days since this happened: {item}",
    ),
    "days_since_fact/between": (
        "{least} to {n} day since this happened: {item}",
        "{least} to {n} days since this happened: {item}",
    ),
    "days_since_fact/or-never": "{condition}; or it never happened",
    "days_since_dose_of": (
        "at least {n} day after the last dose of {vaccines}",
        "at least {n} days after the last dose of {vaccines}",
    ),
    "days_since_dose_of/number": (
        "at least {n} day after dose {number} of {vaccines}",
        "at least {n} days after dose {number} of {vaccines}",
    ),
    "days_since_dose_of/or-none": (
        "if there was a dose of {vaccines}: at least {n} day after the last of them",
        "if there was a dose of {vaccines}: at least {n} days after the last of them",
    ),
    "doses_of": ("at least {n} dose of {vaccines}", "at least {n} doses of {vaccines}"),
    "doses_of/none": "no dose of {vaccines}",
    "doses_of/not": ("at most {n} dose of {vaccines}", "at most {n} doses of {vaccines}"),
    "doses_of/since": (
        "at least {n} dose of {vaccines} from {day} on",
        "at least {n} doses of {vaccines} from {day} on",
    ),
    "age_at_least": ("at least {n} year old {on}", "at least {n} years old {on}"),
    "age_at_least_months": ("at least {n} month old {on}", "at least {n} months old {on}"),
    "age_at_most": ("at most {n} year old {on}", "at most {n} years old {on}"),
    "born_on_or_after": "born on or after {day}",
    "born_on_or_before": "born on or before {day}",
    "dose_due_after_days": (
        "at least {n} day after {given} {on}",
        "at least {n} days after {given} {on}",
    ),
    "dose_due_after_days/season": (
        "if there was a dose in an earlier season: at least {n} day after the last of them {on}",
        "if there was a dose in an earlier season: at least {n} days after the last of them {on}",
    ),
    "doses_at_least": ("at least {n} dose so far", "at least {n} doses so far"),
    "doses_at_least/none": "no dose so far",
    "doses_at_least/not": ("at most {n} dose so far", "at most {n} doses so far"),
    "doses_at_least/not/season": (
        "at most {n} dose in this season",
        "at most {n} doses in this season",
    ),
    "doses_at_least/none/season": "no dose in this season",
    "doses_at_least/season": (
        "at least {n} dose in this season",
        "at least {n} doses in this season",
    ),
    "earlier_doses_at_least": (
        "at least {n} dose in earlier seasons",
        "at least {n} doses in earlier seasons",
    ),
    "earlier_doses_at_least/none": "no dose in earlier seasons",
    "earlier_doses_at_least/not": (
        "at most {n} dose in earlier seasons",
        "at most {n} doses in earlier seasons",
    ),
    "from_day": "vaccination day not before {day}",
    "from_day/not": "vaccination day before {day}",
    "group": "belongs to this group: {item}",
    "group/not": "does not belong to this group: {item}",
    "group/band": "belongs to this group: {item}; by the date of birth: {age}",
    "has_fact": "this has happened: {item}",
    "has_fact/not": "this has not happened: {item}",
    "not": "not: {condition}",
    "not_stated": "an open question ({question})",
    "previous_dose_before_age": (
        "{given} was given before the age of {n} year",
        "{given} was given before the age of {n} years",
    ),
    "previous_dose_of": "{given} was one of these vaccines: {vaccines}",
    "previous_dose_on_or_after": "{given} was given on or after {day}",
    "previous_dose_on_or_before": "{given} was given on or before {day}",
    "registered_in": "household registration in {counties}",
    "resident_in": "lives in {counties}",
    "sex/female": "female",
    "sex/male": "male",
    "wanted": "has registered for {vaccine}",
    "wanted/after": "has registered for {vaccine}, not before {after}",
    "wanted/by": "has registered for {vaccine}, by {by}",
    "wanted/by-after": "has registered for {vaccine}, not before {after} and by {by}",
}
"""Conditions, by their key in a policy file."""

CONDITION_FRAMES: Final = {
    "ages-at-least": "{at_least} years or older",
    "ages-at-most": "{at_most} years or younger",
    "ages-between": "{at_least} to {at_most} years",
    "ages-only": "{at_least} years",
    "ages-reckoned": "{ages} {on}",
    "all": "all of these hold:",
    "any": "at least one of these holds:",
    "dose-before": "dose {before}",
    "dose-before-in-season": "dose {before} of the season",
    "dose-before-season": "the last dose of an earlier season",
    "none": "none of these holds:",
    "not-all": "not all of these hold:",
    "vaccine": "the vaccine",
}
"""The frames of conditions."""

RECKONINGS: Final = {
    "calendar-year": "by calendar year",
    "date": "on {day}",
    "day": "on the vaccination day",
    "first-day": "on the first vaccination day",
    "last-day": "on the last vaccination day",
    "not-stated": "(no source states whether by calendar year or on the first vaccination day)",
}
"""The day on which an age or interval is reckoned."""

PICTURE: Final[Mapping[str, str]] = {
    it.name.replace("_", "-"): it.default for it in fields(Labels) if isinstance(it.default, str)
}
"""The words of the pictures, by field of `vaxpolicy.picture.labels.Labels`."""

FIELDS: Final = {
    "also_known_as": "other UI number",
    "captcha_passed": "CAPTCHA",
    "entry_document": "entry permit document number",
    "id_number": "national ID or UI number",
    "nhi_card": "NHI card number",
    "passport": "passport number",
    "permit": "entry/exit permit number",
    "status": "status in Taiwan",
}
"""The boxes of the form, by field of `IdentityForm`."""

KINDS: Final = {
    "entry-document-number": "entry permit document number",
    "entry-permit-number": "entry/exit permit number",
    "id-number": "national ID or UI number",
    "mobile-number": "mobile number",
    "national-id": "national ID number",
    "nhi-card-number": "NHI card number",
    "passport-number": "passport number",
    "ui-number": "UI number",
}
"""The kinds of number, by `Number.kind`."""

FORM: Final = {
    "captcha-not-passed": "Solve the CAPTCHA.",
    "document-of-another-status": (
        "This document does not go with your UI number and status. Check the status, or give the"
        " document that goes with it."
    ),
    "missing": "Fill this in.",
    "no-second-document": (
        "Give the NHI card number. If you have a UI number and no card, give your passport number"
        " (foreigners) or your entry/exit permit number (everyone else)."
    ),
    "no-ui-number": (
        "A UI number is needed with this document. If you have none, the National Immigration"
        " Agency gives you one."
    ),
    "not-with-national-id": "If you have a national ID, use your NHI card instead.",
    "same-number": (
        "This is the same number once more. Leave it empty, or give your other UI number."
    ),
    "status-contradicts-number": (
        "Your UI number is usually that of people with another status. Check both."
    ),
    "two-documents": (
        "Only one document can replace the NHI card. Say which status you have in Taiwan."
    ),
    "two-routes": (
        "Give the NHI card number or this document, not both. If you have an NHI card, use it."
    ),
    "unusual-shape": (
        "Numbers of this kind usually look different. Compare it with your document; if they agree,"
        " go on."
    ),
    "unused-document": "Not used: another document goes with your UI number and status.",
    "wrong-box": "This looks like another number. It belongs here: {boxes}.",
}
"""Problems and warnings of a form, and what to do, by code."""

NUMBERS: Final = {
    "foreign-number": (
        "This is a telephone number of another country. Give a mobile number in Taiwan."
    ),
    "format-no-longer-accepted": (
        "UI numbers with two letters are no longer accepted. Have yours exchanged by the National"
        " Immigration Agency."
    ),
    "invalid": "This is not a valid {name}. Compare it with your document.",
    "invalid-character": (
        "A character is not allowed at its place in a {name}. Compare it with your document."
    ),
    "invalid-checksum": (
        "The {name} has a typing error: its check digit does not fit. Compare it with"
        " your document."
    ),
    "invalid-length": (
        "The {name} has too many characters or too few. Compare it with your document."
    ),
    "landline": "This is a landline number, which gets no text messages. Give a mobile number.",
    "not-a-phone-number": "This is not a telephone number. Give a mobile number.",
    "not-canonical": (
        "Write the {name} with capital letters and digits only, without blanks or hyphens."
    ),
    "not-mobile": "This is not a mobile number. Give a mobile number.",
    "personal-number": "Numbers that begin with 099 are not mobile numbers. Give a mobile number.",
    "unassigned-number": "No such telephone number is in use in Taiwan. Check it.",
    "unassigned-second-character": (
        "No {name} has this second character. Compare it with your document."
    ),
    "voip": (
        "This is an internet telephone number, which gets no text messages. Give a mobile number."
    ),
    "wrong-kind": (
        "This is a number of another kind, not a {name}. Check which number is asked for."
    ),
}
"""Errors of a number, and what to do, by `NumberError.code`."""

NUMBER_FRAMES: Final[Mapping[str, Text]] = {
    "length": ("It should have {n} character.", "It should have {n} characters."),
    "length-range": "It should have {fewest} to {most} characters.",
    "position": "It is the character in place {place}.",
    "problem": "{field}: {problem}",
    "suggestion": "Perhaps {masked} is meant ({slip}). Compare it with your document.",
}
"""The details of a number's error."""

SLIPS: Final = {
    "b-or-8": "B or 8",
    "doubled": "a character typed twice",
    "full-width": "full-width characters",
    "i-or-1-or-l": "I, 1 or L",
    "lost": "a character missing",
    "lower-case": "small letters",
    "o-or-0": "O or 0",
    "s-or-5": "S or 5",
    "separator": "blanks or hyphens",
    "swapped": "two characters swapped",
    "z-or-2": "Z or 2",
}
"""Typos and misreadings, by `Confusion`."""

UI_NUMBER: Final = {
    "online": (
        "Apply for a UI number online at {address}. Have your entry/exit permit at hand; the permit"
        " for a longer stay may already show the UI number among its remarks (附記)."
    ),
    "service-centre": (
        "Apply for a UI number at a service centre of the National Immigration Agency, in any"
        " county. Bring your passport and a copy of it."
    ),
}
"""The ways to get a UI number, by `Application`."""

RESIDENCY: Final = {
    "foreign-or-stateless": "foreigner or stateless person",
    "hk-macau": "resident of Hong Kong or Macau",
    "national-without-household": "national without household registration",
    "prc": "resident of the mainland area (PRC)",
}
"""The legal statuses of UI-number holders, by `ResidencyStatus`."""

STATUSES: Final = {
    "arrived": "checked in at the vaccination site",
    "booked": "booked",
    "cancelled": "booking cancelled",
    "carried-over": "carried over to the next round",
    "closed": "closed",
    "deferred": "vaccination put off on medical advice",
    "missed": "did not come on the vaccination day",
    "new": "not registered",
    "notified": "notified",
    "registered": "registered",
    "vaccinated": "vaccinated",
    "withdrawn": "registration withdrawn",
}
"""The last step of a journey, by `Status`."""

CLOSE_REASONS: Final = {
    "completed": "all doses have been given",
    "deceased": "the person has died",
    "merged": "the journey goes on under another number",
    "programme-ended": "the programme has ended",
}
"""The reasons for which a journey ended, by `CloseReason`."""

SLOT_STATUSES: Final = {
    "closed": "the vaccination site has closed this slot",
    "new": "this slot has not been opened",
    "open": "this slot is open",
}
"""The statuses of a slot, by `SlotStatus`."""

KEEPINGS: Final = {
    "expired": "the time for which your place was held is over",
    "held": "a place is held for you",
    "none": "no place is kept for you",
    "released": "your place was given back",
    "taken": "a place is yours",
    "withdrawn": "the vaccination site has closed the slot",
}
"""The kinds of place that a booking has, by `Allocation`."""

REFUSALS: Final = {
    "actor-not-allowed": (
        "This is not for you to do. Ask the vaccination site or the programme, whose task it is."
    ),
    "already-arrived": "You have checked in for this booking. Speak to the staff of the site.",
    "already-booked": (
        "You have a booking; one person has one at a time. Change the booking, or cancel it."
    ),
    "already-held": "You hold a place of this slot. Use it, or give it back first.",
    "already-notified": "You have been notified of this round. Nothing needs to be sent again.",
    "already-registered": (
        "You have registered before; one registration covers all doses. Amend it instead."
    ),
    "already-waiting": "You are on the waiting list. Nothing needs to be done.",
    "below-taken": (
        "More places are taken than the new number of places. Move the bookings, or close the slot."
    ),
    "booked-elsewhere": (
        "You have a booking in a local system. Keep that booking, or cancel it there first."
    ),
    "booking-over": (
        "The day of your booking is over. Ask the vaccination site to record what happened."
    ),
    "books-no-places": (
        "Places in this round are not booked here. Go to a vaccination site, or book with one."
    ),
    "cancel-too-late": (
        "This booking can no longer be cancelled. Tell the vaccination site; if you do not come,"
        " you may book in the next round."
    ),
    "capacity-unknown": (
        "It is not known whether a place is kept for you, so nothing was booked. Try again."
    ),
    "clock-ahead": "The clock of this system is years ahead. Try again later.",
    "clock-behind": "The clock of this system is slow. Try again later.",
    "command-id-reused": (
        "The portal used the same number for two requests, so nothing was done. Try again; if it"
        " happens again, tell the hotline."
    ),
    "day-not-offered": (
        "This day is not one of yours. Choose one of the days that are offered to you."
    ),
    "day-not-over": (
        "The day of the booking is not over; people may come until its end. Record on the next day"
        " who has not come."
    ),
    "day-over": "This day is over. Choose a later day.",
    "decision-of-another-person": (
        "The portal mixed up two people, so nothing was done. Sign in again; if it happens again,"
        " tell the hotline."
    ),
    "decision-of-another-policy": (
        "The rules have changed, so your eligibility must be decided again. Try again."
    ),
    "dose-already-given": (
        "You have had this dose. If not, have the record corrected by the vaccination site or a"
        " health bureau."
    ),
    "dose-in-future": "The dose is dated after today. Correct the date.",
    "dose-number": (
        "The number of this dose does not fit the doses on record. Have the earlier doses"
        " recorded first."
    ),
    "dose-of-another-disease": (
        "This vaccine is against another disease. Have the dose recorded in the programme for"
        " that disease."
    ),
    "dose-recorded": "This dose is already on record. Nothing needs to be done.",
    "edit-lock-not-stated": (
        "No source says whether a registration may be changed now. Wait until the round is over, or"
        " ask the programme."
    ),
    "edit-locked": (
        "Your registration cannot be changed now, because you have a booking or a notification."
        " Cancel the booking first, or wait."
    ),
    "eligibility-undetermined": (
        "The known facts do not show whether it is your turn. Give the facts that are missing; a"
        " vaccination site or a health bureau corrects records."
    ),
    "elsewhere-unknown": (
        "It is not known whether you have a booking in a local system. Try again later."
    ),
    "hold-ends-early": "The place would be held for no time at all. Give a later end.",
    "hold-over": "The time for which your place was held is over. Take a place again.",
    "hold-too-long": "A place is not held this long. Complete your booking within the time given.",
    "identity-not-verified": (
        "You have not been identified yet. Fill in the form with the numbers of your documents."
    ),
    "journey-closed": "Your case has been closed. If this is wrong, ask the programme.",
    "mobile-missing": (
        "A mobile number is missing. Give one that can receive text messages; it need not be your"
        " own."
    ),
    "move-changes-dose": (
        "A booking can be moved only to a slot for the same vaccine and dose. Choose such a slot."
    ),
    "next-dose-booked": (
        "You have booked the next dose as well, by the day of this booking. Cancel the booking"
        " of the next dose first; book it again afterwards."
    ),
    "no-booking": "You have no booking. Book first.",
    "no-longer-bookable": ("None of your days can be booked any more. Wait for the next round."),
    "no-notification": "This round sends no text messages. Book without waiting for one.",
    "no-such-place": "No place in this slot is kept for you. Nothing needs to be done.",
    "not-correctable": "This entry cannot be taken back. Ask the programme.",
    "not-decided": "Your eligibility has not been decided yet. Try again.",
    "not-eligible": (
        "It is not your turn in this round. Read the reasons; a later round may be yours."
    ),
    "not-matched": (
        "The registry knows no person with these numbers. Compare the form with your documents; if"
        " they agree, ask the office that issued them."
    ),
    "not-next-dose": (
        "This slot is not for the dose after the booked one, or its day is not later. Choose a"
        " slot for the next dose, on a later day."
    ),
    "not-notified": (
        "You can book this round only after a text message, and you were sent none. Wait for it."
    ),
    "not-offered": (
        "You are not offered this dose of this vaccine in this round. Choose one that is offered to"
        " you."
    ),
    "not-registered": "You have not registered, or have withdrawn. Register first.",
    "not-the-day": "Today is not the day of your booking. Come on that day, at any hour.",
    "nothing-to-carry-over": (
        "There is no unused notification to carry over. Nothing needs to be done."
    ),
    "notification-failed": (
        "The text message could not be delivered. Check your mobile number, so that it can be sent"
        " again."
    ),
    "notification-not-stated": (
        "No source says whether this round may be booked without a text message. Wait for the"
        " message, or ask the programme."
    ),
    "notification-unknown": (
        "It is not known whether the text message reached you. Look at your messages, or ask for it"
        " to be sent again."
    ),
    "one-dose-at-a-time": (
        "Here the next dose is booked when the one before has been given. Book it after your"
        " vaccination."
    ),
    "other-booking": "This is not the booking that you have. Look your booking up again.",
    "other-journey-unknown": "We could not look up your other UI number. Try again later.",
    "other-person": (
        "The portal mixed up two people, so nothing was done. Sign in again; if it happens again,"
        " tell the hotline."
    ),
    "other-place": (
        "The place that was kept is in another slot or for another booking. Take a place in this"
        " slot."
    ),
    "other-policy": (
        "This is another round than the one that is open to you. Choose the round again."
    ),
    "other-programme": (
        "This round is against another disease. Choose the programme against that disease."
    ),
    "other-round": (
        "Your booking belongs to another round. Cancel it first, then book in this round."
    ),
    "others-wait": (
        "Others are waiting for the places left. Join the waiting list, or choose another slot."
    ),
    "place-taken": "This place is already yours. Nothing needs to be done.",
    "places-left": "This slot has places left. Book one.",
    "registration-gate-closed": (
        "Registration is not open to you yet. Wait until it opens to your group or age."
    ),
    "registration-gate-unchecked": (
        "Whether registration is open to you has not been decided yet. Try again."
    ),
    "registration-gate-undetermined": (
        "The known facts do not show whether registration is open to you. Give the facts that are"
        " missing."
    ),
    "registration-not-open": (
        "Registration is closed at this time. Register, amend or withdraw when it is open."
    ),
    "registration-not-stated": (
        "No source says whether registration is open at this time. Ask the programme."
    ),
    "registry-unavailable": "The registry has not answered, so nothing is known. Try again later.",
    "round-still-open": (
        "Booking in this round is not over, or no source says when it ends. Book while it is open."
    ),
    "same-slot": "You have booked this very slot. Keep it, or choose another one.",
    "session-over": "This session is over. Choose a later one.",
    "slot-already-open": "This slot is open already. Change its number of places instead.",
    "slot-closed": (
        "The vaccination site has closed this slot. Choose another session, day or site."
    ),
    "slot-full": "This slot has no place left. Choose another session, day or site.",
    "slot-not-open": (
        "This slot has not been opened. Wait until the vaccination site opens it, or choose another"
        " one."
    ),
    "supposes-another-dose": (
        "Your booking has changed, so the days for your next dose must be decided again. Try again."
    ),
    "too-many-districts": "These are more districts than you may choose. Choose fewer.",
    "vaccine-already-added": (
        "Your registration has this vaccine already. Nothing needs to be done."
    ),
    "vaccine-booked": (
        "You have a booking for the vaccine that you no longer ticked. Cancel the booking first, or"
        " keep the vaccine ticked."
    ),
    "vaccine-fixed": (
        "Your second dose is of the same vaccine as your first. Choose the vaccine of the first"
        " dose."
    ),
    "vaccine-not-in-programme": (
        "The programme does not give one of these vaccines. Choose among its vaccines."
    ),
    "vaccine-not-registered": (
        "You have not registered for this vaccine. Choose one that you registered for, or amend"
        " your registration."
    ),
    "window-not-open": (
        "Your booking window is not open now. Book or change while it is open; other people’s"
        " windows do not count for you."
    ),
    "window-not-stated": (
        "No source says whether your booking window is open now. Try again when it is surely open."
    ),
}
"""Refusals of a reservation, and what to do, by `Rejected.code`."""

REFUSAL_FRAMES: Final = {
    "days": "Days that you may choose: {days}.",
    "from": "This is possible from {moment} on (Taiwan time).",
}
"""The details of a refusal."""

FINDINGS: Final = CODES
"""Findings of the lint, by `Finding.code`."""

DIFFERENCES: Final = {
    "altered": "{at} was altered: it does not match its own digest.",
    "differs": "{at} differs: the record says {recorded}, the decision run again says {now}.",
    "digest-does-not-match": (
        "The digest does not match: the record says {recorded}, it should be {now}."
    ),
    "end-missing": (
        "The end of the chain is missing: it should end with {recorded}, and ends with {now}."
    ),
    "not-a-record": "This is not a decision record. At {at}: {now}.",
    "not-canonical": "The bytes are not those of the canonical form.",
    "not-decidable": "Nothing can be decided on these facts: {now}.",
    "not-signed": "The decision record is not signed.",
    "out-of-order": (
        "The decision record is in the wrong place: it follows {recorded}, and the one before"
        " it is {now}."
    ),
    "policy-not-the-one-named": (
        "The policy is not the one named: for {at} the record says {recorded}, it is {now}."
    ),
    "policy-unknown": "No policy has the digest {recorded}, nor the id and version beside it.",
    "predecessor-missing": (
        "The decision record before this one is missing: this one follows {recorded}, and the one"
        " before it is {now}."
    ),
    "signature-does-not-match": "The signature does not match.",
}
"""Faults of a decision record, by `Difference.code`."""

DIFFERENCE_FRAMES: Final = {
    "position": "Decision record {place}: {text}",
    "whole": "the whole",
}
"""The places of differences."""

CHANGES: Final[Mapping[str, Text]] = {
    "age-months": ("{n} month", "{n} months"),
    "age-years": ("{n} year", "{n} years"),
    "born": "born {when}",
    "born-in-month": "born in {when}",
    "born-in-year": "born in {when}",
    "counted-before": "{doses} before {before}",
    "counted-since": "{doses} since {since}",
    "counted-since-before": "{doses} since {since} and before {before}",
    "counted-so-far": "{doses} so far",
    "days-none": "not offered",
    "days-possible": "possibly {days}",
    "days-sure-and-possible": "surely {sure}, possibly {possible}",
    "dose": "dose {number}",
    "dose-back": "dose {number} counted back from {day}",
    "dose-before": "the last dose before {day}",
    "dose-given": "{dose}, given {when}",
    "dose-of": "{dose}: {vaccines}",
    "dose-old": "{dose}, at an age of {age} or more",
    "dose-old-later": (
        "{dose}, at the earliest {n} day before attaining {age}",
        "{dose}, at the earliest {n} days before attaining {age}",
    ),
    "dose-since": "dose {number} since {day}",
    "dose-young": "{dose}, before attaining {age}",
    "dose-young-later": (
        "{dose}, more than {n} day before attaining {age}",
        "{dose}, more than {n} days before attaining {age}",
    ),
    "doses": ("{n} dose", "{n} doses"),
    "doses-none": "no dose",
    "doses-or-more": ("at least {n} dose", "at least {n} doses"),
    "everybody": "everybody",
    "fact-happened": "happened {when}: {item}",
    "fact-happened-in": "happened in {when}: {item}",
    "fact-happened-once": "happened some time: {item}",
    "fact-never": "never happened: {item}",
    "gains": "Newly offered, surely or possibly: dose {dose} of {vaccines}",
    "had": "{vaccine} on {day}",
    "in-group": "belongs to this group: {item}",
    "in-no-group": "belongs to no group",
    "lives-elsewhere": "lives outside {counties}",
    "lives-in": "lives in {counties}",
    "loses": "No longer offered, or no longer surely: dose {dose} of {vaccines}",
    "moment-after": "after {moment}",
    "moment-before": "before {moment}",
    "moment-both": "{first} and {second}",
    "moment-by": "by {moment}",
    "moment-from": "not before {moment}",
    "moves": "Have other days for dose {dose} of {vaccines}",
    "not-in-group": "does not belong to this group: {item}",
    "nothing-known": "nothing is known",
    "perhaps-in-group": "perhaps belongs to this group: {item}",
    "registered-elsewhere": "household registration outside {counties}",
    "registered-in": "household registration in {counties}",
    "wants": "has registered for the vaccine",
    "wants-none": "has registered for no vaccine",
    "wants-not": "has not registered for the vaccine",
    "wants-since": "has registered for {vaccine} since {moment}",
    "wants-when": "has registered for the vaccine {when}",
    "when-between": "from {first} to {last}",
    "when-from": "on or after {first}",
    "when-on": "on {day}",
    "when-until": "on or before {last}",
}
"""The people and the effects of a change between two policies."""

COMMAND_LINE: Final[Mapping[str, Text]] = {
    "all": "All of this must hold:",
    "and-fact": "{facts}; {fact}",
    "announced": "announced {day}, against {disease}",
    "answer-no": "no",
    "answer-not-stated": "no source states it",
    "answer-unknown": "not known",
    "answer-yes": "yes",
    "before-and-now": "before: {before}; now: {now}",
    "bookable": "can be booked at {moment}: {answer}",
    "bound-gives": "the rule gives {dates}",
    "bound-no": "no bound",
    "bound-proved": "proved",
    "bound-refuted": "refuted",
    "bound-restated": "restated",
    "bounds-birth": "birth date bounds: {proved} proved, {restated} restated, {refuted} refuted",
    "bounds-previous-dose": (
        "previous dose bounds: {proved} proved, {restated} restated, {refuted} refuted"
    ),
    "chain": "the chain",
    "cited": "{text} [{sources}]",
    "cites": "cites: {sources}",
    "condition": "{condition}: {answer}",
    "earliest": "earliest day: {day}",
    "example": "for instance: {person}",
    "licence": "{condition} (by the vaccine’s licence)",
    "lint-line": "line {line}: {text}",
    "lint-summary": "policies checked: {policies}; findings: {wrong}; explained: {explained}",
    "from-day": "Counting the days from {day} on.",
    "in-retrospect": "In retrospect: all days of the policy count, those that are over too.",
    "missing": "To decide, find out: {facts}",
    "more-about": "{n} more",
    "more-policies": (
        "{n} more policy, which is over or not yet announced: {option}",
        "{n} more policies, which are over or not yet announced: {option}",
    ),
    "more-reasons": ("{n} more reason: {option}", "{n} more reasons: {option}"),
    "no-difference": "no difference",
    "not-offered": "not offered",
    "not-verified": "not verified",
    "not-verified-answer": (
        "Not verified: this policy rests on what others noted of announcements that were not read."
    ),
    "notification": "notification before booking",
    "offered": "offered on {days}",
    "possible": "possible on {days}, depending on what is not known",
    "reading": "read as: {text}",
    "reasons": "Reasons:",
    "on-record": "Doses on record that count here: {doses}",
    "records-summary": "decision records: {records}; with differences: {wrong}",
    "rule": "{rule}: {vaccine}, dose {dose}, vaccination days {days}",
    "retrospect": "These days ended on {day}. The answer is in retrospect.",
    "rule-days-not-stated": "{rule}: {vaccine}, dose {dose}, vaccination days not stated",
    "rule-registration": "{rule}: registration for {vaccine}, {days}",
    "show-registration": "{rule}: registration for {vaccines}",
    "show-rule": "{rule}: {vaccines}, dose {dose}",
    "sources": "sources",
    "season-exact": "for every person, in absolute days: {option}",
    "season-had-dose": "had a dose in the season before",
    "season-people": "People by age and group; years between the seasons: {years}",
    "season-rules": "Rules",
    "stage": "stage {stage}: vaccination days {days}",
    "stage-not-stated": "stage {stage}: vaccination days not stated, within {days}",
    "stage-registration": "stage {stage}: registration {days}",
    "stage-possibly": "stage {stage}: vaccination days {days}, possibly until {last}",
    "walk-in": "no booking: walk in",
    "stranded": "{rule}: people with dose {dose} of {vaccine} have no next dose. {why}",
    "stranded-nobody": "Nobody who was tried is left without a next dose.",
    "unlicensed": "The vaccine was not licensed for this dose on these days.",
    "way": "Way {number}:",
    "ways": "One of these {n} ways is enough, with everything in it:",
    "window-for": "{booking}: {whom}",
    "windows": "booking windows of stage {stage}",
}
"""The texts of the command line."""

DEMO: Final = {
    "book": "books {slot}",
    "book-again": "books again, {slot}",
    "check-in": "checks in at the vaccination site",
    "claim": "Form: identified by {number} and {document}; the registry confirms it",
    "form": "Form: {problem} ({code})",
    "notify": "is notified",
    "now": "{moment}: {what}. Now: {status}",
    "offer": "Offer: {offer}",
    "reason": "Reason: {reason}",
    "refused": "{moment}: {what}. Refused ({code}): {text}",
    "register": "registers",
    "vaccinate": "is vaccinated",
    "who-citizen": "A citizen with an NHI card, for a first dose in round 13",
    "who-foreigner": "A foreigner without an NHI card, for a second dose in round 13",
    "who-hong-kong": "A Hong Kong resident without an NHI card, for the booster in round 19",
    "who-interval": (
        "Someone whose interval ends in the middle of round 19, and who wants an earlier day"
    ),
    "who-leap": "Someone born on 29 February 2004, in round 19",
    "who-leap-later": "The same person in round 24",
    "who-mistyped": "Someone who mistypes the number: the letter O for a zero",
    "who-unknown": "Someone whose doses so far are not known, in round 19",
}
"""The texts of the demonstration."""

POLICIES: Final = {
    "childhood": "Routine vaccination of children, {year}",
    "covid19": "COVID-19 vaccination, season {year}",
    "hpv": "HPV vaccination at school, {year}",
    "mmr-women": "MMR vaccination of women, {year}",
    "mpox": "Mpox vaccination, {year}",
    "pneumococcal": "Pneumococcal vaccination of adults, {year}",
    "rotavirus": "Rotavirus vaccination of infants, {year}",
    "covid19-1922/registration": "Registration on the 1922 platform",
    "covid19-1922/round": "Round {number} of the 1922 platform",
    "influenza": "Influenza vaccination, season {year}",
}
"""The names of bundled policies, by programme; a season has the year in which it begins."""

DISEASES: Final = {
    "childhood": "the diseases of the routine schedule",
    "covid19": "COVID-19",
    "hpv": "human papillomavirus",
    "influenza": "influenza",
    "mpox": "mpox",
    "pneumococcal": "pneumococcal disease",
    "rotavirus": "rotavirus",
    "rubella": "rubella",
}

VALUES: Final = {
    "blank": "The text is blank.",
    "contradiction": "This contradicts another field.",
    "empty": "At least one is needed.",
    "invalid": "The value has a fault.",
    "looks-like-a-number": (
        "This looks like the number of a document, a card or a telephone. "
        "Give a pseudonym, a code or a name."
    ),
    "missing": "This key is missing.",
    "no-offset": "The instant does not say its offset from universal time.",
    "not-a-date": "This is not a day. Write it as year-month-day, such as 2021-10-31.",
    "not-a-time": "This is not a time of day in hours and minutes.",
    "not-an-instant": "This is not a day with a time and an offset from universal time.",
    "not-json": "This is not JSON.",
    "not-printable": "The text has characters that cannot be printed.",
    "not-toml": "This is not TOML.",
    "not-utf-8": "The bytes are not UTF-8.",
    "not-whole": "The number is not whole.",
    "out-of-range": "The number or the day is out of range.",
    "repeated": "One of them is there twice.",
    "said-twice": "A key is written twice.",
    "too-deep": "Lists and tables lie too deep in one another.",
    "too-large": "The document is too large.",
    "too-long": "The text is too long.",
    "unknown-condition": "There is no such condition.",
    "unknown-key": "There is no such key.",
    "unknown-value": "The value is not one of those that can be chosen.",
    "wrong-form": "The text is not in the form that is asked for.",
    "wrong-order": "The first is later than the last.",
    "wrong-type": "This is a value of another kind.",
}
"""The reasons for which a value is refused; no text repeats the value."""

_SECTIONS: Final[Mapping[str, Mapping[str, Text]]] = {
    "outcome": OUTCOMES,
    "reason": REASONS,
    "detail": DETAILS,
    "advice": ADVICE,
    "fact": FACTS,
    "question": QUESTIONS,
    "county": COUNTIES,
    "frame": FRAMES,
    "condition": CONDITIONS,
    "condition-frame": CONDITION_FRAMES,
    "picture": PICTURE,
    "reckoning": RECKONINGS,
    "field": FIELDS,
    "kind": KINDS,
    "form": FORM,
    "number": NUMBERS,
    "number-frame": NUMBER_FRAMES,
    "slip": SLIPS,
    "ui-number": UI_NUMBER,
    "residency": RESIDENCY,
    "status": STATUSES,
    "close-reason": CLOSE_REASONS,
    "slot-status": SLOT_STATUSES,
    "keeping": KEEPINGS,
    "refusal": REFUSALS,
    "refusal-frame": REFUSAL_FRAMES,
    "finding": FINDINGS,
    "value": VALUES,
    "difference": DIFFERENCES,
    "difference-frame": DIFFERENCE_FRAMES,
    "change": CHANGES,
    "policy": POLICIES,
    "disease": DISEASES,
    "command-line": COMMAND_LINE,
    "demo": DEMO,
}

TEXTS: Final[Mapping[str, Text]] = {
    f"{section}/{name}": text
    for section, texts in _SECTIONS.items()
    for name, text in texts.items()
}
"""All texts, keyed ``section/code``."""
