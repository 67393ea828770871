"""The public API is what the record says."""

import shutil
from pathlib import Path

import pytest

from tools import api

REMEDY = (
    "python -m tools.api write records a change that is meant; see docs/explanation/stability.md"
)


@pytest.mark.slow
def test_the_public_api_is_the_recorded_one() -> None:
    recorded = api.RECORD.read_text(encoding="utf-8").splitlines()
    assert api.compare(recorded, api.public_api()) == ([], []), REMEDY


@pytest.mark.slow
def test_a_parameter_that_goes_away_and_a_name_that_comes_are_found(tmp_path: Path) -> None:
    shutil.copytree(
        api.ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("locale", "policies")
    )
    file = tmp_path / "src" / "vaxpolicy" / "days.py"
    text = file.read_text(encoding="utf-8")
    assert "def parse_day(text: str)" in text
    text = text.replace("def parse_day(text: str)", "def parse_day(word: str)")
    text = text.replace('    "parse_day",\n', '    "later",\n    "parse_day",\n')
    file.write_text(f"{text}\n\ndef later(day: date) -> date:\n    return day\n", encoding="utf-8")
    broken, added = api.compare(api.public_api(), api.public_api(tmp_path / "src"))
    assert [line.partition("(")[0] for line in broken] == ["vaxpolicy.days.parse_day"]
    assert [line.partition("(")[0] for line in added] == [
        "vaxpolicy.days.later",
        "vaxpolicy.days.parse_day",
    ]


def test_a_default_an_enumeration_and_a_literal_are_recorded_by_their_values() -> None:
    lines = api.public_api()
    assert "vaxpolicy.eligibility.Outcome.ELIGIBLE: value = 'eligible'" in lines
    assert "vaxpolicy.eligibility.Person.doses: tuple[Dose, ...] | None = None" in lines
    assert "vaxpolicy.catalog.Campaign.facts: Mapping[str, FactKind] = dict()" in lines
    assert any(
        it.startswith("vaxpolicy.record.DifferenceCode: TypeAlias = Literal['not-a-")
        for it in lines
    )
    assert "vaxpolicy.identity.InvalidForm.errors: tuple[FieldError, ...] = ..." in lines
    assert "vaxpolicy.picture.Labels.not_stated: Prose = ..." in lines
