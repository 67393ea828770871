"""Moments as announcements state them, and questions by their names."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from vaxpolicy.days import TAIWAN
from vaxpolicy.rules.conditions import EVERY_DAY, NO_DAY, NOT_KNOWN, Question, days_between
from vaxpolicy.rules.moments import SOME_INSTANT, Moment

NOON = datetime(2021, 10, 1, 12, tzinfo=TAIWAN)
MICROSECOND = timedelta(microseconds=1)


def test_an_instant_is_its_own_earliest_and_latest() -> None:
    assert Moment.of(NOON) == (NOON, NOON, True)
    assert Moment.of(NOON).past == NOON
    assert Moment.of(NOON).has_come(NOON) is True
    assert Moment.of(NOON).has_come(NOON - MICROSECOND) is False


def test_the_instant_that_stands_for_any_compares_with_all_others() -> None:
    assert SOME_INSTANT < NOON


def test_a_day_without_its_hour_may_be_any_instant_of_it() -> None:
    midnight = datetime(2021, 10, 1, tzinfo=TAIWAN)
    moment = Moment.of(date(2021, 10, 1))
    assert not moment.stated
    assert moment.has_come(midnight - MICROSECOND) is False
    assert moment.has_come(NOON) is None
    assert moment.has_come(midnight + timedelta(days=1)) is True
    assert moment.past == midnight + timedelta(days=1)


def test_a_moment_that_is_not_stated_has_neither_come_nor_not() -> None:
    assert Moment.of("not-stated") == (None, None, False)
    assert Moment.of("not-stated").past is None
    assert Moment.of("not-stated").has_come(NOON) is None


@pytest.mark.parametrize(
    "text", ["doses", "birth_date", "groups/cecc-2021-06-21/6/pregnant", "willingness/AZ"]
)
def test_a_question_about_a_person_is_read_from_its_text(text: str) -> None:
    question = Question.read(text)
    assert str(question) == text
    assert not question.is_about_policy


def test_a_question_of_the_policy_is_written_with_a_question_mark() -> None:
    assert str(Question("?", "whether it went on")) == "?whether it went on"
    assert str(Question("?age", "216")) == "?age/216"
    assert Question("?age", "216").is_about_policy


def test_a_span_is_open_where_the_sure_and_the_possible_days_differ() -> None:
    assert NOT_KNOWN.is_open
    assert not any(span.is_open for span in (EVERY_DAY, NO_DAY, days_between(3, 5)))
