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
LAWS, ERRORS, EXITS = "values/test_laws_of_kinds", "cli/test_errors", "cli/test_exit_codes"
ALL_FIELDS = f"{CLASSES}::test_a_wrong_value_in_any_field_is_refused_with_a_code"
TABLE: dict[str, tuple[str, str]] = {
    "values: a form of ISO 8601 that nobody asked for": (
        f"{KINDS}::test_no_reader_takes_another_form_of_a_day",
        f"{LAWS}::test_a_day_is_read_in_its_one_form_alone",
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
        f"{LAWS}::test_a_slip_in_what_is_brought_is_a_type_error_and_no_refusal",
    ),
    "values: front doors": (
        f"{KINDS}::test_a_front_door_is_a_type_error_that_names_the_argument",
        "package/test_front_doors::test_every_argument_of_a_public_function_is_refused_by_name",
    ),
    "values: the ends of a range in the wrong order": (
        "values/test_ends_in_order::test_a_range_in_the_wrong_order_is_a_problem_of_the_document",
        "values/test_ends_in_order::test_ends_in_the_wrong_order_are_refused_and_equal_ones_are_not",
    ),
    "values: one county under two names": (
        f"{LAWS}::test_a_county_is_kept_as_the_household_registry_writes_it",
        "population/test_sql::test_a_county_means_the_same_in_its_common_spelling",
    ),
    "values: said twice": (
        f"{KINDS}::test_a_key_that_is_written_twice_is_refused_in_every_reader",
        f"{LAWS}::test_a_key_twice_is_refused_in_every_value_wherever_it_lies",
    ),
    "values: pickling": (
        f"{CLASSES}::test_a_value_of_each_class_travels",
        f"{LAWS}::test_every_exception_that_is_exported_travels",
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
        f"{EXITS}::test_a_complete_list_of_groups_decides_only_what_was_open",
    ),
    "command line: JSON by console": (
        f"{ERRORS}::test_json_by_console_is_utf_8_and_text_has_escapes",
        "messages/test_negotiation::test_json_is_utf_8_whatever_the_console",
    ),
    "command line: a full disk": (
        f"{EXITS}::test_a_full_disk_is_a_message_and_a_code_of_its_own",
        f"{EXITS}::test_every_command_says_so_on_a_full_disk",
    ),
    "command line: a crash, a closed pipe, an interrupt": (
        f"{EXITS}::test_a_fault_of_the_library_is_a_code_of_its_own",
        f"{EXITS}::test_each_way_to_end_has_its_code",
    ),
    "command line: walk-in": (
        f"{EXITS}::test_a_campaign_without_windows_says_walk_in",
        f"{EXITS}::test_every_policy_says_whether_it_is_a_walk_in",
    ),
    "command line: escapes": (
        f"{EXITS}::test_a_control_character_in_a_file_does_not_reach_the_terminal",
        f"{EXITS}::test_no_control_character_of_unicode_is_left",
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
