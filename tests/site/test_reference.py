"""The pages of the reference show each module once, and each name of a module."""

import re
from collections import Counter
from pathlib import Path

from vaxpolicy import identity

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_every_module_is_on_one_page_once() -> None:
    modules = Counter(
        name
        for page in REFERENCE.rglob("*.md")
        for name in re.findall(r"^::: (\S+)", page.read_text("utf-8"), re.MULTILINE)
    )
    assert [name for name, times in modules.items() if times > 1] == []


def test_the_page_on_identity_has_the_names_of_the_module_and_leads_to_the_others() -> None:
    text = (REFERENCE / "identity.md").read_text("utf-8")
    shown = re.findall(r"^        - (\w+)$", text, re.MULTILINE)
    own = {
        name
        for name in identity.__all__
        if getattr(getattr(identity, name), "__module__", "") == identity.__name__
    }
    assert set(shown) == own | {"Claim"}
    numbers = (REFERENCE / "numbers.md").read_text("utf-8")
    for name in set(identity.__all__) - set(shown):
        module = getattr(getattr(identity, name), "__module__", None)
        assert module is None or f"::: {module}\n" in numbers
