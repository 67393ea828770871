"""The table of kinds of faults: for each kind its first case as a test, and what covers the others.

The others are covered by a law, or by a list of all members. A kind without a test fails here.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
KINDS, CLASSES, VALUES = (
    "values/test_kinds_of_faults",
    "values/test_every_class",
    "values/test_values",
)
SUITES, ERRORS, EXITS = "wire/test_public_suites", "cli/test_errors", "cli/test_exit_codes"
ALL_FIELDS = f"{CLASSES}::test_a_wrong_value_in_any_field_is_refused_with_a_code"
TABLE: dict[str, tuple[str, str]] = {
    "values: a form of ISO 8601 that nobody asked for": (
        f"{KINDS}::test_no_reader_takes_another_form_of_a_day",
        f"{SUITES}::test_a_day_and_an_instant_are_read_in_the_forms_of_json_schema",
    ),
    "values: a date that cannot be": (
        f"{KINDS}::test_years_of_the_republic_that_were_not_converted_are_refused",
        ALL_FIELDS,
    ),
    "values: a date that contradicts another fact": (
        f"{KINDS}::test_a_dose_before_birth_is_not_known_with_a_reason",
        f"{KINDS}::test_a_dose_before_its_vaccine_existed_is_not_known_with_a_reason",
    ),
    "values: a blank is a fact": (f"{KINDS}::test_a_blank_is_never_a_fact", ALL_FIELDS),
    "values: a fact of the wrong type": (
        f"{KINDS}::test_a_fact_of_the_wrong_type_is_refused_when_made",
        ALL_FIELDS,
    ),
    "values: written and not readable": (
        f"{KINDS}::test_a_dose_number_that_no_reader_takes_is_refused_when_made",
        "booking/test_event_json::test_what_is_written_is_read_again",
    ),
    "values: a misspelt setting fails open": (
        f"{KINDS}::test_a_setting_that_is_not_one_is_refused_when_made",
        ALL_FIELDS,
    ),
    "values: a slip told as a refusal": (
        f"{KINDS}::test_an_actor_that_is_not_one_is_a_type_error_and_no_refusal",
        ALL_FIELDS,
    ),
    "values: front doors": (
        f"{KINDS}::test_a_front_door_is_a_type_error_that_names_the_argument",
        f"{KINDS}::test_words_for_something_else_are_a_type_error_that_names_the_argument",
    ),
    "values: said twice": (
        f"{KINDS}::test_a_key_that_is_written_twice_is_refused_in_every_reader",
        f"{SUITES}::test_every_reader_of_json_refuses_with_its_own_exception_alone",
    ),
    "values: pickling": (
        f"{KINDS}::test_policies_decisions_and_states_travel",
        f"{CLASSES}::test_a_value_of_each_class_travels",
    ),
    "values: values in errors": (
        f"{KINDS}::test_an_error_names_field_and_code_and_never_the_value",
        "wire/test_wire::test_ten_thousand_mutated_documents_give_problems_with_paths_and_no_crash",
    ),
    "values: guards that differ": (
        f"{KINDS}::test_a_number_is_refused_wherever_it_would_be_kept",
        f"{VALUES}::test_a_number_is_found_in_every_spelling_and_inside_a_text",
    ),
    "values: pasted characters": (
        f"{KINDS}::test_a_pasted_number_is_read_or_refused_with_position_and_suggestion",
        "numbers/test_reading::test_any_text_ends_in_a_value_or_an_error_of_ours_that_stands_alone",
    ),
    "values: spellings of telephones": (
        f"{KINDS}::test_a_landline_is_named_as_one",
        "numbers/test_documents::test_a_mobile_number_is_read_however_it_is_written",
    ),
    "command line: a closed world": (
        f"{EXITS}::test_groups_that_are_not_named_are_not_known_unless_the_list_is_complete",
        "cli/test_truth::test_a_group_is_a_yes_and_leaves_the_others_unknown",
    ),
    "command line: JSON by console": (
        f"{ERRORS}::test_json_by_console_is_utf_8_and_text_has_escapes",
        "messages/test_negotiation::test_json_is_utf_8_whatever_the_console",
    ),
    "command line: a full disk": (
        f"{EXITS}::test_a_full_disk_is_a_message_and_a_code_of_its_own",
        f"{EXITS}::test_another_error_of_the_system_is_a_fault_and_not_an_output",
    ),
    "command line: a crash, a closed pipe, an interrupt": (
        f"{EXITS}::test_a_fault_of_the_library_is_a_code_of_its_own",
        f"{ERRORS}::test_whatever_stands_in_a_file_is_a_person_or_a_wrong_call",
    ),
    "command line: walk-in": (
        f"{EXITS}::test_a_campaign_without_windows_says_walk_in",
        "cli/test_truth::test_a_campaign_without_booking_says_walk_in",
    ),
    "command line: escapes": (
        f"{EXITS}::test_a_control_character_in_a_file_does_not_reach_the_terminal",
        f"{EXITS}::test_a_control_character_is_written_as_an_escape",
    ),
    "command line: its own example": (
        f"{EXITS}::test_the_example_in_an_error_works",
        "cli/test_help::test_every_example_runs",
    ),
    "command line: languages": (
        f"{EXITS}::test_a_tag_that_means_a_language_is_understood",
        "messages/test_negotiation::test_any_header_gives_a_language",
    ),
}


@cache
def names_in(module: str) -> frozenset[str]:
    """The names of the tests of a module."""
    tree = ast.parse((TESTS / f"{module}.py").read_text("utf-8"))
    return frozenset(it.name for it in ast.walk(tree) if isinstance(it, ast.FunctionDef))


@pytest.mark.parametrize("kind", TABLE)
def test_each_kind_has_a_test_and_a_law_or_a_list_for_its_other_members(kind: str) -> None:
    example, law = TABLE[kind]
    assert example != law
    for place in (example, law):
        module, name = place.split("::")
        assert name in names_in(module), f"{kind}: {place} is not there"
